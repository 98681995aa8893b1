"""The virtual ID-003 acceptor against the published messages and the rules of ID03-001E.

Its whole dialogue was also judged by an independent host over a pty, Kopachris/py-id003 @ 6e521cb:
power-up, version, settings echoed, a note stacked by each of the two commands with its VEND VALID
acknowledged, one given back, a foreign one rejected with its reason, full and open stacker, and a
power cut past the lever (42).
"""

from binascii import crc_hqx
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.acceptors.id003_frame import Decoder, Frame, crc16, encode
from simulators.acceptor import YUAN
from simulators.acceptor_path import Stage
from simulators.id003 import VirtualId003
from simulators.id003_wire import MessageReader, checksum, message
from tests.unit.simulators.acceptor.ssp_host import TurnedClock

TEN = 10 * YUAN
STATUS, ACK, INVALID = 0x11, 0x50, 0x4B
RESET, STACK, RETURN, HOLD = 0x40, 0x41, 0x43, 0x44
IDLE, ACCEPTING, ESCROW, STACKING, VEND_VALID, STACKED = 0x11, 0x12, 0x13, 0x14, 0x15, 0x16
REJECTING, RETURNING, HOLDING, DISABLED, INITIALISING = 0x17, 0x18, 0x19, 0x1A, 0x1B


class Host:
    """A host on the driver's codec: another hand's than the simulator's."""

    def __init__(self, **options: Any) -> None:
        self.clock = TurnedClock()
        self.acceptor = VirtualId003(clock=self.clock, **options)

    def say(self, code: int, *data: int) -> list[int]:
        """The answer's code and data; nothing when there is none."""
        said = self.acceptor.receive(encode(Frame(code, bytes(data))))
        return [each for frame in Decoder().feed(said) for each in (frame.code, *frame.data)]

    def status(self, *, after_s: float = 0.0) -> list[int]:
        self.clock.now += after_s
        return self.say(STATUS)

    def awake(self) -> "Host":
        assert self.say(RESET) == [ACK]
        assert self.status() == [INITIALISING]
        assert self.status(after_s=5.0) == [IDLE]
        return self

    def in_escrow(self) -> "Host":
        self.awake().acceptor.insert_note(TEN)
        assert self.status() == [ACCEPTING]
        assert self.status(after_s=1.3) == [ESCROW, 0x63]
        return self


# Put to a machine that is awake and at rest; what it must answer, as published.
PUBLISHED = [
    ("idle", "FC 05 11 27 56", "FC 05 11 27 56"),
    ("reset", "FC 05 40 2B 15", "FC 05 50 AA 05"),
    ("inhibit", "FC 06 C3 01 8D C7", "FC 06 C3 01 8D C7"),
    ("enable all", "FC 07 C0 00 00 2D B5", "FC 07 C0 00 00 2D B5"),
    ("ack is not answered", "FC 05 50 AA 05", ""),
]


@pytest.mark.parametrize(("command", "answer"), [line[1:] for line in PUBLISHED])
def test_a_published_command_gets_the_published_answer(command: str, answer: str) -> None:
    acceptor = Host().awake().acceptor
    assert acceptor.receive(bytes.fromhex(command)) == bytes.fromhex(answer)


def test_the_published_reports_of_a_note_on_its_way() -> None:
    host = Host(notes_fen=(TEN,)).awake()
    ask = bytes.fromhex("FC 05 11 27 56")
    host.acceptor.insert_note(TEN)
    host.clock.now += 2
    assert host.acceptor.receive(ask) == bytes.fromhex("FC 06 13 61 B0 FB")
    assert host.acceptor.receive(bytes.fromhex("FC 05 41 A2 04")) == message(ACK)
    host.clock.now += 5
    assert host.acceptor.receive(ask) == bytes.fromhex("FC 05 15 03 10")
    assert host.acceptor.receive(bytes.fromhex("FC 05 50 AA 05")) == b""
    assert host.acceptor.receive(ask) == bytes.fromhex("FC 05 16 98 22")
    host.say(0xC3, 1)
    assert host.acceptor.receive(ask) == bytes.fromhex("FC 05 1A F4 E8")


def test_vend_valid_stands_until_it_is_acknowledged_and_nothing_is_taken_meanwhile() -> None:
    host = Host().in_escrow()
    assert host.say(STACK) == [ACK]
    assert host.status() == [STACKING]
    assert host.status(after_s=0.9) == [VEND_VALID]
    assert host.status(after_s=60) == [VEND_VALID]
    host.acceptor.insert_note(TEN)
    assert host.acceptor.view().returned_fen == (TEN,)
    assert host.say(ACK) == []
    assert host.status() == [STACKED]
    assert host.status() == [IDLE]
    assert host.acceptor.view().cashbox_fen == (TEN,)


