"""The rules of the gates on file, on both stores, and how they reach a gate (GATE-01..03)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from cardserver.domain.admission import Identify, Lane, Presented, Reason, Snapshot, decide
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import NO_RULES
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.permits import Role
from cardserver.domain.presence import Presence
from cardserver.domain.rights import RightKind, zone_mask
from cardserver.domain.ruleflaws import FlawWord
from cardserver.domain.standing import standing_at
from cardserver.domain.station import StationKind
from cardserver.services import gaterules, snapshots, workcalendar
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller
from cardserver.wire_gates import CheckRulesRequest, GateRulesView, SetRulesRequest, SnapshotView
from cardserver.wire_stock import WorkYearRequest
from tests.databases.carpark import CarPark
from tests.databases.frontdesk import DESK, GATE, HEAD_DESK, FrontDesk, blank, new_id, refused

ADMINISTRATOR = Caller(
    station="desk-1",
    kind=StationKind.DESK,
    operator="周敏",
    roles=frozenset({Role.ADMINISTRATOR}),
)
GARAGE = """
[[area]]
id = "garage"
right = "parking"
passback = "hard"
[[lane]]
id = "in"
area = "garage"
direction = "entry"
"""
IN = Lane(lane_id=LaneId("in"), right=RightKind.PARKING, zone=7, identify=Identify.UID)
DOOR = Lane(lane_id=LaneId("door"), right=RightKind.DOOR, zone=3, identify=Identify.UID)


def request(document: str = GARAGE, *, after: int = 0, note: str = "防潜返") -> SetRulesRequest:
    return SetRulesRequest(request_id=new_id(), document=document, note=note, after=after)


def put(desk: FrontDesk, asked: SetRulesRequest) -> GateRulesView:
    rules = gaterules.set_rules(desk.estate, ADMINISTRATOR, asked).rules
    assert rules is not None
    return rules


def fetched(desk: FrontDesk, after: int | None = None) -> SnapshotView:
    view = snapshots.snapshot(desk.estate, GATE, after)
    return SnapshotView.model_validate_json(view.model_dump_json())


def test_a_version_has_a_name_and_a_time_and_every_one_stays_on_file(desk: FrontDesk) -> None:
    assert gaterules.rules_on_file(desk.estate, ADMINISTRATOR).rules is None
    first = put(desk, request())
    desk.clock.forward(hours=2)
    second = put(desk, request("", after=1, note="先停用"))
    assert (first.version, first.set_by, second.version) == (1, "周敏", 2)
    assert second.at - first.at == timedelta(hours=2)
    told = gaterules.rules_history(desk.estate, ADMINISTRATOR).versions
    assert [(each.version, each.note) for each in told] == [(2, "先停用"), (1, "防潜返")]


def test_the_same_call_twice_is_one_version(desk: FrontDesk) -> None:
    asked = request()
    assert put(desk, asked).version == put(desk, asked).version == 1


def test_rules_written_over_a_version_that_stands_no_more_are_not_taken(desk: FrontDesk) -> None:
    put(desk, request())
    with refused("gate-rules-changed"):
        put(desk, request(after=0))
    with refused("gate-rules-changed"):
        put(desk, request(after=2))


def test_a_document_with_mistakes_changes_nothing(desk: FrontDesk) -> None:
    put(desk, request())
    before = fetched(desk).version
    with refused("gate-rules-flawed"):
        put(desk, request("[[area]]\nid = 'x'\nlimit = 0\n", after=1))
    rules = gaterules.rules_on_file(desk.estate, ADMINISTRATOR).rules
    assert rules is not None
    assert (rules.version, fetched(desk).version) == (1, before)


def test_a_document_is_looked_through_before_it_is_put_on_file(desk: FrontDesk) -> None:
    ask = CheckRulesRequest(document="[[lane]]\nid = 'in'\narea = 'x'\n")
    checked = gaterules.check_rules(desk.estate, ADMINISTRATOR, ask)
    assert {(each.word, each.where) for each in checked.flaws} == {
        (FlawWord.KEY_MISSING, "lane[1].direction"),
        (FlawWord.AREA_UNKNOWN, "lane in"),
    }
    good = gaterules.check_rules(desk.estate, ADMINISTRATOR, CheckRulesRequest(document=GARAGE))
    assert (good.flaws, good.after, good.missing_years) == ((), 0, ())
    desk.clock.forward(days=700)  # in May 2027, and nobody put 2027 on file
    late = gaterules.check_rules(desk.estate, ADMINISTRATOR, CheckRulesRequest(document=GARAGE))
    assert late.missing_years == (2027,)


def test_only_the_administrator_sets_rules(desk: FrontDesk) -> None:
    for caller in (HEAD_DESK, DESK, GATE):
        with pytest.raises(NotPermitted):
            gaterules.set_rules(desk.estate, caller, request())


def test_versions_are_never_changed_whoever_asks(desk: FrontDesk, engine: Engine) -> None:
    put(desk, request())
    for statement in ("UPDATE gate_rules SET document = ''", "DELETE FROM gate_rules"):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(text(statement))


# --- how they reach a gate -----------------------------------------------------------------------


def test_a_gate_gets_the_rules_with_the_list_and_then_only_when_they_changed(
    desk: FrontDesk,
) -> None:
    assert fetched(desk).to_domain().rules is NO_RULES
    put(desk, request())
    whole = fetched(desk)
    listed = whole.to_domain()
    assert (listed.rules.version, listed.rules.by) == (1, "周敏")
    assert listed.rules.since == desk.clock.now
    desk.issue(desk.owner, blank())
    change = fetched(desk, whole.version)
    assert (change.complete, change.rules) == (False, None)
    assert change.to_domain(listed).rules is listed.rules
    put(desk, request("", after=1))
    change = fetched(desk, change.version)
    assert change.to_domain(listed).rules.version == 2
    assert not change.to_domain(listed).rules.areas


def test_cal_04a_a_year_put_on_file_later_reaches_the_gates(desk: FrontDesk) -> None:
    put(desk, request())
    known = fetched(desk)
    year = WorkYearRequest(
        request_id=new_id(), source="通知", holidays={date(2027, 1, 1): "元旦"}, make_ups={}
    )
    workcalendar.put_work_year(desk.estate, HEAD_DESK, 2027, year)
    calendar = fetched(desk, known.version).to_domain(known.to_domain()).rules.timetable.calendar
    assert date(2027, 1, 1) in calendar.holidays
    assert 2027 in calendar.years
    assert date(2025, 9, 28) in calendar.make_ups


def test_a_gate_older_than_the_rules_goes_on_blocking_cards(desk: FrontDesk) -> None:
    """What it can't read it goes without, and says so; the list of cards is taken all the same."""
    put(desk, request())
    known = fetched(desk).to_domain()
    view = fetched(desk)
    assert view.rules is not None
    later = view.rules.model_copy(update={"version": 2, "document": "[[robot]]\nid = 1\n"})
    taken = view.model_copy(update={"rules": later}).to_domain(known)
    assert (taken.rules.version, taken.rules.unread) == (1, 2)
    assert taken.rules.areas == known.rules.areas


