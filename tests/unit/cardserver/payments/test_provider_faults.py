"""Every fault of a provider at every call: an unknown result is never taken for an answer, and
asking again ends well with everything done once.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cardserver.payments.alipay import AlipayProvider
from cardserver.payments.api import (
    Order,
    PaymentProvider,
    PaymentState,
    ProviderName,
    ProviderUnavailable,
    RefundState,
)
from simulators.payments.faults import ANSWER_TROUBLES, Call, Trouble, troubles_of
from tests.unit.cardserver.payments.payhouse import PayHouse

CASES = [
    (name, call, trouble)
    for name in ProviderName
    for call in (Call.CREATE, Call.QUERY, Call.CLOSE, Call.REFUND, Call.QUERY_REFUND)
    for trouble in sorted(troubles_of(name, call) & (ANSWER_TROUBLES - {Trouble.SLOW}))
]
Asking = Callable[[], object]


def order_for(house: PayHouse, provider: PaymentProvider, call: Call) -> Order:
    match call:
        case Call.CREATE:
            return house.order()
        case Call.CLOSE:
            return house.waiting(provider)
        case _:
            return house.paid(provider)


def asking(house: PayHouse, provider: PaymentProvider, call: Call) -> Asking:
    """An order in the state that this call is for, and the call."""
    order = order_for(house, provider, call)
    if call is Call.QUERY_REFUND:
        provider.refund(order.number, f"R{order.number}", 100, 15000, "退款")
    asks: dict[Call, Asking] = {
        Call.CREATE: lambda: provider.create(order),
        Call.QUERY: lambda: provider.query(order.number).state,
        Call.CLOSE: lambda: provider.close(order.number).state,
        Call.REFUND: lambda: (
            provider.refund(order.number, f"R{order.number}", 100, 15000, "退款").amount_fen,
            house.sim.book.find(provider.name, order.number).refunded_fen,
        ),
        Call.QUERY_REFUND: lambda: provider.query_refund(order.number, f"R{order.number}").state,
    }
    return asks[call]


def expected(answer: object, call: Call) -> bool:
    """What the call says once it is heard."""
    good: dict[Call, object] = {
        Call.QUERY: PaymentState.PAID,
        Call.CLOSE: PaymentState.CLOSED,
        Call.REFUND: (100, 100),
        Call.QUERY_REFUND: RefundState.DONE,
    }
    return isinstance(answer, str) if call is Call.CREATE else answer == good[call]


@pytest.mark.parametrize(("name", "call", "trouble"), CASES)
def test_a_fault_leaves_the_result_unknown_and_asking_again_ends_well(
    house: PayHouse, name: ProviderName, call: Call, trouble: Trouble
) -> None:
    provider = house.providers[name]
    ask = asking(house, provider, call)
    house.plan(provider, call, trouble)
    with pytest.raises(ProviderUnavailable) as unknown:
        ask()
    assert unknown.value.provider is name
    assert expected(ask(), call)


def test_a_slow_answer_is_none(house: PayHouse, provider: PaymentProvider) -> None:
    order = house.paid(provider)
    house.plan(provider, Call.QUERY, Trouble.SLOW)
    with pytest.raises(ProviderUnavailable, match="Timeout"):
        house.impatient(provider.name).query(order.number)
    assert provider.query(order.number).state is PaymentState.PAID


def test_a_lost_answer_to_an_order_is_settled_by_the_same_order(
    house: PayHouse, provider: PaymentProvider
) -> None:
    order = house.order()
    house.plan(provider, Call.CREATE, Trouble.DROP_AFTER)
    with pytest.raises(ProviderUnavailable):
        provider.create(order)
    placed = house.sim.book.find(provider.name, order.number)
    assert provider.create(order) == placed.code


def test_a_provider_that_is_not_there_is_unavailable(house: PayHouse) -> None:
    account = replace(house.server.accounts[1], base_url="http://127.0.0.1:9/gateway.do")
    with pytest.raises(ProviderUnavailable, match="ConnectionError"):
        AlipayProvider(account).query("K1-00001")


def test_alipay_is_asked_again_to_cancel_when_it_wants_to_be(house: PayHouse) -> None:
    provider = house.providers[ProviderName.ALIPAY]
    order = house.waiting(provider)
    house.plan(provider, Call.CLOSE, Trouble.ASK_AGAIN, times=2)
    assert provider.close(order.number).state is PaymentState.CLOSED


def test_but_not_for_ever(house: PayHouse) -> None:
    provider = house.providers[ProviderName.ALIPAY]
    order = house.waiting(provider)
    house.plan(provider, Call.CLOSE, Trouble.ASK_AGAIN, times=3)
    with pytest.raises(ProviderUnavailable):
        provider.close(order.number)


def test_no_fault_says_anything_of_keys_or_addresses(
    house: PayHouse, provider: PaymentProvider
) -> None:
    house.plan(provider, Call.QUERY, Trouble.DROP_BEFORE)
    with pytest.raises(ProviderUnavailable) as unknown:
        provider.query("K1-00001")
    said = f"{unknown.value} {unknown.value!r}"
    assert "http" not in said
    assert "sign" not in said.lower()
