"""The line to WeChat Pay. The only module that knows wechatpayv3, and its private parts.

The library signs requests, names the paths and proves signatures. Replaced are its host, its way
to send (no limits) and its proof of answers, which leaves out errors. Here an answer is believed

* with a right signature, not older than `SIGNATURE_AGE_S`, whatever its status;
* without any signature only as a refusal: an error in JSON with a code of its own. WeChat Pay
  leaves the signature out where it did not trust the question ("如何验证签名" in its guide).

Anything else is no answer. A serial number other than that of the public key is refused before the
library sees it: for unknown ones it would ask WeChat for certificates, once for each stranger's
notice.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core
from wechatpayv3.type import RequestType
from wechatpayv3.utils import aes_decrypt, build_authorization

from cardserver.payments.accounts import REAL_URLS, WechatAccount
from cardserver.payments.api import ProviderName, ProviderUnavailable
from cardserver.payments.line import Line, Reply

SIGNATURE_AGE_S: Final = 300
"""How far an answer's time stamp may lie from this machine's clock."""
ALGORITHM: Final = "WECHATPAY2-SHA256-RSA2048"
MARKS: Final = {
    "signature": "Wechatpay-Signature",
    "timestamp": "Wechatpay-Timestamp",
    "nonce": "Wechatpay-Nonce",
    "serial": "Wechatpay-Serial",
}
"""The headers of a signature."""


class WechatLine:
    """The calls of WeChat Pay that this house uses; each gives the believed `Reply`."""

    def __init__(
        self, account: WechatAccount, line: Line, *, seconds: Callable[[], float] = time.time
    ) -> None:
        self._notify_url = account.notify_url
        self._base = account.base_url
        self._core = _Core(account, line, seconds)
        self._pay = _Calls(account, self._core)

    def create(self, number: str, amount_fen: int, subject: str, expires: str) -> Reply:
        """POST /v3/pay/transactions/native."""
        reply: Reply = self._pay.pay(
            description=subject,
            out_trade_no=number,
            amount={"total": amount_fen, "currency": "CNY"},
            time_expire=expires,
            notify_url=self._notify_url,
        )
        return reply

    def query(self, number: str) -> Reply:
        """GET /v3/pay/transactions/out-trade-no/{number}."""
        reply: Reply = self._pay.query(out_trade_no=_in_path(number))
        return reply

    def close(self, number: str) -> Reply:
        """POST /v3/pay/transactions/out-trade-no/{number}/close."""
        reply: Reply = self._pay.close(out_trade_no=_in_path(number))
        return reply

    def refund(
        self, number: str, refund_number: str, *, amount_fen: int, total_fen: int, reason: str
    ) -> Reply:
        """POST /v3/refund/domestic/refunds, without an address for notices: it is asked."""
        reply: Reply = self._pay.refund(
            out_refund_no=refund_number,
            out_trade_no=number,
            amount={"refund": amount_fen, "total": total_fen, "currency": "CNY"},
            reason=reason,
        )
        return reply

    def query_refund(self, refund_number: str) -> Reply:
        """GET /v3/refund/domestic/refunds/{refund_number}."""
        reply: Reply = self._pay.query_refund(out_refund_no=_in_path(refund_number))
        return reply

    def trade_bill(self, day: str) -> Reply:
        """GET /v3/bill/tradebill: where the day's file lies."""
        reply: Reply = self._pay.trade_bill(bill_date=day)
        return reply

    def file(self, url: str) -> Reply:
        """A bill's file, unsigned; its hash is in the answer that named it."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin != self._base and not {origin, self._base} <= REAL_URLS:
            raise ProviderUnavailable(ProviderName.WECHAT, "a bill that lies at a stranger's")
        return self._core.request(url.removeprefix(origin), skip_verify=True)

    def proves(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the signature in `headers` (names in small letters) is WeChat Pay's."""
        return self._core.proves(headers, body)

    def open(self, resource: Mapping[str, object]) -> bytes | None:
        """The plain text of a notice's sealed part (AES-256-GCM); None where it does not open."""
        return self._core.open(resource)


class _Calls(WeChatPay):  # type: ignore[misc]  # the library is not typed
    """The library's calls over our core; its own constructor would make one of its own first."""

    def __init__(self, account: WechatAccount, core: "_Core") -> None:
        self._type = WeChatPayType.NATIVE
        self._mchid = account.mchid
        self._appid = account.appid
        self._notify_url = None  # named with each order; refunds want none
        self._core = core
        self._partner_mode = False


class _Core(Core):  # type: ignore[misc]  # the library is not typed
    """The library's core with our line instead of its own."""

    def __init__(self, account: WechatAccount, line: Line, seconds: Callable[[], float]) -> None:
        super().__init__(
            mchid=account.mchid,
            cert_serial_no=account.serial,
            private_key=account.private_key,
            apiv3_key=account.api_v3_key,
            public_key=account.public_key,
            public_key_id=account.public_key_id,
        )
        self._account = account
        self._gate_way = account.base_url
        self._line = line
        self._seconds = seconds

    def request(
        self,
        path: str,
        method: RequestType = RequestType.GET,
        data: Mapping[str, Any] | None = None,
        skip_verify: bool = False,
    ) -> Reply:
        """Send, and give back what can be believed. Raises ProviderUnavailable."""
        body = json.dumps(data) if data else ""
        reply = self._line.send(
            method.value,
            f"{self._gate_way}{path}",
            body=body.encode(),
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "Wechatpay-Serial": self._account.public_key_id,
                "Authorization": build_authorization(
                    path,
                    method.value,
                    self._account.mchid,
                    self._account.serial,
                    self._private_key,
                    data=body,
                ),
            },
        )
        if skip_verify or (not reply.ok and MARKS["signature"].lower() not in reply.headers):
            return reply
        if not self.proves(reply.headers, reply.body):
            raise ProviderUnavailable(ProviderName.WECHAT, "the signature of the answer is wrong")
        if not self._fresh(reply.headers):
            raise ProviderUnavailable(ProviderName.WECHAT, "the answer is an old one")
        return reply

    def proves(self, headers: Mapping[str, str], body: bytes) -> bool:
        marks = {name: headers.get(name.lower(), "") for name in MARKS.values()}
        if marks[MARKS["serial"]] != self._account.public_key_id:
            return False
        marks["Wechatpay-Signature-Type"] = headers.get("wechatpay-signature-type", ALGORITHM)
        try:
            return bool(self._verify_signature(marks, body.decode()))
        except Exception:  # noqa: BLE001  # the library raises bare Exception for what it can't read
            return False

    def open(self, resource: Mapping[str, object]) -> bytes | None:
        parts = [resource.get(name, "") for name in ("nonce", "ciphertext", "associated_data")]
        if resource.get("algorithm") != "AEAD_AES_256_GCM":
            return None
        nonce, ciphertext, associated = (part if isinstance(part, str) else "" for part in parts)
        try:
            plain = aes_decrypt(
                nonce=nonce,
                ciphertext=ciphertext,
                associated_data=associated,
                apiv3_key=self._account.api_v3_key,
            )
        except ValueError:  # no base64, a nonce of another length, no text
            return None
        return plain.encode() if isinstance(plain, str) else None

    def _fresh(self, headers: Mapping[str, str]) -> bool:
        stamp = headers.get(MARKS["timestamp"].lower(), "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= len(str(2**63))):
            return False
        return abs(self._seconds() - int(stamp)) <= SIGNATURE_AGE_S


def _in_path(number: str) -> str:
    # The signature is over the path as it goes over the wire, where | is written %7C.
    return quote(number, safe="*")
