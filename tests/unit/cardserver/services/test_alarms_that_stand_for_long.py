"""What is wrong at a gate is told for as long as it is wrong, however long ago it began."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from cardserver.db import gatequeries
from cardserver.db.gatestanding import standing_at
from cardserver.db.tables_gateevents import GateEventRow
from cardserver.domain.gateevent import EventKind
from cardserver.domain.permits import Role
from cardserver.domain.station import StationKind
from cardserver.services import enrolling, gatealarms, gatereports, gatetroubles
from cardserver.services.gatememory import TroublesMemory
from cardserver.services.retention import look_after_lines
from cardserver.services.turn import Caller, Estate, looking, reading
from cardserver.wire_gatereports import AlarmView, SeeAlarm
from tests.databases.frontdesk import MORNING, FrontDesk, new_id
from tests.databases.gatework import WritingGate

GUARD = Caller(
    station="post-1", kind=StationKind.OFFICE, operator="李强", roles=frozenset({Role.GUARD})
)
DAY = timedelta(days=1)
TOLD = tuple(sorted(gatetroubles.TROUBLES))


@pytest.fixture
def gate(desk: FrontDesk) -> WritingGate:
    return WritingGate(estate=desk.estate)


def told(gate: WritingGate) -> Sequence[AlarmView]:
    return gatealarms.alarms(gate.estate, GUARD).alarms


def stand(gate: WritingGate) -> set[str]:
    """The words of what stands."""
    return {each.line.detail or each.line.kind.value for each in told(gate) if each.standing}


def on_file(estate: Estate) -> list[int]:
    with looking(estate) as connection:
        order = select(GateEventRow.sequence).order_by(GateEventRow.device, GateEventRow.sequence)
        return list(connection.execute(order).scalars())


@pytest.mark.parametrize("days", [93, 200, 364])
def test_an_alarm_that_was_never_over_is_told_with_its_day(
    desk: FrontDesk, gate: WritingGate, days: int
) -> None:
    gate.write(EventKind.ALARM, detail="reader-tamper")
    gate.write(EventKind.FORCED)
    gate.write(EventKind.ALARM_OVER, detail="forced")
    gate.send()
    desk.clock.forward(days=days)
    (alarm,) = told(gate)
    assert (alarm.line.detail, alarm.standing, alarm.over_at) == ("reader-tamper", True, None)
    assert desk.clock() - alarm.line.at >= days * DAY - timedelta(minutes=1)


def test_its_end_is_heard_whenever_it_comes_and_a_start_ends_it_too(
    desk: FrontDesk, gate: WritingGate
) -> None:
    gate.write(EventKind.ALARM, detail="reader-tamper")
    gate.write(EventKind.FIRE)
    gate.write(EventKind.HELD_OPEN, lane="south")
    gate.send()
    desk.clock.forward(days=150)
    assert stand(gate) == {"reader-tamper", "fire", "held-open"}
    gate.now = desk.clock()
    gate.write(EventKind.FIRE_OVER)
    gate.send(4)
    assert stand(gate) == {"reader-tamper", "held-open"}
    gate.write(EventKind.STARTED)
    gate.send(5)
    assert stand(gate) == set()


def test_an_end_that_is_told_months_late_counts_from_when_it_comes(
    desk: FrontDesk, gate: WritingGate
) -> None:
    """What was kept in mind of the days before is found anew."""
    gate.write(EventKind.ALARM, detail="reader-tamper")
    gate.write(EventKind.ALARM, detail="board-away")
    gate.send()
    gate.write(EventKind.ALARM_OVER, detail="reader-tamper")
    gate.write(EventKind.HELD_OPEN)
    desk.clock.forward(days=120)
    assert stand(gate) == {"reader-tamper", "board-away"}
    gate.send(3)
    assert stand(gate) == {"board-away", "held-open"}


def test_who_took_note_of_it_long_ago_is_told_with_it(desk: FrontDesk, gate: WritingGate) -> None:
    gate.write(EventKind.FORCED)
    gate.send()
    line = told(gate)[0].line
    request = SeeAlarm(
        request_id=new_id(),
        device=line.device,
        journal=line.journal,
        sequence=line.sequence,
        remark="已报修",
    )
    gatealarms.see_alarm(gate.estate, GUARD, request)
    desk.clock.forward(days=180)
    (alarm,) = told(gate)
    assert (alarm.seen_by, alarm.remark, alarm.standing) == ("李强", "已报修", True)


def test_what_stands_is_never_cut_off_by_newer_alarms(desk: FrontDesk, gate: WritingGate) -> None:
    gate.write(EventKind.FORCED)
    gate.send()
    desk.clock.forward(days=100)
    gate.now = desk.clock()
    for _ in range(501):
        gate.write(EventKind.DURESS)
    gate.send(2, 500)
    gate.send(501)
    alarms = told(gate)
    assert len(alarms) == 500
    assert (alarms[0].line.kind, alarms[0].standing) == (EventKind.FORCED, True)


def test_a_trouble_of_half_a_year_counts_in_the_availability(
    desk: FrontDesk, gate: WritingGate
) -> None:
    gate.write(EventKind.ALARM, detail="reader-away")
    gate.send()
    desk.clock.now = datetime(2025, 12, 9, 20, tzinfo=UTC)
    day = desk.clock().astimezone(desk.estate.zone).date() - DAY
    (report,) = gatereports.availability(gate.estate, GUARD, day, day).gates
    assert report.troubled_s == 24 * 3600


# --- a year, and after it ------------------------------------------------------------------------


def test_its_line_outlives_the_year_until_it_is_over(desk: FrontDesk, gate: WritingGate) -> None:
    look_after_lines(desk.estate)  # where lines lie in months, theirs is there
    gate.tap()
    gate.write(EventKind.FORCED)
    gate.write(EventKind.ALARM, detail="denial-lost", card_number=7)
    gate.send()
    desk.clock.forward(days=400)
    assert look_after_lines(desk.estate) == 2
    assert look_after_lines(desk.estate) == 0
    assert on_file(desk.estate) == [2]
    assert stand(gate) == {"forced"}
    gate.now = desk.clock()
    gate.write(EventKind.ALARM_OVER, detail="forced")
    gate.send(4)
    assert stand(gate) == set()
    desk.clock.forward(days=31)
    assert look_after_lines(desk.estate) == 1
    assert on_file(desk.estate) == [4]


def test_nobody_waits_for_the_end_of_what_a_gate_told_that_was_taken_away(
    desk: FrontDesk, gate: WritingGate
) -> None:
    enrolling.enrol(desk.estate, GUARD, gate.station, bytes(32))
    gate.write(EventKind.FORCED)
    gate.send()
    enrolling.revoke(desk.estate, GUARD, gate.station)
    desk.clock.forward(days=300)
    assert stand(gate) == {"forced"}
    desk.clock.forward(days=100)
    assert look_after_lines(desk.estate) == 1
    assert told(gate) == ()


# --- one pass of the database beside the fold ----------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_the_database_finds_what_reading_line_by_line_finds(desk: FrontDesk, seed: int) -> None:
    """Random lines of three gates, many of them at one instant."""
    chance = random.Random(seed)
    gates = [WritingGate(estate=desk.estate, station=f"gate-{each}") for each in range(3)]
    for _ in range(160):
        kind = chance.choice(TOLD)
        said = kind in {EventKind.ALARM, EventKind.ALARM_OVER}
        word = chance.choice(["forced", "held-open", "reader-away"]) if said else ""
        gate = chance.choice(gates)
        gate.write(
            EventKind.TAP if kind is EventKind.STARTED and chance.random() < 0.7 else kind,
            at=MORNING + timedelta(hours=gate.now.second + chance.randrange(2)),
            lane=chance.choice(["", "south"]),
            detail=word,
            card_number=chance.choice([None, None, 7]) if said else None,
        )
    for gate in gates:
        gate.send()
    until = MORNING + timedelta(hours=chance.randrange(20, 70))
    with looking(desk.estate) as connection:
        site = desk.estate.site
        lines = gatequeries.in_order(connection, site, MORNING, until, TOLD)
        obvious = [line for line, over in gatetroubles.ended(lines) if over is None]
        found = standing_at(connection, site, until)
    assert [tuple(each) for each in found] == [tuple(each) for each in obvious]


def test_what_is_kept_in_mind_is_led_on_to_what_is_found_anew(
    desk: FrontDesk, gate: WritingGate
) -> None:
    """Day by day, and where a gate tells of months ago."""
    chance = random.Random(7)
    kinds = sorted(gatetroubles.TROUBLES)
    away = WritingGate(estate=desk.estate, station="gate-2")
    away.write(EventKind.FORCED)
    sent = 1
    for day in range(110):
        for _ in range(3):
            word = chance.choice(["forced", "held-open"])
            gate.write(
                chance.choice(kinds),
                at=desk.clock(),
                lane=chance.choice(["", "south"]),
                detail=word,
            )
        gate.send(sent)
        sent = len(gate.events) + 1
        desk.clock.forward(days=1)
        if day in {93, 95, 96, 100, 109}:
            if day == 96:
                away.send()
            led_on = stood(desk)
            desk.estate.gates.troubles = TroublesMemory()
            assert led_on == stood(desk) != []
            assert ("gate-2" in {each[0] for each in led_on}) == (day >= 96)


def stood(desk: FrontDesk) -> list[tuple[object, ...]]:
    with reading(desk.estate, GUARD) as turn:
        first = gatetroubles.looked_back(turn)
        return [tuple(each) for each in gatetroubles.stood_at(turn, first)]
