"""Refusals of the domain that leave the caller no way on. `code` is the key of their words."""

from typing import ClassVar


class DomainError(Exception):
    """Root of the domain's errors."""

    code: ClassVar[str] = "domain-error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.code)


class RuleViolation(DomainError):
    """A business rule forbids it; `reason` is the rule's stable word, `rule` its requirement id."""

    code = "rule-violation"

    def __init__(self, reason: str, *, rule: str = "", message: str = "") -> None:
        super().__init__(message or f"{reason} ({rule})" if rule else message or reason)
        self.reason = reason
        self.rule = rule


class IllegalTransition(DomainError):
    """An operation in `state` cannot take `event`."""

    code = "illegal-transition"

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"{event} is not possible in state {state}")
        self.state = state
        self.event = event


class RecordInvalid(DomainError):
    """Bytes that are not a record of ours; `why` is one of `cardserver.domain.record.Flaw`."""

    code = "record-invalid"

    def __init__(self, why: str) -> None:
        super().__init__(f"record invalid: {why}")
        self.why = why


class AmountInvalid(DomainError):
    """An amount of money that cannot be (negative, too large, not whole fen)."""

    code = "amount-invalid"
