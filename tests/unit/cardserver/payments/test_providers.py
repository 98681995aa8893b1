"""Both adapters over the wire: an order's whole life, the same promises for either provider."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardserver.payments.api import (
    Order,
    PaymentProvider,
    PaymentState,
    ProviderName,
    ProviderRefused,
    Refund,
    RefundState,
)
from simulators.payments.book import OrderState
from simulators.payments.faults import Call, Trouble
from tests.unit.cardserver.payments.payhouse import PayHouse

UNPAID = {ProviderName.WECHAT: PaymentState.WAITING, ProviderName.ALIPAY: PaymentState.ABSENT}
"""What an order is whose code nobody has read."""


def test_an_order_gives_a_code_and_the_same_order_again_the_same_code(
    house: PayHouse, provider: PaymentProvider
) -> None:
    order = house.order()
    code = provider.create(order)
    assert code.startswith(("weixin://", "https://qr.alipay.com/"))
    assert provider.create(order) == code
    assert provider.query(order.number).state is UNPAID[provider.name]


def test_what_the_payer_reads_is_the_subject_in_chinese(
    house: PayHouse, provider: PaymentProvider
) -> None:
    order = house.order(subject="停车充值：6月9日至7月8日")
    provider.create(order)
    assert house.sim.book.find(provider.name, order.number).subject == order.subject


def test_the_same_number_for_another_amount_is_refused(
    house: PayHouse, provider: PaymentProvider
) -> None:
    order = house.placed(provider)
    other = Order(number=order.number, amount_fen=1, subject=order.subject, expires=order.expires)
    with pytest.raises(ProviderRefused) as refused:
        provider.create(other)
    assert refused.value.reason in {"OUT_TRADE_NO_USED", "ACQ.CONTEXT_INCONSISTENT"}
    assert house.sim.book.find(provider.name, order.number).amount_fen == order.amount_fen


def test_an_unknown_number_is_absent(house: PayHouse, provider: PaymentProvider) -> None:
    number = house.order().number
    assert provider.query(number).state is PaymentState.ABSENT
    assert provider.close(number).state is PaymentState.ABSENT


def test_a_scanned_order_waits_and_a_paid_one_says_how_much_and_when(
    house: PayHouse, provider: PaymentProvider
) -> None:
    order = house.waiting(provider)
    assert provider.query(order.number).state is PaymentState.WAITING
    house.now += timedelta(seconds=40)
    house.sim.pay(provider.name, order.number)
    payment = provider.query(order.number)
    assert (payment.number, payment.state) == (order.number, PaymentState.PAID)
    assert payment.amount_fen == order.amount_fen
    assert payment.paid_at == house.now
    assert payment.provider_number


def test_a_closed_order_can_never_be_paid(house: PayHouse, provider: PaymentProvider) -> None:
    order = house.waiting(provider)
    assert provider.close(order.number).state is PaymentState.CLOSED
    assert provider.query(order.number).state is PaymentState.CLOSED
    assert provider.close(order.number).state is PaymentState.CLOSED
    assert house.sim.book.find(provider.name, order.number).state is OrderState.CLOSED


def test_closing_a_paid_order_leaves_it_paid(house: PayHouse, provider: PaymentProvider) -> None:
    order = house.paid(provider)
    payment = provider.close(order.number)
    assert payment.state is PaymentState.PAID
    assert payment.amount_fen == order.amount_fen
    assert not house.sim.book.find(provider.name, order.number).refunds


def test_who_pays_between_question_and_closing_is_heard(
    house: PayHouse, provider: PaymentProvider
) -> None:
    """WeChat Pay says that it was too late; Alipay gives the money back by itself."""
    order = house.waiting(provider)
    house.plan(provider, Call.CLOSE, Trouble.PAID_MEANWHILE)
    ended = provider.close(order.number)
    kept = house.sim.book.find(provider.name, order.number)
    if provider.name is ProviderName.WECHAT:
        assert (ended.state, kept.refunded_fen) == (PaymentState.PAID, 0)
    else:
        assert (ended.state, kept.refunded_fen) == (PaymentState.REFUNDED, order.amount_fen)
        assert provider.query(order.number).state is PaymentState.REFUNDED


def test_a_code_nobody_read_is_closed_or_still_absent(
    house: PayHouse, provider: PaymentProvider
) -> None:
    """At Alipay only its expiry ends it, and that is what the adapter says."""
    order = house.placed(provider)
    ended = provider.close(order.number)
    if provider.name is ProviderName.WECHAT:
        assert ended.state is PaymentState.CLOSED
        return
    assert ended.state is PaymentState.ABSENT
    house.sim.pay(provider.name, order.number)
    assert provider.query(order.number).state is PaymentState.PAID


def test_an_order_ends_by_itself_at_its_expiry(house: PayHouse, provider: PaymentProvider) -> None:
    order = house.waiting(provider)
    house.now = order.expires
    assert provider.query(order.number).state is PaymentState.CLOSED


def test_a_refund_moves_money_once_however_often_it_is_asked_for(
    house: PayHouse, provider: PaymentProvider
) -> None:
    order = house.paid(provider)
    asked = [provider.refund(order.number, f"R-{order.number}", 5000, 15000, "多付") for _ in "12"]
    assert [each.amount_fen for each in asked] == [5000, 5000]
    assert house.sim.book.find(provider.name, order.number).refunded_fen == 5000
    found = provider.query_refund(order.number, f"R-{order.number}")
    assert found == Refund(
        number=f"R-{order.number}",
        payment_number=order.number,
        state=RefundState.DONE,
        amount_fen=5000,
        provider_number=found.provider_number,
    )


def test_refunds_of_several_parts_are_each_their_own(
    house: PayHouse, provider: PaymentProvider
) -> None:
    order = house.paid(provider)
    for part, amount in (("A", 5000), ("B", 10000)):
        refund = provider.refund(order.number, f"R{part}{order.number}", amount, 15000, "退款")
        assert refund.amount_fen == amount
    assert provider.query_refund(order.number, f"RA{order.number}").amount_fen == 5000
    assert provider.query(order.number).state is PaymentState.REFUNDED


def test_more_than_was_paid_is_refused(house: PayHouse, provider: PaymentProvider) -> None:
    order = house.paid(provider)
    provider.refund(order.number, f"R1{order.number}", 10000, 15000, "退款")
    with pytest.raises(ProviderRefused):
        provider.refund(order.number, f"R2{order.number}", 5001, 15000, "退款")
    assert house.sim.book.find(provider.name, order.number).refunded_fen == 10000


def test_the_same_refund_number_for_another_amount_is_refused(
    house: PayHouse, provider: PaymentProvider
) -> None:
    order = house.paid(provider)
    provider.refund(order.number, f"R{order.number}", 100, 15000, "退款")
    with pytest.raises(ProviderRefused):
        provider.refund(order.number, f"R{order.number}", 101, 15000, "退款")


def test_an_unpaid_order_gives_nothing_back(house: PayHouse, provider: PaymentProvider) -> None:
    order = house.waiting(provider)
    with pytest.raises(ProviderRefused):
        provider.refund(order.number, f"R{order.number}", 100, 15000, "退款")
    state = provider.query_refund(order.number, f"R{order.number}").state
    assert state is RefundState.ABSENT


def test_a_refund_that_fails_in_the_end_says_so(house: PayHouse) -> None:
    provider = house.providers[ProviderName.WECHAT]
    order = house.paid(provider)
    house.plan(provider, Call.REFUND, Trouble.REFUND_STUCK)
    refund = provider.refund(order.number, f"R{order.number}", 100, 15000, "退款")
    assert refund.state is RefundState.FAILED
    assert provider.query_refund(order.number, f"R{order.number}").state is RefundState.FAILED


def test_a_provider_answers_several_threads_at_once(
    house: PayHouse, provider: PaymentProvider
) -> None:
    orders = [house.order(amount_fen=100 + number) for number in range(12)]

    def live(order: Order) -> int | None:
        provider.create(order)
        house.sim.book.pay(provider.name, order.number)
        return provider.query(order.number).amount_fen

    with ThreadPoolExecutor(6) as hands:
        assert list(hands.map(live, orders)) == [order.amount_fen for order in orders]


@settings(max_examples=8)
@given(
    number=st.from_regex(r"[0-9A-Za-z_\-*|]{6,32}", fullmatch=True),
    amount=st.integers(min_value=1, max_value=5_000_000),
)
@pytest.mark.parametrize("name", [*ProviderName])
def test_every_number_and_amount_goes_there_and_back(
    open_house: PayHouse, name: ProviderName, number: str, amount: int
) -> None:
    provider, book = open_house.providers[name], open_house.sim.book
    if any(each.number == number and each.provider is name for each in book.orders()):
        return
    order = Order(
        number=number,
        amount_fen=amount,
        subject="停车",
        expires=open_house.now + timedelta(minutes=5),
    )
    provider.create(order)
    book.pay(name, number)
    payment = provider.query(number)
    assert (payment.number, payment.amount_fen) == (number, amount)
    assert provider.refund(number, number, amount, amount, "全退").amount_fen == amount
    assert provider.query_refund(number, number).state is RefundState.DONE


@pytest.mark.parametrize(
    "values",
    [
        {"number": "short"},
        {"number": "x" * 33},
        {"number": "K1/00001"},
        {"number": "K1-00001\n"},
        {"number": "停车00001"},
        {"amount_fen": 0},
        {"amount_fen": -1},
        {"subject": ""},
        {"subject": "x" * 61},
        {"subject": "a=b"},
        {"subject": "停车,充值"},
    ],
)
def test_what_no_provider_takes_is_no_order(house: PayHouse, values: dict[str, object]) -> None:
    good: dict[str, object] = {
        "number": "K1-00001",
        "amount_fen": 1,
        "subject": "停车",
        "expires": house.now,
    }
    with pytest.raises(ValueError):
        Order(**{**good, **values})  # type: ignore[arg-type]  # wrong on purpose


def test_a_moment_without_a_zone_is_no_expiry(house: PayHouse) -> None:
    with pytest.raises(ValueError, match="zone"):
        Order(
            number="K1-00001",
            amount_fen=1,
            subject="停车",
            expires=house.now.replace(tzinfo=None),
        )


@pytest.mark.parametrize("number", ["", "a/../../b", "x" * 33, "停车00001"])
def test_a_strange_number_never_reaches_the_line(
    house: PayHouse, provider: PaymentProvider, number: str
) -> None:
    asks = (
        lambda: provider.query(number),
        lambda: provider.close(number),
        lambda: provider.refund(number, "R00001", 1, 1, "x"),
        lambda: provider.query_refund("K1-00001", number),
    )
    for ask in asks:
        with pytest.raises(ValueError):
            ask()
