"""What guard and manager are told: alarms with names, refusals, openings by hand, availability."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cardserver.db.engine import BESIDE
from cardserver.db.gatesilences import note_silences
from cardserver.db.tables import AuditRow
from cardserver.db.tables_gateevents import GateDayRow
from cardserver.db.tables_gatesync import GateSeenRow
from cardserver.domain.gateevent import EventKind
from cardserver.domain.lanes import Direction
from cardserver.domain.permits import Role
from cardserver.domain.presence import Presence
from cardserver.domain.station import StationKind
from cardserver.services import (
    enrolling,
    gatealarms,
    gatehours,
    gateinside,
    gatepresence,
    gatereports,
    gateviews,
    retention,
)
from cardserver.services.errors import NotFound, NotPermitted
from cardserver.services.gatememory import Midnights, PresenceMemory
from cardserver.services.taps import put_lane
from cardserver.services.turn import Caller, Turn, looking, writing
from cardserver.wire_gatereports import AlarmView, SeeAlarm, TraceRequest
from tests.databases.frontdesk import MORNING, FrontDesk, new_id, refused
from tests.databases.gatework import WritingGate

TODAY = date(2025, 6, 9)
TOMORROW = date(2025, 6, 10)
GUARD = Caller(
    station="post-1", kind=StationKind.OFFICE, operator="李强", roles=frozenset({Role.GUARD})
)
HEAD = replace(GUARD, operator="何静", roles=frozenset({Role.CENTRE_HEAD}))


@pytest.fixture
def gate(desk: FrontDesk) -> WritingGate:
    return WritingGate(estate=desk.estate)


def told(gate: WritingGate) -> Sequence[AlarmView]:
    return gatealarms.alarms(gate.estate, GUARD).alarms


def seeing(alarm: AlarmView, remark: str = "已到现场查看") -> SeeAlarm:
    line = alarm.line
    return SeeAlarm(
        request_id=new_id(),
        device=line.device,
        journal=line.journal,
        sequence=line.sequence,
        remark=remark,
    )


# --- last lines, refusals, traces ----------------------------------------------------------------


def test_the_guard_sees_the_latest_lines_first_and_whether_there_are_more(
    gate: WritingGate,
) -> None:
    gate.write_many(5)
    gate.write(EventKind.PASSED, about=5)
    gate.tap(lane="south")
    gate.send()
    shown = gateviews.last_lines(gate.estate, GUARD, limit=3)
    assert [line.sequence for line in shown.lines] == [7, 5, 4]
    assert shown.more
    before = gateviews.last_lines(gate.estate, GUARD, before=shown.lines[-1].at)
    assert ([line.sequence for line in before.lines], before.more) == ([3, 2, 1], False)
    south = gateviews.last_lines(gate.estate, GUARD, lane="south", device="gate-1")
    assert [line.sequence for line in south.lines] == [7]
    passed = gateviews.last_lines(gate.estate, GUARD, kinds=frozenset({EventKind.PASSED}))
    assert [(line.about, line.kind) for line in passed.lines] == [(5, EventKind.PASSED)]


def test_why_a_card_was_refused_is_told_and_not_where_it_went(gate: WritingGate) -> None:
    gate.tap(7)
    gate.tap(7, granted=False)
    gate.tap(8, granted=False)
    gate.tap(7, granted=False, reason="wrong-zone")
    gate.send()
    lines = gateviews.refusals(gate.estate, GUARD, 7).lines
    assert [line.reason for line in lines] == ["wrong-zone", "expired"]


def test_where_a_card_was_is_told_for_a_purpose_that_goes_on_record(gate: WritingGate) -> None:
    gate.tap(7)
    gate.tap(8)
    gate.send()
    asked = TraceRequest(
        request_id=new_id(), card_number=7, first=TODAY, last=TODAY, purpose="车辆被刮，业主报案"
    )
    for _ in range(2):
        lines = gateviews.trace(gate.estate, HEAD, asked).lines
        assert [line.sequence for line in lines] == [1]
    with looking(gate.estate) as connection:
        notes = connection.execute(
            select(AuditRow.subject, AuditRow.detail).where(AuditRow.action == "trace-card")
        ).all()
    assert [tuple(note) for note in notes] == [
        ("card 7", "2025-06-09 to 2025-06-09 by 何静: 车辆被刮，业主报案")
    ]
    with pytest.raises(NotPermitted):
        gateviews.trace(gate.estate, GUARD, asked.model_copy(update={"request_id": new_id()}))


# --- alarms --------------------------------------------------------------------------------------


def test_an_alarm_stands_until_its_end_is_written_down(gate: WritingGate) -> None:
    gate.write(EventKind.ALARM, detail="reader-away")
    gate.write(EventKind.FORCED, lane="south")
    gate.write(EventKind.HELD_OPEN)
    gate.write(EventKind.ALARM_OVER, detail="held-open")
    gate.write(EventKind.FIRE)
    gate.write(EventKind.FIRE_OVER)
    gate.write(EventKind.DURESS)
    gate.send()
    standing = {alarm.line.kind: alarm.standing for alarm in told(gate)}
    assert standing == {
        EventKind.ALARM: True,
        EventKind.FORCED: True,
        EventKind.HELD_OPEN: False,
        EventKind.FIRE: False,
        EventKind.DURESS: False,
    }
    other = WritingGate(estate=gate.estate, station="gate-2", now=gate.now)
    other.write(EventKind.STARTED)  # another gate's start ends nothing here
    other.send()
    assert sum(alarm.standing for alarm in told(gate)) == 2
    gate.write(EventKind.STARTED)
    gate.send(8)
    assert not any(alarm.standing for alarm in told(gate))


def test_an_alarm_that_stands_is_shown_though_it_began_long_ago(
    desk: FrontDesk, gate: WritingGate
) -> None:
    gate.write(EventKind.ALARM, detail="reader-tamper")
    gate.write(EventKind.FORCED)
    gate.write(EventKind.ALARM_OVER, detail="forced")
    gate.send()
    desk.clock.forward(days=60)
    assert [(each.line.detail, each.standing) for each in told(gate)] == [("reader-tamper", True)]


def test_what_a_gate_tells_after_weeks_alone_is_news_when_it_comes(
    desk: FrontDesk, gate: WritingGate
) -> None:
    gate.write(EventKind.DURESS)
    gate.write(EventKind.FORCED)
    gate.write(EventKind.ALARM_OVER, detail="forced")
    desk.clock.forward(days=50)
    gate.send()
    assert {each.line.kind for each in told(gate)} == {EventKind.DURESS, EventKind.FORCED}
    desk.clock.forward(days=32)
    assert told(gate) == ()


def test_somebody_takes_note_of_an_alarm_by_name_and_once(gate: WritingGate) -> None:
    gate.write(EventKind.FORCED)
    gate.write(EventKind.DURESS)
    gate.send()
    forced = next(each for each in told(gate) if each.line.kind is EventKind.FORCED)
    request = seeing(forced)
    for _ in range(2):
        gatealarms.see_alarm(gate.estate, GUARD, request)
    seen = {each.line.kind: each for each in told(gate)}
    assert (seen[EventKind.FORCED].seen_by, seen[EventKind.FORCED].remark) == (
        "李强",
        "已到现场查看",
    )
    assert seen[EventKind.DURESS].seen_by == ""
    with refused("alarm-seen"):
        gatealarms.see_alarm(gate.estate, HEAD, seeing(forced))


def test_only_an_alarm_that_is_there_is_taken_note_of(gate: WritingGate) -> None:
    gate.tap()
    gate.write(EventKind.FORCED)
    gate.send()
    (alarm,) = told(gate)
    with refused("not-an-alarm"):
        gatealarms.see_alarm(gate.estate, GUARD, seeing(alarm).model_copy(update={"sequence": 1}))
    with pytest.raises(NotFound):
        gatealarms.see_alarm(gate.estate, GUARD, seeing(alarm).model_copy(update={"sequence": 9}))


# --- the manager's reports -----------------------------------------------------------------------


def test_refusals_are_counted_by_lane_and_reason_over_local_days(gate: WritingGate) -> None:
    midnight = datetime(2025, 6, 9, 16, tzinfo=UTC)  # the next day, where the estate is
    gate.tap(granted=False)
    gate.tap(granted=False, lane="south")
    gate.tap(granted=False)
    gate.tap()
    gate.tap(granted=False, at=midnight)
    gate.tap(granted=False, reason="blocked", at=midnight - timedelta(microseconds=1))
    gate.send()
    report = gatereports.denied(gate.estate, HEAD, TODAY, TODAY)
    assert [(each.lane, each.reason, each.number) for each in report.denied] == [
        ("door", "expired", 2),
        ("door", "blocked", 1),
        ("south", "expired", 1),
    ]
    assert report.taps == 5
    with refused("days"):
        gatereports.denied(gate.estate, HEAD, TODAY, TODAY - timedelta(days=1))
    with refused("days"):
        gatereports.denied(gate.estate, HEAD, TODAY, TODAY + timedelta(days=366))


@pytest.mark.parametrize("day", [date.min, date(1, 1, 31), date.max])
def test_a_year_in_which_no_gate_wrote_is_told_so(gate: WritingGate, day: date) -> None:
    """There the calendar has no day before, or none after."""
    with refused("days-far-off"):
        gatereports.availability(gate.estate, HEAD, day, day)
    with refused("days-far-off"):
        gatehours.occupancy(gate.estate, HEAD, day)


def test_openings_by_hand_are_listed_with_name_and_reason(gate: WritingGate) -> None:
    gate.tap()
    gate.write(EventKind.OPENED_BY_HAND, by="李强", detail="搬家车辆", lane="south")
    gate.send()
    (line,) = gatereports.openings(gate.estate, HEAD, TODAY, TODAY).lines
    assert (line.by, line.detail, line.lane) == ("李强", "搬家车辆", "south")


def test_a_gate_is_as_available_as_its_troubles_and_silences_were_short(
    desk: FrontDesk, gate: WritingGate
) -> None:
    desk.clock.now = datetime(2025, 6, 9, 20, tzinfo=UTC)
    hour = timedelta(hours=1)
    gate.write(EventKind.STARTED, at=MORNING)
    gate.write(EventKind.BARRIER_FAULT, at=MORNING + hour)
    gate.write(EventKind.ALARM, detail="reader-away", at=MORNING + 2 * hour)
    gate.write(EventKind.ALARM_OVER, detail="reader-away", at=MORNING + 3 * hour)
    gate.write(EventKind.ALARM_OVER, detail="barrier-fault", at=MORNING + 4 * hour)
    gate.send()
    for heard in (MORNING, MORNING + 2 * hour, desk.clock.now):
        hear(gate, heard)
    (report,) = gatereports.availability(gate.estate, HEAD, TODAY, TODAY).gates
    assert (report.device, report.starts, report.faults) == ("gate-1", 1, 2)
    assert report.troubled_s == 3 * 3600
    silent = datetime(2025, 6, 9, 16, tzinfo=UTC) - MORNING  # until the day was over
    assert (report.silences, report.silent_s) == (2, int(silent.total_seconds()))
    assert report.span_s == 24 * 3600
    assert report.available == 1 - 3 / 24
    assert 0 < report.heard < 1


def test_a_trouble_that_began_the_day_before_counts_from_midnight(
    desk: FrontDesk, gate: WritingGate
) -> None:
    desk.clock.now = datetime(2025, 6, 10, 20, tzinfo=UTC)
    midnight = datetime(2025, 6, 9, 16, tzinfo=UTC)
    gate.write(EventKind.STARTED, at=midnight - timedelta(hours=9))
    gate.write(EventKind.ALARM, detail="board-away", at=midnight - timedelta(hours=8))
    gate.write(EventKind.FORCED, at=midnight - timedelta(hours=3))
    gate.write(EventKind.ALARM_OVER, detail="forced", at=midnight - timedelta(hours=2))
    gate.write(EventKind.ALARM_OVER, detail="board-away", at=midnight + timedelta(hours=2))
    gate.send()
    (report,) = gatereports.availability(gate.estate, HEAD, TOMORROW, TOMORROW).gates
    assert (report.troubled_s, report.starts, report.faults) == (2 * 3600, 0, 0)


def test_of_a_gate_that_was_taken_away_nothing_is_expected_any_more(
    desk: FrontDesk, gate: WritingGate
) -> None:
    enrolling.enrol(desk.estate, HEAD, gate.station, bytes(32))
    hear(gate, MORNING)
    desk.clock.now = MORNING + timedelta(hours=2)
    enrolling.revoke(desk.estate, HEAD, gate.station)
    desk.clock.forward(days=3)
    (report,) = gatereports.availability(gate.estate, HEAD, TODAY, TOMORROW).gates
    assert report.silent_s == 2 * 3600
    later = TODAY + timedelta(days=2)
    assert gatereports.availability(gate.estate, HEAD, later, later).gates == ()


def hear(gate: WritingGate, at: datetime) -> None:
    """The gate speaks to the centre, as `gateseen` writes it down."""
    estate, device = gate.estate, gate.station
    writer = estate.engine.connect().execution_options(**{BESIDE: True})
    with writer as connection, connection.begin():
        note_silences(connection, estate.site, {device: at})
    with writing(estate, GUARD) as turn:
        row = turn.session.get(GateSeenRow, (estate.site, device))
        if row is None:
            seen = {"version": 1, "version_at": at, "drift_ms": 0, "waiting": 0, "program": ""}
            turn.add(GateSeenRow(site=estate.site, device=device, seen_at=at, **seen))
        else:
            row.seen_at = at


# --- who is inside -------------------------------------------------------------------------------


@pytest.fixture
def car_park(desk: FrontDesk, gate: WritingGate) -> WritingGate:
    with writing(desk.estate, GUARD) as turn:
        put_lane(turn, "in", Direction.ENTRY)
        put_lane(turn, "out", Direction.EXIT)
    return gate


def cars(gate: WritingGate) -> list[int]:
    return [each.card_number for each in gateinside.inside(gate.estate, GUARD).inside]


def test_who_drove_in_and_not_out_is_inside(car_park: WritingGate) -> None:
    car_park.tap(7, lane="in")
    car_park.tap(8, lane="in")
    car_park.tap(7, lane="out")
    car_park.tap(9, lane="in", granted=False)
    car_park.tap(10, lane="in")
    car_park.write(EventKind.NOT_PASSED, lane="in", card_number=10, about=5)
    car_park.tap(11, lane="door")
    car_park.send()
    assert cars(car_park) == [8]
    other = WritingGate(estate=car_park.estate, station="gate-2", now=MORNING)
    other.tap(7, lane="out")  # came late, and was before: changes nothing
    other.tap(8, lane="out", at=car_park.now + timedelta(seconds=9))
    other.send()
    assert cars(car_park) == []


@pytest.mark.parametrize("ahead", [timedelta(hours=5), timedelta(days=900)])
def test_a_gate_whose_clock_ran_ahead_holds_nobody_inside_for_days(
    desk: FrontDesk, car_park: WritingGate, ahead: timedelta
) -> None:
    """Its line counts as of when it came, before a restart and after it."""
    desk.clock.now = MORNING + timedelta(hours=1)
    car_park.tap(7, lane="in", at=desk.clock.now + ahead)
    car_park.tap(8, lane="in", at=desk.clock.now + ahead)
    car_park.send()
    assert sorted(cars(car_park)) == [7, 8]
    desk.clock.now += timedelta(hours=1)
    other = WritingGate(estate=car_park.estate, station="gate-2")
    other.tap(7, lane="out", at=desk.clock.now)
    other.send()
    for _ in range(2):
        assert cars(car_park) == [8]
        desk.estate.gates.presence = PresenceMemory()


def test_a_day_by_the_hour_counts_from_who_was_inside_before(
    desk: FrontDesk, car_park: WritingGate
) -> None:
    midnight = datetime(2025, 6, 9, 16, tzinfo=UTC)
    car_park.tap(7, lane="in", at=midnight - timedelta(days=3))
    car_park.tap(8, lane="in", at=midnight + timedelta(minutes=10))
    car_park.tap(9, lane="in", at=midnight + timedelta(minutes=20))
    car_park.tap(9, lane="out", at=midnight + timedelta(minutes=30))
    car_park.tap(7, lane="out", at=midnight + timedelta(minutes=90))
    car_park.send()
    desk.clock.now = midnight + timedelta(hours=3)
    hours = gatehours.occupancy(car_park.estate, HEAD, date(2025, 6, 10)).hours
    assert [(each.entered, each.left, each.inside, each.most) for each in hours] == [
        (2, 1, 2, 3),
        (0, 1, 1, 2),
        (0, 0, 1, 1),
    ]


# --- days that are counted once ------------------------------------------------------------------

MIDNIGHT = datetime(2025, 6, 9, 16, tzinfo=UTC)  # the 10th begins on the estate
HOUR = timedelta(hours=1)


def entered(gate: WritingGate, day: date) -> list[tuple[int, int]]:
    """The hours of a day in which anybody went in, and how many that were."""
    hours = gatehours.occupancy(gate.estate, HEAD, day).hours
    return [(each.hour, each.entered) for each in hours if each.entered]


def counting(gate: WritingGate, monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """Every day that is counted from the lines from now on."""
    counted: list[date] = []
    count = gatehours._counted

    def noted(turn: Turn, asked: Any) -> Any:
        counted.append(asked.day)
        return count(turn, asked)

    monkeypatch.setattr(gatehours, "_counted", noted)
    return counted


def test_a_day_that_is_over_is_counted_once_over_all_restarts(
    desk: FrontDesk, car_park: WritingGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    car_park.tap(7, lane="in", at=MIDNIGHT + HOUR)
    car_park.send()
    desk.clock.now = MIDNIGHT + 30 * HOUR
    counted, day = counting(car_park, monkeypatch), date(2025, 6, 10)
    for _ in range(3):
        assert entered(car_park, day) == [(1, 1)]
        car_park.tap(8, lane="out", at=MIDNIGHT + 29 * HOUR)  # of the day after: changes nothing
        car_park.send(len(car_park.events))
        desk.estate.gates.midnights = Midnights()
    assert counted == [day]


def test_a_line_that_comes_late_has_its_day_counted_anew(
    desk: FrontDesk, car_park: WritingGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gate was away for a day; it hands over what happened before and on that day."""
    car_park.tap(7, lane="in", at=MIDNIGHT + HOUR)
    car_park.send()
    desk.clock.now = MIDNIGHT + 50 * HOUR
    day = date(2025, 6, 10)
    assert entered(car_park, day) == [(1, 1)]
    counted = counting(car_park, monkeypatch)
    away = WritingGate(estate=car_park.estate, station="gate-2", now=MIDNIGHT)
    away.tap(9, lane="in", at=MIDNIGHT - HOUR)
    away.tap(9, lane="out", at=MIDNIGHT + 2 * HOUR)
    away.tap(10, lane="in", at=MIDNIGHT + 3 * HOUR)
    away.tap(11, lane="in", at=MIDNIGHT + 40 * HOUR)
    away.send(1, 3)
    assert entered(car_park, day) == [(1, 1), (3, 1)]
    hours = gatehours.occupancy(car_park.estate, HEAD, day).hours
    assert [each.inside for each in hours[:4]] == [1, 2, 1, 2]
    away.send(4)
    assert entered(car_park, day) == [(1, 1), (3, 1)]
    assert counted == [day]


