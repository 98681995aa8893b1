"""What a lane's contacts say after it was asked to open: a clock told by hand, no devices.

Rules: granted and passed are two facts; nothing is made up about what nobody saw (GATE-01, 02a).
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.gateevent import EventKind, GateEvent
from drivers.api.barriers import Inputs
from kiosk.gate.passing import EXCUSED_S, REVERSAL_S, Finding, Passing, Times, Way

TIMES = Times(pass_s=15, arm_s=6, held_s=60)
CAR_LANE = Inputs(arm_up=False, vehicle_present=False)
DOOR = Inputs(door_open=False)
SOON, LATE = 1.0, 1000.0


def line(sequence: int) -> GateEvent:
    at = datetime(2025, 6, 9, 4, tzinfo=UTC)
    return GateEvent(sequence=sequence, at=at, lane="lane", kind=EventKind.TAP, granted=True)


@dataclass
class Lane:
    """A lane under somebody's eyes: what was found so far, as words."""

    inputs: Inputs
    passing: Passing = field(default_factory=lambda: Passing(TIMES))
    now: float = 0.0
    found: list[str] = field(default_factory=list)
    fire: bool = False

    def __post_init__(self) -> None:
        self.see(0)

    def see(self, after_s: float = SOON, **changes: bool | None) -> "Lane":
        """`after_s` seconds later the contacts show these changes."""
        self.now += after_s
        self.inputs = replace(self.inputs, **changes)
        for each in self.passing.look(self.inputs, self.now, fire=self.fire):
            about = f" {each.about.sequence}" if each.about else ""
            self.found.append(f"{each.kind}{about}{f' ({each.detail})' if each.detail else ''}")
        return self

    def grant(self, sequence: int = 1) -> "Lane":
        self.passing.expect(line(sequence), self.now)
        return self

    def drive_through(self) -> "Lane":
        return self.see(vehicle_present=True).see(vehicle_present=False)


# --- vehicle lanes


def test_a_car_that_drove_over_the_loop_has_passed() -> None:
    lane = Lane(CAR_LANE).grant().see(arm_up=True).drive_through().see(arm_up=False)
    assert lane.found == ["passed 1"]
    assert not lane.passing.waiting
    assert lane.see(LATE).found == ["passed 1"]


def test_a_car_that_never_came_has_not_passed() -> None:
    lane = Lane(CAR_LANE).grant().see(arm_up=True).see(13.9)
    assert lane.found == []
    assert lane.see(0.2).found == ["not-passed 1"]


def test_a_slow_car_on_the_loop_is_waited_for() -> None:
    lane = Lane(CAR_LANE).grant().see(arm_up=True).see(vehicle_present=True).see(50)
    assert lane.found == []
    assert lane.see(vehicle_present=False).found == ["passed 1"]


def test_a_car_that_left_the_loop_with_the_arm_still_down_has_not_passed() -> None:
    lane = Lane(CAR_LANE).see(vehicle_present=True).grant().see(vehicle_present=False)
    assert lane.found == []
    assert lane.see(20).found[-1] == "not-passed 1"


def test_two_cars_that_tapped_one_after_the_other_both_pass() -> None:
    lane = Lane(CAR_LANE).grant(1).see(arm_up=True).see(vehicle_present=True).grant(2)
    lane.see(vehicle_present=False).drive_through()
    assert lane.found == ["passed 1", "passed 2"]


def test_a_car_that_followed_without_a_card_is_told() -> None:
    lane = Lane(CAR_LANE).grant().see(arm_up=True).drive_through().drive_through()
    assert lane.found == ["passed 1", "passed (followed)"]


def test_an_arm_that_does_not_move_is_a_fault_and_nobody_is_locked_out_by_it() -> None:
    lane = Lane(CAR_LANE).grant().see(6.1)
    assert lane.found == ["barrier-fault 1 (arm-did-not-move)", "neutral (barrier-fault)"]
    lane.see(10).grant(2).see(arm_up=True).drive_through()
    assert lane.found[2:] == ["not-passed 1", "alarm-over (barrier-fault)", "passed 2"]


def test_a_fault_that_goes_on_is_told_with_each_opening_and_forgets_once() -> None:
    lane = Lane(CAR_LANE).grant(1).see(7).grant(2).see(7)
    kinds = [each.split()[0] for each in lane.found]
    assert kinds.count("barrier-fault") == 2
    assert kinds.count("neutral") == 1


