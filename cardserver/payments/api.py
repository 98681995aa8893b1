"""The port to a payment provider: an order becomes a QR text, and what became of it is asked.

Amounts are whole fen, moments are aware datetimes, numbers are ours unless the name says
``provider_number``. Three outcomes, never mixed (FEE-04, issue 4):

* a returned value is what the provider says, signed by it and checked;
* `ProviderRefused` is a certain no: nothing was done;
* `ProviderUnavailable` is an unknown result: ask with `query` or `query_refund`, never assume.

A notice is a hint that arrives early; `query` tells the same. The adapter checks its signature,
its age and whose it is; whether number and amount are those of the order, the caller checks who
holds the order's row.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from cardserver.domain.errors import DomainError

NOTICE_WINDOW: Final = timedelta(minutes=5)
"""How far a notice's own time may lie from ours, either way; WeChat's guide names this limit."""

NUMBER: Final = re.compile(r"[0-9A-Za-z_\-*|]{6,32}")
"""Our numbers of orders and refunds: what both providers take."""

MAX_NOTICE_ID: Final = 64
"""Characters of a notice's id here; Alipay's own may have 128."""

MAX_SUBJECT: Final = 60
"""Characters of the text on the payer's phone; both providers take at least this many."""


class ProviderName(StrEnum):
    """The providers there are."""

    WECHAT = "wechat"
    ALIPAY = "alipay"


class PaymentState(StrEnum):
    """What has become of an order."""

    WAITING = "waiting"
    """It exists and is unpaid."""
    PAID = "paid"
    """The money is with the provider, for us."""
    CLOSED = "closed"
    """It can never be paid."""
    REFUNDED = "refunded"
    """It was paid, and money went back: all of it at Alipay, some or all at WeChat."""
    ABSENT = "absent"
    """The provider knows no such number. An Alipay code nobody has scanned yet looks like this,
    and can still be paid until `Order.expires`, whatever `PaymentProvider.close` said."""


class RefundState(StrEnum):
    """What has become of a refund."""

    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"
    """The provider gave it up, a person has to act."""
    ABSENT = "absent"
    """The provider knows no refund of this number: it may be asked for again, same number."""


class LineKind(StrEnum):
    """What a line of the daily bill is about."""

    PAYMENT = "payment"
    REFUND = "refund"


