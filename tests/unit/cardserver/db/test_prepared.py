"""Statements sent without detours say and store what the ordinary way does."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from cardserver.db.prepared import Prepared, PreparedRows
from cardserver.db.recalling import Recalling, insertion
from cardserver.db.sending import sender_of
from cardserver.db.tables import CounterRow, HolderRow, PostedRow, UnitRow
from cardserver.db.tables_people import SearchKeyRow
from cardserver.db.tables_shifts import ShiftRow
from cardserver.domain.rights import HolderClass
from cardserver.domain.shift import ShiftState
from tests.databases.stores import sqlite_store

AT = datetime(2025, 6, 9, 1, tzinfo=UTC)
OPEN_SHIFTS = PreparedRows(
    ShiftRow, select(ShiftRow).where(ShiftRow.state == ShiftState.OPEN).order_by(ShiftRow.number)
)
POSTED = Prepared(select(PostedRow.action, PostedRow.at).where(PostedRow.id == bindparam("key")))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A transaction on an empty store."""
    store = sqlite_store(tmp_path)
    with store.connect() as open_one, open_one.begin():
        yield open_one
    store.dispose()


@pytest.fixture
def session(connection: Connection) -> Session:
    """The same with rows as objects."""
    return Recalling(connection)


def shift(number: int, **values: object) -> ShiftRow:
    """An open shift of a desk of its own."""
    told = {"id": f"shift-{number}", "number": number, "state": ShiftState.OPEN, "float_fen": 0}
    made = {"at": AT, "station": f"desk-{number}", "operator": "张晓", "float_notes": None}
    return ShiftRow(**{**told, **made, **values})


def put(session: Session, *rows: ShiftRow | HolderRow) -> None:
    """Insert them at once."""
    assert isinstance(session, Recalling)
    for row in rows:
        session.put(row)


def test_a_row_that_was_put_is_the_very_row_that_is_found(session: Session) -> None:
    row = shift(1)
    put(session, row)
    assert OPEN_SHIFTS.all(session) == [row]
    assert session.get(ShiftRow, "shift-1") is row


def test_it_is_stored_as_the_session_itself_would_store_it(session: Session) -> None:
    put(session, shift(1, float_notes={"100": 2}))
    session.add(shift(2, float_notes={"100": 2}))
    session.flush()
    session.expunge_all()
    one, two = session.scalars(select(ShiftRow).order_by(ShiftRow.number))
    assert (one.at, one.state, one.float_notes) == (two.at, two.state, two.float_notes)
    session.expunge_all()
    again = OPEN_SHIFTS.all(session)[0]
    assert (again.at, again.state, again.float_notes) == (AT, ShiftState.OPEN, {"100": 2})


def test_what_is_changed_afterwards_is_written(session: Session) -> None:
    row = shift(1)
    put(session, row)
    row.state = ShiftState.CLOSED
    assert OPEN_SHIFTS.all(session) == []


def test_a_row_met_is_not_overwritten_by_what_the_store_says(session: Session) -> None:
    put(session, shift(1))
    session.expunge_all()
    first = OPEN_SHIFTS.first(session)
    assert first is not None
    assert OPEN_SHIFTS.first(session) is first
    session.expire(first)
    assert OPEN_SHIFTS.first(session) is first
    assert first.number == 1


def test_a_row_told_by_its_columns_is_as_one_that_was_put(session: Session) -> None:
    assert isinstance(session, Recalling)
    told = {name: getattr(shift(1), name) for name in ShiftRow.__table__.columns.keys()}  # noqa: SIM118
    row = session.insert(ShiftRow, told)
    assert session.get(ShiftRow, "shift-1") is row
    row.state = ShiftState.CLOSED
    assert OPEN_SHIFTS.all(session) == []
    session.expunge_all()
    again = session.get(ShiftRow, "shift-1")
    assert again is not None
    assert (again.state, again.at, again.number) == (ShiftState.CLOSED, AT, 1)
    with pytest.raises(IntegrityError):
        session.insert(ShiftRow, told)


def test_a_row_that_never_changes_is_told_as_it_stands(session: Session) -> None:
    assert isinstance(session, Recalling)
    told = {"id": "one", "action": "sale", "body_hash": b"\x01", "at": AT}
    row = session.insert(PostedRow, told)
    assert session.get(PostedRow, "one") is row
    again = Recalling(session.connection()).get(PostedRow, "one")
    assert again == row
    assert {name: getattr(again, name) for name in told} == told
    with pytest.raises(AttributeError):
        again.action = "change"


