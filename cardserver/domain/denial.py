"""Why a card is blocked. There is one status; the reason beside it says what may be done next.

A card blocked on the suspicion of a copy is no lost card: nobody reported it, it is here to be
looked at, and it may be allowed again once somebody did (IC-21a, docs/security.md).
"""

from enum import StrEnum, unique
from typing import Final

from cardserver.domain.cardreport import ENDED_BY
from cardserver.domain.errors import RuleViolation


@unique
class Denial(StrEnum):
    """Why a card is blocked; stable, the key of its words."""

    LOST = "lost"  # reported lost (IC-23a)
    FOUND = "found"  # brought by somebody: it is formatted
    RETURNED = "returned"
    SWAPPED = "swapped"
    REPLACING = "being-replaced"  # the replacement that was begun is not written yet
    HOLDER_ENDED = "holder-ended"  # the holder's last day has passed (IC-22a, IC-13a)
    SUSPECTED = "clone-suspected"  # gates saw its number twice, or going up
    NOT_KNOWN = "content-not-known"  # a write was given up; nobody knows what it carries
    DECIDED = "decided"  # a person said so, in words of the own


GONE: Final = frozenset(Denial(word) for word in ENDED_BY.values())
"""Reported lost, found or given back: such a card is formatted and never allowed again (IC-23a)."""

FOUND_AGAIN: Final = "found"
"""What a desk says of a card that it allows again without any words."""

BEING_REPLACED: Final = "being replaced"
"""As stores have it, of a card whose replacement was begun."""

_TOLD: Final = {str(denial): denial for denial in Denial} | {BEING_REPLACED: Denial.REPLACING}


def denial_of(reason: str) -> Denial | None:
    """What the stored reason of a block stands for; None where it is somebody's own words."""
    return _TOLD.get(reason)


def check_looked_at(reason: str, words: str) -> None:
    """A suspected card is allowed again by whoever looked at it and says what was seen.

    `reason` is that of the block, `words` those of the one who allows it. Raises RuleViolation
    ``suspicion-not-looked-at``.
    """
    if reason == Denial.SUSPECTED and words == FOUND_AGAIN:
        raise RuleViolation("suspicion-not-looked-at", rule="IC-21a")
