"""What an answer must be like to be believed; nothing but the port's errors comes of it."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardserver.payments.alipay import AlipayProvider
from cardserver.payments.api import (
    Payment,
    PaymentError,
    PaymentProvider,
    PaymentState,
    ProviderRefused,
    ProviderUnavailable,
    RefundState,
)
from cardserver.payments.line import Reply
from cardserver.payments.wechat import WechatProvider
from simulators.payments.merchant import Merchant
from simulators.payments.seals import compact
from tests.unit.cardserver.payments.parrot import QUERY, Parrot, marks, signed_alipay

BASE = "http://127.0.0.1:1"
NUMBER = "K1-00001"


WECHAT_LINE, ALIPAY_LINE = Parrot(), Parrot()


@cache
def wechat() -> WechatProvider:
    return WechatProvider(Merchant().wechat(BASE), line=WECHAT_LINE)


@cache
def alipay() -> AlipayProvider:
    return AlipayProvider(Merchant().alipay(BASE), line=ALIPAY_LINE)


def at_wechat(status: int, body: bytes, *, signed: bool = False) -> Payment:
    headers = marks(body) if signed else {}
    WECHAT_LINE.reply = Reply(status=status, headers=headers, body=body)
    return wechat().query(NUMBER)


def at_alipay(body: bytes, *, status: int = 200) -> Payment:
    ALIPAY_LINE.reply = Reply(status=status, headers={}, body=body)
    return alipay().query(NUMBER)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"trade_state":"SUCCESS"}'),
        (204, b""),
        (302, b""),
        (404, b"<html>not here</html>"),
        (404, b'{"message":"no code"}'),
        (404, b'["code"]'),
        (403, b'{"code":"FREQUENCY_LIMITED"}'),
        (429, b'{"code":"RATELIMIT_EXCEEDED"}'),
        (400, b'{"code":"SYSTEM_ERROR"}'),
        (400, b'{"code":"SYSTEMERROR"}'),
        (500, b'{"code":"PARAM_ERROR"}'),
        (502, b"bad gateway"),
    ],
)
def test_what_wechat_pay_did_not_sign_is_no_answer(status: int, body: bytes) -> None:
    with pytest.raises(ProviderUnavailable):
        at_wechat(status, body)


@pytest.mark.parametrize("signed", [True, False])
def test_a_refusal_of_wechat_pay_counts_signed_or_not(signed: bool) -> None:
    """It leaves the signature out where it does not trust the question."""
    with pytest.raises(ProviderRefused) as refused:
        at_wechat(401, b'{"code":"SIGN_ERROR","message":"x"}', signed=signed)
    assert (refused.value.reason, refused.value.detail) == ("SIGN_ERROR", "x")
    for code in (b"ORDER_NOT_EXIST", b"ORDERNOTEXIST", b"RESOURCE_NOT_EXISTS"):
        found = at_wechat(404, b'{"code":"%s"}' % code, signed=signed)
        assert found.state is PaymentState.ABSENT


def test_a_refusal_with_a_wrong_signature_is_no_answer() -> None:
    body = b'{"code":"ORDER_NOT_EXIST"}'
    WECHAT_LINE.reply = Reply(status=404, headers=marks(b"other"), body=body)
    with pytest.raises(ProviderUnavailable, match="signature"):
        wechat().query(NUMBER)


def transaction(**changes: object) -> bytes:
    merchant = Merchant()
    fields = {
        "mchid": merchant.mchid,
        "appid": merchant.appid,
        "out_trade_no": NUMBER,
        "trade_state": "SUCCESS",
        "transaction_id": "42",
        "success_time": "2026-06-09T18:00:00+08:00",
        "amount": {"total": 100, "currency": "CNY"},
    }
    return compact({**fields, **changes}).encode()


def test_a_genuine_answer_is_believed() -> None:
    payment = at_wechat(200, transaction(), signed=True)
    assert (payment.state, payment.amount_fen) == (PaymentState.PAID, 100)


@pytest.mark.parametrize(
    "changes",
    [
        {"mchid": "1900009999"},
        {"appid": "wx0000000000000000"},
        {"out_trade_no": "K1-00002"},
        {"trade_state": "SOMETHING"},
        {"trade_state": None},
        {"amount": {"total": "100", "currency": "CNY"}},
        {"amount": {"total": True}},
        {"amount": {"total": -1}},
        {"amount": {"total": 100, "currency": "USD"}},
        {"success_time": "yesterday"},
        {"success_time": "2026-06-09T18:00:00"},
    ],
)
def test_a_genuine_answer_about_something_else_is_none(changes: dict[str, object]) -> None:
    with pytest.raises(ProviderUnavailable):
        at_wechat(200, transaction(**changes), signed=True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"<html>", 200),
        (b"[]", 200),
        (b'"text"', 200),
        (b'{"sign":"x"}', 200),
        (b'{"alipay_trade_query_response":{"code":"10000"}}', 200),
        (b'{"error_response":{"code":"20000","sub_code":"isp.unknow-error"}}', 200),
        (b'{"error_response":{"code":"40005","sub_code":"isv.app-call-limited"}}', 200),
        (b'{"error_response":[]}', 200),
        (b'{"alipay_trade_query_response":{"code":"40004"},"sign":"AAAA"}', 200),
        (b'{"alipay_trade_query_response":{"code":"40004"},"sign":"!"}', 200),
    ],
)
def test_what_alipay_did_not_say_plainly_is_no_answer(body: bytes, status: int) -> None:
    with pytest.raises(ProviderUnavailable):
        at_alipay(body, status=status)


@pytest.mark.parametrize(
    ("fields", "shape", "status"),
    [
        ({"code": "20000", "sub_code": "ACQ.SYSTEM_ERROR"}, QUERY, 200),
        ({"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"}, QUERY, 200),
        ({"code": "10000"}, "alipay_trade_refund_response", 200),
        ({"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}, QUERY, 502),
        ({}, QUERY, 200),
    ],
)
def test_a_signature_does_not_make_an_answer_of_everything(
    fields: dict[str, str], shape: str, status: int
) -> None:
    with pytest.raises(ProviderUnavailable):
        at_alipay(signed_alipay(fields, shape), status=status)


def test_a_refusal_of_alipays_gateway_counts() -> None:
    body = b'{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id","sub_msg":"x"}}'
    with pytest.raises(ProviderRefused) as refused:
        at_alipay(body)
    assert refused.value.reason == "isv.invalid-app-id"


@pytest.mark.parametrize(
    "changes",
    [
        {"out_trade_no": "K1-00002"},
        {"trade_status": "SOMETHING"},
        {"total_amount": "1,00"},
        {"total_amount": None},
        {"send_pay_date": "2026-06-31 10:00:00"},
        {"send_pay_date": "now"},
    ],
)
def test_a_genuine_answer_of_alipay_about_something_else_is_none(
    changes: dict[str, object],
) -> None:
    fields: dict[str, object] = {
        "code": "10000",
        "out_trade_no": NUMBER,
        "trade_status": "TRADE_SUCCESS",
        "total_amount": "1.00",
        "send_pay_date": "2026-06-09 18:00:00",
    }
    assert at_alipay(signed_alipay(fields)).amount_fen == 100
    with pytest.raises(ProviderUnavailable):
        at_alipay(signed_alipay({**fields, **changes}))


WORDS = st.sampled_from(
    ["code", "10000", "40004", "out_trade_no", NUMBER, "amount", "total", "status", "SUCCESS", ""]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=8,
)
ASKS: list[Callable[[PaymentProvider], object]] = [
    lambda each: each.query(NUMBER),
    lambda each: each.close(NUMBER),
    lambda each: each.refund(NUMBER, NUMBER, 1, 1, "x"),
    lambda each: each.query_refund(NUMBER, NUMBER),
]


@settings(max_examples=60)
@given(fields=JSON, ask=st.sampled_from(ASKS), status=st.sampled_from([200, 204, 400, 404, 500]))
def test_whatever_comes_is_an_answer_or_an_error_of_the_port(
    fields: Any, ask: Callable[[PaymentProvider], object], status: int
) -> None:
    """Even genuine nonsense of a provider raises nothing that its callers do not know."""
    body = json.dumps(fields).encode()
    WECHAT_LINE.reply = Reply(status=status, headers=marks(body), body=body)
    shapes = dict.fromkeys((QUERY, "alipay_trade_cancel_response", "error_response"), fields)
    ALIPAY_LINE.reply = Reply(
        status=200,
        headers={},
        body=signed_alipay(fields) if status == 200 else json.dumps(shapes).encode(),
    )
    for provider in (wechat(), alipay()):
        try:
            answer = ask(provider)
        except PaymentError:
            continue
        assert getattr(answer, "state", None) in {*PaymentState, *RefundState}
