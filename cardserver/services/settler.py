"""Speaking with payment providers, apart from every call: one thread asks, a few hands do.

What is to be done is read from the store each time, so that a server that was killed goes on where
it was. An answer that did not come is asked for again (`pause_before_asking`).
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from cardserver.db.payments import going_refunds, living_payments
from cardserver.db.tables_payments import QrPaymentRow
from cardserver.domain.qrpayment import QrState, RefundStep, pause_before_asking
from cardserver.payments.api import ProviderUnavailable
from cardserver.services.askingpayments import SETTLER, PaymentTurn
from cardserver.services.askingrefunds import RefundTurn
from cardserver.services.errors import StoreBusy
from cardserver.services.turn import Estate, reading

_log = logging.getLogger(__name__)
_HANDS: Final = 4
_LOOK_S: Final = 5.0
"""The longest pause between two looks into the store; a call of `Errands` comes in between."""


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
        with reading(self.estate, SETTLER) as turn:
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
                RefundTurn(self.estate, provider, errand.tender_id).attend(tries)
            else:
                PaymentTurn(self.estate, provider, errand.tender_id).attend(tries)
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