def test_gate_01_a_lane_that_gets_a_number_only_knows_the_rights_of_every_card(
    desk: FrontDesk,
) -> None:
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    listed = fetched(desk).to_domain()
    entry = listed.cards[card.uid]
    assert entry.rights[RightKind.DOOR].zones == zone_mask(0, 3)
    assert entry.rights[RightKind.PARKING].period.last == view.rights[RightKind.PARKING].last
    shown = Presented(uid=card.uid)
    assert decide(shown, DOOR, listed, desk.clock.now).reason is Reason.GRANTED
    assert decide(shown, IN, listed, desk.clock.now).reason is Reason.GRANTED
    late = desk.clock.now + timedelta(days=40)
    assert decide(shown, IN, listed, late).reason is Reason.EXPIRED


def drive_in(presence: Presence, card: int, second: int, at: Snapshot) -> None:
    line = GateEvent(
        sequence=second,
        at=at.taken_at + timedelta(seconds=second),
        lane="in",
        kind=EventKind.TAP,
        card_number=card,
        granted=True,
    )
    presence.note(line)


def test_gate_02a_a_car_that_stayed_inside_keeps_the_next_one_of_its_space_out(
    desk: FrontDesk,
) -> None:
    """The first card's month is over and its car still there; the second card is good (PARK-09)."""
    park = CarPark(desk)
    agreement = park.signed("CW-9")
    old, new = blank(), blank()
    first = desk.do(park.new_card_request(agreement), old).card
    desk.clock.forward(days=40)
    desk.do(park.new_card_request(agreement), new)
    put(desk, request())
    listed = fetched(desk).to_domain()
    assert listed.cards[old.uid].space == listed.cards[new.uid].space > 0
    presence, shown = Presence(listed.rules), Presented(uid=new.uid)

    def word() -> Reason:
        standing = standing_at(presence, shown, IN, listed)
        return decide(shown, IN, listed, desk.clock.now, standing=standing).reason

    assert word() is Reason.GRANTED
    drive_in(presence, first.number, 1, listed)
    assert word() is Reason.SPACE_TAKEN


def test_gate_02a_the_card_that_replaces_a_lost_one_stands_where_that_one_stood(
    desk: FrontDesk,
) -> None:
    old, new = blank(), blank()
    view = desk.add_parking(desk.issue(desk.owner, old), old)
    put(desk, request())
    presence = Presence(fetched(desk).to_domain().rules)
    drive_in(presence, view.number, 1, fetched(desk).to_domain())
    replacement = desk.do(desk.replace_request(view), new)
    listed = fetched(desk).to_domain()
    assert listed.cards[new.uid].before == (CardNumber(view.number),)
    for before, after in listed.cards.replacements():  # type: ignore[attr-defined]
        presence.replaced(before, after)
    assert presence.standing(CardNumber(replacement.card.number), "in").location == "garage"


@given(st.binary(max_size=200))
def test_no_bytes_from_the_wire_do_more_than_be_refused(data: bytes) -> None:
    for shape in (SnapshotView, SetRulesRequest, CheckRulesRequest):
        with pytest.raises(ValueError, match="validation error"):
            shape.model_validate_json(data)
