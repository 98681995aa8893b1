"""Named questions about payments by QR: what is unfinished, of a sale, of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cardserver.db.prepared import PreparedRows
from cardserver.db.tables_payments import QrEventRow, QrPaymentRow, QrRefundRow
from cardserver.domain.qrpayment import GOING_BACK, LIVING, QrState, QrWord, RefundStep

_OF_SALE: Final = PreparedRows(
    QrPaymentRow,
    select(QrPaymentRow)
    .where(QrPaymentRow.sale_id == bindparam("sale"))
    .order_by(QrPaymentRow.at, QrPaymentRow.tender_id),
)
_KEPT: Final = PreparedRows(
    QrPaymentRow,
    select(QrPaymentRow)
    .where(
        QrPaymentRow.sale_id == bindparam("sale"),
        QrPaymentRow.state == QrState.PAID,
        QrPaymentRow.tender_id.not_in(select(QrRefundRow.tender_id)),
    )
    .order_by(QrPaymentRow.at, QrPaymentRow.tender_id),
)


def living_payments(session: Session) -> Sequence[QrPaymentRow]:
    """Payments whose end is not known yet, oldest first."""
    statement = select(QrPaymentRow).where(QrPaymentRow.state.in_(sorted(LIVING)))
    return session.scalars(statement.order_by(QrPaymentRow.at, QrPaymentRow.tender_id)).all()


def going_refunds(session: Session) -> Sequence[QrRefundRow]:
    """Refunds that have not arrived yet, oldest first."""
    statement = select(QrRefundRow).where(QrRefundRow.state.in_(sorted(GOING_BACK)))
    return session.scalars(statement.order_by(QrRefundRow.at, QrRefundRow.tender_id)).all()


def payments_of(session: Session, sale_id: str) -> Sequence[QrPaymentRow]:
    """All payments by QR that were ever asked for a sale, oldest first."""
    return _OF_SALE.all(session, sale=sale_id)


def living_of(session: Session, sale_id: str) -> Sequence[QrPaymentRow]:
    """Those of them whose end is not known yet."""
    return [row for row in payments_of(session, sale_id) if row.state in LIVING]


def kept_of(session: Session, sale_id: str) -> Sequence[QrPaymentRow]:
    """Those that were paid and of which nothing went back."""
    return _KEPT.all(session, sale=sale_id)


def payment_by_number(session: Session, provider: str, number: str) -> QrPaymentRow | None:
    """The payment with this number of ours at a provider."""
    statement = select(QrPaymentRow).where(
        QrPaymentRow.provider == provider, QrPaymentRow.number == number
    )
    return session.scalars(statement).first()


def has(session: Session, tender_id: str, word: QrWord) -> bool:
    """Did this ever happen to the payment?"""
    statement = select(QrEventRow.id).where(
        QrEventRow.tender_id == tender_id, QrEventRow.word == word
    )
    return session.scalars(statement).first() is not None


def known_notice(session: Session, notice: str) -> bool:
    """Has this notice been taken before?"""
    statement = select(QrEventRow.id).where(QrEventRow.notice == notice)
    return session.scalar(statement) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLine:
    """One movement at a provider as we have it; `number` is ours, as on the provider's bill."""

    number: str
    payment_number: str
    tender_id: str
    sale_id: str
    refund: bool
    amount_fen: int
    at: datetime


def provider_lines(
    session: Session, provider: str, begin: datetime, end: datetime
) -> Sequence[ProviderLine]:
    """What came in and went back at a provider from `begin` until before `end`, oldest first.

    For the daily reconciliation with `PaymentProvider.bill`: moments are the provider's own where
    it named them, ours otherwise. A payment of another amount than was ordered is among them.
    """
    paid = select(QrPaymentRow).where(
        QrPaymentRow.provider == provider,
        QrPaymentRow.state.in_((QrState.PAID, QrState.ODD)),
        QrPaymentRow.paid_at >= begin,
        QrPaymentRow.paid_at < end,
    )
    back = (
        select(QrRefundRow, QrPaymentRow.number)
        .join(QrPaymentRow, QrPaymentRow.tender_id == QrRefundRow.tender_id)
        .where(
            QrPaymentRow.provider == provider,
            QrRefundRow.state == RefundStep.DONE,
            QrRefundRow.done_at >= begin,
            QrRefundRow.done_at < end,
        )
    )
    lines = [_paid(row) for row in session.scalars(paid)]
    lines += [_refunded(row, number) for row, number in session.execute(back)]
    return sorted(lines, key=lambda line: (line.at, line.number))


def _paid(row: QrPaymentRow) -> ProviderLine:
    return ProviderLine(
        number=row.number,
        payment_number=row.number,
        tender_id=row.tender_id,
        sale_id=row.sale_id,
        refund=False,
        amount_fen=row.paid_fen,
        at=row.paid_at or row.at,
    )


def _refunded(row: QrRefundRow, payment_number: str) -> ProviderLine:
    return ProviderLine(
        number=row.number,
        payment_number=payment_number,
        tender_id=row.tender_id,
        sale_id=row.sale_id,
        refund=True,
        amount_fen=row.amount_fen,
        at=row.done_at or row.at,
    )
