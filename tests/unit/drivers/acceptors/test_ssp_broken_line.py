"""Money on a line that fails: at every byte, in both directions, in every way, and at random.

Always: notes in = notes in the cashbox + notes given back; a note is credited at most once; and a
note in the cashbox that was not credited shows in the counter, so that it is found.
"""

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.api.acceptors import BillEventKind
from drivers.errors import DeviceError, DeviceTimeout
from simulators.acceptor import YUAN
from simulators.acceptor_path import Stage, Timing
from simulators.stream import Direction, StreamFault, StreamFaultKind
from tests.unit.drivers.acceptors.cash_desk import Counter, MakeCounter

TEN = 10 * YUAN
SHORT = Timing(read_s=0.0, stack_s=0.4, return_s=0.0)
PASSING = [kind for kind in StreamFaultKind if kind is not StreamFaultKind.SILENCE]

Action = tuple[str, Any]

MONEY = {BillEventKind.CREDITED, BillEventKind.STACKED_AT_POWER_UP}


def credited(counter: Counter) -> list[int]:
    return [event.value_fen for event in counter.events if event.kind in MONEY]


def pay(counter: Counter) -> None:
    """Take one note of ten yuan: until it is stacked, or the driver gives up."""
    counter.driver.start()
    counter.driver.enable([TEN])
    counter.acceptor.insert_note(TEN)
    for _ in range(12):
        fresh = {event.kind for event in counter.poll()}
        if BillEventKind.ESCROW in fresh:
            counter.driver.stack()
        if BillEventKind.STACKED in fresh:
            return


def recover(counter: Counter) -> int | None:
    """Repair the line, start again, hear what there is to hear; the device's own count of notes."""
    counter.line.break_line(None)
    counter.acceptor.restore_power()
    counter.clock.now += 30.0
    info = counter.driver.start()
    counter.poll(5)
    return info.stacked_count


def length_of_dialogue(make_counter: MakeCounter, direction: Direction) -> int:
    counter = make_counter(timing=SHORT)
    pay(counter)
    [stream] = counter.streams
    return stream.answered if direction is Direction.TO_HOST else sum(map(len, stream.sent))


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("kind", PASSING)
def test_a_fault_that_passes_is_healed_at_every_byte(
    make_counter: MakeCounter, kind: StreamFaultKind, direction: Direction
) -> None:
    for at_byte in range(length_of_dialogue(make_counter, direction)):
        counter = make_counter(timing=SHORT)
        counter.line.break_line(StreamFault(kind=kind, at_byte=at_byte, direction=direction))
        pay(counter)
        assert credited(counter) == [TEN], at_byte
        assert counter.acceptor.view().cashbox_fen == (TEN,)


@pytest.mark.parametrize("direction", Direction)
def test_a_line_that_falls_silent_at_any_byte_loses_no_note(
    make_counter: MakeCounter, direction: Direction
) -> None:
    outcomes = set()
    for at_byte in range(length_of_dialogue(make_counter, direction)):
        counter = make_counter(timing=SHORT, tries=3)
        silence = StreamFault(kind=StreamFaultKind.SILENCE, at_byte=at_byte, direction=direction)
        counter.line.break_line(silence)
        try:
            pay(counter)
        except DeviceError:
            stacked = recover(counter)
        else:
            stacked = 1
        view = counter.acceptor.view()
        boxed = len(view.cashbox_fen)
        assert len(view.cashbox_fen) + len(view.returned_fen) <= 1
        assert stacked == boxed
        assert credited(counter) in ([], [TEN])
        assert len(credited(counter)) <= boxed
        outcomes.add((boxed, len(credited(counter))))
    assert (1, 1) in outcomes
    # The answer with the credit can be lost for good, its command can not: the counter tells.
    assert ((1, 0) in outcomes) == (direction is Direction.TO_HOST)


@pytest.mark.parametrize("commands", range(1, 24))
def test_a_power_cut_after_any_command_loses_no_note(
    make_counter: MakeCounter, commands: int
) -> None:
    counter = make_counter(timing=SHORT, tries=2)
    counter.acceptor.cut_power_after(commands)
    with contextlib.suppress(DeviceTimeout):
        pay(counter)
    stacked = recover(counter)
    view = counter.acceptor.view()
    assert len(view.cashbox_fen) + len(view.returned_fen) <= 1
    assert stacked == len(view.cashbox_fen)
    assert len(credited(counter)) <= stacked


actions = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.sampled_from([1, 5, 10, 20, 50, 100])),
        st.tuples(st.just("poll"), st.integers(1, 8)),
        st.tuples(st.just("stack"), st.just(0)),
        st.tuples(st.just("return"), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 12)),
        st.tuples(st.just("die"), st.just(0)),
        st.tuples(st.just("start"), st.just(0)),
        st.tuples(st.just("cut"), st.integers(1, 6)),
        st.tuples(st.just("cut at"), st.sampled_from(Stage)),
        st.tuples(st.just("restore"), st.just(0)),
        st.tuples(
            st.just("fault"),
            st.builds(
                StreamFault,
                kind=st.sampled_from(StreamFaultKind),
                at_byte=st.integers(0, 60),
                direction=st.sampled_from(Direction),
            )
            | st.none(),
        ),
    ),
    max_size=40,
)


def act(counter: Counter, name: str, value: Any) -> None:
    match name:
        case "insert":
            counter.acceptor.insert_note(value * YUAN)
        case "poll":
            counter.poll(value)
        case "stack":
            counter.driver.stack()
        case "return":
            counter.driver.return_note()
        case "wait":
            counter.clock.now += value
        case "die":
            counter.new_driver()
        case "start":
            counter.driver.start()
            counter.driver.enable([TEN, 20 * YUAN, 100 * YUAN])
        case "cut":
            counter.acceptor.cut_power_after(value)
        case "cut at":
            counter.acceptor.cut_power_at(value)
        case "restore":
            counter.acceptor.restore_power()
        case "fault":
            counter.line.break_line(value)


@given(story=actions)
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # it makes a new one a call
)
def test_whatever_happens_money_is_conserved(
    make_counter: MakeCounter, story: list[Action]
) -> None:
    counter = make_counter(timing=SHORT, tries=2)
    inserted, decisions, failed = 0, 0, False
    for name, value in [("start", 0), *story]:
        inserted += name == "insert"
        try:
            act(counter, name, value)
            decisions += name == "stack"
        except DeviceError:
            failed = True
    stacked = recover(counter)
    counter.clock.now += 30.0
    view = counter.acceptor.view()
    assert len(view.cashbox_fen) + len(view.returned_fen) == inserted
    assert len(view.cashbox_fen) <= decisions, "no note is taken that nobody decided on"
    assert stacked == len(view.cashbox_fen)
    taken = list(view.cashbox_fen)
    for value in credited(counter):
        taken.remove(value)
    assert failed or not taken or "die" in {name for name, _ in story} or _cut(story)


def _cut(story: list[Action]) -> bool:
    return any(name in {"cut", "cut at"} for name, _ in story)
