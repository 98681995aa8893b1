"""The driver with the virtual acceptor: what a kiosk asks and what it hears."""

from typing import Any

import pytest

from drivers.acceptors.ssp import DRIVER, SspAcceptor
from drivers.api.acceptors import (
    AcceptorDriver,
    AcceptorInfo,
    BillEvent,
    BillEventKind,
    RejectReason,
)
from drivers.errors import DeviceError, DeviceFault, DeviceNotFound, DeviceTimeout, FrameError
from simulators.acceptor import YUAN, VirtualAcceptor
from simulators.acceptor_path import Stage, Timing
from simulators.acceptor_wire import packet
from simulators.stream import StreamFault, StreamFaultKind
from tests.unit.drivers.acceptors.cash_desk import Counter, MakeCounter

TEN = 10 * YUAN
REAL = Timing()

HOLD, POLL, REJECT, SERIAL = 0x18, 0x07, 0x08, 0x0C


@pytest.fixture
def enabled(make_counter: MakeCounter) -> MakeCounter:
    def make(**options: Any) -> Counter:
        counter = make_counter(**options)
        counter.driver.start()
        counter.driver.enable([TEN, 20 * YUAN, 100 * YUAN])
        return counter

    return make


def in_escrow(counter: Counter, value: int = TEN) -> Counter:
    counter.acceptor.insert_note(value)
    assert BillEvent(kind=BillEventKind.ESCROW, value_fen=value) in counter.poll()
    return counter


def test_start_says_who_is_there_and_leaves_the_acceptor_off(make_counter: MakeCounter) -> None:
    counter = make_counter()
    assert counter.driver.start() == AcceptorInfo(
        serial="1873452",
        firmware="0433",
        currency="CNY",
        notes_fen=(100, 500, 1000, 2000, 5000, 10000),
        stacked_count=0,
    )
    assert not counter.acceptor.view().enabled
    assert counter.commands[:3] == [0x11, REJECT, 0x09], "SYNC, nothing in escrow, off"
    assert counter.poll() == [], "the power-up of yesterday is no news"


def test_start_switches_off_an_acceptor_that_a_dead_program_left_on(enabled: MakeCounter) -> None:
    counter = enabled()
    assert counter.acceptor.view().enabled
    counter.new_driver()
    counter.driver.start()
    assert not counter.acceptor.view().enabled


@pytest.mark.parametrize("highest", [6, 7, 8])
def test_the_protocol_steps_down_to_what_the_acceptor_speaks(
    make_counter: MakeCounter, highest: int
) -> None:
    counter = make_counter(highest_protocol=highest)
    assert counter.driver.start().notes_fen
    assert counter.commands.count(0x06) == 9 - highest


def test_an_acceptor_that_is_too_old_is_refused(make_counter: MakeCounter) -> None:
    with pytest.raises(DeviceFault) as caught:
        make_counter(highest_protocol=5).driver.start()
    assert caught.value.status == "protocol"


def test_an_acceptor_of_foreign_notes_is_refused_and_stays_off(make_counter: MakeCounter) -> None:
    counter = make_counter(country="HKD")
    with pytest.raises(DeviceFault, match="takes HKD, this station CNY"):
        counter.driver.start()
    assert not counter.acceptor.view().enabled
    with pytest.raises(DeviceFault):
        counter.driver.enable([TEN])


def test_an_acceptor_without_counters_says_so(make_counter: MakeCounter) -> None:
    assert make_counter(counters=False).driver.start().stacked_count is None


def test_only_the_notes_asked_for_are_taken(enabled: MakeCounter) -> None:
    counter = enabled()
    assert counter.acceptor.view().accepts_fen == (TEN, 20 * YUAN, 100 * YUAN)
    counter.acceptor.insert_note(50 * YUAN)
    assert [event.kind for event in counter.poll(3)] == [BillEventKind.REJECTED]
    assert counter.acceptor.view().returned_fen == (50 * YUAN,)


def test_asking_for_notes_that_it_does_not_know_is_a_fault(make_counter: MakeCounter) -> None:
    counter = make_counter()
    counter.driver.start()
    with pytest.raises(DeviceFault) as caught:
        counter.driver.enable([7 * YUAN])
    assert caught.value.status == "no-such-note"
    assert not counter.acceptor.view().enabled