class NoticeReason(StrEnum):
    """Why a notice is not believed."""

    UNREADABLE = "notice-unreadable"
    UNSIGNED = "notice-unsigned"
    FORGED = "notice-forged"
    STALE = "notice-stale"
    """Genuine, but sent more than `NOTICE_WINDOW` ago, or dated as far ahead: perhaps a replay.
    The order may be asked about all the same."""
    FOREIGN = "notice-foreign"
    """Genuine, but of another merchant or app."""
    UNRELATED = "notice-unrelated"
    """Genuine, but not about a payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be paid. Raises ValueError for a value no provider takes."""

    number: str
    """Ours (their out_trade_no): `NUMBER`, unique per merchant for ever."""
    amount_fen: int
    """At least 1."""
    subject: str
    """What the payer reads on the phone, 1 to `MAX_SUBJECT` characters, none of ``/ = & ,``; a
    comma would break the bill."""
    expires: datetime
    """Aware; from then on the provider takes no payment. WeChat wants at least a minute."""

    def __post_init__(self) -> None:
        check_number(self.number)
        if self.amount_fen < 1:
            raise ValueError("an order is for at least one fen")
        if not 1 <= len(self.subject) <= MAX_SUBJECT or set(self.subject) & set("/=&,"):
            raise ValueError("the subject is empty, too long or holds one of / = & ,")
        if self.expires.tzinfo is None:
            raise ValueError("the moment of expiry has no time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What the provider says about an order."""

    number: str
    state: PaymentState
    amount_fen: int | None = None
    """The order's total as the provider knows it; None where it does not say."""
    provider_number: str = ""
    """Their transaction_id or trade_no; empty until the order was paid or scanned."""
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """What the provider says about money on its way back."""

    number: str
    """Ours (their out_refund_no or out_request_no): `NUMBER`."""
    payment_number: str
    state: RefundState
    amount_fen: int | None = None
    provider_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A believed word from the provider that something happened to an order."""

    notice_id: str
    """The provider's, `notice_id_of`; the same for every repetition of one notice."""
    payment: Payment
    at: datetime
    """When the provider sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One line of the provider's daily bill, for reconciliation."""

    number: str
    """Ours: the order's for a payment, the refund's for a refund."""
    payment_number: str
    """The order's, also on the line of a refund."""
    kind: LineKind
    amount_fen: int
    """Positive on both kinds of line."""
    at: datetime
    provider_number: str


class PaymentError(DomainError):
    """Root of what a provider's adapter raises."""

    code = "payment-error"


class ProviderUnavailable(PaymentError):
    """The result is unknown: no answer, a broken one, or the provider's own fault. Ask again."""

    code = "provider-unavailable"

    def __init__(self, provider: ProviderName, detail: str) -> None:
        super().__init__(f"{provider} gave no usable answer: {detail}")
        self.provider = provider
        self.detail = detail


class ProviderRefused(PaymentError):
    """The provider said no, for certain; `reason` is its own code, `detail` its own words."""

    code = "provider-refused"

    def __init__(self, provider: ProviderName, reason: str, detail: str) -> None:
        super().__init__(f"{provider} refused ({reason}): {detail}")
        self.provider = provider
        self.reason = reason
        self.detail = detail


class BillNotReady(PaymentError):
    """There is no bill of that day (yet). Alipay answers the same for a day without any trade."""

    code = "bill-not-ready"

    def __init__(self, provider: ProviderName, day: date) -> None:
        super().__init__(f"{provider} has no bill of {day.isoformat()} yet")
        self.provider = provider
        self.day = day


class NoticeRefused(PaymentError):
    """A notice that is not believed.

    `number` is set where the signature was genuine and only the age was wrong: the order can be
    asked about, the notice itself proves nothing.
    """

    code = "notice-refused"

    def __init__(self, reason: NoticeReason, number: str = "") -> None:
        super().__init__(f"notice refused: {reason}")
        self.reason = reason
        self.number = number


class PaymentProvider(Protocol):
    """One provider, ready for use from several threads.

    Every call raises ProviderUnavailable and ProviderRefused, except the two about notices.
    """

    @property
    def name(self) -> ProviderName:
        """Which one."""

    @property
    def notice_answer(self) -> tuple[int, bytes, str]:
        """Status, body and content type that tell the provider its notice was taken."""

    @property
    def notice_again(self) -> tuple[int, bytes, str]:
        """The same for a notice that was not taken: it comes again, later."""

    def create(self, order: Order) -> str:
        """Place the order; the text of its QR. The same order again gives a usable text again."""

    def query(self, number: str) -> Payment:
        """What became of the order."""

    def close(self, number: str) -> Payment:
        """End an unpaid order; asks first.

        CLOSED, or what it already was: PAID or REFUNDED where it was too late. At Alipay a
        payment between question and closing is given back at once: REFUNDED; and a code nobody
        has scanned yet stays ABSENT and can still be paid until `Order.expires`.
        """

    def refund(
        self, number: str, refund_number: str, amount_fen: int, total_fen: int, reason: str
    ) -> Refund:
        """Give money back. `refund_number` makes it idempotent; `total_fen` is the order's."""

    def query_refund(self, number: str, refund_number: str) -> Refund:
        """What became of the refund."""

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """A notice as it came in over HTTP; header names in any case. Raises NoticeRefused."""

    def bill(self, day: date) -> Sequence[BillLine]:
        """The bill of an estate-local day, in the provider's order. Raises BillNotReady."""


def check_number(number: str) -> str:
    """The number itself; ValueError where a provider would not take it."""
    if not NUMBER.fullmatch(number):
        raise ValueError(f"not a number of an order or refund: {number!r}")
    return number


def check_refund(amount_fen: int, total_fen: int) -> None:
    """Raise ValueError where no part of an order of `total_fen` can be `amount_fen`."""
    if not 0 < amount_fen <= total_fen:
        raise ValueError("a refund is for a part of the order or for all of it")


def notice_id_of(theirs: str) -> str:
    """A provider's id of a notice, or its SHA-256 where it is longer than `MAX_NOTICE_ID`."""
    if len(theirs) <= MAX_NOTICE_ID:
        return theirs
    return hashlib.sha256(theirs.encode("utf-8", "surrogatepass")).hexdigest()
