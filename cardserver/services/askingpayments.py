"""One turn at one payment: its provider is asked, and what it says is written down.

No transaction is held while a provider is asked: write down what is about to be done, ask, write
down what was said.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cardserver.db.tables_payments import QrPaymentRow
from cardserver.domain.qrpayment import EXPIRED_FOR_SURE, TO_A_PERSON, QrState, QrWord
from cardserver.domain.station import StationKind
from cardserver.payments.api import (
    Order,
    Payment,
    PaymentProvider,
    PaymentState,
    ProviderRefused,
    ProviderUnavailable,
)
from cardserver.services.providermoney import close_soon, closed, in_doubt, paid, tell, unpaid
from cardserver.services.turn import Caller, Estate, Turn, reading, writing

_log = logging.getLogger(__name__)
SETTLER: Final = Caller(station="settler", kind=StationKind.OFFICE)
"""Who looks for what is unfinished; what is written down is of the station the payer stands at."""

_SUBJECT: Final = "停车充值"
_NOT_ON_A_PHONE: Final = str.maketrans("/=&", "   ")


def learn(turn: Turn, row: QrPaymentRow, said: Payment) -> None:
    """Believe what the provider said about an order; whoever says it twice changes nothing."""
    match said.state:
        case PaymentState.PAID:
            fen = row.amount_fen if said.amount_fen is None else said.amount_fen
            paid(turn, row, fen, said.provider_number, said.paid_at)
        case PaymentState.CLOSED:
            closed(turn, row, QrWord.CLOSED)
        case PaymentState.REFUNDED:
            closed(turn, row, QrWord.GIVEN_BACK, said.provider_number)
        case PaymentState.ABSENT:
            if turn.now >= row.expires + EXPIRED_FOR_SURE:
                closed(turn, row, QrWord.CLOSED, "unknown there")
            elif row.state is QrState.CLOSING:
                unpaid(turn, row)
        case PaymentState.WAITING:
            pass


@dataclass(frozen=True, slots=True)
class PaymentTurn:
    """One turn at one payment, in whatever state it is found."""

    estate: Estate
    provider: PaymentProvider
    tender_id: str

    def attend(self, tries: int) -> None:
        """Raises ProviderUnavailable, StoreBusy."""
        row = self._look()
        match row.state:
            case QrState.ASKED:
                self._create()
            case QrState.SENT:  # sent by somebody who died before the answer: nobody saw a code
                self._write(close_soon)
            case QrState.WAITING:
                self._ask(row.number)
            case QrState.CLOSING:
                self._close(row.number, tries)
            case _:
                pass

    def _look(self) -> QrPaymentRow:
        with reading(self.estate, SETTLER) as turn:
            row = turn.find(QrPaymentRow, self.tender_id, "payment")
            turn.session.expunge(row)
            return row

    def _write(self, change: Callable[[Turn, QrPaymentRow], None]) -> None:
        """One transaction, at the station where the payer stands."""
        caller = Caller(station=self._look().station, kind=StationKind.KIOSK)
        with writing(self.estate, caller) as turn:
            change(turn, turn.find(QrPaymentRow, self.tender_id, "payment"))

    def _create(self) -> None:
        orders: list[Order] = []

        def send(turn: Turn, row: QrPaymentRow) -> None:
            if row.state is not QrState.ASKED:
                return
            if turn.now >= row.expires:
                close_soon(turn, row)
                return
            row.state = QrState.SENT
            tell(turn, row, QrWord.SENT)
            subject = f"{turn.estate.name} {_SUBJECT}"[:60]
            orders.append(
                Order(
                    number=row.number,
                    amount_fen=row.amount_fen,
                    subject=subject.translate(_NOT_ON_A_PHONE),
                    expires=row.expires,
                )
            )

        self._write(send)
        for order in orders:
            self._send(order)

    def _send(self, order: Order) -> None:
        try:
            code = self.provider.create(order)
        except ProviderRefused as refused:
            why = f"{refused.reason} {refused.detail}"
            self._write(lambda turn, row: closed(turn, row, QrWord.REFUSED, why))
            return
        except ProviderUnavailable:
            self._write(close_soon)  # nobody has seen a code: it shall end
            raise

        def show(turn: Turn, row: QrPaymentRow) -> None:
            row.code = code
            tell(turn, row, QrWord.CODE)
            if row.state is QrState.SENT:
                row.state = QrState.WAITING

        self._write(show)

    def _ask(self, number: str) -> None:
        try:
            said = self.provider.query(number)
        except ProviderRefused as refused:
            _log.warning("%s: a question was refused: %s", number, refused)
            said = Payment(number=number, state=PaymentState.WAITING)

        def heard(turn: Turn, row: QrPaymentRow) -> None:
            learn(turn, row, said)
            if row.state is QrState.WAITING and turn.now >= row.expires:
                close_soon(turn, row)

        self._write(heard)

    def _close(self, number: str, tries: int) -> None:
        try:
            said = self.provider.close(number)
        except ProviderRefused as refused:
            _log.warning("%s: it was not closed: %s", number, refused)
            said = self.provider.query(number)
        except ProviderUnavailable:
            if tries:
                self._write(_in_doubt)
            raise
        self._write(lambda turn, row: learn(turn, row, said))


def _in_doubt(turn: Turn, row: QrPaymentRow) -> None:
    if turn.now >= row.expires + TO_A_PERSON:
        in_doubt(turn, row)
