"""The virtual acceptor against the packets and the rules of ITL's manual GA138.

Its whole dialogue was also judged by an independent host over a pty, the npm package
encrypted-smiley-secure-protocol 0.0.11: setup, counters, a note credited, one rejected, a lost
answer repeated, the cashbox out and in, and a power cut past the safe point.
"""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.acceptor import NOTES_FEN, YUAN, VirtualAcceptor
from simulators.acceptor_path import AT_ONCE, Stage, Timing
from tests.unit.simulators.acceptor.ssp_host import (
    DISABLE,
    ENABLE,
    HOLD,
    OK,
    POLL,
    REJECT,
    Host,
    TurnedClock,
)

TEN, CHANNEL_OF_TEN = 10 * YUAN, 3
READING = bytes.fromhex("EF 00")
ESCROW = bytes.fromhex("EF 03")
STACKING, STACKED, REJECTING, REJECTED = b"\xcc", b"\xeb", b"\xed", b"\xec"
CREDIT = bytes.fromhex("EE 03")
CANNOT = b"\xf5"

# Commands and answers as printed in the manual; each is put to a machine just switched on.
PRINTED = [
    ("SYNC", "7F 80 01 11 65 82", "7F 80 01 F0 23 80"),
    ("RESET", "7F 80 01 01 06 02", "7F 80 01 F0 23 80"),
    ("protocol 8", "7F 80 02 06 08 03 94", "7F 80 01 F0 23 80"),
    ("protocol 9", "7F 80 02 06 09 06 14", "7F 80 01 F8 10 00"),
    ("POLL after power-up", "7F 80 01 07 12 02", "7F 80 03 F0 F1 E8 BF 8C"),
    ("serial number", "7F 80 01 0C 2B 82", "7F 80 05 F0 00 1C 96 2C D4 97"),
    ("DISABLE", "7F 80 01 09 35 82", "7F 80 01 F0 23 80"),
    ("ENABLE", "7F 80 01 0A 3F 82", "7F 80 01 F0 23 80"),
    ("channels 1 to 3", "7F 80 03 02 07 00 2B B6", "7F 80 01 F0 23 80"),
    ("16 channels", "7F 80 03 02 FF FF 25 A4", "7F 80 01 F0 23 80"),
    ("HOLD of nothing", "7F 80 01 18 53 82", "7F 80 01 F5 3D 80"),
]


@pytest.mark.parametrize(("command", "answer"), [line[1:] for line in PRINTED])
def test_a_printed_command_gets_the_printed_answer(command: str, answer: str) -> None:
    assert VirtualAcceptor().receive(bytes.fromhex(command)) == bytes.fromhex(answer)


def test_the_printed_report_of_a_note_in_the_cashbox_at_power_up() -> None:
    clock = TurnedClock()
    host = Host(VirtualAcceptor(notes_fen=(500, TEN), clock=clock), clock)
    host.begin()
    host.acceptor.cut_power_at(Stage.SAFE)
    host.acceptor.insert_note(TEN)
    host.poll(after_s=2.0)
    host.poll()
    clock.now += 2.0
    assert host.say(POLL) == b""
    host.acceptor.restore_power()
    host.sync()
    assert host.poll() == bytes.fromhex("F1 E2 02 E8")


def test_a_note_goes_the_whole_way_in_the_manuals_order(host: Host) -> None:
    host.acceptor.insert_note(TEN)
    assert host.poll() == READING
    assert host.poll(after_s=1.3) == ESCROW
    assert host.poll() == STACKING
    assert host.poll(after_s=0.9) == CREDIT + STACKING
    assert host.poll(after_s=0.1) == STACKING
    assert host.poll(after_s=0.9) == STACKED
    assert host.poll() == b""
    assert host.acceptor.view().cashbox_fen == (TEN,)


def test_without_times_a_note_takes_three_polls(make_host: Callable[..., Host]) -> None:
    host = make_host(timing=AT_ONCE)
    host.acceptor.insert_note(TEN)
    assert [host.poll(), host.poll(), host.poll()] == [ESCROW, CREDIT + STACKED, b""]


