"""Columns on paper, judged by the length of the code and by wcwidth, and the breaking of lines."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcwidth

from printer.width import columns, pad, wrap

chinese_text = st.text(
    st.sampled_from("张晓翠湖花园，。、；（）「」￥… abcDEF0123456789.-/年月日")
    | st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
    max_size=120,
)


def test_a_code_of_two_bytes_is_two_columns_and_one_byte_is_one() -> None:
    for point in range(0x20, 0x10000):
        character = chr(point)
        try:
            coded = character.encode("gbk")
        except UnicodeEncodeError:
            continue
        assert coded == character.encode("gb18030")
        assert columns(character) == len(coded)


def test_unicode_calls_only_signs_and_letters_narrow_that_paper_draws_wide() -> None:
    differing = [
        chr(point)
        for point in range(0x3000, 0x10000)
        if not 0xD800 <= point < 0xF900
        and len(chr(point).encode("gb18030")) == 2
        and columns(chr(point)) != wcwidth(chr(point))
    ]
    assert not [character for character in differing if unicodedata.category(character) == "Lo"]
    assert columns("°") == columns("α") == columns("…") == 2


def test_rare_hanzi_are_two_columns_though_they_have_four_bytes() -> None:
    assert columns("㐀") == columns("𠮷") == 2
    assert columns("㐀1") == 3


@given(chinese_text, st.integers(8, 48))
def test_every_line_fits(text: str, width: int) -> None:
    assert all(columns(line) <= width for line in wrap(text, width))


@given(chinese_text, st.integers(8, 48))
def test_nothing_but_spaces_is_lost_by_breaking(text: str, width: int) -> None:
    assert "".join(wrap(text, width)).replace(" ", "") == text.replace(" ", "")


@given(st.text(max_size=60), st.integers(2, 48))
def test_any_text_can_be_broken(text: str, width: int) -> None:
    assert all(columns(line) <= width for line in wrap(text, width))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("一二三四五六", ["一二三四五", "六"]),
        ("一二三四五，六", ["一二三四", "五，六"]),
        ("一二三四（五）", ["一二三四", "（五）"]),
        ("合计100.50元", ["合计", "100.50元"]),
        ("到2025年6月", ["到", "2025年6月"]),
        ("到1月9日(含当日)", ["到1月9日", "(含当日)"]),
        ("ab cd efgh ij", ["ab cd efgh", "ij"]),
        ("abcdefghijkl", ["abcdefghij", "kl"]),
        ("一二三四 五六", ["一二三四", "五六"]),
    ],
)
def test_lines_break_where_a_reader_expects_it(text: str, lines: list[str]) -> None:
    assert wrap(text, 10) == lines


def test_padding_counts_columns_not_characters() -> None:
    assert pad("合计", 6) == "合计  "
    assert pad("￥1", 6, right=True) == "   ￥1"
