"""A receipt of 40 printed lines with a QR code: its size, and the time to make its bytes.

The receipt is a formal one for as many cards as fill the paper, each with its number (IC-09), and a
code at its foot, for the printer that nearly all others understand. The baseline is the same paper
as a picture, the way around all questions of character sets: drawn beforehand, so that only
python-escpos's own work on it (raster, GS v 0) is counted.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

from benchmarks.measure import Effort, Figure, Measure, cpu_s
from cardserver.domain.ids import card_number_text
from printer.documents import ReceiptItem, formal_receipt
from printer.escpos import encode
from printer.layout import PaperLine, lay_out
from printer.profile import Profile, load_profile
from printer.receipt import CENTRED, Qr, Receipt, Text

if TYPE_CHECKING:
    from PIL.Image import Image

LINES: Final = 40
_PROFILE: Final = "generic-80"
_RASTER_PROFILE: Final = "TM-T20II"  # one of python-escpos that is as wide
_DOTS_A_LINE: Final = 30  # the default line spacing


def receipt_of_40_lines(profile: Profile) -> Receipt:
    """The receipt; as many cards as are needed for 40 lines beside the code."""
    cards = 1
    while printed_lines(receipt := _receipt(cards), profile) < LINES:
        cards += 1
    return receipt


def printed_lines(receipt: Receipt, profile: Profile) -> int:
    """How many lines of text come out."""
    return sum(isinstance(item, PaperLine) for item in lay_out(receipt, profile))


def _receipt(cards: int) -> Receipt:
    paper = formal_receipt(
        company="翠湖物业服务有限公司",
        number="000117",
        issued_on=date(2025, 5, 9),
        payer="王秀兰 3栋2单元1201",
        items=[
            ReceiptItem(
                name="门禁卡工本费",
                unit_price_fen=20_00,
                card_numbers=(card_number_text(number),),
                per_card=True,
            )
            for number in range(117, 117 + cards)
        ],
        way_of_payment="现金",
        operator="张晓",
        station="翠湖花园 前台1",
        received_fen=cards * 20_00,
        last_days={"门禁": date(2027, 5, 8)},
    )
    code = Qr("YIKA-SLIP 00000117 00000117 30000 2025-05-09")
    return replace(paper, lines=(*paper.lines, code, Text("00000117", CENTRED)))


@cache
def _raster() -> "Image":
    """The paper as a picture, every second line of dots inked like text."""
    from PIL import Image, ImageDraw

    profile = load_profile(_PROFILE)
    height = _DOTS_A_LINE * LINES
    picture = Image.new("1", (profile.dots, height), 1)
    draw = ImageDraw.Draw(picture)
    for row in range(0, height, 2):
        draw.line((0, row, profile.dots, row), fill=0)
    return picture


def _raster_bytes() -> bytes:
    from escpos.printer import Dummy

    printer = Dummy(profile=_RASTER_PROFILE)
    printer.image(_raster(), impl="bitImageRaster")
    printer.cut()
    return bytes(printer.output)


def _size(_effort: Effort) -> Figure:
    profile = load_profile(_PROFILE)
    size = len(encode(receipt_of_40_lines(profile), profile))
    return Figure(name="receipt.bytes", value=size, unit="bytes", baseline=len(_raster_bytes()))


def _time(effort: Effort) -> Figure:
    profile = load_profile(_PROFILE)
    receipt = receipt_of_40_lines(profile)
    ours_s, raster_s = cpu_s([lambda: encode(receipt, profile), _raster_bytes], effort)
    return Figure(name="receipt.encode", value=ours_s * 1000, unit="ms", baseline=raster_s * 1000)


MEASURES: Final[Mapping[str, Measure]] = {"receipt.bytes": _size, "receipt.encode": _time}
