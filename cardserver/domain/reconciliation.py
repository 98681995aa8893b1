"""The daily comparison of three accounts: our ledger, the counted cash, the provider's bill.

Where they differ, the difference stands on file with its day until a person has taken it and said
what it was. Amounts are signed fen: what came in is positive, what went back negative.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class DifferenceKind(StrEnum):
    """What differs."""

    NOT_ON_BILL = "not-on-bill"  # we have it, the provider's bill does not
    NOT_WITH_US = "not-with-us"  # the other way round
    AMOUNT = "amount"
    COUNT = "count"  # a cash box held something else than the ledger says
    MACHINE = "machine"  # …than the machine itself says


@unique
class DifferenceWord(StrEnum):
    """What people, or the next day's bill, did about a difference."""

    TAKEN = "taken"  # somebody answers for it now
    SETTLED = "settled"  # what it was is known; `remark` says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One line of either side, of a payment or of its refund; `number` is ours of the payment."""

    number: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One difference between the two sides."""

    number: str
    kind: DifferenceKind
    ours_fen: int
    theirs_fen: int


def compare(ours: Iterable[Movement], theirs: Iterable[Movement]) -> list[Found]:
    """Where the two differ, by number. A number that stands twice on one side counts twice."""
    our_sums, their_sums = _summed(ours), _summed(theirs)
    return [
        Found(
            number=number,
            kind=_kind(number in our_sums, number in their_sums),
            ours_fen=our_sums[number],
            theirs_fen=their_sums[number],
        )
        for number in sorted({*our_sums, *their_sums})
        if our_sums[number] != their_sums[number]
    ]


def _summed(movements: Iterable[Movement]) -> Counter[str]:
    sums = Counter[str]()
    for each in movements:
        sums[each.number] += each.amount_fen
    return sums


def _kind(with_us: bool, with_them: bool) -> DifferenceKind:
    if not with_them:
        return DifferenceKind.NOT_ON_BILL
    return DifferenceKind.AMOUNT if with_us else DifferenceKind.NOT_WITH_US
