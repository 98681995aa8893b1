"""A line that gives back what it was told to, and answers signed as a provider signs them."""

import time
from collections.abc import Mapping
from urllib.parse import parse_qs

from cardserver.payments.api import ProviderName
from cardserver.payments.line import Line, Reply
from simulators.payments.merchant import Merchant
from simulators.payments.seals import compact, own_keys, signature, wechat_lines

QUERY = "alipay_trade_query_response"


class Parrot(Line):
    """Gives the same answer to everything, or one for each of Alipay's methods."""

    def __init__(
        self, reply: Reply | bytes = b"", *, answers: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(ProviderName.WECHAT)
        self.asked: list[str] = []
        self.reply = reply if isinstance(reply, Reply) else plain(reply)
        self._answers = answers or {}

    def send(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str]) -> Reply:
        del method, headers
        self.asked.append(url)
        name = parse_qs(body.decode()).get("method", [""])[0]
        if name in self._answers:
            shape = name.replace(".", "_") + "_response"
            return plain(signed_alipay(self._answers[name], shape))
        return self.reply


def plain(body: bytes, status: int = 200) -> Reply:
    return Reply(status=status, headers={}, body=body)


def marks(body: bytes) -> dict[str, str]:
    """The headers of an answer that WeChat Pay signed just now."""
    stamp, nonce = str(int(time.time())), "nonce"
    lines = wechat_lines(stamp, nonce, body.decode())
    return {
        "wechatpay-serial": Merchant().public_key_id,
        "wechatpay-timestamp": stamp,
        "wechatpay-nonce": nonce,
        "wechatpay-signature": signature(own_keys().wechat, lines),
    }


def signed_wechat(fields: object, status: int = 200) -> Reply:
    body = compact(fields).encode()
    return Reply(status=status, headers=marks(body), body=body)


def signed_alipay(fields: object, shape: str = QUERY) -> bytes:
    inner = compact(fields)
    return f'{{"{shape}":{inner},"sign":"{signature(own_keys().alipay, inner)}"}}'.encode()
