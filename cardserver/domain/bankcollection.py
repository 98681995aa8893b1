"""The bank's collection list: what each of its lines does to a parking card (PARK-10a)."""

import re
from datetime import date, timedelta
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.validity import (
    ParkingTerm,
    ValidityPeriod,
    extended_parking_term,
)

_MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


@unique
class LineFate(StrEnum):
    """What a line comes to."""

    EXTENDS = "extends"  # collected: the card gets a month
    REMINDS = "reminds"  # not collected: a reminder; the right stays to the month's end
    UNKNOWN = "unknown"  # no such agreement
    NOT_BANK = "not-bank"  # the agreement is not collected by the bank
    OTHER_AMOUNT = "other-amount"
    REPEATED = "repeated"  # this agreement's month was collected before
    NO_CARD = "no-card"  # no card carries this agreement's right
    ENDED = "ended"  # the month would go beyond the agreement's end
    UNREADABLE = "unreadable"  # something in the row makes no sense


ACTING: Final = frozenset({LineFate.EXTENDS, LineFate.REMINDS})
"""Fates that change something; all others are shown and left to a person."""


def check_month(month: str, today: date) -> str:
    """The month of a collection as ``2025-06``. Raises RuleViolation for none or one to come."""
    if not _MONTH.fullmatch(month):
        raise RuleViolation("month-unclear", rule="PARK-10a")
    if date.fromisoformat(f"{month}-01") > today:
        raise RuleViolation("month-to-come", rule="PARK-10a", message=f"today is {today}")
    return month


def collected_term(current: ParkingTerm, today: date) -> tuple[ParkingTerm, bool]:
    """A collected month after the present end, and True when it follows that end.

    A right that lapsed more than a month ago starts anew instead: the month would be over.
    """
    following = extended_parking_term(current, current.period.last, 1)
    if today < following.period.after_last:
        return following, True
    return extended_parking_term(current, today, 1), False


def kept_until_month_end(period: ValidityPeriod, month_end: date) -> ValidityPeriod | None:
    """A failed collection keeps the right to the month's end (PARK-10a).

    None where it ends later anyway, or had ended before the month began.
    """
    before_month = month_end.replace(day=1) - timedelta(days=1)
    if not before_month <= period.last < month_end:
        return None
    return ValidityPeriod.inclusive(period.first, month_end)
