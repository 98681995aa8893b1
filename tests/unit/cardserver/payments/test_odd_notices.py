"""Genuine notices that are not about a payment of ours, or say something that can't be."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlencode

import pytest

from cardserver.payments.alipay import AlipayProvider
from cardserver.payments.api import (
    Notice,
    NoticeReason,
    NoticeRefused,
    PaymentState,
    ProviderUnavailable,
    RefundState,
)
from cardserver.payments.wechat import WechatProvider
from simulators.payments.merchant import Merchant
from simulators.payments.seals import (
    alipay_pairs,
    compact,
    own_keys,
    sealed,
    signature,
    wechat_lines,
)
from tests.unit.cardserver.payments.parrot import Parrot, signed_alipay, signed_wechat

BASE = "http://127.0.0.1:1"
NOW = datetime(2026, 6, 9, 10, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
MERCHANT = Merchant()
ALIPAY_FIELDS = {
    "notify_time": "2026-06-09 18:00:00",
    "notify_type": "trade_status_sync",
    "notify_id": "n1",
    "app_id": MERCHANT.app_id,
    "seller_id": MERCHANT.seller_id,
    "out_trade_no": "K1-00001",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "1.00",
    "gmt_payment": "2026-06-09 17:59:00",
}
TRANSACTION = {
    "mchid": MERCHANT.mchid,
    "appid": MERCHANT.appid,
    "out_trade_no": "K1-00001",
    "trade_state": "SUCCESS",
    "amount": {"total": 100},
}


@cache
def wechat() -> WechatProvider:
    return WechatProvider(MERCHANT.wechat(BASE))


@cache
def alipay() -> AlipayProvider:
    return AlipayProvider(MERCHANT.alipay(BASE))


def at_wechat(body: str) -> Notice:
    headers = {
        "Wechatpay-Serial": MERCHANT.public_key_id,
        "Wechatpay-Timestamp": STAMP,
        "Wechatpay-Nonce": "nonce",
        "Wechatpay-Signature": signature(own_keys().wechat, wechat_lines(STAMP, "nonce", body)),
    }
    return wechat().read_notice(headers, body.encode(), NOW)


def resource(plain: str, **changes: object) -> dict[str, object]:
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": "0123456789ab",
        "associated_data": "transaction",
        "ciphertext": sealed(MERCHANT.api_v3_key, "0123456789ab", "transaction", plain),
        **changes,
    }


def event(held: object, kind: str = "TRANSACTION.SUCCESS") -> str:
    return compact({"id": "n1", "event_type": kind, "resource": held})


def at_alipay(fields: Mapping[str, str], more: str = "") -> Notice:
    sign = signature(own_keys().alipay, alipay_pairs(fields))
    body = urlencode({**fields, "sign": sign, "sign_type": "RSA2"}) + more
    return alipay().read_notice({}, body.encode(), NOW)


def test_the_plain_ones_are_read() -> None:
    assert at_wechat(event(resource(compact(TRANSACTION)))).payment.state is PaymentState.PAID
    assert at_alipay(ALIPAY_FIELDS).payment.state is PaymentState.PAID


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{}", NoticeReason.UNRELATED),
        ("[]", NoticeReason.UNREADABLE),
        ("no json", NoticeReason.UNREADABLE),
        (event(resource("{}"), "REFUND.SUCCESS"), NoticeReason.UNRELATED),
        (event(None), NoticeReason.UNREADABLE),
        (event([]), NoticeReason.UNREADABLE),
        (event(resource("no json")), NoticeReason.UNREADABLE),
        (event(resource("{}")), NoticeReason.FOREIGN),
        (event(resource("{}", algorithm="NONE")), NoticeReason.UNREADABLE),
        (event(resource("{}", nonce="short")), NoticeReason.UNREADABLE),
        (event(resource("{}", nonce=7)), NoticeReason.UNREADABLE),
        (event(resource("{}", ciphertext="!")), NoticeReason.UNREADABLE),
        (event(resource("{}", associated_data="other")), NoticeReason.UNREADABLE),
        (
            event(resource(compact({**TRANSACTION, "trade_state": "MAYBE"}))),
            NoticeReason.UNREADABLE,
        ),
        (
            event(resource(compact({**TRANSACTION, "amount": {"total": 1.5}}))),
            NoticeReason.UNREADABLE,
        ),
    ],
)
def test_an_odd_notice_of_wechat_pay_is_refused(body: str, reason: NoticeReason) -> None:
    with pytest.raises(NoticeRefused) as refused:
        at_wechat(body)
    assert refused.value.reason is reason


def test_long_ids_stay_apart_and_short_enough_to_keep() -> None:
    ids = [at_alipay({**ALIPAY_FIELDS, "notify_id": "n" * 127 + end}).notice_id for end in "ab"]
    assert ids[0] != ids[1]
    assert {len(each) for each in ids} == {64}
    assert at_alipay(ALIPAY_FIELDS).notice_id == "n1"


def test_a_notice_without_an_id_is_refused() -> None:
    """It could not be known again."""
    for held in ({}, {"id": ""}, {"id": 7}):
        body = {"event_type": "TRANSACTION.SUCCESS", "resource": resource(compact(TRANSACTION))}
        with pytest.raises(NoticeRefused) as refused:
            at_wechat(compact({**body, **held}))
        assert refused.value.reason is NoticeReason.UNREADABLE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"notify_type": "dut_user_sign"}, NoticeReason.UNRELATED),
        ({"app_id": "2026000000000009"}, NoticeReason.FOREIGN),
        ({"seller_id": "2088000000000009"}, NoticeReason.FOREIGN),
        ({"trade_status": "MAYBE"}, NoticeReason.UNREADABLE),
        ({"total_amount": "1,00"}, NoticeReason.UNREADABLE),
        ({"notify_time": "now"}, NoticeReason.UNREADABLE),
        ({"notify_time": ""}, NoticeReason.STALE),
        ({"notify_id": ""}, NoticeReason.UNREADABLE),
        ({"out_trade_no": ""}, NoticeReason.UNREADABLE),
    ],
)
def test_an_odd_notice_of_alipay_is_refused(changes: dict[str, str], reason: NoticeReason) -> None:
    fields = {name: value for name, value in {**ALIPAY_FIELDS, **changes}.items() if value}
    with pytest.raises(NoticeRefused) as refused:
        at_alipay(fields)
    assert refused.value.reason is reason


def test_a_field_that_comes_twice_is_no_notice() -> None:
    with pytest.raises(NoticeRefused) as refused:
        at_alipay(ALIPAY_FIELDS, more="&total_amount=9.00")
    assert refused.value.reason is NoticeReason.UNREADABLE


def test_a_bill_at_a_strangers_is_not_fetched() -> None:
    """Even a signed answer can't send the server elsewhere."""
    line = Parrot(signed_wechat({"download_url": "http://127.0.0.2/x", "hash_value": "0"}))
    with pytest.raises(ProviderUnavailable, match="stranger"):
        WechatProvider(MERCHANT.wechat(BASE), line=line).bill(NOW.date())
    shape = "alipay_data_dataservice_bill_downloadurl_query_response"
    for url in ("http://127.0.0.2/x", "ftp://x.alipay.com/", "https://alipay.com.example.com/"):
        answer = signed_alipay({"code": "10000", "bill_download_url": url}, shape)
        line = Parrot(answer)
        with pytest.raises(ProviderUnavailable, match="stranger"):
            AlipayProvider(MERCHANT.alipay(BASE), line=line).bill(NOW.date())
        assert line.asked == [f"{BASE}/gateway.do?charset=utf-8"]