def test_a_note_is_held_for_as_long_as_nobody_decides(enabled: MakeCounter) -> None:
    counter = in_escrow(enabled(timing=Timing(read_s=0.0)))
    assert counter.poll(300) == [], "a minute"
    assert counter.acceptor.view().stage is Stage.ESCROW
    assert set(counter.commands[-300:]) == {HOLD}


def test_a_note_that_is_taken_is_credited_once(enabled: MakeCounter) -> None:
    counter = enabled(timing=REAL)
    counter.acceptor.insert_note(TEN)
    counter.poll(10)
    counter.driver.stack()
    counter.poll(20)
    kinds = [event.kind for event in counter.events]
    assert sorted(set(kinds), key=kinds.index) == [
        BillEventKind.READING,
        BillEventKind.ESCROW,
        BillEventKind.STACKING,
        BillEventKind.CREDITED,
        BillEventKind.STACKED,
    ]
    assert counter.values(BillEventKind.CREDITED) == [TEN]
    assert counter.acceptor.view().cashbox_fen == (TEN,)


def test_several_notes_of_one_value_are_each_held_and_credited(enabled: MakeCounter) -> None:
    counter = enabled()
    for _ in range(3):
        in_escrow(counter)
        counter.driver.stack()
        counter.poll(3)
    assert counter.values(BillEventKind.CREDITED) == [TEN] * 3


def test_a_note_after_a_restart_of_the_machine_is_a_new_one(enabled: MakeCounter) -> None:
    counter = in_escrow(enabled())
    counter.acceptor.cut_power()
    counter.acceptor.restore_power()
    counter.poll()
    counter.driver.enable([TEN])
    in_escrow(counter)
    assert counter.values(BillEventKind.RETURNED_AT_POWER_UP) == [TEN]


def test_a_note_that_is_given_back_is_not_credited(enabled: MakeCounter) -> None:
    counter = in_escrow(enabled())
    counter.driver.return_note()
    assert counter.poll(5) == [BillEvent(kind=BillEventKind.RETURNED, value_fen=TEN)]
    assert counter.acceptor.view().returned_fen == (TEN,)


def test_deciding_without_a_note_is_a_fault_but_giving_back_is_not(enabled: MakeCounter) -> None:
    counter = enabled()
    with pytest.raises(DeviceFault) as caught:
        counter.driver.stack()
    assert caught.value.status == "no-note"
    counter.driver.return_note()
    assert counter.poll(2) == []


def test_a_decision_can_be_taken_back_before_the_next_poll(enabled: MakeCounter) -> None:
    counter = in_escrow(enabled())
    counter.driver.stack()
    counter.driver.return_note()
    counter.poll(5)
    assert counter.acceptor.view().returned_fen == (TEN,)


def test_a_note_that_waited_too_long_went_back_by_itself(enabled: MakeCounter) -> None:
    counter = in_escrow(enabled())
    counter.clock.now += 11.0
    assert counter.poll(2) == [BillEvent(kind=BillEventKind.RETURNED, value_fen=TEN)]
    with pytest.raises(DeviceFault):
        counter.driver.stack()


def test_a_decision_that_comes_after_the_note_went_back_takes_no_other_note(
    enabled: MakeCounter,
) -> None:
    counter = in_escrow(enabled())
    counter.clock.now += 11.0
    counter.acceptor.view()
    counter.acceptor.insert_note(100 * YUAN)
    counter.driver.stack()
    counter.poll(5)
    assert counter.acceptor.view().cashbox_fen == ()
    assert counter.values(BillEventKind.ESCROW) == [TEN, 100 * YUAN]


def test_disabling_gives_an_undecided_note_back(enabled: MakeCounter) -> None:
    counter = in_escrow(enabled())
    counter.driver.disable()
    counter.poll(3)
    assert counter.acceptor.view().returned_fen == (TEN,)
    assert not counter.acceptor.view().enabled


def test_disabling_takes_a_decided_note_and_still_tells_of_it(enabled: MakeCounter) -> None:
    counter = in_escrow(enabled())
    counter.driver.stack()
    counter.driver.disable()
    counter.poll(3)
    assert counter.values(BillEventKind.CREDITED) == [TEN]


