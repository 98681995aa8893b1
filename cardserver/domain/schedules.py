"""Weekly hours in the estate's own time, with public holidays and make-up days.

Hours are spans of minutes from midnight, half-open: 08:00-12:00 holds to the last second before
12:00. A span whose end is not after its beginning reaches past midnight and belongs to the day on
which it begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple, Self

DAY_MINUTES: Final = 24 * 60
WEEK: Final = 7
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From a minute of the day up to, but not including, another; 0 to 1439 and 1 to 1440."""

    begins: int
    ends: int

    @property
    def over_midnight(self) -> bool:
        """True when it ends on the next day."""
        return self.ends <= self.begins

    def __str__(self) -> str:
        """As people write it: ``08:00-12:00``."""
        return f"{_clock(self.begins)}-{_clock(self.ends)}"


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Public holidays and make-up days (CAL-04a), and the years that are known.

    In a year nobody put on file every day counts as its weekday; whoever shows the rules says so.
    """

    holidays: frozenset[date] = frozenset()
    make_ups: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A week of hours from Monday on, and what holds on holidays and make-up days.

    `holiday` and `make_up` None: such a day is as its weekday says. A day without a span is shut.
    """

    name: str
    week: tuple[Spans, ...]
    holiday: Spans | None = None
    make_up: Spans | None = None

    def hours_of(self, day: date, calendar: Calendar) -> Spans:
        """The spans that begin on a day."""
        if self.make_up is not None and day in calendar.make_ups:
            return self.make_up
        if self.holiday is not None and day in calendar.holidays:
            return self.holiday
        return self.week[day.weekday()]

    def is_open(self, local: datetime, calendar: Calendar) -> bool:
        """True when an instant, given in the estate's own time, lies within the hours."""
        minute = local.hour * 60 + local.minute
        today = local.date()
        for span in self.hours_of(today, calendar):
            if _holds(span, minute):
                return True
        yesterday = self.hours_of(today - _ONE_DAY, calendar)
        return any(span.over_midnight and minute < span.ends for span in yesterday)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """All schedules by name and the calendar they are read with."""

    schedules: dict[str, Schedule] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)
    answers: dict[str, tuple[datetime, bool]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """By schedule, what it was asked last and what it said: a crowd comes in one minute."""

    def is_open(self, name: str, local: datetime) -> bool:
        """True within the hours of this schedule; an empty name is open always."""
        known = self.answers.get(name)
        if known is not None and known[0] is local:
            return known[1]
        opened = not name or self.schedules[name].is_open(local, self.calendar)
        self.answers[name] = local, opened
        return opened

    def hours_of(self, name: str, day: date) -> Spans:
        """The hours of a day, to be told to whoever came at another time."""
        return self.schedules[name].hours_of(day, self.calendar) if name else ()


def local_minute(instant: datetime, zone: tzinfo) -> datetime:
    """The minute of an instant in the estate's own time; hours and days are asked no closer.

    The last one is remembered: most cards of a crowd come in one minute.
    """
    last = _last_minute[0]
    if last.zone is not zone or not last.first <= instant <= last.last:
        last = _last_minute[0] = _Minute.around(instant, zone)
    return last.local


class _Minute(NamedTuple):
    zone: tzinfo
    first: datetime
    last: datetime
    local: datetime

    @classmethod
    def around(cls, instant: datetime, zone: tzinfo) -> Self:
        local = instant.astimezone(zone)
        into = timedelta(seconds=local.second, microseconds=local.microsecond)
        first = instant - into
        last = first + timedelta(seconds=59, microseconds=999_999)
        return cls(zone, first, last, local.replace(second=0, microsecond=0))


_last_minute: Final = [_Minute.around(datetime(1970, 1, 1, tzinfo=UTC), UTC)]


def hours_text(spans: Sequence[Span]) -> str:
    """Hours as people read them: ``08:00-12:00, 14:00-18:00``."""
    return ", ".join(str(span) for span in spans)


def _holds(span: Span, minute: int) -> bool:
    return span.begins <= minute and (minute < span.ends or span.over_midnight)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