def test_alipays_own_hosts_are_asked_over_tls() -> None:
    shape = "alipay_data_dataservice_bill_downloadurl_query_response"
    url = "http://dwbillcenter.alipay.com/downloadBillFile.resource?a=1"
    line = Parrot(signed_alipay({"code": "10000", "bill_download_url": url}, shape))
    with pytest.raises(ProviderUnavailable, match="the bill"):
        AlipayProvider(MERCHANT.alipay(BASE), line=line).bill(NOW.date())
    assert line.asked[1] == url.replace("http:", "https:")


def test_a_refund_that_alipay_took_on_without_moving_money_is_under_way() -> None:
    """fund_change N and nothing found: asked again later, with the same number."""
    answers = {
        "alipay.trade.refund": {"code": "10000", "out_trade_no": "K1-00001", "fund_change": "N"},
        "alipay.trade.fastpay.refund.query": {"code": "10000"},
    }
    line = Parrot(answers=answers)
    provider = AlipayProvider(MERCHANT.alipay(BASE), line=line)
    refund = provider.refund("K1-00001", "R-00001", 1, 1, "退款")
    assert refund.state is RefundState.PROCESSING


@pytest.mark.parametrize(("amount", "total"), [(0, 1), (-1, 1), (2, 1)])
def test_more_than_the_order_or_nothing_is_no_refund(amount: int, total: int) -> None:
    for provider in (wechat(), alipay()):
        with pytest.raises(ValueError, match="part of the order"):
            provider.refund("K1-00001", "R-00001", amount, total, "退款")


def test_what_is_signed_is_what_is_read() -> None:
    """A repeated member in an object can't say one thing to the proof and another to us."""
    doubled = event(resource(compact(TRANSACTION)))[:-1] + ',"id":"n2"}'
    assert at_wechat(doubled).notice_id == json.loads(doubled)["id"]