def test_an_arm_that_goes_up_for_nobody_is_forced() -> None:
    lane = Lane(CAR_LANE).see(LATE, arm_up=True)
    assert lane.found == ["forced"]
    assert lane.see(arm_up=False).found == ["forced", "alarm-over (forced)"]


def test_an_arm_that_turns_back_for_a_car_beneath_it_is_not_forced() -> None:
    lane = Lane(CAR_LANE).grant().see(arm_up=True).drive_through()
    lane.see(30, arm_up=False).see(REVERSAL_S - 1, arm_up=True)
    assert "forced" not in lane.found


def test_an_arm_held_up_with_nobody_beneath_is_told_once() -> None:
    lane = Lane(CAR_LANE).grant().see(arm_up=True).drive_through().see(61).see(61)
    assert lane.found == ["passed 1", "held-open"]
    assert lane.see(arm_up=False).found[-1] == "alarm-over (held-open)"


def test_a_queue_of_cars_beneath_the_arm_does_not_hold_it_open() -> None:
    lane = Lane(CAR_LANE).grant(0).see(arm_up=True)
    for number in range(1, 20):
        lane.grant(number).see(20, vehicle_present=True).see(vehicle_present=False)
    assert "held-open" not in lane.found


def test_a_loop_alone_tells_who_passed() -> None:
    lane = Lane(Inputs(vehicle_present=False)).grant().drive_through().drive_through()
    assert lane.found == ["passed 1"]


@pytest.mark.parametrize("inputs", [Inputs(), Inputs(arm_up=False)])
def test_without_loop_and_door_contact_nobody_says_who_passed(inputs: Inputs) -> None:
    lane = Lane(inputs).grant()
    if inputs.arm_up is not None:
        lane.see(arm_up=True).see(arm_up=False)
    assert lane.see(LATE).found == []
    assert not lane.passing.feedback


# --- doors


def test_a_door_that_opens_after_a_card_was_passed() -> None:
    lane = Lane(DOOR).grant().see(door_open=True).see(door_open=False)
    assert lane.found == ["passed 1"]


def test_a_door_that_stays_shut_was_not_passed() -> None:
    assert Lane(DOOR).grant().see(15).found == ["not-passed 1"]


def test_a_second_card_at_a_door_that_stands_open_passes_as_well() -> None:
    lane = Lane(DOOR).grant(1).see(door_open=True).grant(2).see()
    assert lane.found == ["passed 1", "passed 2 (door-open)"]


def test_a_door_that_nobody_opened_is_forced() -> None:
    lane = Lane(DOOR).see(LATE, door_open=True)
    assert lane.found == ["forced"]
    assert lane.see(LATE).found == ["forced"]  # forced is enough; it is not held open, too


def test_a_door_that_stands_open_too_long_is_told_once_until_it_is_shut() -> None:
    lane = Lane(DOOR).grant().see(door_open=True).see(59)
    assert lane.found == ["passed 1"]
    assert lane.see(2).see(LATE).found == ["passed 1", "held-open"]
    assert lane.see(door_open=False).found[-1] == "alarm-over (held-open)"


def test_the_exit_button_excuses_a_door_that_opens() -> None:
    lane = Lane(DOOR).see(LATE, exit_button=True).see(EXCUSED_S - 1, exit_button=False)
    assert lane.see(0.5, door_open=True).found == ["passed (exit-button)"]
    lane.see(door_open=False).see(LATE, door_open=True)
    assert lane.found[-1] == "forced"


# --- fire, blindness, answers


def test_s25_in_a_fire_no_door_is_forced_or_held_open() -> None:
    lane = Lane(DOOR)
    lane.fire = True
    lane.see(LATE, door_open=True).see(LATE)
    assert lane.found == ["passed (fire)"]
    lane.fire = False
    assert lane.see(61).found[-1] == "held-open"


def test_how_things_stand_at_the_first_look_is_nobodys_doing() -> None:
    assert Lane(Inputs(door_open=True)).found == []
    assert Lane(Inputs(arm_up=True, vehicle_present=True)).found == []


