"""WeChat Pay's side of API v3: proves who asks, does it in the book, signs what it answers."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha1
from secrets import token_hex
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from cardserver.payments.api import ProviderName
from simulators.payments.answers import Answer, Question
from simulators.payments.bills import BEIJING, entries_of, gzipped, wechat_text
from simulators.payments.book import OrderBook, OrderState, Refusal, SimOrder, SimRefund
from simulators.payments.faults import Call, PayFault, Trouble
from simulators.payments.merchant import Merchant
from simulators.payments.seals import compact, proves, signature, wechat_lines

ALGORITHM: Final = "WECHATPAY2-SHA256-RSA2048"
CLOCK_SKEW_S: Final = 300
FILE_PATH: Final = "/v3/billdownload/file"

_ME: Final = ProviderName.WECHAT
_AUTHORIZATION: Final = re.compile(r'(\w+)="([^"]*)"')
_ORDER: Final = r"/v3/pay/transactions/out-trade-no/(?P<number>[^/]+)"
_PATHS: Final = (
    (Call.CREATE, "POST", re.compile(r"/v3/pay/transactions/native")),
    (Call.QUERY, "GET", re.compile(_ORDER)),
    (Call.CLOSE, "POST", re.compile(_ORDER + "/close")),
    (Call.REFUND, "POST", re.compile(r"/v3/refund/domestic/refunds")),
    (Call.QUERY_REFUND, "GET", re.compile(r"/v3/refund/domestic/refunds/(?P<number>[^/]+)")),
    (Call.BILL, "GET", re.compile(r"/v3/bill/tradebill")),
    (Call.BILL_FILE, "GET", re.compile(FILE_PATH)),
)
_DESCRIPTIONS: Final = {
    "NOTPAY": "订单未支付",
    "SUCCESS": "支付成功",
    "CLOSED": "订单已关闭",
    "REFUND": "订单发生过退款",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was understood."""

    call: Call
    number: str
    fields: Mapping[str, Any]


