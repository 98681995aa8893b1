"""Lines that fit the paper, amounts that stay whole, and names that cannot break out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printer.charset import Rare
from printer.errors import AmountInvalid, NotEncodable, ReceiptInvalid, TextTooWide
from printer.layout import PaperCut, PaperItem, PaperLine, PaperQr, lay_out, preview
from printer.profile import Profile, QrKind, load_profile, profile_names
from printer.receipt import (
    CENTRED,
    Amount,
    Blank,
    Column,
    CopyLabel,
    Cut,
    Field,
    Line,
    Pair,
    Qr,
    Receipt,
    ReprintMark,
    Rule,
    Signature,
    Style,
    Table,
    Text,
    Title,
    reprinted,
)
from printer.width import columns

WIDE, NARROW = load_profile("generic-80"), load_profile("generic-58")

words = st.text(st.characters(codec="utf-8"), max_size=80)
figures = st.text("0123456789.￥", max_size=8)
styles = st.builds(Style, width=st.integers(1, 8), height=st.integers(1, 8))
two_columns = (Column(heading="项目"), Column(heading="金额", figures=True))
lines = st.one_of(
    st.builds(Title, words),
    st.builds(Text, words, styles),
    st.builds(Field, words, words),
    st.builds(Pair, words, figures),
    st.builds(Amount, words, st.integers(0, 10**14 - 1)),
    st.builds(Rule, st.booleans()),
    st.builds(Signature, words),
    st.builds(Blank, st.integers(0, 3)),
    st.builds(CopyLabel, words),
    st.builds(ReprintMark, st.integers(1, 99), words),
    st.builds(Cut),
    st.builds(
        Table,
        columns=st.just(two_columns),
        rows=st.lists(st.tuples(words, figures) | st.tuples(words), max_size=4).map(tuple),
    ),
)


def paper(*contents: Line, profile: Profile = WIDE) -> list[str]:
    return preview(Receipt(number="1", lines=contents), profile).splitlines()


@given(st.lists(lines, max_size=8), st.sampled_from(profile_names()))
def test_whatever_stands_on_a_receipt_every_line_fits(contents: list[Line], name: str) -> None:
    profile = load_profile(name)
    for item in lay_out(Receipt(number="1", lines=tuple(contents)), profile):
        if isinstance(item, PaperLine):
            assert columns(item.text) * item.style.width <= profile.columns
            assert not item.text.endswith(" ")


def test_a_value_hangs_beside_its_label() -> None:
    assert paper(Field("付款人", "一二三四五六七八九十一二三四五六"), profile=NARROW) == [
        "付款人：一二三四五六七八九十一二",
        "        三四五六",
    ]


def test_a_label_that_leaves_no_room_stands_above_its_value() -> None:
    assert paper(Field("一二三四五六七八九十一二三四", "五"), profile=NARROW) == [
        "一二三四五六七八九十一二三四：",
        "  五",
    ]


def test_a_pair_stands_left_and_right_or_on_two_lines() -> None:
    assert paper(Pair("应收", "￥20.00"), profile=NARROW) == ["应收" + " " * 21 + "￥20.00"]
    long = "一二三四五六七八九十一二三四五"
    assert paper(Pair(long, "￥20.00"), profile=NARROW) == [long, " " * 25 + "￥20.00"]


def test_an_amount_is_large_with_its_capitals_under_it() -> None:
    large, capitals = paper(Amount("合计", 140950))
    assert "￥" in large
    assert large.replace(" ", "") == "合计￥1409.50"
    assert capitals == "大写：人民币壹仟肆佰零玖元伍角"


def test_a_very_large_amount_gives_up_its_width_not_its_digits() -> None:
    large = paper(Amount("合计", 10**14 - 1), profile=NARROW)[0]
    assert large == "合计           ￥999999999999.99"


def test_figures_that_do_not_fit_are_refused_before_anything_is_printed() -> None:
    with pytest.raises(TextTooWide) as refused:
        paper(Pair("合计", "9" * 33), profile=NARROW)
    assert refused.value.columns == 32
    table = Table(columns=two_columns, rows=(("x", "9" * 33),))
    with pytest.raises(TextTooWide):
        paper(table, profile=NARROW)


@pytest.mark.parametrize("fen", [-1, 10**14])
def test_an_impossible_amount_is_refused(fen: int) -> None:
    with pytest.raises(AmountInvalid):
        paper(Amount("合计", fen))


def test_a_table_keeps_figures_right_and_wraps_words() -> None:
    table = Table(
        columns=(
            Column(heading="项目"),
            Column(heading="数量", figures=True),
            Column(heading="金额", figures=True),
        ),
        rows=(
            ("门禁卡工本费", "2", "40.00"),
            ("卡号 YK00012345",),
            ("停车月卡充值(地下一层)", "12", "3600.00"),
        ),
    )
    assert paper(table, profile=NARROW) == [
        "项目               数量     金额",
        "门禁卡工本费          2    40.00",
        "  卡号 YK00012345",
        "停车月卡充值(地下    12  3600.00",
        "一层)",
    ]


def test_a_table_too_narrow_for_words_stacks_its_rows() -> None:
    table = Table(columns=two_columns, rows=(("门禁卡工本费", "1" * 25),))
    assert paper(table, profile=NARROW)[2:] == ["门禁卡工本费", " " * 7 + "1" * 25]


@pytest.mark.parametrize(
    "table",
    [
        Table(columns=(Column(heading="金额", figures=True),), rows=()),
        Table(columns=(Column(heading="甲"), Column(heading="乙")), rows=()),
        Table(columns=two_columns, rows=(("a", "1", "2"),)),
    ],
)
def test_a_malformed_table_is_refused(table: Table) -> None:
    with pytest.raises(ReceiptInvalid):
        paper(table)


def test_a_title_too_wide_for_double_size_is_only_tall() -> None:
    short, long = Title("收款收据"), Title("翠湖花园物业服务有限公司前台")
    [first] = _printed(short)
    [second] = _printed(long)
    assert (first.style.width, first.style.height) == (2, 2)
    assert (second.style.width, second.style.height) == (1, 2)


def test_a_signature_line_reaches_the_margin() -> None:
    assert paper(Signature("付款人签名"), profile=NARROW) == ["付款人签名：" + "_" * 20]


def test_a_long_label_leaves_room_to_sign() -> None:
    label = "以上物品均已清点无误收件人签名"
    assert paper(Signature(label), profile=NARROW) == [label[:12], f"{label[12:]}：" + "_" * 24]


def test_a_reprint_says_how_often_and_does_not_open_the_drawer() -> None:
    receipt = Receipt(number="1", lines=(Text("x"),), open_drawer=True)
    second = reprinted(reprinted(receipt, 1), 2, note="补打件不代替第二联")
    assert not second.open_drawer
    shown = preview(second, WIDE).splitlines()
    assert shown[0].replace(" ", "") == "补打第2次"
    assert shown[1].strip() == "补打件不代替第二联"
    assert shown[2] == "x"


def test_a_rare_name_is_marked_and_named_under_the_receipt_before_the_cut() -> None:
    items = lay_out(Receipt(number="1", lines=(Text("张𠮷"), Text("李𠮷㐀"), Cut())), WIDE)
    shown = [item.text for item in items if isinstance(item, PaperLine)]
    assert shown == ["张〓", "李〓〓", "〓 打印机字库缺字: U+20BB7 U+3400"]
    assert isinstance(items[-1], PaperCut)


def test_a_rare_name_is_refused_where_the_profile_says_so() -> None:
    with pytest.raises(NotEncodable):
        paper(Field("付款人", "张𠮷"), profile=replace(WIDE, rare=Rare.REFUSE))


def test_a_qr_code_is_its_text_where_the_printer_cannot_draw_it() -> None:
    assert any(isinstance(item, PaperQr) for item in _items(Qr("CZ1")))
    cannot = replace(WIDE, qr=QrKind.TEXT)
    assert paper(Qr("CZ1"), profile=cannot) == [" " * 22 + "CZ1"]


@pytest.mark.parametrize("text", ["", "a\x1b@", "a\n"])
def test_a_qr_code_holds_printable_characters_only(text: str) -> None:
    with pytest.raises(ReceiptInvalid):
        paper(Qr(text))


@pytest.mark.parametrize("scale", [0, 9, -1])
def test_a_style_outside_of_the_printers_scales_is_refused(scale: int) -> None:
    with pytest.raises(ReceiptInvalid):
        Style(width=scale)


def test_the_preview_shows_alignment_and_pictures() -> None:
    shown = paper(Text("中", CENTRED), Qr("CZ1"), Cut())
    assert shown == [" " * 23 + "中", "[CZ1]", ""]


def _items(*contents: Line) -> list[PaperItem]:
    return lay_out(Receipt(number="1", lines=contents), WIDE)


def _printed(*contents: Line) -> list[PaperLine]:
    return [item for item in _items(*contents) if isinstance(item, PaperLine)]
