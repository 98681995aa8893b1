"""A card that trembles before the reader is one tap, not two passages (GATE-02a).

Cards are held by number to a lane with a real relay board's protocol; clocks are told by hand.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.gateyard import serve
from cardserver.domain.admission import Presented, Reason
from cardserver.domain.gateevent import EventKind
from cardserver.domain.gaterules import Area, GateRules, LaneRule, Passback, PassbackMode
from cardserver.domain.ids import LaneId
from cardserver.domain.lanes import Direction
from cardserver.domain.rights import RightKind
from drivers.errors import CardRemoved, CardUnsupported, DeviceError
from tests.unit.kiosk.gate.yard import LI, WANG, Place, Yard

HARD = GateRules(
    version=1,
    areas={
        "garage": Area(
            area_id="garage",
            right=RightKind.PARKING,
            passback=Passback(mode=PassbackMode.HARD),
        )
    },
    lanes={"car-in": LaneRule(lane_id=LaneId("car-in"), area="garage", direction=Direction.ENTRY)},
)


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    with Yard(tmp_path, rules=HARD) as opened:
        yield opened


@pytest.fixture
def car_in(yard: Yard) -> Place:
    return yard.place("car-in")


def later(yard: Yard, seconds: float) -> None:
    yard.ticks += seconds
    yard.now += timedelta(seconds=seconds)


def hold_again(car_in: Place, after_s: float, *, duress: bool = False) -> Reason:
    later(car_in.yard, after_s)
    return car_in.hold(WANG, duress=duress).decision.reason


def test_gate_02a_a_card_shown_twice_within_a_second_is_one_passage(
    yard: Yard, car_in: Place
) -> None:
    first = car_in.hold(WANG)
    assert hold_again(car_in, 0.8) is Reason.GRANTED
    assert car_in.loop.shown is first, "the screen still says that the lane is open"
    assert yard.lines == [
        "car-in tap card 7 granted",
        "car-in tap about 1 card 7 granted same-tap",
    ]
    assert len(car_in.barrier.openings) == 1
    assert yard.shared.whereabouts.occupancy() == {"garage": 1}


def test_the_car_behind_is_not_taken_for_the_one_that_tapped_twice(
    yard: Yard, car_in: Place
) -> None:
    car_in.hold(WANG)
    hold_again(car_in, 0.8)
    car_in.drive_through()
    car_in.hold(LI)
    car_in.drive_through().look(20)
    passed = [each.card_number for each in yard.journal.last(9, EventKind.PASSED)]
    assert sorted(passed, key=str) == [7, 8]
    assert not yard.journal.last(9, EventKind.NOT_PASSED)


def test_a_card_handed_back_is_a_tap_of_its_own(yard: Yard, car_in: Place) -> None:
    car_in.hold(WANG)
    assert hold_again(car_in, 2.1) is Reason.PASSBACK
    assert len(car_in.barrier.openings) == 1


@pytest.mark.parametrize("days", [1, -1])
def test_the_day_after_the_same_card_is_a_tap_of_its_own(
    yard: Yard, car_in: Place, days: int
) -> None:
    """A demo's calendar goes ahead while arms keep their time; and a clock may be set back."""
    car_in.hold(WANG)
    yard.now += timedelta(days=days)
    assert car_in.hold(WANG).decision.reason is Reason.PASSBACK


def test_once_somebody_went_through_the_same_card_is_a_tap_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "door").mkdir()
    lanes = {"door": LaneRule(lane_id=LaneId("door"), area="house", direction=Direction.ENTRY)}
    hard = replace(HARD.areas["garage"], area_id="house", right=RightKind.DOOR)
    rules = replace(HARD, areas={"house": hard}, lanes=lanes)
    with Yard(tmp_path / "door", rules=rules) as yard:
        door = yard.place("door", right=RightKind.DOOR, contacts=("door_input",))
        door.hold(WANG)
        door.door(opened=True)
        assert hold_again(door, 0.5) is Reason.PASSBACK


def test_whoever_turned_away_may_come_again(yard: Yard, car_in: Place) -> None:
    car_in.hold(WANG)
    hold_again(car_in, 0.8)
    car_in.rise().look(20)
    assert yard.shared.whereabouts.occupancy() == {"garage": 0}
    assert hold_again(car_in, 1.0) is Reason.GRANTED
    assert len(car_in.barrier.openings) == 2


def test_a_sign_of_duress_is_never_passed_over(yard: Yard, car_in: Place) -> None:
    car_in.hold(WANG)
    hold_again(car_in, 0.8, duress=True)
    assert yard.whole(EventKind.DURESS).card_number == 7


@pytest.mark.parametrize(("counter", "lines"), [(41, 1), (42, 0), (43, 0)])
def test_only_a_counter_that_went_down_is_the_same_card(
    yard: Yard, car_in: Place, counter: int, lines: int
) -> None:
    serve(car_in.loop, Presented(uid=WANG, counter=42), yard.ticks)
    serve(car_in.loop, Presented(uid=WANG, counter=counter), yard.ticks + 0.5)
    (last,) = yard.journal.last(1, EventKind.TAP)
    assert (last.detail == "same-tap", last.counter) == (bool(lines), counter)


@pytest.mark.parametrize(
    ("error", "told"), [(CardRemoved("gone"), False), (CardUnsupported("odd"), True)]
)
def test_a_card_that_is_pulled_away_does_not_take_the_open_sign_away(
    yard: Yard, car_in: Place, error: DeviceError, told: bool
) -> None:
    car_in.hold(WANG)
    later(yard, 0.5)
    car_in.loop._arrived(error)
    shown = car_in.loop.shown
    assert shown is not None
    assert shown.try_again is told
    assert yard.lines[-1].startswith("car-in tap torn")


def test_an_arm_that_sticks_is_said_for_as_long_as_any_word(yard: Yard, car_in: Place) -> None:
    car_in.hold(WANG)
    car_in.barrier.stuck = True
    told_at = yard.now
    car_in.look(7)
    shown = car_in.loop.shown
    assert shown is not None
    assert (shown.opened, shown.at > told_at) == (False, True)
    car_in.look(0.1)
    assert car_in.barrier.lamps["stop"]
