"""Accounts with providers: every value has its form, keys are RSA-2048, nothing secret shows."""

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from cardserver.payments.accounts import (
    ALIPAY_URL,
    WECHAT_URL,
    AccountInvalid,
    AlipayAccount,
    WechatAccount,
)
from simulators.payments.merchant import Merchant
from simulators.payments.seals import own_keys, private_text, public_text

BASE = "http://127.0.0.1:8790"


@cache
def wechat() -> WechatAccount:
    return Merchant().wechat(BASE)


@cache
def alipay() -> AlipayAccount:
    return Merchant().alipay(BASE)


def bare(pem: str) -> str:
    """As Alipay's tool writes keys: base64 on one line."""
    return "".join(line for line in pem.splitlines() if "-----" not in line)


def test_keys_may_come_in_every_form_that_providers_and_their_tools_write() -> None:
    key = own_keys().app
    kinds = [
        private_text(key),
        bare(private_text(key)),
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode(),
        f"\ufeff{private_text(key)}\r\n".replace("\n", "\r\n"),
    ]
    for text in kinds:
        assert replace(alipay(), private_key=text) == alipay()
    public = own_keys().alipay.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1)
    for text in (public.decode(), bare(public_text(own_keys().alipay))):
        assert replace(alipay(), public_key=text) == alipay()


def weak() -> str:
    return private_text(rsa.generate_private_key(65537, 1024))  # noqa: S505  # meant to be weak


def curve() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


NO_KEYS: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "words": lambda: "no key",
    "signs": lambda: "====",
    "public": lambda: public_text(own_keys().app),
    "weak": weak,
    "curve": curve,
}


@pytest.mark.parametrize("kind", NO_KEYS)
def test_what_is_no_private_rsa_key_is_refused(kind: str) -> None:
    with pytest.raises(AccountInvalid) as refused:
        replace(wechat(), private_key=NO_KEYS[kind]())
    assert refused.value.part == "private_key"
    assert "RSA" in str(refused.value)
    with pytest.raises(AccountInvalid):
        replace(alipay(), private_key=NO_KEYS[kind]())


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("mchid", "19"),
        ("mchid", "19000000a1"),
        ("appid", "wx 1"),
        ("serial", "xyz"),
        ("api_v3_key", "short"),
        ("api_v3_key", "x" * 31 + "\n"),
        ("public_key_id", "7132D72A03E93CDDF8C03BBD1F37EEDF"),
        ("notify_url", "http://example.com/notices"),
        ("notify_url", "https://example.com/?a=1"),
        ("notify_url", ""),
        ("base_url", "http://example.com"),
        ("base_url", "https://api.mch.weixin.qq.com.example.com"),
        ("base_url", "https://127.0.0.1:1"),
        ("base_url", "http://127.0.0.1.example.com"),
        ("public_key", "no key"),
    ],
)
def test_a_value_without_its_form_is_refused(part: str, value: str) -> None:
    with pytest.raises(AccountInvalid) as refused:
        replace(wechat(), **{part: value})
    assert refused.value.part == part
    assert not value or value not in str(refused.value)


@pytest.mark.parametrize(
    ("part", "value"), [("app_id", "1"), ("seller_id", "1088000000000001"), ("seller_id", "2088")]
)
def test_alipays_numbers_have_their_form(part: str, value: str) -> None:
    with pytest.raises(AccountInvalid):
        replace(alipay(), **{part: value})


def test_the_providers_own_addresses_are_the_default() -> None:
    values = {name: value for name, value in asdict(wechat()).items() if name != "base_url"}
    assert type(wechat())(**values).base_url == WECHAT_URL
    values = {name: value for name, value in asdict(alipay()).items() if name != "base_url"}
    assert type(alipay())(**values).base_url == ALIPAY_URL


def test_no_key_shows_when_an_account_is_printed() -> None:
    shown = f"{wechat()!r} {alipay()!r} {wechat()}"
    for secret in (wechat().private_key, alipay().private_key, wechat().api_v3_key):
        assert secret not in shown
        assert repr(secret)[1:-1] not in shown
