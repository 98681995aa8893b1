"""The virtual arm: how it rises, waits and falls (GB/T 24973-2010), and what its board sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.barrier import VirtualArm, VirtualBarrier
from simulators.barrier_board import Model
from simulators.barrier_wire import checksum

PULSE = bytes.fromhex("01 05 02 00 00 05") + checksum(bytes.fromhex("01 05 02 00 00 05"))
INPUTS = bytes.fromhex("01 02 00 00 00 02") + checksum(bytes.fromhex("01 02 00 00 00 02"))


class TurnedClock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def arm(clock: TurnedClock) -> VirtualArm:
    return VirtualArm(clock=clock, rise_s=2.0, fall_s=2.0, close_after_s=15.0)


@pytest.fixture
def barrier(clock: TurnedClock, arm: VirtualArm) -> VirtualBarrier:
    return VirtualBarrier(arm=arm, clock=clock)


def inputs(barrier: VirtualBarrier) -> tuple[bool, bool]:
    bits = barrier.receive(INPUTS)[3]
    return bool(bits & 1), bool(bits & 2)


def test_the_arm_takes_its_time_to_rise(clock: TurnedClock, barrier: VirtualBarrier) -> None:
    barrier.receive(PULSE)
    assert inputs(barrier) == (False, False)
    clock.now = 1.9
    assert barrier.arm.height == pytest.approx(0.95)
    clock.now = 2.0
    assert barrier.arm_up
    assert inputs(barrier) == (True, False)


def test_the_arm_waits_for_the_vehicle_and_falls_behind_it(
    clock: TurnedClock, barrier: VirtualBarrier
) -> None:
    barrier.receive(PULSE)
    clock.now = 3.0
    barrier.vehicle_present = True
    assert inputs(barrier) == (True, True)
    clock.now = 300.0
    assert inputs(barrier) == (True, True), "never onto a vehicle"
    barrier.vehicle_present = False
    clock.now = 301.0
    assert barrier.arm.height == pytest.approx(0.5)
    clock.now = 302.0
    assert barrier.arm.height == 0.0


def test_the_arm_falls_by_itself_when_nobody_comes(clock: TurnedClock, arm: VirtualArm) -> None:
    arm.open()
    clock.now = 2.0 + 15.0 + 1.0
    assert arm.height == pytest.approx(0.5)


def test_an_arm_that_is_told_to_wait_for_ever_does(clock: TurnedClock) -> None:
    arm = VirtualArm(clock=clock, close_after_s=None)
    arm.open()
    clock.now = 1e6
    assert arm.up


def test_something_under_a_falling_arm_turns_it_back_up(
    clock: TurnedClock, arm: VirtualArm
) -> None:
    arm.open()
    clock.now = 2.0 + 15.0 + 1.0
    arm.vehicle_present = True
    clock.now += 1.0
    assert arm.up


def test_an_open_signal_turns_a_falling_arm_back_up(clock: TurnedClock, arm: VirtualArm) -> None:
    arm.open()
    clock.now = 2.0 + 15.0 + 1.5
    arm.open()
    clock.now += 1.5
    assert arm.up


def test_a_vehicle_before_a_closed_arm_opens_nothing(
    clock: TurnedClock, barrier: VirtualBarrier
) -> None:
    barrier.vehicle_present = True
    clock.now = 60.0
    assert inputs(barrier) == (False, True)
    assert barrier.openings == ()


def test_a_stuck_arm_does_not_move_though_the_command_is_confirmed(
    clock: TurnedClock, barrier: VirtualBarrier
) -> None:
    barrier.arm.stuck = True
    assert barrier.receive(PULSE) == PULSE
    clock.now = 60.0
    assert inputs(barrier) == (False, False)
    assert len(barrier.openings) == 1


def test_every_opening_is_written_down_with_its_time(
    clock: TurnedClock, barrier: VirtualBarrier
) -> None:
    for at_s in (5.0, 70.0):
        clock.now = at_s
        barrier.receive(PULSE)
    assert [(opening.at_s, opening.for_s) for opening in barrier.openings] == [
        (5.0, 0.5),
        (70.0, 0.5),
    ]


def test_another_relay_of_the_board_does_not_move_the_arm(clock: TurnedClock) -> None:
    barrier = VirtualBarrier(relay=1, clock=clock)
    barrier.receive(PULSE)
    clock.now = 10.0
    assert barrier.openings == ()
    assert barrier.arm.height == 0.0


@pytest.mark.parametrize("model", Model)
def test_a_barrier_can_have_any_board(model: Model) -> None:
    assert VirtualBarrier(model=model, unit=7).board.unit == 7


moves = st.lists(
    st.tuples(st.sampled_from(["open", "on", "off", "wait"]), st.floats(0.0, 20.0)), max_size=30
)


@given(moves)
def test_the_arm_never_comes_down_on_a_vehicle(story: list[tuple[str, float]]) -> None:
    clock = TurnedClock()
    arm = VirtualArm(clock=clock, rise_s=2.0, fall_s=2.0)
    height = arm.height
    for move, after_s in story:
        occupied = arm.vehicle_present
        clock.now += after_s
        assert 0.0 <= arm.height <= 1.0
        if occupied:
            assert arm.height >= height
        match move:
            case "open":
                arm.open()
            case "on" | "off":
                arm.vehicle_present = move == "on"
            case _:
                pass
        height = arm.height


def test_fire_raises_the_arm_holds_it_and_lets_it_fall_afterwards(
    clock: TurnedClock, barrier: VirtualBarrier
) -> None:
    barrier.fire = True
    clock.now = 2.0
    assert barrier.arm_up
    clock.now = 3600.0
    barrier.vehicle_present = True
    barrier.vehicle_present = False
    assert barrier.arm_up, "for as long as it stands, whoever drives through"
    assert barrier.openings == (), "by its own wires: no board was asked"
    barrier.fire = False
    clock.now += 15.0 + 2.0
    assert barrier.arm.height == 0.0


def test_a_door_opens_while_its_strike_is_free_and_falls_shut(clock: TurnedClock) -> None:
    barrier = VirtualBarrier(doorway=True, clock=clock)
    assert barrier.door is not None
    assert not barrier.door.push()
    barrier.receive(PULSE)
    clock.now = 0.4
    assert barrier.door.push()
    clock.now = 60.0
    assert barrier.door.open, "it stands open until somebody lets it fall"
    barrier.door.shut()
    assert not barrier.door.push()
    barrier.door.force()
    assert barrier.height == 1.0
    barrier.stuck = True
    barrier.door.shut()
    assert barrier.door.open, "it sticks where it is"
