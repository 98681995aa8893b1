"""Alipay, face to face (当面付): the QR on the kiosk's screen is one ``alipay.trade.precreate``.

Sources: the open platform's pages of ``alipay.trade.precreate``, ``query``, ``cancel``,
``refund``, ``fastpay.refund.query``, of the bill's address and of asynchronous notices; figures in
``facts/cash-and-qr.md`` section 5. Times are Beijing's, amounts yuan with two decimals.

===============  =======================================================  ====================
call             what Alipay says                                         becomes
===============  =======================================================  ====================
any              no answer, 20000, SYSTEM_ERROR, 40005, unsigned, about   ProviderUnavailable
                 another order
any              another code than 10000                                  ProviderRefused
query            ACQ.TRADE_NOT_EXIST: nobody has scanned yet              ABSENT
query            WAIT_BUYER_PAY                                           WAITING
query            TRADE_SUCCESS, TRADE_FINISHED                            PAID
query            TRADE_CLOSED with, without a moment of payment           REFUNDED, CLOSED
close: cancel    action ``close``; ``refund``                             CLOSED; REFUNDED
close: cancel    no action: there was no trade                            ABSENT
close: cancel    retry_flag ``Y``                                         asked again, 3 times
refund           fund_change ``Y``                                        DONE
refund           fund_change ``N``                                        query_refund decides
query_refund     REFUND_SUCCESS; nothing                                  DONE; ABSENT
bill             isp.bill_not_exist                                       BillNotReady
===============  =======================================================  ====================

A trade exists from the first scan on. Until then a cancelled code may still be scanned, so that
its expiry is the only certain end.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from cardserver.domain.money import yuan_text
from cardserver.payments.accounts import AlipayAccount
from cardserver.payments.alipay_bill import read_bill
from cardserver.payments.alipay_line import BEIJING, SIGN_TYPE, STAMP, AlipayLine, Fields
from cardserver.payments.amounts import fen_of_yuan
from cardserver.payments.api import (
    NOTICE_WINDOW,
    BillLine,
    BillNotReady,
    Notice,
    NoticeReason,
    NoticeRefused,
    Order,
    Payment,
    PaymentState,
    ProviderName,
    ProviderRefused,
    ProviderUnavailable,
    Refund,
    RefundState,
    check_number,
    check_refund,
    notice_id_of,
)
from cardserver.payments.line import Line

MAX_FIELDS: Final = 100
CANCEL_TRIES: Final = 3

_NAME: Final = ProviderName.ALIPAY
_NO_TRADE: Final = "ACQ.TRADE_NOT_EXIST"
_STATES: Final = {
    "WAIT_BUYER_PAY": PaymentState.WAITING,
    "TRADE_SUCCESS": PaymentState.PAID,
    "TRADE_FINISHED": PaymentState.PAID,
    "TRADE_CLOSED": PaymentState.CLOSED,
}
_ACTIONS: Final = {"close": PaymentState.CLOSED, "refund": PaymentState.REFUNDED}
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)?", re.ASCII)


class AlipayProvider:
    """`cardserver.payments.api.PaymentProvider` over Alipay."""

    name: ProviderName = _NAME
    notice_answer: tuple[int, bytes, str] = (HTTPStatus.OK, b"success", "text/plain")
    notice_again: tuple[int, bytes, str] = (HTTPStatus.OK, b"failure", "text/plain")

    def __init__(self, account: AlipayAccount, *, line: Line | None = None) -> None:
        self._account = account
        self._line = AlipayLine(account, line or Line(_NAME))

    def create(self, order: Order) -> str:
        """The order's ``qr_code``."""
        content = {
            "out_trade_no": order.number,
            "total_amount": yuan_text(order.amount_fen),
            "subject": order.subject,
            "seller_id": self._account.seller_id,
            "time_expire": order.expires.astimezone(BEIJING).strftime(STAMP),
        }
        more = {"notify_url": self._account.notify_url} if self._account.notify_url else {}
        fields = self._line.ask("alipay.trade.precreate", content, **more)
        _about(fields, order.number)
        return _text(fields, "qr_code")

    def query(self, number: str) -> Payment:
        """What became of the order."""
        try:
            fields = self._line.ask("alipay.trade.query", {"out_trade_no": check_number(number)})
        except ProviderRefused as refused:
            if refused.reason == _NO_TRADE:
                return Payment(number=number, state=PaymentState.ABSENT)
            raise
        _about(fields, number)
        return _payment(fields, paid_at=fields.get("send_pay_date"))

    def close(self, number: str) -> Payment:
        """End an unpaid order by ``alipay.trade.cancel``."""
        found = self.query(number)
        if found.state not in {PaymentState.WAITING, PaymentState.ABSENT}:
            return found
        for _ in range(CANCEL_TRIES):
            fields = self._line.ask("alipay.trade.cancel", {"out_trade_no": number})
            _about(fields, number)
            if fields.get("retry_flag") != "Y":
                return Payment(
                    number=number,
                    state=_ACTIONS.get(str(fields.get("action")), found.state),
                    amount_fen=found.amount_fen,
                    provider_number=_short(fields.get("trade_no")) or found.provider_number,
                )
        raise ProviderUnavailable(_NAME, "not cancelled yet, and wants to be asked again")

    def refund(
        self, number: str, refund_number: str, amount_fen: int, total_fen: int, reason: str
    ) -> Refund:
        """Give money back. `total_fen` is not wanted here: Alipay knows the order."""
        check_refund(amount_fen, total_fen)
        content = {
            "out_trade_no": check_number(number),
            "out_request_no": check_number(refund_number),
            "refund_amount": yuan_text(amount_fen),
            "refund_reason": reason[:80],
        }
        fields = self._line.ask("alipay.trade.refund", content)
        _about(fields, number)
        if fields.get("fund_change") != "Y":
            found = self.query_refund(number, refund_number)
            if found.state is RefundState.ABSENT:  # taken on, and no money has moved yet
                return Refund(
                    number=refund_number, payment_number=number, state=RefundState.PROCESSING
                )
            return found
        return Refund(
            number=refund_number,
            payment_number=number,
            state=RefundState.DONE,
            amount_fen=amount_fen,  # refund_fee is the sum of all refunds of the order
            provider_number=_short(fields.get("trade_no")),
        )

    def query_refund(self, number: str, refund_number: str) -> Refund:
        """What became of the refund."""
        content = {
            "out_trade_no": check_number(number),
            "out_request_no": check_number(refund_number),
        }
        absent = Refund(number=refund_number, payment_number=number, state=RefundState.ABSENT)
        try:
            fields = self._line.ask("alipay.trade.fastpay.refund.query", content)
        except ProviderRefused as refused:
            if refused.reason == _NO_TRADE:
                return absent
            raise
        if fields.get("refund_status") != "REFUND_SUCCESS":
            return absent
        _about(fields, number)
        if fields.get("out_request_no") != refund_number:
            raise ProviderUnavailable(_NAME, "an answer about another refund")
        return Refund(
            number=refund_number,
            payment_number=number,
            state=RefundState.DONE,
            amount_fen=_fen(fields, "refund_amount"),
            provider_number=_short(fields.get("trade_no")),
        )

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:  # noqa: ARG002  # all is in the body
        """A trade's notice: signature, app, seller, kind and age, in this order."""
        fields = _form(body)
        signature, sign_type = fields.pop("sign", ""), fields.pop("sign_type", "")
        if not signature or sign_type != SIGN_TYPE:
            raise NoticeRefused(NoticeReason.UNSIGNED)
        if not self._line.proves(fields, signature):
            raise NoticeRefused(NoticeReason.FORGED)
        ours = (self._account.app_id, self._account.seller_id)
        if (fields.get("app_id"), fields.get("seller_id")) != ours:
            raise NoticeRefused(NoticeReason.FOREIGN)
        if fields.get("notify_type") != "trade_status_sync":
            raise NoticeRefused(NoticeReason.UNRELATED)
        try:
            payment = _payment(fields, paid_at=fields.get("gmt_payment"))
            at = _moment(fields.get("notify_time"))
            notice_id = _text(fields, "notify_id")
        except ProviderUnavailable:
            raise NoticeRefused(NoticeReason.UNREADABLE) from None
        if at is None or abs(now - at) > NOTICE_WINDOW:
            raise NoticeRefused(NoticeReason.STALE, payment.number)
        return Notice(notice_id=notice_id_of(notice_id), payment=payment, at=at)

    def bill(self, day: date) -> Sequence[BillLine]:
        """The merchant's business bill (业务明细) of a day, there from about 9:00 of the next."""
        content = {"bill_type": "trade", "bill_date": day.isoformat()}
        try:
            where = self._line.ask("alipay.data.dataservice.bill.downloadurl.query", content)
        except ProviderRefused as refused:
            if "bill_not_exist" in refused.reason.lower():
                raise BillNotReady(_NAME, day) from refused
            raise
        return read_bill(self._line.file(_text(where, "bill_download_url")))


