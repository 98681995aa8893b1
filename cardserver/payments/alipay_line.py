"""The line to Alipay's gateway. The only module that knows python-alipay-sdk.

The library builds and signs requests (RSA2, SHA256 with RSA over the sorted parameters) and proves
answers. Replaced are its host, its clock (the gateway wants Beijing time) and its way to send,
which has one long limit and puts everything into the address. An answer is believed with a right
signature; without one only as a refusal, which the gateway gives to those it does not trust.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError

from cardserver.payments.accounts import AlipayAccount
from cardserver.payments.api import ProviderName, ProviderRefused, ProviderUnavailable
from cardserver.payments.line import Line

BEIJING: Final = ZoneInfo("Asia/Shanghai")
STAMP: Final = "%Y-%m-%d %H:%M:%S"
SIGN_TYPE: Final = "RSA2"

_DONE: Final = "10000"
_UNSURE: Final = ("20000", "40005")  # 服务不可用, 调用频次超限
_UNSURE_SUB: Final = ("SYSTEM_ERROR", "aop.", "isp.unknow")  # "unknow" is the gateway's spelling
_FILES: Final = ".alipay.com"

Fields = Mapping[str, Any]


class AlipayLine:
    """The calls of Alipay that this house uses; each gives the fields of a believed success."""

    def __init__(
        self, account: AlipayAccount, line: Line, *, now: Callable[[], datetime] | None = None
    ) -> None:
        self._base = account.base_url
        self._line = line
        self._sdk = _Sdk(account, line, now or _now)

    def ask(self, method: str, content: Fields, **more: str) -> Fields:
        """Call ``alipay.…`` with its biz_content. Raises ProviderUnavailable, ProviderRefused."""
        try:
            fields = self._sdk.server_api(method, dict(content), **more)
        except AliPayValidationError:
            raise _unknown("the signature of the answer is wrong") from None
        except (AliPayException, ValueError, TypeError, AttributeError, KeyError) as wrong:
            raise _unknown(f"an answer that can't be read ({type(wrong).__name__})") from wrong
        if not isinstance(fields, dict):
            raise _unknown("an answer that is no object")
        _judge(fields)
        return fields

    def proves(self, parameters: Mapping[str, str], signature: str) -> bool:
        """Whether Alipay signed a notice's parameters, ``sign`` and ``sign_type`` left out."""
        try:
            return bool(self._sdk.verify(dict(parameters), signature))
        except (AliPayException, ValueError, TypeError):
            return False

    def file(self, url: str) -> bytes:
        """A bill's file: from Alipay's own hosts over TLS, or from where the gateway is."""
        theirs, ours = urlsplit(url), urlsplit(self._base)
        same = (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)
        real = theirs.scheme in {"http", "https"} and (theirs.hostname or "").endswith(_FILES)
        if not same and not real:
            raise _unknown("a bill that lies at a stranger's")
        if not same:
            url = theirs._replace(scheme="https").geturl()  # it is named with http
        reply = self._line.send("GET", url, body=b"", headers={})
        if not reply.ok:
            raise _unknown(f"the bill's file answers {reply.status}")
        return reply.body


class _Sdk(AliPay):  # type: ignore[misc]  # the library is not typed
    """The library with our line and clock instead of its own."""

    def __init__(self, account: AlipayAccount, line: Line, now: Callable[[], datetime]) -> None:
        super().__init__(
            appid=account.app_id,
            app_private_key_string=account.private_key,
            alipay_public_key_string=account.public_key,
            sign_type=SIGN_TYPE,
        )
        self._gateway = account.base_url
        self._line = line
        self._now = now

    def build_body(self, method: str, biz_content: Fields | None = None, **more: str) -> Any:
        body = super().build_body(method, biz_content, **more)
        body["timestamp"] = self._now().astimezone(BEIJING).strftime(STAMP)
        return body

    def verified_sync_response(self, data: Fields, response_type: str) -> Any:
        reply = self._line.send(
            "POST",
            f"{self._gateway}?charset=utf-8",
            body=self.sign_data(data).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
        )
        if not reply.ok:
            raise _unknown(f"status {reply.status}")
        text = reply.body.decode()
        _refuse_unsigned(text, response_type)
        return self._verify_and_return_sync_response(text, response_type)


def _refuse_unsigned(text: str, response_type: str) -> None:
    """The gateway's own refusal has no signature; a success without one is no answer."""
    answer = json.loads(text)
    if answer.get("sign") and "error_response" not in answer:
        return
    fields = answer.get("error_response") or answer.get(response_type)
    if isinstance(fields, dict) and fields.get("code") != _DONE:
        _judge(fields)
    raise _unknown("an answer without a signature")


def _judge(fields: Fields) -> None:
    code, sub = str(fields.get("code", ""))[:16], str(fields.get("sub_code", ""))[:64]
    if code == _DONE:
        return
    if not code or code in _UNSURE or any(word in sub for word in _UNSURE_SUB):
        raise _unknown(f"{code} {sub}")
    raise ProviderRefused(ProviderName.ALIPAY, sub or code, str(fields.get("sub_msg", ""))[:200])


def _unknown(detail: str) -> ProviderUnavailable:
    return ProviderUnavailable(ProviderName.ALIPAY, detail)


def _now() -> datetime:
    return datetime.now(UTC)
