"""Notes and coins, the note checker's rule, and the balanced entries of a drawer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain import drawer
from cardserver.domain.denomination import (
    DENOMINATIONS,
    MAX_PIECES,
    check_money,
    check_pieces,
    notes_typed,
    total_of,
)
from cardserver.domain.drawer import DrawerEntry, DrawerKind
from cardserver.domain.errors import AmountInvalid, RuleViolation
from cardserver.domain.ledger import Line
from cardserver.domain.shift import check_difference, check_other_person

some_pieces = st.dictionaries(st.sampled_from(DENOMINATIONS), st.integers(1, 9))
fen = st.integers(0, 1_000_000)


@given(some_pieces)
def test_notes_typed_one_by_one_are_the_notes(pieces: dict[int, int]) -> None:
    typed = "+".join(f"{face // 100}.{face % 100 // 10}x{n}" for face, n in pieces.items())
    assert notes_typed(typed) == (pieces or None)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("100", None),  # an amount
        ("35.50", None),
        ("100+20x2", {100_00: 1, 20_00: 2}),
        ("100x1", {100_00: 1}),
        ("100×2 + 0.5", {100_00: 2, 50: 1}),
        ("１００＋２０", {100_00: 1, 20_00: 1}),
        ("50+50", {50_00: 2}),
        ("", None),
        ("abc", None),
        ("100+", None),
        ("-5+5", None),
        ("1e3+1", None),
    ],
)
def test_what_is_typed_is_notes_or_an_amount_fee_03(
    typed: str, found: dict[int, int] | None
) -> None:
    assert notes_typed(typed) == found


@given(some_pieces, st.booleans())
def test_money_counts_when_every_large_note_was_checked_fee_03(
    pieces: dict[int, int], checked: bool
) -> None:
    value = total_of(pieces)
    large = any(face > 50_00 for face in pieces)
    if large and not checked:
        with pytest.raises(RuleViolation, match="note-not-checked"):
            check_money(value, pieces, checked=checked)
    else:
        check_money(value, pieces, checked=checked)


@pytest.mark.parametrize("pieces", [{7: 1}, {100_00: -1}, {100_00: MAX_PIECES + 1}, {0: 1}])
def test_pieces_that_are_not_in_circulation_are_refused(pieces: dict[int, int]) -> None:
    with pytest.raises(AmountInvalid):
        check_pieces(pieces)


@given(fen, st.integers(-1_000_000, 1_000_000), st.integers(-100, 100))
def test_after_a_close_float_and_takings_are_somewhere_else_to_the_fen(
    float_fen: int, takings_fen: int, difference: int
) -> None:
    entry = drawer.closed("d", 7, float_fen=float_fen, takings_fen=takings_fen)
    moved = {line.account: line.amount_fen for line in entry.lines}
    assert moved.get("float:d", 0) == -float_fen
    assert moved.get("cash:d", 0) == -takings_fen
    assert moved.get("bag:7", 0) == max(0, takings_fen)
    assert sum(moved.values()) == 0
    assert sum(line.amount_fen for line in drawer.difference_found("d", difference).lines) == 0


@given(st.integers(1, 1_000_000))
def test_every_movement_sums_to_zero(amount: int) -> None:
    for entry in (
        drawer.float_given("d", amount),
        drawer.dropped("d", amount),
        drawer.handed_in(3, amount),
        drawer.lent("d", 1, amount),
        drawer.counterfeit("cash:d", "张晓", amount),
    ):
        assert [line.amount_fen for line in entry.lines] == [amount, -amount]


@pytest.mark.parametrize("amounts", [(5,), (5, -4), (0, 0)])
def test_an_entry_that_does_not_balance_is_none(amounts: tuple[int, ...]) -> None:
    lines = tuple(Line(account="safe", amount_fen=each) for each in amounts)
    with pytest.raises(AmountInvalid):
        DrawerEntry(kind=DrawerKind.DROP, lines=lines)


def test_a_difference_has_a_comment_and_two_hands_are_two_people_fee_33() -> None:
    check_difference(0, "")
    check_difference(-1, "少一分")
    with pytest.raises(RuleViolation, match="drawer-difference"):
        check_difference(1, "  ")
    check_other_person("张晓", "宋梅", "FEE-33")
    with pytest.raises(RuleViolation, match="same-person"):
        check_other_person("张晓", "张晓", "FEE-33")
