"""The daily comparison with the provider's bill: each difference on file, with owner and age."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from cardserver.domain.permits import Role
from cardserver.domain.reconciliation import DifferenceKind
from cardserver.payments.api import BillLine, BillNotReady, LineKind, ProviderUnavailable
from cardserver.services import differences, reconciling
from cardserver.services.errors import NotPermitted
from cardserver.wire_reconciliation import (
    DifferenceView,
    SettleDifference,
    TakeDifference,
)
from tests.databases.frontdesk import DESK, MORNING, ZONE, new_id, refused
from tests.databases.payers import PaperProvider
from tests.databases.phonework import PRICE, Kiosk, open_kiosk

CASHIER = replace(DESK, operator="宋梅", roles=frozenset({Role.CASHIER}), leave=None)
TODAY = MORNING.astimezone(ZONE).date()


@dataclass
class Billing(PaperProvider):
    """A provider that also writes bills; a day without one has none yet."""

    bills: dict[date, list[BillLine]] = field(default_factory=dict)
    away: bool = False

    def bill(self, day: date) -> list[BillLine]:
        if self.away:
            raise ProviderUnavailable(self.name, "no answer")
        if day not in self.bills:
            raise BillNotReady(self.name, day)
        return self.bills[day]

    def line(self, number: str, fen: int = PRICE, kind: LineKind = LineKind.PAYMENT) -> BillLine:
        return BillLine(
            number=number,
            payment_number=number,
            kind=kind,
            amount_fen=fen,
            at=MORNING,
            provider_number="42",
        )


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    opened = open_kiosk(tmp_path)
    opened.provider = Billing()
    opened.__post_init__()
    yield opened
    opened.estate.engine.dispose()


@pytest.fixture
def provider(kiosk: Kiosk) -> Billing:
    assert isinstance(kiosk.provider, Billing)
    return kiosk.provider


def paid(kiosk: Kiosk) -> str:
    """One month, paid by phone; the order's number."""
    view = kiosk.shown()
    assert kiosk.provider.scan_and_pay(view.number)
    kiosk.settle_all()
    return view.number


def opened(kiosk: Kiosk) -> tuple[DifferenceView, ...]:
    return reconciling.reconciliation(kiosk.estate, CASHIER).differences


def next_day(kiosk: Kiosk, days: int = 1) -> None:
    kiosk.desk.clock.now += timedelta(days=days)


def test_a_day_on_which_bill_and_ledger_agree_leaves_nothing_open(
    kiosk: Kiosk, provider: Billing
) -> None:
    provider.bills[TODAY] = [provider.line(paid(kiosk))]
    next_day(kiosk)
    assert reconciling.reconcile_due(kiosk.estate)
    [day] = [
        each for each in reconciling.reconciliation(kiosk.estate, CASHIER).days if each.day == TODAY
    ]
    assert (day.provider, day.ours_fen, day.theirs_fen, day.lines) == ("wechat", PRICE, PRICE, 1)
    assert opened(kiosk) == ()
    assert reconciling.reconcile_due(kiosk.estate) == 0


def test_money_without_a_bill_waits_for_it_and_is_seen_waiting(
    kiosk: Kiosk, provider: Billing
) -> None:
    paid(kiosk)
    next_day(kiosk)
    reconciling.reconcile_due(kiosk.estate)
    [day] = reconciling.reconciliation(kiosk.estate, CASHIER).days
    assert (day.day, day.ours_fen, day.theirs_fen) == (TODAY, PRICE, None)
    provider.bills[TODAY] = []
    assert reconciling.reconcile_due(kiosk.estate) == 1
    [difference] = opened(kiosk)
    assert difference.kind is DifferenceKind.NOT_ON_BILL


def test_a_provider_that_is_away_is_asked_again(kiosk: Kiosk, provider: Billing) -> None:
    provider.bills[TODAY] = [provider.line(paid(kiosk))]
    next_day(kiosk)
    provider.away = True
    assert reconciling.reconcile_due(kiosk.estate) == 0
    provider.away = False
    assert reconciling.reconcile_due(kiosk.estate)


def test_each_kind_of_difference_has_a_row_until_a_person_says_what_it_was(
    kiosk: Kiosk, provider: Billing
) -> None:
    number = paid(kiosk)
    provider.bills[TODAY] = [provider.line(number, PRICE - 1), provider.line("P-strange", 1000)]
    next_day(kiosk, 3)
    reconciling.reconcile_due(kiosk.estate)
    found = {each.reference: each for each in opened(kiosk)}
    assert {name: each.kind for name, each in found.items()} == {
        number: DifferenceKind.AMOUNT,
        "P-strange": DifferenceKind.NOT_WITH_US,
    }
    assert {each.age_days for each in found.values()} == {3}
    row = found[number].difference_id

    take = TakeDifference(request_id=new_id())
    assert differences.take_difference(kiosk.estate, CASHIER, row, take).owner == "宋梅"
    settle = SettleDifference(request_id=new_id(), remark="平台退一分手续费")
    done = differences.settle_difference(kiosk.estate, CASHIER, row, settle)
    assert done.settled == "平台退一分手续费"
    assert [each.reference for each in opened(kiosk)] == ["P-strange"]
    with refused("difference-settled"):
        again = TakeDifference(request_id=new_id())
        differences.take_difference(kiosk.estate, CASHIER, row, again)


def test_a_payment_at_midnight_that_is_on_the_next_days_bill_settles_itself(
    kiosk: Kiosk, provider: Billing
) -> None:
    number = paid(kiosk)
    provider.bills[TODAY] = []
    provider.bills[TODAY + timedelta(days=1)] = [provider.line(number)]
    next_day(kiosk)
    reconciling.reconcile_due(kiosk.estate)
    assert [each.reference for each in opened(kiosk)] == [number]
    next_day(kiosk)
    reconciling.reconcile_due(kiosk.estate)
    assert opened(kiosk) == ()


def test_what_the_provider_gave_back_by_itself_is_no_difference(
    kiosk: Kiosk, provider: Billing
) -> None:
    back = replace(provider.line("P-late", kind=LineKind.REFUND), number="R-late")
    provider.bills[TODAY] = [provider.line("P-late"), back]
    next_day(kiosk)
    assert reconciling.reconcile_due(kiosk.estate)
    assert opened(kiosk) == ()


def test_an_agent_does_not_settle_differences(kiosk: Kiosk, provider: Billing) -> None:
    paid(kiosk)
    provider.bills[TODAY] = []
    next_day(kiosk)
    reconciling.reconcile_due(kiosk.estate)
    [row] = opened(kiosk)
    settle = SettleDifference(request_id=new_id(), remark="不知道")
    with pytest.raises(NotPermitted):
        differences.settle_difference(kiosk.estate, DESK, row.difference_id, settle)
