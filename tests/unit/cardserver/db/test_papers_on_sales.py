"""An old store's papers stay as they were when papers may stand on a sale (migration 0013)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DatabaseError

from cardserver.db.engine import WRITER, open_engine
from tests.databases.revisions import bring_to

PAPER = (
    "INSERT INTO document (kind, number, operation_id, local_date, content, at, station, operator) "
    "VALUES ('formal-receipt', 7, 'op-1', '2025-06-09', '{}', '2025-06-09 01:00:00', 'd', 'o')"
)
TARIFF = (
    "INSERT INTO tariff (kind, monthly_fee_fen, first, at, station, operator) "
    "VALUES ('surface', 15000, '2025-08-01', '2025-06-09 01:00:00', 'd', 'o')"
)
MOVED = (
    "INSERT INTO drawer_entry (kind, number, amount_fen, person, approved_by, reason, signed, "
    "detail, at, station, operator) VALUES (:kind, 1, 1, '', '', '', '', '{}', "
    "'2025-06-09 01:00:00', 'd', 'o')"
)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Engine]:
    """A SQLite store before the migration, with one paper; what it refers to is left out."""
    engine = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    event.listen(engine, "connect", lambda line, _: line.execute("PRAGMA foreign_keys = OFF"))
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        bring_to(connection, "0011")
        connection.execute(text(PAPER))
        bring_to(connection, "0013")
    yield engine
    engine.dispose()


def write(engine: Engine, statement: str, **values: object) -> None:
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        connection.execute(text(statement), values)


def test_old_papers_and_their_guards_survive_fee_36(old: Engine) -> None:
    with old.connect() as connection:
        kept = connection.execute(text("SELECT number, operation_id, sale_id FROM document")).one()
        assert tuple(kept) == (7, "op-1", None)
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    for change in ("UPDATE document SET number = 8", "DELETE FROM document"):
        with pytest.raises(DatabaseError, match="append-only"):
            write(old, change)
    for _ in range(2):  # of one day: the first was withdrawn
        write(old, TARIFF)
    with pytest.raises(DatabaseError, match="append-only"):
        write(old, "DELETE FROM tariff")


def test_a_paper_stands_on_an_operation_or_on_a_sale_never_on_both_or_none_fee_36(
    old: Engine,
) -> None:
    with pytest.raises(DatabaseError, match="UNIQUE"):
        write(old, PAPER)
    for number, operation, sale in ((8, None, None), (9, "op-2", "sale-2")):
        with pytest.raises(DatabaseError, match="stands"):
            write(old, _paper(number), operation=operation, sale=sale)
    write(old, _paper(10), operation=None, sale="sale-1")


def test_a_repayment_is_a_movement_and_nothing_unknown_is_fee_34(old: Engine) -> None:
    write(old, MOVED, kind="repayment")
    with pytest.raises(DatabaseError, match="kind"):
        write(old, MOVED, kind="theft")


def _paper(number: int) -> str:
    return (
        PAPER.replace("operation_id,", "operation_id, sale_id,")
        .replace("'op-1'", ":operation, :sale")
        .replace(" 7,", f" {number},")
    )
