"""The double-entry book of the estate: every entry moves fen between accounts and sums to zero.

Debit is positive. ``cash:<station>`` is money in a drawer or stacker, ``customer:<sale>`` what we
hold for one sale, ``income:…`` what was earned, ``refund-payable`` what must be handed back,
``suspense`` (待核对) what a person must decide, ``unconfirmed:<station>`` a note nobody can find.
``provider:<name>`` is money that a payment provider took for us, ``refunding:<name>`` what is on
its way back through it. ``credit:<card>`` is what we owe to a card for its next top-up, under the
number of the first card of its line: what replaces a card carries its credit on (FEE-04a).
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
BANK: Final = "bank"
"""Where money lies that no station took: ``cash:bank``."""

UNCONFIRMED: Final = "unconfirmed:"
PROVIDER: Final = "provider:"
REFUNDING: Final = "refunding:"
CUSTOMER: Final = "customer:"
INCOME: Final = "income:"
CREDIT: Final = "credit:"


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


def collected(sale: str, fen: int) -> Entry:
    """The bank collected money for a sale (PARK-10a)."""
    return tendered(BANK, sale, fen)


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


def unearned(charges: Sequence[Charge]) -> Entry:
    """What was earned by an issue that was cancelled in the same visit is owed back (FEE-38b)."""
    total = sum(charge.amount_fen for charge in charges)
    lines = [Line(account=INCOME + charge.item, amount_fen=charge.amount_fen) for charge in charges]
    lines.append(Line(account=REFUND_PAYABLE, amount_fen=-total))
    return Entry(kind=EntryKind.OWED_BACK, lines=tuple(lines))


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


def suspense_earned(charges: Sequence[Charge], fen: int) -> Entry:
    """A person found that the card carries what was paid; `fen` is all that stood in suspense."""
    named = [(INCOME + charge.item, charge.amount_fen) for charge in charges]
    if sum(amount for _, amount in named) != fen:
        named = [(INCOME + charges[0].item, fen)]
    lines = [Line(account=account, amount_fen=-amount) for account, amount in named if amount]
    return Entry(kind=EntryKind.SETTLE, lines=(Line(account=SUSPENSE, amount_fen=fen), *lines))


def suspense_handed_back(station: str, fen: int) -> Entry:
    """What stood in suspense was handed back in cash."""
    return _move(EntryKind.REFUND, fen, debit=SUSPENSE, credit=CASH + station)


def suspense_kept(fen: int) -> Entry:
    """Nobody is owed what stood in suspense."""
    return _move(EntryKind.SETTLE, fen, debit=SUSPENSE, credit=INCOME + "kept")


# --- payment providers: `provider` is the provider's name ----------------------------------------


def provider_paid(provider: str, sale: str, fen: int) -> Entry:
    """The provider says that an order for a sale was paid."""
    return _move(EntryKind.TENDER, fen, debit=PROVIDER + provider, credit=CUSTOMER + sale)


def sent_back(provider: str, sale: str, fen: int) -> Entry:
    """Nothing comes of a payment: it goes back the way it came."""
    return _move(EntryKind.OWED_BACK, fen, debit=CUSTOMER + sale, credit=REFUNDING + provider)


def suspense_sent_back(provider: str, fen: int) -> Entry:
    """What stood in suspense goes back the way it came."""
    return _move(EntryKind.OWED_BACK, fen, debit=SUSPENSE, credit=REFUNDING + provider)


def provider_refunded(provider: str, fen: int) -> Entry:
    """The provider says that the money is back with its payer."""
    return _move(EntryKind.REFUND, fen, debit=REFUNDING + provider, credit=PROVIDER + provider)


def set_aside(provider: str, fen: int) -> Entry:
    """It can not go back through the provider, or nobody knows whose it is (待核对)."""
    return _move(EntryKind.SUSPEND, fen, debit=REFUNDING + provider, credit=SUSPENSE)


# --- a card's credit: `card` is the number of the first card of its line -------------------------


def credit_account(card: int) -> str:
    """The account of what we owe to a card and to those that replace it."""
    return f"{CREDIT}{card}"


def rest_kept(card: int, sale: str, fen: int) -> Entry:
    """What was paid beyond the price becomes the card's credit: change that is not handed out."""
    return _move(EntryKind.CHANGE, fen, debit=CUSTOMER + sale, credit=credit_account(card))


def credit_used(card: int, sale: str, fen: int) -> Entry:
    """The card's credit pays the first part of a sale."""
    return _move(EntryKind.TENDER, fen, debit=credit_account(card), credit=CUSTOMER + sale)


def credit_given_back(card: int, sale: str, fen: int) -> Entry:
    """The sale came to nothing: what the card's credit had paid is credit again."""
    return _move(EntryKind.OWED_BACK, fen, debit=CUSTOMER + sale, credit=credit_account(card))
