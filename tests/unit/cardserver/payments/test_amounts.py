"""Yuan in writing and fen: there and back without loss, and nothing else is an amount."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.money import MAX_FEN, yuan_text
from cardserver.payments.amounts import fen_of_yuan


@given(st.integers(-MAX_FEN, MAX_FEN))
def test_fen_written_as_yuan_are_the_same_fen(fen: int) -> None:
    assert fen_of_yuan(yuan_text(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0.01", 1), ("12", 1200), ("12.5", 1250), ("88.88", 8888), ("-1.00", -100), ("0.29", 29)],
)
def test_yuan_may_have_none_one_or_two_decimals(text: str, fen: int) -> None:
    assert fen_of_yuan(text) == fen


@given(st.text(max_size=12))
def test_anything_else_is_refused(text: str) -> None:
    if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,2})?", text):
        return
    with pytest.raises(ValueError):
        fen_of_yuan(text)


@pytest.mark.parametrize(
    "text",
    ["", ".5", "1.", "1.234", "1e3", "+1", " 1", "1\n", "١", "１", "NaN", "100000001", "--1"],
)
def test_hostile_amounts_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        fen_of_yuan(text)
