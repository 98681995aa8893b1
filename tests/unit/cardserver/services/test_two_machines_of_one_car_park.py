"""The way in and the way out are two machines, and one clock is wrong (GATE-02a, GATE-07a).

Whoever left may come in again, whoever is inside is inside, at the lanes and at the centre. Lines
keep what the clock told.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from cardserver.db.tables_gateevents import GateEventRow
from cardserver.domain.ids import CardNumber
from cardserver.domain.reasons import Reason
from cardserver.services.turn import looking
from tests.databases.frontdesk import FrontDesk
from tests.databases.twomachines import LI, MINUTE, WANG, Machine, TwoMachines, two_machines

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
OFF = [minutes * MINUTE for minutes in (-30, -8, -2, 8)]
HOUR = timedelta(hours=1)


@pytest.fixture
def park(desk: FrontDesk, tmp_path: Path) -> Iterator[TwoMachines]:
    with two_machines(desk, tmp_path) as built:
        yield built


def comes_and_goes(park: TwoMachines) -> None:
    """Somebody is inside for three minutes."""
    assert park.way_in.tap(WANG) is Reason.GRANTED
    park.told(3 * MINUTE)
    assert park.way_out.tap(WANG) is Reason.GRANTED
    park.told()


def check_free_to_come(park: TwoMachines) -> None:
    """The one who left may come in again, and nobody else of that space while he is inside."""
    assert park.inside() == []
    assert park.way_in.tap(WANG) is Reason.GRANTED
    park.told(timedelta(seconds=10))
    assert park.inside() == [WANG]
    assert park.way_in.tap(WANG) is Reason.PASSBACK, "handed back over the fence"
    assert park.way_in.tap(LI) is Reason.SPACE_TAKEN


def cut_off(park: TwoMachines, *machines: Machine) -> None:
    for machine in machines or park.machines:
        machine.online = False


def find_the_line_again(park: TwoMachines) -> None:
    for machine in park.machines:
        machine.online = True
    park.told()


@ON_SQLITE
@pytest.mark.parametrize("off", OFF)
@pytest.mark.parametrize("which", ["entry", "exit"])
def test_gate_02a_who_left_comes_in_again_and_no_card_comes_in_twice(
    park: TwoMachines, which: str, off: timedelta
) -> None:
    (park.way_in if which == "entry" else park.way_out).off = off
    park.told()
    comes_and_goes(park)
    check_free_to_come(park)


def test_gate_07a_what_the_clock_told_stays_in_the_line_and_in_its_chain(
    park: TwoMachines,
) -> None:
    park.way_out.off = -8 * MINUTE
    park.told()
    comes_and_goes(park)
    check_free_to_come(park)
    assert all(machine.journal.first_break() is None for machine in park.machines)
    by_its_clock = [each.at for each in park.way_out.journal.after(0, 10)]
    with looking(park.estate) as connection:
        told = connection.execute(
            select(GateEventRow.at, GateEventRow.happened_at)
            .where(GateEventRow.device == park.way_out.identity.station)
            .order_by(GateEventRow.sequence)
        ).all()
        right = connection.scalars(
            select(GateEventRow.happened_at).where(
                GateEventRow.device == park.way_in.identity.station
            )
        ).all()
    assert [each.at for each in told] == by_its_clock
    assert [each.happened_at - each.at for each in told] == [8 * MINUTE] * len(told)
    assert set(right) == {None}, "a clock that is right costs nothing"


def test_both_without_a_line_and_told_hours_later(park: TwoMachines) -> None:
    park.way_out.off = -8 * MINUTE
    park.told()
    cut_off(park)
    comes_and_goes(park)
    park.pass_by(5 * HOUR)
    find_the_line_again(park)
    check_free_to_come(park)


@ON_SQLITE
@pytest.mark.parametrize(("which", "off"), [("entry", 8 * MINUTE), ("exit", -8 * MINUTE)])
def test_a_clock_put_right_later_changes_nothing_of_what_was_before(
    park: TwoMachines, which: str, off: timedelta
) -> None:
    wrong = park.way_in if which == "entry" else park.way_out
    wrong.off = off
    park.told()
    comes_and_goes(park)
    wrong.off = timedelta(0)
    park.told()
    for machine in park.machines:
        machine.restart()
    park.restart_centre()
    park.told()
    check_free_to_come(park)


@ON_SQLITE
def test_a_clock_put_right_while_somebody_is_inside(park: TwoMachines) -> None:
    park.way_in.off = 8 * MINUTE
    park.told()
    assert park.way_in.tap(WANG) is Reason.GRANTED
    park.told(timedelta(seconds=20))
    park.way_in.off = timedelta(0)
    assert park.way_in.tap(WANG) is Reason.PASSBACK
    park.told()
    assert park.way_out.tap(WANG) is Reason.GRANTED
    park.told(timedelta(seconds=20))
    check_free_to_come(park)


@ON_SQLITE
@pytest.mark.parametrize(("then", "now"), [(-8, 0), (0, -30), (0, 30)])
def test_a_clock_that_is_set_while_its_lines_wait(park: TwoMachines, then: int, now: int) -> None:
    """As when the line comes back, and with it whoever tells machines the time."""
    park.way_out.off = then * MINUTE
    park.told()
    cut_off(park, park.way_out)
    comes_and_goes(park)
    park.pass_by(HOUR)
    park.way_out.off = now * MINUTE
    find_the_line_again(park)
    check_free_to_come(park)


@ON_SQLITE
@pytest.mark.parametrize(("which", "off"), [("entry", 30 * MINUTE), ("exit", -30 * MINUTE)])
def test_a_gate_that_began_without_a_line_and_with_a_wrong_clock(
    park: TwoMachines, which: str, off: timedelta
) -> None:
    wrong = park.way_in if which == "entry" else park.way_out
    cut_off(park, wrong)
    wrong.off = off
    wrong.restart()
    comes_and_goes(park)
    find_the_line_again(park)
    check_free_to_come(park)


@ON_SQLITE
@pytest.mark.parametrize(("which", "off"), [("entry", 8 * MINUTE), ("exit", -8 * MINUTE)])
def test_a_gate_that_is_switched_off_remembers_how_its_clock_was(
    park: TwoMachines, which: str, off: timedelta
) -> None:
    wrong = park.way_in if which == "entry" else park.way_out
    wrong.off = off
    park.told()
    cut_off(park, wrong)
    comes_and_goes(park)
    wrong.restart()
    find_the_line_again(park)
    check_free_to_come(park)


@ON_SQLITE
def test_lines_of_a_gate_whose_clock_nobody_could_compare_count_as_told(park: TwoMachines) -> None:
    """What is not known is not made up: it was switched off before its centre answered."""
    cut_off(park, park.way_out)
    park.way_out.off = -8 * MINUTE
    park.way_out.restart()
    comes_and_goes(park)
    park.way_out.restart()
    find_the_line_again(park)
    assert park.inside() == [WANG]
    assert park.way_in.tap(WANG) is Reason.PASSBACK
    assert park.way_out.tap(WANG) is Reason.GRANTED, "nobody is locked in"
    park.told()
    check_free_to_come(park)


@ON_SQLITE
def test_minutes_of_a_timed_passback_are_counted_whatever_the_clock_says(
    desk: FrontDesk, tmp_path: Path
) -> None:
    with two_machines(desk, tmp_path, timed=10) as park:
        assert park.way_in.tap(WANG) is Reason.GRANTED
        park.told()
        for off in (-3 * HOUR, 20 * MINUTE):
            park.way_in.off = off
            assert park.way_in.tap(WANG) is Reason.PASSBACK_TIMED
            park.told()
            assert park.way_in.tap(WANG) is Reason.PASSBACK_TIMED
        park.pass_by(10 * MINUTE)
        assert park.way_in.tap(WANG) is Reason.SPACE_TAKEN, "the minutes are over"


@ON_SQLITE
def test_the_hours_count_who_came_and_went_within_a_wrong_clocks_minutes(
    park: TwoMachines,
) -> None:
    park.way_out.off = -8 * MINUTE
    park.told()
    comes_and_goes(park)
    assert park.hours() == (1, 1)


@ON_SQLITE
@pytest.mark.parametrize("seed", [int(os.environ.get("YIKA_SEED", "20250609"))])
def test_whatever_is_set_and_cut_off_who_is_inside_is_who_went_in_last(
    park: TwoMachines, seed: int
) -> None:
    """`YIKA_STEPS` of them, 40 here, beside a book in which only the order of passages stands."""
    chance, seen = Random(seed), dict[CardNumber, str]()
    for step in range(int(os.environ.get("YIKA_STEPS", "40"))):
        machine = chance.choice(park.machines)
        if chance.random() < 0.3:
            machine.off = chance.choice([-600, -30, -8, -2, 0, 0, 2, 8, 30, 600]) * MINUTE
        if chance.random() < 0.1:
            machine.online = False
        elif chance.random() < 0.3:
            find_the_line_again(park)
        told = all(each.online for each in park.machines)
        if told and chance.random() < 0.2:
            machine.restart()
            park.restart_centre()
            park.told()
        card, lane = chance.choice([WANG, LI]), machine.lane.lane_id
        expected = judged(seen, card, lane)
        decided = machine.tap(card)
        if told:
            assert decided is expected, f"seed {seed}, step {step}"
        if decided in {Reason.GRANTED, Reason.GRANTED_PASSBACK}:
            seen[card] = lane
        park.told(timedelta(seconds=chance.choice([5, 60, 600])))
    find_the_line_again(park)
    assert park.inside() == sorted(card for card, lane in seen.items() if lane == "in")


def judged(seen: Mapping[CardNumber, str], card: CardNumber, lane: str) -> Reason:
    """By who went where last, and nothing else."""
    other = LI if card is WANG else WANG
    if lane == "out":
        return Reason.GRANTED_PASSBACK if seen.get(card) == "out" else Reason.GRANTED
    if seen.get(card) == "in":
        return Reason.PASSBACK
    return Reason.SPACE_TAKEN if seen.get(other) == "in" else Reason.GRANTED
