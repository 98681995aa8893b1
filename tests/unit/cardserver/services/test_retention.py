"""Lines of gates are kept a year, then let go by the month with a record (GA/T 1742; PIPL 19)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Executable, delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from cardserver.db.engine import WRITER
from cardserver.db.gatemonths import month_of
from cardserver.db.tables import AuditRow
from cardserver.db.tables_gateevents import GateEventRow, GatePurgeRow
from cardserver.services.daily import Daily
from cardserver.services.retention import KEPT_DAYS, let_go_due, look_after_lines
from cardserver.services.turn import Estate, looking
from tests.databases.frontdesk import MORNING, FrontDesk
from tests.databases.gatework import WritingGate

JUNE = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture
def gate(desk: FrontDesk) -> WritingGate:
    return WritingGate(estate=desk.estate)


def numbers(estate: Estate) -> Sequence[int]:
    with looking(estate) as connection:
        statement = select(GateEventRow.sequence).order_by(GateEventRow.sequence)
        return connection.execute(statement).scalars().all()


def purges(estate: Estate) -> list[tuple[datetime, int]]:
    with looking(estate) as connection:
        rows = connection.execute(select(GatePurgeRow.before, GatePurgeRow.lines))
        return [(row[0], row[1]) for row in rows]


def test_a_line_stays_for_a_year_and_goes_with_its_month(
    desk: FrontDesk, gate: WritingGate
) -> None:
    gate.write_many(3)
    gate.tap(at=datetime(2025, 7, 2, tzinfo=UTC))
    gate.send()
    desk.clock.now = JUNE + timedelta(days=30 + KEPT_DAYS - 1)
    assert look_after_lines(desk.estate) == 0
    assert numbers(desk.estate) == [1, 2, 3, 4]
    desk.clock.forward(days=1)
    assert look_after_lines(desk.estate) == 3
    assert numbers(desk.estate) == [4]
    assert look_after_lines(desk.estate) == 0


def test_what_was_let_go_stands_on_record_and_in_the_journal(
    desk: FrontDesk, gate: WritingGate
) -> None:
    gate.write_many(3)
    gate.send()
    desk.clock.forward(days=400)
    let_go_due(desk.estate)
    let_go_due(desk.estate)
    assert purges(desk.estate) == [(datetime(2025, 7, 1, tzinfo=UTC), 3)]
    with looking(desk.estate) as connection:
        lines = connection.execute(select(AuditRow.action, AuditRow.subject, AuditRow.detail))
        assert ("purge-gate-lines", "before 2025-07-01", "3 lines") in [tuple(x) for x in lines]


def test_a_line_that_came_late_is_kept_from_when_it_came(
    desk: FrontDesk, gate: WritingGate
) -> None:
    """A gate was away for two years: nothing of it goes the day it comes back."""
    gate.write_many(2)
    gate.tap(at=MORNING - timedelta(days=5000))
    desk.clock.forward(days=700)
    gate.send()
    assert look_after_lines(desk.estate) == 0
    assert numbers(desk.estate) == [1, 2, 3]
    desk.clock.forward(days=400)
    assert look_after_lines(desk.estate) == 3


def test_a_gate_that_repeats_what_was_let_go_is_not_held_up(
    desk: FrontDesk, gate: WritingGate
) -> None:
    gate.write_many(4)
    gate.send()
    desk.clock.forward(days=400)
    gate.now = desk.clock.now
    gate.write_many(2)
    gate.send(5)
    assert let_go_due(desk.estate) == 4
    assert gate.send(2, 4).repeated == 3
    assert gate.send(4).repeated == 3
    gate.tap()
    assert gate.send(3).taken == 1


def test_lines_of_another_estate_in_the_same_store_stay(desk: FrontDesk, gate: WritingGate) -> None:
    gate.write_many(2)
    gate.send()
    with looking(desk.estate) as connection:
        mine = select(GateEventRow).where(GateEventRow.sequence == 1)
        row = dict(connection.execute(mine).mappings().one())
    attempt(desk.estate, insert(GateEventRow).values(row | {"site": "other"}))
    desk.clock.forward(days=400)
    assert look_after_lines(desk.estate) == 2
    assert numbers(desk.estate) == [1]


def test_the_store_lets_no_line_go_that_is_on_no_record(desk: FrontDesk, gate: WritingGate) -> None:
    gate.write_many(3)
    gate.send()
    with pytest.raises(DBAPIError):
        attempt(desk.estate, delete(GateEventRow))
    desk.clock.forward(days=400)
    let_go_due(desk.estate)
    gate.now = desk.clock.now
    gate.tap()
    gate.send(4)
    with pytest.raises(DBAPIError):
        attempt(desk.estate, delete(GateEventRow))
    assert numbers(desk.estate) == [4]


def attempt(estate: Estate, change: Executable) -> None:
    writer = estate.engine.connect().execution_options(**{WRITER: True})
    with writer as connection, connection.begin():
        connection.execute(change)


def test_the_journal_of_a_gate_never_goes_back(desk: FrontDesk, gate: WritingGate) -> None:
    gate.write_many(3)
    gate.send()
    with pytest.raises(DBAPIError):
        attempt(desk.estate, text("UPDATE gate_cursor SET sequence = 1"))


def test_the_server_looks_after_lines_once_a_day(desk: FrontDesk, gate: WritingGate) -> None:
    gate.write_many(1)
    gate.send()
    daily = Daily(desk.estate)
    daily.look()
    desk.clock.forward(days=400)
    daily.look()
    daily.look()
    assert len(purges(desk.estate)) == 1


def test_a_month_begins_at_midnight_in_utc() -> None:
    assert month_of(datetime(2026, 12, 31, 23, tzinfo=UTC), 2) == datetime(2027, 2, 1, tzinfo=UTC)
    assert month_of(datetime.fromisoformat("2025-06-01T07:59+08:00")).month == 5
    assert month_of(JUNE, -6) == datetime(2024, 12, 1, tzinfo=UTC)
