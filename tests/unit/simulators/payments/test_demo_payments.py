"""The demo's providers: there by name from the start, made when they are first asked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, request

from cardserver.payments.api import Order, PaymentState, ProviderName
from simulators.payments.demo import DemoPayments

NOW = datetime(2026, 6, 9, 10, 0, tzinfo=UTC)


@pytest.fixture
def payments() -> Iterator[DemoPayments]:
    payments = DemoPayments(lambda: NOW)
    yield payments
    payments.close()


def taken(payments: DemoPayments) -> bool:
    """Whether the last notice was."""
    return payments.sim.courier.history[-1].taken


def test_both_are_there_by_name(payments: DemoPayments) -> None:
    assert list(payments) == ["wechat", "alipay"]
    assert len(payments) == 2
    assert "alipay" in payments
    assert "cash" not in payments
    assert payments.get("cash") is None
    assert payments._made == {}
    assert payments["wechat"] is payments["wechat"]


def test_a_payment_is_told_to_the_demos_own_server(payments: DemoPayments) -> None:
    app = Flask("demo")
    came: list[str] = []

    @app.post("/api/payments/<provider>/notices")
    def take(provider: str) -> tuple[str, int]:
        notice = payments[provider].read_notice(dict(request.headers), request.get_data(), NOW)
        came.append(f"{provider} {notice.payment.number}")
        return "success", 200

    for name in ProviderName:
        number = f"K1-{name}"
        order = Order(
            number=number, amount_fen=100, subject="停车", expires=NOW + timedelta(minutes=5)
        )
        payments[name].create(order)
        payments.sim.pay(name, number)
        payments.sim.courier.settle()
        assert not taken(payments)  # nobody is there yet
        payments.app = app
        payments.sim.tell_again(name, number)
        payments.sim.courier.settle()
        assert taken(payments)
        assert payments[name].query(number).state is PaymentState.PAID
        payments.app = None
    assert came == ["wechat K1-wechat", "alipay K1-alipay"]
