"""Instants of one minute share what was worked out for it: the same as worked out one by one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cardserver.domain.gateevent import written
from cardserver.domain.schedules import Calendar, Schedule, Span, Timetable, local_minute

ZONES = st.sampled_from([ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"), UTC])
STEPS = st.timedeltas(timedelta(seconds=-90), timedelta(seconds=90))
FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1890, 2199))
WALKS = st.tuples(
    st.datetimes(FIRST, LAST, timezones=ZONES),
    st.lists(STEPS, min_size=1, max_size=6),
)


@given(walk=WALKS)
@example(walk=(datetime(2025, 6, 9, 15, 59, 59, 999_999, tzinfo=UTC), [timedelta(microseconds=1)]))
def test_an_instant_is_written_in_utc_to_the_microsecond(
    walk: tuple[datetime, Sequence[timedelta]],
) -> None:
    at, steps = walk
    for step in steps:
        assert written(at) == at.astimezone(UTC).isoformat("T", "microseconds")
        at += step


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_the_ends_of_time_are_written_too(at: datetime) -> None:
    assert written(at) == at.isoformat("T", "microseconds")


@given(walk=WALKS, zone=st.one_of(ZONES, st.just(timezone(timedelta(hours=8, seconds=343)))))
def test_the_local_minute_is_that_of_the_instant(
    walk: tuple[datetime, Sequence[timedelta]], zone: tzinfo
) -> None:
    at, steps = walk
    at = at.astimezone(UTC)
    for step in steps:
        local = at.astimezone(zone)
        found = local_minute(at, zone)
        assert (found.date(), found.hour, found.minute) == (local.date(), local.hour, local.minute)
        at += step


def test_hours_are_open_to_the_last_second_however_often_they_were_asked() -> None:
    day = (Span(begins=480, ends=720),)
    shop = Schedule(name="shop", week=(day,) * 7)
    timetable = Timetable(schedules={"shop": shop}, calendar=Calendar())
    begins = datetime(2025, 6, 9, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
    told = {}
    for after_s in (-1, 0, 59, 4 * 3600 - 1, 4 * 3600, 0, -1):
        at = (begins + timedelta(seconds=after_s)).astimezone(UTC)
        told[after_s] = timetable.is_open("shop", local_minute(at, begins.tzinfo or UTC))
    assert told == {-1: False, 0: True, 59: True, 4 * 3600 - 1: True, 4 * 3600: False}
