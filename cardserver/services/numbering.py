"""Where the numbers of papers come from: receipts from the agent's drawn books, slips from their
own counter. Settling money never fails for lack of a number (FEE-21, FEE-23, FEE-28a, FEE-32).
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Final

from cardserver.db.paperbooks import books_at_hand, receipts_promised
from cardserver.domain.document import DocumentKind
from cardserver.domain.errors import RuleViolation
from cardserver.domain.receiptbook import Book, BookKind, next_number, numbers_left
from cardserver.domain.station import StationKind
from cardserver.domain.tariff import Charge, document_kinds
from cardserver.services.turn import Turn

_LOOK_BACK: Final = timedelta(days=7)
"""Sales left open longer are somebody's to clear up; they take no number any more."""


def number_for(turn: Turn, kind: DocumentKind) -> int | None:
    """The next number of this kind; None where the agent has no book left to take it from."""
    if kind is DocumentKind.FORMAL_RECEIPT:
        return next_number(_receipt_books(turn, turn.caller.operator), turn.today)
    return turn.count(f"document:{kind}")


def check_numbers_left(turn: Turn, charges: Iterable[Charge]) -> None:
    """Before money is taken: is there a receipt for it in the agent's books (FEE-21, FEE-32)?

    Raises RuleViolation ``no-receipt-book``, or ``receipt-date`` where the books hold receipts of
    a later day (FEE-28a).
    """
    at_desk = turn.caller.kind is StationKind.DESK
    if at_desk and DocumentKind.FORMAL_RECEIPT in document_kinds(charges):
        check_left(turn, turn.caller.operator, receipts_promised_by(turn, turn.caller.operator) + 1)


def check_left(turn: Turn, operator: str, needed: int) -> None:
    """Raise RuleViolation unless the agent's books still hold so many receipts."""
    books = _receipt_books(turn, operator)
    if numbers_left(books, turn.today) >= needed:
        return
    if sum(book.left for book in books) >= needed:
        raise RuleViolation("receipt-date", rule="FEE-28a")
    raise RuleViolation("no-receipt-book", rule="FEE-21")


def receipts_promised_by(turn: Turn, operator: str) -> int:
    """How many receipts the agent's open sales will need."""
    midnight = datetime.combine(turn.today, time(), turn.estate.zone)
    return receipts_promised(
        turn.session,
        operator,
        since=turn.now - _LOOK_BACK,
        today=midnight.astimezone(turn.now.tzinfo),
    )


def _receipt_books(turn: Turn, operator: str) -> tuple[Book, ...]:
    return books_at_hand(turn.session, operator, BookKind.FORMAL_RECEIPT)
