"""A payment by QR code: its states, the words of its journal, its numbers and when to ask again.

The server alone speaks with the payment provider; the kiosk shows the code and asks the server.
What was decided is on disk before the provider is told, and what the provider said is believed
only when it is certain: an unknown result is asked again, never assumed (FEE-04, issue 4).
"""

from datetime import timedelta
from enum import StrEnum, unique
from typing import Final
from uuid import UUID

CODE_LIFE: Final = timedelta(minutes=3)
"""How long a code can be paid; WeChat wants at least one minute."""

EXPIRED_FOR_SURE: Final = timedelta(minutes=10)
"""After its end by this much nobody can pay an order that the provider knows nothing of."""

TO_A_PERSON: Final = timedelta(hours=24)
"""An order of which nothing can be learnt for so long after its end is 待核对."""

REFUSALS_BORNE: Final = 6
"""So often a provider may say no to a refund (an empty account) before a person acts."""


@unique
class QrState(StrEnum):
    """Where a payment by QR stands."""

    ASKED = "asked"  # wanted; the provider has not been told
    SENT = "sent"  # the provider was told, its answer is not known
    WAITING = "waiting"  # its code can be scanned and paid
    CLOSING = "closing"  # it shall end; the provider has not said yet that it has
    PAID = "paid"
    CLOSED = "closed"  # certainly unpaid, or given back by the provider itself
    ODD = "odd"  # paid, but with another amount than was ordered: a person decides


LIVING: Final = frozenset({QrState.ASKED, QrState.SENT, QrState.WAITING, QrState.CLOSING})
"""States from which the provider's word leads on."""


@unique
class RefundStep(StrEnum):
    """Where money on its way back through a provider stands."""

    ASKED = "asked"  # decided; whether the provider has heard of it, it says itself
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"  # it stands in suspense: a person decides


GOING_BACK: Final = frozenset({RefundStep.ASKED, RefundStep.PROCESSING})


@unique
class QrWord(StrEnum):
    """What happened to a payment, as its journal says it."""

    ASKED = "asked"
    SENT = "sent"
    CODE = "code"
    REFUSED = "refused"  # the provider made no order
    CLOSING = "closing"
    UNPAID = "unpaid"  # nobody had paid when it was to end; its time must run out all the same
    CLOSED = "closed"
    PAID = "paid"
    ODD = "odd"
    GIVEN_BACK = "given-back"  # by the provider itself, before we counted it
    NOTICE = "notice"
    UNKNOWN = "unknown"
    DECIDED = "decided"  # by a person
    REFUND_ASKED = "refund-asked"
    REFUND_PROCESSING = "refund-processing"
    REFUND_REFUSED = "refund-refused"
    REFUND_DONE = "refund-done"
    REFUND_FAILED = "refund-failed"


_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PAYMENT, _REFUND = "P", "R"


def order_number(tender_id: str) -> str:
    """The number of a payment's order at the provider: one for ever, 26 letters and digits."""
    return _PAYMENT + _base36(UUID(tender_id).int)


def refund_number(tender_id: str) -> str:
    """The number of the refund of a payment; there is at most one."""
    return _REFUND + _base36(UUID(tender_id).int)


def _base36(value: int) -> str:
    digits = []
    for _ in range(25):
        value, digit = divmod(value, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def pause_before_asking(state: QrState | RefundStep, tries: int) -> float:
    """Seconds until the provider is asked again, after so many tries in this state.

    A shown code is asked about every few seconds (both providers' guides); what nobody waits for
    at a screen, ever more seldom, up to an hour.
    """
    if state is QrState.WAITING:
        return 2.0 if tries < _FIRST_MINUTE else 5.0
    return min(_LONGEST_S, float(1 << min(tries, _DOUBLINGS)))


_FIRST_MINUTE: Final = 30
_LONGEST_S: Final = 3600.0
_DOUBLINGS: Final = 12
