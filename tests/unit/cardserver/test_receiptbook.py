"""Books of numbered paper: who may draw what, which number comes next, what is worth what."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.errors import RuleViolation
from cardserver.domain.receiptbook import (
    MAX_BOOK_SIZE,
    MAX_PAPER_NUMBER,
    Book,
    BookKind,
    check_book,
    check_equal_value,
    check_may_draw,
    check_settlement,
    check_two_people,
    next_number,
    numbers_left,
    numbers_text,
    proposed,
    read_numbers,
    torn_from,
)
from tests.databases.frontdesk import refused

RECEIPTS, INVOICES = BookKind.FORMAL_RECEIPT, BookKind.QUOTA_INVOICE
TODAY = date(2025, 6, 9)


def book(first: int = 1, last: int = 50, **more: object) -> Book:
    known = {"book_id": first, "kind": INVOICES, "label": "x", "first": first, "last": last}
    return Book(**{**known, **more})  # type: ignore[arg-type]


def test_two_books_of_receipts_at_once_and_no_third_fee_21() -> None:
    check_may_draw(RECEIPTS, 1)
    with refused("two-books", "FEE-21"):
        check_may_draw(RECEIPTS, 2)
    check_may_draw(INVOICES, 7)


def test_nobody_hands_a_book_to_himself_fee_21() -> None:
    check_two_people("钱静", "张晓")
    with refused("book-two-people", "FEE-21"):
        check_two_people("张晓", "张晓")


@pytest.mark.parametrize(
    ("first", "last"), [(0, 9), (9, 8), (1, MAX_BOOK_SIZE + 1), (1, 10**13), (-5, 5)]
)
def test_a_book_is_a_range_that_can_be_printed_fee_21(first: int, last: int) -> None:
    with refused("book-range", "FEE-21"):
        check_book(RECEIPTS, first, last, 0)


def test_only_invoices_have_a_value_each_park_07() -> None:
    check_book(INVOICES, 1, 50, 100_00)
    for kind, fen in ((RECEIPTS, 100), (INVOICES, 0)):
        with refused("book-value", "PARK-07"):
            check_book(kind, 1, 50, fen)


def test_the_book_drawn_first_is_used_up_first_fee_23() -> None:
    books = (book(1, 3, used_to=2), book(10, 12))
    assert (next_number(books, TODAY), numbers_left(books, TODAY)) == (3, 4)
    books = (book(1, 3, used_to=3), book(10, 12))
    assert next_number(books, TODAY) == 10
    assert next_number((book(1, 3, used_to=3),), TODAY) is None
    assert next_number((), TODAY) is None


def test_dates_in_a_book_run_on_fee_28a() -> None:
    later = book(1, 9, used_to=4, last_date=date(2025, 6, 10))
    assert next_number((later,), TODAY) is None
    assert next_number((later, book(20, 29)), TODAY) == 20
    assert next_number((later,), date(2025, 6, 10)) == 5


def test_a_count_that_differs_needs_a_note_fee_25() -> None:
    check_settlement(counted=(1, 0, 49, 2000), known=(1, 0, 49, 2000), note="")
    check_settlement(counted=(1, 0, 48, 2000), known=(1, 0, 49, 2000), note="一张缺失")
    with refused("book-differs", "FEE-25"):
        check_settlement(counted=(1, 0, 48, 2000), known=(1, 0, 49, 2000), note="")


@given(st.sets(st.integers(1, MAX_PAPER_NUMBER), min_size=1, max_size=60))
def test_numbers_are_read_as_they_are_written_park_07(numbers: set[int]) -> None:
    assert read_numbers(numbers_text(numbers)) == tuple(sorted(numbers))


@given(st.text(max_size=60))
def test_whatever_is_typed_is_numbers_or_refused_in_words(typed: str) -> None:
    with contextlib.suppress(RuleViolation):
        numbers = read_numbers(typed)
        assert len(set(numbers)) == len(numbers) > 0


@pytest.mark.parametrize("typed", ["", "x", "5-3", "1-501", "7 7", "1--2", "0x5", "1-2-3", "１２"])
def test_a_slip_of_the_finger_is_no_number(typed: str) -> None:
    with refused("numbers-unreadable", "PARK-07"):
        read_numbers(typed)


def test_numbers_may_be_typed_with_any_comma_or_scanned_line_by_line() -> None:
    assert read_numbers("12，14-16;20\n21、 22") == (12, 14, 15, 16, 20, 21, 22)


def test_invoices_are_torn_off_in_order_and_from_books_at_hand_park_07() -> None:
    books = (book(1, 50, used_to=3, denomination_fen=100_00), book(90, 99, denomination_fen=50_00))
    torn = torn_from(books, (90, 5, 4))
    assert [number for _, number in torn] == [4, 5, 90]
    check_equal_value(torn, 250_00)
    with refused("invoices-differ", "PARK-07"):
        check_equal_value(torn, 300_00)
    for numbers, reason in (
        ((3,), "invoice-out-of-order"),
        ((5,), "invoice-out-of-order"),
        ((4, 6), "invoice-out-of-order"),
        ((51,), "not-your-invoice"),
    ):
        with refused(reason, "PARK-07"):
            torn_from(books, numbers)


@given(st.integers(1, 3000), st.lists(st.sampled_from((1, 5, 10, 50, 100)), unique=True))
def test_what_is_proposed_is_worth_what_was_paid_park_07(yuan: int, values: list[int]) -> None:
    books = [
        book(1000 * place + 1, 1000 * place + 20, denomination_fen=value * 100)
        for place, value in enumerate(values)
    ]
    numbers = proposed(books, yuan * 100)
    if numbers:
        check_equal_value(torn_from(books, numbers), yuan * 100)