def test_the_poll_after_the_report_accepts_and_nothing_else_does(host: Host) -> None:
    host.acceptor.insert_note(TEN)
    assert host.poll(after_s=2.0) == ESCROW
    for command in ((HOLD,), (0x0C,), (0x17,), (0x58,), (0x05,), (HOLD,)):
        assert host.say(*command)[0] == OK
    assert host.acceptor.view().stage is Stage.ESCROW
    assert host.poll() == STACKING


def test_a_poll_that_is_sent_again_reports_again_and_accepts_nothing(host: Host) -> None:
    host.acceptor.insert_note(TEN)
    assert host.poll(after_s=2.0) == ESCROW
    for _ in range(5):
        assert host.say(POLL, again=True) == bytes([OK]) + ESCROW
    assert host.acceptor.view().stage is Stage.ESCROW


def test_a_credit_is_reported_in_one_answer_which_can_be_repeated(host: Host) -> None:
    host.acceptor.insert_note(TEN)
    host.poll(after_s=2.0)
    host.poll()
    told = bytes([OK]) + CREDIT + STACKING
    host.clock.now += 0.9
    assert host.say(POLL) == told
    assert host.say(POLL, again=True) == told
    assert CREDIT not in host.poll()


def test_sync_makes_the_acceptor_forget_its_last_answer(host: Host) -> None:
    assert host.say(HOLD) == CANNOT
    host.sync()
    assert host.say(0x0C) == bytes.fromhex("F0 00 1C 96 2C")


def test_a_rejected_note_comes_back_and_its_reason_is_the_host(host: Host) -> None:
    host.acceptor.insert_note(TEN)
    host.poll(after_s=2.0)
    assert host.say(REJECT) == bytes([OK])
    assert host.poll() == REJECTING
    assert host.poll(after_s=1.0) == REJECTED
    assert host.say(0x17) == bytes([OK, 0x08])
    assert host.say(REJECT) == CANNOT
    assert host.acceptor.view().returned_fen == (TEN,)


@pytest.mark.parametrize(("silence_s", "kept"), [(9.9, True), (10.0, False), (60.0, False)])
def test_a_note_in_escrow_waits_ten_seconds_for_a_word(
    host: Host, silence_s: float, kept: bool
) -> None:
    host.acceptor.insert_note(TEN)
    host.poll(after_s=2.0)
    for _ in range(4):
        host.clock.now += 9.0
        assert host.say(HOLD) == bytes([OK])
    host.clock.now += silence_s
    assert (host.say(HOLD) == bytes([OK])) is kept
    host.poll(after_s=1.0)
    assert (host.say(0x17) == bytes([OK, 0x13])) is not kept


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (lambda acceptor: acceptor.insert_foreign_note(), 0x02),
        (lambda acceptor: acceptor.insert_note(7 * YUAN), 0x02),
        (lambda acceptor: acceptor.insert_note(100 * YUAN), 0x0C),
    ],
    ids=["foreign", "unknown", "inhibited"],
)
def test_a_note_that_is_not_wanted_is_read_and_given_back(
    make_host: Callable[..., Host], offer: Callable[[VirtualAcceptor], None], reason: int
) -> None:
    host = make_host(mask=0b000111)
    offer(host.acceptor)
    assert host.poll() == READING
    assert host.poll(after_s=1.3) == REJECTING
    assert host.poll(after_s=1.0) == REJECTED
    assert host.say(0x17) == bytes([OK, reason])
    assert host.stacked() == 0


def test_a_note_can_be_pulled_back_only_while_it_is_read(host: Host) -> None:
    assert not host.acceptor.pull_note_back()
    host.acceptor.insert_note(TEN)
    assert host.acceptor.pull_note_back()
    assert host.poll(after_s=1.0) == REJECTED
    host.acceptor.insert_note(TEN)
    host.poll(after_s=2.0)
    assert not host.acceptor.pull_note_back()


def test_a_machine_that_is_off_or_busy_takes_no_note(host: Host) -> None:
    host.acceptor.insert_note(TEN)
    host.acceptor.insert_note(50 * YUAN)
    assert host.acceptor.view().returned_fen == (50 * YUAN,)
    host.say(REJECT)
    host.say(DISABLE)
    host.clock.now += 20.0
    host.acceptor.insert_note(100 * YUAN)
    assert host.acceptor.view().returned_fen == (50 * YUAN, TEN, 100 * YUAN)


