"""From an error to the one word under which screens find what to say."""

from typing import Final

UNEXPECTED: Final = "unexpected"

_FAMILIES: Final = frozenset({"rule-violation", "conflict"})
"""Codes that say too little: there the reason is the word."""


def problem_of(error: Exception) -> str:
    """The stable code of the error's class, or the rule's own word where the code is a family."""
    code = str(getattr(error, "code", "")) or UNEXPECTED
    reason = str(getattr(error, "reason", ""))
    return reason if reason and code in _FAMILIES else code
