"""The virtual printer, judged by Epson's command reference: paper, answers, and standing still.

Byte strings in these tests are written by hand from the reference (printing.md of the project's
facts gives the same bit tables), not made by our encoder.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.paper import BUFFER_BYTES, VirtualPrinter
from simulators.paper_model import CLONE_58, CLONE_80, PAPER_58, PAPER_80, PrinterModel
from simulators.paper_rows import ImageRow, TextRow

ZHANG = bytes.fromhex("d5c5")  # 张 in GB18030
CHINESE = bytes.fromhex("1b40 1c26")
CUT = bytes.fromhex("1d564200")


def printed(data: bytes, model: PrinterModel | None = None) -> str:
    printer = VirtualPrinter(model or PrinterModel())
    printer.receive(data)
    return printer.hanging.text


def rows(data: bytes, model: PrinterModel = PAPER_80) -> list[TextRow]:
    printer = VirtualPrinter(model)
    printer.receive(data)
    return [row for row in printer.hanging.rows if isinstance(row, TextRow)]


def statuses(printer: VirtualPrinter) -> str:
    return " ".join(printer.receive(bytes((0x10, 0x04, n))).hex() for n in (1, 2, 3, 4))


def test_a_healthy_printer_answers_twelve_to_everything() -> None:
    assert statuses(VirtualPrinter()) == "12 12 12 12"


@pytest.mark.parametrize(
    ("condition", "answers"),
    [
        ({"cover_open": True}, "1a 16 12 12"),
        ({"paper_out": True}, "1a 32 12 7e"),
        ({"paper_near_end": True}, "12 12 12 1e"),
        ({"cutter_jammed": True}, "1a 52 1a 12"),
        ({"offline": True}, "1a 1a 12 12"),
        ({"mute": True}, "   "),
        ({"powered": False}, "   "),
    ],
)
def test_what_is_wrong_shows_in_the_bits(condition: dict[str, bool], answers: str) -> None:
    printer = VirtualPrinter()
    printer.change(**condition)
    assert statuses(printer) == answers


def test_real_time_questions_are_answered_while_the_printer_stands_still() -> None:
    printer = VirtualPrinter()
    printer.change(cover_open=True)
    assert printer.receive(b"waiting\n\x10\x04\x01\x1dr\x01") == b"\x1a"
    assert printer.hanging.blank


def test_questions_in_order_are_answered_when_all_before_is_done() -> None:
    printer = VirtualPrinter()
    printer.change(cover_open=True)
    assert printer.receive(b"a\n\x1dr\x01") == b""
    printer.change(cover_open=False)
    assert printer.receive(b"") == b"\x00"
    assert printer.hanging.text == "a\n"
    printer.change(paper_near_end=True)
    assert printer.receive(b"\x1dr\x01") == b"\x03"


def test_a_process_id_comes_back_when_everything_is_printed() -> None:
    request = bytes.fromhex("1d284806003030") + b"0042"
    answer = bytes.fromhex("3722") + b"0042" + b"\x00"
    assert VirtualPrinter().receive(b"a\n" + CUT + request) == answer
    assert VirtualPrinter(CLONE_80).receive(b"a\n" + request) == b""


def test_an_answer_that_nobody_waits_for_goes_to_the_host_unasked() -> None:
    heard: list[bytes] = []
    printer = VirtualPrinter(on_unasked=heard.append)
    printer.change(paper_out=True)
    printer.receive(b"a\n\x1dr\x01")
    printer.load_paper()
    assert heard == [b"\x00"]


def test_automatic_status_is_sent_when_asked_for_and_at_every_change() -> None:
    heard: list[bytes] = []
    printer = VirtualPrinter(on_unasked=heard.append)
    assert printer.receive(b"\x1da\x0e") == bytes.fromhex("10000000")
    printer.change(cover_open=True)
    printer.change(cover_open=False, paper_near_end=True)
    assert heard == [bytes.fromhex("38000000"), bytes.fromhex("10000300")]
    assert printer.receive(b"\x1da\x00") == b""


def test_it_says_what_it_is() -> None:
    assert VirtualPrinter().receive(b"\x1dI\x43") == b"\x5fVIRTUAL\x00"
    assert VirtualPrinter().receive(b"\x1dI\x01") == b"\x02"
    assert VirtualPrinter().receive(b"\x1dI\x09\x1bu\x00\x1bv") == b"\x00\x00"


def test_paper_that_ends_keeps_the_rest_and_prints_it_on_the_new_roll() -> None:
    printer = VirtualPrinter()
    printer.run_out_of_paper(after_bytes=4)
    printer.receive(b"ab\ncd\n" + CUT)
    assert statuses(printer) == "1a 32 12 7e"
    assert printer.hanging.text == "ab\n"
    printer.load_paper()
    torn, rest = printer.sheets
    assert (torn.text, torn.torn) == ("ab\n", True)
    assert (rest.text, rest.torn) == ("cd\n", False)


@pytest.mark.parametrize("after_bytes", range(10))
def test_paper_ends_at_the_byte_it_was_told(after_bytes: int) -> None:
    printer = VirtualPrinter()
    printer.run_out_of_paper(after_bytes=after_bytes)
    printer.receive(b"ab\ncd\n" + CUT)
    lines = printer.hanging.text.split()
    assert lines == (["ab"] if after_bytes > 2 else []) + (["cd"] if after_bytes > 5 else [])
    assert printer.condition.paper_out
    assert not printer.sheets


def test_switching_off_forgets_what_was_not_printed() -> None:
    printer = VirtualPrinter()
    printer.change(cover_open=True)
    printer.receive(b"lost\n\x1d!")
    printer.change(powered=False)
    assert printer.receive(b"nobody hears\n") == b""
    printer.change(powered=True, cover_open=False)
    printer.receive(b"new\n")
    assert printer.hanging.text == "new\n"


def test_a_jammed_cutter_is_freed_by_the_host() -> None:
    printer = VirtualPrinter()
    printer.change(cutter_jammed=True)
    printer.receive(b"a\n\x10\x05\x01")
    assert printer.hanging.text == "a\n"
    printer.change(cutter_jammed=True)
    printer.receive(b"b\n\x10\x05\x02c\n")
    assert printer.hanging.text == "a\nc\n"


def test_buffers_are_cleared_in_real_time() -> None:
    printer = VirtualPrinter()
    printer.change(offline=True)
    answer = printer.receive(b"lost\n" + bytes.fromhex("1014 0801031401060208"))
    assert answer == bytes.fromhex("372500")
    printer.change(offline=False)
    assert printer.hanging.blank


def test_a_misspelt_condition_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError):
        VirtualPrinter().change(cover_opened=True)


def test_chinese_needs_chinese_mode() -> None:
    assert printed(b"\x1b@" + ZHANG + b"\n") != "张\n"
    assert printed(CHINESE + ZHANG + b"\n") == "张\n"
    assert printed(CHINESE + b"\x1c." + ZHANG + b"\n") != "张\n"
    assert printed(CHINESE + b"\x1b@" + ZHANG + b"\n") != "张\n"
    assert printed(ZHANG + b"\n", PrinterModel(chinese_at_power_on=True)) == "张\n"


def test_four_bytes_are_a_rare_hanzi_or_what_two_byte_firmware_makes_of_them() -> None:
    rare, yen = "㐀".encode("gb18030"), bytes.fromhex("81308436")
    assert printed(CHINESE + rare + b"\n") == "㐀\n"
    assert printed(CHINESE + yen + b"\n", CLONE_80).split() == ["0", "6"]
    assert "¥" not in printed(CHINESE + yen + b"\n")


def test_a_hanzi_may_come_in_two_pieces() -> None:
    printer = VirtualPrinter()
    for byte in CHINESE + ZHANG + b"\n":
        printer.receive(bytes((byte,)))
    assert printer.hanging.text == "张\n"


def test_sizes_by_gs_scale_both_and_by_esc_only_ascii() -> None:
    [both] = rows(CHINESE + b"\x1d!\x11a" + ZHANG + b"\n")
    assert [(cell.wide, cell.tall) for cell in both.cells] == [(2, 2), (2, 2)]
    [ascii_only] = rows(CHINESE + b"\x1b!\x30a" + ZHANG + b"\n")
    assert [(cell.wide, cell.tall) for cell in ascii_only.cells] == [(2, 2), (1, 1)]
    [hanzi_only] = rows(CHINESE + b"\x1c!\x0ca" + ZHANG + b"\n")
    assert [(cell.wide, cell.tall) for cell in hanzi_only.cells] == [(1, 1), (2, 2)]
    [clone] = rows(CHINESE + b"\x1d!\x11a" + ZHANG + b"\n", CLONE_80)
    assert [(cell.wide, cell.tall) for cell in clone.cells] == [(2, 2), (1, 1)]
    [quadruple] = rows(CHINESE + b"\x1cW\x01" + ZHANG + b"\n")
    assert quadruple.cells[0].wide == quadruple.cells[0].tall == 2


def test_looks_are_switched_on_and_off() -> None:
    [row] = rows(b"\x1bE\x01a\x1bE\x00\x1b-\x01b\x1b-\x00\x1dB\x01c\x1dB\x00d\n")
    looks = [(cell.bold, cell.underline, cell.inverse) for cell in row.cells]
    assert looks == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
        (False, False, False),
    ]


def test_alignment_counts_only_at_the_beginning_of_a_line() -> None:
    assert printed(b"\x1ba\x01ab\n\x1ba\x02ab\n\x1ba\x00a\x1ba\x02b\n") == (
        " " * 23 + "ab\n" + " " * 46 + "ab\n" + "ab\n"
    )


def test_a_full_line_goes_on_below() -> None:
    assert printed(b"x" * 50 + b"\n") == "x" * 48 + "\n" + "xx\n"
    assert printed(CHINESE + ZHANG * 17 + b"\n", PAPER_58) == "张" * 16 + "\n张\n"


def test_positions_tabs_and_margins() -> None:
    assert printed(b"a\tb\n\x1b$\x78\x00c\n") == "a       b\n" + " " * 10 + "c\n"
    assert printed(b"\x1dL\x18\x00a\n\x1dW\x18\x00bcd\n") == "  a\n  bc\n  d\n"


def test_feeding_leaves_empty_lines() -> None:
    assert printed(b"a\n\x1bd\x02b\n") == "a\n\n\nb\n"
    assert printed(b"a\x1bd\x01b\x1bJ\x08c\n") == "a\nb\nc\n"
    assert printed(b"\x1b3\x50a\n\x1b2b\n") == "a\nb\n"


def test_the_cutter_cuts_at_the_beginning_of_a_line_only() -> None:
    printer = VirtualPrinter()
    printer.receive(b"a" + CUT + b"b\n" + CUT + b"c\n\x1bi" + b"d\n\x1dV\x00")
    assert [sheet.text for sheet in printer.sheets] == ["ab\n", "c\n", "d\n"]


def test_without_a_cutter_the_next_job_finds_the_last_paper_torn_off() -> None:
    printer = VirtualPrinter(PAPER_58)
    printer.receive(b"\x1b@a\n" + CUT)
    assert printer.sheets == []
    printer.receive(b"\x1b@b\n")
    assert [sheet.text for sheet in printer.sheets] == ["a\n"]
    printer.tear_off()
    assert [sheet.text for sheet in printer.sheets] == ["a\n", "b\n"]
    assert all(sheet.serrated for sheet in printer.sheets)


def test_blank_paper_is_no_sheet() -> None:
    printer = VirtualPrinter()
    printer.receive(b"\n\n" + CUT)
    assert printer.sheets == []


def test_the_drawer_is_counted() -> None:
    printer = VirtualPrinter()
    printer.receive(b"\x1bp\x00\x19\xfa\x10\x14\x01\x00\x01")
    assert printer.drawer_pulses == 2


def test_a_qr_code_is_stored_and_printed() -> None:
    store = b"\x1d(k\x06\x001P0CZ7"
    printer = VirtualPrinter()
    printer.receive(b"\x1d(k\x03\x001C\x04\x1d(k\x03\x001E3" + store + b"\x1d(k\x03\x001Q0")
    assert printer.hanging.qr_codes == ["CZ7"]
    assert printer.hanging.text == "[QR CZ7]\n"
    assert printer.hanging.height == 21 * 4
    assert printed(store + b"a\x1d(k\x03\x001Q0\n") == "a\n"
    assert printed(store + b"\x1d(k\x03\x001Q0", CLONE_58) == "\n"


def test_pictures_keep_their_dots() -> None:
    printer = VirtualPrinter()
    printer.receive(b"\x1dv0\x00\x01\x00\x02\x00\x81\xff\x1dv0\x03\x01\x00\x01\x00\x80")
    printer.receive(b"\x1b*\x00\x02\x00\x80\x01")
    lines = [row.lines for row in printer.hanging.rows if isinstance(row, ImageRow)]
    assert lines[0] == (b"\x81", b"\xff")
    assert lines[1] == (b"\xc0\x00", b"\xc0\x00")
    assert lines[2] == (b"\x80",) + (b"\x00",) * 6 + (b"\x40",)
    assert printer.hanging.text.startswith("[image 8x2]\n[image 16x2]\n")


def test_words_are_found_whatever_their_size_and_place() -> None:
    printer = VirtualPrinter()
    printer.receive(CHINESE + b"\x1d!\x11" + ZHANG + b" 40.00\n\x1d!\x00a\tb c\n")
    assert printer.hanging.words == "张 40.00\na b c\n"


def test_a_picture_larger_than_the_memory_is_swallowed_and_the_rest_is_printed() -> None:
    printer = VirtualPrinter()
    printer.receive(b"\x1dv\x00\x00\x80\x00\x00\x80")
    printer.receive(bytes(0x80 * 0x8000))
    printer.receive(b"after" + b"\n" + CUT)
    assert "after" in printer.sheets[-1].text


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b"\x1d(k", b"\x1c&", b"\x1b*", CUT])))
def test_garbage_never_harms_it(pieces: list[bytes]) -> None:
    printer = VirtualPrinter()
    for piece in pieces:
        printer.receive(piece)
    assert isinstance(printer.hanging.text + printer.hanging.words, str)
    printer.change(powered=False)
    printer.change(powered=True)
    printer.receive(b"ok\n" + CUT)
    assert printer.sheets[-1].text.endswith("ok\n")


def test_a_stopped_printer_does_not_hoard_without_end() -> None:
    printer = VirtualPrinter()
    printer.change(offline=True)
    for _ in range(1000):
        printer.receive(b"x\n" * 250)
    printer.change(offline=False)
    assert printer.hanging.text.count("x") == BUFFER_BYTES // 2
