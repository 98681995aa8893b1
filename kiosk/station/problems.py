"""From an error to the one word under which screens find what to say."""

from typing import Final

from pydantic import ValidationError

from cardserver.client import ServerError
from cardserver.domain.errors import DomainError

UNEXPECTED: Final = "unexpected"
INVALID: Final = "invalid"

REFUSALS: Final = (ServerError, DomainError, ValidationError)
"""What may come back from an act that a page asks for: the server's no, a rule of ours, and a form
that fits no request."""

_FAMILIES: Final = frozenset({"rule-violation", "conflict"})
"""Codes that say too little: there the reason is the word."""


def problem_of(error: Exception) -> str:
    """The stable code of the error's class, or the rule's own word where the code is a family."""
    if isinstance(error, ValidationError):
        return INVALID
    code = str(getattr(error, "code", "")) or UNEXPECTED
    reason = str(getattr(error, "reason", ""))
    return reason if reason and code in _FAMILIES else code


def refusal_of(error: Exception) -> tuple[str, str]:
    """What is to be said of it: its word, and the requirement behind it where there is one."""
    return problem_of(error), str(getattr(error, "rule", ""))
