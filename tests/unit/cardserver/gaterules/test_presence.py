"""Who is inside, from lines that come twice, late, out of order and from several gates."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import Area, GateRules, LaneRule
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.lanes import Direction
from cardserver.domain.presence import ESTATE, Presence
from cardserver.domain.rights import RightKind

START = datetime(2025, 7, 1, 4, tzinfo=UTC)
CARD, OTHER = CardNumber(1), CardNumber(2)


def lane(name: str, area: str, direction: Direction) -> tuple[str, LaneRule]:
    return name, LaneRule(lane_id=LaneId(name), area=area, direction=direction)


RULES = GateRules(
    areas={
        "garage": Area(area_id="garage", right=RightKind.PARKING),
        "cellar": Area(area_id="cellar", right=RightKind.PARKING, parent="garage"),
        "house": Area(area_id="house", right=RightKind.DOOR),
    },
    lanes=dict(
        [
            lane("in", "garage", Direction.ENTRY),
            lane("out", "garage", Direction.EXIT),
            lane("down", "cellar", Direction.ENTRY),
            lane("up", "cellar", Direction.EXIT),
            lane("door", "house", Direction.ENTRY),
            lane("outer", "", Direction.ENTRY),
        ]
    ),
)


def line(
    second: int, at: str, kind: EventKind, card: CardNumber | None = CARD, **more: object
) -> GateEvent:
    event = GateEvent(
        sequence=second,
        at=START + timedelta(seconds=second),
        lane=at,
        kind=kind,
        card_number=card,
        granted=kind is EventKind.TAP,
    )
    return event._replace(**more)  # type: ignore[arg-type]


def told(*lines: GateEvent) -> Presence:
    presence = Presence(RULES)
    for each in lines:
        presence.note(each)
    return presence


def test_a_granted_tap_counts_until_the_lane_says_nobody_went_through() -> None:
    tap = line(1, "in", EventKind.TAP)
    assert told(tap).inside("garage") == 1
    assert told(tap, line(9, "in", EventKind.NOT_PASSED)).inside("garage") == 0
    assert told(line(9, "in", EventKind.NOT_PASSED), tap).inside("garage") == 0
    assert told(tap, line(9, "out", EventKind.NOT_PASSED)).inside("garage") == 1
    assert told(tap._replace(granted=False)).inside("garage") == 0


def test_what_was_true_before_a_passage_that_did_not_happen_is_true_again() -> None:
    presence = told(
        line(1, "in", EventKind.PASSED),
        line(5, "out", EventKind.TAP),
        line(9, "out", EventKind.NOT_PASSED),
    )
    assert presence.inside("garage") == 1
    assert presence.standing(CARD, "out").last_lane == "in"


def test_whoever_the_guard_lets_in_is_inside_as_well() -> None:
    assert told(line(1, "in", EventKind.OPENED_BY_HAND)).inside("garage") == 1


def test_who_is_in_an_inner_area_is_in_the_outer_one_and_comes_back_there() -> None:
    presence = told(line(1, "in", EventKind.PASSED), line(2, "down", EventKind.PASSED))
    assert presence.occupancy() == {"garage": 1, "cellar": 1, "house": 0}
    presence.note(line(3, "up", EventKind.PASSED))
    assert presence.occupancy() == {"garage": 1, "cellar": 0, "house": 0}
    presence.note(line(4, "out", EventKind.PASSED))
    assert presence.standing(CARD, "in").location == ""


def test_a_walk_through_the_door_says_nothing_of_the_car() -> None:
    presence = told(line(1, "in", EventKind.PASSED), line(2, "door", EventKind.PASSED))
    assert presence.occupancy() == {"garage": 1, "cellar": 0, "house": 1}
    assert {(each.right, each.area) for each in presence.who()} == {
        (RightKind.PARKING, "garage"),
        (RightKind.DOOR, "house"),
    }


def test_neutral_after_a_barriers_fault_forgets_the_area_and_nothing_else() -> None:
    before = [line(1, "in", EventKind.PASSED), line(2, "door", EventKind.PASSED)]
    neutral = line(3, "out", EventKind.NEUTRAL, None)
    presence = told(*before, neutral)
    assert presence.occupancy() == {"garage": 0, "cellar": 0, "house": 1}
    assert presence.standing(CARD, "in").location is None
    assert told(neutral, *before).occupancy() == presence.occupancy()
    presence.note(line(4, "in", EventKind.PASSED))
    assert presence.inside("garage") == 1


def test_neutral_for_the_estate_and_a_fire_forget_everybody_and_a_reset_one_card() -> None:
    inside = [line(1, "in", EventKind.PASSED), line(2, "in", EventKind.PASSED, OTHER)]
    everybody = told(*inside, line(3, "out", EventKind.NEUTRAL, None, detail=ESTATE))
    assert everybody.inside("garage") == 0
    assert told(*inside, line(3, "", EventKind.FIRE_OVER, None)).inside("garage") == 0
    one = told(*inside, line(3, "in", EventKind.NEUTRAL, CARD))
    assert [each.card_number for each in one.who("garage")] == [OTHER]
    assert one.standing(CARD, "in").location is None


def test_gate_02a_a_card_of_the_same_space_that_is_inside_is_named() -> None:
    presence = told(line(1, "in", EventKind.PASSED, OTHER))
    assert presence.standing(CARD, "in", same_space=(CARD, OTHER)).space_taken_by == OTHER
    presence.note(line(2, "out", EventKind.PASSED, OTHER))
    assert presence.standing(CARD, "in", same_space=(CARD, OTHER)).space_taken_by is None


def test_a_card_that_replaces_another_stands_where_that_one_stood() -> None:
    presence = told(line(1, "in", EventKind.PASSED, OTHER))
    presence.replaced(OTHER, CARD)
    presence.replaced(OTHER, CARD)
    assert presence.standing(CARD, "out").location == "garage"
    presence.note(line(2, "out", EventKind.PASSED, CARD))
    presence.note(line(1, "in", EventKind.PASSED, OTHER))  # told late by another gate
    assert presence.inside("garage") == 0


def test_a_lane_without_an_area_and_a_lane_nobody_described_say_nothing() -> None:
    presence = told(line(1, "outer", EventKind.PASSED), line(2, "elsewhere", EventKind.PASSED))
    assert list(presence.who()) == []
    assert presence.standing(CARD, "elsewhere").location is None


def test_with_other_rules_the_same_passages_are_read_anew() -> None:
    presence = told(line(1, "in", EventKind.PASSED), line(2, "down", EventKind.PASSED))
    flat = {name: rule for name, rule in RULES.lanes.items() if rule.area != "cellar"}
    presence.set_rules(replace(RULES, lanes=flat))
    assert presence.inside("garage") == 0  # the last passage is at a lane that is none any more
    presence.set_rules(RULES)
    assert presence.inside("cellar") == 1


cards = st.sampled_from([CARD, OTHER, CardNumber(3), None])
kinds = st.sampled_from(EventKind)
places = st.sampled_from(["in", "out", "down", "up", "door", "", "elsewhere"])
lines = st.lists(
    st.builds(line, st.integers(1, 60), places, kinds, cards, detail=st.sampled_from(["", ESTATE])),
    max_size=30,
    unique_by=lambda event: (event.lane, event.sequence),
)


def picture(presence: Presence) -> tuple[object, ...]:
    where = [presence.standing(card, "in") for card in (CARD, OTHER, CardNumber(3))]
    return presence.occupancy(), where, sorted(map(repr, presence.who()))


@given(known=lines, data=st.data())
def test_lines_in_any_order_and_any_number_of_times_give_one_picture(
    known: list[GateEvent], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(known))) if known else []
    shuffled = data.draw(st.permutations(known + again))
    assert picture(told(*shuffled)) == picture(told(*known))


@given(known=lines, data=st.data())
def test_when_a_replacement_is_heard_of_makes_no_difference(
    known: list[GateEvent], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(known)))
    early, late = told(*known[:at]), told(*known)
    early.replaced(OTHER, CARD)
    for each in known[at:]:
        early.note(each)
    late.replaced(OTHER, CARD)
    assert picture(early) == picture(late)


@given(known=lines)
def test_the_fewest_lines_lead_to_the_same_picture(known: list[GateEvent]) -> None:
    presence = told(*known)
    fewest = list(presence.lines())
    assert len(fewest) <= len(known)
    assert picture(told(*fewest)) == picture(presence)


@given(known=lines)
def test_the_counts_are_those_of_who_is_inside(known: list[GateEvent]) -> None:
    presence = told(*known)
    counted = {area_id: len(list(presence.who(area_id))) for area_id in RULES.areas}
    assert presence.occupancy() == counted
