"""Working days: weekends, holidays, make-up days, and a year nobody put on file (CAL-04)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.errors import RuleViolation
from cardserver.domain.holidays import KNOWN_YEARS
from cardserver.domain.workdays import WorkCalendar, WorkYear

CALENDAR = WorkCalendar(years=KNOWN_YEARS)
DAYS_ON_FILE = st.dates(date(2025, 1, 1), date(2026, 12, 1))


def test_seven_working_days_after_an_inspection_on_7_july_2025_cal_04b() -> None:
    event = date(2025, 7, 7)
    counted = [CALENDAR.after(event, number) for number in range(1, 8)]
    assert [day.day for day in counted] == [8, 9, 10, 11, 14, 15, 16]
    assert CALENDAR.after(event, 8) == date(2025, 7, 17)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2025, 1, 26), True),  # a Sunday that makes up for the Spring Festival
        (date(2025, 1, 28), False),
        (date(2025, 2, 4), False),
        (date(2025, 2, 5), True),
        (date(2025, 10, 8), False),
        (date(2025, 10, 11), True),
        (date(2025, 7, 5), False),
        (date(2026, 1, 2), False),
        (date(2026, 1, 4), True),
        (date(2026, 2, 14), True),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 9, 20), True),
        (date(2026, 9, 25), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
    ],
)
def test_a_day_of_a_known_year_is_what_the_notice_says_cal_04a(day: date, working: bool) -> None:
    assert CALENDAR.is_working(day) is working


def test_every_make_up_day_lies_on_a_weekend_and_names_its_source_cal_04a() -> None:
    for year in KNOWN_YEARS.values():
        assert year.source
        assert all(day.weekday() >= 5 for day in year.make_ups)


@pytest.mark.parametrize(("year", "free"), [(2025, 28), (2026, 33)])
def test_a_known_year_has_as_many_free_days_as_its_notice_cal_04a(year: int, free: int) -> None:
    assert len(KNOWN_YEARS[year].holidays) == free


def test_a_missing_year_is_refused_and_never_monday_to_friday_cal_04a() -> None:
    with pytest.raises(RuleViolation) as refused:
        CALENDAR.after(date(2026, 12, 31), 1)
    assert (refused.value.reason, refused.value.rule) == ("work-year-missing", "CAL-04a")
    with pytest.raises(RuleViolation):
        CALENDAR.is_working(date(2024, 5, 6))


def test_a_year_holds_only_its_own_days_each_of_one_kind_cal_04a() -> None:
    day = date(2027, 1, 1)
    with pytest.raises(RuleViolation) as other:
        WorkYear(year=2028, source="x", holidays={day: "元旦"})
    assert other.value.reason == "work-day-of-another-year"
    with pytest.raises(RuleViolation) as both:
        WorkYear(year=2027, source="x", holidays={day: "元旦"}, make_ups={day: "元旦"})
    assert both.value.reason == "work-day-both"


@given(DAYS_ON_FILE, st.integers(1, 15))
def test_counting_skips_every_free_day_and_no_working_day_cal_04b(day: date, count: int) -> None:
    try:
        end = CALENDAR.after(day, count)
    except RuleViolation:
        assert day > date(2026, 12, 1) - timedelta(days=20)
        return
    between = [day + timedelta(days=step) for step in range(1, (end - day).days + 1)]
    assert sum(CALENDAR.is_working(each) for each in between) == count
    assert CALENDAR.is_working(end)
