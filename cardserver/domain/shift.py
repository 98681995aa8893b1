"""A shift: one operator's money at one desk, from its float to its Z report."""

from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation


@unique
class ShiftState(StrEnum):
    """Where a shift stands."""

    OPEN = "open"
    CLOSED = "closed"


@unique
class HoldKind(StrEnum):
    """Why a shift can't close yet (FEE-32)."""

    MONEY = "money"  # held or owed back for a sale, or change not given
    OPERATION = "operation"  # a card nobody ended
    PAPER = "paper"  # a document without hand-over state
    REGISTER = "register"  # a row nobody signed: it may stay open, but is seen
    FILING = "filing"  # papers nobody filed: the same


HOLDING: Final = frozenset({HoldKind.MONEY, HoldKind.OPERATION, HoldKind.PAPER})
"""What must be ended; the rest is acknowledged and stays open (IC-07a, PARK-08a)."""


@unique
class SuspenseOutcome(StrEnum):
    """How money in suspense (待核对) was settled, by a person and on evidence."""

    EARNED = "earned"  # the card carries what was paid
    HANDED_BACK = "handed-back"
    KEPT = "kept"  # nobody is owed it, for a reason
    CREDITED = "credited"  # a note that could not be found was taken
    RETURNED = "returned"  # …or had gone back


def check_difference(difference_fen: int, comment: str) -> None:
    """A difference has a comment. Raises RuleViolation ``drawer-difference``."""
    if difference_fen and not comment.strip():
        raise RuleViolation("drawer-difference", rule="FEE-33")


def check_other_person(giver: str, taker: str, rule: str) -> None:
    """Two hands are two people. Raises RuleViolation ``same-person``."""
    if giver == taker:
        raise RuleViolation("same-person", rule=rule)
