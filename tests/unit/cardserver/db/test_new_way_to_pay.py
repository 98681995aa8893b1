"""Migrations 0011 and 0019: payments of before stay as they were; QR is a way to pay from then on,
and so is a card's credit.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from cardserver.db.engine import WRITER, open_engine
from tests.databases.revisions import bring
from tests.databases.stores import STORES, empty_postgresql

SALE, NOTE, CODE, CREDIT = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3, 4))


@pytest.fixture(params=STORES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'old.db'}" if request.param == "sqlite" else empty_postgresql()
    engine = open_engine(url)
    yield engine
    engine.dispose()


HOLDER_ROW = (
    "INSERT INTO holder (id, name, holder_class, phone, id_number) "
    "VALUES (1, '王', 'owner', '', '')"
)
SALE_ROW = (
    "INSERT INTO sale (id, holder_id, request, charges, due_fen, at, station, operator) "
    "VALUES (:sale, 1, '{}', '[]', 10000, '2025-06-09 01:00:00', 'kiosk-1', '')"
)
TENDER_ROW = (
    "INSERT INTO tender "
    "(tender_id, state, sale_id, kind, value_fen, checked, at, station, operator) VALUES "
    "(:tender, 'credited', :sale, :kind, 10000, true, '2025-06-09 01:00:00', 'kiosk-1', '')"
)


def do(engine: Engine, statement: str, **values: str) -> None:
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        connection.execute(text(statement), values)


def test_payments_of_before_are_kept_and_guarded_and_other_ways_are_open(engine: Engine) -> None:
    bring(engine, "0010")
    do(engine, HOLDER_ROW)
    do(engine, SALE_ROW, sale=SALE)
    do(engine, TENDER_ROW, tender=NOTE, sale=SALE, kind="cash-note")
    bring(engine, "head")
    do(engine, TENDER_ROW, tender=CODE, sale=SALE, kind="qr")
    do(engine, TENDER_ROW, tender=CREDIT, sale=SALE, kind="credit")
    found = text("SELECT id, tender_id, kind, keeps_fen FROM tender ORDER BY id")
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(found)]
    assert rows == [(1, NOTE, "cash-note", 0), (2, CODE, "qr", 0), (3, CREDIT, "credit", 0)]
    for statement, values in (
        ("UPDATE tender SET value_fen = 1", {}),
        ("DELETE FROM tender", {}),
        (TENDER_ROW, {"tender": SALE, "sale": SALE, "kind": "shells"}),
        (TENDER_ROW, {"tender": NOTE, "sale": SALE, "kind": "qr"}),
    ):
        with pytest.raises(DBAPIError):
            do(engine, statement, **values)
