"""The daily bills of both providers, as files. Columns after the pages that the adapters cite."""

import gzip
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from cardserver.domain.money import yuan_text
from cardserver.payments.api import LineKind, ProviderName
from simulators.payments.book import SimOrder
from simulators.payments.faults import Trouble
from simulators.payments.merchant import Merchant

BEIJING: Final = ZoneInfo("Asia/Shanghai")
STAMP: Final = "%Y-%m-%d %H:%M:%S"
_WECHAT_HEAD: Final = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,"
    "交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,"
    "充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,"
    "费率备注"
)
_WECHAT_SUMS: Final = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
_ALIPAY_HEAD: Final = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
    "对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,"
    "商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a bill before it is written in a provider's way."""

    kind: LineKind
    order: SimOrder
    number: str
    amount_fen: int
    at: datetime
    provider_number: str


def entries_of(
    orders: Sequence[SimOrder], provider: ProviderName, day: date, trouble: Trouble | None
) -> Sequence[Entry]:
    """What happened at a provider on a day of Beijing, in its order, `trouble` included."""
    found = [
        entry
        for order in orders
        if order.provider is provider
        for entry in _of_order(order)
        if entry.at.astimezone(BEIJING).date() == day
    ]
    return _troubled(sorted(found, key=lambda each: each.at), trouble)


def wechat_text(entries: Sequence[Entry], merchant: Merchant) -> bytes:
    """The trade bill before it is packed."""
    rows = [_WECHAT_HEAD.split(","), *(_wechat_row(each, merchant) for each in entries)]
    paid = sum(each.amount_fen for each in entries if each.kind is LineKind.PAYMENT)
    back = sum(each.amount_fen for each in entries if each.kind is LineKind.REFUND)
    sums = [str(len(entries)), yuan_text(paid), yuan_text(back), "0.00", "0.00"]
    sums += [yuan_text(paid), yuan_text(back)]
    text = "\r\n".join(
        [
            ",".join(rows[0]),
            *(",".join(f"`{cell}" for cell in row) for row in rows[1:]),
            _WECHAT_SUMS,
            ",".join(f"`{cell}" for cell in sums),
        ]
    )
    return f"\ufeff{text}\r\n".encode()


def gzipped(plain: bytes) -> bytes:
    """As it goes over the wire."""
    return gzip.compress(plain, mtime=0)


def alipay_zip(entries: Sequence[Entry], merchant: Merchant, day: date) -> bytes:
    """The archive with the details and the sums."""
    frame = [
        "#支付宝业务明细查询",
        f"#账号：[{merchant.seller_id}0156]",
        f"#起始日期：[{day:%Y年%m月%d日} 00:00:00]   终止日期：[{day:%Y年%m月%d日} 24:00:00]",
        "#-----------------------------------------业务明细列表------------------------------------",
    ]
    foot = [
        "#-----------------------------------------业务明细列表结束--------------------------------",
        f"#导出时间：[{day:%Y年%m月%d日} 09:00:00]",
    ]
    rows = [",".join(_alipay_row(each)) for each in entries]
    details = "\r\n".join([*frame, _ALIPAY_HEAD, *rows, *foot]) + "\r\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        stem = f"{merchant.seller_id}0156_{day:%Y%m%d}"
        archive.writestr(f"{stem}_业务明细.csv", details.encode("gb18030"))
        archive.writestr(f"{stem}_业务明细(汇总).csv", "#支付宝业务汇总查询\r\n".encode("gb18030"))
    return packed.getvalue()


def _of_order(order: SimOrder) -> Iterator[Entry]:
    if order.paid_at is None:
        return
    yield Entry(
        kind=LineKind.PAYMENT,
        order=order,
        number=order.number,
        amount_fen=order.amount_fen,
        at=order.paid_at,
        provider_number=order.provider_number,
    )
    for refund in order.refunds.values():
        yield Entry(
            kind=LineKind.REFUND,
            order=order,
            number=refund.number,
            amount_fen=refund.amount_fen,
            at=refund.at,
            provider_number=refund.provider_number,
        )


def _troubled(entries: Sequence[Entry], trouble: Trouble | None) -> Sequence[Entry]:
    if not entries:
        return entries
    *rest, last = entries
    match trouble:
        case Trouble.BILL_MISSING:
            return rest
        case Trouble.BILL_AMOUNT:
            return [*rest, _changed(last, last.number, last.amount_fen + 1)]
        case Trouble.BILL_EXTRA:
            return [*entries, _changed(last, f"X{last.number}"[:32], last.amount_fen)]
        case _:
            return entries


def _changed(entry: Entry, number: str, amount_fen: int) -> Entry:
    return Entry(
        kind=entry.kind,
        order=entry.order,
        number=number,
        amount_fen=amount_fen,
        at=entry.at,
        provider_number=entry.provider_number,
    )


def _wechat_row(entry: Entry, merchant: Merchant) -> list[str]:
    amount, none = yuan_text(entry.amount_fen), "0.00"
    order = entry.order
    paid = entry.kind is LineKind.PAYMENT
    return [
        entry.at.astimezone(BEIJING).strftime(STAMP),
        merchant.appid,
        merchant.mchid,
        "0",
        "",
        order.provider_number,
        entry.number if paid else order.number,
        "oYika00000000000000000000001",
        "NATIVE",
        "SUCCESS" if paid else "REFUND",
        "OTHERS",
        "CNY",
        amount if paid else none,
        none,
        "0" if paid else entry.provider_number,
        "0" if paid else entry.number,
        none if paid else amount,
        none,
        "" if paid else "ORIGINAL",
        "" if paid else "SUCCESS",
        order.subject,
        "",
        "0.00000",
        "0.60%",
        amount if paid else none,
        none if paid else amount,
        "",
    ]


def _alipay_row(entry: Entry) -> list[str]:
    order = entry.order
    paid = entry.kind is LineKind.PAYMENT
    amount = yuan_text(entry.amount_fen if paid else -entry.amount_fen)
    moment = entry.at.astimezone(BEIJING).strftime(STAMP)
    return [
        f"{order.provider_number}\t",
        f"{entry.number if paid else order.number}\t",
        "交易" if paid else "退款",
        order.subject,
        order.placed_at.astimezone(BEIJING).strftime(STAMP),
        moment,
        *[""] * 4,
        "*居民(res***@example.com)",
        amount,
        amount,
        *["0.00"] * 5,
        "",
        "0.00",
        "0.00",
        "" if paid else f"{entry.number}\t",
        "0.00",
        "0.00",
        "",
    ]
