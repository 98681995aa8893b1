"""Two accounts of the same money: what differs is found, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.reconciliation import DifferenceKind, Found, Movement, compare

movements = st.lists(
    st.builds(Movement, number=st.sampled_from("ABCDE"), amount_fen=st.integers(-500, 500))
)


def move(number: str, fen: int) -> Movement:
    return Movement(number=number, amount_fen=fen)


def test_one_error_of_each_kind_is_found_and_none_invented() -> None:
    ours = [move("paid", 300), move("odd", 100), move("late", 200), move("back", -50)]
    theirs = [move("paid", 300), move("odd", 150), move("strange", 10), move("back", -50)]
    assert compare(ours, theirs) == [
        Found(number="late", kind=DifferenceKind.NOT_ON_BILL, ours_fen=200, theirs_fen=0),
        Found(number="odd", kind=DifferenceKind.AMOUNT, ours_fen=100, theirs_fen=150),
        Found(number="strange", kind=DifferenceKind.NOT_WITH_US, ours_fen=0, theirs_fen=10),
    ]


def test_a_line_that_stands_twice_on_the_bill_is_seen() -> None:
    [found] = compare([move("A", 300)], [move("A", 300), move("A", 300)])
    assert (found.kind, found.theirs_fen) == (DifferenceKind.AMOUNT, 600)


@given(movements)
def test_an_account_agrees_with_itself_in_any_order(lines: list[Movement]) -> None:
    assert compare(lines, reversed(lines)) == []


@given(movements, movements)
def test_the_differences_explain_the_whole_gap(
    ours: list[Movement], theirs: list[Movement]
) -> None:
    gap = sum(each.amount_fen for each in ours) - sum(each.amount_fen for each in theirs)
    assert sum(found.ours_fen - found.theirs_fen for found in compare(ours, theirs)) == gap