@pytest.mark.parametrize("polls_before_the_crash", [0, 1, 2, 10])
@pytest.mark.parametrize("pause_s", [0.0, 3.0, 9.0, 20.0])
def test_a_program_that_dies_before_deciding_never_swallows_the_note(
    enabled: MakeCounter, polls_before_the_crash: int, pause_s: float
) -> None:
    counter = enabled()
    counter.acceptor.insert_note(TEN)
    counter.poll(polls_before_the_crash)
    counter.new_driver()
    counter.clock.now += pause_s
    counter.driver.start()
    counter.driver.enable([TEN])
    counter.poll(30)
    view = counter.acceptor.view()
    assert (view.cashbox_fen, view.returned_fen) == ((), (TEN,))


def test_a_note_put_in_just_before_a_restart_comes_back_out(enabled: MakeCounter) -> None:
    counter = enabled(timing=REAL)
    counter.acceptor.insert_note(TEN)
    counter.new_driver()
    counter.driver.start()
    counter.poll(60)
    assert counter.acceptor.view().returned_fen == (TEN,)


def test_a_note_that_came_into_escrow_unheard_is_given_back_by_a_restart(
    enabled: MakeCounter,
) -> None:
    counter = enabled(timing=REAL)
    counter.acceptor.insert_note(TEN)
    counter.new_driver()
    counter.clock.now += 5.0
    counter.driver.start()
    assert [event.kind for event in counter.poll(10)] == [BillEventKind.RETURNED]
    assert counter.acceptor.view().returned_fen == (TEN,)


def test_a_credit_that_nobody_fetched_is_told_after_a_restart(enabled: MakeCounter) -> None:
    counter = in_escrow(enabled(timing=Timing(read_s=0.0)))
    counter.driver.stack()
    counter.poll()
    counter.new_driver()
    counter.clock.now += 5.0
    assert counter.driver.start().stacked_count == 1
    counter.poll()
    assert counter.values(BillEventKind.CREDITED) == [TEN]


def take_whatever_comes(counter: Counter) -> None:
    for _ in range(40):
        if BillEventKind.ESCROW in {event.kind for event in counter.poll()}:
            counter.driver.stack()


@pytest.mark.parametrize(
    ("stage", "told", "boxed"),
    [
        (Stage.READING, (BillEventKind.RETURNED_AT_POWER_UP, 0), False),
        (Stage.ESCROW, (BillEventKind.RETURNED_AT_POWER_UP, TEN), False),
        (Stage.STACKING, (BillEventKind.RETURNED_AT_POWER_UP, TEN), False),
        (Stage.SAFE, (BillEventKind.STACKED_AT_POWER_UP, TEN), True),
    ],
)
def test_a_power_cut_is_told_by_where_the_note_was(
    enabled: MakeCounter, stage: Stage, told: tuple[BillEventKind, int], boxed: bool
) -> None:
    counter = enabled(timing=REAL, tries=3)
    counter.acceptor.cut_power_at(stage)
    counter.acceptor.insert_note(TEN)
    with pytest.raises(DeviceTimeout):
        take_whatever_comes(counter)
    counter.acceptor.restore_power()
    info = counter.driver.start()
    events = counter.poll()
    assert [(event.kind, event.value_fen) for event in events] == [told]
    assert info.stacked_count == boxed
    assert counter.acceptor.view().cashbox_fen == ((TEN,) if boxed else ())


def test_a_power_cut_after_the_credit_is_not_told_twice(enabled: MakeCounter) -> None:
    counter = in_escrow(enabled(timing=Timing(read_s=0.0)))
    counter.driver.stack()
    while not counter.values(BillEventKind.CREDITED):
        counter.poll()
    counter.acceptor.cut_power()
    counter.acceptor.restore_power()
    assert counter.driver.start().stacked_count == 1
    assert counter.poll(3) == []


def test_an_acceptor_that_lost_its_power_in_between_says_reset(enabled: MakeCounter) -> None:
    counter = enabled()
    counter.acceptor.cut_power()
    counter.acceptor.restore_power()
    kinds = [event.kind for event in counter.poll()]
    assert kinds == [BillEventKind.RESET, BillEventKind.DISABLED]


