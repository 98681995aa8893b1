"""Rows about books and papers can't be changed or deleted either (FEE-23, FEE-37)."""

import pytest
from sqlalchemy.exc import DBAPIError

from cardserver.db.engine import WRITER
from cardserver.db.schema import KEPT, Base
from cardserver.db.tables_papers import APPEND_ONLY
from cardserver.domain.receiptbook import BookKind
from cardserver.services import documents, invoices, papers, receiptbooks
from cardserver.services.turn import reading
from cardserver.wire_documents import DocumentView, HandoverRequest, PrintReport
from cardserver.wire_papers import (
    EmptyBoxRequest,
    InvoicesRequest,
    SettleBookRequest,
    VoidPaperRequest,
)
from tests.databases.bookwork import INVOICES, asked, complete, draw, with_cashier
from tests.databases.frontdesk import DESK, OTHER_DESK, FrontDesk, blank, new_id


def in_the_box(desk: FrontDesk, paper: DocumentView) -> None:
    report = PrintReport.model_validate({"print_id": new_id(), "result": "printed"})
    documents.record_print(desk.estate, DESK, paper.document_id, report)
    complete(desk, paper)
    boxed = HandoverRequest(handover_id=new_id(), how="in-the-box")
    documents.hand_over(desk.estate, DESK, paper.document_id, boxed)
    found = EmptyBoxRequest(emptying_id=new_id(), found=(paper.document_id,))
    papers.empty_box(desk.estate, DESK, found)


@pytest.fixture
def busy(desk: FrontDesk) -> FrontDesk:
    """A desk that has left a row in every table of books and papers."""
    card = blank()
    settled = desk.do(desk.issue_request(desk.owner), card)
    assert settled.document is not None
    in_the_box(desk, settled.document)
    void = VoidPaperRequest(void_id=new_id(), reason="改名", all_copies=True)
    papers.void_paper(desk.estate, DESK, settled.document.document_id, void)
    [slip] = desk.do(desk.parking_request(settled.card), card).documents
    first = INVOICES[100_00]
    given = InvoicesRequest(handing_id=new_id(), numbers=(first, first + 1, first + 2))
    invoices.give_invoices(desk.estate, DESK, slip.document_id, given)
    desk.caller, card = OTHER_DESK, blank()
    ticket = desk.begin(desk.issue_request(desk.family), card)
    card.write(ticket)
    with reading(desk.estate, DESK) as turn:
        [book] = [
            each
            for each in receiptbooks.books_of(turn, "张晓")
            if each.kind is BookKind.FORMAL_RECEIPT
        ]
    counted = SettleBookRequest(
        settle_id=new_id(), used=1, void=1, blank=998, total_fen=2000, note="对过"
    )
    receiptbooks.settle_book(desk.estate, with_cashier(DESK), book.book_id, counted)
    desk.caller = DESK
    desk.settle(ticket, card)  # no book at hand: owed without number, and numbered by the draw
    draw(desk, asked())
    return desk


def test_what_became_of_a_book_or_a_paper_stays_as_it_was_written_fee_23(busy: FrontDesk) -> None:
    engine = busy.estate.engine
    assert set(APPEND_ONLY) <= set(KEPT)
    for table in APPEND_ONLY:
        stored = Base.metadata.tables[table]
        with engine.connect() as link:
            before = link.execute(stored.select()).all()
        assert before, table
        column = next(iter(stored.columns))
        for statement in (stored.update().values({column: column}), stored.delete()):
            writer = engine.connect().execution_options(**{WRITER: True})
            with writer as link, pytest.raises(DBAPIError), link.begin():
                link.execute(statement)
        with engine.connect() as link:
            assert link.execute(stored.select()).all() == before
