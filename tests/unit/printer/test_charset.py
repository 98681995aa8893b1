"""What a printer has no characters for is seen before printing, and nothing changes in silence."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printer.charset import GETA, Charset, Rare, settle
from printer.errors import NotEncodable

any_text = st.text(st.characters(codec="utf-8") | st.sampled_from("\x1b\x1d\x10\x00\n¥・㐀𠮷"))


@given(any_text, st.sampled_from(Charset))
def test_settled_text_holds_no_control_character_and_can_be_coded(
    text: str, charset: Charset
) -> None:
    settled = settle(text, charset, Rare.MARK).text
    assert all(unicodedata.category(character) not in {"Cc", "Cf"} for character in settled)
    assert all(byte >= 0x20 and byte != 0x7F for byte in settled.encode("gb18030"))


@given(any_text)
def test_two_byte_printers_get_no_code_of_four_bytes(text: str) -> None:
    for charset in (Charset.GBK, Charset.GB2312):
        for character in settle(text, charset, Rare.MARK).text:
            assert len(character.encode("gb18030")) <= 2


@given(any_text)
def test_gb2312_printers_get_codes_of_gb2312_only(text: str) -> None:
    settled = settle(text, Charset.GB2312, Rare.MARK).text
    settled.encode("gb18030").decode("gb2312")


@given(any_text, st.sampled_from(Charset))
def test_settled_text_stays_as_it_is(text: str, charset: Charset) -> None:
    settled = settle(text, charset, Rare.MARK).text
    assert settle(settled, charset, Rare.REFUSE).text == settled


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("¥5", "￥5"),
        ("阿凡提・买买提", "阿凡提·买买提"),
        ("阿凡提•买买提", "阿凡提·买买提"),
        ("a\tb\nc", "a b c"),
        ("a\u00a0b", "a b"),
        ("a\u200bb\u202ec", "abc"),
        ("e\u0301", "é"),
        ("\x1b@张\x7f", "□@张□"),
        ("\u3000，。！", "\u3000，。！"),
    ],
)
def test_look_alikes_and_control_characters_are_settled(text: str, printed: str) -> None:
    settled = settle(text, Charset.GBK, Rare.REFUSE)
    assert settled.text == printed
    assert settled.missing == ()


@pytest.mark.parametrize("character", ["㐀", "𠮷", "😀", "ཀ", "\ue000", "\ud800"])
def test_a_missing_character_is_refused_with_its_text(character: str) -> None:
    with pytest.raises(NotEncodable) as refused:
        settle(f"张{character}", Charset.GBK, Rare.REFUSE)
    assert refused.value.text == f"张{character}"


def test_a_missing_character_is_marked_and_named() -> None:
    settled = settle("张𠮷㐀", Charset.GBK, Rare.MARK)
    assert settled.text == f"张{GETA}{GETA}"
    assert settled.missing == ("𠮷", "㐀")


def test_extension_a_is_printed_where_the_printer_has_gb18030() -> None:
    assert settle("㐀", Charset.GB18030, Rare.REFUSE).text == "㐀"
    with pytest.raises(NotEncodable):
        settle("𠮷", Charset.GB18030, Rare.REFUSE)