def test_troubles_of_the_machine_are_told(enabled: MakeCounter) -> None:
    counter = enabled()
    counter.acceptor.fill_stacker()
    assert [event.kind for event in counter.poll()] == [BillEventKind.STACKER_FULL]
    counter.acceptor.remove_cashbox()
    assert [event.kind for event in counter.poll()] == [BillEventKind.CASHBOX_REMOVED]
    counter.acceptor.replace_cashbox()
    assert [event.kind for event in counter.poll()] == [BillEventKind.CASHBOX_REPLACED]
    counter.acceptor.jam()
    assert BillEventKind.JAM in {event.kind for event in counter.poll()}


def test_a_note_that_jams_in_escrow_is_no_longer_held(enabled: MakeCounter) -> None:
    counter = in_escrow(enabled())
    counter.acceptor.jam()
    assert BillEventKind.JAM in {event.kind for event in counter.poll()}
    with pytest.raises(DeviceFault):
        counter.driver.stack()
    counter.acceptor.clear_jam()
    counter.poll()
    assert counter.values(BillEventKind.RETURNED_AT_POWER_UP) == [TEN]


def test_a_note_that_is_pulled_out_while_it_is_read_is_rejected(enabled: MakeCounter) -> None:
    counter = enabled(timing=REAL)
    counter.acceptor.insert_note(TEN)
    counter.poll()
    assert counter.acceptor.pull_note_back()
    pulled = BillEvent(kind=BillEventKind.REJECTED, reason=RejectReason.PULLED_BACK)
    assert pulled in counter.poll(5)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (0x02, RejectReason.NOT_RECOGNISED),
        (0x07, RejectReason.SEVERAL_AT_ONCE),
        (0x0C, RejectReason.NOT_WANTED),
        (0x08, RejectReason.UNTOLD),
        (0xFE, RejectReason.UNTOLD),
    ],
)
def test_why_a_note_came_back_is_asked_for(
    enabled: MakeCounter, code: int, reason: RejectReason
) -> None:
    counter = enabled()
    play(counter, c17=bytes([0xF0, code]))
    counter.acceptor.insert_foreign_note()
    assert counter.poll(3) == [BillEvent(kind=BillEventKind.REJECTED, reason=reason)]


@pytest.mark.parametrize("answer", [b"\xf2", b"\xf0"])
def test_an_acceptor_that_does_not_say_why_is_no_fault(enabled: MakeCounter, answer: bytes) -> None:
    counter = enabled()
    play(counter, c17=answer)
    counter.acceptor.insert_foreign_note()
    assert counter.poll(3) == [BillEvent(kind=BillEventKind.REJECTED)]


class Puppet:
    """An acceptor that answers commands from a table, for what no sane one would say."""

    def __init__(self, acceptor: VirtualAcceptor, **answers: bytes) -> None:
        self.acceptor = acceptor
        self.answers = {int(name[1:], 16): data for name, data in answers.items()}

    def receive(self, data: bytes) -> bytes:
        honest = self.acceptor.receive(data)
        answer = self.answers.get(data[3])
        return honest if answer is None else packet(data[1], answer)


def play(counter: Counter, **answers: bytes) -> None:
    counter.line.device = Puppet(counter.acceptor, **answers)


def test_a_credit_on_an_unknown_channel_is_money_of_unknown_value(enabled: MakeCounter) -> None:
    counter = enabled()
    play(counter, c07=bytes.fromhex("F0 EE 63"))
    assert counter.poll() == [BillEvent(kind=BillEventKind.CREDITED, value_fen=0)]


def test_an_unknown_event_is_a_fault_after_what_stood_before_it(enabled: MakeCounter) -> None:
    counter = enabled()
    play(counter, c07=bytes.fromhex("F0 EE 03 C9 01 EE 03"))
    assert counter.poll() == [BillEvent(kind=BillEventKind.CREDITED, value_fen=TEN)]
    with pytest.raises(DeviceFault) as caught:
        counter.poll()
    assert caught.value.status == "C9 01 EE 03"


@pytest.mark.parametrize("status", [*range(0xF1, 0x100)])
def test_a_poll_that_is_refused_is_a_fault(enabled: MakeCounter, status: int) -> None:
    counter = enabled()
    play(counter, c07=bytes([status]))
    with pytest.raises(DeviceFault) as caught:
        counter.poll()
    assert caught.value.status == f"{status:02X}"


