"""Money in whole fen: bounds, words for people, change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.errors import AmountInvalid
from cardserver.domain.money import CARD_COST_FEN, MAX_FEN, change_due, check_amount, yuan_text

amounts = st.integers(0, MAX_FEN)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (-5, "-0.05"),
        (100, "1.00"),
        (-2000, "-20.00"),
        (140950, "1409.50"),
        (MAX_FEN, "100000000.00"),
    ],
)
def test_an_amount_reads_as_yuan_with_two_places(fen: int, text: str) -> None:
    assert yuan_text(fen) == text


@given(fen=st.integers(-MAX_FEN, MAX_FEN))
def test_no_fen_is_lost_between_amount_and_text(fen: int) -> None:
    text = yuan_text(fen)
    assert int(text.replace(".", "")) == fen
    assert len(text.partition(".")[2]) == 2


@given(fen=st.integers())
def test_an_amount_within_bounds_passes_and_no_other(fen: int) -> None:
    if 0 <= fen <= MAX_FEN:
        assert check_amount(fen) == fen
    else:
        with pytest.raises(AmountInvalid):
            check_amount(fen)


def test_ic_09_a_card_costs_twenty_yuan() -> None:
    assert yuan_text(CARD_COST_FEN) == "20.00"


@given(due=amounts, received=amounts)
def test_fee_04_what_was_received_is_the_due_amount_and_the_change(due: int, received: int) -> None:
    if received >= due:
        change = change_due(due, received)
        assert change >= 0
        assert due + change == received
    else:
        with pytest.raises(AmountInvalid, match=yuan_text(due).replace(".", r"\.")):
            change_due(due, received)
