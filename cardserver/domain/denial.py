"""Why a card is blocked. There is one status; the reason beside it says what may be done next.

A card blocked on the suspicion of a copy is no lost card: nobody reported it, it is here to be
looked at, and it may be allowed again once somebody did (IC-21a, docs/security.md).
"""

from enum import StrEnum, unique
from typing import Final

from cardserver.domain.cardreport import ENDED_BY
from cardserver.domain.errors import RuleViolation
from cardserver.domain.tariff import ReplaceReason


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

_GIVEN_BACK: Final = frozenset({Denial.RETURNED, Denial.SWAPPED})
_LOOKED_AT: Final = frozenset({ReplaceReason.FAULTY, ReplaceReason.DAMAGED})

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


def stays_blocked(before: Denial | None, reason: str) -> bool:
    """True where another block changes nothing: what is on file of the card is not said over.

    A suspected copy may still be reported lost.
    """
    return before in GONE or (before is Denial.SUSPECTED and reason != Denial.LOST)


def check_loss_report(before: Denial | None, *, lost: bool) -> None:
    """May this card be reported lost? Once, and not when it was given back.

    `before` is why it is blocked, `lost` that it was reported lost already: form F2 counts a loss
    by its report. Raises RuleViolation ``already-reported-lost``, ``card-dead``.
    """
    if lost:
        raise RuleViolation("already-reported-lost", rule="IC-23a")
    if before in _GIVEN_BACK:
        raise RuleViolation("card-dead", rule="IC-23a", message="it was given back")


def replaced_for(why: Denial | None, *, lost: bool, current: bool) -> frozenset[ReplaceReason]:
    """For which reasons a card may be replaced, by what is on file of it.

    `why` is why it is blocked (None: it is not), `lost` that a loss report is on file, `current`
    that its holder's is. A lost card is replaced as lost and nothing else, any other one by what
    its inspection came to (IC-10a, IC-10b); one that was given back is not.
    """
    if why in _GIVEN_BACK or not current:
        return frozenset()
    if lost:
        return frozenset({ReplaceReason.LOST})
    return frozenset() if why is Denial.FOUND else _LOOKED_AT


def check_replaced_for(
    reason: ReplaceReason, why: Denial | None, *, lost: bool, current: bool
) -> None:
    """Does the reason named for a replacement agree with what is on file of the card?

    Raises RuleViolation ``not-replaceable``, ``no-longer-here``, ``not-reported-lost``,
    ``reported-lost``.
    """
    if reason in replaced_for(why, lost=lost, current=current):
        return
    if why in _GIVEN_BACK:
        raise RuleViolation("not-replaceable", rule="IC-23a", message="it was given back")
    if not current:
        raise RuleViolation("no-longer-here", rule="IC-22")
    if lost:
        raise RuleViolation("reported-lost", rule="IC-10b")
    raise RuleViolation("not-reported-lost", rule="IC-23a")
