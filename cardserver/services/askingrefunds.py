"""One turn at one refund: its provider is asked for it, or what has become of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from cardserver.db.tables_payments import QrPaymentRow, QrRefundRow
from cardserver.domain.qrpayment import REFUSALS_BORNE, QrWord, RefundStep
from cardserver.domain.station import StationKind
from cardserver.payments.api import PaymentProvider, ProviderRefused, Refund, RefundState
from cardserver.services import providermoney
from cardserver.services.askingpayments import SETTLER
from cardserver.services.providermoney import tell
from cardserver.services.turn import Caller, Estate, Turn, reading, writing

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RefundTurn:
    """One turn at one refund. Its number makes it happen once, however often it is asked for."""

    estate: Estate
    provider: PaymentProvider
    tender_id: str

    def attend(self, tries: int) -> None:
        """Raises ProviderUnavailable, StoreBusy."""
        with reading(self.estate, SETTLER) as turn:
            refund = turn.find(QrRefundRow, self.tender_id, "refund")
            row = turn.find(QrPaymentRow, self.tender_id, "payment")
            turn.session.expunge_all()
        asked = tries > 0 or refund.state is RefundStep.PROCESSING
        said = self._question(row, refund) if asked else None
        if said is None or said.state is RefundState.ABSENT:
            said = self._ask(row, refund)
        if said is not None:
            self._heard(row, said)

    def _question(self, row: QrPaymentRow, refund: QrRefundRow) -> Refund | None:
        try:
            return self.provider.query_refund(row.number, refund.number)
        except ProviderRefused as refused:
            _log.warning("%s: a question was refused: %s", refund.number, refused)
            return None  # asking for it once more is harmless: it has its number

    def _ask(self, row: QrPaymentRow, refund: QrRefundRow) -> Refund | None:
        try:
            return self.provider.refund(
                row.number, refund.number, refund.amount_fen, row.paid_fen, refund.reason
            )
        except ProviderRefused as refused:
            self._refused(row, f"{refused.reason} {refused.detail}")
            return None

    def _write(
        self, row: QrPaymentRow, change: Callable[[Turn, QrRefundRow, QrPaymentRow], None]
    ) -> None:
        caller = Caller(station=row.station, kind=StationKind.KIOSK)
        with writing(self.estate, caller) as turn:
            refund = turn.find(QrRefundRow, self.tender_id, "refund")
            change(turn, refund, turn.find(QrPaymentRow, self.tender_id, "payment"))

    def _refused(self, row: QrPaymentRow, why: str) -> None:
        def note(turn: Turn, refund: QrRefundRow, row: QrPaymentRow) -> None:
            refund.refused += 1
            tell(turn, row, QrWord.REFUND_REFUSED, why)
            if refund.refused >= REFUSALS_BORNE:
                providermoney.refund_failed(turn, refund, row, why)

        self._write(row, note)

    def _heard(self, row: QrPaymentRow, said: Refund) -> None:
        def note(turn: Turn, refund: QrRefundRow, row: QrPaymentRow) -> None:
            match said.state:
                case RefundState.DONE:
                    providermoney.refund_done(turn, refund, row, said.provider_number)
                case RefundState.FAILED:
                    providermoney.refund_failed(turn, refund, row, "the provider gave it up")
                case RefundState.PROCESSING if refund.state is RefundStep.ASKED:
                    refund.state = RefundStep.PROCESSING
                    tell(turn, row, QrWord.REFUND_PROCESSING)
                case _:
                    pass

        self._write(row, note)
