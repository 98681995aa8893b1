"""OSDP readers over a real port: libosdp as panel and as reader, our bus between them.

Everything waits for what it wants to see, and nothing sleeps for a fixed time. What is given up
after a while is judged by a clock that a busy machine does not push on (`tests.contract.patience`).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from drivers.api.codes import CodeRead, CodeReader
from drivers.errors import DeviceError, DeviceFault, DeviceNotFound, DeviceTimeout
from drivers.readers import osdp_bus, osdp_seat
from drivers.readers.bitcode import write_message
from drivers.readers.osdp import DRIVER, OsdpReader
from drivers.readers.osdp_bus import SERVICE_S
from simulators.osdp import VirtualOsdp
from simulators.stream import FaultyLine, StreamFault, StreamFaultKind
from tests.contract.patience import PatientClock
from tests.contract.plugging import Plug

PATIENCE_S = 30.0
UID = bytes.fromhex("89D41B81")
LONG_UID = bytes.fromhex("04A1B2C3D4E5F6")
KEY = bytes(range(0x51, 0x61))
OTHER = bytes(range(0x71, 0x81))

Install = Callable[..., CodeReader]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> PatientClock:
    """The clock of every bus, which waits less for a reader than in a real gate."""
    clock = PatientClock()
    monkeypatch.setattr(osdp_bus, "OsdpBus", partial(osdp_bus.OsdpBus, ticks=clock))
    monkeypatch.setattr(osdp_bus, "SILENT_S", 0.6)
    monkeypatch.setattr(osdp_bus, "HELD_S", 0.3)
    return clock


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Install]:
    """Opens a reader by its driver, with its key in a file of its own."""
    readers: list[CodeReader] = []

    def install_reader(port: str, key: bytes = KEY, **settings: str) -> CodeReader:
        file = tmp_path / f"{key.hex()[:4]}.key"
        file.write_text(key.hex() + "\n")
        chosen = {"port": port, "address": "1", "key_file": str(file), "baud": "115200"}
        readers.append(DRIVER.open(chosen | settings))
        return readers[-1]

    yield install_reader
    for reader in readers:
        reader.close()


def until(reader: CodeReader, true: Callable[[], bool]) -> None:
    """Poll, as a lane does, until it is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        try:
            assert reader.poll(0.02) is None
        except DeviceError:
            continue


def until_told(reader: CodeReader, true: Callable[[], bool], told: list[bytes]) -> None:
    """The same, with cards on the way."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        with suppress(DeviceError):
            if (read := reader.poll(0.02)) is not None:
                told.append(read.uid)


def up(reader: CodeReader) -> Callable[[], bool]:
    return lambda: reader.link().up


def next_read(reader: CodeReader) -> CodeRead:
    read = reader.poll(PATIENCE_S)
    assert read is not None
    return read


def after_the_trouble(reader: CodeReader) -> CodeRead:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(DeviceError):
            if (read := reader.poll(0.1)) is not None:
                return read
    raise AssertionError("nothing was read")


def settled(reader: CodeReader, clock: PatientClock) -> None:
    """Up for longer than reads that a reader held back are expected."""
    until(reader, up(reader))
    began = clock()
    until(reader, lambda: clock() - began > 0.35)


def test_a_card_is_read_answered_and_its_keys_and_housing_are_told(
    plug: Plug, install: Install, clock: PatientClock
) -> None:
    device = VirtualOsdp(key=KEY)
    reader = install(plug(device).path, duress="911")
    settled(reader, clock)
    assert device.secure
    before = clock()
    device.hold(UID)
    read = next_read(reader)
    assert (read.uid, read.duress) == (UID, False)
    assert before <= read.read_at <= clock()
    device.hold(b"", bits=write_message(LONG_UID))
    assert next_read(reader).uid == LONG_UID
    device.press("911")
    device.hold(LONG_UID)
    read = next_read(reader)
    assert (read.uid, read.bits, read.duress) == (LONG_UID, 56, True)
    reader.answer(granted=True)
    until(reader, lambda: list(device.shown) == ["green", 1])
    reader.answer(granted=False)
    until(reader, lambda: list(device.shown)[2:] == ["red", 3])
    device.open_housing()
    until(reader, lambda: reader.link().tamper is True)
    device.hold(b"", bits="0" + write_message(UID)[1:])
    until(reader, lambda: reader.link().damaged == 1)
    assert reader.link().drops == 0


def test_a_secure_channel_that_is_lost_is_counted_and_soon_up_again(
    plug: Plug, install: Install, clock: PatientClock, caplog: pytest.LogCaptureFixture
) -> None:
    device = VirtualOsdp(key=KEY)
    reader = install(plug(device).path)
    until(reader, up(reader))
    with caplog.at_level(logging.DEBUG):
        device.reboot()
        until(reader, lambda: not reader.link().up)
        lost = clock()
        until(reader, up(reader))
    assert clock() - lost < 4.0
    assert device.secure
    assert reader.link().drops == 1
    assert "secure channel lost" in caplog.text
    assert KEY.hex() not in caplog.text.replace(" ", "").lower()


def test_a_card_held_while_the_line_was_cut_is_told_with_its_old_instant(
    plug: Plug, install: Install, clock: PatientClock
) -> None:
    device = VirtualOsdp(key=KEY)
    reader = install(plug(device).path)
    settled(reader, clock)
    device.cut()
    cut = clock()
    device.hold(UID)
    until(reader, lambda: not reader.link().up)
    device.mend()
    read = after_the_trouble(reader)
    assert read.uid == UID
    assert read.read_at <= cut + 0.1, "a lane will log it and not act on it"
    assert reader.link().drops == 1


def test_a_reader_that_boots_slowly_is_served_as_soon_as_it_is_there(
    plug: Plug, install: Install, clock: PatientClock
) -> None:
    device = VirtualOsdp(key=KEY, clock=clock)
    device.reboot(after_s=1.5)
    began = clock()
    reader = install(plug(device).path)
    until(reader, up(reader))
    assert 1.5 < clock() - began < 4.0


def test_a_reader_with_another_key_never_comes_up_and_says_why(
    plug: Plug, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osdp_seat, "AWAY_S", 0.5)
    device = VirtualOsdp(key=OTHER)
    reader = install(plug(device).path)
    device.hold(UID)
    with pytest.raises(DeviceFault, match="no secure channel") as caught:
        poll_until_trouble(reader)
    assert caught.value.status == "secure-channel"
    assert not device.secure
    assert reader.link().up is False


def test_a_reader_with_another_key_is_never_said_to_be_silent_between_two_tries(
    plug: Plug, install: Install, clock: PatientClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However rarely it is tried, and libosdp sends nothing in between."""
    monkeypatch.setattr(osdp_seat, "AWAY_S", 0.1)
    reader = install(plug(VirtualOsdp(key=OTHER)).path)
    until(reader, lambda: isinstance(trouble(reader), DeviceFault))
    found = clock()
    while clock() - found < 1.5:  # three tries
        assert isinstance(trouble(reader), DeviceFault)


