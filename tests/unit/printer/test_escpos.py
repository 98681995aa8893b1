"""The bytes of a receipt, judged by Epson's command reference (formats quoted in hex) and segno."""

import time
from dataclasses import replace
from datetime import date

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from printer import documents
from printer.errors import ReceiptInvalid
from printer.escpos import encode, proof_request, unblock, void_strip
from printer.profile import CutKind, Drawer, Profile, Proof, Scale, load_profile, profile_names
from printer.receipt import CENTRED, Cut, Line, Qr, Receipt, Style, Text, Title

EPSON = load_profile("epson-tm-t82")


def job(*contents: Line, profile: Profile = EPSON, drawer: bool = False) -> bytes:
    return encode(Receipt(number="1", lines=contents, open_drawer=drawer), profile)


def test_a_line_is_gb18030_in_chinese_mode_and_cut_at_a_line_start() -> None:
    expected = "1b40 1c26" + "张1".encode("gb18030").hex() + "0a 1d564200"
    assert job(Text("张1")) == bytes.fromhex(expected)


def test_the_yen_sign_and_punctuation_are_two_byte_codes() -> None:
    assert job(Text("¥5，。"))[4:-5] == bytes.fromhex("a3a4 35 a3ac a1a3")


def test_large_hanzi_are_scaled_by_gs_and_by_fs_where_the_profile_says() -> None:
    big = Text("张", Style(width=2, height=2))
    assert bytes.fromhex("1d2111") in job(big)
    assert b"\x1c!" not in job(big)
    assert bytes.fromhex("1d2111 1c210c") in job(big, profile=replace(EPSON, scale=Scale.FS))


def test_styles_are_switched_on_and_off_again() -> None:
    body = job(Text("a", Style(bold=True)), Text("b", CENTRED), Text("c"))
    assert body == bytes.fromhex("1b40 1c26 1b4501 610a 1b6101 1b4500 620a 1b6100 630a 1d564200")


@pytest.mark.parametrize(
    ("cut", "commands"),
    [(CutKind.FULL, "1d564100"), (CutKind.PARTIAL, "1d564200"), (CutKind.NONE, "1b6404")],
)
def test_the_paper_is_cut_or_fed_as_the_profile_says(cut: CutKind, commands: str) -> None:
    profile = replace(EPSON, cut=cut)
    assert job(Text("a"), profile=profile).endswith(b"a\n" + bytes.fromhex(commands))
    assert job(Text("a"), Cut(), profile=profile) == job(Text("a"), profile=profile)


@pytest.mark.parametrize(
    ("drawer", "command"), [(Drawer.PIN_2, "1b700019fa"), (Drawer.PIN_5, "1b700119fa")]
)
def test_the_drawer_opens_before_the_paper_comes(drawer: Drawer, command: str) -> None:
    profile = replace(EPSON, drawer=drawer)
    assert job(Text("a"), profile=profile, drawer=True)[4:9] == bytes.fromhex(command)


def test_a_printer_without_drawer_is_not_told_to_open_it() -> None:
    profile = replace(EPSON, drawer=Drawer.NONE)
    assert job(Text("a"), profile=profile, drawer=True) == job(Text("a"), profile=profile)


def test_a_head_with_dots_beyond_the_last_column_is_told_where_the_paper_ends() -> None:
    assert job(Text("a"), profile=load_profile("epson-tm-t88")).startswith(
        bytes.fromhex("1b40 1c26 1d57f801")
    )


def test_a_qr_code_is_modelled_sized_levelled_stored_and_printed_in_the_centre() -> None:
    expected = (
        "1b6101"
        "1d286b04003141 3200"
        "1d286b0300314306"
        "1d286b0300314531"
        "1d286b0600315030" + b"CZ1".hex() + "1d286b0300315130"
    )
    assert bytes.fromhex(expected) in job(Qr("CZ1"))


@pytest.mark.parametrize("length", [1, 14, 15, 106, 107, 213, 214, 331, 666])
def test_a_qr_code_with_its_quiet_zone_fits_the_paper(length: int) -> None:
    text = "x" * length
    body = job(Qr(text))
    module_dots = body[body.index(b"\x1d(k\x03\x001C") + 7]
    modules = len(segno.make_qr(text, mode="byte", error="m", boost_error=False).matrix)
    assert (modules + 8) * module_dots <= EPSON.dots
    assert module_dots == 6 or (modules + 8) * (module_dots + 1) > EPSON.dots


