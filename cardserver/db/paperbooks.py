"""Named questions about books of numbered paper, and about what became of papers."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from cardserver.db.books import NOT_VOIDED
from cardserver.db.mapping import charges_from
from cardserver.db.prepared import Prepared, PreparedRows
from cardserver.db.tables import (
    DocumentEventRow,
    DocumentRow,
    OperationRow,
    SaleEventRow,
    SaleRow,
    TenderRow,
)
from cardserver.db.tables_papers import (
    BookSettlementRow,
    BoxPaperRow,
    DocumentVoidRow,
    InvoiceRow,
    NumberedLaterRow,
    ReceiptBookRow,
    UnnumberedPaperRow,
    UnprintedRow,
)
from cardserver.db.tables_waiting import UnhandedRow, UninvoicedRow
from cardserver.domain.document import DocumentKind
from cardserver.domain.operation import OperationState
from cardserver.domain.receiptbook import Book, BookKind
from cardserver.domain.tariff import document_kinds

UNPRINTED: Final = select(UnprintedRow.document_id)
UNHANDED: Final = select(UnhandedRow.document_id)
UNINVOICED: Final = select(UninvoicedRow.document_id)
"""Lists that the database keeps (`cardserver.db.tables_waiting`); no void paper stands there."""

PRINTED_UNHANDED: Final = UNHANDED.where(UnhandedRow.document_id.not_in(UNPRINTED))

HANDED_OVER = "handed-over"
IN_THE_BOX = "in-the-box"
_BOXED: Final[ColumnElement[str]] = literal_column(f"'{IN_THE_BOX}'")
"""Written out, so that SQLite sees that the index over such events fits."""


# --- books ---------------------------------------------------------------------------------------


def unsettled(
    session: Session, *, operator: str | None = None, kind: BookKind | None = None
) -> Sequence[ReceiptBookRow]:
    """Books that are with an agent, drawn first first."""
    settled = select(BookSettlementRow.book_id)
    statement = select(ReceiptBookRow).where(ReceiptBookRow.id.not_in(settled))
    if operator is not None:
        statement = statement.where(ReceiptBookRow.drawn_by == operator)
    if kind is not None:
        statement = statement.where(ReceiptBookRow.kind == kind)
    return session.scalars(statement.order_by(ReceiptBookRow.id)).all()


_AT_HAND: Final = PreparedRows(
    ReceiptBookRow,
    select(ReceiptBookRow)
    .where(
        ReceiptBookRow.id.not_in(select(BookSettlementRow.book_id)),
        ReceiptBookRow.drawn_by == bindparam("operator"),
        ReceiptBookRow.kind == bindparam("book_kind"),
    )
    .order_by(ReceiptBookRow.id),
)


_WRITTEN_LAST: Final = (
    select(func.max(DocumentRow.number))
    .where(
        DocumentRow.kind == DocumentKind.FORMAL_RECEIPT,
        DocumentRow.number.between(ReceiptBookRow.first, ReceiptBookRow.last),
    )
    .scalar_subquery()
)
_RECEIPTS_AT_HAND: Final = Prepared(
    select(
        ReceiptBookRow.id.label("book_id"),
        ReceiptBookRow.kind,
        ReceiptBookRow.label,
        ReceiptBookRow.first,
        ReceiptBookRow.last,
        ReceiptBookRow.denomination_fen,
        DocumentRow.number.label("used_to"),
        DocumentRow.local_date.label("last_date"),
    )
    .outerjoin(
        DocumentRow,
        and_(
            DocumentRow.kind == DocumentKind.FORMAL_RECEIPT,
            DocumentRow.number == _WRITTEN_LAST.correlate(ReceiptBookRow),
        ),
    )
    .where(
        ReceiptBookRow.id.not_in(select(BookSettlementRow.book_id)),
        ReceiptBookRow.drawn_by == bindparam("operator"),
        ReceiptBookRow.kind == BookKind.FORMAL_RECEIPT,
    )
    .order_by(ReceiptBookRow.id)
)
"""Asked before every sale and after it, so each book comes with its last number and its date."""


def books_at_hand(session: Session, operator: str, kind: BookKind) -> tuple[Book, ...]:
    """An agent's unsettled books of a kind and how far each is used."""
    if kind is BookKind.FORMAL_RECEIPT:
        found = _RECEIPTS_AT_HAND.rows(session, operator=operator)
        return tuple(Book(**each._asdict()) for each in found)
    rows = _AT_HAND.all(session, operator=operator, book_kind=kind)
    return tuple(book_of(session, row) for row in rows)