def test_a_reader_without_a_secure_channel_is_never_read_in_clear(
    plug: Plug, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osdp_seat, "AWAY_S", 0.5)
    device = VirtualOsdp(key=None)
    device.hold(UID)
    reader = install(plug(device).path)
    with pytest.raises(DeviceFault, match="no secure channel"):
        poll_until_trouble(reader)
    assert reader.link() == type(reader.link())(up=False, secure=False, damaged=0)


def poll_until_trouble(reader: CodeReader) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert reader.poll(0.1) is None


def test_nobody_there_is_a_timeout_and_no_port_is_not_found(
    plug: Plug, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(osdp_seat, "AWAY_S", 0.3)
    device = VirtualOsdp(key=KEY)
    device.cut()
    port = plug(device)
    reader = install(port.path)
    with pytest.raises(DeviceTimeout, match="does not answer"):
        poll_until_trouble(reader)
    port.close()
    until(reader, lambda: isinstance(trouble(reader), DeviceNotFound))


def trouble(reader: CodeReader) -> DeviceError | None:
    try:
        reader.poll(0.05)
    except DeviceError as error:
        return error
    return None


class Two:
    """Two readers on one pair of wires."""

    def __init__(self, *devices: VirtualOsdp) -> None:
        self.devices = devices

    def receive(self, data: bytes) -> bytes:
        return b"".join(device.receive(data) for device in self.devices)


def test_two_readers_share_a_line_and_are_told_apart(plug: Plug, install: Install) -> None:
    first, second = VirtualOsdp(address=1, key=KEY), VirtualOsdp(address=2, key=OTHER)
    path = plug(Two(first, second)).path
    entry, leave = install(path), install(path, OTHER, address="2")
    for reader in (entry, leave):
        until(reader, up(reader))
    second.hold(UID)
    assert next_read(leave).uid == UID
    assert entry.poll(0.0) is None
    with pytest.raises(DeviceFault, match="named twice"):
        install(path)
    entry.close()
    until(leave, lambda: leave.link().drops == 1 and leave.link().up)


def test_a_line_that_garbles_gives_no_read_that_was_not_there(plug: Plug, install: Install) -> None:
    device = VirtualOsdp(key=KEY)
    line = FaultyLine(device)
    reader = install(plug(line).path)
    until(reader, up(reader))
    told: list[bytes] = []
    line.break_line(StreamFault(kind=StreamFaultKind.GARBLE, at_byte=40))
    for byte in range(12):
        device.hold(bytes([byte]) * 4)
    until_told(reader, lambda: reader.link().drops > 0, told)
    until_told(reader, up(reader), told)
    device.hold(UID)
    while not told or told[-1] != UID:
        told.append(after_the_trouble(reader).uid)
    assert set(told) <= {bytes([byte]) * 4 for byte in range(12)} | {UID}


def test_the_bus_is_served_more_often_than_every_50_ms_and_ends_with_its_readers(
    plug: Plug, install: Install
) -> None:
    device = VirtualOsdp(key=KEY)
    reader = install(plug(device).path)
    until(reader, up(reader))
    assert SERVICE_S <= 0.05 / 2
    names = {thread.name for thread in threading.enumerate()}
    assert any(name.startswith("osdp ") for name in names)
    reader.close()
    reader.close()
    assert not any(thread.name.startswith("osdp ") for thread in threading.enumerate())
    assert isinstance(reader, OsdpReader)
