"""The short lists and sums that the database keeps: they say what the rows they follow from say."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from sqlalchemy import text

from cardserver.db.engine import WRITER
from cardserver.db.schema import Base
from cardserver.db.tables_waiting import FOLLOWING
from cardserver.domain.document import PrintResult
from cardserver.domain.sale import TenderState
from cardserver.services import documents, filing, invoices, papers, selling, tendering
from cardserver.services.turn import reading
from cardserver.wire_copies import FilingRequest
from cardserver.wire_documents import DocumentView, HandoverRequest, PrintReport
from cardserver.wire_papers import InvoicesRequest, VoidPaperRequest
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import CancelRequest, ChangeRequest, RefundRequest, TenderRequest
from tests.databases.bookwork import INVOICES, complete
from tests.databases.frontdesk import DESK, KIOSK, FrontDesk, PlainCard, blank, new_id
from tests.databases.registerwork import sign_first_open

HUNDREDS = INVOICES[100_00]
_SINCE = import_module("cardserver.db.migrations.versions.0022_waiting").since


def kept(desk: FrontDesk) -> Mapping[str, list[tuple[Any, ...]]]:
    """What stands on every list."""
    with desk.estate.engine.connect() as connection:
        return {name: sorted(_rows(connection, name)) for name in FOLLOWING}


def made_anew(desk: FrontDesk) -> Mapping[str, list[tuple[Any, ...]]]:
    """What would stand there if each were made from the rows it follows from; nothing is kept."""
    found = {}
    with desk.estate.engine.connect().execution_options(**{WRITER: True}) as connection:
        outer = connection.begin()
        for name, filling in _SINCE(connection.dialect.name).items():
            connection.execute(text(f"DELETE FROM {name}"))  # noqa: S608 - names of ours
            connection.execute(text(filling))
            found[name] = sorted(_rows(connection, name))
        outer.rollback()
    return found


def _rows(connection: Any, name: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(Base.metadata.tables[name].select())]


def paper(desk: FrontDesk, card: PlainCard) -> DocumentView:
    [found] = desk.do(desk.issue_request(desk.owner), card).documents
    return found


def hand(desk: FrontDesk, found: DocumentView, how: str) -> None:
    out = PrintReport(print_id=new_id(), result=PrintResult.PRINTED)
    documents.record_print(desk.estate, DESK, found.document_id, out)
    complete(desk, found)
    request = HandoverRequest.model_validate({"handover_id": new_id(), "how": how})
    documents.hand_over(desk.estate, DESK, found.document_id, request)


def a_morning(desk: FrontDesk) -> None:
    """One of each: given and kept, signed and not, filed and not, voided, paid, on its way."""
    cards = [blank() for _ in range(4)]
    given, boxed, void, _ = (paper(desk, card) for card in cards)
    sign_first_open(desk.estate, DESK)
    hand(desk, given, "handed-over")
    hand(desk, boxed, "in-the-box")
    wrong = VoidPaperRequest.model_validate(
        {
            "void_id": new_id(),
            "reason": "姓名写法有变",
            "all_copies": True,
            "outcome": "wrong-paper",
        }
    )
    papers.void_paper(desk.estate, DESK, void.document_id, wrong)
    card = blank()
    view = desk.issue(desk.owner, card)
    [slip] = desk.do(desk.parking_request(view), card).documents
    desk.top_up(view, card)
    torn = tuple(HUNDREDS + place for place in range(3))
    request = InvoicesRequest(handing_id=new_id(), numbers=torn)
    invoices.give_invoices(desk.estate, DESK, slip.document_id, request)
    with reading(desk.estate, DESK) as turn:
        copy = filing.unfiled(turn)[0]
    filed = FilingRequest(filing_id=new_id(), folder="B117")
    filing.file_copy(desk.estate, DESK, copy.copy_id, filed)
    _money(desk)
    _notes(desk, view.number)


def _money(desk: FrontDesk) -> None:
    """A sale that waits for its card; two given up, the money of one of them handed back."""
    waiting, *given_up = (desk.open_sale(desk.issue_request(desk.family)).sale_id for _ in range(3))
    desk.pay(waiting, 50_00)
    desk.clock.forward(minutes=1)
    change = ChangeRequest(change_id=new_id(), amount_fen=30_00)
    selling.give_change(desk.estate, DESK, waiting, change)
    for sale in given_up:
        desk.pay(sale, 20_00)
        request = CancelRequest(cancel_id=new_id(), reason="反悔")
        selling.cancel_sale(desk.estate, DESK, sale, request)
    back = RefundRequest(refund_id=new_id(), amount_fen=20_00)
    selling.pay_refund(desk.estate, DESK, given_up[0], back)


def _notes(desk: FrontDesk, card_number: int) -> None:
    """Four notes at the kiosk: in, out again, on its way, and one that nobody can find."""
    desk.caller = KIOSK
    sale = desk.open_sale(TopUpRequest(card_number=card_number, months=2)).sale_id
    for end in (TenderState.CREDITED, TenderState.RETURNED, None, TenderState.UNKNOWN):
        note = {"tender_id": new_id(), "kind": "cash-note", "value_fen": 100_00}
        for state in (TenderState.ACCEPTING, end):
            if state is not None:
                step = TenderRequest.model_validate({**note, "state": state})
                tendering.tender(desk.estate, KIOSK, sale, step)
    desk.caller = DESK


def test_lists_that_the_database_keeps_say_what_the_rows_say_fee_32(desk: FrontDesk) -> None:
    a_morning(desk)
    found = kept(desk)
    assert found == made_anew(desk)
    assert {name: len(rows) for name, rows in found.items()} == {
        "unhanded": 5,  # three receipts, one of them for the void one, and two slips
        "uninvoiced": 1,
        "unsigned": 5,
        "unfiled": 5,
        "held": 3,
        "open_tender": 2,
        "earned": 2,
    }


def test_of_a_long_list_the_oldest_are_shown_and_all_are_counted_fee_32(desk: FrontDesk) -> None:
    cards = [blank() for _ in range(3)]
    numbers = [paper(desk, card).number for card in cards]
    owed = papers.owed(desk.estate, DESK, limit=2)
    assert [each.number for each in owed.not_printed] == numbers[:2]
    assert (owed.totals.not_printed, owed.totals.not_handed, owed.totals.invoices) == (3, 0, 0)
    of_nobody = papers.owed(desk.estate, DESK, operator="李明", limit=2)
    assert (of_nobody.not_printed, of_nobody.totals.not_printed) == ((), 0)