def test_disabling_and_closing_all_channels_is_told_once(host: Host) -> None:
    host.say(0x02, 0, 0)
    assert [host.poll(), host.poll()] == [b"\xb5", b""]
    host.say(DISABLE)
    assert [host.poll(), host.poll()] == [b"\xe8", b""]
    host.say(DISABLE)
    assert host.poll() == b""


def test_a_full_stacker_is_told_and_a_note_in_escrow_comes_back(host: Host) -> None:
    host.acceptor.insert_note(TEN)
    host.poll(after_s=2.0)
    host.acceptor.fill_stacker()
    assert host.poll() == b"\xe7" + REJECTING
    assert host.poll(after_s=1.0) == REJECTED
    assert host.say(0x17) == bytes([OK, 0x1D])
    host.acceptor.insert_note(TEN)
    assert host.acceptor.view().returned_fen == (TEN, TEN)


def test_the_stacker_is_full_at_its_capacity(make_host: Callable[..., Host]) -> None:
    host = make_host(timing=AT_ONCE, capacity=2)
    for report in (CREDIT + STACKED, CREDIT + b"\xe7" + STACKED):
        host.acceptor.insert_note(TEN)
        assert host.poll() == ESCROW
        assert host.poll() == report
    assert host.acceptor.remove_cashbox() == (TEN, TEN)
    assert not host.acceptor.view().stacker_full


def test_the_cashbox_is_told_of_while_it_is_out_and_when_it_is_back(host: Host) -> None:
    host.acceptor.remove_cashbox()
    assert [host.poll(), host.poll()] == [b"\xe3", b"\xe3"]
    host.acceptor.insert_note(TEN)
    assert host.acceptor.view().returned_fen == (TEN,)
    host.acceptor.replace_cashbox()
    host.acceptor.replace_cashbox()
    assert [host.poll(), host.poll()] == [b"\xe4", b""]


@pytest.mark.parametrize(
    ("safe", "jam", "told"), [(False, b"\xe9", "F1 E1 03 E8"), (True, b"\xea", "F1 E2 03 E8")]
)
def test_a_jam_lasts_until_staff_frees_the_path(
    host: Host, safe: bool, jam: bytes, told: str
) -> None:
    host.acceptor.insert_note(TEN)
    host.poll(after_s=2.0)
    host.poll()
    host.acceptor.jam(safe=safe)
    assert host.poll() == b"\xe8" + jam
    assert host.poll(after_s=60.0) == jam
    assert host.say(ENABLE) == CANNOT
    host.acceptor.clear_jam()
    host.sync()
    assert host.poll() == bytes.fromhex(told)


def test_a_jam_without_a_note_is_cleared_without_one(host: Host) -> None:
    host.acceptor.jam()
    host.acceptor.clear_jam()
    host.sync()
    assert host.poll() == bytes.fromhex("F1 E8")


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        (Stage.READING, "F1 E1 00 E8"),
        (Stage.ESCROW, "F1 E1 03 E8"),
        (Stage.STACKING, "F1 E1 03 E8"),
        (Stage.SAFE, "F1 E2 03 E8"),
    ],
)
def test_what_a_power_cut_leaves_in_the_path_is_told_at_power_up(
    host: Host, stage: Stage, told: str
) -> None:
    host.acceptor.cut_power_at(stage)
    host.acceptor.insert_note(TEN)
    for _ in range(4):
        host.clock.now += 2.0
        host.say(POLL)
    assert not host.acceptor.view().powered
    assert host.say(POLL) == b""
    host.acceptor.restore_power()
    host.sync()
    assert host.poll() == bytes.fromhex(told)
    assert host.stacked() == (stage is Stage.SAFE)


def test_a_power_cut_after_the_fetched_credit_is_not_told_again(host: Host) -> None:
    host.acceptor.insert_note(TEN)
    host.poll(after_s=2.0)
    host.poll()
    assert CREDIT in host.poll(after_s=0.9)
    host.acceptor.cut_power()
    host.acceptor.restore_power()
    host.sync()
    assert host.poll() == bytes.fromhex("F1 E8")
    assert host.stacked() == 1


def test_the_power_can_fail_between_a_command_and_its_answer(host: Host) -> None:
    host.acceptor.insert_note(TEN)
    host.poll(after_s=2.0)
    host.acceptor.cut_power_after(2)
    assert host.say(HOLD) == bytes([OK])
    assert host.say(POLL) == b""
    host.acceptor.restore_power()
    assert host.acceptor.view().returned_fen == (TEN,)


