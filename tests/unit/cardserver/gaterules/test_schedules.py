"""Hours of a week, with holidays and make-up days (GATE-01, GATE-03, CAL-04a)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.holidays import KNOWN_YEARS
from cardserver.domain.schedules import Calendar, Schedule, Span, Timetable, hours_text

MORNING, AFTERNOON = Span(begins=480, ends=720), Span(begins=840, ends=1080)
NIGHT = Span(begins=22 * 60, ends=6 * 60)
WORK = (MORNING, AFTERNOON)
CALENDAR = Calendar(
    holidays=frozenset(KNOWN_YEARS[2025].holidays), make_ups=frozenset(KNOWN_YEARS[2025].make_ups)
)
RENOVATION = Schedule(name="renovation", week=(WORK,) * 5 + ((),) * 2, holiday=(), make_up=WORK)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2025-06-09 07:59:59", False),
        ("2025-06-09 08:00:00", True),
        ("2025-06-09 11:59:59", True),
        ("2025-06-09 12:00:00", False),
        ("2025-06-09 14:00:00", True),
        ("2025-06-14 10:00:00", False),  # a Saturday
        ("2025-10-02 10:00:00", False),  # National Day, a Thursday
        ("2025-09-28 10:00:00", True),  # a Sunday that makes up for it
    ],
)
def test_gate_03_renovation_hours_hold_to_the_last_second(local: str, is_open: bool) -> None:
    assert RENOVATION.is_open(at(local), CALENDAR) is is_open


def test_cal_04a_a_year_nobody_put_on_file_is_as_its_weekdays_say() -> None:
    assert RENOVATION.is_open(at("2031-10-02 10:00"), CALENDAR)  # a Thursday


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin() -> None:
    friday_night = Schedule(name="bar", week=((),) * 4 + ((NIGHT,),) + ((),) * 2)
    assert friday_night.is_open(at("2025-06-13 23:00"), Calendar())
    assert friday_night.is_open(at("2025-06-14 05:59:59"), Calendar())
    assert not friday_night.is_open(at("2025-06-14 06:00"), Calendar())
    assert not friday_night.is_open(at("2025-06-14 23:00"), Calendar())
    assert not friday_night.is_open(at("2025-06-13 05:00"), Calendar())


def test_a_name_that_is_empty_is_open_always_and_hours_are_told_as_people_read_them() -> None:
    table = Timetable(schedules={"renovation": RENOVATION}, calendar=CALENDAR)
    assert table.is_open("", at("2025-06-14 03:00"))
    assert hours_text(table.hours_of("renovation", date(2025, 6, 9))) == "08:00-12:00, 14:00-18:00"
    assert table.hours_of("renovation", date(2025, 6, 14)) == ()


minutes = st.integers(0, 1439)


@given(
    begins=minutes, ends=st.integers(1, 1440), day=st.dates(date(2025, 1, 1), date(2026, 12, 30))
)
def test_a_span_is_open_just_as_long_as_it_says(begins: int, ends: int, day: date) -> None:
    """Of the two days a span can touch, exactly its own minutes are open."""
    if begins == ends:
        return
    span = Span(begins=begins, ends=ends)
    week = tuple((span,) if number == day.weekday() else () for number in range(7))
    schedule = Schedule(name="x", week=week)
    midnight = datetime.combine(day, datetime.min.time())
    open_minutes = sum(
        schedule.is_open(midnight + timedelta(minutes=minute), Calendar()) for minute in range(2880)
    )
    assert open_minutes == (ends - begins - 1) % 1440 + 1
