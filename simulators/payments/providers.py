"""Both providers together: the book, what goes wrong, and what the resident's phone does."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex
from typing import Final

import httpx

from cardserver.payments.accounts import AlipayAccount, WechatAccount
from cardserver.payments.api import ProviderName
from simulators.payments.alipay_side import FILE_PATH, AlipaySide
from simulators.payments.answers import PROXY_PAGE, Answer, Dropped, Question
from simulators.payments.book import Clock, OrderBook, Refusal, SimOrder
from simulators.payments.faults import Call, FaultList, PayFault, Trouble
from simulators.payments.merchant import GATEWAY, Merchant
from simulators.payments.notices import Courier, Delivery, Letter, Sides, letters_of
from simulators.payments.wechat_side import WechatSide

log = logging.getLogger(__name__)

_CARRY_S: Final = 5.0  # WeChat Pay gives a merchant's server five seconds


class PayProviders:
    """WeChat Pay and Alipay for one merchant, as `base` (an address on this machine) has them.

    `clock` is the book's time: of orders, payments, notices and bills. Signatures of requests and
    answers follow the machine's own (`seconds`), as between two real machines.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        base: str,
        merchant: Merchant | None = None,
        deliver: Delivery | None = None,
        seconds: Callable[[], float] = time.time,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.merchant = merchant or Merchant()
        self.base = base
        self.book = OrderBook(clock)
        self.faults = FaultList()
        self.courier = Courier(deliver or carry)
        self._wait = wait
        self._sides = Sides(
            wechat=WechatSide(self.book, self.merchant, base=base, seconds=seconds),
            alipay=AlipaySide(self.book, self.merchant, base=base, refunded=self._tell),
        )

    @property
    def accounts(self) -> tuple[WechatAccount, AlipayAccount]:
        """With what a merchant's server asks."""
        return self.merchant.wechat(self.base), self.merchant.alipay(self.base)

    def answer(self, question: Question) -> Answer:
        """One exchange, with what is planned for it. Raises Dropped."""
        if question.target.partition("?")[0] in {GATEWAY, FILE_PATH}:
            return self._alipay(question)
        return self._wechat(question)

    def scan(self, provider: ProviderName, number: str) -> SimOrder:
        """A phone reads the QR, and nobody pays yet. Raises Refusal."""
        return self.book.scan(provider, number)

    def pay(self, provider: ProviderName, number: str, *, late: bool = False) -> SimOrder:
        """The phone pays, and the notice goes out. Raises Refusal."""
        order = self.book.pay(provider, number, late=late)
        self._tell(order)
        return order

    def tell_again(
        self, provider: ProviderName, number: str, trouble: Trouble | None = None
    ) -> None:
        """Send the order's notice once more, as after a failed delivery. Raises Refusal.

        What was held back goes first, as it was written then.
        """
        order = self.book.find(provider, number)
        if order.paid_at is None:
            raise Refusal("ORDER_NOT_PAID", "ACQ.TRADE_NOT_PAID")
        for letter in list(self.courier.held):
            if (letter.provider, letter.number) == (provider, number):
                self.courier.held.remove(letter)
                self.courier.send(replace(letter, trouble=None))
                return
        self._write(order, trouble)

    def close(self) -> None:
        """End the courier."""
        self.courier.stop()

    def _tell(self, order: SimOrder) -> None:
        fault = self.faults.take(order.provider, Call.NOTICE)
        self._write(order, fault.trouble if fault else None)

    def _write(self, order: SimOrder, trouble: Trouble | None) -> None:
        known = [each for each in self._letters() if _same(each, order)]
        notice_id = known[-1].notice_id if known and not order.refunds else token_hex(16)
        for letter in letters_of(order, notice_id, self.book.now(), trouble, self._sides):
            self.courier.send(letter)

    def _letters(self) -> list[Letter]:
        return [*self.courier.history, *self.courier.held]

    def _wechat(self, question: Question) -> Answer:
        side = self._sides.wechat
        try:
            asked = side.understand(question)
        except Refusal as refusal:
            return side.refuse(refusal)

        def act(fault: PayFault | None) -> Answer:
            try:
                return side.act(asked, fault)
            except Refusal as refusal:
                return side.refuse(refusal)

        return self._suffer(ProviderName.WECHAT, asked.call, asked.number, act, side.broken)

    def _alipay(self, question: Question) -> Answer:
        side = self._sides.alipay
        try:
            asked = side.understand(question)
        except Refusal as refusal:
            return side.refuse(None, refusal)

        def act(fault: PayFault | None) -> Answer:
            try:
                return side.act(asked, fault)
            except Refusal as refusal:
                return side.refuse(asked.call, refusal)

        def broken() -> Answer:
            if asked.call is Call.BILL_FILE:
                return Answer(status=500)
            return side.broken(asked.call)

        return self._suffer(ProviderName.ALIPAY, asked.call, asked.number, act, broken)

    def _suffer(
        self,
        provider: ProviderName,
        call: Call,
        number: str,
        act: Callable[[PayFault | None], Answer],
        broken: Callable[[], Answer],
    ) -> Answer:
        fault = self.faults.take(provider, call)
        trouble = fault.trouble if fault else None
        if trouble is Trouble.DROP_BEFORE:
            raise Dropped
        if trouble is Trouble.ERROR_BEFORE:
            return broken()
        if trouble is Trouble.PAID_MEANWHILE:
            with suppress(Refusal):
                self.pay(provider, number)
        answer = act(fault)
        match trouble:
            case Trouble.SLOW if fault:
                self._wait(fault.seconds)
            case Trouble.DROP_AFTER:
                raise Dropped
            case Trouble.ERROR_AFTER:
                return broken()
            case Trouble.GARBAGE:
                return PROXY_PAGE
            case Trouble.TAMPERED:
                return _tampered(answer)
            case Trouble.UNSIGNED:
                return _unsigned(answer)
        return answer


def carry(letter: Letter) -> tuple[int, bytes]:
    """Deliver over HTTP; nobody there is an answer too."""
    try:
        answer = httpx.post(
            letter.url,
            content=letter.body,
            headers=dict(letter.headers),
            timeout=_CARRY_S,
            trust_env=False,
        )
    except httpx.HTTPError as fault:
        log.info("notice to %s not delivered: %s", letter.url, type(fault).__name__)
        return 0, b""
    return answer.status_code, answer.content


def _same(letter: Letter, order: SimOrder) -> bool:
    return (letter.provider, letter.number) == (order.provider, order.number)


def _tampered(answer: Answer) -> Answer:
    """One character of the body is another; of the headers, where there is no body."""
    if not answer.body:
        headers: Mapping[str, str] = {**answer.headers, "Wechatpay-Nonce": token_hex(16)}
        return replace(answer, headers=headers)
    packed = "json" not in answer.content_type and "text" not in answer.content_type
    digits = (place for place, code in enumerate(answer.body) if chr(code).isdigit())
    place = (
        len(answer.body) // 3 if packed else next(digits)
    )  # a third: in the midst of a zip's data
    other = bytes([answer.body[place] ^ 1])
    return replace(answer, body=answer.body[:place] + other + answer.body[place + 1 :])


def _unsigned(answer: Answer) -> Answer:
    marks = {name: value for name, value in answer.headers.items() if "Signature" not in name}
    body = answer.body
    if b',"sign":"' in body:
        body = body[: body.rindex(b',"sign":"')] + b"}"
    return replace(answer, headers=marks, body=body)
