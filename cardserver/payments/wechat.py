"""WeChat Pay, Native (API v3): the QR on the kiosk's screen is one order's ``code_url``.

Sources: the merchant guide at pay.weixin.qq.com (下单, 查询订单, 关闭订单, 申请退款, 支付通知);
figures in ``facts/cash-and-qr.md`` section 5.

================  ======================================================  ====================
call              what WeChat Pay says                                    becomes
================  ======================================================  ====================
any               no answer, 5xx, SYSTEM_ERROR, 429, an answer            ProviderUnavailable
                  unsigned or about another order
any               4xx with another code                                   ProviderRefused
query             404 ORDER_NOT_EXIST                                     ABSENT
query             NOTPAY, USERPAYING, ACCEPT, PAYERROR                    WAITING
query             SUCCESS; REFUND; CLOSED, REVOKED                        PAID; REFUNDED; CLOSED
close             204; ORDER_CLOSED                                       CLOSED
close             ORDERPAID                                               asked again
refund            SUCCESS; PROCESSING; CLOSED, ABNORMAL                   DONE; PROCESSING; FAILED
query_refund      404 RESOURCE_NOT_EXISTS                                 ABSENT
bill              NO_STATEMENT_EXIST                                      no lines
bill              STATEMENT_CREATING                                      BillNotReady
================  ======================================================  ====================

Codes are compared without their underscores, for the guide spells them both ways.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any, Final

from cardserver.payments.accounts import WechatAccount
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
from cardserver.payments.line import Line, Reply
from cardserver.payments.wechat_bill import BEIJING, read_bill
from cardserver.payments.wechat_line import MARKS, WechatLine

MAX_REASON: Final = 80
"""Bytes of a refund's reason."""

_NAME: Final = ProviderName.WECHAT
_STATES: Final = {
    "NOTPAY": PaymentState.WAITING,
    "USERPAYING": PaymentState.WAITING,
    "ACCEPT": PaymentState.WAITING,
    "PAYERROR": PaymentState.WAITING,
    "SUCCESS": PaymentState.PAID,
    "REFUND": PaymentState.REFUNDED,
    "CLOSED": PaymentState.CLOSED,
    "REVOKED": PaymentState.CLOSED,
}
_REFUND_STATES: Final = {
    "SUCCESS": RefundState.DONE,
    "PROCESSING": RefundState.PROCESSING,
    "CLOSED": RefundState.FAILED,
    "ABNORMAL": RefundState.FAILED,
}
_NOT_THERE: Final = frozenset({"ORDERNOTEXIST", "RESOURCENOTEXISTS"})
_UNSURE: Final = frozenset({"SYSTEMERROR", "BANKERROR", "FREQUENCYLIMITED", "RATELIMITEXCEEDED"})


