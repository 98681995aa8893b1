"""The demo's payment providers: on a port of this machine, asked by the demo's own server.

Nothing costs time before it is needed: keys and libraries come with the first order.
"""

import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import Client

from cardserver.payments.accounts import AlipayAccount, WechatAccount
from cardserver.payments.api import PaymentProvider, ProviderName
from cardserver.payments.loader import provider
from simulators.payments.book import Clock
from simulators.payments.merchant import Merchant
from simulators.payments.notices import Letter
from simulators.payments.providers import PayProviders
from simulators.payments.server import PayServer

NOTICES: Final = "http://127.0.0.1/api/payments/{name}/notices"
"""Where the demo's server takes notices; they are carried without a socket."""


class DemoPayments(Mapping[str, PaymentProvider]):
    """Both providers by name, as an estate wants them, and their simulator behind them."""

    def __init__(self, clock: Clock) -> None:
        urls = {name: NOTICES.format(name=name.value) for name in ProviderName}
        self._server = PayServer(clock, merchant=Merchant().notified(urls), deliver=self._carry)
        self._made: dict[str, PaymentProvider] = {}
        self._lock = threading.Lock()
        self.app: Flask | None = None

    @property
    def sim(self) -> PayProviders:
        """The simulator, for the panel."""
        return self._server.providers

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def __getitem__(self, name: str) -> PaymentProvider:
        if name not in self:
            raise KeyError(name)
        with self._lock:
            if name not in self._made:
                wechat, alipay = self._accounts
                account = wechat if name == ProviderName.WECHAT else alipay
                self._made[name] = provider(account)
            return self._made[name]

    @cached_property
    def _accounts(self) -> tuple[WechatAccount, AlipayAccount]:
        return self._server.accounts

    def __contains__(self, name: object) -> bool:
        return name in set(ProviderName)

    def __iter__(self) -> Iterator[str]:
        return iter([name.value for name in ProviderName])

    def __len__(self) -> int:
        return len(ProviderName)

    def _carry(self, letter: Letter) -> tuple[int, bytes]:
        if self.app is None:
            return 0, b""
        answer = Client(self.app).post(
            urlsplit(letter.url).path, data=letter.body, headers=dict(letter.headers)
        )
        return answer.status_code, answer.get_data()
