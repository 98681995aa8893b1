"""Alipay's side of the gateway: proves who asks, does it in the book, signs what it answers.

An answer is ``{"alipay_…_response":{…},"sign":"…"}`` with the signature over the characters of the
inner object.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_hex
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from cardserver.domain.money import yuan_text
from cardserver.payments.amounts import fen_of_yuan
from cardserver.payments.api import ProviderName
from simulators.payments.answers import Answer, Question
from simulators.payments.bills import BEIJING, STAMP, alipay_zip, entries_of
from simulators.payments.book import OrderBook, OrderState, Refusal, SimOrder
from simulators.payments.faults import Call, PayFault, Trouble
from simulators.payments.merchant import GATEWAY, Merchant
from simulators.payments.seals import alipay_pairs, compact, proves, signature

FILE_PATH: Final = "/billfile"

_ME: Final = ProviderName.ALIPAY
_METHODS: Final = {
    "alipay.trade.precreate": Call.CREATE,
    "alipay.trade.query": Call.QUERY,
    "alipay.trade.cancel": Call.CLOSE,
    "alipay.trade.refund": Call.REFUND,
    "alipay.trade.fastpay.refund.query": Call.QUERY_REFUND,
    "alipay.data.dataservice.bill.downloadurl.query": Call.BILL,
}
_SHAPES: Final = {call: method.replace(".", "_") + "_response" for method, call in _METHODS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was understood."""

    call: Call
    number: str
    fields: Mapping[str, Any]


