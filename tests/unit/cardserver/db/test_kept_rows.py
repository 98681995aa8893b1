"""Rows of money, papers, taps and audit can't be changed or deleted, even by a mistake of ours."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, Executable, text
from sqlalchemy.exc import DBAPIError

from cardserver.db.engine import WRITER
from cardserver.db.schema import KEPT, Base
from cardserver.db.tables import APPEND_ONLY
from cardserver.domain.document import PrintResult
from cardserver.services import documents, keying, selling, taps
from cardserver.wire_documents import PrintReport
from cardserver.wire_operations import KeyingRequest, KeyingState
from cardserver.wire_sales import CancelRequest
from cardserver.wire_taps import TapReport, TapsRequest
from tests.databases import paperwork, registerwork, tillwork
from tests.databases.filework import leave_file_rows
from tests.databases.frontdesk import DESK, GATE, MORNING, FrontDesk, blank, new_id
from tests.databases.reviewed import leave_review_rows
from tests.databases.stores import postgresql_store, sqlite_store


@pytest.fixture
def busy(desk: FrontDesk) -> FrontDesk:
    """A desk that has left a row in every append-only table."""
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    step = KeyingRequest(step="sector-0", state=KeyingState.BEGUN)
    keying.record_step(desk.estate, DESK, ticket.operation_id, step)
    card.write(ticket)
    settled = desk.settle(ticket, card)
    paper = settled.document
    assert paper is not None
    report = PrintReport(print_id=new_id(), result=PrintResult.PRINTED)
    documents.record_print(desk.estate, DESK, paper.document_id, report)
    sale = desk.open_sale(desk.issue_request(desk.owner))
    cancel = CancelRequest(cancel_id=new_id(), reason="反悔")
    selling.cancel_sale(desk.estate, DESK, sale.sale_id, cancel)
    tap = TapReport.model_validate(
        {
            "sequence": 1,
            "at": MORNING,
            "lane_id": "door",
            "uid": card.uid,
            "reason": "granted",
            "granted": True,
        }
    )
    taps.take_taps(desk.estate, GATE, TapsRequest(journal=new_id(), taps=(tap,)))
    desk.begin(desk.issue_request(desk.other_staff), blank())  # on an application
    paperwork.leave_rows(desk.estate, settled.card, ticket.operation_id, desk.family, desk.staff)
    registerwork.sign_first_open(desk.estate, DESK)
    leave_review_rows(desk)
    leave_file_rows(desk)
    tillwork.leave_rows(desk.estate, DESK)
    return desk


def attempt(engine: Engine, statement: Executable) -> None:
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        connection.execute(statement)


def rows(engine: Engine, table: str) -> list[str]:
    with engine.connect() as connection:
        return [str(row) for row in connection.execute(Base.metadata.tables[table].select())]


def test_an_append_only_row_stays_as_it_was_written(busy: FrontDesk) -> None:
    engine = busy.estate.engine
    filled = [table for table in KEPT if rows(engine, table)]
    assert set(APPEND_ONLY) <= set(filled)
    assert len(filled) > 30
    for table in filled:
        before = rows(engine, table)
        stored = Base.metadata.tables[table]
        column = next(iter(stored.columns))
        for statement in (stored.update().values({column: column}), stored.delete()):
            with pytest.raises(DBAPIError):
                attempt(engine, statement)
        assert rows(engine, table) == before, table


def test_every_append_only_table_has_its_guards(tmp_path: Path) -> None:
    """Rows or none: what a desk has not left behind here is kept as well."""
    with sqlite_store(tmp_path).connect() as connection:
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        guards = set(found.scalars())
    for table in KEPT:
        assert {f"keep_{table}_update", f"keep_{table}_delete"} <= guards, table


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE operation SET state = 'open'",
        "UPDATE operation SET changes = '[]'",
        "UPDATE operation SET sale_id = NULL WHERE state = 'open'",
        "DELETE FROM operation",
        "DELETE FROM card",
    ],
)
def test_an_operation_changes_only_its_state_and_only_once(busy: FrontDesk, statement: str) -> None:
    busy.begin(busy.issue_request(busy.owner), blank())
    engine = busy.estate.engine
    before = rows(engine, "operation")
    with pytest.raises(DBAPIError):
        attempt(engine, text(statement))
    assert rows(engine, "operation") == before


@pytest.mark.postgres
def test_postgresql_truncates_nothing_that_is_kept() -> None:
    engine = postgresql_store()
    for table in (*KEPT, "operation", "card"):
        with pytest.raises(DBAPIError):
            attempt(engine, text(f"TRUNCATE {table} CASCADE"))
