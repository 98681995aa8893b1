"""What a provider gave the estate's company: numbers, keys, addresses. Keys never show in `repr`.

Every value is checked when an account is made, so that a wrong file is found out by
``yika payments add`` and not by the first resident. Keys may come as PEM of either kind (PKCS#1,
PKCS#8) or as the bare base64 that Alipay's tool writes; they are kept as PKCS#8 and
SubjectPublicKeyInfo.
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from cardserver.domain.errors import DomainError

WECHAT_URL: Final = "https://api.mch.weixin.qq.com"
ALIPAY_URL: Final = "https://openapi.alipay.com/gateway.do"
REAL_URLS: Final = frozenset(
    {
        WECHAT_URL,
        "https://api2.mch.weixin.qq.com",  # the second way in, see "跨城冗灾方案" in its guide
        ALIPAY_URL,
        "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
    }
)
LEAST_KEY_BITS: Final = 2048

_PEM: Final = re.compile(r"-----BEGIN [A-Z ]+-----(.*?)-----END [A-Z ]+-----", re.DOTALL)


class AccountInvalid(DomainError):
    """A value that can't be the one the provider gave; `part` names it, no message holds it."""

    code = "account-invalid"

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"{part}: {why}")
        self.part = part


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatAccount:
    """A merchant of WeChat Pay, API v3, with WeChat Pay's public key (微信支付公钥模式)."""

    mchid: str
    appid: str
    serial: str
    """Serial number of the merchant's own certificate, hexadecimal."""
    private_key: str = field(repr=False)
    """Of the merchant's certificate (``apiclient_key.pem``)."""
    api_v3_key: str = field(repr=False)
    """32 characters; notices are sealed with it."""
    public_key_id: str
    """``PUB_KEY_ID_`` and digits; every answer and notice names it."""
    public_key: str
    notify_url: str
    """Where notices shall go. WeChat wants one even where none can reach us."""
    base_url: str = WECHAT_URL

    def __post_init__(self) -> None:
        _fits("mchid", self.mchid, r"\d{8,12}")
        _fits("appid", self.appid, r"[0-9A-Za-z]{6,32}")
        _fits("serial", self.serial, r"[0-9A-Fa-f]{8,64}")
        _fits("api_v3_key", self.api_v3_key, r"[\x21-\x7e]{32}")
        _fits("public_key_id", self.public_key_id, r"PUB_KEY_ID_[0-9A-Za-z]{4,64}")
        _set(self, "private_key", private_pem)
        _set(self, "public_key", public_pem)
        _check_notify(self.notify_url)
        _check_base(self.base_url)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlipayAccount:
    """A merchant's app at Alipay's open platform, keys without certificates (公钥模式), RSA2."""

    app_id: str
    seller_id: str
    """The merchant's PID, ``2088`` and 12 digits; notices to others are refused."""
    private_key: str = field(repr=False)
    """The app's own (应用私钥)."""
    public_key: str
    """Alipay's (支付宝公钥), not the app's."""
    notify_url: str = ""
    """Where notices shall go; none are sent where it is empty."""
    base_url: str = ALIPAY_URL

    def __post_init__(self) -> None:
        _fits("app_id", self.app_id, r"\d{12,32}")
        _fits("seller_id", self.seller_id, r"2088\d{12}")
        _set(self, "private_key", private_pem)
        _set(self, "public_key", public_pem)
        if self.notify_url:
            _check_notify(self.notify_url)
        _check_base(self.base_url)


Account = WechatAccount | AlipayAccount


def private_pem(text: str) -> str:
    """The private RSA key as PKCS#8 in PEM. Raises ValueError."""
    key = load_der_private_key(_der(text), password=None)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < LEAST_KEY_BITS:
        raise ValueError("the key is not of RSA-2048 or more")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode("ascii")


def public_pem(text: str) -> str:
    """The public RSA key as SubjectPublicKeyInfo in PEM. Raises ValueError."""
    key = load_der_public_key(_der(text))
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < LEAST_KEY_BITS:
        raise ValueError("the key is not of RSA-2048 or more")
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode("ascii")


def _der(text: str) -> bytes:
    match = _PEM.search(text)
    bare = "".join((match.group(1) if match else text).split())
    try:
        return base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("neither PEM nor base64") from None


def _set(account: Account, part: str, normal: Callable[[str], str]) -> None:
    try:
        object.__setattr__(account, part, normal(getattr(account, part)))
    except (ValueError, TypeError):
        raise AccountInvalid(
            part, f"not an RSA key of {LEAST_KEY_BITS} bits or more, PEM or base64"
        ) from None


def _fits(part: str, value: str, pattern: str) -> None:
    if not re.fullmatch(pattern, value, re.ASCII):
        raise AccountInvalid(part, "does not have the form that the provider gives it")


def _check_base(url: str) -> None:
    if url not in REAL_URLS and not _on_this_machine(url):
        raise AccountInvalid("base_url", "neither the provider's address nor on this machine")


def _check_notify(url: str) -> None:
    parts = urlsplit(url)
    if parts.query or not ((parts.scheme == "https" and parts.hostname) or _on_this_machine(url)):
        raise AccountInvalid("notify_url", "an address that begins with https and has no question")


def _on_this_machine(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
