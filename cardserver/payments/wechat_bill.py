"""WeChat Pay's trade bill (交易账单): a gzip of comma separated values.

Cells begin with a grave accent; below the rows follow a second heading and the sums. The SHA-1 is
over the unpacked file. Source: "交易账单文件格式说明" and "下载账单" at pay.weixin.qq.com. Moments
are Beijing time.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from cardserver.payments.amounts import fen_of_yuan
from cardserver.payments.api import BillLine, LineKind, ProviderName, ProviderUnavailable
from cardserver.payments.billrows import rows_under, unzipped

BEIJING: Final = ZoneInfo("Asia/Shanghai")
FIRST: Final = "交易时间"
LAST: Final = "总交易单数"


def read_bill(packed: bytes, *, sha1: str) -> Sequence[BillLine]:
    """The lines of a bill's file. Raises ProviderUnavailable for any doubt about it."""
    try:
        plain = _whole(unzipped(packed), sha1)
        return tuple(_lines(plain.decode("utf-8-sig")))
    except (ValueError, KeyError) as wrong:
        raise ProviderUnavailable(ProviderName.WECHAT, f"the bill: {wrong}") from wrong


def _whole(plain: bytes, sha1: str) -> bytes:
    if hashlib.sha1(plain, usedforsecurity=False).hexdigest() != sha1.lower():
        raise ValueError("its hash is another")
    return plain


def _lines(text: str) -> Iterator[BillLine]:
    for row in rows_under(text, FIRST, last=LAST, strip="` \t"):
        match row["交易状态"]:
            case "SUCCESS":
                yield _line(row, LineKind.PAYMENT, row["商户订单号"], "微信订单号", "订单金额")
            case "REFUND":
                yield _line(
                    row, LineKind.REFUND, row["商户退款单号"], "微信退款单号", "申请退款金额"
                )
            case other:
                raise ValueError(f"a row of state {other[:20]!r}")


def _line(
    row: Mapping[str, str], kind: LineKind, number: str, theirs: str, amount: str
) -> BillLine:
    local = datetime.strptime(row[FIRST], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    return BillLine(
        number=number,
        payment_number=row["商户订单号"],
        kind=kind,
        amount_fen=abs(fen_of_yuan(row[amount])),
        at=local.astimezone(UTC),
        provider_number=row[theirs],
    )