def test_lanes_that_lead_elsewhere_have_a_day_counted_anew(
    desk: FrontDesk, car_park: WritingGate
) -> None:
    car_park.tap(7, lane="in", at=MIDNIGHT + HOUR)
    car_park.tap(8, lane="third", at=MIDNIGHT + HOUR)
    car_park.send()
    desk.clock.now = MIDNIGHT + 30 * HOUR
    assert entered(car_park, date(2025, 6, 10)) == [(1, 1)]
    with writing(desk.estate, GUARD) as turn:
        put_lane(turn, "third", Direction.ENTRY)
    assert entered(car_park, date(2025, 6, 10)) == [(1, 2)]


def test_a_day_whose_lines_were_let_go_stays_as_it_was_counted(
    desk: FrontDesk, car_park: WritingGate
) -> None:
    """New rules and late lines count nothing anew of which only a part is left."""
    car_park.tap(7, lane="in", at=MIDNIGHT + HOUR)
    car_park.send()
    desk.clock.now = MIDNIGHT + 30 * HOUR
    day = date(2025, 6, 10)
    assert entered(car_park, day) == [(1, 1)]
    desk.clock.forward(days=400)
    assert retention.let_go_due(desk.estate) == 1
    with writing(desk.estate, GUARD) as turn:
        put_lane(turn, "third", Direction.ENTRY)
    assert entered(car_park, day) == [(1, 1)]


