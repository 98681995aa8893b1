"""Speaking with payment providers, apart from every call: one thread asks, a few hands do.

What is to be done is read from the store each time, so that a server that was killed goes on where
it was. No transaction is held while a provider is asked: write down what is about to be done, ask,
write down what was said. An answer that did not come is asked for again (`pause_before_asking`).
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from cardserver.db.payments import going_refunds, living_payments
from cardserver.db.tables_payments import QrPaymentRow, QrRefundRow
from cardserver.domain.qrpayment import (
    EXPIRED_FOR_SURE,
    REFUSALS_BORNE,
    TO_A_PERSON,
    QrState,
    QrWord,
    RefundStep,
    pause_before_asking,
)
from cardserver.domain.station import StationKind
from cardserver.payments.api import (
    Order,
    Payment,
    PaymentProvider,
    PaymentState,
    ProviderRefused,
    ProviderUnavailable,
    Refund,
    RefundState,
)
from cardserver.services import providermoney
from cardserver.services.errors import StoreBusy
from cardserver.services.providermoney import (
    close_soon,
    closed,
    in_doubt,
    paid,
    tell,
    unpaid,
)
from cardserver.services.turn import Caller, Estate, Turn, reading, writing

_log = logging.getLogger(__name__)
_HANDS: Final = 4
_LOOK_S: Final = 5.0
"""The longest pause between two looks into the store; a call of `Errands` comes in between."""

_SUBJECT: Final = "停车充值"


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


@dataclass(slots=True)
class _Turns:
    """How often something was asked in the state it is in, and when it is asked next."""

    state: QrState | RefundStep
    tries: int = 0
    due: float = 0.0


@dataclass(frozen=True, slots=True)
class _Errand:
    """What is unfinished: a payment or its refund, and whose provider is to be asked."""

    key: str
    tender_id: str
    provider: str
    state: QrState | RefundStep


@dataclass(slots=True)
class Settler:
    """Ends what is unfinished at the providers. `start` it beside a server, or call `turn`."""

    estate: Estate
    pace: Callable[[QrState | RefundStep, int], float] = pause_before_asking
    _known: dict[str, _Turns] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Work from now on, where there is any provider."""
        if self.estate.providers:
            self._thread = threading.Thread(target=self._run, name="settler", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End; what a provider is being asked just now is heard to its end."""
        self._stop.set()
        self.estate.errands.wake()
        if self._thread is not None:
            self._thread.join(timeout=20)

    def turn(self) -> int:
        """Do all that is due, here and now. How much that was."""
        hurried = self.estate.errands.wait(0)
        errands, _ = self._due(hurried)
        for errand in errands:
            self._attend(errand)
        return len(errands)

    def _run(self) -> None:
        pause = 0.0
        with ThreadPoolExecutor(_HANDS, thread_name_prefix="settler") as hands:
            while not self._stop.is_set():
                hurried = self.estate.errands.wait(pause)
                try:
                    errands, pause = self._due(hurried)
                except StoreBusy:
                    errands, pause = [], 1.0
                for errand in errands:
                    hands.submit(self._attend, errand)

    # --- what is due

    def _due(self, hurried: frozenset[str]) -> tuple[list[_Errand], float]:
        """What to do now, and the seconds until there is more; marks it as being done."""
        unfinished, now = self._unfinished(), time.monotonic()
        with self._lock:
            self._forget({errand.key for errand in unfinished})
            waiting = [errand for errand in unfinished if errand.key not in self._busy]
            for errand in waiting:
                self._meet(errand, now, soon=errand.tender_id in hurried)
            due = [errand for errand in waiting if self._known[errand.key].due <= now]
            self._busy |= {errand.key for errand in due}
            later = [self._known[each.key].due - now for each in waiting if each not in due]
        return due, max(0.01, min([_LOOK_S, *later]))

    def _meet(self, errand: _Errand, now: float, *, soon: bool) -> None:
        known = self._known.get(errand.key)
        if known is None or known.state is not errand.state:
            # What has just been shown to a payer is not asked about in the same breath.
            first = self.pace(errand.state, 0) if errand.state is QrState.WAITING and known else 0
            self._known[errand.key] = _Turns(errand.state, due=now + first)
        elif soon:
            known.due = now

    def _forget(self, keys: set[str]) -> None:
        for key in set(self._known) - keys - self._busy:
            del self._known[key]

    def _unfinished(self) -> list[_Errand]:
        with reading(self.estate, _SETTLER) as turn:
            found = [
                _Errand(row.tender_id, row.tender_id, row.provider, row.state)
                for row in living_payments(turn.session)
            ]
            for refund in going_refunds(turn.session):
                row = turn.find(QrPaymentRow, refund.tender_id, "payment")
                key = f"refund {refund.tender_id}"
                found.append(_Errand(key, refund.tender_id, row.provider, refund.state))
        return [errand for errand in found if errand.provider in self.estate.providers]

    # --- doing it

    def _attend(self, errand: _Errand) -> None:
        tries = self._known[errand.key].tries
        try:
            provider = self.estate.providers[errand.provider]
            if isinstance(errand.state, RefundStep):
                _Refunding(self.estate, provider, errand.tender_id).attend(tries)
            else:
                _Paying(self.estate, provider, errand.tender_id).attend(tries)
            self.estate.errands.answered(errand.provider)
        except ProviderUnavailable as silent:
            self.estate.errands.unanswered(errand.provider)
            _log.warning("%s: %s", errand.tender_id, silent)
        except StoreBusy:
            _log.warning("%s: the store is busy", errand.tender_id)
        except Exception:  # noqa: BLE001 - one mistake of ours must not stop all others' money
            _log.exception("the errand %s broke off", errand.key)
        finally:
            with self._lock:
                known = self._known[errand.key]
                known.due = time.monotonic() + self.pace(known.state, known.tries)
                known.tries += 1
                self._busy.discard(errand.key)
            self.estate.errands.wake()


_SETTLER: Final = Caller(station="settler", kind=StationKind.OFFICE)


@dataclass(frozen=True, slots=True)
class _Paying:
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
        with reading(self.estate, _SETTLER) as turn:
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


_NOT_ON_A_PHONE: Final = str.maketrans("/=&", "   ")


@dataclass(frozen=True, slots=True)
class _Refunding:
    """One turn at one refund. Its number makes it happen once, however often it is asked for."""

    estate: Estate
    provider: PaymentProvider
    tender_id: str

    def attend(self, tries: int) -> None:
        """Raises ProviderUnavailable, StoreBusy."""
        with reading(self.estate, _SETTLER) as turn:
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