def test_columns_that_are_filled_in_elsewhere_are_not_taken_for_empty(session: Session) -> None:
    assert isinstance(session, Recalling)
    unit = session.insert(UnitRow, {"label": "1-1-0101", "zones": 1})
    assert (unit.id, unit.version) == (1, 1)


def test_a_row_erased_is_not_met_again(session: Session) -> None:
    row = shift(1)
    put(session, row)
    session.delete(row)
    assert session.get(ShiftRow, "shift-1") is None


@pytest.mark.parametrize("text", ["2025-06-09 01:00:00.000000", "2025-06-09 01:00:00"])
def test_an_instant_is_read_with_or_without_its_fraction(connection: Connection, text: str) -> None:
    call = {"id": "a", "action": "sale", "body_hash": b"", "at": AT}
    insertion(PostedRow, tuple(call)).write(connection, [call])
    stored = connection.exec_driver_sql("SELECT at FROM posted").scalar()
    assert stored == "2025-06-09 01:00:00.000000"
    connection.exec_driver_sql("INSERT INTO posted VALUES ('b', 'sale', x'', ?)", (text,))
    found = POSTED.first(connection, key="b")
    assert (found.at, found.at.tzinfo) == (AT, UTC)


def test_an_instant_without_an_offset_is_a_mistake(connection: Connection) -> None:
    call = {"id": "a", "action": "sale", "body_hash": b"", "at": AT.replace(tzinfo=None)}
    with pytest.raises(ValueError, match="offset"):
        insertion(PostedRow, tuple(call)).write(connection, [call])


def test_two_rows_of_one_key_clash_where_they_are_put(session: Session) -> None:
    put(session, shift(1))
    with pytest.raises(IntegrityError):
        put(session, shift(2, id="shift-1"))


def test_whoever_files_a_holder_writes_search_keys_too(session: Session) -> None:
    unit = UnitRow(label="1-1-0101", zones=1)
    session.add(unit)
    session.flush()
    told = {"name": "王芳", "phone": "13900001111", "id_number": "110101196001010011"}
    put(session, HolderRow(holder_class=HolderClass.OWNER, unit_id=unit.id, **told))
    assert session.scalar(select(SearchKeyRow.holder_id).limit(1)) is not None


def test_plain_columns_come_back_as_what_they_are(connection: Connection) -> None:
    assert POSTED.first(connection, key="a") is None
    call = {"id": "a", "action": "sale", "body_hash": b"\x01", "at": AT}
    insertion(PostedRow, tuple(call)).write(connection, [call, {**call, "id": "b"}])
    found = POSTED.first(connection, key="b")
    assert (found.action, found.at) == ("sale", AT)
    assert POSTED.values(connection, key="a") == ["sale"]


def test_defaults_are_not_forgotten() -> None:
    with pytest.raises(TypeError, match="UnitRow"):
        insertion(UnitRow, ("label", "zones"))


def test_errors_of_the_driver_are_those_of_the_ordinary_way(connection: Connection) -> None:
    row = {"name": "n", "value": 1}
    insertion(CounterRow, tuple(row)).write(connection, [row])
    with pytest.raises(IntegrityError):
        insertion(CounterRow, tuple(row)).write(connection, [row])
    with pytest.raises(OperationalError):
        sender_of(connection).say("SELECT * FROM nothing_of_that_name")


def test_what_waits_in_the_session_is_seen(session: Session) -> None:
    session.add(shift(1))
    assert [row.number for row in OPEN_SHIFTS.all(session)] == [1]
    assert date(2025, 6, 9) == OPEN_SHIFTS.all(session)[0].at.date()


def test_words_of_a_closed_set_stand_in_the_question_itself(session: Session) -> None:
    """SQLite would plan it anew for each value it is given, for the index over open shifts."""
    OPEN_SHIFTS.first(session)
    assert "state = 'open'" in OPEN_SHIFTS._prepared._kinds["sqlite"].text


def test_rows_are_whole_before_the_next_are_asked_for(session: Session) -> None:
    put(session, shift(1), shift(2))
    seen = [(row.number, OPEN_SHIFTS.first(session)) for row in OPEN_SHIFTS.all(session)]
    assert [number for number, _ in seen] == [1, 2]
