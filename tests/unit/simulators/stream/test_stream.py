"""Lines that fail as they are told, and the two ports on which devices sit."""

import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.stream import (
    Direction,
    FaultyLine,
    PtyPort,
    StreamFault,
    StreamFaultKind,
    TcpPort,
)


class Echo:
    """Answers what it heard in capitals and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def receive(self, data: bytes) -> bytes:
        self.heard.append(data)
        return data.upper()


def passed(kind: StreamFaultKind, at_byte: int, direction: Direction) -> list[bytes]:
    line = FaultyLine(Echo())
    line.break_line(StreamFault(kind=kind, at_byte=at_byte, direction=direction))
    return [line.receive(part) for part in (b"abc", b"def", b"ghi")]


@pytest.mark.parametrize(
    ("kind", "at_byte", "arrives"),
    [
        (StreamFaultKind.SILENCE, 0, [b"", b"", b""]),
        (StreamFaultKind.SILENCE, 4, [b"ABC", b"D", b""]),
        (StreamFaultKind.CUT, 4, [b"ABC", b"D", b"GHI"]),
        (StreamFaultKind.CUT, 3, [b"ABC", b"", b"GHI"]),
        (StreamFaultKind.GARBLE, 4, [b"ABC", b"D\xbaF", b"GHI"]),
        (StreamFaultKind.DOUBLE, 4, [b"ABC", b"DEFDEF", b"GHI"]),
        (StreamFaultKind.LATE, 4, [b"ABC", b"", b"DEFGHI"]),
        (StreamFaultKind.CUT, 9, [b"ABC", b"DEF", b"GHI"]),
    ],
)
def test_an_answer_is_hit_at_its_byte_and_nowhere_else(
    kind: StreamFaultKind, at_byte: int, arrives: list[bytes]
) -> None:
    assert passed(kind, at_byte, Direction.TO_HOST) == arrives


def test_what_the_host_sends_can_be_hit_instead() -> None:
    device = Echo()
    line = FaultyLine(device, StreamFault(kind=StreamFaultKind.CUT, direction=Direction.TO_DEVICE))
    assert [line.receive(b"abc"), line.receive(b"def")] == [b"", b"DEF"]
    assert device.heard == [b"def"]


def test_a_repaired_line_passes_everything_and_a_new_fault_counts_anew() -> None:
    line = FaultyLine(Echo(), StreamFault(kind=StreamFaultKind.SILENCE))
    assert line.receive(b"abc") == b""
    line.break_line(None)
    assert line.receive(b"abc") == b"ABC"
    line.break_line(StreamFault(kind=StreamFaultKind.CUT, at_byte=1))
    assert line.receive(b"abc") == b"A"


@given(
    st.sampled_from([StreamFaultKind.DOUBLE, StreamFaultKind.LATE]),
    st.integers(0, 8),
    st.sampled_from(Direction),
)
def test_a_doubled_or_late_transmission_loses_nothing(
    kind: StreamFaultKind, at_byte: int, direction: Direction
) -> None:
    arrived = b"".join(passed(kind, at_byte, direction))
    withheld = b"GHI" if kind is StreamFaultKind.LATE and at_byte >= 6 else b""
    assert set(arrived + withheld) == set(b"ABCDEFGHI")


def test_a_device_on_a_pty_answers_and_can_speak_by_itself() -> None:
    port = PtyPort(Echo())
    host = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(host, b"hello\n\x03")
        assert os.read(host, 100) == b"HELLO\n\x03", "raw: no line editing, no signals"
        port.send(b"news")
        assert os.read(host, 100) == b"news"
    finally:
        os.close(host)
        port.close()
    assert not os.path.exists(port.path)  # noqa: PTH110


def test_a_device_on_tcp_serves_one_host_after_another() -> None:
    port = TcpPort(Echo())
    try:
        for word in (b"one", b"two"):
            with socket.create_connection(("127.0.0.1", port.port), timeout=5) as host:
                host.sendall(word)
                assert host.recv(100) == word.upper()
    finally:
        port.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port.port), timeout=5)