def book_of(session: Session, row: ReceiptBookRow) -> Book:
    """A drawn book as the rules see it."""
    used_to, last_date = _used_to(session, row)
    return Book(
        book_id=row.id,
        kind=row.kind,
        label=row.label,
        first=row.first,
        last=row.last,
        denomination_fen=row.denomination_fen,
        used_to=used_to,
        last_date=last_date,
    )


_LAST_TORN: Final = Prepared(
    select(InvoiceRow.number, InvoiceRow.local_date)
    .where(InvoiceRow.book_id == bindparam("book"))
    .order_by(InvoiceRow.number.desc())
    .limit(1)
)
_LAST_WRITTEN: Final = Prepared(
    select(DocumentRow.number, DocumentRow.local_date)
    .where(
        DocumentRow.kind == DocumentKind.FORMAL_RECEIPT,
        DocumentRow.number.between(bindparam("low"), bindparam("high")),
    )
    .order_by(DocumentRow.number.desc())
    .limit(1)
)


def _used_to(session: Session, row: ReceiptBookRow) -> tuple[int | None, date | None]:
    """The number used last, and its date: in a book both only rise."""
    if row.kind is BookKind.QUOTA_INVOICE:
        found = _LAST_TORN.first(session, book=row.id)
    else:
        found = _LAST_WRITTEN.first(session, low=row.first, high=row.last)
    return (None, None) if found is None else (found[0], found[1])


def _within(row: ReceiptBookRow) -> ColumnElement[bool]:
    return and_(
        DocumentRow.kind == DocumentKind.FORMAL_RECEIPT,
        DocumentRow.number.between(row.first, row.last),
    )


def in_another_book(session: Session, kind: BookKind, first: int, last: int) -> bool:
    """True when a number of the range is in a book on file, or on a paper already."""
    taken = exists().where(
        ReceiptBookRow.kind == kind, ReceiptBookRow.first <= last, ReceiptBookRow.last >= first
    )
    if kind is BookKind.FORMAL_RECEIPT:
        used = exists().where(DocumentRow.kind == kind, DocumentRow.number.between(first, last))
        return bool(session.scalar(select(or_(taken, used))))
    return bool(session.scalar(select(taken)))


def papers_in(session: Session, row: ReceiptBookRow) -> tuple[int, int, int]:
    """Valid papers of a book, void ones, and the fen of the valid ones."""
    if row.kind is BookKind.QUOTA_INVOICE:
        spoilt = func.count().filter(InvoiceRow.spoilt != "")
        counts = select(func.count(), spoilt).where(InvoiceRow.book_id == row.id)
        total, void = session.execute(counts).one()
        return total - void, void, (total - void) * row.denomination_fen
    papers = select(DocumentRow.content, DocumentVoidRow.document_id).outerjoin(
        DocumentVoidRow, DocumentVoidRow.document_id == DocumentRow.id
    )
    rows = session.execute(papers.where(_within(row))).all()
    valid = [content for content, voided in rows if voided is None]
    return len(valid), len(rows) - len(valid), sum(int(each["total_fen"]) for each in valid)


_PROMISED: Final = Prepared(
    select(SaleRow.charges).where(
        SaleRow.operator == bindparam("operator"),
        SaleRow.at >= bindparam("since"),
        or_(SaleRow.at >= bindparam("today"), exists().where(TenderRow.sale_id == SaleRow.id)),
        ~exists().where(SaleEventRow.sale_id == SaleRow.id),
        ~exists().where(
            OperationRow.sale_id == SaleRow.id,
            OperationRow.state != NOT_VOIDED,
            OperationRow.state == OperationState.SETTLED,
        ),
    )
)


