"""A typed plan of what goes wrong at a provider, by the call that meets it."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from cardserver.payments.api import ProviderName


@unique
class Call(StrEnum):
    """What a merchant's server asks, and the notices that it gets."""

    CREATE = "create"
    QUERY = "query"
    CLOSE = "close"
    REFUND = "refund"
    QUERY_REFUND = "query-refund"
    BILL = "bill"
    BILL_FILE = "bill-file"
    NOTICE = "notice"


@unique
class Trouble(StrEnum):
    """What can happen to one call, or to one notice."""

    SLOW = "slow"  # the answer takes its seconds
    ERROR_BEFORE = "error-before"  # 5xx (20000), nothing was done
    ERROR_AFTER = "error-after"  # the same, and it was done
    DROP_BEFORE = "drop-before"  # the connection goes, nothing was done
    DROP_AFTER = "drop-after"  # the same, and it was done
    GARBAGE = "garbage"  # done; a proxy's page instead of the answer
    TAMPERED = "tampered"  # done; the answer was changed after it was signed
    UNSIGNED = "unsigned"  # done; the answer bears no signature
    OTHER_ORDER = "other-order"  # done; a well signed answer about something else
    PAID_MEANWHILE = "paid-meanwhile"  # the phone pays just before this call is done
    ASK_AGAIN = "ask-again"  # not done; the answer wants to be asked again (Alipay only)
    REFUND_STUCK = "refund-stuck"  # taken on, and in the end it fails (WeChat Pay only)
    BILL_MISSING = "bill-missing"  # the bill's last line is not there
    BILL_EXTRA = "bill-extra"  # a payment on the bill that nobody here made
    BILL_AMOUNT = "bill-amount"  # the bill's last line is one fen more
    LOST = "lost"  # the notice never comes
    DOUBLE = "double"  # it comes twice
    LATE = "late"  # it waits until somebody sends it
    FORGED = "forged"  # signed by somebody else
    REPLAYED = "replayed"  # it comes again, with the old time and signature, an hour later
    WRONG_AMOUNT = "wrong-amount"  # genuine, about one fen less
    FOREIGN = "foreign"  # genuine, for another merchant


ANSWER_TROUBLES: Final = frozenset(
    {
        Trouble.SLOW,
        Trouble.ERROR_BEFORE,
        Trouble.ERROR_AFTER,
        Trouble.DROP_BEFORE,
        Trouble.DROP_AFTER,
        Trouble.GARBAGE,
        Trouble.TAMPERED,
        Trouble.UNSIGNED,
        Trouble.OTHER_ORDER,
    }
)
NOTICE_TROUBLES: Final = frozenset(
    {
        Trouble.LOST,
        Trouble.DOUBLE,
        Trouble.LATE,
        Trouble.FORGED,
        Trouble.REPLAYED,
        Trouble.WRONG_AMOUNT,
        Trouble.FOREIGN,
    }
)


_OTHER: Final = frozenset({Trouble.OTHER_ORDER})
_NOT: Final = {
    Call.BILL: _OTHER,
    Call.BILL_FILE: _OTHER | {Trouble.UNSIGNED},  # a file bears no signature anyway
}
_NOT_AT: Final = {
    (ProviderName.WECHAT, Call.CREATE): _OTHER,  # the answer is a code and names no order
    (ProviderName.WECHAT, Call.CLOSE): _OTHER,  # an empty answer
}
_ALSO: Final = {
    Call.QUERY: frozenset({Trouble.PAID_MEANWHILE}),
    Call.CLOSE: frozenset({Trouble.PAID_MEANWHILE}),
    Call.BILL: frozenset({Trouble.BILL_MISSING, Trouble.BILL_EXTRA, Trouble.BILL_AMOUNT}),
}
_ALSO_AT: Final = {
    (ProviderName.WECHAT, Call.REFUND): frozenset({Trouble.REFUND_STUCK}),
    (ProviderName.ALIPAY, Call.CLOSE): frozenset({Trouble.ASK_AGAIN}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayFault:
    """One trouble for the next `times` calls of a kind at a provider. Raises ValueError."""

    provider: ProviderName
    call: Call
    trouble: Trouble
    times: int = 1
    seconds: float = 0.0
    """How long a `SLOW` answer takes."""

    def __post_init__(self) -> None:
        if self.trouble not in troubles_of(self.provider, self.call):
            raise ValueError(f"{self.trouble} does not happen to {self.call} at {self.provider}")


def troubles_of(provider: ProviderName, call: Call) -> frozenset[Trouble]:
    """What can happen to calls of a kind at a provider."""
    if call is Call.NOTICE:
        return NOTICE_TROUBLES
    left_out = _NOT.get(call, frozenset()) | _NOT_AT.get((provider, call), frozenset())
    more = _ALSO.get(call, frozenset()) | _ALSO_AT.get((provider, call), frozenset())
    return (ANSWER_TROUBLES - left_out) | more


class FaultList:
    """Faults still to come, and those that came. Any thread may plan and take."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[tuple[PayFault, int]] = []
        self.fired: list[PayFault] = []

    @property
    def waiting(self) -> Sequence[PayFault]:
        """What is still to come."""
        with self._lock:
            return [fault for fault, _ in self._left]

    def plan(self, fault: PayFault) -> None:
        """Let it happen to the next calls of its kind, after those planned before."""
        with self._lock:
            self._left.append((fault, fault.times))

    def clear(self) -> None:
        """Nothing more shall happen."""
        with self._lock:
            self._left.clear()

    def take(self, provider: ProviderName, call: Call) -> PayFault | None:
        """What happens to this call."""
        with self._lock:
            for place, (fault, left) in enumerate(self._left):
                if (fault.provider, fault.call) == (provider, call):
                    self._left[place : place + 1] = [(fault, left - 1)] if left > 1 else []
                    self.fired.append(fault)
                    return fault
        return None
