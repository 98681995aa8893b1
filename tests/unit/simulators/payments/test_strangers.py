"""The simulated providers, judged by strangers: what Tencent published, and both libraries as they
are, without any of our adapters between.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qs

import pytest
from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from wechatpayv3 import WeChatPay, WeChatPayType

from cardserver.payments.api import ProviderName
from simulators.payments import seals
from simulators.payments.faults import Call, PayFault, Trouble
from simulators.payments.notices import Letter
from simulators.payments.server import PayServer
from tests.unit.simulators.payments import wechatpay_go as published

PUBLISHED = cast("RSAPrivateKey", load_pem_private_key(published.KEY.encode(), None))


def test_a_signature_is_the_published_one() -> None:
    assert seals.signature(PUBLISHED, published.MESSAGE) == published.SIGNATURE


def test_a_seal_is_the_published_one() -> None:
    made = seals.sealed(
        published.SEAL_KEY, published.SEAL_NONCE, published.SEAL_ASSOCIATED, published.PLAIN
    )
    assert made == published.SEALED


def test_a_notice_is_signed_and_sealed_like_the_published_one() -> None:
    lines = (published.NOTICE_STAMP, published.NOTICE_NONCE, published.NOTICE_BODY)
    assert seals.signature(PUBLISHED, seals.wechat_lines(*lines)) == published.NOTICE_SIGNATURE
    sealed = seals.sealed(published.NOTICE_KEY, "Kj7QIyUiYx1q", "payscore", published.NOTICE_PLAIN)
    assert sealed == published.NOTICE_SEALED


class Bench:
    """A server, the two libraries, and the letters it sends."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 9, 10, 0, tzinfo=UTC)
        self.letters: list[Letter] = []
        self.server = PayServer(lambda: self.now, deliver=self._take)
        wechat, alipay = self.server.accounts
        self.wechat = WeChatPay(
            wechatpay_type=WeChatPayType.NATIVE,
            mchid=wechat.mchid,
            private_key=wechat.private_key,
            cert_serial_no=wechat.serial,
            appid=wechat.appid,
            apiv3_key=wechat.api_v3_key,
            notify_url=wechat.notify_url,
            public_key=wechat.public_key,
            public_key_id=wechat.public_key_id,
            timeout=(3, 5),
        )
        self.wechat._core._gate_way = wechat.base_url
        self.alipay = AliPay(
            appid=alipay.app_id,
            app_notify_url=alipay.notify_url,
            app_private_key_string=alipay.private_key,
            alipay_public_key_string=alipay.public_key,
            sign_type="RSA2",
        )
        self.alipay._gateway = alipay.base_url

    def _take(self, letter: Letter) -> tuple[int, bytes]:
        self.letters.append(letter)
        return 200, b"success"

    def paid(self, provider: ProviderName, number: str) -> Letter:
        self.server.providers.pay(provider, number)
        self.server.providers.courier.settle()
        return self.letters[-1]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.server.close()


def said(answer: tuple[int, str]) -> dict[str, Any]:
    status, text = answer
    assert status == 200, text
    found: dict[str, Any] = json.loads(text)
    return found


def order_at_wechat(bench: Bench, number: str) -> None:
    expires = (bench.now + timedelta(minutes=5)).isoformat()
    amount = {"total": 15000, "currency": "CNY"}
    answer = bench.wechat.pay("停车充值", number, amount, time_expire=expires)
    assert said(answer)["code_url"].startswith("weixin://wxpay/")


def test_wechatpayv3_lives_through_an_order(bench: Bench) -> None:
    """The library proves the signature of each answer of 2xx, and raises if it is wrong."""
    order_at_wechat(bench, "W0000001")
    assert said(bench.wechat.query(out_trade_no="W0000001"))["trade_state"] == "NOTPAY"
    letter = bench.paid(ProviderName.WECHAT, "W0000001")
    assert said(bench.wechat.query(out_trade_no="W0000001"))["trade_state"] == "SUCCESS"
    status, text = bench.wechat.close("W0000001")
    assert (status, json.loads(text)["code"]) == (400, "ORDERPAID")
    refund = bench.wechat.refund(
        "R0000001", {"refund": 1, "total": 15000, "currency": "CNY"}, out_trade_no="W0000001"
    )
    assert said(refund)["status"] == "PROCESSING"
    assert said(bench.wechat.query_refund("R0000001"))["status"] == "SUCCESS"
    notice = bench.wechat.callback(dict(letter.headers), letter.body)
    assert notice["event_type"] == "TRANSACTION.SUCCESS"
    assert notice["resource"]["out_trade_no"] == "W0000001"
    assert notice["resource"]["amount"]["total"] == 15000


