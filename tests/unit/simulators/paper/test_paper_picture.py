"""The picture of a sheet: its size, its dots, and a QR code that a scanner reads.

zxing-cpp is the scanner: nothing of it made the code.
"""

from dataclasses import replace
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image, ImageFont

from simulators import paper_picture
from simulators.paper import VirtualPrinter
from simulators.paper_model import CLONE_80, PAPER_58, PAPER_80, TM_T88, PrinterModel
from simulators.paper_sheet import Sheet

CHINESE, CUT = b"\x1b@\x1c&", b"\x1dVB\x00"
QR = b"\x1d(k\x03\x001C\x06\x1d(k\x0b\x001P0CZ-20250\x1d(k\x03\x001Q0"


def sheet(data: bytes, model: PrinterModel = PAPER_80) -> Sheet:
    printer = VirtualPrinter(model)
    printer.receive(data)
    printer.tear_off()
    return printer.sheets[0]


def picture(data: bytes, model: PrinterModel = PAPER_80) -> Image.Image:
    drawn = Image.open(BytesIO(sheet(data, model).png()))
    ground = Image.new("RGBA", drawn.size, (90, 110, 110, 255))
    ground.alpha_composite(drawn)
    return ground.convert("L")


@pytest.mark.parametrize(
    ("model", "width"), [(PAPER_80, 640), (CLONE_80, 640), (PAPER_58, 464), (TM_T88, 568)]
)
def test_the_paper_is_as_wide_as_paper_is(model: PrinterModel, width: int) -> None:
    assert picture(b"a\n" + CUT, model).width == width + 20  # and its shadow


def test_a_longer_text_makes_a_longer_paper() -> None:
    short, long = picture(b"a\n" + CUT), picture(b"a\n" * 11 + CUT)
    assert long.height - short.height == 10 * 30


def test_a_scanner_reads_the_qr_code_off_the_paper() -> None:
    for model in (PAPER_80, PAPER_58):
        codes = zxingcpp.read_barcodes(picture(b"\x1ba\x01" + b"a\n\n" + QR + b"\n" + CUT, model))
        assert [code.text for code in codes] == ["CZ-20250"]


def test_hanzi_are_drawn_as_themselves_and_not_as_boxes() -> None:
    one, other = (
        picture(CHINESE + "张\n".encode("gb18030") + CUT),
        picture(CHINESE + "李\n".encode("gb18030") + CUT),
    )
    assert one.tobytes() != other.tobytes()


def test_ink_lies_where_the_text_says() -> None:
    drawn = picture(b"\x1ba\x02MM\n" + CUT)
    dark = drawn.point(lambda value: 255 if value < 90 else 0)
    box = dark.crop((20, 60, drawn.width - 20, drawn.height - 60)).getbbox()
    assert box is not None
    assert box[0] + 20 >= 10 + 32 + 46 * 12
    assert box[2] + 20 <= 10 + 32 + 48 * 12


def test_bold_large_underlined_and_inverse_text_takes_more_ink() -> None:
    plain = _ink(b"AAAA\n")
    for look in (
        b"\x1bE\x01",
        b"\x1d!\x11",
        b"\x1d!\x01",
        b"\x1d!\x10",
        b"\x1b-\x01",
        b"\x1dB\x01",
    ):
        assert _ink(look + b"AAAA\n") > plain


def test_pictures_are_drawn_dot_for_dot() -> None:
    assert _ink(b"\x1dv0\x00\x0a\x00\x05\x00" + b"\xff" * 50) == pytest.approx(400, abs=40)


def test_each_kind_of_edge_is_drawn() -> None:
    cut = sheet(b"a\n" + CUT)
    for drawn, straight in (
        (cut.png(), True),
        (replace(cut, serrated=True).png(), False),
        (replace(cut, torn=True).png(), False),
    ):
        alpha = Image.open(BytesIO(drawn)).getchannel("A")
        lowest = alpha.crop((20, alpha.height - 14, alpha.width - 20, alpha.height - 11))
        assert (lowest.getextrema()[0] == 255) is straight


def test_an_endless_paper_is_drawn_up_to_three_metres() -> None:
    endless = sheet(b"a\n" + b"\x1bJ\xff" * 200 + b"b\n" + CUT)
    assert endless.height > 50_000
    assert Image.open(BytesIO(endless.png())).height < 25_000


def test_without_any_system_font_pillows_own_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper_picture, "_FONTS", ("no-such-font.ttf",))
    paper_picture._font.cache_clear()
    paper_picture._tile.cache_clear()
    try:
        assert isinstance(paper_picture._font(24, False), ImageFont.FreeTypeFont)
        assert _ink(b"AAAA\n") > 0
    finally:
        paper_picture._font.cache_clear()
        paper_picture._tile.cache_clear()


def _ink(data: bytes) -> int:
    """Dots that are darker than half, inside the margins."""
    drawn = picture(data + CUT)
    drawn = drawn.crop((42, 60, 618, drawn.height - 30))
    return sum(drawn.point(lambda value: 1 if value < 128 else 0).tobytes())
