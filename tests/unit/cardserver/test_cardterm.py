"""How long a door card runs, whatever stands behind it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.cardrules import CardRules
from cardserver.domain.cardterm import EndsWith, Facts, door_period
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import Holder
from cardserver.domain.ids import HolderId
from cardserver.domain.rights import VALIDITY_YEARS, HolderClass
from cardserver.domain.validity import card_validity

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
LIMITS = st.one_of(st.none(), DAYS)


def somebody(
    holder_class: HolderClass, lease_end: date | None = None, ends: date | None = None
) -> Holder:
    return Holder(
        holder_id=HolderId(1),
        name="甲",
        holder_class=holder_class,
        unit="1-101",
        zones=1,
        lease_end=lease_end,
        ends=ends,
    )


@given(
    today=DAYS,
    holder_class=st.sampled_from(HolderClass),
    lease=DAYS,
    limits=st.tuples(LIMITS, LIMITS, LIMITS),
)
def test_no_card_outlives_what_stands_behind_it_ic_05a(
    today: date,
    holder_class: HolderClass,
    lease: date,
    limits: tuple[date | None, date | None, date | None],
) -> None:
    """IC-05a, IC-05b, IC-06a, IC-13a; and never longer than its class (IC-02..06)."""
    tenant, contract, ends = limits
    facts = Facts(lease_last=lease, tenant_last=tenant, contract_ends=contract)
    behind = {EndsWith.HOLDER: ends}
    if holder_class is HolderClass.TENANT:
        behind |= {EndsWith.LEASE: lease, EndsWith.TENANT: tenant}
    if holder_class is HolderClass.MERCHANT:
        behind |= {EndsWith.CONTRACT: contract}
    full = card_validity(today, VALIDITY_YEARS[holder_class])
    earliest = min((last for last in behind.values() if last is not None), default=date.max)
    try:
        period, ends_with = door_period(today, somebody(holder_class, ends=ends), facts, today)
    except RuleViolation:
        assert earliest < today
        return
    assert today <= period.last == min(full.last, earliest)
    assert (ends_with is None) == (earliest >= full.last)
    assert ends_with is None or behind[ends_with] == period.last


@given(today=DAYS, days=st.integers(0, 4000), contract=LIMITS)
def test_a_merchants_chosen_day_is_kept_within_the_contract_ic_06a(
    today: date, days: int, contract: date | None
) -> None:
    chosen = today + timedelta(days=days)
    facts = Facts(chosen_last=chosen, contract_ends=contract)
    if contract is not None and contract < min(chosen, today):
        return
    period, _ = door_period(today, somebody(HolderClass.MERCHANT), facts, today)
    assert period.last == min(chosen, contract or date.max)


@pytest.mark.parametrize("holder_class", sorted(set(HolderClass) - {HolderClass.MERCHANT}))
def test_nobody_else_has_another_length_ic_02(holder_class: HolderClass) -> None:
    """IC-02: no other length can be chosen."""
    today = date(2025, 6, 9)
    facts = Facts(chosen_last=date(2039, 1, 1), lease_last=date(2039, 1, 1))
    period, _ = door_period(today, somebody(holder_class), facts, today)
    assert period == card_validity(today, VALIDITY_YEARS[holder_class])


def test_the_29th_of_february_and_the_31st_ic_05a() -> None:
    """A lease may end on any day the calendar has."""
    for last in (date(2028, 2, 29), date(2028, 1, 31)):
        facts = Facts(lease_last=last)
        start = date(2027, 6, 9)
        period, ends_with = door_period(start, somebody(HolderClass.TENANT), facts, start)
        assert (period.last, ends_with) == (last, EndsWith.LEASE)


def test_a_lease_that_does_not_end_the_card_leaves_it_a_year_ic_05a() -> None:
    today = date(2025, 6, 9)
    facts = Facts(lease_last=date(2025, 12, 31), rules=CardRules(lease_ends_card=False))
    period, ends_with = door_period(today, somebody(HolderClass.TENANT), facts, today)
    assert (period.last, ends_with) == (date(2026, 6, 8), None)
