"""Alipay's business bill (业务明细): a zip of comma separated values in GB 18030.

The archive holds the details and a file of sums (汇总); lines that begin with ``#`` frame the rows.
Refunds are rows of their own with negative amounts. Columns after the page of
``alipay.data.dataservice.bill.downloadurl.query``. Moments are Beijing time.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from cardserver.payments.alipay_line import BEIJING, STAMP
from cardserver.payments.amounts import fen_of_yuan
from cardserver.payments.api import BillLine, LineKind, ProviderName, ProviderUnavailable
from cardserver.payments.billrows import MAX_PLAIN, rows_under

ENCODING: Final = "gb18030"
FIRST: Final = "支付宝交易号"
_SUMS: Final = "汇总"
_BROKEN: Final = (
    *(ValueError, KeyError, EOFError, NotImplementedError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What reading an archive raises that is none, or was changed on its way."""

_UTF8_NAME: Final = 0x800  # bit 11 of a zip entry's flags (APPNOTE.TXT 4.4.4)


def read_bill(packed: bytes) -> Sequence[BillLine]:
    """The lines of a bill's archive. Raises ProviderUnavailable for any doubt about it."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return tuple(_lines(_details(archive)))
    except _BROKEN as wrong:
        raise ProviderUnavailable(ProviderName.ALIPAY, f"the bill: {wrong}") from wrong


def _details(archive: zipfile.ZipFile) -> str:
    found = [each for each in archive.infolist() if _SUMS not in _name(each)]
    if len(found) != 1 or found[0].file_size > MAX_PLAIN:
        raise ValueError("the archive does not hold one file of details")
    return archive.read(found[0]).decode(ENCODING)


def _name(entry: zipfile.ZipInfo) -> str:
    """The entry's name; zipfile takes it for cp437 where it is not marked as UTF-8."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    return entry.filename.encode("cp437").decode(ENCODING, errors="replace")


def _lines(text: str) -> Iterator[BillLine]:
    for row in rows_under(text, FIRST, last="#", strip=" \t"):
        match row["业务类型"]:
            case "交易":
                yield _line(row, LineKind.PAYMENT, row["商户订单号"])
            case "退款":
                yield _line(row, LineKind.REFUND, row["退款批次号/请求号"])
            case other:
                raise ValueError(f"a row of type {other[:20]!r}")


def _line(row: Mapping[str, str], kind: LineKind, number: str) -> BillLine:
    local = datetime.strptime(row["完成时间"], STAMP).replace(tzinfo=BEIJING)
    return BillLine(
        number=number,
        payment_number=row["商户订单号"],
        kind=kind,
        amount_fen=abs(fen_of_yuan(row["订单金额（元）"])),
        at=local.astimezone(UTC),
        provider_number=row[FIRST],
    )