def test_what_nobody_could_see_is_said_to_be_unseen() -> None:
    lane = Lane(CAR_LANE).grant()
    assert lane.passing.blind(lane.now + 5) == []
    (unseen,) = lane.passing.blind(lane.now + 16)
    assert (unseen.kind, unseen.detail) == (EventKind.NOT_PASSED, "not-seen")
    lane.passing.blind(lane.now + 17)
    assert lane.see(LATE, arm_up=True).found == []  # whatever opened it, nobody was looking


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (CAR_LANE, ["barrier-fault", "neutral"]),
        (Inputs(), ["barrier-fault", "neutral", "not-passed"]),
    ],
)
def test_an_opening_whose_answer_was_lost_is_left_to_the_contacts(
    inputs: Inputs, told: list[str]
) -> None:
    lane, asked = Lane(inputs), line(1)
    lane.passing.expect(asked, lane.now)
    assert [each.kind.value for each in lane.passing.unanswered(asked, "timeout")] == told
    if lane.passing.feedback:
        assert lane.see(arm_up=True).drive_through().found == [
            "alarm-over (barrier-fault)",
            "passed 1",
        ]


def test_a_board_without_arm_contact_is_well_again_when_it_answers() -> None:
    lane, asked = Lane(DOOR), line(1)
    lane.passing.expect(asked, lane.now)
    lane.passing.unanswered(asked, "timeout")
    assert [each.detail for each in lane.passing.confirmed()] == ["barrier-fault"]
    assert lane.passing.confirmed() == []


# --- whatever comes


LOOKS = st.lists(
    st.tuples(
        st.floats(0.05, 40),
        st.booleans(),  # somebody taps before
        st.builds(Inputs, arm_up=st.booleans(), vehicle_present=st.booleans()),
    ),
    max_size=40,
)


@given(looks=LOOKS)
def test_each_opening_ends_once_and_in_order_whatever_the_contacts_do(
    looks: list[tuple[float, bool, Inputs]],
) -> None:
    passing, now, asked, found = Passing(TIMES), 0.0, 0, list[Finding]()
    found += passing.look(CAR_LANE, now)
    for after_s, taps, inputs in looks:
        if taps:
            asked += 1
            passing.expect(line(asked), now)
        now += after_s
        found += passing.look(inputs, now)
    found += passing.look(CAR_LANE, now)
    found += passing.look(CAR_LANE, now + LATE)
    outcomes = (each for each in found if each.kind in {EventKind.PASSED, EventKind.NOT_PASSED})
    assert [each.about.sequence for each in outcomes if each.about] == list(range(1, asked + 1))


# --- one way, a reader on each side


def both_sides(inputs: Inputs) -> tuple[Lane, Lane]:
    way = Way()
    return Lane(inputs, Passing(TIMES, way)), Lane(inputs, Passing(TIMES, way))


def both_see(sides: tuple[Lane, Lane], after_s: float = SOON, **changes: bool) -> None:
    for each in sides:
        each.see(after_s, **changes)


def test_a_door_that_the_other_side_opened_is_neither_forced_nor_passed_here() -> None:
    sides = outside, inside = both_sides(DOOR)
    outside.grant()
    both_see(sides, door_open=True)
    both_see(sides, door_open=False)
    inside.grant(2)
    both_see(sides, door_open=True)
    both_see(sides, 3, door_open=False)
    assert (outside.found, inside.found) == (["passed 1"], ["passed 2"])
    both_see(sides, LATE, door_open=True)
    assert (outside.found[-1], inside.found[-1]) == ("forced", "forced")


def test_a_car_that_the_other_side_let_through_has_not_followed_here() -> None:
    sides = entry, leave = both_sides(CAR_LANE)
    entry.grant()
    both_see(sides, arm_up=True)
    both_see(sides, vehicle_present=True)
    both_see(sides, vehicle_present=False)
    both_see(sides, arm_up=False)
    assert (entry.found, leave.found) == (["passed 1"], [])
    leave.grant(2)
    both_see(sides, arm_up=True)
    both_see(sides, vehicle_present=True)
    both_see(sides, vehicle_present=False)
    both_see(sides, vehicle_present=True)
    both_see(sides, vehicle_present=False)
    assert leave.found == ["passed 2", "passed (followed)"]
    assert entry.found == ["passed 1"], "whoever opened tells of who followed"
