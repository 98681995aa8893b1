"""Rules about spaces, tariffs and agreements that need no store."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.bankcollection import (
    check_month,
    collected_term,
    kept_until_month_end,
)
from cardserver.domain.errors import RuleViolation
from cardserver.domain.parking import (
    AgreementType,
    SpaceKind,
    SpaceState,
    Tariff,
    Terms,
    agreement_type,
    check_new_tariff,
    check_space_free,
    check_terms,
    fee_on,
    inside_until,
    month_end,
    needs_owner_call,
    space_state,
)
from cardserver.domain.rights import HolderClass
from cardserver.domain.validity import ValidityPeriod, first_parking_term

TODAY = date(2025, 6, 9)
TABLE = [
    Tariff(kind=SpaceKind.UNDERGROUND, monthly_fee_fen=280_00, first=date(2024, 1, 1)),
    Tariff(kind=SpaceKind.UNDERGROUND, monthly_fee_fen=300_00, first=date(2025, 6, 1)),
    Tariff(kind=SpaceKind.SURFACE, monthly_fee_fen=150_00, first=date(2024, 1, 1)),
]


def tariff(kind: SpaceKind, fen: int, first: date) -> Tariff:
    return Tariff(kind=kind, monthly_fee_fen=fen, first=first)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (SpaceKind.RAISED_FLOOR, AgreementType.RENT),
        (SpaceKind.UNDERGROUND, AgreementType.RENT),
        (SpaceKind.SURFACE, AgreementType.RENT),
        (SpaceKind.BOUGHT, AgreementType.SERVICE),
        (SpaceKind.GIFTED, AgreementType.SERVICE),
    ],
)
def test_the_kind_of_space_decides_the_agreement_park_11(
    kind: SpaceKind, expected: AgreementType
) -> None:
    assert agreement_type(kind) is expected


@pytest.mark.parametrize(
    ("day", "fen"),
    [(date(2025, 5, 31), 280_00), (date(2025, 6, 1), 300_00), (date(2030, 1, 1), 300_00)],
)
def test_the_tariff_of_the_day_counts_park_06a(day: date, fen: int) -> None:
    assert fee_on(TABLE, SpaceKind.UNDERGROUND, day) == fen


def test_a_kind_without_a_tariff_is_not_sold_park_09() -> None:
    for kind, day in ((SpaceKind.GIFTED, TODAY), (SpaceKind.SURFACE, date(2023, 12, 31))):
        with pytest.raises(RuleViolation) as caught:
            fee_on(TABLE, kind, day)
        assert (caught.value.reason, caught.value.rule) == ("tariff-missing", "PARK-09")


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (tariff(SpaceKind.SURFACE, 0, date(2025, 7, 1)), "tariff-zero"),
        (tariff(SpaceKind.SURFACE, 160_00, date(2025, 6, 8)), "tariff-in-past"),
        (tariff(SpaceKind.GIFTED, 160_00, date(2025, 6, 8)), "tariff-in-past"),
    ],
)
def test_a_tariff_that_cannot_be_is_refused_park_06a(new: Tariff, reason: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_new_tariff(TABLE, new, TODAY)
    assert caught.value.reason == reason


def test_tariffs_of_one_kind_never_overlap_park_06a() -> None:
    later = tariff(SpaceKind.SURFACE, 160_00, date(2025, 8, 1))
    for first in (date(2025, 7, 31), date(2025, 8, 1)):
        with pytest.raises(RuleViolation) as caught:
            check_new_tariff([*TABLE, later], tariff(SpaceKind.SURFACE, 170_00, first), TODAY)
        assert caught.value.reason == "tariff-overlaps"
    check_new_tariff([*TABLE, later], tariff(SpaceKind.SURFACE, 170_00, date(2025, 8, 2)), TODAY)
    check_new_tariff([*TABLE, later], tariff(SpaceKind.GIFTED, 70_00, TODAY), TODAY)


def terms(**changed: object) -> Terms:
    values = {"plate": "粤B·A1234", "begins": TODAY, "ends": date(2026, 6, 8), **changed}
    return Terms(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "changed", "reason"),
    [
        (SpaceKind.SURFACE, {"stated_fee_fen": 100_00}, "fee-by-tariff"),
        (SpaceKind.UNDERGROUND, {"bank_collected": True}, "bank-private-only"),
        (SpaceKind.BOUGHT, {"ends": date(2025, 6, 8)}, "agreement-upside-down"),
    ],
)
def test_terms_fit_the_kind_of_space_park_10(
    kind: SpaceKind, changed: dict[str, object], reason: str
) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_terms(kind, terms(**changed))
    assert caught.value.reason == reason


def test_a_service_agreement_may_state_its_fee_and_the_bank_park_10() -> None:
    for kind in (SpaceKind.BOUGHT, SpaceKind.GIFTED):
        check_terms(kind, terms(stated_fee_fen=95_00, bank_collected=True))


@given(
    st.dates(date(2024, 1, 1), date(2027, 1, 1)),
    st.integers(0, 500),
    st.dates(date(2024, 1, 1), date(2027, 1, 1)),
    st.integers(0, 500),
)
def test_two_agreements_share_no_day_of_a_space_park_09(
    first: date, length: int, other: date, other_length: int
) -> None:
    mine = terms(begins=first, ends=first + timedelta(length))
    theirs = (other, other + timedelta(other_length))
    mine_days = {first + timedelta(n) for n in range(length + 1)}
    shared = any(other + timedelta(n) in mine_days for n in range(other_length + 1))
    try:
        check_space_free([("CW-1", *theirs)], mine)
    except RuleViolation:
        assert shared
    else:
        assert not shared


@pytest.mark.parametrize(
    ("holder_class", "lease_end", "of_other", "needed"),
    [
        (HolderClass.OWNER, None, False, False),
        (HolderClass.FAMILY, None, False, False),
        (HolderClass.TENANT, TODAY, False, False),
        (HolderClass.TENANT, date(2025, 6, 8), False, True),
        (HolderClass.TENANT, None, False, True),
        (HolderClass.MERCHANT, None, False, True),
        (HolderClass.STAFF, None, False, True),
        (HolderClass.OWNER, None, True, True),
        (HolderClass.TENANT, TODAY, True, True),
    ],
)
def test_the_owner_is_called_where_needed_park_01a(
    holder_class: HolderClass, lease_end: date | None, *, of_other: bool, needed: bool
) -> None:
    found = needs_owner_call(holder_class, lease_end, TODAY, licence_of_other=of_other)
    assert found is needed


IN, OUT = False, True
JULY = date(2025, 7, 9)


@pytest.mark.parametrize(
    ("moves", "until"),
    [
        ([], None),
        ([(date(2025, 7, 8), IN)], date(2025, 7, 20)),
        ([(date(2025, 7, 1), IN), (date(2025, 7, 8), OUT)], None),
        ([(date(2025, 7, 8), IN), (date(2025, 7, 15), OUT)], date(2025, 7, 15)),
        ([(date(2025, 7, 8), IN), (JULY, OUT)], None),
        ([(date(2025, 7, 8), OUT), (date(2025, 7, 12), IN)], None),
    ],
)
def test_the_gate_log_says_whether_the_car_stayed_inside_park_05b(
    moves: list[tuple[date, bool]], until: date | None
) -> None:
    """The right ended on 8 July; today is the 20th."""
    assert inside_until(moves, JULY, date(2025, 7, 20)) == until


@pytest.mark.parametrize(
    ("agreed", "bank", "last", "state"),
    [
        (False, False, None, SpaceState.FREE),
        (True, True, TODAY, SpaceState.BANK),
        (True, False, None, SpaceState.NO_CARD),
        (True, False, TODAY, SpaceState.RENTED),
        (True, False, date(2025, 6, 8), SpaceState.EXPIRED),
    ],
)
def test_a_space_shows_its_state_park_09(
    *, agreed: bool, bank: bool, last: date | None, state: SpaceState
) -> None:
    assert space_state(agreed=agreed, bank=bank, last=last, today=TODAY) is state


def test_a_collected_month_follows_the_old_end_and_keeps_the_anchor_park_10a() -> None:
    """Also when the card is laid down later: the month that was paid is the one that counts."""
    current = first_parking_term(date(2025, 5, 31), 1)  # to 29 June, anchor 31
    for today in (date(2025, 6, 15), date(2025, 7, 29)):
        term, follows = collected_term(current, today)
        assert (term.period.last, term.anchor, follows) == (date(2025, 7, 30), 31, True)
    term, follows = collected_term(current, date(2025, 8, 1))
    assert (term.period.first, follows) == (date(2025, 8, 1), False)


@pytest.mark.parametrize(
    ("last", "kept"),
    [
        (date(2025, 7, 14), date(2025, 7, 31)),
        (date(2025, 6, 30), date(2025, 7, 31)),
        (date(2025, 6, 29), None),
        (date(2025, 7, 31), None),
        (date(2025, 8, 3), None),
    ],
)
def test_a_failed_collection_keeps_the_right_to_the_months_end_park_10a(
    last: date, kept: date | None
) -> None:
    period = ValidityPeriod.inclusive(date(2025, 6, 1), last)
    found = kept_until_month_end(period, date(2025, 7, 31))
    assert (None if found is None else found.last) == kept


@pytest.mark.parametrize("month", ["", "2025-13", "2025-6", "2025-06-01", "juin"])
def test_a_month_that_is_none_is_refused_park_10a(month: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_month(month, TODAY)
    assert caught.value.reason == "month-unclear"


def test_a_month_to_come_is_not_collected_yet_park_10a() -> None:
    assert check_month("2025-06", TODAY) == "2025-06"
    with pytest.raises(RuleViolation) as caught:
        check_month("2025-07", TODAY)
    assert caught.value.reason == "month-to-come"


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_the_months_end_is_followed_by_a_first(day: date) -> None:
    end = month_end(day)
    assert end >= day
    assert (end + timedelta(1)).day == 1
    assert (end.year, end.month) == (day.year, day.month)