def test_wechatpayv3_closes_an_order_and_fetches_a_bill(bench: Bench) -> None:
    order_at_wechat(bench, "W0000002")
    assert bench.wechat.close("W0000002")[0] == 204
    assert said(bench.wechat.query(out_trade_no="W0000002"))["trade_state"] == "CLOSED"
    order_at_wechat(bench, "W0000003")
    bench.paid(ProviderName.WECHAT, "W0000003")
    bench.now += timedelta(days=1)
    bill = said(bench.wechat.trade_bill("2026-06-09"))
    status, packed = bench.wechat.download_bill(bill["download_url"])
    assert status == 200
    assert packed.startswith(b"\x1f\x8b")
    bench.now -= timedelta(days=1)


@pytest.mark.parametrize("trouble", [Trouble.TAMPERED, Trouble.UNSIGNED])
def test_wechatpayv3_refuses_what_was_changed_on_the_way(bench: Bench, trouble: Trouble) -> None:
    fault = PayFault(provider=ProviderName.WECHAT, call=Call.QUERY, trouble=trouble)
    order_at_wechat(bench, f"W-{trouble}")
    bench.server.providers.faults.plan(fault)
    with pytest.raises(Exception, match=r"verify|algorithm|base 16"):
        bench.wechat.query(out_trade_no=f"W-{trouble}")


def test_wechatpayv3_refuses_a_forged_notice(bench: Bench) -> None:
    order_at_wechat(bench, "W0000005")
    fault = PayFault(provider=ProviderName.WECHAT, call=Call.NOTICE, trouble=Trouble.FORGED)
    bench.server.providers.faults.plan(fault)
    letter = bench.paid(ProviderName.WECHAT, "W0000005")
    assert bench.wechat.callback(dict(letter.headers), letter.body) is None


def order_at_alipay(bench: Bench, number: str) -> None:
    expires = (bench.now + timedelta(hours=8, minutes=5)).strftime("%Y-%m-%d %H:%M:%S")
    fields = bench.alipay.api_alipay_trade_precreate(
        "停车充值", number, "150.00", time_expire=expires
    )
    assert fields["qr_code"].startswith("https://qr.alipay.com/")


def test_python_alipay_sdk_lives_through_a_trade(bench: Bench) -> None:
    """The library proves the signature of each answer by itself, and raises if it is wrong."""
    order_at_alipay(bench, "A0000001")
    unknown = bench.alipay.api_alipay_trade_query(out_trade_no="A0000001")
    assert (unknown["code"], unknown["sub_code"]) == ("40004", "ACQ.TRADE_NOT_EXIST")
    letter = bench.paid(ProviderName.ALIPAY, "A0000001")
    paid = bench.alipay.api_alipay_trade_query(out_trade_no="A0000001")
    assert (paid["trade_status"], paid["total_amount"]) == ("TRADE_SUCCESS", "150.00")
    refund = bench.alipay.api_alipay_trade_refund(
        "1.00", out_trade_no="A0000001", out_request_no="R0000001"
    )
    assert (refund["fund_change"], refund["refund_fee"]) == ("Y", "1.00")
    found = bench.alipay.api_alipay_trade_fastpay_refund_query("R0000001", out_trade_no="A0000001")
    assert found["refund_status"] == "REFUND_SUCCESS"
    fields = {name: values[0] for name, values in parse_qs(letter.body.decode()).items()}
    assert bench.alipay.verify(fields, fields.pop("sign"))
    assert fields["subject"] == "停车充值"
    cancelled = bench.alipay.api_alipay_trade_cancel(out_trade_no="A0000001")
    assert (cancelled["action"], cancelled["retry_flag"]) == ("refund", "N")


def test_python_alipay_sdk_cancels_a_scanned_trade(bench: Bench) -> None:
    order_at_alipay(bench, "A0000002")
    bench.server.providers.scan(ProviderName.ALIPAY, "A0000002")
    assert bench.alipay.api_alipay_trade_cancel(out_trade_no="A0000002")["action"] == "close"


def test_python_alipay_sdk_refuses_what_was_changed_on_the_way(bench: Bench) -> None:
    order_at_alipay(bench, "A0000003")
    for trouble, refusal in (
        (Trouble.TAMPERED, AliPayValidationError),
        (Trouble.UNSIGNED, AliPayException),
    ):
        fault = PayFault(provider=ProviderName.ALIPAY, call=Call.CREATE, trouble=trouble)
        bench.server.providers.faults.plan(fault)
        with pytest.raises(refusal):
            order_at_alipay(bench, "A0000003")


def test_python_alipay_sdk_refuses_a_forged_notice(bench: Bench) -> None:
    order_at_alipay(bench, "A0000004")
    fault = PayFault(provider=ProviderName.ALIPAY, call=Call.NOTICE, trouble=Trouble.FORGED)
    bench.server.providers.faults.plan(fault)
    letter = bench.paid(ProviderName.ALIPAY, "A0000004")
    fields = {name: values[0] for name, values in parse_qs(letter.body.decode()).items()}
    assert not bench.alipay.verify(fields, fields.pop("sign"))
