"""Lines of gates lie in months on PostgreSQL, made ahead; none is ever refused for its date."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from cardserver.db import gatemonths
from cardserver.db.engine import WRITER, open_engine
from cardserver.services.errors import StoreBusy
from cardserver.services.retention import let_go_due, look_after_lines, make_room
from cardserver.services.turn import Estate, looking
from tests.databases.frontdesk import FrontDesk
from tests.databases.gatework import WritingGate
from tests.databases.stores import postgresql_store

pytestmark = pytest.mark.postgres


@pytest.fixture
def engine() -> Engine:
    return postgresql_store()


def delete_all(estate: Estate, table: str) -> None:
    writer = estate.engine.connect().execution_options(**{WRITER: True})
    with writer as connection, connection.begin():
        connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - our own tables


def lying_in(estate: Estate) -> dict[str, int]:
    with looking(estate) as connection:
        rows = connection.execute(
            text("SELECT tableoid::regclass::text, count(*) FROM gate_event GROUP BY 1")
        )
        return {str(row[0]): int(row[1]) for row in rows}


def test_months_are_made_ahead_and_lines_lie_in_theirs(desk: FrontDesk) -> None:
    desk.clock.now = datetime(2031, 11, 5, tzinfo=UTC)
    make_room(desk.estate)
    make_room(desk.estate)
    with looking(desk.estate) as connection:
        made = [month for month in gatemonths.months(connection) if month.year in (2031, 2032)]
    assert [month.month for month in made] == [11, 12, 1, 2]
    gate = WritingGate(estate=desk.estate, now=desk.clock.now)
    gate.tap()
    gate.tap(at=datetime(2031, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
    gate.tap(at=datetime(2032, 1, 1, tzinfo=UTC))
    gate.tap(at=datetime(2011, 1, 1, tzinfo=UTC))
    gate.send()
    assert lying_in(desk.estate) == {
        "gate_event_2031_11": 1,
        "gate_event_2031_12": 1,
        "gate_event_2032_01": 1,
        "gate_event_rest": 1,
    }


def test_a_month_made_late_takes_its_lines_out_of_the_rest(desk: FrontDesk) -> None:
    """Nobody ran the job for half a year; no line is lost or twice there."""
    desk.clock.now = datetime(2033, 5, 5, tzinfo=UTC)
    gate = WritingGate(estate=desk.estate, now=desk.clock.now)
    gate.write_many(4)
    gate.tap(at=datetime(2033, 4, 30, tzinfo=UTC))
    gate.send()
    assert lying_in(desk.estate) == {"gate_event_rest": 5}
    make_room(desk.estate)
    assert lying_in(desk.estate) == {"gate_event_2033_05": 4, "gate_event_rest": 1}
    assert gate.send().repeated == 5
    for table in ("gate_event", "gate_event_2033_05", "gate_event_rest"):
        with pytest.raises(DBAPIError, match="kept"):
            delete_all(desk.estate, table)


def test_a_month_of_one_estate_goes_as_a_whole(desk: FrontDesk) -> None:
    desk.clock.now = datetime(2035, 3, 5, tzinfo=UTC)
    make_room(desk.estate)
    gate = WritingGate(estate=desk.estate, now=desk.clock.now)
    gate.write_many(3)
    gate.send()
    desk.clock.forward(days=400)
    assert look_after_lines(desk.estate) == 3
    with looking(desk.estate) as connection:
        assert datetime(2035, 3, 1, tzinfo=UTC) not in gatemonths.months(connection)


def test_a_line_that_comes_while_its_month_goes_is_not_lost(
    desk: FrontDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gate was away for a year; it hands over between the look at a month and its going."""
    then = datetime(2037, 3, 5, tzinfo=UTC)
    desk.clock.now = then
    make_room(desk.estate)
    gate = WritingGate(estate=desk.estate, now=then)
    gate.write_many(3)
    gate.send()
    desk.clock.forward(days=400)
    url = desk.estate.engine.url.render_as_string(hide_password=False)
    hasty = open_engine(url, busy_timeout_ms=50)
    away = WritingGate(estate=replace(desk.estate, engine=hasty), station="gate-2", now=then)
    away.tap()
    drop = gatemonths.drop_month

    def drop_late(connection: Connection, month: datetime) -> None:
        with pytest.raises(StoreBusy):
            away.send()
        drop(connection, month)

    monkeypatch.setattr(gatemonths, "drop_month", drop_late)
    assert let_go_due(desk.estate) == 3
    assert away.send().taken == 1
    assert lying_in(desk.estate) == {"gate_event_rest": 1}
    hasty.dispose()
