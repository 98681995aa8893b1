"""Rows of the quarter's review, of blank cards, of the working-day calendar and of the queue.

What was computed, signed and seen is never changed: each step is a row of its own.
"""

from datetime import date
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import (
    UUID_SIZE,
    Base,
    CardRow,
    DocumentRow,
    LedgerEntryRow,
    OperationEventRow,
    _Made,
)
from cardserver.db.types import words
from cardserver.domain.review import Decision, StockMove

_TEXT: Final = 400
_WORD: Final = 60


class QuarterReviewRow(_Made, Base):
    """What was computed for a quarter at one moment (IC-20a). Append-only.

    `figures` are the nine parts' numbers, `quarter_line` its lists; `digest` is taken over both.
    """

    __tablename__ = "quarter_review"
    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    quarter: Mapped[int]
    request_id: Mapped[str] = mapped_column(String(UUID_SIZE), unique=True)
    figures: Mapped[Any]
    lines: Mapped[int]
    digest: Mapped[bytes]
    __table_args__ = (Index("ix_quarter_review_quarter", "year", "quarter"),)


class QuarterLineRow(Base):
    """One card or paper that a part of a review lists. Append-only."""

    __tablename__ = "quarter_line"
    review_id: Mapped[int] = mapped_column(ForeignKey("quarter_review.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    part: Mapped[str] = mapped_column(String(30))
    card_number: Mapped[int | None] = mapped_column(index=True)
    holder_id: Mapped[int | None]
    content: Mapped[Any]
    __table_args__ = (Index("ix_quarter_line_part", "review_id", "part", "line"),)


class QuarterSignatureRow(_Made, Base):
    """The front-desk head's signature, with the hand count: the review is frozen. Append-only.

    A second version of a quarter refers to the one before it. `see_by` is the last day for the
    department head; `digest` covers the review, what was said of it, and the version before.
    """

    __tablename__ = "quarter_signature"
    review_id: Mapped[int] = mapped_column(
        ForeignKey("quarter_review.id"), primary_key=True, autoincrement=False
    )
    year: Mapped[int]
    quarter: Mapped[int]
    version: Mapped[int]
    refers_to: Mapped[int | None] = mapped_column(
        ForeignKey("quarter_signature.review_id"), unique=True
    )
    counted: Mapped[int]
    explanations: Mapped[Any]
    signed_by: Mapped[str] = mapped_column(String(_WORD))
    see_by: Mapped[date]
    digest: Mapped[bytes]
    __table_args__ = (UniqueConstraint("year", "quarter", "version"),)


class QuarterSeenRow(_Made, Base):
    """The department head has seen a signed review. Append-only."""

    __tablename__ = "quarter_seen"
    review_id: Mapped[int] = mapped_column(
        ForeignKey("quarter_signature.review_id"), primary_key=True, autoincrement=False
    )
    seen_by: Mapped[str] = mapped_column(String(_WORD))
    late: Mapped[bool]
    remark: Mapped[str] = mapped_column(String(_TEXT))


class CardDecisionRow(_Made, Base):
    """The head's decision on a card that a review lists. Append-only; the latest counts."""

    __tablename__ = "card_decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("quarter_review.id"), index=True)
    card_number: Mapped[int] = mapped_column(ForeignKey("card.number"), index=True)
    decision: Mapped[Decision] = mapped_column(words(Decision, "decision"))
    reason: Mapped[str] = mapped_column(String(_TEXT))
    decided_by: Mapped[str] = mapped_column(String(_WORD))


class CardStockRow(_Made, Base):
    """Blank cards that came or went without an operation. Append-only.

    `amount` is how many, one at least; `day` the local day it counts from.
    """

    __tablename__ = "card_stock"
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    move: Mapped[StockMove] = mapped_column(words(StockMove, "move"))
    amount: Mapped[int]
    reason: Mapped[str] = mapped_column(String(_TEXT))
    done_by: Mapped[str] = mapped_column(String(_WORD))
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)


class WorkYearRow(_Made, Base):
    """A year of the working-day calendar as the estate put it on file (CAL-04a)."""

    __tablename__ = "work_year"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(_TEXT))
    holidays: Mapped[Any]
    make_ups: Mapped[Any]


class QueueEventRow(_Made, Base):
    """The queue alarm rang, or a second desk was opened (FEE-06a). Append-only."""

    __tablename__ = "queue_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(String(30))
    waiting: Mapped[int]
    threshold: Mapped[int]


# What reviews, reminders and charts look up in tables of the spine.
Index("ix_card_issued_at", CardRow.issued_at)
Index("ix_document_local_date", DocumentRow.local_date)
Index("ix_ledger_entry_at", LedgerEntryRow.at)
Index("ix_operation_event_at", OperationEventRow.at)

APPEND_ONLY = (
    "quarter_review",
    "quarter_line",
    "quarter_signature",
    "quarter_seen",
    "card_decision",
    "card_stock",
    "queue_event",
)
"""Tables whose rows the database itself keeps from being changed or deleted."""
