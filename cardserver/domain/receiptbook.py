"""Books of numbered paper: formal receipts and quota invoices, drawn, used up and settled.

A book is a range of numbers printed by the company or the tax office. The cashier hands it out, an
agent draws it, its numbers are used in order without holes, and it goes back to be settled
(FEE-21, FEE-23, FEE-25, PARK-07).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation


@unique
class BookKind(StrEnum):
    """What a book is made of; the kinds never mix (FEE-10)."""

    FORMAL_RECEIPT = "formal-receipt"  # 公司正式收据
    QUOTA_INVOICE = "quota-invoice"  # 服务业定额发票


@unique
class VoidOutcome(StrEnum):
    """What voiding a paper means for the money (FEE-38b)."""

    WRONG_PAPER = "wrong-paper"  # the money was right: another paper with another number
    CANCELLED_ISSUE = "cancelled-issue"  # the card was proved blank again: the money goes back


BOOKS_AT_ONCE: Final = 2
"""FEE-21a: unsettled books of formal receipts one agent may hold."""

MAX_BOOK_SIZE: Final = 1000
MAX_PAPER_NUMBER: Final = 10**12 - 1
MAX_TORN_AT_ONCE: Final = 500
_MAX_TYPED: Final = 2000
_ONE_OR_RANGE: Final = re.compile(r"([0-9]{1,12})(?:-([0-9]{1,12}))?")
_BETWEEN: Final = re.compile(r"[\s,;，、；]+")


def check_book(kind: BookKind, first: int, last: int, denomination_fen: int) -> None:
    """Raise RuleViolation unless such a book can be: ``book-range``, ``book-value``.

    Quota invoices of one book have one value each, `denomination_fen`; a receipt has none.
    """
    if not 1 <= first <= last <= MAX_PAPER_NUMBER or last - first >= MAX_BOOK_SIZE:
        raise RuleViolation("book-range", rule="FEE-21")
    if (denomination_fen > 0) is not (kind is BookKind.QUOTA_INVOICE):
        raise RuleViolation("book-value", rule="PARK-07")


def check_may_draw(kind: BookKind, unsettled: int) -> None:
    """Raise RuleViolation ``two-books`` where the agent holds as many as he may (FEE-21a)."""
    if kind is BookKind.FORMAL_RECEIPT and unsettled >= BOOKS_AT_ONCE:
        raise RuleViolation("two-books", rule="FEE-21")


def check_two_people(giver: str, receiver: str, rule: str = "FEE-21") -> None:
    """Raise RuleViolation ``book-two-people`` where somebody would hand a book out to himself."""
    if giver == receiver:
        raise RuleViolation("book-two-people", rule=rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A drawn book and how far it is used: up to `used_to`, which is dated `last_date`."""

    book_id: int
    kind: BookKind
    label: str
    first: int
    last: int
    denomination_fen: int = 0
    used_to: int | None = None
    last_date: date | None = None

    @property
    def next_number(self) -> int | None:
        """The number that comes now; None when the book is used up."""
        number = self.first if self.used_to is None else self.used_to + 1
        return number if number <= self.last else None

    @property
    def left(self) -> int:
        """How many numbers are blank."""
        return self.last - (self.first - 1 if self.used_to is None else self.used_to)

    def may_be_dated(self, today: date) -> bool:
        """False where today lies before the book's last paper (FEE-28a)."""
        return self.last_date is None or self.last_date <= today


def numbers_left(books: Iterable[Book], today: date) -> int:
    """Blank numbers that may be dated today."""
    return sum(book.left for book in books if book.may_be_dated(today))


def next_number(books: Iterable[Book], today: date) -> int | None:
    """The number that comes now: the book drawn first is used up first."""
    usable = (book.next_number for book in books if book.may_be_dated(today))
    return next((number for number in usable if number is not None), None)


def check_settlement(
    *, counted: tuple[int, int, int, int], known: tuple[int, int, int, int], note: str
) -> None:
    """Compare what the cashier counted with the books: used, void, blank, and fen (FEE-25).

    Raises RuleViolation ``book-differs`` where they differ and no note says why.
    """
    if counted != known and not note:
        raise RuleViolation("book-differs", rule="FEE-25")


# --- quota invoices ------------------------------------------------------------------------------


def read_numbers(typed: str) -> tuple[int, ...]:
    """Numbers as typed or scanned: ``101-103 205``. Raises RuleViolation ``numbers-unreadable``."""
    found: list[int] = []
    parts = [part for part in _BETWEEN.split(typed[:_MAX_TYPED].strip()) if part]
    for part in parts:
        match = _ONE_OR_RANGE.fullmatch(part)
        if match is None:
            raise RuleViolation("numbers-unreadable", rule="PARK-07")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 0 <= last - first < MAX_TORN_AT_ONCE:
            raise RuleViolation("numbers-unreadable", rule="PARK-07")
        found += range(first, last + 1)
    if not found or len(found) > MAX_TORN_AT_ONCE or len(set(found)) < len(found):
        raise RuleViolation("numbers-unreadable", rule="PARK-07")
    return tuple(found)


def numbers_text(numbers: Iterable[int]) -> str:
    """Numbers as people write them, runs drawn together: ``00000101-00000103 00000205``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return " ".join(
        f"{run[0]:08d}" if len(run) == 1 else f"{run[0]:08d}-{run[-1]:08d}" for run in runs
    )


def torn_from(books: Sequence[Book], numbers: Iterable[int]) -> tuple[tuple[Book, int], ...]:
    """Which book each torn-off invoice is from; each book is used in order without holes.

    Raises RuleViolation ``not-your-invoice`` for a number of no book at hand,
    ``invoice-out-of-order`` where the one before it is still in the book.
    """
    expected = {book.book_id: book.next_number for book in books}
    torn = []
    for number in sorted(numbers):
        book = next((each for each in books if each.first <= number <= each.last), None)
        if book is None:
            raise RuleViolation("not-your-invoice", rule="PARK-07")
        if number != expected[book.book_id]:
            raise RuleViolation("invoice-out-of-order", rule="PARK-07")
        expected[book.book_id] = number + 1
        torn.append((book, number))
    return tuple(torn)


def check_equal_value(torn: Iterable[tuple[Book, int]], paid_fen: int) -> None:
    """Raise RuleViolation ``invoices-differ`` unless the invoices are worth what was paid."""
    if sum(book.denomination_fen for book, _ in torn) != paid_fen:
        raise RuleViolation("invoices-differ", rule="PARK-07")


def proposed(books: Sequence[Book], paid_fen: int) -> tuple[int, ...]:
    """Invoices to tear off for an amount, large ones first; none where the books can't make it."""
    numbers: list[int] = []
    rest = paid_fen
    for book in sorted(books, key=lambda each: -each.denomination_fen):
        start = book.next_number
        if start is None or not book.denomination_fen:
            continue
        count = min(rest // book.denomination_fen, book.left)
        numbers += range(start, start + count)
        rest -= count * book.denomination_fen
    return tuple(numbers) if rest == 0 else ()
