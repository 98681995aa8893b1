"""Plans: what a request gives and costs, decided from facts alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.appraisal import REASON_OF
from cardserver.domain.card import Card, Right, check_blank, check_format, check_secure_channel
from cardserver.domain.document import DocumentKind
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import Agreement, Holder
from cardserver.domain.ids import CardNumber, HolderId
from cardserver.domain.plan import (
    Plan,
    QuoteNote,
    plan_add_parking,
    plan_extend,
    plan_format,
    plan_issue,
    plan_replace,
    plan_top_up,
    resealed,
)
from cardserver.domain.record import Medium
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.tariff import ReplaceReason
from cardserver.domain.validity import ValidityPeriod, first_parking_term

TODAY = date(2025, 6, 9)
FAR = date(2050, 1, 1)
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 12, 31))
MONTHS = st.integers(1, 12)
STATUSES = st.sampled_from(CardStatus)
CLASSES = st.sampled_from(HolderClass)


def holder(
    holder_class: HolderClass = HolderClass.OWNER,
    lease_end: date | None = None,
    ends: date | None = None,
) -> Holder:
    return Holder(
        holder_id=HolderId(1),
        name="王",
        holder_class=holder_class,
        unit="3-1201",
        zones=1,
        lease_end=lease_end,
        ends=ends,
    )


def agreement(ends: date = FAR, unit: str = "3-1201") -> Agreement:
    return Agreement(
        agreement_id=1,
        number="CW-1",
        holder_id=HolderId(1),
        unit=unit,
        plate="粤B12345",
        space="B117",
        zone=7,
        monthly_fee_fen=300_00,
        ends=ends,
    )


def door(last: date = date(2027, 6, 8)) -> Right:
    first = min(TODAY, last)
    return Right(
        kind=RightKind.DOOR, zones=1, period=ValidityPeriod.inclusive(first, last), sequence=3
    )


def parking(start: date = TODAY, months: int = 1) -> Right:
    term = first_parking_term(start, months)
    return Right(
        kind=RightKind.PARKING,
        zones=128,
        period=term.period,
        sequence=5,
        anchor=term.anchor,
        agreement_id=1,
    )


def card(
    *rights: Right,
    status: CardStatus = CardStatus.LIVE,
    holder_class: HolderClass = HolderClass.OWNER,
) -> Card:
    return Card(
        number=CardNumber(7),
        uid=bytes(7),
        medium=Medium.CLASSIC,
        status=status,
        holder_id=HolderId(1),
        holder_class=holder_class,
        key_version=1,
        secure_channel=None,
        bought_on=TODAY,
        rights={right.kind: right for right in rights},
    )


def right_of(plan: Plan, kind: RightKind) -> Right:
    return next(right for right in plan.after if right.kind is kind)


def reason_of(call: object) -> str:
    with pytest.raises(RuleViolation) as caught:
        call()  # type: ignore[operator]
    return caught.value.reason


@given(today=DAYS, holder_class=CLASSES)
def test_a_first_card_is_valid_today_and_has_its_classes_length(
    today: date, holder_class: HolderClass
) -> None:
    """IC-02, IC-03, IC-05, IC-06, IC-13a."""
    person = holder(holder_class, lease_end=FAR)
    plan = plan_issue(person, 1, today)
    [right] = plan.after
    years = 2 if holder_class in {HolderClass.OWNER, HolderClass.FAMILY} else 1
    assert right.period.contains(today)
    assert right.period.after_last.year == today.year + years
    assert plan.total_fen == (0 if holder_class is HolderClass.STAFF else 2000)


@given(today=DAYS, left=st.integers(0, 500))
def test_a_tenants_card_never_outlives_the_lease(today: date, left: int) -> None:
    """IC-05, IC-05a."""
    end = today + timedelta(days=left)
    plan = plan_issue(holder(HolderClass.TENANT, lease_end=end), 1, today)
    last = right_of(plan, RightKind.DOOR).period.last
    assert last <= end
    whole = plan_issue(holder(HolderClass.TENANT, lease_end=FAR), 1, today)
    shortened = end < right_of(whole, RightKind.DOOR).period.last
    assert (QuoteNote.ENDS_WITH_LEASE in plan.notes) == shortened
    assert (last == end) or not shortened


def test_a_card_ends_with_its_holders_employment_or_ownership() -> None:
    """IC-13a, IC-22a."""
    plan = plan_issue(holder(HolderClass.STAFF, ends=date(2025, 9, 30)), 1, TODAY)
    assert right_of(plan, RightKind.DOOR).period.last == date(2025, 9, 30)
    assert plan.notes == (QuoteNote.ENDS_WITH_HOLDER,)
    gone = holder(ends=TODAY - timedelta(days=1))
    assert reason_of(lambda: plan_issue(gone, 1, TODAY)) == "no-longer-here"
    left = holder(HolderClass.STAFF, ends=TODAY - timedelta(days=1))
    assert reason_of(lambda: plan_issue(left, 1, TODAY)) == "holder-ended"


def test_a_tenant_without_a_lease_gets_nothing() -> None:
    """IC-05."""
    assert reason_of(lambda: plan_issue(holder(HolderClass.TENANT), 1, TODAY)) == "lease-missing"


@given(today=st.dates(date(2027, 5, 9), date(2035, 1, 1)))
def test_an_extension_never_takes_a_day_away(today: date) -> None:
    """IC-12b."""
    old = door()
    plan = plan_extend(card(old, parking()), holder(), today)
    new = right_of(plan, RightKind.DOOR)
    assert new.period.last > old.period.last
    assert new.period.contains(today)
    assert new.sequence == old.sequence + 1
    assert right_of(plan, RightKind.PARKING) == parking()
    assert plan.total_fen == 0
    assert (QuoteNote.STARTS_ANEW in plan.notes) == (today >= old.period.after_last)


def test_a_card_without_a_door_right_has_nothing_to_extend() -> None:
    assert reason_of(lambda: plan_extend(card(parking()), holder(), TODAY)) == "no-door-right"


def test_an_extension_beyond_the_lease_is_refused() -> None:
    """IC-05a: the lease ends with the present period."""
    tenant = holder(HolderClass.TENANT, lease_end=date(2027, 6, 8))
    renew = date(2027, 6, 1)
    assert reason_of(lambda: plan_extend(card(door()), tenant, renew)) == "lease-expired"


@given(start=DAYS, gap=st.integers(0, 400), months=MONTHS)
def test_a_top_up_gives_whole_months_and_leaves_the_door_alone(
    start: date, gap: int, months: int
) -> None:
    """PARK-04a, PARK-05, PARK-06."""
    today = start + timedelta(days=gap)
    old = parking(start)
    before = card(door(), old)
    plan = plan_top_up(before, agreement(), months, today)
    new = right_of(plan, RightKind.PARKING)
    assert right_of(plan, RightKind.DOOR) == door()
    assert plan.added is not None
    assert new.period.after_last == plan.added.after_last
    assert plan.added.first == max(old.period.after_last, today)
    assert plan.total_fen == months * 300_00
    assert plan.document_kinds == (DocumentKind.TOP_UP_SLIP,)
    assert (QuoteNote.STARTS_ANEW in plan.notes) == (today >= old.period.after_last)


@given(months=MONTHS, days=st.integers(0, 400))
def test_no_term_goes_beyond_the_agreement(months: int, days: int) -> None:
    """PARK-06a: refused exactly when it would."""
    ends = TODAY + timedelta(days=days)
    term = first_parking_term(TODAY, months).period
    if term.last <= ends:
        plan_add_parking(card(door()), holder(), agreement(ends), months, TODAY)
    else:
        refused = reason_of(
            lambda: plan_add_parking(card(door()), holder(), agreement(ends), months, TODAY)
        )
        assert refused == "beyond-agreement"


def test_an_agreement_that_ended_gives_no_month() -> None:
    """PARK-03."""
    past = agreement(TODAY - timedelta(days=1))
    assert reason_of(lambda: plan_top_up(card(parking()), past, 1, TODAY)) == "agreement-ended"


def test_a_right_without_its_agreement_is_not_topped_up() -> None:
    assert reason_of(lambda: plan_top_up(card(parking()), None, 1, TODAY)) == "no-parking-right"


@given(today=DAYS, reason=st.sampled_from(ReplaceReason), holder_class=CLASSES)
def test_a_replacement_changes_no_day_and_starts_its_sequences_anew(
    today: date, reason: ReplaceReason, holder_class: HolderClass
) -> None:
    """IC-10a, PARK-04a."""
    old = card(door(), parking(), holder_class=holder_class)
    finding = next(found for found, why in REASON_OF.items() if why is reason)
    plan = plan_replace(old, reason, finding, today)
    for right in plan.after:
        before = old.rights[right.kind]
        assert (right.period, right.anchor) == (before.period, before.anchor)
        assert right.sequence == 1
    assert plan.total_fen in {0, 2000}
    assert (plan.total_fen == 0) == (QuoteNote.FREE_REPLACEMENT in plan.notes)
    assert reason is ReplaceReason.FAULTY or plan.total_fen == 2000


@given(status=STATUSES)
def test_only_live_and_blocked_cards_are_replaced(status: CardStatus) -> None:
    old = card(door(), status=status)
    if status in {CardStatus.LIVE, CardStatus.BLOCKED}:
        assert plan_replace(old, ReplaceReason.LOST, None, TODAY).total_fen == 2000
    else:
        refused = reason_of(lambda: plan_replace(old, ReplaceReason.LOST, None, TODAY))
        assert refused == "not-replaceable"


def test_a_card_without_rights_has_nothing_to_carry_on() -> None:
    assert reason_of(lambda: plan_replace(card(), ReplaceReason.LOST, None, TODAY)) == "no-rights"


@given(status=STATUSES, holder_class=CLASSES, today=DAYS, has_parking=st.booleans())
def test_no_format_takes_a_paid_day_or_a_customers_live_card(
    status: CardStatus, holder_class: HolderClass, today: date, has_parking: bool
) -> None:
    """IC-18a."""
    rights = (door(), parking()) if has_parking else (door(),)
    old = card(*rights, status=status, holder_class=holder_class)
    try:
        plan = plan_format(old, today)
    except RuleViolation:
        return
    assert plan.after == ()
    assert status is not CardStatus.RETURNED
    assert status is not CardStatus.LIVE or holder_class is HolderClass.STAFF
    moved = status in {CardStatus.REPLACED, CardStatus.SCRAPPED}
    assert moved or not has_parking or today >= parking().period.after_last


@given(status=STATUSES)
def test_only_a_formatted_chip_becomes_another_card(status: CardStatus) -> None:
    """IC-18."""
    check_blank(None)
    if status is CardStatus.RETURNED:
        check_blank(card(status=status))
    else:
        assert reason_of(lambda: check_blank(card(status=status))) == "format-first"


def test_rolling_the_keys_writes_every_right_anew_and_none_twice() -> None:
    old = card(door(), parking())
    plan = plan_top_up(old, agreement(), 1, TODAY)
    rolled = resealed(plan, old)
    assert right_of(rolled, RightKind.DOOR).sequence == door().sequence + 1
    assert right_of(rolled, RightKind.DOOR).period == door().period
    assert right_of(rolled, RightKind.PARKING) == right_of(plan, RightKind.PARKING)


@pytest.mark.parametrize(
    ("recorded", "found", "allowed"),
    [
        (None, "ev1", True),
        ("ev1", "ev2", True),
        ("ev2", "ev2", True),
        ("ev2", None, True),
        ("ev2", "ev1", False),
    ],
)
def test_a_channel_is_never_talked_down(
    recorded: str | None, found: str | None, allowed: bool
) -> None:
    if allowed:
        check_secure_channel(recorded, found)
    else:
        refused = reason_of(lambda: check_secure_channel(recorded, found))
        assert refused == "secure-channel-lowered"


def test_an_expired_parking_right_does_not_stop_a_staff_format() -> None:
    old = card(door(), parking(), holder_class=HolderClass.STAFF)
    assert reason_of(lambda: check_format(old, TODAY)) == "parking-paid"
    check_format(old, TODAY + timedelta(days=40))