def receipts_promised(session: Session, operator: str, *, since: datetime, today: datetime) -> int:
    """Open sales of an agent that will need a formal receipt each (FEE-21).

    Of those begun before `today` only what holds money counts, and nothing before `since`.
    """
    promised = _PROMISED.values(session, operator=operator, since=since, today=today)
    kinds = (document_kinds(charges_from(charges)) for charges in promised)
    return sum(DocumentKind.FORMAL_RECEIPT in each for each in kinds)


# --- what waits ----------------------------------------------------------------------------------


def not_handed(
    session: Session, *, station: str | None = None, operator: str | None = None
) -> Sequence[DocumentRow]:
    """Papers of the desks that nobody handed over or put in the box yet, oldest first.

    A machine's slip is in the holder's hand as soon as it is out.
    """
    return session.scalars(_of(_papers(UNHANDED), station, operator)).all()


def not_printed(
    session: Session, *, station: str | None = None, operator: str | None = None
) -> Sequence[DocumentRow]:
    """Papers no printer proved to have come out, oldest first."""
    return session.scalars(_of(_papers(UNPRINTED), station, operator)).all()


def first_waiting(
    session: Session,
    waiting: Select[int],
    *,
    station: str | None = None,
    operator: str | None = None,
    limit: int | None = None,
) -> tuple[Sequence[DocumentRow], int]:
    """The first papers of one of the lists above, oldest first, and how many there are."""
    if station is None and operator is None:
        total = session.scalar(select(func.count()).select_from(waiting.subquery()))
        oldest = waiting.order_by(waiting.selected_columns[0]).limit(limit)
        found = session.scalars(_papers(oldest).order_by(DocumentRow.id)).all()
        return found, total or 0
    statement = _of(_papers(waiting), station, operator)
    total = session.scalar(select(func.count()).select_from(statement.subquery()))
    return session.scalars(statement.limit(limit)).all(), total or 0


def _papers(listed: Select[int]) -> Select[DocumentRow]:
    """The papers of a list; the list is read first, however few stand there."""
    return select(DocumentRow).where(DocumentRow.id.in_(listed))


def _of(
    statement: Select[DocumentRow], station: str | None, operator: str | None
) -> Select[DocumentRow]:
    if station is not None:
        statement = statement.where(DocumentRow.station == station)
    if operator is not None:
        statement = statement.where(DocumentRow.operator == operator)
    return statement.order_by(DocumentRow.id)


def unnumbered(
    session: Session, *, station: str | None = None, operator: str | None = None
) -> Sequence[UnnumberedPaperRow]:
    """Papers that still have no number, oldest first."""
    numbered = select(NumberedLaterRow.unnumbered_id)
    statement = select(UnnumberedPaperRow).where(UnnumberedPaperRow.id.not_in(numbered))
    if station is not None:
        statement = statement.where(UnnumberedPaperRow.station == station)
    if operator is not None:
        statement = statement.where(UnnumberedPaperRow.operator == operator)
    return session.scalars(statement.order_by(UnnumberedPaperRow.id)).all()


def in_the_box(session: Session) -> Sequence[DocumentRow]:
    """Papers that lie in the collection box now, by number (FEE-05)."""
    fetched = aliased(DocumentEventRow)
    boxed = select(DocumentEventRow.document_id).where(
        DocumentEventRow.event == _BOXED,
        ~exists().where(
            fetched.document_id == DocumentEventRow.document_id,
            fetched.id > DocumentEventRow.id,
            fetched.event == HANDED_OVER,
        ),
    )
    emptied = exists().where(BoxPaperRow.document_id == DocumentRow.id)
    statement = _papers(boxed).where(~emptied)
    return session.scalars(statement.order_by(DocumentRow.kind, DocumentRow.number)).all()


def sales_of_paper(session: Session, number: int) -> Sequence[str]:
    """The sales of which a paper bears this number; each kind of paper has a row of its own."""
    of_sale = func.coalesce(DocumentRow.sale_id, OperationRow.sale_id)
    statement = (
        select(of_sale)
        .outerjoin(OperationRow, OperationRow.id == DocumentRow.operation_id)
        .where(DocumentRow.number == number, of_sale.is_not(None))
        .order_by(DocumentRow.id)
    )
    return session.scalars(statement).all()
