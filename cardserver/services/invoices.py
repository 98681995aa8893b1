"""Quota invoices of equal value for parking money: torn off, linked to the card, once (PARK-07).

The desk tears them off after its own top-ups, and in exchange for a kiosk's slip (PARK-07a). Until
their numbers are on record the top-up stays on the list "invoice owed".
"""

from sqlalchemy import select

from cardserver.db.paperbooks import books_at_hand
from cardserver.db.tables import DocumentRow
from cardserver.db.tables_papers import InvoiceHandingRow, InvoiceRow, ReceiptBookRow
from cardserver.domain.document import DocumentKind
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.receiptbook import Book, BookKind, check_equal_value, proposed, torn_from
from cardserver.services.documents import check_valid
from cardserver.services.documentviews import view_of
from cardserver.services.errors import Conflict
from cardserver.services.receiptbooks import book_view
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_documents import DocumentContent, DocumentView
from cardserver.wire_papers import BookView, InvoiceProposal, InvoicesRequest, SpoilInvoiceRequest


def give_invoices(
    estate: Estate, caller: Caller, document_id: int, request: InvoicesRequest
) -> DocumentView:
    """Record the invoices torn off for a top-up; its slip is exchanged with that (PARK-07a).

    Raises:
        RuleViolation: ``invoices-differ`` in value, ``not-your-invoice``,
            ``invoice-out-of-order``; ``no-invoices`` for what is receipted otherwise (FEE-09).
        Conflict: ``invoices-given`` for a slip that was exchanged before, ``paper-void``.
    """
    with writing(estate, caller) as turn:
        row = turn.find(DocumentRow, document_id, "document")
        if not repeated(turn, request.handing_id, "give-invoices", request, about=document_id):
            turn.check_clock()
            _give(turn, row, request.numbers)
        return view_of(turn.session, row)


def _give(turn: Turn, row: DocumentRow, numbers: tuple[int, ...]) -> None:
    agent = turn.caller.authorised_by(Action.HAND_OUT_INVOICE)
    if row.kind is not DocumentKind.TOP_UP_SLIP:
        raise RuleViolation("no-invoices", rule="FEE-09")
    check_valid(turn.session, row)
    given = select(InvoiceHandingRow.id).where(InvoiceHandingRow.document_id == row.id)
    if turn.session.scalar(given) is not None:
        raise Conflict("invoices-given", "this slip was exchanged before", rule="PARK-07a")
    content = DocumentContent.model_validate(row.content)
    torn = torn_from(_books(turn, agent), numbers)
    check_equal_value(torn, content.total_fen)
    handing = turn.add(
        InvoiceHandingRow(document_id=row.id, total_fen=content.total_fen, **turn.made())
    )
    turn.session.add_all(
        _stub(turn, book, number, handing_id=handing.id, card_number=content.card_number)
        for book, number in torn
    )
    turn.note("give-invoices", f"{row.kind} {row.number}", f"card {content.card_number}")


def _stub(
    turn: Turn,
    book: Book,
    number: int,
    *,
    handing_id: int | None = None,
    card_number: int | None = None,
    spoilt: str = "",
) -> InvoiceRow:
    return InvoiceRow(
        book_id=book.book_id,
        number=number,
        local_date=turn.today,
        handing_id=handing_id,
        card_number=card_number,
        spoilt=spoilt,
        **turn.made(),
    )


def _books(turn: Turn, agent: str) -> list[Book]:
    """The agent's books of invoices, without those whose last one is dated later (FEE-28)."""
    books = books_at_hand(turn.session, agent, BookKind.QUOTA_INVOICE)
    return [book for book in books if book.may_be_dated(turn.today)]


def propose(estate: Estate, caller: Caller, document_id: int) -> InvoiceProposal:
    """Which of the agent's next invoices make up a slip's amount."""
    with reading(estate, caller) as turn:
        row = turn.find(DocumentRow, document_id, "document")
        paid_fen = DocumentContent.model_validate(row.content).total_fen
        return InvoiceProposal(numbers=proposed(_books(turn, caller.operator), paid_fen))


def spoil_invoice(estate: Estate, caller: Caller, request: SpoilInvoiceRequest) -> BookView:
    """The next invoice of a book is void: it keeps its number, and the next one may go (FEE-29).

    Raises RuleViolation ``not-your-invoice``, ``invoice-out-of-order``.
    """
    with writing(estate, caller) as turn:
        agent = turn.caller.authorised_by(Action.HAND_OUT_INVOICE)
        if not repeated(turn, request.spoil_id, "spoil-invoice", request):
            [(book, number)] = torn_from(_books(turn, agent), (request.number,))
            turn.add(_stub(turn, book, number, spoilt=request.reason))
            turn.note("spoil-invoice", f"{book.label} {number}", request.reason)
        return book_view(turn, _book_of(turn, request.number))


def _book_of(turn: Turn, number: int) -> ReceiptBookRow:
    statement = select(ReceiptBookRow).where(
        ReceiptBookRow.kind == BookKind.QUOTA_INVOICE,
        ReceiptBookRow.first <= number,
        ReceiptBookRow.last >= number,
    )
    return turn.session.scalars(statement).one()
