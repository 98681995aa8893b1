"""May this card pass? Examples for every reason, and what must hold for every tap.

Rules: GATE-01, GATE-02, GATE-02a, GATE-07a, PARK-04a, PARK-12a, IC-12c, CAL-01c.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.admission import (
    GRANTING,
    CardEntry,
    Decision,
    Direction,
    Lane,
    Presented,
    Problem,
    Reason,
    Snapshot,
    decide,
)
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.record import CardRecord
from cardserver.domain.rights import CardStatus, HolderClass, RightKind, zone_mask
from cardserver.domain.validity import ValidityPeriod

SHANGHAI = ZoneInfo("Asia/Shanghai")
UID = bytes.fromhex("04A1B2C3D4E5F6")
NUMBER = CardNumber(1234)
FIRST, LAST = date(2025, 6, 9), date(2027, 6, 8)
NOON = datetime(2025, 7, 1, 12, tzinfo=SHANGHAI)
TAKEN = datetime(2025, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)

DOOR = Lane(lane_id=LaneId("door-1"), right=RightKind.DOOR, zone=3)
ENTRY = Lane(lane_id=LaneId("in"), right=RightKind.PARKING, zone=3)
EXIT = replace(ENTRY, lane_id=LaneId("out"), direction=Direction.EXIT)


def period(first: date = FIRST, last: date = LAST) -> ValidityPeriod:
    return ValidityPeriod.inclusive(first=first, last=last)


def record(kind: RightKind = RightKind.DOOR) -> CardRecord:
    return CardRecord(
        kind=kind,
        holder_class=HolderClass.OWNER,
        key_version=1,
        card_number=NUMBER,
        zones=zone_mask(3),
        period=period(),
        sequence=5,
    )


ENTRY_IN_LIST = CardEntry(card_number=NUMBER, status=CardStatus.LIVE)


def snapshot(entry: CardEntry | None = ENTRY_IN_LIST, floor: datetime = TAKEN) -> Snapshot:
    cards = {} if entry is None else {UID: entry}
    return Snapshot(version=1, taken_at=TAKEN, time_floor=floor, zone=SHANGHAI, cards=cards)


def tap(
    what: CardRecord | Problem | None = None,
    *,
    lane: Lane = DOOR,
    entry: CardEntry | None = ENTRY_IN_LIST,
    now: datetime = NOON,
    floor: datetime = TAKEN,
) -> Decision:
    if isinstance(what, Problem):
        presented = Presented(uid=UID, problem=what)
    else:
        presented = Presented(uid=UID, record=what or record(lane.right))
    return decide(presented, lane, snapshot(entry, floor), now)


# --- examples ------------------------------------------------------------------------------------


def test_gate_01_a_listed_live_card_with_a_right_for_this_door_opens() -> None:
    decision = tap()
    assert decision.reason is Reason.GRANTED
    assert decision.granted
    assert (decision.card_number, decision.last_day) == (NUMBER, LAST)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (Problem.UNSUPPORTED, Reason.UNSUPPORTED),
        (Problem.FOREIGN, Reason.FOREIGN),
        (Problem.TORN, Reason.TORN),
        (Problem.FORGED, Reason.FORGED),
        (Problem.EMPTY, Reason.NO_RIGHT),
    ],
)
def test_each_problem_has_its_own_reason(problem: Problem, reason: Reason) -> None:
    assert tap(problem).reason is reason


def test_park_04a_each_lane_looks_only_at_its_own_right() -> None:
    assert tap(record(RightKind.PARKING), lane=DOOR).reason is Reason.NO_RIGHT
    assert tap(record(RightKind.DOOR), lane=ENTRY).reason is Reason.NO_RIGHT
    nothing = Presented(uid=UID)
    assert decide(nothing, DOOR, snapshot(), NOON).reason is Reason.NO_RIGHT


def test_gate_01_a_card_that_is_not_listed_is_unknown() -> None:
    """IC-21: only cards authorised at the desk open anything."""
    assert tap(entry=None).reason is Reason.UNKNOWN_CARD
    other = replace(ENTRY_IN_LIST, card_number=CardNumber(99))
    assert tap(entry=other).reason is Reason.UNKNOWN_CARD


@pytest.mark.parametrize("status", [each for each in CardStatus if each is not CardStatus.LIVE])
@pytest.mark.parametrize("lane", [DOOR, ENTRY, EXIT], ids=lambda lane: lane.lane_id)
def test_park_04a_a_card_that_is_not_live_is_refused_everywhere(
    status: CardStatus, lane: Lane
) -> None:
    assert tap(lane=lane, entry=replace(ENTRY_IN_LIST, status=status)).reason is Reason.BLOCKED


def test_a_record_older_than_the_list_asks_for_is_superseded() -> None:
    for lowest, reason in ((5, Reason.GRANTED), (6, Reason.SUPERSEDED)):
        entry = replace(ENTRY_IN_LIST, sequences={RightKind.DOOR: lowest})
        assert tap(entry=entry).reason is reason
    parking_only = replace(ENTRY_IN_LIST, sequences={RightKind.PARKING: 99})
    assert tap(entry=parking_only).granted


def test_a_right_for_another_zone_does_not_open() -> None:
    assert tap(replace(record(), zones=zone_mask(2, 4))).reason is Reason.WRONG_ZONE
    assert tap(replace(record(), zones=0)).reason is Reason.WRONG_ZONE


@pytest.mark.parametrize(
    ("local", "reason"),
    [
        ("2025-06-08 23:59:59", Reason.NOT_YET_VALID),
        ("2025-06-09 00:00:00", Reason.GRANTED),
        ("2027-06-08 23:59:59", Reason.GRANTED),
        ("2027-06-09 00:00:00", Reason.EXPIRED),
    ],
)
def test_cal_01c_a_right_holds_from_midnight_to_midnight_of_the_estate(
    local: str, reason: Reason
) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)
    early = datetime(2025, 1, 1, tzinfo=UTC)
    assert tap(now=now, floor=early).reason is reason
    assert tap(now=now.astimezone(UTC), floor=early).reason is reason


def test_gate_02a_no_grace_on_entry_but_an_exit_is_open() -> None:
    late = datetime(2027, 6, 20, 12, tzinfo=SHANGHAI)
    assert tap(lane=ENTRY, now=late).reason is Reason.EXPIRED
    decision = tap(lane=EXIT, now=late)
    assert decision.reason is Reason.EXIT_OUTSIDE_PERIOD
    assert decision.granted


def test_park_12a_a_paid_period_that_is_not_on_the_card_yet_opens() -> None:
    late = datetime(2027, 6, 20, 12, tzinfo=SHANGHAI)
    paid = period(date(2027, 6, 9), date(2027, 7, 8))
    entry = replace(ENTRY_IN_LIST, pending={RightKind.PARKING: paid})
    for lane in (ENTRY, EXIT):
        decision = tap(lane=lane, entry=entry, now=late)
        assert decision.reason is Reason.GRANTED_PENDING
        assert decision.last_day == paid.last
    assert tap(lane=DOOR, entry=entry, now=late).reason is Reason.EXPIRED
    after = datetime(2027, 7, 9, tzinfo=SHANGHAI)
    assert tap(lane=ENTRY, entry=entry, now=after).reason is Reason.EXPIRED


@pytest.mark.parametrize("lane", [DOOR, ENTRY, EXIT], ids=lambda lane: lane.lane_id)
@pytest.mark.parametrize("behind", [timedelta(seconds=6), DAY, 3000 * DAY])
def test_s1_a_clock_that_is_behind_shuts_no_valid_card_out(lane: Lane, behind: timedelta) -> None:
    decision = tap(lane=lane, now=NOON - behind, floor=NOON)
    assert decision.reason is Reason.GRANTED
    assert decision == tap(lane=lane, now=NOON)


@pytest.mark.parametrize("clock", [datetime(2000, 1, 1, tzinfo=UTC), NOON])
def test_gate_07a_a_clock_set_back_revives_no_expired_card(clock: datetime) -> None:
    floor = datetime(2027, 6, 9, tzinfo=SHANGHAI)
    for lane in (DOOR, ENTRY):
        assert tap(lane=lane, now=clock, floor=floor).reason is Reason.EXPIRED
    assert tap(lane=EXIT, now=clock, floor=floor).reason is Reason.EXIT_OUTSIDE_PERIOD


def test_a_floor_in_the_past_says_nothing_about_today() -> None:
    late = datetime(2027, 6, 9, tzinfo=SHANGHAI)
    assert tap(now=late, floor=NOON).reason is Reason.EXPIRED


@pytest.mark.parametrize(("left", "remind"), [(0, True), (6, True), (7, False), (30, False)])
def test_ic_12c_the_gate_reminds_in_the_last_seven_days(left: int, remind: bool) -> None:
    now = datetime(2027, 6, 8, 12, tzinfo=SHANGHAI) - left * DAY
    decision = tap(now=now)
    assert decision.days_left == left
    assert decision.remind is remind


def test_ic_12c_a_refused_card_is_not_reminded() -> None:
    assert not tap(now=datetime(2027, 6, 9, 12, tzinfo=SHANGHAI)).remind
    assert not tap(Problem.TORN).remind


# --- what must hold for every tap ----------------------------------------------------------------

instants = st.builds(
    datetime.__add__,
    st.just(datetime(2020, 1, 1, tzinfo=SHANGHAI)),
    st.timedeltas(timedelta(0), timedelta(days=4383)),
)
dates = st.dates(date(2020, 1, 1), date(2032, 1, 1))
spans = st.tuples(dates, dates).map(lambda pair: period(min(pair), max(pair)))
kinds = st.sampled_from(RightKind)
lanes = st.builds(
    Lane,
    lane_id=st.just(LaneId("lane")),
    right=kinds,
    zone=st.integers(0, 31),
    direction=st.sampled_from(Direction),
)
card_records = st.builds(
    CardRecord,
    kind=kinds,
    holder_class=st.sampled_from(HolderClass),
    key_version=st.just(1),
    card_number=st.sampled_from([NUMBER, CardNumber(99)]),
    zones=st.one_of(st.just(2**32 - 1), st.integers(0, 2**32 - 1)),
    period=spans,
    sequence=st.integers(1, 6),
)
entries = st.none() | st.builds(
    CardEntry,
    card_number=st.just(NUMBER),
    status=st.sampled_from([CardStatus.LIVE, *CardStatus]),
    sequences=st.dictionaries(kinds, st.integers(1, 6)),
    pending=st.dictionaries(kinds, spans),
)
snapshots = st.builds(snapshot, entries, instants)


@given(lane=lanes, listed=snapshots, now=instants, problem=st.sampled_from(Problem))
def test_a_problem_is_never_granted(
    lane: Lane, listed: Snapshot, now: datetime, problem: Problem
) -> None:
    assert not decide(Presented(uid=UID, problem=problem), lane, listed, now).granted


@given(what=card_records, lane=lanes, listed=snapshots, now=instants)
def test_a_problem_outweighs_a_record(
    what: CardRecord, lane: Lane, listed: Snapshot, now: datetime
) -> None:
    both = Presented(uid=UID, record=what, problem=Problem.TORN)
    assert decide(both, lane, listed, now).reason is Reason.TORN


@given(
    what=card_records,
    lane=lanes,
    entry=entries,
    now=instants,
    status=st.sampled_from([each for each in CardStatus if each is not CardStatus.LIVE]),
)
def test_a_card_that_is_not_live_never_opens(
    what: CardRecord, lane: Lane, entry: CardEntry | None, now: datetime, status: CardStatus
) -> None:
    listed = snapshot(replace(entry, status=status) if entry else None)
    assert not decide(Presented(uid=UID, record=what), lane, listed, now).granted


@given(what=card_records, lane=lanes, listed=snapshots, now=instants)
def test_gate_02a_an_exit_is_never_refused_for_the_day(
    what: CardRecord, lane: Lane, listed: Snapshot, now: datetime
) -> None:
    out = replace(lane, direction=Direction.EXIT)
    reason = decide(Presented(uid=UID, record=what), out, listed, now).reason
    assert reason not in {Reason.EXPIRED, Reason.NOT_YET_VALID}


@given(what=card_records, lane=lanes, listed=snapshots, now=instants, back=instants)
def test_gate_07a_no_clock_below_the_floor_changes_a_decision(
    what: CardRecord, lane: Lane, listed: Snapshot, now: datetime, back: datetime
) -> None:
    floored = replace(listed, time_floor=max(now, back))
    presented = Presented(uid=UID, record=what)
    at_floor = decide(presented, lane, floored, floored.time_floor)
    assert decide(presented, lane, floored, now) == at_floor


@given(what=card_records, lane=lanes, listed=snapshots, now=instants)
def test_what_may_enter_may_leave(
    what: CardRecord, lane: Lane, listed: Snapshot, now: datetime
) -> None:
    presented = Presented(uid=UID, record=what)
    entry = decide(presented, replace(lane, direction=Direction.ENTRY), listed, now)
    leave = decide(presented, replace(lane, direction=Direction.EXIT), listed, now)
    assert leave.granted or not entry.granted


@given(what=card_records, lane=lanes, listed=snapshots, now=instants, data=st.data())
def test_more_entitlement_never_refuses_more(
    what: CardRecord, lane: Lane, listed: Snapshot, now: datetime, data: st.DataObject
) -> None:
    """More zones, a longer period, a newer record or a paid period never close an open lane."""
    before = decide(Presented(uid=UID, record=what), lane, listed, now)
    earlier, later = data.draw(st.integers(0, 90)), data.draw(st.integers(0, 90))
    more = replace(
        what,
        zones=what.zones | data.draw(st.integers(0, 2**32 - 1)),
        period=ValidityPeriod(
            first=what.period.first - earlier * DAY,
            after_last=what.period.after_last + later * DAY,
        ),
        sequence=what.sequence + data.draw(st.integers(0, 9)),
    )
    after = decide(Presented(uid=UID, record=more), lane, _with_paid(listed, data), now)
    assert after.granted or not before.granted


def _with_paid(listed: Snapshot, data: st.DataObject) -> Snapshot:
    cards = {
        uid: replace(entry, pending={data.draw(kinds): data.draw(spans), **entry.pending})
        for uid, entry in listed.cards.items()
    }
    return replace(listed, cards=cards)


@given(what=card_records, lane=lanes, listed=snapshots, now=instants)
def test_granted_and_reason_never_contradict_each_other(
    what: CardRecord, lane: Lane, listed: Snapshot, now: datetime
) -> None:
    decision = decide(Presented(uid=UID, record=what), lane, listed, now)
    assert decision.granted is (decision.reason in GRANTING)
    if decision.granted:
        assert decision.card_number == NUMBER
        assert decision.last_day is not None
        assert what.kind is lane.right
        assert what.zones >> lane.zone & 1


@given(what=card_records, lane=lanes, listed=snapshots, now=instants)
def test_an_entry_is_open_only_on_a_day_that_was_paid_for(
    what: CardRecord, lane: Lane, listed: Snapshot, now: datetime
) -> None:
    entrance = replace(lane, direction=Direction.ENTRY)
    decision = decide(Presented(uid=UID, record=what), entrance, listed, now)
    if decision.granted:
        paid = [what.period, *listed.cards[UID].pending.values()]
        today = max(now, listed.time_floor).date()
        assert any(each.contains(today) for each in paid)
