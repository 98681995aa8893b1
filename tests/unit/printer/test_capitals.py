"""Amounts in words: FEE-22's examples, the examples of the central bank's rules, and cn2an.

Published vectors: 支付结算办法 (People's Bank of China, 1997), annex 1, items 3 and 4. cn2an is the
second implementation; it is wrong for amounts of a hundred million yuan and more whose 万 group is
empty (it leaves the 零 out), so such amounts are not compared with it but read back by the reader
below.
"""

import re
from collections.abc import Callable
from typing import Any

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from printer.capitals import LIMIT_FEN, capitals, figures
from printer.errors import AmountInvalid

amounts = st.integers(0, LIMIT_FEN - 1) | st.integers(0, 100_000_00)
# Amounts full of noughts, where the rules are hard.
gappy_amounts = st.lists(st.sampled_from("0000123456789"), min_size=1, max_size=14).map(
    lambda digits: int("".join(digits))
)


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (20_00, "贰拾元整"),
        (1000_00, "壹仟元整"),
        (2000_00, "贰仟元整"),
        (105_00, "壹佰零伍元整"),
        (1409_50, "壹仟肆佰零玖元伍角"),
        (325_04, "叁佰贰拾伍元零肆分"),
        (6007_14, "陆仟零柒元壹角肆分"),
        (1680_32, "壹仟陆佰捌拾元叁角贰分"),
        (107_000_53, "壹拾万柒仟元伍角叁分"),
        (16_409_02, "壹万陆仟肆佰零玖元零贰分"),
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角"),
        (55, "伍角伍分"),
        (10_00, "壹拾元整"),
        (100_000_000_00, "壹亿元整"),
        (100_000_001_00, "壹亿零壹元整"),
        (100_002_500_00, "壹亿零贰仟伍佰元整"),
        (999_999_999_999_99, "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_an_amount_is_written_as_the_rules_for_vouchers_say(fen: int, words: str) -> None:
    assert capitals(fen) == words


@given(amounts | gappy_amounts)
def test_capitals_read_back_as_the_same_amount(fen: int) -> None:
    assert _read_back(capitals(fen)) == fen


@given(amounts | gappy_amounts)
def test_capitals_agree_with_cn2an(fen: int) -> None:
    yuan = fen // 100
    if yuan >= 10**8 and yuan // 10**4 % 10**4 == 0:
        return
    assert capitals(fen) == cn2an.an2cn(f"{yuan}.{fen % 100:02d}", "rmb")


@given(amounts | gappy_amounts)
def test_no_nought_is_doubled_or_ends_a_group(fen: int) -> None:
    words = capitals(fen)
    assert "零零" not in words
    if fen >= 100:
        assert not re.search("零[万亿元角整]", words)


@given(amounts)
def test_figures_are_the_amount_in_yuan_with_two_decimals(fen: int) -> None:
    assert re.fullmatch(r"[0-9]+\.[0-9]{2}", figures(fen))
    assert int(figures(fen).replace(".", "")) == fen


@pytest.mark.parametrize("fen", [-1, LIMIT_FEN, 1.0, "1", True, None])
@pytest.mark.parametrize("write", [capitals, figures])
def test_what_is_no_amount_is_refused(write: Callable[[Any], str], fen: object) -> None:
    with pytest.raises(AmountInvalid) as refused:
        write(fen)
    assert refused.value.amount_fen == fen


def _read_back(words: str) -> int:
    """Fen of an amount in capitals, by adding up digits and places."""
    digits = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
    places = {"拾": 10, "佰": 100, "仟": 1000}
    fen = section = digit = 0
    for word in words.removesuffix("整"):
        if word in digits:
            digit = digits[word]
        elif word in places:
            section, digit = section + digit * places[word], 0
        elif word in {"万", "亿", "元"}:
            scale = {"万": 10**6, "亿": 10**10, "元": 100}[word]
            fen, section, digit = fen + (section + digit) * scale, 0, 0
        else:
            fen, digit = fen + digit * {"角": 10, "分": 1}[word], 0
    return fen
