"""Who may ask the simulated providers: the merchant with its own key, at about the right time."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cardserver.payments.accounts import AlipayAccount, WechatAccount
from cardserver.payments.alipay import AlipayProvider
from cardserver.payments.api import (
    Order,
    PaymentProvider,
    ProviderName,
    ProviderRefused,
    ProviderUnavailable,
)
from cardserver.payments.line import Line, Reply
from cardserver.payments.wechat import WechatProvider
from cardserver.payments.wechat_line import WechatLine
from simulators.payments.answers import Question
from simulators.payments.providers import PayProviders
from simulators.payments.seals import own_keys, private_text, public_text
from simulators.payments.server import PayServer

NOW = datetime(2026, 6, 9, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[PayServer]:
    with PayServer(lambda: NOW, deliver=lambda _: (200, b"")) as server:
        yield server


def with_key(change: dict[str, str]) -> dict[str, str]:
    """The key itself in place of its name."""
    named = change.get("private_key")
    return {**change, "private_key": private_text(getattr(own_keys(), named))} if named else change


def refusal(provider: PaymentProvider) -> str:
    with pytest.raises(ProviderRefused) as refused:
        provider.query("K1-00001")
    return refused.value.reason


@pytest.mark.parametrize(
    "change",
    [
        {"private_key": "app"},
        {"mchid": "1900000002"},
        {"serial": "AB" * 16},
    ],
)
def test_wechat_pay_answers_nobody_but_its_merchant(
    server: PayServer, change: dict[str, str]
) -> None:
    account: WechatAccount = replace(server.accounts[0], **with_key(change))
    assert refusal(WechatProvider(account)) == "SIGN_ERROR"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"private_key": "merchant"}, "isv.invalid-signature"),
        ({"app_id": "2026000000000002"}, "isv.invalid-app-id"),
    ],
)
def test_alipay_answers_nobody_but_its_app(
    server: PayServer, change: dict[str, str], reason: str
) -> None:
    account: AlipayAccount = replace(server.accounts[1], **with_key(change))
    assert refusal(AlipayProvider(account)) == reason


def test_an_answer_under_a_key_that_is_not_the_providers_is_none(server: PayServer) -> None:
    wechat, alipay = server.accounts
    stranger = public_text(own_keys().stranger)
    for provider in (
        WechatProvider(replace(wechat, public_key=stranger)),
        AlipayProvider(replace(alipay, public_key=stranger)),
    ):
        with pytest.raises(ProviderUnavailable, match="signature"):
            provider.query("K1-00001")


def test_an_answer_that_is_too_old_is_none(server: PayServer) -> None:
    account = server.accounts[0]
    late = datetime.now(UTC).timestamp() + 400  # the answer is young, and may take a while
    line = WechatLine(account, Line(ProviderName.WECHAT), seconds=lambda: late)
    with pytest.raises(ProviderUnavailable, match="old"):
        line.query("K1-00001")


def test_a_question_that_is_too_old_is_refused(server: PayServer) -> None:
    """WeChat Pay's clock is ahead of ours by more than five minutes."""
    ahead = datetime.now(UTC).timestamp() + 400
    sim = PayProviders(lambda: NOW, base=server.base, seconds=lambda: ahead)

    class Wire(Line):
        def send(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str]) -> Reply:
            small = {name.lower(): value for name, value in headers.items()}
            target = url.removeprefix(server.base)
            answer = sim.answer(Question(method=method, target=target, headers=small, body=body))
            return Reply(status=answer.status, headers={}, body=answer.body)

    assert (
        refusal(WechatProvider(server.accounts[0], line=Wire(ProviderName.WECHAT))) == "SIGN_ERROR"
    )


def test_a_seller_and_a_merchant_have_orders_of_their_own(server: PayServer) -> None:
    wechat, alipay = server.accounts
    order = Order(
        number="K1-00009", amount_fen=1, subject="停车", expires=NOW + timedelta(minutes=5)
    )
    other = replace(alipay, seller_id="2088000000000002")
    with pytest.raises(ProviderRefused):
        AlipayProvider(other).create(order)
    foreign = replace(wechat, appid="wxother0000000001")
    with pytest.raises(ProviderRefused, match="APPID"):
        WechatProvider(foreign).create(order)


def test_wechat_pay_wants_a_minute_to_pay(server: PayServer) -> None:
    order = Order(
        number="K1-00010", amount_fen=1, subject="停车", expires=NOW + timedelta(seconds=59)
    )
    with pytest.raises(ProviderRefused, match="PARAM"):
        WechatProvider(server.accounts[0]).create(order)


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/v3/pay/transactions/out-trade-no/K1-00001?mchid=1", "SIGN_ERROR"),
        ("GET", "/v3/elsewhere", "NOT_FOUND"),
        ("DELETE", "/v3/refund/domestic/refunds", "NOT_FOUND"),
    ],
)
def test_an_unsigned_question_gets_nothing(
    server: PayServer, method: str, target: str, expected: str
) -> None:
    question = Question(method=method, target=target, headers={}, body=b"")
    answer: Any = json.loads(server.providers.answer(question).body)
    assert answer["code"] == expected


@pytest.mark.parametrize("body", [b"", b"app_id=1", b"method=alipay.trade.query&sign=x"])
def test_an_unsigned_question_to_the_gateway_gets_nothing(server: PayServer, body: bytes) -> None:
    question = Question(method="POST", target="/gateway.do", headers={}, body=body)
    answer: Any = json.loads(server.providers.answer(question).body)
    assert answer["error_response"]["sub_code"].startswith("isv.invalid")