def test_a_command_that_makes_no_sense_now_is_invalid() -> None:
    host = Host().awake()
    for command in (STACK, 0x42, RETURN, HOLD, 0x99):
        assert host.say(command) == [INVALID]
    assert host.say(0xC0, 1) == [INVALID]


def test_a_note_in_escrow_waits_ten_seconds_and_ten_more_from_each_hold() -> None:
    host = Host().in_escrow()
    for _ in range(3):
        assert host.say(HOLD) == [ACK]
        assert host.status(after_s=9.0) == [HOLDING]
    assert host.status(after_s=1.5) == [REJECTING, 0x7B]
    assert host.status(after_s=1.0) == [IDLE]
    assert host.acceptor.view().returned_fen == (TEN,)


def test_a_note_is_given_back_on_demand_and_a_foreign_one_unasked() -> None:
    host = Host().in_escrow()
    assert host.say(RETURN) == [ACK]
    assert host.status() == [RETURNING]
    assert host.status(after_s=1.0) == [IDLE]
    host.acceptor.insert_foreign_note()
    assert host.status(after_s=1.3) == [REJECTING, 0x76]
    assert host.acceptor.pull_note_back() is False


@pytest.mark.parametrize(
    ("stage", "wakes_as", "boxed"),
    [
        (Stage.READING, 0x41, False),
        (Stage.ESCROW, 0x41, False),
        (Stage.STACKING, 0x41, False),
        (Stage.SAFE, 0x42, True),
    ],
)
def test_after_a_power_cut_the_note_stays_until_reset(
    stage: Stage, wakes_as: int, boxed: bool
) -> None:
    host = Host().awake()
    host.acceptor.cut_power_at(stage)
    host.acceptor.insert_note(TEN)
    host.status(after_s=2.0)
    host.say(STACK)
    assert host.status(after_s=1.0) == [], "no power, no answer"
    host.acceptor.restore_power()
    assert host.status(after_s=60) == [wakes_as]
    assert host.acceptor.view().note_fen == TEN
    host.awake()
    view = host.acceptor.view()
    assert (view.cashbox_fen, view.returned_fen) == (((TEN,), ()) if boxed else ((), (TEN,)))


def test_a_credit_that_was_not_acknowledged_is_forgotten_with_the_power() -> None:
    host = Host().in_escrow()
    host.say(STACK)
    assert host.status(after_s=30) == [VEND_VALID]
    host.acceptor.cut_power()
    host.acceptor.restore_power()
    assert host.status() == [0x40]
    assert host.acceptor.view().cashbox_fen == (TEN,)


def test_troubles_stand_in_the_status() -> None:
    host = Host().awake()
    host.acceptor.fill_stacker()
    assert host.status() == [0x43]
    host.acceptor.remove_cashbox()
    assert host.status() == [0x44]
    host.acceptor.replace_cashbox()
    host.acceptor.jam()
    assert host.status() == [0x45]
    assert host.say(RESET) == [ACK]
    assert host.status(after_s=5) == [0x45]


def test_the_table_names_notes_in_units_and_zeros() -> None:
    rows = Host().awake().say(0x8A)[1:]
    assert rows[:4] == [0x61, 0x2D, 1, 0]
    assert rows[-4:] == [0x66, 0x2D, 1, 2]


@given(st.binary(max_size=300))
def test_the_crc_in_a_mirror_is_the_drivers(body: bytes) -> None:
    assert checksum(body) == crc16(body).to_bytes(2, "little")
    assert crc_hqx(b"123456789", 0) == 0x31C3, "the check value of XMODEM, from which it is made"


@given(
    st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60)), max_size=3), st.integers(1, 9)
)
def test_messages_are_read_in_any_portions(sent: list[tuple[int, bytes]], size: int) -> None:
    wire = b"".join(message(code, data) for code, data in sent)
    reader = MessageReader()
    found = [each for at in range(0, len(wire), size) for each in reader.read(wire[at : at + size])]
    assert found == sent


@given(st.binary(max_size=200))
def test_hostile_bytes_never_stop_the_machine(noise: bytes) -> None:
    host = Host().awake()
    host.acceptor.receive(noise)
    assert host.status(after_s=60) in ([IDLE], [DISABLED], [INITIALISING])
