"""A payment provider in memory, its payers, and everything that can happen between us and it.

What lies at the provider is the truth that our books have to meet: `balance_fen`. The real adapters
are judged elsewhere; here the port is what counts, so that thousands of days cost little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeVar

from cardserver.payments.api import (
    BillLine,
    Notice,
    NoticeReason,
    NoticeRefused,
    Order,
    Payment,
    PaymentState,
    ProviderName,
    ProviderRefused,
    ProviderUnavailable,
    Refund,
    RefundState,
)

A = TypeVar("A")


@dataclass
class Account:
    """One order at the provider."""

    order: Order
    state: PaymentState = PaymentState.WAITING
    paid_fen: int = 0
    refunds: dict[str, int] = field(default_factory=dict)


@dataclass
class PaperProvider:
    """Keeps orders in a dictionary.

    `silent` names calls that are not heard at all, `deaf` calls that are obeyed and whose answer is
    lost, `refuses` calls that get a certain no; each as often as the number says.
    """

    name: ProviderName = ProviderName.WECHAT
    notice_answer: tuple[int, bytes, str] = (200, b"thanks", "text/plain")
    notice_again: tuple[int, bytes, str] = (500, b"again", "text/plain")
    orders: dict[str, Account] = field(default_factory=dict)
    silent: dict[str, int] = field(default_factory=dict)
    deaf: dict[str, int] = field(default_factory=dict)
    refuses: dict[str, int] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)

    # --- what payers do

    def scan_and_pay(self, number: str, fen: int | None = None) -> bool:
        """Pay, if the order can be paid."""
        found = self.orders.get(number)
        if found is None or found.state is not PaymentState.WAITING:
            return False
        self.pay_though_closed(number, fen)
        return True

    def pay_though_closed(self, number: str, fen: int | None = None) -> None:
        found = self.orders[number]
        found.paid_fen = found.order.amount_fen if fen is None else fen
        found.state = PaymentState.PAID

    @property
    def last(self) -> str:
        """The number of the latest order."""
        return list(self.orders)[-1]

    @property
    def balance_fen(self) -> int:
        """What the provider holds for us."""
        paid = sum(each.paid_fen for each in self.orders.values())
        return paid - sum(sum(each.refunds.values()) for each in self.orders.values())

    # --- the port

    def create(self, order: Order) -> str:
        self._hear("create")
        self.orders.setdefault(order.number, Account(order))
        return self._answer("create", f"weixin://pay/{order.number}")

    def query(self, number: str) -> Payment:
        self._hear("query")
        return self._answer("query", self._payment(number))

    def close(self, number: str) -> Payment:
        self._hear("close")
        found = self.orders.get(number)
        if found is not None and found.state is PaymentState.WAITING:
            found.state = PaymentState.CLOSED
        return self._answer("close", self._payment(number))

    def refund(
        self, number: str, refund_number: str, amount_fen: int, total_fen: int, reason: str
    ) -> Refund:
        self._hear("refund")
        found = self.orders[number]
        assert total_fen == found.paid_fen
        found.refunds[refund_number] = amount_fen
        assert sum(found.refunds.values()) <= found.paid_fen
        return self._answer("refund", self._refund(number, refund_number))

    def query_refund(self, number: str, refund_number: str) -> Refund:
        self._hear("query_refund")
        return self._answer("query_refund", self._refund(number, refund_number))

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """Signed by a header, dated by another."""
        number = body.decode()
        if headers.get("Signature") != "genuine":
            raise NoticeRefused(NoticeReason.FORGED)
        if headers.get("Age") == "old":
            raise NoticeRefused(NoticeReason.STALE, number)
        return Notice(notice_id=headers["Notice"], payment=self._payment(number), at=now)

    def bill(self, day: date) -> Sequence[BillLine]:
        raise NotImplementedError

    # --- inside

    def _hear(self, call: str) -> None:
        self.heard.append(call)
        if _strikes(self.silent, call):
            raise ProviderUnavailable(self.name, "no answer")
        if _strikes(self.refuses, call):
            raise ProviderRefused(self.name, "NOT_ENOUGH", "not now")

    def _answer(self, call: str, answer: A) -> A:
        if _strikes(self.deaf, call):
            raise ProviderUnavailable(self.name, "the answer was lost")
        return answer

    def _payment(self, number: str) -> Payment:
        found = self.orders.get(number)
        if found is None:
            return Payment(number=number, state=PaymentState.ABSENT)
        paid = found.state is PaymentState.PAID
        return Payment(
            number=number,
            state=found.state,
            amount_fen=found.paid_fen if paid else found.order.amount_fen,
            provider_number=f"42{number[-6:]}" if paid else "",
            paid_at=datetime(2025, 6, 9, 1, 1, tzinfo=UTC) if paid else None,
        )

    def _refund(self, number: str, refund_number: str) -> Refund:
        fen = self.orders[number].refunds.get(refund_number)
        state = RefundState.ABSENT if fen is None else RefundState.DONE
        return Refund(number=refund_number, payment_number=number, state=state, amount_fen=fen)


def _strikes(plan: dict[str, int], call: str) -> bool:
    left = plan.get(call, 0)
    plan[call] = max(0, left - 1)
    return left > 0
