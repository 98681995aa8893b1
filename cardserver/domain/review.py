"""The quarter's card review, form 7.5.1-G01-01-F2 《IC卡季度整理表》 (IC-20, IC-20a).

Nine parts; three of them can show a difference, and what differs is explained before it is signed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation

FORM_CODE: Final = "7.5.1-G01-01-F2"
_QUARTERS: Final = 4
_MONTHS: Final = 3


@unique
class Part(StrEnum):
    """The nine parts, in the order of the form."""

    STOCK = "stock"  # blanks: start + received - issued - scrapped = end, counted by hand
    BUSINESS = "business"  # issues, extensions, replacements, losses, blocks per holder class
    RECEIPTS = "receipts"  # 20-yuan receipts against chargeable issues
    EXPIRED = "expired"  # cards expired and not extended
    LEAVERS = "leavers"  # people who are gone, with cards still live
    PASSES = "passes"  # temporary worker passes not returned
    PARKING = "parking"  # parking rights without an agreement
    UNSIGNED = "unsigned"  # register rows nobody signed
    GATES = "gates"  # what the gates go by against the issue list


@unique
class Business(StrEnum):
    """What part 2 counts."""

    ISSUE = "issue"
    EXTEND = "extend"
    REPLACE = "replace"
    LOSS = "loss"
    BLOCK = "block"


@unique
class Leaving(StrEnum):
    """Why a live card is listed in part 5."""

    LEASE_ENDED = "lease-ended"
    HOUSEHOLD_LEFT = "household-left"
    STAFF_LEFT = "staff-left"
    CONTRACT_ENDED = "contract-ended"
    NO_CONTRACT = "no-contract"


@unique
class Decision(StrEnum):
    """What the head decides on a card of part 5."""

    BLOCK = "block"
    KEEP = "keep"


@unique
class StockMove(StrEnum):
    """Movements of blank cards that no operation knows of."""

    RECEIVED = "received"
    SCRAPPED = "scrapped"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Quarter:
    """A quarter of a year. Raises RuleViolation ``quarter-unknown``."""

    year: int
    number: int

    def __post_init__(self) -> None:
        # The calendar of dates ends with the year 9999.
        if not (1 <= self.number <= _QUARTERS and date.min.year < self.year < date.max.year):
            raise RuleViolation("quarter-unknown", rule="IC-20a")

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """The quarter a day lies in."""
        return cls(year=day.year, number=(day.month - 1) // _MONTHS + 1)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, (self.number - 1) * _MONTHS + 1, 1)

    @property
    def after_last(self) -> date:
        """The day after its last, which is the first of the next quarter."""
        if self.number == _QUARTERS:
            return date(self.year + 1, 1, 1)
        return date(self.year, self.number * _MONTHS + 1, 1)

    @property
    def before(self) -> "Quarter":
        """The quarter before."""
        if self.number == 1:
            return Quarter(year=self.year - 1, number=_QUARTERS)
        return Quarter(year=self.year, number=self.number - 1)


def check_over(quarter: Quarter, today: date) -> None:
    """Raise RuleViolation ``quarter-not-over``: a review is of the quarter before."""
    if today < quarter.after_last:
        raise RuleViolation("quarter-not-over", rule="IC-20a")


def stock_end(*, start: int, received: int, issued: int, scrapped: int) -> int:
    """Blanks that ought to be there at the end of the quarter."""
    return start + received - issued - scrapped


def check_explained(differing: Collection[Part], explanations: Mapping[Part, str]) -> None:
    """Raise RuleViolation ``review-unexplained`` while a part that differs has no words."""
    missing = [part for part in Part if part in differing and not explanations.get(part)]
    if missing:
        raise RuleViolation(
            "review-unexplained", rule="IC-20a", message=f"explain: {', '.join(missing)}"
        )


def leaving(
    *, tenant: bool, merchant: bool, staff: bool, until: date | None, today: date
) -> Leaving | None:
    """Why somebody whose last day is `until` is gone; None for who is still here.

    A merchant with no date at all is listed as having no contract on file.
    """
    if until is None:
        return Leaving.NO_CONTRACT if merchant else None
    if until >= today:
        return None
    if tenant:
        return Leaving.LEASE_ENDED
    if merchant:
        return Leaving.CONTRACT_ENDED
    return Leaving.STAFF_LEFT if staff else Leaving.HOUSEHOLD_LEFT
