"""What was typed or chosen in a form, read in one way by every page of a station."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from cardserver.domain.errors import RuleViolation

_ROW: Final = re.compile(r"[0-9]{1,18}")
_YUAN: Final = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,2}))?")


def plain(typed: str) -> str:
    """As typed, full-width figures made plain, without spaces around."""
    return unicodedata.normalize("NFKC", typed).strip()


def id_of(typed: str) -> str:
    """The id that the page gave its form, so that a doubled click is one act; else a new one."""
    try:
        return str(UUID(typed))
    except ValueError:
        return str(uuid4())


def row_of(typed: str) -> int | None:
    """The number of a row or card, or 0, which nothing bears; None for any other text."""
    match = _ROW.fullmatch(plain(typed))
    return None if match is None else int(match.group())


def rows_of(typed: Iterable[str]) -> tuple[int, ...]:
    """The rows that were ticked, in their order; what is none is passed over."""
    return tuple(row for each in typed if (row := row_of(each)))


def day(typed: str, *, rule: str = "") -> date:
    """A day, such as ``2025-06-09``. Raises RuleViolation ``day-unreadable`` under `rule`."""
    try:
        return date.fromisoformat(plain(typed))
    except ValueError:
        raise RuleViolation("day-unreadable", rule=rule) from None


def day_or_none(typed: str) -> date | None:
    """A day; None for an empty field. Raises RuleViolation ``day-unreadable``."""
    return day(typed) if typed.strip() else None


def yuan(typed: str) -> int:
    """An amount in yuan, such as ``300`` or ``95.50``, in fen: below one million yuan.

    Raises RuleViolation ``amount-unreadable``.
    """
    match = _YUAN.fullmatch(plain(typed))
    if match is None:
        raise RuleViolation("amount-unreadable")
    whole, cents = match.groups(default="")
    return int(whole) * 100 + int(cents.ljust(2, "0"))