def test_of_a_day_that_nobody_counted_in_time_nothing_is_told_and_nothing_kept(
    desk: FrontDesk, car_park: WritingGate
) -> None:
    desk.clock.forward(days=400)
    for day in (TODAY, date(2000, 1, 1)):
        assert gatehours.occupancy(car_park.estate, HEAD, day).hours == ()
    with looking(desk.estate) as connection:
        assert connection.execute(select(GateDayRow)).all() == []


def test_a_day_that_goes_on_is_counted_from_its_midnight(
    desk: FrontDesk, car_park: WritingGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    car_park.tap(7, lane="in", at=MIDNIGHT - HOUR)
    car_park.send()
    desk.clock.now = MIDNIGHT + HOUR
    looked: list[datetime] = []
    whole = gatepresence.presence_at

    def noted(turn: Turn, until: datetime) -> Presence:
        looked.append(until)
        return whole(turn, until)

    monkeypatch.setattr(gatehours, "presence_at", noted)
    for number in range(1, 4):
        desk.clock.now += HOUR
        car_park.tap(7 + number, lane="in", at=desk.clock.now - timedelta(minutes=1))
        car_park.send(len(car_park.events))
        hours = gatehours.occupancy(car_park.estate, HEAD, date(2025, 6, 10)).hours
        assert hours[-1].inside == 1 + number
    assert looked == [MIDNIGHT]
    away = WritingGate(estate=car_park.estate, station="gate-2", now=MIDNIGHT)
    away.tap(30, lane="in", at=MIDNIGHT - 2 * HOUR)
    away.send()
    hours = gatehours.occupancy(car_park.estate, HEAD, date(2025, 6, 10)).hours
    assert hours[-1].inside == 5
    assert looked == [MIDNIGHT] * 2


def test_after_a_restart_a_day_begins_from_where_cards_stood_the_evening_before(
    desk: FrontDesk, car_park: WritingGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, lane, at in (
        (7, "in", MIDNIGHT - 100 * 24 * HOUR),  # too long ago to be counted anywhere
        (8, "in", MIDNIGHT + HOUR),
        (9, "in", MIDNIGHT + 2 * HOUR),
        (9, "out", MIDNIGHT + 3 * HOUR),
        (10, "in", MIDNIGHT + 25 * HOUR),
    ):
        car_park.tap(number, lane=lane, at=at)
    car_park.write(EventKind.NEUTRAL, lane="in", card_number=8, at=MIDNIGHT + 26 * HOUR)
    car_park.send()
    desk.clock.now = MIDNIGHT + 30 * HOUR
    today = date(2025, 6, 11)
    whole = gatehours.occupancy(car_park.estate, HEAD, today)
    assert [each.inside for each in whole.hours] == [1, 2, 1, 1, 1, 1]
    gatehours.occupancy(car_park.estate, HEAD, date(2025, 6, 10))
    desk.estate.gates.midnights = Midnights()
    monkeypatch.setattr(gatehours, "presence_at", None)  # nobody looks through the lines
    assert gatehours.occupancy(car_park.estate, HEAD, today) == whole
    monkeypatch.undo()
    away = WritingGate(estate=car_park.estate, station="gate-2", now=MIDNIGHT)
    away.tap(30, lane="in", at=MIDNIGHT + 5 * HOUR)
    away.send()
    desk.estate.gates.midnights = Midnights()
    hours = gatehours.occupancy(car_park.estate, HEAD, today).hours
    assert [each.inside for each in hours] == [2, 3, 2, 2, 2, 2]


def test_the_daily_job_counts_the_days_that_nobody_counted(
    desk: FrontDesk, car_park: WritingGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    car_park.tap(7, lane="in", at=MIDNIGHT + HOUR)
    car_park.send()
    desk.clock.now = MIDNIGHT + 30 * HOUR
    assert gatehours.count_days(car_park.estate, HEAD) == 7
    counted = counting(car_park, monkeypatch)
    assert gatehours.count_days(car_park.estate, HEAD) == 0
    assert entered(car_park, date(2025, 6, 10)) == [(1, 1)]
    assert counted == []
