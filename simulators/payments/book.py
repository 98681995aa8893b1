"""The providers' order book: what was ordered, scanned, paid, closed and given back, in memory.

The rules are those of the guides. WeChat Pay keeps an order from the moment it is placed; Alipay
knows a trade only after somebody scanned the code, and a cancelled code that nobody scanned can
still be paid. Refused steps raise `Refusal` with the provider's own code.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique

from cardserver.payments.api import ProviderName

Clock = Callable[[], datetime]


class Refusal(Exception):
    """A provider's no: its code in WeChat Pay's and in Alipay's words."""

    def __init__(self, wechat: str, alipay: str, status: int = 400) -> None:
        super().__init__(f"{wechat} / {alipay}")
        self.wechat = wechat
        self.alipay = alipay
        self.status = status


@unique
class OrderState(StrEnum):
    """Where an order stands."""

    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"


@dataclass(slots=True, kw_only=True)
class SimRefund:
    """Money on its way back."""

    number: str
    amount_fen: int
    provider_number: str
    at: datetime
    done: bool
    stuck: bool = False


@dataclass(slots=True, kw_only=True)
class SimOrder:
    """An order as the provider has it."""

    provider: ProviderName
    number: str
    amount_fen: int
    subject: str
    expires: datetime
    notify_url: str
    code: str
    placed_at: datetime
    state: OrderState = OrderState.OPEN
    scanned: bool = False
    provider_number: str = ""
    paid_at: datetime | None = None
    refunds: dict[str, SimRefund] = field(default_factory=dict)

    @property
    def refunded_fen(self) -> int:
        """What was given back, or is on its way."""
        return sum(each.amount_fen for each in self.refunds.values() if not each.stuck)


class OrderBook:
    """All orders of both providers; every step is whole, from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._orders: dict[tuple[ProviderName, str], SimOrder] = {}
        self._serial = itertools.count(1)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Nobody else takes a step meanwhile."""
        with self._lock:
            yield

    def orders(self) -> Sequence[SimOrder]:
        """All, oldest first; those whose time is over are closed."""
        with self._lock:
            for order in self._orders.values():
                self._expire(order)
            return list(self._orders.values())

    def find(self, provider: ProviderName, number: str) -> SimOrder:
        """The order as it stands now. Raises Refusal where there is none."""
        with self._lock:
            order = self._orders.get((provider, number))
            if order is None:
                raise Refusal("ORDER_NOT_EXIST", "ACQ.TRADE_NOT_EXIST", 404)
            self._expire(order)
            return order

    def place(
        self,
        provider: ProviderName,
        number: str,
        *,
        amount_fen: int,
        subject: str,
        expires: datetime,
        notify_url: str,
    ) -> SimOrder:
        """A new order, or the one there is when it says the same. Raises Refusal."""
        with self._lock:
            old = self._orders.get((provider, number))
            if old is None:
                order = SimOrder(
                    provider=provider,
                    number=number,
                    amount_fen=amount_fen,
                    subject=subject,
                    expires=expires,
                    notify_url=notify_url,
                    code=_code(provider, next(self._serial)),
                    placed_at=self._clock(),
                )
                self._orders[provider, number] = order
                return order
            self._expire(old)
            if old.state is OrderState.PAID:
                raise Refusal("ORDERPAID", "ACQ.TRADE_HAS_SUCCESS")
            if old.state is OrderState.CLOSED:
                raise Refusal("ORDER_CLOSED", "ACQ.TRADE_HAS_CLOSE")
            if (old.amount_fen, old.subject) != (amount_fen, subject):
                raise Refusal("OUT_TRADE_NO_USED", "ACQ.CONTEXT_INCONSISTENT", 403)
            return old

    def scan(self, provider: ProviderName, number: str) -> SimOrder:
        """A phone reads the code; from now on Alipay has a trade. Raises Refusal."""
        with self._lock:
            order = self.find(provider, number)
            if order.state is OrderState.CLOSED:
                raise Refusal("ORDER_CLOSED", "ACQ.TRADE_HAS_CLOSE")
            order.scanned = True
            order.provider_number = order.provider_number or self._theirs(provider)
            return order

    def pay(self, provider: ProviderName, number: str, *, late: bool = False) -> SimOrder:
        """The phone pays. `late` pays a closed order too: money nobody expects any more.

        Raises Refusal: paid already, closed, not there.
        """
        with self._lock:
            order = self.find(provider, number)
            if order.state is OrderState.PAID:
                raise Refusal("ORDERPAID", "ACQ.TRADE_HAS_SUCCESS")
            if order.state is OrderState.CLOSED and not late:
                raise Refusal("ORDER_CLOSED", "ACQ.TRADE_HAS_CLOSE")
            order.state = OrderState.PAID
            order.scanned = True
            order.provider_number = order.provider_number or self._theirs(provider)
            order.paid_at = self._clock()
            return order

    def close(self, provider: ProviderName, number: str) -> SimOrder:
        """End an unpaid order. Raises Refusal: paid already, not there."""
        with self._lock:
            order = self.find(provider, number)
            if order.state is OrderState.PAID:
                raise Refusal("ORDERPAID", "ACQ.REASON_TRADE_STATUS_INVALID")
            order.state = OrderState.CLOSED
            return order

    def refund(
        self, provider: ProviderName, number: str, refund_number: str, amount_fen: int
    ) -> tuple[SimRefund, bool]:
        """Give money back; whether it is a new one. Raises Refusal."""
        with self._lock:
            order = self.find(provider, number)
            if order.state is not OrderState.PAID:
                raise Refusal("INVALID_REQUEST", "ACQ.TRADE_STATUS_ERROR")
            old = order.refunds.get(refund_number)
            if old is not None:
                if old.amount_fen != amount_fen:
                    raise Refusal("INVALID_REQUEST", "ACQ.DISCORDANT_REPEAT_REQUEST")
                return old, False
            if order.refunded_fen + amount_fen > order.amount_fen:
                raise Refusal("INVALID_REQUEST", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
            refund = SimRefund(
                number=refund_number,
                amount_fen=amount_fen,
                provider_number=self._theirs(provider),
                at=self._clock(),
                done=provider is ProviderName.ALIPAY,
            )
            order.refunds[refund_number] = refund
            return refund, True

    def find_refund(self, provider: ProviderName, number: str) -> tuple[SimOrder, SimRefund]:
        """A refund by its own number. Raises Refusal."""
        with self._lock:
            for order in self._orders.values():
                if order.provider is provider and number in order.refunds:
                    return order, order.refunds[number]
        raise Refusal("RESOURCE_NOT_EXISTS", "ACQ.TRADE_NOT_EXIST", 404)

    def now(self) -> datetime:
        """The book's time."""
        return self._clock()

    def _expire(self, order: SimOrder) -> None:
        if order.state is OrderState.OPEN and self._clock() >= order.expires:
            order.state = OrderState.CLOSED

    def _theirs(self, provider: ProviderName) -> str:
        head = "4200" if provider is ProviderName.WECHAT else "2026"
        return f"{head}{next(self._serial):024d}"


def _code(provider: ProviderName, serial: int) -> str:
    if provider is ProviderName.WECHAT:
        return f"weixin://wxpay/bizpayurl?pr=yika{serial:06d}"
    return f"https://qr.alipay.com/bax{serial:08d}yika"
