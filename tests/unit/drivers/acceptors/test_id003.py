"""The ID-003 driver with its virtual acceptor: what a kiosk asks and what it hears."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.acceptors.id003 import DRIVER, Id003Acceptor
from drivers.acceptors.id003_frame import Frame
from drivers.acceptors.id003_path import Id003Path
from drivers.acceptors.id003_report import NoteTable, Report, Status, parse_report, parse_table
from drivers.api.acceptors import AcceptorInfo, BillEvent, BillEventKind, RejectReason
from drivers.errors import (
    AcceptorUnsuitable,
    DeviceError,
    DeviceFault,
    DeviceNotFound,
    DeviceTimeout,
    FrameError,
)
from drivers.loader import names
from simulators.acceptor import YUAN
from simulators.acceptor_path import Stage, Timing
from simulators.stream import Direction, StreamFault, StreamFaultKind
from tests.unit.drivers.acceptors.id003_desk import TEN, Desk

REAL = Timing()
STATUS, ACK, STACK, RETURN, HOLD, INHIBIT = 0x11, 0x50, 0x41, 0x43, 0x44, 0xC3
TABLE, VERSION, RESET = 0x8A, 0x88, 0x40

MONEY = {BillEventKind.CREDITED, BillEventKind.STACKED_AT_POWER_UP}


def money(events: list[BillEvent]) -> list[BillEvent]:
    return [event for event in events if event.kind in MONEY]


# --- the start -----------------------------------------------------------------------------------


def test_start_says_who_is_there_and_leaves_the_acceptor_off() -> None:
    desk = Desk()
    info = desk.driver.start()
    assert info == AcceptorInfo(
        serial="",
        firmware="U(CHN)-05-SS ID003-05 V100-01 01JAN20 8C2F",
        currency="CNY",
        notes_fen=(100, 500, 1000, 2000, 5000, 10000),
        stacked_count=None,
        repeats_credit=True,
    )
    assert desk.poll() == [], "the power-up of yesterday is no news"
    assert not desk.acceptor.view().enabled


def test_the_line_is_8e1_and_the_driver_is_found_by_its_name() -> None:
    assert "id003" in names("acceptors")
    driver = DRIVER.open({"port": "COM98"})
    assert isinstance(driver, Id003Acceptor)
    with pytest.raises(DeviceNotFound):
        driver.start()


@pytest.mark.parametrize(
    "wrong", [{"port": ""}, {"tries": "0"}, {"country": "2"}, {"country": "XY"}, {"rest_ms": "1"}]
)
def test_wrong_settings_are_refused_before_anything_is_opened(wrong: dict[str, str]) -> None:
    with pytest.raises(DeviceError):
        DRIVER.open({"port": "COM3"} | wrong)


@pytest.mark.parametrize(("country", "name"), [(0x01, "USD"), (0xE0, "EUR"), (0x77, "country 77")])
def test_an_acceptor_of_another_country_is_refused_and_stays_off(country: int, name: str) -> None:
    desk = Desk(country=country)
    with pytest.raises(AcceptorUnsuitable, match=f"takes {name}, this station CNY"):
        desk.driver.start()
    assert not desk.acceptor.view().enabled
    with pytest.raises(DeviceFault):
        desk.driver.enable([TEN])


def test_a_country_code_of_its_own_can_be_named_in_the_settings() -> None:
    desk = Desk(country=0x77)
    desk.new_driver(country=0x77)
    assert desk.driver.start().currency == "CNY"


def test_notes_that_do_not_exist_are_refused() -> None:
    with pytest.raises(AcceptorUnsuitable) as caught:
        Desk(notes_fen=(1000, 3000)).driver.start()
    assert caught.value.status == "notes"


def test_our_own_echo_is_nobody() -> None:
    desk = Desk()

    class Echo:
        def receive(self, data: bytes) -> bytes:
            return data

    desk.line.device = Echo()
    with pytest.raises(DeviceFault) as caught:
        desk.driver.start()
    assert caught.value.status == "echo"


def test_a_silent_acceptor_is_a_timeout_and_nothing_works_before_a_start() -> None:
    desk = Desk()
    for call in (desk.driver.poll, desk.driver.disable, desk.driver.return_note):
        with pytest.raises(DeviceFault) as caught:
            call()
        assert caught.value.status == "not-started"
    desk.acceptor.cut_power()
    with pytest.raises(DeviceTimeout):
        desk.driver.start()


def test_start_gives_back_what_a_dead_program_left_in_escrow() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.new_driver()
    desk.driver.start()
    assert BillEventKind.RETURNED in {event.kind for event in desk.poll()}
    assert desk.acceptor.view().returned_fen == (TEN,)


@pytest.mark.parametrize("after_s", [0.0, 0.5, 1.3, 8.0, 30.0])
def test_a_note_put_in_for_a_dead_program_comes_back(after_s: float) -> None:
    desk = Desk(timing=REAL).enabled()
    desk.acceptor.insert_note(TEN)
    desk.new_driver()
    desk.clock.now += after_s
    desk.driver.start()
    desk.poll(20)
    view = desk.acceptor.view()
    assert (view.cashbox_fen, view.returned_fen) == ((), (TEN,))


# --- notes ---------------------------------------------------------------------------------------


def test_only_the_notes_asked_for_are_taken_and_the_reason_is_told() -> None:
    desk = Desk(timing=REAL).enabled()
    assert desk.acceptor.view().accepts_fen == (TEN, 20 * YUAN, 100 * YUAN)
    desk.acceptor.insert_note(50 * YUAN)
    desk.poll(20)
    rejected = BillEvent(kind=BillEventKind.REJECTED, reason=RejectReason.NOT_WANTED)
    assert rejected in desk.events
    desk.acceptor.insert_foreign_note()
    desk.poll(20)
    foreign = BillEvent(kind=BillEventKind.REJECTED, reason=RejectReason.NOT_RECOGNISED)
    assert desk.events.count(foreign) == 1


def test_a_note_that_is_pulled_out_while_it_is_read_is_told_so() -> None:
    desk = Desk(timing=REAL).enabled()
    desk.acceptor.insert_note(TEN)
    desk.poll()
    assert desk.acceptor.pull_note_back()
    desk.poll(6)
    pulled = BillEvent(kind=BillEventKind.REJECTED, reason=RejectReason.PULLED_BACK)
    assert pulled in desk.events
    assert money(desk.events) == []


def test_asking_for_notes_that_it_does_not_know_is_a_fault() -> None:
    desk = Desk()
    desk.driver.start()
    with pytest.raises(DeviceFault) as caught:
        desk.driver.enable([7 * YUAN])
    assert caught.value.status == "no-such-note"
    assert not desk.acceptor.view().enabled


def test_a_note_is_held_for_as_long_as_nobody_decides() -> None:
    desk = Desk(timing=Timing(read_s=0.0)).enabled().in_escrow()
    assert desk.poll(300) == []
    assert desk.acceptor.view().stage is Stage.ESCROW


def test_a_note_that_is_taken_is_credited_once_and_acknowledged_by_the_next_call() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.driver.stack()
    while BillEventKind.CREDITED not in desk.kinds:
        assert ACK not in desk.commands
        desk.poll()
    assert ACK not in desk.commands, "not before the caller has it"
    desk.poll(20)
    assert desk.values(BillEventKind.CREDITED) == [TEN]
    assert desk.kinds[-1] is BillEventKind.STACKED
    assert desk.acceptor.view().cashbox_fen == (TEN,)


def test_a_credit_whose_acknowledgement_is_lost_is_told_once() -> None:
    desk = Desk().enabled().in_escrow()
    desk.driver.stack()
    while BillEventKind.CREDITED not in desk.kinds:
        desk.poll()
    cut = StreamFault(kind=StreamFaultKind.CUT, direction=Direction.TO_DEVICE)
    desk.line.break_line(cut)
    desk.poll(4)
    assert desk.commands.count(ACK) >= 2
    assert len(money(desk.events)) == 1


def test_several_notes_of_one_value_are_each_credited() -> None:
    desk = Desk(timing=REAL).enabled()
    for _ in range(3):
        desk.in_escrow()
        desk.driver.stack()
        desk.poll(25)
    assert desk.values(BillEventKind.CREDITED) == [TEN] * 3


def test_giving_back_is_no_fault_without_a_note_but_taking_is() -> None:
    desk = Desk().enabled()
    with pytest.raises(DeviceFault) as caught:
        desk.driver.stack()
    assert caught.value.status == "no-note"
    desk.driver.return_note()
    desk.in_escrow().driver.return_note()
    desk.poll(3)
    assert desk.values(BillEventKind.RETURNED) == [TEN]
    assert desk.acceptor.view().returned_fen == (TEN,)


def test_a_decision_grown_old_takes_no_note() -> None:
    desk = Desk(timing=Timing(read_s=0.0, return_s=0.0)).enabled().in_escrow()
    desk.clock.now += 11.0
    desk.acceptor.view()
    desk.acceptor.insert_note(TEN)
    desk.driver.stack()
    desk.poll(30)
    assert desk.acceptor.view().cashbox_fen == ()


def test_another_note_in_place_of_the_decided_one_is_decided_on_anew() -> None:
    desk = Desk(timing=Timing(read_s=0.0, return_s=0.0)).enabled().in_escrow()
    desk.clock.now += 10.5
    desk.acceptor.view()
    desk.acceptor.insert_note(100 * YUAN)
    desk.driver.stack()
    desk.poll(8)
    assert desk.values(BillEventKind.RETURNED) == [TEN]
    assert desk.values(BillEventKind.ESCROW) == [TEN, 100 * YUAN]
    assert desk.acceptor.view().cashbox_fen == ()


def test_disabling_gives_an_undecided_note_back_and_takes_a_decided_one() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.driver.disable()
    desk.poll(6)
    assert desk.values(BillEventKind.RETURNED) == [TEN]
    desk.driver.enable([TEN])
    desk.in_escrow().driver.stack()
    desk.driver.disable()
    desk.poll(20)
    assert desk.values(BillEventKind.CREDITED) == [TEN]
    assert not desk.acceptor.view().enabled


def test_settings_that_a_busy_acceptor_refuses_are_sent_when_it_rests() -> None:
    desk = Desk(timing=REAL, settings_at_rest_only=True).enabled().in_escrow()
    desk.driver.stack()
    desk.poll(2)
    desk.driver.enable([20 * YUAN])
    assert desk.acceptor.view().accepts_fen != (20 * YUAN,)
    desk.poll(20)
    assert desk.acceptor.view().accepts_fen == (20 * YUAN,)
    desk.in_escrow(20 * YUAN).driver.stack()
    desk.poll(2)
    desk.driver.disable()
    desk.poll(20)
    assert not desk.acceptor.view().enabled


def test_what_was_heard_before_the_line_was_lost_is_told_after_it() -> None:
    desk = Desk(timing=REAL, settings_at_rest_only=True).enabled().in_escrow()
    desk.driver.return_note()
    desk.driver.enable([20 * YUAN])
    desk.play(0xC0, *[()] * 3)
    with pytest.raises(DeviceTimeout):
        desk.poll(20)
    desk.line.device = desk.acceptor
    desk.driver.start()
    assert [event.kind for event in desk.poll(3)] == [BillEventKind.RETURNED]


def test_a_note_in_escrow_is_no_news_after_a_lost_line() -> None:
    desk = Desk(timing=REAL).enabled()
    desk.play(HOLD, *[()] * 3)
    desk.acceptor.insert_note(TEN)
    with pytest.raises(DeviceTimeout):
        desk.poll(20)
    desk.line.device = desk.acceptor
    desk.driver.start()
    desk.poll(3)
    assert BillEventKind.ESCROW not in desk.kinds
    assert BillEventKind.RETURNED in desk.kinds


# --- power and death -----------------------------------------------------------------------------


def take_whatever_comes(desk: Desk) -> None:
    for _ in range(60):
        if BillEventKind.ESCROW in {event.kind for event in desk.poll()}:
            desk.driver.stack()


@pytest.mark.parametrize(
    ("stage", "told", "boxed"),
    [
        (Stage.READING, BillEventKind.RETURNED_AT_POWER_UP, False),
        (Stage.ESCROW, BillEventKind.RETURNED_AT_POWER_UP, False),
        (Stage.STACKING, BillEventKind.RETURNED_AT_POWER_UP, False),
        (Stage.SAFE, BillEventKind.STACKED_AT_POWER_UP, True),
    ],
)
def test_a_power_cut_is_told_by_where_the_note_was(
    stage: Stage, told: BillEventKind, boxed: bool
) -> None:
    desk = Desk(timing=REAL).enabled()
    desk.acceptor.cut_power_at(stage)
    desk.acceptor.insert_note(TEN)
    with pytest.raises(DeviceTimeout):
        take_whatever_comes(desk)
    desk.acceptor.restore_power()
    desk.driver.start()
    events = desk.poll(3)
    assert [event.kind for event in events] == [told]
    assert desk.acceptor.view().cashbox_fen == ((TEN,) if boxed else ())


def test_power_up_news_outlive_a_start_that_fails() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.acceptor.cut_power()
    desk.acceptor.restore_power()
    desk.play(TABLE, (), (), ())
    with pytest.raises(DeviceTimeout):
        desk.driver.start()
    desk.line.device = desk.acceptor
    desk.driver.start()
    assert BillEventKind.RETURNED_AT_POWER_UP in {event.kind for event in desk.poll()}


def test_a_note_told_as_credited_is_not_told_again_by_the_power_up() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.driver.stack()
    while BillEventKind.CREDITED not in desk.kinds:
        desk.poll()
    desk.acceptor.cut_power()
    desk.acceptor.restore_power()
    assert BillEventKind.RESET in {event.kind for event in desk.poll()}
    desk.driver.start()
    desk.poll(5)
    assert len(money(desk.events)) == 1
    assert desk.acceptor.view().cashbox_fen == (TEN,)


def test_a_credit_that_a_dead_program_did_not_take_in_stands_and_is_told_unnamed() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.driver.stack()
    while BillEventKind.CREDITED not in desk.kinds:
        desk.poll()
    desk.events.clear()
    desk.new_driver()
    desk.clock.now += 60
    desk.driver.start()
    desk.poll(6)
    assert money(desk.events) == [BillEvent(kind=BillEventKind.CREDITED, unnamed=True)]
    assert desk.acceptor.view().cashbox_fen == (TEN,)


def test_a_note_that_a_dead_program_was_having_stacked_is_waited_for() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.driver.stack()
    desk.poll()
    assert desk.acceptor.view().stage is Stage.STACKING
    desk.new_driver()
    desk.driver.start()
    desk.poll(10)
    assert money(desk.events) == [BillEvent(kind=BillEventKind.CREDITED, unnamed=True)]


def test_an_acceptor_that_waits_over_a_credit_says_who_it_is_at_the_next_start() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.driver.stack()
    desk.poll(2)
    desk.clock.now += 30
    desk.new_driver()
    assert desk.driver.start().notes_fen == ()
    assert len(money(desk.poll())) == 1
    assert desk.driver.start().notes_fen == (100, 500, 1000, 2000, 5000, 10000)
    assert money(desk.poll(3)) == []


def test_a_start_does_not_acknowledge_what_nobody_was_told() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.driver.stack()
    desk.poll(2)
    desk.clock.now += 30
    for _ in range(3):
        desk.new_driver()
        desk.driver.start()
        assert ACK not in desk.commands
        desk.driver.close()
    desk.driver.start()
    assert len(money(desk.poll())) == 1


# --- an answer that comes much too late ----------------------------------------------------------


def test_one_old_vend_valid_is_no_money() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.driver.stack()
    desk.poll()
    desk.play(STATUS, (0x15,))
    desk.poll()
    assert money(desk.events) == []
    assert ACK not in desk.commands


def test_one_old_idle_does_not_end_a_note() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.driver.stack()
    desk.poll()
    desk.play(STATUS, (0x11,))
    desk.poll(25)
    assert BillEventKind.RETURNED not in desk.kinds
    assert desk.values(BillEventKind.CREDITED) == [TEN]


def test_an_old_stacking_after_the_credit_makes_no_second_one() -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.driver.stack()
    while BillEventKind.CREDITED not in desk.kinds:
        desk.poll()
    desk.play(STATUS, (0x14,), (0x15,), (0x15,), (0x15,), (0x14,))
    desk.poll(20)
    assert len(money(desk.events)) == 1
    assert BillEventKind.RETURNED not in desk.kinds


def test_an_old_stacking_after_the_credit_is_no_note_of_its_own() -> None:
    path, table = Id003Path(), NoteTable(currency="CNY", values_fen={0x63: TEN})
    said = (Status.ESCROW, Status.STACKING, Status.VEND_VALID, Status.STACKING, Status.IDLE)
    reports = [Report(status=each, detail=0x63 * (each is Status.ESCROW)) for each in said]
    kinds = [event.kind for report in reports for event in path.follow(report, table)]
    assert kinds.count(BillEventKind.CREDITED) == 1
    assert BillEventKind.RETURNED not in kinds


def test_after_a_stumble_the_line_is_listened_to_until_it_is_silent() -> None:
    desk = Desk(timing=REAL).enabled()
    desk.line.break_line(StreamFault(kind=StreamFaultKind.CUT))
    before = desk.clock.now
    desk.poll()
    assert desk.clock.now - before >= 0.15 + 3 * 0.2


def test_a_status_that_never_stands_still_is_a_fault() -> None:
    desk = Desk().enabled()
    desk.play(STATUS, *[(0x15,), (0x11,)] * 20)
    with pytest.raises(DeviceFault, match="does not stand still"):
        desk.poll(2)


# --- trouble -------------------------------------------------------------------------------------


def test_troubles_of_the_machine_are_told() -> None:
    desk = Desk().enabled()
    desk.acceptor.fill_stacker()
    assert BillEventKind.STACKER_FULL in {event.kind for event in desk.poll()}
    desk.acceptor.remove_cashbox()
    assert BillEventKind.CASHBOX_REMOVED in {event.kind for event in desk.poll()}
    desk.acceptor.replace_cashbox()
    assert BillEventKind.CASHBOX_REPLACED in {event.kind for event in desk.poll()}
    desk.acceptor.jam()
    assert BillEventKind.JAM in {event.kind for event in desk.poll()}


@pytest.mark.parametrize("safe", [False, True])
def test_a_note_that_jams_ends_where_the_jam_was_cleared(safe: bool) -> None:
    desk = Desk(timing=REAL).enabled().in_escrow()
    desk.acceptor.jam(safe=safe)
    assert BillEventKind.JAM in {event.kind for event in desk.poll()}
    desk.driver.start()
    assert BillEventKind.JAM in {event.kind for event in desk.poll()}, "a reset is no help"
    desk.acceptor.clear_jam()
    desk.driver.start()
    told = BillEventKind.STACKED_AT_POWER_UP if safe else BillEventKind.RETURNED_AT_POWER_UP
    assert told in {event.kind for event in desk.poll()}


def test_a_failure_of_the_machine_is_a_fault_with_its_code() -> None:
    desk = Desk().enabled()
    desk.play(STATUS, *[(0x49, 0xA2)] * 4)
    with pytest.raises(DeviceFault) as caught:
        desk.poll(2)
    assert caught.value.status == "49 A2"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x61",
        b"\x61\x2d\x01\x07",
        b"\x61\x2d\x01\x00" * 2,
        b"\x61\x2d\x01\x00\x62\x01\x01\x00",
    ],
    ids=["empty", "short", "zeros", "twice", "two countries"],
)
def test_a_table_that_makes_no_sense_is_no_table(data: bytes) -> None:
    with pytest.raises(FrameError):
        parse_table(data)


def test_places_that_are_not_used_are_left_out_of_the_table() -> None:
    table = parse_table(bytes.fromhex("61 2D 01 00  62 00 00 00  63 2D 01 01  64 2D 01 02"))
    assert table.currency == "CNY"
    assert dict(table.values_fen) == {0x61: 100, 0x63: 1000, 0x64: 10000}
    assert table.refused(frozenset({1000})) == bytes.fromhex("FB FF")


@given(st.integers(0, 255), st.binary(max_size=4))
def test_every_code_is_a_status_or_none(code: int, data: bytes) -> None:
    report = parse_report(Frame(code, data))
    assert (report is not None) == (code in set(Status))


answers = st.lists(
    st.one_of(
        st.just(()),
        st.tuples(st.integers(0, 255)),
        st.tuples(st.integers(0, 255), st.integers(0, 255)),
        st.tuples(st.sampled_from(sorted(Status)), st.integers(0x60, 0x7F)),
    ),
    max_size=12,
)


@given(st.sampled_from([STATUS, STACK, RETURN, HOLD, INHIBIT, TABLE, VERSION, RESET]), answers)
@settings(max_examples=150, deadline=None)
def test_whatever_it_answers_is_an_event_or_a_device_error(
    command: int, said: list[tuple[int, ...]]
) -> None:
    desk = Desk(timing=Timing(read_s=0.1, stack_s=0.2, return_s=0.1))
    with contextlib.suppress(DeviceError):
        desk.enabled()
        desk.acceptor.insert_note(TEN)
    desk.play(command, *said)
    for _ in range(6):
        with contextlib.suppress(DeviceError):
            desk.poll()
    assert desk.acceptor.view().cashbox_fen == (), "nobody said that it should be taken"
