"""Payments by QR: their numbers, their patience, and the one step that only they may take."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain import ledger
from cardserver.domain.errors import IllegalTransition
from cardserver.domain.qrpayment import (
    GOING_BACK,
    LIVING,
    QrState,
    RefundStep,
    order_number,
    pause_before_asking,
    refund_number,
)
from cardserver.domain.sale import TenderKind, TenderState, check_tender_step
from cardserver.payments.api import NUMBER

IDS = st.uuids(version=4).map(str)


@given(one=IDS, other=IDS)
def test_every_payment_has_a_number_that_providers_take_and_no_two_have_the_same(
    one: str, other: str
) -> None:
    numbers = [order_number(one), refund_number(one), order_number(other), refund_number(other)]
    assert all(NUMBER.fullmatch(number) for number in numbers)
    assert len(set(numbers)) == (2 if one == other else 4)


def test_the_smallest_and_the_largest_number_have_the_same_length() -> None:
    numbers = {order_number(str(UUID(int=value))) for value in (0, 2**128 - 1)}
    assert {len(number) for number in numbers} == {26}


@given(state=st.sampled_from([*LIVING, *GOING_BACK]), tries=st.integers(0, 10_000))
def test_the_pause_grows_and_has_an_end(state: QrState | RefundStep, tries: int) -> None:
    pause = pause_before_asking(state, tries)
    assert 1 <= pause <= pause_before_asking(state, tries + 1) <= 3600
    if state is QrState.WAITING:
        assert pause <= 5


@pytest.mark.parametrize("kind", TenderKind)
def test_only_a_provider_may_say_later_that_it_was_paid_after_all(kind: TenderKind) -> None:
    if kind is TenderKind.QR:
        check_tender_step(TenderState.RETURNED, TenderState.CREDITED, kind)
        return
    with pytest.raises(IllegalTransition):
        check_tender_step(TenderState.RETURNED, TenderState.CREDITED, kind)


@given(fen=st.integers(1, 10**9))
def test_money_by_phone_comes_and_goes_back_without_a_rest(fen: int) -> None:
    entries = (
        ledger.provider_paid("wechat", "s", fen),
        ledger.sent_back("wechat", "s", fen),
        ledger.provider_refunded("wechat", fen),
    )
    sums: dict[str, int] = {}
    for entry in entries:
        for line in entry.lines:
            sums[line.account] = sums.get(line.account, 0) + line.amount_fen
    assert set(sums.values()) == {0}
