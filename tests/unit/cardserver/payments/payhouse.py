"""A merchant's side over the simulated providers: adapters, a clock to turn, letters to read."""

import itertools
from datetime import datetime, timedelta

from cardserver.payments.alipay import AlipayProvider
from cardserver.payments.api import Order, PaymentProvider, ProviderName
from cardserver.payments.line import Line
from cardserver.payments.wechat import WechatProvider
from simulators.payments.faults import Call, PayFault, Trouble
from simulators.payments.notices import Letter
from simulators.payments.providers import PayProviders
from simulators.payments.server import PayServer

SLOW_S = 2.0
IMPATIENT = (1.0, 0.2)
"""Limits for a slow answer: it takes longer than they allow."""


class PayHouse:
    """Everything between an order and its bill, without a card server."""

    def __init__(self, start: datetime) -> None:
        self.start = self.now = start
        self.letters: list[Letter] = []
        self.server = PayServer(lambda: self.now, deliver=self._take)
        wechat, alipay = self.server.accounts
        self.providers: dict[ProviderName, PaymentProvider] = {
            ProviderName.WECHAT: WechatProvider(wechat),
            ProviderName.ALIPAY: AlipayProvider(alipay),
        }
        self._numbers = itertools.count(1)

    @property
    def sim(self) -> PayProviders:
        return self.server.providers

    def refresh(self) -> None:
        """A new day's clock, and nothing planned; orders stay, numbers go on."""
        self.now = self.start
        self.letters.clear()
        self.sim.courier.held.clear()
        self.sim.faults.clear()

    def close(self) -> None:
        self.server.close()

    def order(self, *, amount_fen: int = 15000, subject: str = "停车充值 3个月") -> Order:
        """An order nobody has placed."""
        return Order(
            number=f"K1-{next(self._numbers):08d}",
            amount_fen=amount_fen,
            subject=subject,
            expires=self.now + timedelta(minutes=5),
        )

    def placed(self, provider: PaymentProvider) -> Order:
        """An order with its code on the screen."""
        order = self.order()
        provider.create(order)
        return order

    def waiting(self, provider: PaymentProvider) -> Order:
        """An order whose code a phone has read."""
        order = self.placed(provider)
        self.sim.scan(provider.name, order.number)
        return order

    def paid(self, provider: PaymentProvider) -> Order:
        """An order that the phone has paid, the notice delivered."""
        order = self.placed(provider)
        self.sim.pay(provider.name, order.number)
        self.sim.courier.settle()
        return order

    def plan(
        self, provider: PaymentProvider, call: Call, trouble: Trouble, *, times: int = 1
    ) -> None:
        fault = PayFault(
            provider=provider.name, call=call, trouble=trouble, times=times, seconds=SLOW_S
        )
        self.sim.faults.plan(fault)

    def impatient(self, name: ProviderName) -> PaymentProvider:
        """The provider, asked by somebody who does not wait."""
        wechat, alipay = self.server.accounts
        line = Line(name, timeouts=IMPATIENT)
        if name is ProviderName.WECHAT:
            return WechatProvider(wechat, line=line)
        return AlipayProvider(alipay, line=line)

    def letter(self, provider: PaymentProvider, trouble: Trouble | None = None) -> Letter:
        """The last notice of a payment that went through this trouble."""
        if trouble is not None:
            self.plan(provider, Call.NOTICE, trouble)
        self.paid(provider)
        return self.letters[-1]

    def _take(self, letter: Letter) -> tuple[int, bytes]:
        self.letters.append(letter)
        return 200, b"success"
