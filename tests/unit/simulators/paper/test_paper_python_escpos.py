"""A second generator: what python-escpos sends comes out of the virtual printer as meant.

Its known troubles with Chinese (facts gathered from its own issues) come out as on real paper too.
"""

import pytest
import segno
import zxingcpp
from escpos.printer import Dummy
from PIL import Image

from simulators.paper import VirtualPrinter
from simulators.paper_model import CLONE_80, PrinterModel
from simulators.paper_rows import ImageRow, QrRow, TextRow
from simulators.paper_sheet import Sheet


@pytest.fixture
def generator() -> Dummy:
    return Dummy()


def printed(generator: Dummy, model: PrinterModel | None = None) -> Sheet:
    printer = VirtualPrinter(model or PrinterModel())
    printer.receive(generator.output)
    return (printer.sheets or [printer.hanging])[0]


def test_ascii_text_comes_out(generator: Dummy) -> None:
    generator.text("Card YK00012345\nTotal 20.00\n")
    generator.cut()
    assert printed(generator).text.startswith("Card YK00012345\nTotal 20.00\n")


def test_styles_come_out(generator: Dummy) -> None:
    generator.set(align="center", bold=True, double_width=True, double_height=True)
    generator.text("AB\n")
    generator.set_with_default()
    generator.text("c\n")
    big, small = (row for row in printed(generator).rows if isinstance(row, TextRow))
    assert [(cell.wide, cell.tall, cell.bold) for cell in big.cells] == [(2, 2, True)] * 2
    assert big.cells[0].left == (576 - 48) // 2
    assert (small.cells[0].wide, small.cells[0].bold, small.cells[0].left) == (1, False, 0)


def test_a_native_qr_code_is_the_one_segno_draws(generator: Dummy) -> None:
    generator.qr("https://example.invalid/7", native=True, size=5)
    [row] = (row for row in printed(generator).rows if isinstance(row, QrRow))
    code = segno.make_qr("https://example.invalid/7", mode="byte", error="l", boost_error=False)
    assert row.modules == tuple(bytes(line) for line in code.matrix)
    assert (row.data, row.module_dots) == (b"https://example.invalid/7", 5)


def test_a_qr_code_as_picture_can_be_scanned(generator: Dummy) -> None:
    generator.qr("CZ-7", native=False, size=6)
    [row] = (row for row in printed(generator).rows if isinstance(row, ImageRow))
    dots = Image.frombytes("1", (row.width_bytes * 8, row.height), b"".join(row.lines))
    inverted = dots.convert("L").point(lambda value: 255 - value)
    [code] = zxingcpp.read_barcodes(inverted)
    assert code.text == "CZ-7"


@pytest.mark.parametrize("way", ["bitImageRaster", "bitImageColumn"])
def test_a_picture_keeps_its_dots_whichever_way_it_is_sent(generator: Dummy, way: str) -> None:
    chequers = Image.new("1", (48, 24), 1)
    chequers.paste(0, (0, 0, 24, 12))
    generator.image(chequers, impl=way)
    rows = [row for row in printed(generator).rows if isinstance(row, ImageRow)]
    lines = [line for row in rows for line in row.lines]
    assert sum(byte.bit_count() for line in lines for byte in line) == 24 * 12
    assert lines[0][:6].hex() == "ffffff000000"


def test_its_chinese_needs_a_printer_that_wakes_up_in_chinese_mode(generator: Dummy) -> None:
    generator.text("张晓\n")
    assert "张晓" not in printed(generator).text
    assert printed(generator, PrinterModel(chinese_at_power_on=True)).words == "张晓\n"


def test_its_yen_sign_becomes_figures_on_two_byte_firmware(generator: Dummy) -> None:
    generator.text("金额¥5\n")
    clone = PrinterModel(chinese_at_power_on=True, four_byte=False)
    assert printed(generator, clone).words == "金额 0 65\n"


def test_its_double_size_leaves_hanzi_small(generator: Dummy) -> None:
    generator.set(double_width=True, double_height=True)
    generator.text("A张\n")
    model = PrinterModel(chinese_at_power_on=True)
    [row] = (
        row for row in printed(generator, model).rows if isinstance(row, TextRow) and row.cells
    )
    assert [(cell.text, cell.wide) for cell in row.cells] == [("A", 2), ("张", 1)]


def test_its_status_question_is_answered(generator: Dummy) -> None:
    printer = VirtualPrinter(CLONE_80)
    assert printer.receive(b"\x10\x04\x04") == b"\x12"
    generator.cashdraw(2)
    printer.receive(generator.output)
    assert printer.drawer_pulses == 1
