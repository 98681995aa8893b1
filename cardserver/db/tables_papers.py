"""Books of numbered paper and what became of each paper: signed, void, exchanged, in the box.

All rows but those of `UnprintedRow` are append-only: a number is never used again, and nothing
about a paper is altered.
"""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import Base, SaleRow, _Made
from cardserver.db.types import words
from cardserver.domain.document import DocumentKind
from cardserver.domain.receiptbook import BookKind, VoidOutcome
from cardserver.domain.signature import SignedHow

Index("ix_sale_operator_at", SaleRow.operator, SaleRow.at)
"""An agent's open sales are asked for before each new one (FEE-21)."""


class ReceiptBookRow(_Made, Base):
    """A book drawn from the cashier (FEE-21). `denomination_fen` is 0 for receipts."""

    __tablename__ = "receipt_book"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[BookKind] = mapped_column(words(BookKind, "kind"))
    label: Mapped[str] = mapped_column(String(60))
    first: Mapped[int]
    last: Mapped[int]
    denomination_fen: Mapped[int]
    drawn_by: Mapped[str] = mapped_column(String(60), index=True)
    handed_out_by: Mapped[str] = mapped_column(String(60))
    local_date: Mapped[date]
    __table_args__ = (
        UniqueConstraint("kind", "label"),
        CheckConstraint("last >= first AND first > 0", name="range"),
    )


class BookSettlementRow(_Made, Base):
    """A book went back and was counted by the cashier (FEE-25)."""

    __tablename__ = "book_settlement"
    book_id: Mapped[int] = mapped_column(ForeignKey("receipt_book.id"), primary_key=True)
    settled_by: Mapped[str] = mapped_column(String(60))
    local_date: Mapped[date]
    used: Mapped[int]
    void: Mapped[int]
    blank: Mapped[int]
    total_fen: Mapped[int]
    counted: Mapped[Any]
    note: Mapped[str] = mapped_column(String(400))


class UnnumberedPaperRow(_Made, Base):
    """A paper owed that found no number when its money was settled (FEE-32)."""

    __tablename__ = "unnumbered_paper"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DocumentKind]
    operation_id: Mapped[str | None] = mapped_column(ForeignKey("operation.id"), index=True)
    sale_id: Mapped[str | None] = mapped_column(ForeignKey("sale.id"))
    content: Mapped[Any]
    __table_args__ = (
        CheckConstraint("(operation_id IS NULL) <> (sale_id IS NULL)", name="stands"),
    )


class NumberedLaterRow(_Made, Base):
    """…and the paper that was made for it once there was a number."""

    __tablename__ = "numbered_later"
    unnumbered_id: Mapped[int] = mapped_column(ForeignKey("unnumbered_paper.id"), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), unique=True)


class DocumentSignatureRow(_Made, Base):
    """The payer signed (FEE-02): strokes of the pad, or on the paper itself."""

    __tablename__ = "document_signature"
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True)
    how: Mapped[SignedHow] = mapped_column(words(SignedHow, "how"))
    strokes: Mapped[str] = mapped_column(Text)


class DocumentVoidRow(_Made, Base):
    """A paper is void (FEE-23). Its number stays taken; `authorised_by` answered for it."""

    __tablename__ = "document_void"
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True)
    outcome: Mapped[VoidOutcome] = mapped_column(words(VoidOutcome, "outcome"))
    reason: Mapped[str] = mapped_column(String(400))
    copies: Mapped[str] = mapped_column(String(30))
    authorised_by: Mapped[str] = mapped_column(String(60))
    replaced_by: Mapped[int | None] = mapped_column(ForeignKey("document.id"))


class InvoiceHandingRow(_Made, Base):
    """Quota invoices of equal value went to the customer for a slip, once (PARK-07, PARK-07a)."""

    __tablename__ = "invoice_handing"
    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), unique=True)
    total_fen: Mapped[int]


class InvoiceRow(_Made, Base):
    """A quota invoice that left its book: for a card (PARK-07), or spoilt, with the reason."""

    __tablename__ = "invoice"
    book_id: Mapped[int] = mapped_column(ForeignKey("receipt_book.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    local_date: Mapped[date]
    handing_id: Mapped[int | None] = mapped_column(ForeignKey("invoice_handing.id"), index=True)
    card_number: Mapped[int | None] = mapped_column(index=True)
    spoilt: Mapped[str] = mapped_column(String(400))


class BoxEmptyingRow(_Made, Base):
    """The collection box was emptied against its list (FEE-05)."""

    __tablename__ = "box_emptying"
    id: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str] = mapped_column(String(400))


class BoxPaperRow(Base):
    """A paper that was found in the box when it was emptied."""

    __tablename__ = "box_paper"
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True)
    emptying_id: Mapped[int] = mapped_column(ForeignKey("box_emptying.id"), index=True)


class UnprintedRow(Base):
    """A valid paper that no printer proved to have come out.

    The database keeps this list by itself, from the papers, their events and voids.
    """

    __tablename__ = "unprinted"
    document_id: Mapped[int] = mapped_column(
        ForeignKey("document.id"), primary_key=True, autoincrement=False
    )


APPEND_ONLY = (
    "receipt_book",
    "book_settlement",
    "unnumbered_paper",
    "numbered_later",
    "document_signature",
    "document_void",
    "invoice_handing",
    "invoice",
    "box_emptying",
    "box_paper",
)
