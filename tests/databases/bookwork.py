"""Books of numbered paper for callers of a test: drawn, as rows and without ceremony."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from cardserver.db.tables_papers import ReceiptBookRow
from cardserver.domain.permits import Action
from cardserver.domain.receiptbook import BookKind
from cardserver.domain.signature import SignedHow
from cardserver.services import documents, receiptbooks
from cardserver.services.turn import Caller, Leave, Turn
from cardserver.wire_documents import DocumentView
from cardserver.wire_papers import BookView, DrawBookRequest, SealRequest, SignPaperRequest

if TYPE_CHECKING:
    from tests.databases.frontdesk import FrontDesk

CASHIER: Final = "钱静"
PAGES: Final = 1000
INVOICES: Final = {100_00: 5_000_001, 10_00: 6_000_001, 1_00: 7_000_001}
"""First invoice of the first caller's book, by value in fen."""


def draw_books(turn: Turn, callers: Sequence[Caller]) -> None:
    """A book of receipts and three of quota invoices for each caller."""
    for place, caller in enumerate(callers):
        turn.session.add(_book(turn, caller, BookKind.FORMAL_RECEIPT, 0, 1 + place * 10_000))
        for value_fen, first in INVOICES.items():
            start = first + place * 10_000
            turn.session.add(_book(turn, caller, BookKind.QUOTA_INVOICE, value_fen, start))
    turn.session.flush()


def _book(turn: Turn, caller: Caller, kind: BookKind, value_fen: int, first: int) -> ReceiptBookRow:
    return ReceiptBookRow(
        kind=kind,
        label=f"{first}",
        first=first,
        last=first + PAGES - 1,
        denomination_fen=value_fen,
        drawn_by=caller.operator,
        handed_out_by=CASHIER,
        local_date=turn.today,
        at=turn.now,
        station=caller.station,
        operator=caller.operator,
    )


def complete(desk: "FrontDesk", paper: DocumentView) -> DocumentView:
    """Copy 2 is sealed, and the payer has signed it."""
    where = (desk.estate, desk.caller, paper.document_id)
    documents.seal(*where, SealRequest(seal_id=str(uuid4())))
    signed = SignPaperRequest(sign_id=str(uuid4()), how=SignedHow.PAPER)
    return documents.sign(*where, signed)


def with_cashier(caller: Caller) -> Caller:
    """The cashier stands beside the agent and gives her own credential."""
    leave = Leave(leave_id="cashier", action=Action.HAND_OUT_BOOK, name=CASHIER)
    return replace(caller, leave=leave)


def asked(label: str = "31", first: int = 310_001, last: int = 310_050) -> DrawBookRequest:
    """A book of receipts to draw."""
    kind = BookKind.FORMAL_RECEIPT
    return DrawBookRequest(draw_id=str(uuid4()), kind=kind, label=label, first=first, last=last)


def draw(desk: "FrontDesk", request: DrawBookRequest, caller: Caller | None = None) -> BookView:
    """Draw it from the cashier."""
    return receiptbooks.draw_book(desk.estate, caller or with_cashier(desk.caller), request)
