"""Working days (CAL-04a): weekends, public holidays and make-up days, a year at a time as data.

A year nobody put on file is a refusal in words, never silently "Monday to Friday". The day of the
event is day 0 (CAL-04b). Years known from the State Council's notices are in
`cardserver.domain.holidays`; what the estate puts on file itself goes before them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from cardserver.domain.errors import RuleViolation

REVIEW_SEEN_WITHIN: Final = 5
"""IC-20a: the department head sees the quarter's review within five working days."""

_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkYear:
    """How one calendar year differs from Monday to Friday.

    `holidays` are free days beyond the weekends, or weekend days named by a notice; `make_ups` are
    weekend days on which people work. Both map the day to what it is called. `source` says who
    stated it. Raises RuleViolation for a day of another year or one that is both.
    """

    year: int
    source: str
    holidays: Mapping[date, str] = field(default_factory=dict)
    make_ups: Mapping[date, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(day.year != self.year for day in (*self.holidays, *self.make_ups)):
            raise RuleViolation("work-day-of-another-year", rule="CAL-04a")
        if self.holidays.keys() & self.make_ups.keys():
            raise RuleViolation("work-day-both", rule="CAL-04a")

    def is_working(self, day: date) -> bool:
        """True when the offices work on this day of the year."""
        if day in self.make_ups:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """The years on file."""

    years: Mapping[int, WorkYear]

    def is_working(self, day: date) -> bool:
        """True for a working day. Raises RuleViolation ``work-year-missing``."""
        year = self.years.get(day.year)
        if year is None:
            raise RuleViolation(
                "work-year-missing", rule="CAL-04a", message=f"no working days of {day.year}"
            )
        return year.is_working(day)

    def after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`, which is day 0 itself (CAL-04b).

        Seven working days after Monday 7 July 2025 end on Wednesday the 16th.
        """
        found = day
        for _ in range(count):
            found = self.first_from(found + _ONE_DAY)
        return found

    def first_from(self, day: date) -> date:
        """The first working day from `day` on, itself included."""
        while not self.is_working(day):
            day += _ONE_DAY
        return day
