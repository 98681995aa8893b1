"""Short lists of what waits, and sums, so that no page looks through years of rows for them.

The database keeps all of it itself, by triggers on the append-only tables it follows from
(migration 0022): nobody who writes there can forget it, and whoever reads finds what those tables
say. Nothing refers to these rows, and all of them could be made anew.
"""

from datetime import date
from typing import Final

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import (
    UUID_SIZE,
    Base,
    CardRow,
    DocumentEventRow,
    HolderRow,
    OperationRow,
    RightRow,
)
from cardserver.db.types import words
from cardserver.domain.sale import TenderState


class UnhandedRow(Base):
    """A valid paper of a desk that nobody handed over or put in the box (FEE-05, FEE-32)."""

    __tablename__ = "unhanded"
    document_id: Mapped[int] = mapped_column(
        ForeignKey("document.id"), primary_key=True, autoincrement=False
    )


class UninvoicedRow(Base):
    """A valid slip of a top-up whose quota invoices the holder has not got yet (PARK-07)."""

    __tablename__ = "uninvoiced"
    document_id: Mapped[int] = mapped_column(
        ForeignKey("document.id"), primary_key=True, autoincrement=False
    )


class UnsignedRow(Base):
    """A row of the register that somebody is still to sign (IC-07a)."""

    __tablename__ = "unsigned"
    number: Mapped[int] = mapped_column(
        ForeignKey("register_row.number"), primary_key=True, autoincrement=False
    )


class UnfiledRow(Base):
    """A copy of a paper that lies in no folder yet (PARK-08a)."""

    __tablename__ = "unfiled"
    copy_id: Mapped[str] = mapped_column(ForeignKey("paper_copy.id"), primary_key=True)


class HeldRow(Base):
    """A sale for which we hold or owe money: what stands on the payer's account, and as a refund.

    Debit positive, as in the ledger; a sale whose two sums are zero is not listed.
    """

    __tablename__ = "held"
    sale_id: Mapped[str] = mapped_column(String(UUID_SIZE), ForeignKey("sale.id"), primary_key=True)
    payer_fen: Mapped[int]
    payable_fen: Mapped[int]


class OpenTenderRow(Base):
    """A payment without an end: on its way, or nobody knows where it is."""

    __tablename__ = "open_tender"
    tender_id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    state: Mapped[TenderState] = mapped_column(words(TenderState, "state"))
    sale_id: Mapped[str] = mapped_column(ForeignKey("sale.id"))


class EarnedRow(Base):
    """What was earned on a local day of the estate, by account of the ledger (CAL-01c)."""

    __tablename__ = "earned"
    day: Mapped[date] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(120), primary_key=True)
    amount_fen: Mapped[int]


_DEAD = text("status <> 'live'")
_BOXED = text("event = 'in-the-box'")
_FORMATS = text("kind = 'format'")

# What charts, reminders and the desk's lists look up in tables of the spine.
Index("ix_card_holder", CardRow.holder_id, CardRow.status)
Index("ix_card_dead", CardRow.number, sqlite_where=_DEAD, postgresql_where=_DEAD)
Index("ix_right_ending", RightRow.after_last, RightRow.kind, RightRow.card_number)
Index("ix_holder_class", HolderRow.holder_class, HolderRow.lease_end)
Index(
    "ix_document_event_boxed",
    DocumentEventRow.document_id,
    sqlite_where=_BOXED,
    postgresql_where=_BOXED,
)
Index("ix_operation_format", OperationRow.id, sqlite_where=_FORMATS, postgresql_where=_FORMATS)

FOLLOWING: Final = (
    "unhanded",
    "uninvoiced",
    "unsigned",
    "unfiled",
    "held",
    "open_tender",
    "earned",
)
"""Tables that the database fills, and nobody else."""