class WechatProvider:
    """`cardserver.payments.api.PaymentProvider` over WeChat Pay."""

    name: ProviderName = _NAME
    notice_answer: tuple[int, bytes, str] = (HTTPStatus.NO_CONTENT, b"", "application/json")
    notice_again: tuple[int, bytes, str] = (
        HTTPStatus.BAD_REQUEST,
        b'{"code": "FAIL", "message": "not taken"}',
        "application/json",
    )

    def __init__(self, account: WechatAccount, *, line: Line | None = None) -> None:
        self._account = account
        self._line = WechatLine(account, line or Line(_NAME))

    def create(self, order: Order) -> str:
        """The order's ``code_url``."""
        expires = order.expires.astimezone(BEIJING).isoformat(timespec="seconds")
        reply = self._line.create(order.number, order.amount_fen, order.subject, expires)
        return _text(_fields(reply), "code_url")

    def query(self, number: str) -> Payment:
        """What became of the order."""
        try:
            fields = _fields(self._line.query(check_number(number)))
        except ProviderRefused as refused:
            if _plain(refused.reason) in _NOT_THERE:
                return Payment(number=number, state=PaymentState.ABSENT)
            raise
        payment = self._payment(fields)
        if payment is None or payment.number != number:
            raise ProviderUnavailable(_NAME, "an answer about another order")
        return payment

    def close(self, number: str) -> Payment:
        """End an unpaid order; ABSENT where its number never reached WeChat Pay."""
        found = self.query(number)
        if found.state is not PaymentState.WAITING:
            return found
        try:
            reply = self._line.close(number)
            if not reply.ok:
                _refuse(reply)
        except ProviderRefused as refused:
            code = _plain(refused.reason)
            if code in {"ORDERPAID", "ORDERCLOSED"} | _NOT_THERE:
                return self.query(number)
            raise
        return Payment(number=number, state=PaymentState.CLOSED, amount_fen=found.amount_fen)

    def refund(
        self, number: str, refund_number: str, amount_fen: int, total_fen: int, reason: str
    ) -> Refund:
        """Give money back."""
        check_refund(amount_fen, total_fen)
        reply = self._line.refund(
            check_number(number),
            check_number(refund_number),
            amount_fen=amount_fen,
            total_fen=total_fen,
            reason=_shortened(reason),
        )
        return _refund(_fields(reply), number, refund_number)

    def query_refund(self, number: str, refund_number: str) -> Refund:
        """What became of the refund."""
        try:
            fields = _fields(self._line.query_refund(check_number(refund_number)))
        except ProviderRefused as refused:
            if _plain(refused.reason) in _NOT_THERE:
                return Refund(number=refund_number, payment_number=number, state=RefundState.ABSENT)
            raise
        return _refund(fields, number, refund_number)

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice:
        """A payment's notice: signature, age, seal, merchant and app, in this order."""
        marks = {name.lower(): value for name, value in headers.items()}
        if not all(marks.get(name.lower()) for name in MARKS.values()):
            raise NoticeRefused(NoticeReason.UNSIGNED)
        if not self._line.proves(marks, body):
            raise NoticeRefused(NoticeReason.FORGED)
        notice = _json(body)
        payment = self._noticed(notice)
        at = _of_seconds(marks[MARKS["timestamp"].lower()])
        if abs(now - at) > NOTICE_WINDOW:
            raise NoticeRefused(NoticeReason.STALE, payment.number)
        notice_id = notice.get("id")
        if not isinstance(notice_id, str) or not notice_id:
            raise NoticeRefused(NoticeReason.UNREADABLE)
        return Notice(notice_id=notice_id_of(notice_id), payment=payment, at=at)

    def bill(self, day: date) -> Sequence[BillLine]:
        """The merchant's trade bill (交易账单, ALL) of a day, there from 10:00 of the next."""
        try:
            where = _fields(self._line.trade_bill(day.isoformat()))
        except ProviderRefused as refused:
            if _plain(refused.reason) == "NOSTATEMENTEXIST":
                return ()
            if _plain(refused.reason) == "STATEMENTCREATING":
                raise BillNotReady(_NAME, day) from refused
            raise
        file = self._line.file(_text(where, "download_url"))
        if not file.ok:
            raise ProviderUnavailable(_NAME, f"the bill's file answers {file.status}")
        return read_bill(file.body, sha1=_text(where, "hash_value"))

    def _noticed(self, notice: Mapping[str, Any]) -> Payment:
        if notice.get("event_type") != "TRANSACTION.SUCCESS":
            raise NoticeRefused(NoticeReason.UNRELATED)
        resource = notice.get("resource")
        plain = self._line.open(resource) if isinstance(resource, dict) else None
        if plain is None:
            raise NoticeRefused(NoticeReason.UNREADABLE)
        fields = _json(plain)
        try:
            payment = self._payment(fields)
        except ProviderUnavailable:
            raise NoticeRefused(NoticeReason.UNREADABLE) from None
        if payment is None:
            raise NoticeRefused(NoticeReason.FOREIGN)
        return payment

    def _payment(self, fields: Mapping[str, Any]) -> Payment | None:
        """What a transaction says; None for another merchant's or app's."""
        if (fields.get("mchid"), fields.get("appid")) != (self._account.mchid, self._account.appid):
            return None
        state = _STATES.get(_text(fields, "trade_state"))
        if state is None:
            raise ProviderUnavailable(_NAME, "a state that is not in the guide")
        return Payment(
            number=_text(fields, "out_trade_no"),
            state=state,
            amount_fen=_total(fields, "total"),
            provider_number=str(fields.get("transaction_id") or "")[:64],
            paid_at=_moment(fields.get("success_time")),
        )


def _refund(fields: Mapping[str, Any], number: str, refund_number: str) -> Refund:
    state = _REFUND_STATES.get(_text(fields, "status"))
    theirs = (_text(fields, "out_trade_no"), _text(fields, "out_refund_no"))
    if state is None or theirs != (number, refund_number):
        raise ProviderUnavailable(_NAME, "an answer about another refund")
    return Refund(
        number=refund_number,
        payment_number=number,
        state=state,
        amount_fen=_total(fields, "refund"),
        provider_number=_text(fields, "refund_id"),
    )


def _fields(reply: Reply) -> Mapping[str, Any]:
    """The answer's object. Raises ProviderUnavailable, ProviderRefused."""
    if not reply.ok:
        _refuse(reply)
    return _object(reply.body)


def _refuse(reply: Reply) -> None:
    """An answer that is no success: a certain no, or unknown."""
    if not HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ProviderUnavailable(_NAME, f"status {reply.status}")
    fields = _object(reply.body)
    code = _text(fields, "code")[:64]
    if _plain(code) in _UNSURE or reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise ProviderUnavailable(_NAME, code)
    raise ProviderRefused(_NAME, code, str(fields.get("message", ""))[:200])


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise ProviderUnavailable(_NAME, "an answer that is no JSON object")
    return fields


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        return _object(body)
    except ProviderUnavailable:
        raise NoticeRefused(NoticeReason.UNREADABLE) from None


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise ProviderUnavailable(_NAME, f"an answer without {name}")
    return value


def _total(fields: Mapping[str, Any], name: str) -> int | None:
    amount = fields.get("amount")
    value = amount.get(name) if isinstance(amount, dict) else None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ProviderUnavailable(_NAME, "an amount that is none")
    if isinstance(amount, dict) and amount.get("currency", "CNY") != "CNY":
        raise ProviderUnavailable(_NAME, "an amount in another currency")
    return value


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ProviderUnavailable(_NAME, "a moment that is none")
    return moment.astimezone(UTC)


def _of_seconds(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError):
        raise NoticeRefused(NoticeReason.UNREADABLE) from None


def _plain(code: str) -> str:
    return code.replace("_", "").upper()


def _shortened(reason: str) -> str:
    return reason.encode()[:MAX_REASON].decode(errors="ignore")
