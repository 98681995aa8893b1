"""Payments by QR code: the order at a provider, its refund, and what happened to both.

The payment's own states stand in `tender`, its money in the ledger; here is what is needed to go on
asking the provider after a power cut. Only the states change; the journal is append-only.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cardserver.db.tables import UUID_SIZE, Base, _Made
from cardserver.db.types import words
from cardserver.domain.qrpayment import QrState, QrWord, RefundStep

NUMBER_SIZE = 32
_LIVING = text("state IN ('asked', 'sent', 'waiting', 'closing')")
_GOING = text("state IN ('asked', 'processing')")


class QrPaymentRow(_Made, Base):
    """An order at a provider. `number` is ours, `provider_number` and `paid_at` the provider's.

    `code` is the text of the QR, empty until there is one; `paid_fen` what the provider took, 0
    until then.
    """

    __tablename__ = "qr_payment"
    tender_id: Mapped[str] = mapped_column(String(UUID_SIZE), primary_key=True)
    sale_id: Mapped[str] = mapped_column(ForeignKey("sale.id"), index=True)
    provider: Mapped[str] = mapped_column(String(30))
    number: Mapped[str] = mapped_column(String(NUMBER_SIZE), unique=True)
    amount_fen: Mapped[int]
    expires: Mapped[datetime]
    state: Mapped[QrState] = mapped_column(words(QrState, "state"))
    code: Mapped[str] = mapped_column(String(512))
    provider_number: Mapped[str] = mapped_column(String(64))
    paid_at: Mapped[datetime | None] = mapped_column(index=True)
    paid_fen: Mapped[int]
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        Index("ix_qr_payment_living", "at", sqlite_where=_LIVING, postgresql_where=_LIVING),
    )


class QrRefundRow(_Made, Base):
    """A payment on its way back through its provider: all of it, under one number for ever."""

    __tablename__ = "qr_refund"
    tender_id: Mapped[str] = mapped_column(ForeignKey("qr_payment.tender_id"), primary_key=True)
    sale_id: Mapped[str] = mapped_column(ForeignKey("sale.id"), index=True)
    number: Mapped[str] = mapped_column(String(NUMBER_SIZE), unique=True)
    amount_fen: Mapped[int]
    reason: Mapped[str] = mapped_column(String(60))
    state: Mapped[RefundStep] = mapped_column(words(RefundStep, "state"))
    refused: Mapped[int]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        Index("ix_qr_refund_going", "at", sqlite_where=_GOING, postgresql_where=_GOING),
    )


class QrEventRow(_Made, Base):
    """One thing that happened to a payment or its refund. Append-only.

    `notice` is the provider's number of a notice, so that its repetitions are known.
    """

    __tablename__ = "qr_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    tender_id: Mapped[str] = mapped_column(ForeignKey("qr_payment.tender_id"), index=True)
    word: Mapped[QrWord] = mapped_column(words(QrWord, "word"))
    detail: Mapped[str] = mapped_column(String(400))
    notice: Mapped[str | None] = mapped_column(String(128))
    __table_args__ = (UniqueConstraint("notice"),)


APPEND_ONLY = ("qr_event",)