def test_a_note_that_is_told_of_behind_an_unknown_event_goes_back(enabled: MakeCounter) -> None:
    counter = enabled()
    counter.acceptor.insert_note(TEN)
    play(counter, c07=bytes.fromhex("F0 C9 EF 03"))
    assert counter.poll() == []
    counter.line.device = counter.acceptor
    with pytest.raises(DeviceFault):
        counter.poll()
    counter.poll(10)
    assert counter.acceptor.view().returned_fen == (TEN,)


def test_no_poll_follows_a_hold_that_is_refused_before_the_note_is_sent_back(
    enabled: MakeCounter,
) -> None:
    counter = in_escrow(enabled())
    play(counter, c18=b"\xf5")
    counter.poll(5)
    assert counter.acceptor.view().cashbox_fen == ()
    assert counter.values(BillEventKind.RETURNED) == [TEN]


def test_another_acceptor_on_the_line_is_noticed_after_a_gap(enabled: MakeCounter) -> None:
    counter = enabled()
    play(counter, c0C=bytes.fromhex("F0 00 00 00 07"))
    assert counter.poll() == []
    counter.line.break_line(StreamFault(kind=StreamFaultKind.CUT))
    assert counter.poll() == [], "asked again, and answered"
    with pytest.raises(DeviceFault) as caught:
        counter.poll()
    assert caught.value.status == "swapped"
    with pytest.raises(DeviceFault) as caught:
        counter.poll()
    assert caught.value.status == "not-started"


def test_the_same_acceptor_after_a_gap_is_fine(enabled: MakeCounter) -> None:
    counter = enabled()
    counter.line.break_line(StreamFault(kind=StreamFaultKind.CUT))
    assert counter.poll(3) == []
    assert counter.commands.count(SERIAL) == 2


@pytest.mark.parametrize("status", range(0xF0, 0x100))
@pytest.mark.parametrize("command", [0x02, 0x05, 0x06, 0x08, 0x09, 0x0A, 0x0C, 0x18, 0x58])
def test_every_generic_answer_to_every_command_is_a_value_or_a_device_error(
    make_counter: MakeCounter, command: int, status: int
) -> None:
    counter = make_counter()
    play(counter, **{f"c{command:02X}": bytes([status])})
    try:
        counter.driver.start()
        counter.driver.enable([TEN])
        counter.acceptor.insert_note(TEN)
        counter.poll(3)
        counter.driver.disable()
    except (DeviceFault, FrameError):
        pass
    assert counter.acceptor.view().cashbox_fen == ()


def test_a_driver_that_was_not_started_says_so(make_counter: MakeCounter) -> None:
    driver = make_counter().driver
    for call in (driver.poll, driver.disable, driver.return_note, lambda: driver.enable([TEN])):
        with pytest.raises(DeviceFault) as caught:
            call()
        assert caught.value.status == "not-started"
    driver.close()


def test_start_opens_the_line_anew_each_time(make_counter: MakeCounter) -> None:
    counter = make_counter()
    counter.driver.start()
    counter.driver.start()
    assert len(counter.streams) == 2


def test_the_driver_is_found_by_its_name_and_opens_from_settings() -> None:
    assert isinstance(DRIVER, AcceptorDriver)
    driver = DRIVER.open({"port": "COM98", "address": "3", "timeout_ms": "200", "tries": "2"})
    assert isinstance(driver, SspAcceptor)
    with pytest.raises(DeviceNotFound):
        driver.start()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"port": " "},
        {"port": "COM3", "address": "126"},
        {"port": "COM3", "tries": "0"},
        {"port": "COM3", "tries": "many"},
        {"port": "COM3", "timeout_ms": "-1"},
        {"port": "COM3", "baud": "²"},
        {"port": "COM3", "parity": "X"},
        {"port": "COM3", "stop_bits": "3"},
        {"port": "COM3", "baud": "9" * 5000},
    ],
)
def test_wrong_settings_are_refused_before_anything_is_opened(settings: dict[str, str]) -> None:
    with pytest.raises(DeviceError):
        DRIVER.open(settings)
