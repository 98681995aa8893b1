"""Books of numbered paper: drawn from the cashier, used up, and settled with the cashier.

The server knows who is who: the agent has the right to draw, the cashier to hand out and to take
back; one of them signed in at the desk, the other gave his own credential for this one step.
"""

from sqlalchemy import select

from cardserver.db.paperbooks import (
    book_of,
    books_at_hand,
    in_another_book,
    papers_in,
    unnumbered,
    unsettled,
)
from cardserver.db.tables import DocumentRow
from cardserver.db.tables_papers import (
    BookSettlementRow,
    InvoiceHandingRow,
    InvoiceRow,
    NumberedLaterRow,
    ReceiptBookRow,
    UnnumberedPaperRow,
)
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.receiptbook import (
    BookKind,
    check_book,
    check_may_draw,
    check_settlement,
    check_two_people,
    numbers_left,
)
from cardserver.services.documentviews import view_of
from cardserver.services.errors import Conflict
from cardserver.services.numbering import number_for, receipts_promised_by
from cardserver.services.owing import issue
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_documents import DocumentContent, DocumentView
from cardserver.wire_papers import (
    BookList,
    BookView,
    DrawBookRequest,
    NumberRequest,
    SettleBookRequest,
    StubLine,
    StubList,
)


def draw_book(estate: Estate, caller: Caller, request: DrawBookRequest) -> BookView:
    """A book goes from the cashier to the agent; papers owed without number get theirs at once.

    Raises:
        RuleViolation: ``two-books``, ``book-two-people``, ``book-range``, ``book-value``.
        Conflict: ``book-known``, or ``numbers-known`` where another book has one of them.
        NotPermitted: one of the two people is missing.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.draw_id, "draw-book", request):
            turn.check_clock()
            _draw(turn, request)
        return book_view(turn, _book_named(turn, request.kind, request.label))


def _draw(turn: Turn, request: DrawBookRequest) -> None:
    giver = turn.caller.authorised_by(Action.HAND_OUT_BOOK)
    receiver = turn.caller.authorised_by(Action.DRAW_BOOK)
    check_two_people(giver, receiver)
    check_book(request.kind, request.first, request.last, request.denomination_fen)
    held = unsettled(turn.session, operator=receiver, kind=request.kind)
    check_may_draw(request.kind, len(held))
    _check_new(turn, request)
    turn.add(
        ReceiptBookRow(
            kind=request.kind,
            label=request.label,
            first=request.first,
            last=request.last,
            denomination_fen=request.denomination_fen,
            drawn_by=receiver,
            handed_out_by=giver,
            local_date=turn.today,
            **turn.made(),
        )
    )
    turn.note("draw-book", f"{request.kind} {request.label}", f"{giver} → {receiver}")
    if receiver == turn.caller.operator:
        for row in unnumbered(turn.session, operator=receiver):
            _number(turn, row)


def _check_new(turn: Turn, request: DrawBookRequest) -> None:
    known = select(ReceiptBookRow.id).where(
        ReceiptBookRow.kind == request.kind, ReceiptBookRow.label == request.label
    )
    if turn.session.scalar(known) is not None:
        raise Conflict("book-known", "a book of this number is on file", rule="FEE-21")
    if in_another_book(turn.session, request.kind, request.first, request.last):
        raise Conflict("numbers-known", "another book holds one of these numbers", rule="FEE-21")


def settle_book(
    estate: Estate, caller: Caller, book_id: int, request: SettleBookRequest
) -> BookView:
    """A book goes back: used, void and blank papers and the money against what is on file (FEE-25).

    Raises:
        RuleViolation: ``book-two-people``; ``book-differs`` without a note; ``book-needed`` while
            an open sale of the agent counts on its numbers.
        Conflict: ``book-settled``.
    """
    with writing(estate, caller) as turn:
        row = turn.find(ReceiptBookRow, book_id, "book")
        if not repeated(turn, request.settle_id, "settle-book", request, about=book_id):
            _settle(turn, row, request)
        return book_view(turn, row)


def _settle(turn: Turn, row: ReceiptBookRow, request: SettleBookRequest) -> None:
    cashier = turn.caller.authorised_by(Action.HAND_OUT_BOOK)
    check_two_people(cashier, row.drawn_by, "FEE-25")
    if turn.session.get(BookSettlementRow, row.id) is not None:
        raise Conflict("book-settled", "this book went back before", rule="FEE-25")
    _check_not_needed(turn, row)
    used, void, total_fen = papers_in(turn.session, row)
    blank = book_of(turn.session, row).left
    note = request.note or ""
    counted = (request.used, request.void, request.blank, request.total_fen)
    check_settlement(counted=counted, known=(used, void, blank, total_fen), note=note)
    turn.add(
        BookSettlementRow(
            book_id=row.id,
            settled_by=cashier,
            local_date=turn.today,
            used=used,
            void=void,
            blank=blank,
            total_fen=total_fen,
            counted=list(counted),
            note=note,
            **turn.made(),
        )
    )
    turn.note("settle-book", f"{row.kind} {row.label}", f"{used} {void} {blank} {total_fen} {note}")


def _check_not_needed(turn: Turn, row: ReceiptBookRow) -> None:
    if row.kind is not BookKind.FORMAL_RECEIPT:
        return
    promised = receipts_promised_by(turn, row.drawn_by)
    others = [
        book
        for book in books_at_hand(turn.session, row.drawn_by, BookKind.FORMAL_RECEIPT)
        if book.book_id != row.id
    ]
    if promised and numbers_left(others, turn.today) < promised:
        raise RuleViolation("book-needed", rule="FEE-32")


def books(estate: Estate, caller: Caller, *, settled: bool = False) -> BookList:
    """Books with agents, drawn first first; with `settled` the latest that went back too."""
    with reading(estate, caller) as turn:
        rows = list(unsettled(turn.session))
        if settled:
            rows += _settled(turn)
        return BookList(books=tuple(book_view(turn, row) for row in rows))


def _settled(turn: Turn, limit: int = 50) -> list[ReceiptBookRow]:
    statement = (
        select(ReceiptBookRow)
        .join(BookSettlementRow, BookSettlementRow.book_id == ReceiptBookRow.id)
        .order_by(BookSettlementRow.at.desc(), ReceiptBookRow.id.desc())
        .limit(limit)
    )
    return list(turn.session.scalars(statement))


def books_of(turn: Turn, operator: str) -> tuple[BookView, ...]:
    """The books an agent holds, for counts and spot checks (FEE-33, FEE-35)."""
    return tuple(book_view(turn, row) for row in unsettled(turn.session, operator=operator))


def book_view(turn: Turn, row: ReceiptBookRow) -> BookView:
    """A book as it stands."""
    book = book_of(turn.session, row)
    used, void, total_fen = papers_in(turn.session, row)
    settlement = turn.session.get(BookSettlementRow, row.id)
    return BookView(
        book_id=row.id,
        kind=row.kind,
        label=row.label,
        first=row.first,
        last=row.last,
        denomination_fen=row.denomination_fen,
        drawn_by=row.drawn_by,
        handed_out_by=row.handed_out_by,
        drawn_on=row.local_date,
        next_number=book.next_number,
        used=used,
        void=void,
        blank=book.left,
        total_fen=total_fen,
        settled_on=None if settlement is None else settlement.local_date,
        settled_by="" if settlement is None else settlement.settled_by,
        note="" if settlement is None else settlement.note,
    )


def _book_named(turn: Turn, kind: BookKind, label: str) -> ReceiptBookRow:
    statement = select(ReceiptBookRow).where(
        ReceiptBookRow.kind == kind, ReceiptBookRow.label == label
    )
    return turn.session.scalars(statement).one()


def stubs(estate: Estate, caller: Caller, book_id: int) -> StubList:
    """The stub list of a book of quota invoices: each number and its card (PARK-07)."""
    with reading(estate, caller) as turn:
        book = turn.find(ReceiptBookRow, book_id, "book")
        statement = (
            select(InvoiceRow, DocumentRow.number)
            .outerjoin(InvoiceHandingRow, InvoiceHandingRow.id == InvoiceRow.handing_id)
            .outerjoin(DocumentRow, DocumentRow.id == InvoiceHandingRow.document_id)
            .where(InvoiceRow.book_id == book.id)
            .order_by(InvoiceRow.number)
        )
        return StubList(
            lines=tuple(
                StubLine(
                    number=row.number,
                    value_fen=book.denomination_fen,
                    card_number=row.card_number,
                    slip=slip,
                    operator=row.operator,
                    at=row.at,
                    spoilt=row.spoilt,
                )
                for row, slip in turn.session.execute(statement)
            )
        )


# --- papers that were owed without number --------------------------------------------------------


def number_paper(
    estate: Estate, caller: Caller, unnumbered_id: int, request: NumberRequest
) -> DocumentView:
    """Give a paper owed without number the next one of the agent's book (FEE-32).

    Raises RuleViolation ``no-receipt-book``.
    """
    with writing(estate, caller) as turn:
        row = turn.find(UnnumberedPaperRow, unnumbered_id, "unnumbered-paper")
        repeated(turn, request.number_id, "number-paper", request, about=unnumbered_id)
        numbered = turn.session.get(NumberedLaterRow, unnumbered_id)
        if numbered is None and not _number(turn, row):
            raise RuleViolation("no-receipt-book", rule="FEE-21")
        document_id = turn.session.get_one(NumberedLaterRow, unnumbered_id).document_id
        return view_of(turn.session, turn.find(DocumentRow, document_id, "document"))


def _number(turn: Turn, row: UnnumberedPaperRow) -> bool:
    number = number_for(turn, row.kind)
    if number is None:
        return False
    paper = issue(
        turn,
        kind=row.kind,
        number=number,
        content=DocumentContent.model_validate(row.content),
        operation_id=row.operation_id,
        sale_id=row.sale_id,
    ).row
    turn.add(NumberedLaterRow(unnumbered_id=row.id, document_id=paper.id, **turn.made()))
    return True
