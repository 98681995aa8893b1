"""Notices: how each provider writes them, and the courier that carries them.

The courier is one thread, so that no notice waits for the call that caused it. What is not taken
stays on the list of those that somebody can send again; the real providers repeat by themselves,
WeChat Pay after 15 s to 6 h, Alipay after 4 min to 15 h.
"""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from cardserver.domain.money import yuan_text
from cardserver.payments.api import ProviderName
from simulators.payments.alipay_side import AlipaySide
from simulators.payments.bills import BEIJING, STAMP
from simulators.payments.book import SimOrder
from simulators.payments.faults import Trouble
from simulators.payments.seals import alipay_pairs, compact, sealed, signature
from simulators.payments.wechat_side import WechatSide

OLD: Final = timedelta(hours=1)
_SEAL_NONCE_LENGTH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One notice on its way. `status` is what the merchant's server answered, None before that."""

    notice_id: str
    provider: ProviderName
    number: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    trouble: Trouble | None = None
    status: int | None = None
    taken: bool = False


Delivery = Callable[[Letter], tuple[int, bytes]]
"""Carries a letter and gives back status and body of the answer; 0 where nobody answers."""


def letters_of(
    order: SimOrder, notice_id: str, at: datetime, trouble: Trouble | None, sides: "Sides"
) -> Sequence[Letter]:
    """The letters that one event causes: none, one or two."""
    if trouble is Trouble.LOST:
        return ()
    write = sides.wechat_letter if order.provider is ProviderName.WECHAT else sides.alipay_letter
    letter = write(order, notice_id, at, trouble)
    match trouble:
        case Trouble.DOUBLE:
            return (letter, letter)
        case Trouble.REPLAYED:
            return (letter, write(order, notice_id, at - OLD, trouble))
        case _:
            return (letter,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Both providers, as writers of notices."""

    wechat: WechatSide
    alipay: AlipaySide

    def wechat_letter(
        self, order: SimOrder, notice_id: str, at: datetime, trouble: Trouble | None
    ) -> Letter:
        """A payment's notice, sealed and signed (支付成功通知)."""
        transaction = self.wechat.transaction(_told(order, trouble))
        if trouble is Trouble.FOREIGN:
            transaction["mchid"] = "1900009999"
        nonce = notice_id[:_SEAL_NONCE_LENGTH]
        key = self.wechat.merchant.api_v3_key
        resource = {
            "original_type": "transaction",
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": sealed(key, nonce, "transaction", compact(transaction)),
            "associated_data": "transaction",
            "nonce": nonce,
        }
        body = compact(
            {
                "id": notice_id,
                "create_time": at.astimezone(BEIJING).isoformat(timespec="seconds"),
                "resource_type": "encrypt-resource",
                "event_type": "TRANSACTION.SUCCESS",
                "summary": "支付成功",
                "resource": resource,
            }
        )
        marks = self.wechat.marks(body, at.timestamp(), forged=trouble is Trouble.FORGED)
        headers = {"Content-Type": "application/json", **marks}
        return _letter(order, notice_id, headers, body, trouble)

    def alipay_letter(
        self, order: SimOrder, notice_id: str, at: datetime, trouble: Trouble | None
    ) -> Letter:
        """A trade's notice, a signed form (异步通知)."""
        fields = self._alipay_fields(_told(order, trouble), notice_id, at)
        if trouble is Trouble.FOREIGN:
            fields["seller_id"] = "2088000000009999"
        keys = self.alipay.merchant.keys
        key = keys.stranger if trouble is Trouble.FORGED else keys.alipay
        signed = {**fields, "sign": signature(key, alipay_pairs(fields)), "sign_type": "RSA2"}
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return _letter(order, notice_id, headers, urlencode(signed), trouble)

    def _alipay_fields(self, order: SimOrder, notice_id: str, at: datetime) -> dict[str, str]:
        merchant = self.alipay.merchant
        fields = {
            "notify_time": _local(at),
            "notify_type": "trade_status_sync",
            "notify_id": notice_id,
            "app_id": merchant.app_id,
            "charset": "utf-8",
            "version": "1.0",
            "trade_no": order.provider_number,
            "out_trade_no": order.number,
            "seller_id": merchant.seller_id,
            "buyer_id": "2088000000000099",
            "trade_status": self.alipay.status_of(order),
            "total_amount": yuan_text(order.amount_fen),
            "receipt_amount": yuan_text(order.amount_fen),
            "subject": order.subject,
            "gmt_create": _local(order.placed_at),
        }
        if order.paid_at is not None:
            fields["gmt_payment"] = _local(order.paid_at)
        if order.refunds:
            last = max(each.at for each in order.refunds.values())
            fields["refund_fee"] = yuan_text(order.refunded_fen)
            fields["gmt_refund"] = _local(last) + ".000"
        return fields


class Courier:
    """Carries letters one after the other; `history` is all that was carried, oldest first."""

    def __init__(self, deliver: Delivery) -> None:
        self.deliver = deliver
        self.history: list[Letter] = []
        self.held: list[Letter] = []
        self._queue: queue.Queue[Letter | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def send(self, letter: Letter) -> None:
        """Put it on its way; one that is to be late waits."""
        if letter.trouble is Trouble.LATE:
            self.held.append(letter)
        else:
            self._set_out()
            self._queue.put(letter)

    def settle(self) -> None:
        """Wait until everything that was sent has been answered."""
        self._queue.join()

    def stop(self) -> None:
        """Carry what is there, and end."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _set_out(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pay-courier", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (letter := self._queue.get()) is not None:
            status, body = self.deliver(letter) if letter.url else (0, b"")
            self.history.append(replace(letter, status=status, taken=_taken(letter, status, body)))
            self._queue.task_done()
        self._queue.task_done()


def _taken(letter: Letter, status: int, body: bytes) -> bool:
    if letter.provider is ProviderName.WECHAT:
        return status in {200, 204}
    return body.strip() == b"success"


def _told(order: SimOrder, trouble: Trouble | None) -> SimOrder:
    """The order as the notice tells it."""
    if trouble is Trouble.WRONG_AMOUNT:
        return replace(order, amount_fen=max(1, order.amount_fen - 1))
    return order


def _letter(
    order: SimOrder,
    notice_id: str,
    headers: Mapping[str, Any],
    body: str,
    trouble: Trouble | None,
) -> Letter:
    return Letter(
        notice_id=notice_id,
        provider=order.provider,
        number=order.number,
        url=order.notify_url,
        headers=headers,
        body=body.encode(),
        trouble=trouble,
    )


def _local(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime(STAMP)
