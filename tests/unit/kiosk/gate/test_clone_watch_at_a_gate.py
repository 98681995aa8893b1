"""A gate notices by itself when two cards with one number come to its own lanes."""

from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.clonetrap import CloneSign
from cardserver.domain.gateevent import EventKind, GateEvent
from kiosk.gate.clonewatch import CloneWatch
from kiosk.gate.journal import GateJournal
from simulators.teller import FIRST_DAY


def tap(minute: int, counter: int | None, card_number: int | None = 7) -> GateEvent:
    return GateEvent(
        sequence=minute + 1,
        at=FIRST_DAY + timedelta(minutes=minute),
        lane="door",
        kind=EventKind.TAP,
        card_number=card_number,
        counter=counter,
    )


@given(st.sets(st.integers(0, 10**6), min_size=1, max_size=30))
def test_a_card_that_counts_down_is_never_suspected(numbers: set[int]) -> None:
    watch = CloneWatch()
    for minute, counter in enumerate(sorted(numbers, reverse=True)):
        event = tap(minute, counter)
        assert watch.found(7, counter, event.at) is None
        watch.note(event)
    assert watch.given_away(7) is None


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.integers(0, 50))
def test_a_number_that_is_not_lower_is_always_seen(steps: list[int], up: int) -> None:
    watch, counter = CloneWatch(), 10**6
    for minute, step in enumerate(steps):
        counter -= step
        watch.note(tap(minute, counter))
    event = tap(len(steps), counter + up)
    sign = CloneSign.WENT_UP if up else CloneSign.SEEN_TWICE
    assert watch.found(7, counter + up, event.at) is sign
    watch.note(event)
    assert watch.found(7, counter - 1, tap(len(steps) + 1, counter - 1).at) is None
    assert watch.given_away(7) is sign, "and stays so"


def test_a_guard_sets_a_card_right_by_name() -> None:
    watch = CloneWatch()
    for minute in (0, 1):
        watch.note(tap(minute, 5))
    watch.note(tap(2, None)._replace(kind=EventKind.NEUTRAL, by="李卫国"))
    assert watch.given_away(7) is None
    assert watch.found(7, 4, tap(3, 4).at) is None


def test_other_cards_and_uncounted_taps_are_left_alone() -> None:
    watch = CloneWatch()
    watch.note(tap(0, 5))
    watch.note(tap(1, None))
    watch.note(tap(2, 5, card_number=None))
    assert watch.found(8, 5, tap(3, 5, card_number=8).at) is None
    assert watch.found(7, None, tap(3, None).at) is None
    assert watch.given_away(7) is None


def test_a_gate_that_starts_again_remembers_what_its_cards_showed(tmp_path: Path) -> None:
    journal = GateJournal(tmp_path / "gate.db")
    for minute in (0, 1):
        journal.append(tap(minute, 5)._replace(sequence=0))
    watch = CloneWatch()
    watch.recall(journal)
    assert watch.given_away(7) is CloneSign.SEEN_TWICE
    journal.append(tap(2, 9, card_number=8)._replace(sequence=0))
    assert watch.found(8, 9, tap(3, 9, card_number=8).at) is CloneSign.SEEN_TWICE
    journal.close()