def test_a_qr_code_that_cannot_be_read_any_more_is_refused() -> None:
    with pytest.raises(ReceiptInvalid):
        job(Qr("x" * 667))
    with pytest.raises(ReceiptInvalid):
        job(Qr("x" * 666), profile=replace(EPSON, columns=24, dots=288))


@given(st.text(max_size=60), st.sampled_from(profile_names()))
def test_no_byte_of_a_name_becomes_a_command(name: str, profile_name: str) -> None:
    profile = load_profile(profile_name)
    hostile = f"{name}\x1b@\x1dV\x00\x10\x14\x01\x00\x05"
    body = job(Text(hostile), profile=profile)
    frame = job(Text(""), profile=profile)
    head, tail = frame.split(b"\n", 1)
    assert body.startswith(head)
    assert body.endswith(b"\n" + tail)
    text = body[len(head) : -len(tail)].replace(b"\n", b"")
    assert all(byte >= 0x20 for byte in text)


def test_proof_is_asked_for_as_the_profile_says() -> None:
    assert proof_request(EPSON, b"0042") == bytes.fromhex("1d284806003030") + b"0042"
    assert proof_request(replace(EPSON, proof=Proof.IN_ORDER), b"0042") == bytes.fromhex("1d7201")
    assert proof_request(replace(EPSON, proof=Proof.NONE), b"0042") == b""


@pytest.mark.parametrize("job_id", [b"", b"123", b"12345", b"12\x1f4", b"12\x7f4", b"12\xff4"])
def test_a_process_id_is_four_printable_characters(job_id: bytes) -> None:
    with pytest.raises(ReceiptInvalid):
        proof_request(EPSON, job_id)


def test_a_printer_is_freed_from_the_longest_command_we_send() -> None:
    longest = job(Qr("x" * 666))
    command = longest[longest.index(b"1P0") - 5 : longest.rindex(b"\x1d(k")]
    assert unblock() == bytes(len(command)) + bytes.fromhex("100502 1b40")


def test_the_void_strip_is_a_paper_of_its_own_and_large_fee_32() -> None:
    """It is read from where the clerk stands: double in size, in the middle of any paper."""
    large, below = ("※ 作 废 ※\n".encode("gb18030"), "以上未完内容作废\n".encode("gb18030"))
    assert void_strip(EPSON) == (
        bytes.fromhex("1b401c26 1b6101 1d2111 1b4501")
        + large
        + bytes.fromhex("1d2101 1b4500")
        + below
        + bytes.fromhex("1d564200")
    )
    for line in (large, below):
        assert 2 * len(line.rstrip()) <= 32, "it fits the narrowest paper"


def forty_lines() -> Receipt:
    """A receipt of forty lines with a QR code, full as they come."""
    items = [
        documents.ReceiptItem(
            name=f"门禁卡工本费 {number}号楼",
            unit_price_fen=2000,
            card_numbers=(f"YK{number:08d}",),
            per_card=True,
        )
        for number in range(1, 9)
    ]
    receipt = documents.formal_receipt(
        company="翠湖物业服务有限公司",
        number="SK20250609-0012",
        issued_on=date(2025, 6, 9),
        payer="翠湖花园3栋1201 张晓",
        items=items,
        way_of_payment="现金",
        operator="李敏",
        station="前台1",
        received_fen=20000,
        last_days={"门禁": date(2027, 6, 8)},
        remark="装修期间临时增加，随房屋一并移交",
    )
    return replace(
        receipt, lines=(*receipt.lines, Qr("SK20250609-0012"), Text("翠湖花园", CENTRED))
    )


def test_forty_lines_with_a_qr_code_are_less_than_1500_bytes() -> None:
    body = encode(forty_lines(), load_profile("generic-80"))
    assert body.count(b"\n") >= 40
    assert len(body) < 1500


def test_encoding_is_far_quicker_than_any_line_can_take_it() -> None:
    receipt, profile = forty_lines(), load_profile("generic-80")
    quickest = min(_timed(receipt, profile) for _ in range(20))
    assert quickest < 0.002  # ten times the aim of 0.2 ms, for a busy machine


def _timed(receipt: Receipt, profile: Profile) -> float:
    start = time.perf_counter()
    encode(receipt, profile)
    return time.perf_counter() - start


def test_a_tall_title_has_a_little_room_around_it() -> None:
    assert job(Title("收据")).count(b"\x1bJ\x08") == 2