class AlipaySide:
    """Answers questions; knows nothing of sockets and faults of the line."""

    def __init__(
        self,
        book: OrderBook,
        merchant: Merchant,
        *,
        base: str,
        refunded: Callable[[SimOrder], None],
    ) -> None:
        self.book = book
        self.merchant = merchant
        self._base = base
        self._refunded = refunded
        self._files: dict[str, bytes] = {}

    def understand(self, question: Question) -> Asked:
        """What is asked, and that the app asks it. Raises Refusal."""
        parts = urlsplit(question.target)
        fields = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path == FILE_PATH:
            return Asked(call=Call.BILL_FILE, number="", fields=fields)
        if parts.path != GATEWAY:
            raise Refusal("", "isv.not-found", 404)
        fields |= dict(parse_qsl(question.body.decode(), keep_blank_values=True))
        call = _METHODS.get(fields.get("method", ""))
        signed = fields.pop("sign", "")
        key = self.merchant.keys.app.public_key()
        if fields.get("app_id") != self.merchant.app_id:
            raise Refusal("", "isv.invalid-app-id", 401)
        if fields.get("sign_type") != "RSA2" or not proves(key, alipay_pairs(fields), signed):
            raise Refusal("", "isv.invalid-signature", 401)
        if call is None:
            raise Refusal("", "isv.invalid-method", 401)
        content = json.loads(fields.get("biz_content", "{}"))
        content["notify_url"] = fields.get("notify_url", "")
        return Asked(call=call, number=str(content.get("out_trade_no", "")), fields=content)

    def act(self, asked: Asked, fault: PayFault | None) -> Answer:
        """Do it, and answer. Raises Refusal."""
        trouble = fault.trouble if fault else None
        if asked.call is Call.BILL_FILE:
            packed = self._files.get(str(asked.fields.get("token")), b"")
            return Answer(status=200, body=packed, content_type="application/zip")
        does = {
            Call.CREATE: self._create,
            Call.QUERY: self._query,
            Call.CLOSE: self._cancel,
            Call.REFUND: self._refund,
            Call.QUERY_REFUND: self._query_refund,
            Call.BILL: self._bill_address,
        }[asked.call]
        fields = {"code": "10000", "msg": "Success", **does(asked, trouble)}
        if trouble is Trouble.OTHER_ORDER:
            fields["out_trade_no"] = "OTHER0000001"
        return self.signed(asked.call, fields)

    def refuse(self, call: Call | None, refusal: Refusal) -> Answer:
        """A refusal in Alipay's words; signed, unless the question was not trusted."""
        fields = {
            "code": "40002" if refusal.status == 401 else "40004",
            "msg": "Business Failed",
            "sub_code": refusal.alipay,
            "sub_msg": f"模拟：{refusal.alipay}",
        }
        if call is None or refusal.status == 401:
            return Answer(status=200, body=compact({"error_response": fields}).encode())
        return self.signed(call, fields)

    def broken(self, call: Call) -> Answer:
        """The provider's own fault."""
        fields = {"code": "20000", "msg": "Service Currently Unavailable"}
        return self.signed(call, {**fields, "sub_code": "isp.unknow-error", "sub_msg": "系统繁忙"})

    def signed(self, call: Call, fields: Mapping[str, Any]) -> Answer:
        """The answer with its signature over the object's characters."""
        plain = compact(fields)
        mark = signature(self.merchant.keys.alipay, plain)
        body = f'{{"{_SHAPES[call]}":{plain},"sign":"{mark}"}}'
        return Answer(status=200, body=body.encode(), content_type="text/html;charset=utf-8")

    def status_of(self, order: SimOrder) -> str:
        """Alipay's word for where a trade stands."""
        if order.state is OrderState.OPEN:
            return "WAIT_BUYER_PAY"
        whole = order.refunded_fen == order.amount_fen
        closed = order.state is OrderState.CLOSED or whole
        return "TRADE_CLOSED" if closed else "TRADE_SUCCESS"

    def _create(self, asked: Asked, _trouble: Trouble | None) -> dict[str, Any]:
        fields = asked.fields
        try:
            amount = fen_of_yuan(str(fields["total_amount"]))
            local = datetime.strptime(str(fields["time_expire"]), STAMP).replace(tzinfo=BEIJING)
            subject = str(fields["subject"])
        except (KeyError, ValueError):
            raise Refusal("", "ACQ.INVALID_PARAMETER") from None
        if (
            amount < 1
            or fields.get("seller_id", self.merchant.seller_id) != self.merchant.seller_id
        ):
            raise Refusal("", "ACQ.INVALID_PARAMETER")
        order = self.book.place(
            _ME,
            asked.number,
            amount_fen=amount,
            subject=subject,
            expires=local,
            notify_url=str(fields["notify_url"]),
        )
        return {"out_trade_no": order.number, "qr_code": order.code}

    def _query(self, asked: Asked, _trouble: Trouble | None) -> dict[str, Any]:
        order = self._trade(asked.number)
        fields = {
            "out_trade_no": order.number,
            "trade_no": order.provider_number,
            "trade_status": self.status_of(order),
            "total_amount": yuan_text(order.amount_fen),
            "buyer_logon_id": "res***@example.com",
            "buyer_user_id": "2088000000000099",
        }
        if order.paid_at is not None:
            fields |= {
                "send_pay_date": order.paid_at.astimezone(BEIJING).strftime(STAMP),
                "receipt_amount": yuan_text(order.amount_fen),
                "buyer_pay_amount": yuan_text(order.amount_fen),
            }
        return fields

    def _cancel(self, asked: Asked, trouble: Trouble | None) -> dict[str, Any]:
        fields = {"out_trade_no": asked.number, "retry_flag": "N"}
        if trouble is Trouble.ASK_AGAIN:
            return {**fields, "retry_flag": "Y"}
        try:
            order = self._trade(asked.number)
        except Refusal:
            return fields  # no trade, no action; a code nobody scanned lives on
        if order.state is not OrderState.PAID:
            self.book.close(_ME, asked.number)
            return {**fields, "trade_no": order.provider_number, "action": "close"}
        rest = order.amount_fen - order.refunded_fen
        if rest:
            self.book.refund(_ME, asked.number, f"C{asked.number}"[:64], rest)
            self._refunded(order)
        return {**fields, "trade_no": order.provider_number, "action": "refund"}

    def _refund(self, asked: Asked, _trouble: Trouble | None) -> dict[str, Any]:
        self._trade(asked.number)
        number = str(asked.fields.get("out_request_no", asked.number))
        amount = fen_of_yuan(str(asked.fields["refund_amount"]))
        _, new = self.book.refund(_ME, asked.number, number, amount)
        order = self.book.find(_ME, asked.number)
        if new:
            self._refunded(order)
        return {
            "out_trade_no": order.number,
            "trade_no": order.provider_number,
            "fund_change": "Y" if new else "N",
            "refund_fee": yuan_text(order.refunded_fen),
            "buyer_logon_id": "res***@example.com",
        }

    def _query_refund(self, asked: Asked, _trouble: Trouble | None) -> dict[str, Any]:
        order = self._trade(asked.number)
        refund = order.refunds.get(str(asked.fields.get("out_request_no")))
        if refund is None:
            return {}
        return {
            "out_trade_no": order.number,
            "trade_no": order.provider_number,
            "out_request_no": refund.number,
            "total_amount": yuan_text(order.amount_fen),
            "refund_amount": yuan_text(refund.amount_fen),
            "refund_status": "REFUND_SUCCESS",
        }

    def _bill_address(self, asked: Asked, trouble: Trouble | None) -> dict[str, Any]:
        day = date.fromisoformat(str(asked.fields["bill_date"]))
        entries = entries_of(self.book.orders(), _ME, day, trouble)
        if day >= self.book.now().astimezone(BEIJING).date() or not entries:
            raise Refusal("", "isp.bill_not_exist")
        token = token_hex(8)
        self._files[token] = alipay_zip(entries, self.merchant, day)
        return {"bill_download_url": f"{self._base}{FILE_PATH}?token={token}"}

    def _trade(self, number: str) -> SimOrder:
        """The order once somebody has scanned its code; before that there is no trade."""
        order = self.book.find(_ME, number)
        if not order.scanned:
            raise Refusal("", "ACQ.TRADE_NOT_EXIST")
        return order
