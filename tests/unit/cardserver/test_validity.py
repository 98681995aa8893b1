"""Counting of dates: the examples of CAL-01, CAL-02 and CAL-03, and what must hold for all days."""

import calendar
from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.errors import RuleViolation
from cardserver.domain.validity import (
    ParkingTerm,
    ValidityPeriod,
    added_period,
    card_validity,
    extended_parking_term,
    first_parking_term,
    free_replacement_through,
)

DAY = timedelta(days=1)
days = st.dates(min_value=date(2020, 1, 1), max_value=date(2120, 12, 31))
months = st.integers(1, 12)


def day(text: str) -> date:
    return date.fromisoformat(text)


def month_of(when: date) -> tuple[int, int]:
    return when.year, when.month


# --- CAL-01 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2025-06-09", "2025-07-08"),
        ("2025-06-01", "2025-06-30"),
        ("2025-12-15", "2026-01-14"),
        # CAL-01a, the missing day
        ("2025-01-31", "2025-02-28"),
        ("2025-01-30", "2025-02-28"),
        ("2025-01-29", "2025-02-28"),
        ("2024-01-30", "2024-02-29"),
        ("2024-01-29", "2024-02-28"),
        ("2025-03-31", "2025-04-30"),
        ("2025-12-31", "2026-01-30"),
    ],
)
def test_cal_01_a_parking_month_ends_the_day_before_the_same_day(first: str, last: str) -> None:
    term = first_parking_term(day(first), 1)
    assert term.period == ValidityPeriod.inclusive(first=day(first), last=day(last))
    assert term.anchor == day(first).day


def test_cal_01b_anchor_31_survives_short_months() -> None:
    term = first_parking_term(day("2025-01-31"), 1)
    added = [term.period]
    for _ in range(3):
        longer = extended_parking_term(term, term.period.last, 1)
        added.append(added_period(term, longer))
        term = longer
    assert [(each.first.isoformat(), each.last.isoformat()) for each in added] == [
        ("2025-01-31", "2025-02-28"),
        ("2025-03-01", "2025-03-30"),
        ("2025-03-31", "2025-04-30"),
        ("2025-05-01", "2025-05-30"),
    ]


@given(start=days, count=months)
def test_cal_01b_n_months_at_once_end_like_n_single_months(start: date, count: int) -> None:
    at_once = first_parking_term(start, count)
    one_by_one = first_parking_term(start, 1)
    for _ in range(count - 1):
        one_by_one = extended_parking_term(one_by_one, one_by_one.period.first, 1)
    assert at_once == one_by_one


@given(start=days, count=months)
def test_cal_01a_the_end_is_the_anchors_day_or_the_end_of_its_month(
    start: date, count: int
) -> None:
    """`relativedelta` (clamping to the month's end) as the independent count."""
    term = first_parking_term(start, count)
    clamped = start + relativedelta(months=count)
    exact = clamped.day == start.day
    assert term.period.after_last == (clamped if exact else clamped + DAY)


@given(start=days, count=months, more=months, into=st.integers(min_value=0))
def test_park_05a_a_live_term_loses_no_day(start: date, count: int, more: int, into: int) -> None:
    term = first_parking_term(start, count)
    length = (term.period.after_last - term.period.first).days
    today = start + timedelta(days=into % length)
    longer = extended_parking_term(term, today, more)
    paid = added_period(term, longer)
    assert longer.period.first == start
    assert longer.anchor == start.day
    assert paid.first == term.period.after_last
    assert paid.after_last == longer.period.after_last
    assert 28 * more <= (paid.after_last - paid.first).days <= 31 * more


@given(start=days, count=months, more=months, gap=st.integers(0, 500))
def test_park_05b_a_lapsed_term_starts_anew_today(
    start: date, count: int, more: int, gap: int
) -> None:
    term = first_parking_term(start, count)
    today = term.period.after_last + timedelta(days=gap)
    renewed = extended_parking_term(term, today, more)
    assert renewed == first_parking_term(today, more)
    assert added_period(term, renewed) == renewed.period


def test_park_05a_the_last_valid_day_still_counts_as_live() -> None:
    term = first_parking_term(day("2025-06-09"), 1)
    assert extended_parking_term(term, day("2025-07-08"), 1).period.last == day("2025-08-08")
    assert extended_parking_term(term, day("2025-07-09"), 1).period.first == day("2025-07-09")


