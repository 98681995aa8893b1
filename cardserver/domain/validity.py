"""Counting of dates: parking months, card validity, the free-replacement month (CAL-01..03).

A validity period is a pair of local dates of the estate, kept half-open ``[first, after_last)`` and
shown inclusive. Instants (taps, payments) are UTC elsewhere.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from cardserver.domain.errors import RuleViolation

MAX_MONTHS_AT_ONCE = 12
"""PARK-06a: at most twelve months in one payment."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityPeriod:
    """Days from `first` up to, but not including, `after_last`; at least one day."""

    first: date
    after_last: date

    def __post_init__(self) -> None:
        if self.after_last <= self.first:
            raise RuleViolation("period-empty", rule="CAL-01")

    @classmethod
    def inclusive(cls, first: date, last: date) -> "ValidityPeriod":
        """The period as people write it, both days included."""
        return cls(first=first, after_last=last + _ONE_DAY)

    @property
    def last(self) -> date:
        """Last valid day; valid to 23:59:59 local time of the estate (CAL-01c)."""
        return self.after_last - _ONE_DAY

    def contains(self, day: date) -> bool:
        """True on the first and the last day and between."""
        return self.first <= day < self.after_last


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingTerm:
    """A parking period with its anchor, the day of month on which each new month begins (1-31).

    The anchor is stored because a short month hides it: anchor 31 gives 31 Jan-28 Feb, 1-30 Mar,
    31 Mar-30 Apr (CAL-01b).
    """

    period: ValidityPeriod
    anchor: int


def _month_index(day: date) -> int:
    return day.year * 12 + day.month - 1


def _term_end(month_index: int, anchor: int) -> date:
    """Day after the last day of the period that reaches into this month (CAL-01a)."""
    year, month0 = divmod(month_index, 12)
    month = month0 + 1
    days = calendar.monthrange(year, month)[1]
    if anchor <= days:
        return date(year, month, anchor)
    return date(year, month, days) + _ONE_DAY


def _check_months(months: int) -> None:
    if not 1 <= months <= MAX_MONTHS_AT_ONCE:
        raise RuleViolation("months-out-of-range", rule="PARK-06a")


def first_parking_term(start: date, months: int) -> ParkingTerm:
    """Term for a first issue or a lapsed card: from `start`, whole months (CAL-01, PARK-05b).

    9 June for one month gives 9 June to 8 July. Raises RuleViolation for months outside 1 to 12.
    """
    _check_months(months)
    anchor = start.day
    end = _term_end(_month_index(start) + months, anchor)
    return ParkingTerm(period=ValidityPeriod(first=start, after_last=end), anchor=anchor)


def extended_parking_term(current: ParkingTerm, today: date, months: int) -> ParkingTerm:
    """Term after a top-up of `months` on `today` (PARK-05a, PARK-05b, CAL-01b).

    A live term keeps its first day and anchor and loses no day; a lapsed one starts anew today.
    """
    _check_months(months)
    if today >= current.period.after_last:
        return first_parking_term(today, months)
    # after_last is the anchor's day of its month, or the first of the next one where the month
    # is too short to have that day. Step back one day to name the month the period reached into.
    reached = _month_index(current.period.last)
    if _term_end(reached, current.anchor) != current.period.after_last:
        reached += 1
    end = _term_end(reached + months, current.anchor)
    period = ValidityPeriod(first=current.period.first, after_last=end)
    return ParkingTerm(period=period, anchor=current.anchor)


def added_period(before: ParkingTerm, after: ParkingTerm) -> ValidityPeriod:
    """The days a top-up added: what the slip names as the paid period."""
    first = before.period.after_last
    if after.period.first != before.period.first:
        first = after.period.first
    return ValidityPeriod(first=first, after_last=after.period.after_last)


def card_validity(issued: date, years: int) -> ValidityPeriod:
    """Validity of a door card issued today (CAL-02a): 2025-06-09, two years, last 2027-06-08.

    Issued 29 February, the last day is 28 February. Raises RuleViolation unless 1 or 2 years.
    """
    if years not in {1, 2}:
        raise RuleViolation("years-out-of-range", rule="IC-02")
    year = issued.year + years
    try:
        return ValidityPeriod(first=issued, after_last=issued.replace(year=year))
    except ValueError:  # 29 February, and the target year has none
        return ValidityPeriod(first=issued, after_last=date(year, 3, 1))


def free_replacement_through(issued: date) -> date:
    """Last day of the free replacement (CAL-03a): same date next month, or its month's end."""
    year, month0 = divmod(_month_index(issued) + 1, 12)
    days = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(issued.day, days))
