"""The code on the kiosk's screen: asked for, looked at, ended. Every word about it is the server's.

The kiosk keeps nothing of it on its own disk: the payment is written down at the server before its
provider hears of it, so that a kiosk that starts again finds it with the sale.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final
from uuid import uuid4

from cardserver.client import CardServerClient, ServerError
from cardserver.domain.qrpayment import QrState
from cardserver.wire_payments import Provider, QrMeans, QrView
from cardserver.wire_sales import SaleView

END_S: Final = 5.0
"""How long a payer who wants to go back or away waits for the provider's last word."""

CODE_S: Final = 20.0
"""How long a payer waits for a code: longer than the server waits for any provider."""

_LOOK_S: Final = 0.5
_ODD: Final = "code-odd"
_OVER: Final = frozenset({QrState.CLOSED, QrState.ODD})


@unique
class Wish(StrEnum):
    """Why a code is being ended."""

    PAY = "pay"  # it is not: it shall be paid
    BACK = "back"  # to another way of paying
    LEAVE = "leave"
    ANOTHER = "another"  # one like it, with its whole time before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """No code is open any more; `problem` is the word for why, empty where the payer wished it."""

    wish: Wish
    provider: Provider
    problem: str = ""


class Scan:
    """One code at a time. Belongs to the kiosk's thread; the pages only read.

    `ready` and `away` are the providers that the server can reach and those it lately could not.
    """

    def __init__(
        self, server: CardServerClient, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.ready: tuple[Provider, ...] = ()
        self.away: tuple[Provider, ...] = ()
        self.view: QrView | None = None
        self.wish = Wish.PAY
        self._server = server
        self._monotonic = monotonic
        self._next = 0.0
        self._give_up_at = 0.0
        self._code_by = 0.0

    @property
    def code(self) -> str:
        """What the QR says; empty while there is none to be scanned."""
        return self.view.code if self.view is not None and self.wish is Wish.PAY else ""

    @property
    def provider(self) -> Provider | None:
        """Whose code it is."""
        return None if self.view is None else self.view.provider

    def look_around(self) -> None:
        """Ask by which providers a code can be had. Raises ServerError."""
        self.heard(self._server.payments.means())

    def heard(self, found: QrMeans) -> None:
        """By these providers a code can be had."""
        self.ready, self.away = found.ready, found.away

    def open(self, sale_id: str, provider: Provider) -> None:
        """Have a code made for all that is missing. Raises ServerError."""
        self._take(self._server.payments.ask_code(sale_id, str(uuid4()), provider))

    def resume(self, payment_id: str) -> None:
        """Go on with one that was open before the kiosk started. Raises ServerError."""
        self._take(self._server.payments.payment(payment_id))

    def end(self, wish: Wish) -> None:
        """The payer wishes something else; what was paid meanwhile counts all the same."""
        if self.view is None or self.wish is not Wish.PAY:
            return
        self.wish, self._give_up_at = wish, self._monotonic() + END_S
        self._next = 0.0
        # Unheard, it ends by itself in minutes; and a sale that is given up ends it as well.
        with suppress(ServerError):
            self.view = self._server.payments.close(self.view.payment_id)

    def check(self) -> None:
        """The payer says that it is paid. Raises ServerError."""
        if self.view is not None:
            self.view = self._server.payments.check(self.view.payment_id)
            self._next = 0.0

    def look(self) -> SaleView | Ended | None:
        """The sale as it stands, or why no code is open any more; None before it is time to look.

        Raises ServerError; a payer who wants to leave is not held up by it.
        """
        now = self._monotonic()
        if self.view is None or now < self._next:
            return None
        self._next = now + (_LOOK_S if self.code else 0.0)
        try:
            self.view = self._server.payments.payment(self.view.payment_id)
        except ServerError:
            if self._waited_enough(now):
                return self._over(self.view, "")
            raise
        return self._understood(self.view, now)

    def _understood(self, view: QrView, now: float) -> SaleView | Ended:
        if view.state is QrState.PAID or not view.sale.missing_fen:
            return view.sale
        if view.state in _OVER:
            return self._over(view, _why(view))
        if self.wish is Wish.PAY:
            return self._over(view, "code-unanswered") if self._silent(view, now) else view.sale
        return self._over(view, "") if view.unpaid or self._waited_enough(now) else view.sale

    def forget(self) -> None:
        """The visit goes on without a code."""
        self.view, self.wish = None, Wish.PAY

    def _take(self, view: QrView) -> None:
        self.view, self.wish, self._next = view, Wish.PAY, 0.0
        self._code_by = self._monotonic() + CODE_S

    def _silent(self, view: QrView, now: float) -> bool:
        """True where no code came, or none that anybody has seen; it is ended then."""
        if view.state is QrState.WAITING or (
            view.state is not QrState.CLOSING and now < self._code_by
        ):
            return False
        with suppress(ServerError):
            self._server.payments.close(view.payment_id)
        return True

    def _waited_enough(self, now: float) -> bool:
        return self.wish is not Wish.PAY and now >= self._give_up_at

    def _over(self, view: QrView, problem: str) -> Ended:
        said = problem if self.wish is Wish.PAY or problem == _ODD else ""
        ended = Ended(wish=self.wish, provider=view.provider, problem=said)
        self.forget()
        return ended


def _why(view: QrView) -> str:
    if view.state is QrState.ODD:
        return _ODD
    return "code-refused" if view.refused else "code-over"