def _payment(fields: Fields, *, paid_at: object) -> Payment:
    state = _STATES.get(_text(fields, "trade_status"))
    paid = _moment(paid_at)
    if state is None:
        raise ProviderUnavailable(_NAME, "a state that is not in the guide")
    if state is PaymentState.CLOSED and paid is not None:
        state = PaymentState.REFUNDED
    return Payment(
        number=_text(fields, "out_trade_no"),
        state=state,
        amount_fen=_fen(fields, "total_amount"),
        provider_number=_short(fields.get("trade_no")),
        paid_at=paid,
    )


def _about(fields: Fields, number: str) -> None:
    if fields.get("out_trade_no") != number:
        raise ProviderUnavailable(_NAME, "an answer about another order")


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise NoticeRefused(NoticeReason.UNREADABLE) from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise NoticeRefused(NoticeReason.UNREADABLE)
    return fields


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise ProviderUnavailable(_NAME, f"an answer without {name}")
    return value


def _short(value: object) -> str:
    return value[:64] if isinstance(value, str) else ""


def _fen(fields: Fields, name: str) -> int:
    try:
        return fen_of_yuan(_text(fields, name))
    except ValueError:
        raise ProviderUnavailable(_NAME, "an amount that is none") from None


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    match = _MOMENT.fullmatch(text)
    try:
        local = datetime.strptime(match.group(1), STAMP) if match else None  # noqa: DTZ007  # below
    except ValueError:
        local = None
    if local is None:
        raise ProviderUnavailable(_NAME, "a moment that is none")
    return local.replace(tzinfo=BEIJING).astimezone(UTC)
