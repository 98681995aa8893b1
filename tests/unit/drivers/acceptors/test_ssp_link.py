"""The dialogue's rules (GA138, "Packet sequencing"), against a slave that does as a script says."""

from collections.abc import Callable
from typing import Protocol

import pytest

from drivers.acceptors.ssp_frame import Decoder, Frame, encode
from drivers.acceptors.ssp_link import SspLink
from drivers.errors import DeviceTimeout
from tests.unit.drivers.acceptors.cash_desk import MemoryLine, TurnedClock

OK = b"\xf0"

Step = bytes | Callable[[Frame], bytes] | None


class ScriptedSlave:
    """Answers the n-th transmission as the n-th entry of its script says; None is silence."""

    def __init__(self, *script: Step) -> None:
        self.script = list(script)
        self.heard: list[Frame] = []

    def receive(self, data: bytes) -> bytes:
        [frame] = Decoder().feed(data)
        self.heard.append(frame)
        step = self.script.pop(0) if self.script else OK
        if step is None:
            return b""
        return step(frame) if callable(step) else answer(frame, step)


def answer(
    frame: Frame, data: bytes, *, sequence: int | None = None, address: int | None = None
) -> bytes:
    return encode(
        Frame(
            address=frame.address if address is None else address,
            sequence=frame.sequence if sequence is None else sequence,
            data=data,
        )
    )


class Talk(Protocol):
    def __call__(
        self, *script: Step, tries: int = 20
    ) -> tuple[SspLink, ScriptedSlave, MemoryLine]: ...


@pytest.fixture
def talk(turned_clock: TurnedClock) -> Talk:
    def begin(*script: Step, tries: int = 20) -> tuple[SspLink, ScriptedSlave, MemoryLine]:
        slave = ScriptedSlave(OK, *script)
        line = MemoryLine(slave, turned_clock)
        link = SspLink(line, timeout_s=1.0, tries=tries, device="acceptor", clock=turned_clock)
        link.sync()
        return link, slave, line

    return begin


def test_sync_has_the_sequence_bit_and_the_next_command_has_not(talk: Talk) -> None:
    link, slave, line = talk()
    link.ask(b"\x07")
    link.ask(b"\x07")
    assert line.sent[0] == bytes.fromhex("7F 80 01 11 65 82")
    assert [frame.sequence for frame in slave.heard] == [1, 0, 1]


def test_a_lost_answer_is_asked_for_again_with_the_same_packet(
    talk: Talk, turned_clock: TurnedClock
) -> None:
    link, _, line = talk(None, None, b"\xf0\xee\x03")
    before = turned_clock()
    assert link.ask(b"\x07") == b"\xf0\xee\x03"
    assert line.sent[1] == line.sent[2] == line.sent[3]
    assert turned_clock() - before == pytest.approx(2.0)
    assert link.gap


def test_a_garbled_answer_is_asked_for_again_at_once(talk: Talk, turned_clock: TurnedClock) -> None:
    link, slave, _ = talk(
        lambda frame: answer(frame, b"\xf0\xee\x01")[:-1] + b"\x00", b"\xf0\xee\x01"
    )
    before = turned_clock()
    assert link.ask(b"\x07") == b"\xf0\xee\x01"
    assert turned_clock() == before
    assert len(slave.heard) == 3


def test_a_doubled_answer_does_not_answer_the_next_command(talk: Talk) -> None:
    link, _, _ = talk(lambda frame: 2 * answer(frame, b"\xf0\xee\x03"), OK)
    assert link.ask(b"\x07") == b"\xf0\xee\x03"
    assert link.ask(b"\x07") == OK


def test_a_late_copy_that_comes_just_before_the_next_answer_is_thrown_away(talk: Talk) -> None:
    link, _, _ = talk(
        b"\xf0\xee\x03",
        lambda frame: answer(frame, b"\xf0\xee\x03", sequence=0) + answer(frame, OK),
    )
    assert link.ask(b"\x07") == b"\xf0\xee\x03"
    assert link.ask(b"\x07") == OK
    assert not link.gap


@pytest.mark.parametrize(
    "foreign",
    [
        lambda frame: answer(frame, OK, address=1),
        lambda frame: answer(frame, b"\x07"),
        encode,
    ],
    ids=["another slave", "below F0", "our own echo"],
)
def test_what_is_no_answer_to_us_is_passed_over(
    talk: Talk, foreign: Callable[[Frame], bytes]
) -> None:
    link, _, _ = talk(lambda frame: foreign(frame) + answer(frame, b"\xf0\xcc"))
    assert link.ask(b"\x07") == b"\xf0\xcc"


def test_after_all_tries_the_dialogue_is_lost_until_sync(
    talk: Talk, turned_clock: TurnedClock
) -> None:
    link, slave, _ = talk(*[None] * 20)
    before = turned_clock()
    with pytest.raises(DeviceTimeout) as caught:
        link.ask(b"\x07")
    assert (caught.value.device, caught.value.timeout_s) == ("acceptor", 1.0)
    assert len(slave.heard) == 21
    assert turned_clock() - before == pytest.approx(20.0)

    with pytest.raises(DeviceTimeout):
        link.ask(b"\x09")
    assert len(slave.heard) == 21, "a new command under the old bit could be taken for the old one"

    link.sync()
    assert link.ask(b"\x09") == OK
    assert [frame.sequence for frame in slave.heard[21:]] == [1, 0]


def test_nothing_is_asked_before_the_first_sync(turned_clock: TurnedClock) -> None:
    line = MemoryLine(ScriptedSlave(), turned_clock)
    with pytest.raises(DeviceTimeout):
        SspLink(line, clock=turned_clock).ask(b"\x07")
    assert line.sent == []


def test_noise_without_end_does_not_hold_the_thread(turned_clock: TurnedClock) -> None:
    class NoisyLine(MemoryLine):
        def read(self, size: int, timeout_s: float) -> bytes:
            self.clock.now += min(timeout_s, 0.1)
            return b"\x55" * size

    link = SspLink(NoisyLine(ScriptedSlave(), turned_clock), tries=3, clock=turned_clock)
    with pytest.raises(DeviceTimeout):
        link.sync()
    assert turned_clock() == pytest.approx(103.0, abs=0.5)
