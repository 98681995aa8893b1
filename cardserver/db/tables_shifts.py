"""Shifts and what belongs to them: counts, movements of the drawer, Z reports, spot checks.

All but the shift's own state is append-only.
"""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base, _Made
from cardserver.db.types import words
from cardserver.domain.drawer import DrawerKind
from cardserver.domain.shift import ShiftState, SuspenseOutcome

_OPEN = text("state = 'open'")
_HASH = 32


class ShiftRow(_Made, Base):
    """One operator's money at one desk; `at` is its opening. Only `state` changes, once."""

    __tablename__ = "shift"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    state: Mapped[ShiftState] = mapped_column(words(ShiftState, "state"))
    float_notes: Mapped[Any]
    float_fen: Mapped[int]
    __table_args__ = (
        Index(
            "uq_shift_open",
            "station",
            "operator",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        CheckConstraint("float_fen >= 0", name="float"),
    )


class ShiftBookingRow(Base):
    """In which shift an entry of the ledger was made. Append-only."""

    __tablename__ = "shift_booking"
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("ledger_entry.id"), primary_key=True, autoincrement=False
    )
    shift_id: Mapped[str] = mapped_column(ForeignKey("shift.id"), index=True)


class DrawerEntryRow(_Made, Base):
    """A numbered movement of a shift's money beside its sales. Append-only; see `domain.drawer`.

    `person` is who stood on the other side, `approved_by` whose office allowed it, `signed` where
    the recipient's signature is, `detail` what belongs to the kind.
    """

    __tablename__ = "drawer_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DrawerKind] = mapped_column(words(DrawerKind, "kind"))
    number: Mapped[int]
    shift_id: Mapped[str | None] = mapped_column(ForeignKey("shift.id"), index=True)
    amount_fen: Mapped[int]
    person: Mapped[str] = mapped_column(String(60))
    approved_by: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(400))
    signed: Mapped[str] = mapped_column(String(60))
    detail: Mapped[Any]
    __table_args__ = (UniqueConstraint("kind", "number"),)


class DrawerLineRow(Base):
    """One side of a movement, debit positive. Append-only."""

    __tablename__ = "drawer_line"
    entry_id: Mapped[int] = mapped_column(ForeignKey("drawer_entry.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(String(120), index=True)
    amount_fen: Mapped[int]
    __table_args__ = (CheckConstraint("amount_fen <> 0", name="amount"),)


class ShiftCountRow(_Made, Base):
    """The drawer was counted, before its operator was told what should lie in it. Append-only."""

    __tablename__ = "shift_count"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    shift_id: Mapped[str] = mapped_column(ForeignKey("shift.id"), index=True)
    sequence: Mapped[int]
    notes: Mapped[Any]
    counted_fen: Mapped[int]
    expected_fen: Mapped[int]
    __table_args__ = (UniqueConstraint("shift_id", "sequence"),)


class ZReportRow(_Made, Base):
    """The frozen account of a closed shift, chained to the one before it. Append-only."""

    __tablename__ = "z_report"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shift_id: Mapped[str] = mapped_column(ForeignKey("shift.id"), unique=True)
    content: Mapped[Any]
    previous: Mapped[bytes] = mapped_column(LargeBinary(_HASH))
    hash: Mapped[bytes] = mapped_column(LargeBinary(_HASH))


class SpotCheckRow(_Made, Base):
    """The cashier looked into a drawer (FEE-33); `cashier` signs. Append-only."""

    __tablename__ = "spot_check"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    shift_id: Mapped[str] = mapped_column(ForeignKey("shift.id"), index=True)
    cashier: Mapped[str] = mapped_column(String(60))
    content: Mapped[Any]
    comment: Mapped[str] = mapped_column(String(400))


class SuspenseRow(_Made, Base):
    """Money in suspense was settled by a person. Append-only; the ledger entry stands beside it."""

    __tablename__ = "suspense_settlement"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    sale_id: Mapped[str] = mapped_column(ForeignKey("sale.id"), index=True)
    tender_id: Mapped[str | None] = mapped_column(String(UUID_SIZE))
    outcome: Mapped[SuspenseOutcome] = mapped_column(words(SuspenseOutcome, "outcome"))
    amount_fen: Mapped[int]
    evidence: Mapped[str] = mapped_column(String(400))
    settled_by: Mapped[str] = mapped_column(String(60))


class TenderNotesRow(Base):
    """The notes a payment was told by (FEE-03). Append-only."""

    __tablename__ = "tender_notes"
    tender_id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    notes: Mapped[Any]


APPEND_ONLY = (
    "shift_booking",
    "drawer_entry",
    "drawer_line",
    "shift_count",
    "z_report",
    "spot_check",
    "suspense_settlement",
    "tender_notes",
)