class WechatSide:
    """Answers questions; knows nothing of sockets and faults of the line."""

    def __init__(
        self, book: OrderBook, merchant: Merchant, *, base: str, seconds: Callable[[], float]
    ) -> None:
        self.book = book
        self.merchant = merchant
        self._base = base
        self._seconds = seconds
        self._files: dict[str, bytes] = {}

    def understand(self, question: Question) -> Asked:
        """What is asked, and that the merchant asks it. Raises Refusal."""
        parts = urlsplit(question.target)
        for call, method, pattern in _PATHS:
            match = pattern.fullmatch(parts.path)
            if match and method == question.method:
                self._prove(question)
                fields: Mapping[str, Any] = {n: v[0] for n, v in parse_qs(parts.query).items()}
                if question.body:
                    fields = json.loads(question.body)
                number = match.groupdict().get("number") or str(fields.get("out_trade_no", ""))
                return Asked(call=call, number=unquote(number), fields=fields)
        raise Refusal("NOT_FOUND", "", 404)

    def act(self, asked: Asked, fault: PayFault | None) -> Answer:
        """Do it, and answer. Raises Refusal."""
        trouble = fault.trouble if fault else None
        if asked.call is Call.CLOSE:
            self.book.close(_ME, asked.number)
            return self.signed(204, b"")
        if asked.call is Call.BILL_FILE:
            plain = self._files.get(str(asked.fields.get("token")), b"")
            return Answer(status=200, body=gzipped(plain), content_type="application/octet-stream")
        does = {
            Call.CREATE: self._create,
            Call.QUERY: self._query,
            Call.REFUND: self._refund,
            Call.QUERY_REFUND: self._query_refund,
            Call.BILL: self._bill_address,
        }[asked.call]
        fields = does(asked, trouble)
        if trouble is Trouble.OTHER_ORDER:
            fields = {**fields, "out_trade_no": "OTHER0000001"}
        return self.signed(200, compact(fields).encode())

    def refuse(self, refusal: Refusal) -> Answer:
        """A refusal in WeChat Pay's words; signed, unless the question was not trusted."""
        body = compact({"code": refusal.wechat, "message": f"模拟：{refusal.wechat}"}).encode()
        if refusal.status == 401:
            return Answer(status=401, body=body)
        return self.signed(refusal.status, body)

    def broken(self) -> Answer:
        """The provider's own fault."""
        return self.refuse(Refusal("SYSTEM_ERROR", "", 500))

    def signed(self, status: int, body: bytes) -> Answer:
        """The answer with its signature over time, nonce and body."""
        return Answer(status=status, body=body, headers=self.marks(body.decode(), self._seconds()))

    def marks(self, body: str, seconds: float, *, forged: bool = False) -> dict[str, str]:
        """The headers of a signature, of an answer or a notice."""
        keys = self.merchant.keys
        stamp, nonce = str(int(seconds)), token_hex(16)
        key = keys.stranger if forged else keys.wechat
        return {
            "Wechatpay-Serial": self.merchant.public_key_id,
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": signature(key, wechat_lines(stamp, nonce, body)),
            "Wechatpay-Signature-Type": ALGORITHM,
        }

    def transaction(self, order: SimOrder) -> dict[str, Any]:
        """An order as queries and notices show it."""
        state = {OrderState.OPEN: "NOTPAY", OrderState.CLOSED: "CLOSED"}.get(order.state, "SUCCESS")
        if order.refunds:
            state = "REFUND"
        fields: dict[str, Any] = {
            "mchid": self.merchant.mchid,
            "appid": self.merchant.appid,
            "out_trade_no": order.number,
            "trade_state": state,
            "trade_state_desc": _DESCRIPTIONS[state],
            "amount": {"total": order.amount_fen, "currency": "CNY"},
        }
        if order.paid_at is not None:
            fields |= {
                "transaction_id": order.provider_number,
                "trade_type": "NATIVE",
                "bank_type": "OTHERS",
                "attach": "",
                "success_time": _local(order.paid_at),
                "payer": {"openid": "oYika00000000000000000000001"},
                "amount": {
                    "total": order.amount_fen,
                    "payer_total": order.amount_fen,
                    "currency": "CNY",
                    "payer_currency": "CNY",
                },
            }
        return fields

    def _prove(self, question: Question) -> None:
        scheme, _, rest = question.headers.get("authorization", "").partition(" ")
        said = dict(_AUTHORIZATION.findall(rest))
        message = wechat_lines(
            question.method,
            question.target,
            said.get("timestamp", ""),
            said.get("nonce_str", ""),
            question.body.decode(),
        )
        stamp = said.get("timestamp", "")
        fresh = stamp.isdigit() and abs(self._seconds() - int(stamp)) <= CLOCK_SKEW_S
        ours = (said.get("mchid"), said.get("serial_no"))
        key = self.merchant.keys.merchant.public_key()
        if (
            scheme != ALGORITHM
            or not fresh
            or ours != (self.merchant.mchid, self.merchant.serial)
            or not proves(key, message, said.get("signature", ""))
        ):
            raise Refusal("SIGN_ERROR", "", 401)

    def _create(self, asked: Asked, _trouble: Trouble | None) -> dict[str, Any]:
        fields = asked.fields
        self._own(fields.get("mchid"), fields.get("appid"))
        amount = fields.get("amount", {})
        try:
            expires = datetime.fromisoformat(fields["time_expire"])
            total, subject = int(amount["total"]), str(fields["description"])
            url = str(fields["notify_url"])
        except (KeyError, ValueError, TypeError):
            raise Refusal("PARAM_ERROR", "") from None
        if total < 1 or expires < self.book.now() + timedelta(minutes=1):
            raise Refusal("PARAM_ERROR", "")
        if not re.fullmatch(r"[0-9A-Za-z_\-|*]{6,32}", asked.number):
            raise Refusal("PARAM_ERROR", "")
        order = self.book.place(
            _ME, asked.number, amount_fen=total, subject=subject, expires=expires, notify_url=url
        )
        return {"code_url": order.code}

    def _query(self, asked: Asked, _trouble: Trouble | None) -> dict[str, Any]:
        self._own(asked.fields.get("mchid"), self.merchant.appid)
        return self.transaction(self.book.find(_ME, asked.number))

    def _refund(self, asked: Asked, trouble: Trouble | None) -> dict[str, Any]:
        amount = asked.fields.get("amount", {})
        order = self.book.find(_ME, asked.number)
        if amount.get("total") != order.amount_fen:
            raise Refusal("INVALID_REQUEST", "")
        number = str(asked.fields["out_refund_no"])
        refund, _ = self.book.refund(_ME, asked.number, number, int(amount["refund"]))
        refund.stuck = refund.stuck or trouble is Trouble.REFUND_STUCK
        return self._refund_fields(order, refund)

    def _query_refund(self, asked: Asked, _trouble: Trouble | None) -> dict[str, Any]:
        order, refund = self.book.find_refund(_ME, asked.number)
        refund.done = not refund.stuck  # the bank took it by the time somebody asks
        return self._refund_fields(order, refund)

    def _refund_fields(self, order: SimOrder, refund: SimRefund) -> dict[str, Any]:
        status = "SUCCESS" if refund.done else "ABNORMAL" if refund.stuck else "PROCESSING"
        return {
            "refund_id": refund.provider_number,
            "out_refund_no": refund.number,
            "transaction_id": order.provider_number,
            "out_trade_no": order.number,
            "channel": "ORIGINAL",
            "user_received_account": "支付用户零钱",
            "create_time": _local(refund.at),
            "status": status,
            "amount": {
                "total": order.amount_fen,
                "refund": refund.amount_fen,
                "payer_refund": refund.amount_fen,
                "currency": "CNY",
            },
        }

    def _bill_address(self, asked: Asked, trouble: Trouble | None) -> dict[str, Any]:
        day = date.fromisoformat(asked.fields["bill_date"])
        if day >= self.book.now().astimezone(BEIJING).date():
            raise Refusal("STATEMENT_CREATING", "")
        entries = entries_of(self.book.orders(), _ME, day, trouble)
        if not entries:
            raise Refusal("NO_STATEMENT_EXIST", "")
        token, plain = token_hex(8), wechat_text(entries, self.merchant)
        self._files[token] = plain
        return {
            "hash_type": "SHA1",
            "hash_value": sha1(plain, usedforsecurity=False).hexdigest(),
            "download_url": f"{self._base}{FILE_PATH}?token={token}",
        }

    def _own(self, mchid: object, appid: object) -> None:
        if (mchid, appid) != (self.merchant.mchid, self.merchant.appid):
            raise Refusal("APPID_MCHID_NOT_MATCH", "")


def _local(moment: datetime) -> str:
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")
