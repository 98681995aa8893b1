"""Cash boxes of kiosks, days compared with a provider's bill, and differences. All append-only."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base, _Made
from cardserver.db.types import words
from cardserver.domain.reconciliation import DifferenceKind, DifferenceWord


class CashBoxRow(_Made, Base):
    """A kiosk's cash box that was taken out; `station` is the kiosk, `operator` who took it.

    `expected_fen` is what the ledger had in it at that moment, `machine_fen` what the kiosk's own
    journal had counted into it, None where it could not say.
    """

    __tablename__ = "cash_box"
    id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    expected_fen: Mapped[int]
    machine_fen: Mapped[int | None]


class CashBoxCountRow(_Made, Base):
    """What was counted in a box, once and for all, by somebody else than who took it out."""

    __tablename__ = "cash_box_count"
    box_id: Mapped[str] = mapped_column(ForeignKey("cash_box.id"), primary_key=True)
    notes: Mapped[Any]
    counted_fen: Mapped[int]
    comment: Mapped[str] = mapped_column(String(400))


class ReconciledDayRow(_Made, Base):
    """A day of ours compared with a provider's bill of the same day."""

    __tablename__ = "reconciled_day"
    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(30))
    day: Mapped[date]
    lines: Mapped[int]
    ours_fen: Mapped[int]
    theirs_fen: Mapped[int]
    __table_args__ = (UniqueConstraint("provider", "day"),)


class DifferenceRow(_Made, Base):
    """One difference. `subject` is the provider, or ``cash-box``; `reference` what it is about."""

    __tablename__ = "difference"
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(30))
    reference: Mapped[str] = mapped_column(String(60))
    kind: Mapped[DifferenceKind] = mapped_column(words(DifferenceKind, "kind"))
    day: Mapped[date]
    ours_fen: Mapped[int]
    theirs_fen: Mapped[int]
    __table_args__ = (UniqueConstraint("subject", "reference", "kind", "day"),)


class DifferenceEventRow(_Made, Base):
    """What was done about a difference; `operator` is who did it, empty for the server itself."""

    __tablename__ = "difference_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    difference_id: Mapped[int] = mapped_column(ForeignKey("difference.id"), index=True)
    word: Mapped[DifferenceWord] = mapped_column(words(DifferenceWord, "word"))
    remark: Mapped[str] = mapped_column(String(400))


APPEND_ONLY = (
    "cash_box",
    "cash_box_count",
    "reconciled_day",
    "difference",
    "difference_event",
)
