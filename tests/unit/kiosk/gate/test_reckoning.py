"""How far a gate's clock was off when it wrote a line, whoever set it and whenever (GATE-07a)."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardserver.domain.gateevent import EventKind, GateEvent
from kiosk.gate.journal import GateJournal
from kiosk.gate.reckoning import UNKNOWN, Reckoning
from tests.unit.kiosk.gate.yard import NOON

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Clocks:
    """A gate with its journal. `off` is how far its clock is ahead of the centre's."""

    path: Path
    off: timedelta = timedelta(0)
    true: timedelta = timedelta(0)
    written: list[timedelta] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.switch_on()

    def switch_on(self) -> None:
        self.began = self.true
        self.journal = GateJournal(self.path)
        self.reckoning = Reckoning(
            self.journal,
            clock=self.clock,
            ticks=self.ticks,
        )

    def clock(self) -> datetime:
        return NOON + self.true + self.off

    def ticks(self) -> float:
        return (self.true - self.began).total_seconds()

    def restart(self) -> None:
        self.journal.close()
        self.switch_on()

    def write(self) -> None:
        self.true += MINUTE
        self.journal.append(GateEvent(sequence=0, at=self.clock(), lane="in", kind=EventKind.TAP))
        self.written.append(self.off)

    def compare(self, slow: timedelta = timedelta(0)) -> None:
        before = self.clock()
        self.true += slow
        self.reckoning.compare(before, before + slow, NOON + self.true - slow / 2)

    def found(self) -> list[timedelta]:
        return [self.reckoning.of(each)[0] for each in range(1, len(self.written) + 1)]


@contextmanager
def clocks() -> Iterator[Clocks]:
    with TemporaryDirectory() as folder:
        built = Clocks(Path(folder) / "gate.db")
        yield built
        built.journal.close()


offs = st.sampled_from([0, -8, 8, -600, 600]).map(lambda minutes: minutes * MINUTE)
steps = st.lists(
    st.one_of(st.just("write"), st.just("write"), st.just("compare"), offs), max_size=25
)


@settings(max_examples=40)
@given(steps=steps)
def test_once_compared_it_is_known_of_every_line_since_the_process_began(
    steps: list[str | timedelta],
) -> None:
    with clocks() as gate:
        for step in steps:
            if isinstance(step, timedelta):
                gate.off = step
            elif step == "write":
                gate.write()
            else:
                gate.compare()
        gate.compare()
        assert gate.found() == gate.written
        assert gate.reckoning.ahead() == gate.off
        gate.restart()
        assert gate.found() == gate.written, "what was known stays known"


@settings(max_examples=40)
@given(steps=steps)
def test_lines_are_told_in_parts_of_one_clock(steps: list[str | timedelta]) -> None:
    with clocks() as gate:
        for step in steps:
            if isinstance(step, timedelta):
                gate.off = step
            else:
                gate.write()
        gate.compare()
        sequence = 1
        while sequence <= len(gate.written):
            ahead, last = gate.reckoning.of(sequence)
            upto = len(gate.written) if last is None else min(last, len(gate.written))
            assert upto >= sequence
            assert set(gate.written[sequence - 1 : upto]) == {ahead}
            sequence = upto + 1


def test_of_a_process_that_ended_before_its_centre_answered_nothing_is_known() -> None:
    with clocks() as gate:
        gate.off = -8 * MINUTE
        gate.write()
        gate.compare()
        gate.restart()
        gate.off = HOUR
        gate.write()
        gate.restart()
        gate.off = timedelta(0)
        gate.write()
        gate.compare()
        assert gate.found() == [-8 * MINUTE, UNKNOWN, timedelta(0)]


def test_a_clock_as_close_as_it_has_to_be_is_right_and_costs_no_disk_anything() -> None:
    with clocks() as gate:
        gate.off = -5 * SECOND
        gate.write()
        gate.compare()
        assert gate.reckoning.ahead() == UNKNOWN
        assert gate.journal.mark("clock-ahead") is None
        gate.off = -7 * SECOND
        gate.compare()
        assert gate.reckoning.ahead() == -7 * SECOND
        assert gate.found() == [UNKNOWN]


def test_a_slow_answer_takes_nothing_back_that_is_known() -> None:
    with clocks() as gate:
        gate.off = -20 * SECOND
        gate.compare()
        gate.compare(slow=40 * SECOND)
        assert gate.reckoning.ahead() == -20 * SECOND


def test_a_clock_that_was_set_is_in_doubt_until_it_is_compared_again() -> None:
    with clocks() as gate:
        doubts = [gate.reckoning.doubtful]
        gate.compare()
        doubts.append(gate.reckoning.doubtful)
        gate.off = HOUR
        doubts.append(gate.reckoning.doubtful)
        assert gate.reckoning.ahead() == HOUR, "by the watch"
        gate.compare()
        doubts.append(gate.reckoning.doubtful)
        assert doubts == [True, False, True, False]


def test_a_clock_set_ever_so_often_fills_nothing() -> None:
    with clocks() as gate:
        for number in range(200):
            gate.off = (number % 2) * HOUR
            gate.write()
            gate.compare()
        assert gate.found()[-50:] == gate.written[-50:]
        assert len(gate.journal.mark("clock-ahead") or "") < 2000


def test_a_full_disk_keeps_nothing_from_being_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_name: str, _value: str) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with clocks() as gate:
        monkeypatch.setattr(gate.journal, "set_mark", full)
        gate.off = HOUR
        gate.write()
        gate.compare()
        assert gate.found() == [HOUR]


@pytest.mark.parametrize("mark", ["", "x", "[1]", '[["a", "b"]]', "[[1, 1e400]]", "[[7, 60000]]"])
def test_a_mark_that_says_nothing_of_these_lines_is_none(mark: str) -> None:
    """Nobody's hand and no copied file keeps a gate from starting."""
    with clocks() as gate:
        gate.write()
        gate.journal.set_mark("clock-ahead", mark)
        gate.restart()
        assert gate.found() == [UNKNOWN]
