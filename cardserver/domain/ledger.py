"""The double-entry book of the estate: every entry moves fen between accounts and sums to zero.

Debit is positive. ``cash:<station>`` is money in a drawer or stacker, ``customer:<sale>`` what we
hold for one sale, ``income:…`` what was earned, ``refund-payable`` what must be handed back,
``suspense`` (待核对) what a person must decide, ``unconfirmed:<station>`` a note nobody can find.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import AmountInvalid
from cardserver.domain.money import check_amount
from cardserver.domain.tariff import Charge

REFUND_PAYABLE: Final = "refund-payable"
SUSPENSE: Final = "suspense"
CASH: Final = "cash:"
UNCONFIRMED: Final = "unconfirmed:"
CUSTOMER: Final = "customer:"
INCOME: Final = "income:"


@unique
class EntryKind(StrEnum):
    """Why an entry was made."""

    TENDER = "tender"
    CHANGE = "change"
    SETTLE = "settle"
    OWED_BACK = "owed-back"
    REFUND = "refund"
    SUSPEND = "suspend"
    UNKNOWN = "unknown"  # a note that may or may not have been taken
    FOUND = "found"  # …and what became of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One side of an entry; never zero."""

    account: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Lines that sum to zero. Raises AmountInvalid for anything else."""

    kind: EntryKind
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if not self.lines or any(line.amount_fen == 0 for line in self.lines):
            raise AmountInvalid("an entry needs lines, and a line an amount")
        if sum(line.amount_fen for line in self.lines) != 0:
            raise AmountInvalid("an entry sums to zero")


def _move(kind: EntryKind, amount_fen: int, *, debit: str, credit: str) -> Entry:
    check_amount(amount_fen)
    lines = (
        Line(account=debit, amount_fen=amount_fen),
        Line(account=credit, amount_fen=-amount_fen),
    )
    return Entry(kind=kind, lines=lines)


def tendered(station: str, sale: str, fen: int) -> Entry:
    """Money came in for a sale."""
    return _move(EntryKind.TENDER, fen, debit=CASH + station, credit=CUSTOMER + sale)


def change_given(station: str, sale: str, fen: int) -> Entry:
    """Change was handed out."""
    return _move(EntryKind.CHANGE, fen, debit=CUSTOMER + sale, credit=CASH + station)


def earned(sale: str, charges: Sequence[Charge]) -> Entry:
    """The card carries what was paid."""
    total = sum(charge.amount_fen for charge in charges)
    lines = [Line(account=CUSTOMER + sale, amount_fen=total)]
    lines += [
        Line(account=INCOME + charge.item, amount_fen=-charge.amount_fen) for charge in charges
    ]
    return Entry(kind=EntryKind.SETTLE, lines=tuple(lines))


def owed_back(sale: str, fen: int) -> Entry:
    """The sale came to nothing; what was paid must be handed back."""
    return _move(EntryKind.OWED_BACK, fen, debit=CUSTOMER + sale, credit=REFUND_PAYABLE)


def refunded(station: str, fen: int) -> Entry:
    """Money was handed back."""
    return _move(EntryKind.REFUND, fen, debit=REFUND_PAYABLE, credit=CASH + station)


def suspended(sale: str, fen: int) -> Entry:
    """Nobody can prove what is on the card (待核对)."""
    return _move(EntryKind.SUSPEND, fen, debit=CUSTOMER + sale, credit=SUSPENSE)


def note_unknown(station: str, fen: int) -> Entry:
    """A note was being taken and nobody can say where it is (待核对)."""
    return _move(EntryKind.UNKNOWN, fen, debit=UNCONFIRMED + station, credit=SUSPENSE)


def note_found(station: str, fen: int) -> Entry:
    """The doubt about a note is over; what it was is booked beside this."""
    return _move(EntryKind.FOUND, fen, debit=SUSPENSE, credit=UNCONFIRMED + station)