def test_planned_cuts_are_called_off_by_restoring_the_power(host: Host) -> None:
    host.acceptor.cut_power_after(1)
    host.acceptor.cut_power_at(Stage.READING)
    host.acceptor.restore_power()
    host.acceptor.insert_note(TEN)
    assert host.poll() == READING


def test_a_reset_by_the_host_is_a_power_up(host: Host) -> None:
    host.acceptor.insert_note(TEN)
    host.poll(after_s=2.0)
    assert host.say(0x01) == bytes([OK])
    assert host.poll() == bytes.fromhex("F1 E1 03 E8")


def test_counters_survive_and_rejections_count(host: Host) -> None:
    host.acceptor.insert_foreign_note()
    host.poll(after_s=2.0)
    host.poll(after_s=2.0)
    host.acceptor.cut_power()
    host.acceptor.restore_power()
    host.sync()
    assert host.say(0x58) == bytes.fromhex("F0 05") + bytes(16) + bytes.fromhex("01 00 00 00")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ((0x99,), "F2"),
        ((POLL, 1), "F3"),
        ((0x02,), "F3"),
        ((0x06,), "F3"),
        ((0x06, 3), "F8"),
        ((0x4A, 0, 0, 0, 0, 0, 0, 0, 0), "F2"),
    ],
)
def test_what_it_does_not_do_is_answered_by_the_manuals_codes(
    host: Host, command: tuple[int, ...], answer: str
) -> None:
    assert host.say(*command) == bytes.fromhex(answer)


def test_other_addresses_are_none_of_its_business() -> None:
    assert VirtualAcceptor(address=0x10).receive(bytes.fromhex("7F 80 01 07 12 02")) == b""
    assert VirtualAcceptor(address=0x10).receive(bytes.fromhex("7F 90 01 58 93 82")) != b""


@given(st.binary(max_size=300))
def test_hostile_bytes_never_break_it(noise: bytes) -> None:
    acceptor = VirtualAcceptor()
    acceptor.receive(noise)
    assert acceptor.receive(b"\x7f\x80\x01\x11\x65\x82\x7f\x80\x01\x11\x65\x82") != b""


STEPS = (
    *("begin", "insert", "foreign", "poll", "poll", "poll", "hold", "reject", "wait", "pull"),
    *("full", "jam", "safe-jam", "clear", "box", "cut", "restore", "begin", "reset"),
)


@given(st.lists(st.sampled_from(STEPS), max_size=60))
def test_no_note_is_made_or_lost_by_the_machine(story: list[str]) -> None:
    clock = TurnedClock()
    host = Host(VirtualAcceptor(clock=clock, timing=Timing(read_s=0.1, stack_s=0.2)), clock)
    host.begin()
    offered, taken = 0, 0
    acts: dict[str, Callable[[], object]] = {
        "insert": lambda: host.acceptor.insert_note(NOTES_FEN[0]),
        "foreign": host.acceptor.insert_foreign_note,
        "poll": lambda: host.say(POLL),
        "hold": lambda: host.say(HOLD),
        "reject": lambda: host.say(REJECT),
        "reset": lambda: host.say(0x01),
        "pull": host.acceptor.pull_note_back,
        "full": host.acceptor.fill_stacker,
        "jam": host.acceptor.jam,
        "safe-jam": lambda: host.acceptor.jam(safe=True),
        "clear": host.acceptor.clear_jam,
        "cut": host.acceptor.cut_power,
        "restore": host.acceptor.restore_power,
    }
    for step in story:
        clock.now += 0.15
        if step == "box":
            taken += len(host.acceptor.remove_cashbox())
            host.acceptor.replace_cashbox()
        elif step == "begin" and host.acceptor.view().powered:
            host.sync()
            host.say(0x02, 0xFF, 0xFF)
            host.say(ENABLE)
        elif step in acts:
            acts[step]()
        offered += step in {"insert", "foreign"}
        view = host.acceptor.view()
        inside = view.note_fen is not None
        assert len(view.cashbox_fen) + taken + len(view.returned_fen) + inside == offered
        assert view.stacked_count == len(view.cashbox_fen) + taken
        assert (view.stage is Stage.EMPTY) <= (not inside)