@given(start=days, top_ups=st.lists(months, max_size=8))
def test_no_chain_of_top_ups_drifts_from_its_anchor(start: date, top_ups: list[int]) -> None:
    term = first_parking_term(start, 1)
    for count in top_ups:
        term = extended_parking_term(term, term.period.last, count)
    total = 1 + sum(top_ups)
    clamped = start + relativedelta(months=total)
    assert term.period.after_last in {clamped, clamped + DAY}
    reached = calendar.monthrange(*month_of(clamped))[1]
    assert (term.period.after_last == clamped) is (start.day <= reached)


def first_or_next(term: ParkingTerm, today: date | None, count: int) -> ParkingTerm:
    if today is None:
        return first_parking_term(term.period.first, count)
    return extended_parking_term(term, today, count)


@pytest.mark.parametrize("count", [-1, 0, 13, 1000])
def test_park_06a_only_one_to_twelve_months_are_sold_at_once(count: int) -> None:
    term = first_parking_term(day("2025-06-09"), 1)
    for start in (None, day("2025-06-10"), day("2026-06-10")):
        with pytest.raises(RuleViolation) as caught:
            first_or_next(term, start, count)
        assert caught.value.rule == "PARK-06a"


# --- CAL-01c and periods -------------------------------------------------------------------------


@given(first=days, last=days, when=days)
def test_cal_01c_a_period_holds_its_first_and_last_day_and_all_between(
    first: date, last: date, when: date
) -> None:
    first, last = min(first, last), max(first, last)
    period = ValidityPeriod.inclusive(first=first, last=last)
    assert period.last == last
    assert period.contains(when) is (first <= when <= last)
    assert period.contains(first)
    assert period.contains(last)
    assert not period.contains(last + DAY)
    assert not period.contains(first - DAY)


@pytest.mark.parametrize("length", [0, -1, -400])
def test_a_period_without_a_day_cannot_be(length: int) -> None:
    first = day("2025-06-09")
    with pytest.raises(RuleViolation):
        ValidityPeriod(first=first, after_last=first + timedelta(days=length))


def test_a_term_is_a_period_with_its_anchor() -> None:
    period = ValidityPeriod.inclusive(first=day("2025-01-31"), last=day("2025-02-28"))
    assert first_parking_term(day("2025-01-31"), 1) == ParkingTerm(period=period, anchor=31)


# --- CAL-02 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issued", "years", "last"),
    [
        ("2025-06-09", 2, "2027-06-08"),
        ("2025-06-09", 1, "2026-06-08"),
        ("2024-02-29", 2, "2026-02-28"),
        ("2024-02-29", 1, "2025-02-28"),
        ("2025-01-01", 1, "2025-12-31"),
        ("2023-03-01", 1, "2024-02-29"),
    ],
)
def test_cal_02a_a_card_ends_the_day_before_the_same_date(
    issued: str, years: int, last: str
) -> None:
    period = card_validity(day(issued), years)
    assert period == ValidityPeriod.inclusive(first=day(issued), last=day(last))


@given(issued=days, years=st.sampled_from([1, 2]))
def test_cal_02_a_card_year_has_365_or_366_days(issued: date, years: int) -> None:
    period = card_validity(issued, years)
    assert period.first == issued
    assert 365 * years <= (period.after_last - period.first).days <= 365 * years + 1


@pytest.mark.parametrize("years", [-1, 0, 3, 10])
def test_ic_02_no_other_length_can_be_chosen(years: int) -> None:
    with pytest.raises(RuleViolation):
        card_validity(day("2025-06-09"), years)


# --- CAL-03 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issued", "through"),
    [
        ("2025-06-09", "2025-07-09"),
        ("2025-01-31", "2025-02-28"),
        ("2024-01-31", "2024-02-29"),
        ("2025-12-31", "2026-01-31"),
        ("2025-12-15", "2026-01-15"),
    ],
)
def test_cal_03a_a_replacement_is_free_through_the_same_date(issued: str, through: str) -> None:
    assert free_replacement_through(day(issued)) == day(through)


@given(issued=days)
def test_cal_03_the_free_month_is_a_calendar_month_clamped_to_its_end(issued: date) -> None:
    assert free_replacement_through(issued) == issued + relativedelta(months=1)


@given(issued=days)
def test_cal_03_outlasts_cal_01_by_a_day_or_ends_with_it_in_a_short_month(issued: date) -> None:
    paid = first_parking_term(issued, 1).period.last
    assert free_replacement_through(issued) - paid in {timedelta(0), DAY}
