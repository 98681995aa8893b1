"""A gate's clock is set back while cars are inside: whoever leaves has left (GATE-02a, GATE-07a).

Lines keep the instant that the clock told; who is inside follows from their order.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.admission import Reason, Snapshot
from cardserver.domain.gaterules import Area, GateRules, LaneRule, Passback, PassbackMode
from cardserver.domain.ids import LaneId
from cardserver.domain.lanes import Direction
from cardserver.domain.rights import RightKind
from kiosk.gate.whereabouts import InOrder, Whereabouts
from tests.unit.kiosk.gate.yard import NOON, WANG, Place, Yard

DAY = timedelta(days=1)
IN, OUT = "in", "out"
RULES = GateRules(
    version=1,
    areas={
        "garage": Area(
            area_id="garage",
            right=RightKind.PARKING,
            passback=Passback(mode=PassbackMode.HARD, exits=True),
        )
    },
    lanes={
        IN: LaneRule(lane_id=LaneId(IN), area="garage", direction=Direction.ENTRY),
        OUT: LaneRule(lane_id=LaneId(OUT), area="garage", direction=Direction.EXIT),
    },
)


class FlooredYard(Yard):
    """Its list comes with how far time is known to have come, as a gate's does."""

    def snapshot(self) -> Snapshot:
        return replace(super().snapshot(), time_floor=max(NOON, self.journal.passed))


def lanes_of(yard: Yard) -> tuple[Place, Place]:
    return yard.place(IN), yard.place(OUT, direction=Direction.EXIT)


@pytest.mark.parametrize("back", [timedelta(minutes=1), timedelta(hours=3), 20 * DAY])
def test_gate_02a_who_left_under_a_clock_set_back_comes_in_again(
    tmp_path: Path, back: timedelta
) -> None:
    with FlooredYard(tmp_path, rules=RULES) as yard:
        way_in, way_out = lanes_of(yard)
        yard.now += timedelta(hours=1)
        way_in.hold(WANG)
        way_in.drive_through().look(20)
        yard.now -= back
        assert way_in.hold(WANG).decision.reason is Reason.PASSBACK, "the car is inside"
        assert way_out.hold(WANG).decision.reason is Reason.GRANTED
        way_out.drive_through().look(20)
        assert yard.shared.whereabouts.occupancy() == {"garage": 0}
        learnt = Whereabouts()
        learnt.follow(yard.snapshot(), yard.journal)
        assert learnt.occupancy() == {"garage": 0}, "as after a restart"
        assert way_in.hold(WANG).decision.reason is Reason.GRANTED
        yard.now += back
        way_in.drive_through().look(20)
        assert yard.shared.whereabouts.occupancy() == {"garage": 1}
        assert yard.journal.first_break() is None


def test_whoever_turned_away_under_a_clock_set_back_is_not_inside(tmp_path: Path) -> None:
    with FlooredYard(tmp_path, rules=RULES) as yard:
        way_in, way_out = lanes_of(yard)
        yard.now += timedelta(hours=1)
        way_out.hold(WANG)
        way_out.drive_through().look(20)
        yard.now -= DAY
        way_in.hold(WANG)
        assert yard.shared.whereabouts.occupancy() == {"garage": 1}
        way_in.rise().look(20)
        assert yard.shared.whereabouts.occupancy() == {"garage": 0}


def test_a_clock_that_once_ran_ahead_holds_up_no_line_behind_it() -> None:
    order = InOrder(floor=NOON)
    assert order.at(NOON + 3650 * DAY) == NOON + 3650 * DAY
    assert order.at(NOON) == NOON


@given(
    st.lists(st.datetimes(datetime(2025, 1, 1), datetime(2025, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone comes with them
)
def test_lines_keep_their_order_and_instants_that_rise_stay(instants: list[datetime]) -> None:
    order = InOrder(floor=datetime(2026, 1, 1, tzinfo=UTC))
    found = [order.at(each) for each in instants]
    assert found == sorted(set(found))
    rising = InOrder(floor=datetime(2026, 1, 1, tzinfo=UTC))
    assert [rising.at(each) for each in sorted(set(instants))] == sorted(set(instants))
