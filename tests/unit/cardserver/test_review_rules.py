"""The rules of the quarter's review that need no store (IC-20a)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.errors import RuleViolation
from cardserver.domain.review import (
    Leaving,
    Part,
    Quarter,
    check_explained,
    check_over,
    leaving,
    stock_end,
)

TODAY = date(2025, 7, 1)
YESTERDAY = TODAY - timedelta(days=1)


@given(st.dates(date(1900, 1, 1), date(9998, 12, 31)))
def test_every_day_lies_in_exactly_one_quarter(day: date) -> None:
    quarter = Quarter.of(day)
    assert quarter.first <= day < quarter.after_last
    assert quarter.before.after_last == quarter.first
    assert Quarter.of(quarter.after_last).before == quarter


@pytest.mark.parametrize(("year", "number"), [(2025, 0), (2025, 5), (0, 1), (9999, 4), (-3, 1)])
def test_a_quarter_that_does_not_exist_is_refused(year: int, number: int) -> None:
    with pytest.raises(RuleViolation) as refused:
        Quarter(year=year, number=number)
    assert refused.value.reason == "quarter-unknown"


def test_a_quarter_is_reviewed_once_it_is_over_ic_20a() -> None:
    quarter = Quarter(year=2025, number=2)
    check_over(quarter, date(2025, 7, 1))
    with pytest.raises(RuleViolation) as early:
        check_over(quarter, date(2025, 6, 30))
    assert early.value.reason == "quarter-not-over"


def test_blanks_at_the_end_are_start_and_received_without_issued_and_scrapped_ic_20a() -> None:
    assert stock_end(start=100, received=50, issued=30, scrapped=2) == 118


def test_every_difference_has_words_before_the_signature_ic_20a() -> None:
    check_explained([], {})
    check_explained([Part.STOCK], {Part.STOCK: "一张在抽屉后面"})
    with pytest.raises(RuleViolation) as missing:
        check_explained([Part.STOCK, Part.GATES], {Part.STOCK: "一张在抽屉后面"})
    assert missing.value.reason == "review-unexplained"
    assert "gates" in str(missing.value)


@pytest.mark.parametrize(
    ("who", "until", "reason"),
    [
        ("tenant", YESTERDAY, Leaving.LEASE_ENDED),
        ("tenant", TODAY, None),
        ("tenant", None, None),
        ("merchant", YESTERDAY, Leaving.CONTRACT_ENDED),
        ("merchant", None, Leaving.NO_CONTRACT),
        ("merchant", TODAY, None),
        ("staff", YESTERDAY, Leaving.STAFF_LEFT),
        ("staff", None, None),
        ("owner", YESTERDAY, Leaving.HOUSEHOLD_LEFT),
        ("owner", None, None),
    ],
)
def test_who_is_gone_and_why_ic_20a(who: str, until: date | None, reason: Leaving | None) -> None:
    found = leaving(
        tenant=who == "tenant",
        merchant=who == "merchant",
        staff=who == "staff",
        until=until,
        today=TODAY,
    )
    assert found is reason
