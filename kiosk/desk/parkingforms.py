"""What is typed into the car park's forms: days, amounts, kinds of space."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.parking import SpaceKind

_YUAN: Final = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,2}))?")


def day(typed: str) -> date:
    """A day as typed. Raises RuleViolation ``day-unreadable``."""
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise RuleViolation("day-unreadable") from None


def yuan(typed: str) -> int:
    """An amount in yuan as typed, in fen. Raises RuleViolation ``amount-unreadable``."""
    match = _YUAN.fullmatch(unicodedata.normalize("NFKC", typed).strip())
    if match is None:
        raise RuleViolation("amount-unreadable")
    whole, cents = match.groups(default="")
    return int(whole) * 100 + int(cents.ljust(2, "0"))


def kind(form: Mapping[str, str]) -> SpaceKind:
    """The kind of space that was chosen. Raises RuleViolation ``space-missing``."""
    chosen = form.get("kind", "")
    if chosen not in set(SpaceKind):
        raise RuleViolation("space-missing")
    return SpaceKind(chosen)
