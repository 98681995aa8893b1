"""What people report of cards beside the counter's writing: lost, found, given back, swapped."""

from datetime import date
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.card import Card
from cardserver.domain.errors import RuleViolation
from cardserver.domain.rights import CardStatus, RightKind


@unique
class ReportKind(StrEnum):
    """What is reported."""

    LOST = "lost"  # 挂失: blocked at once, whoever of the household reports it (IC-23a)
    FOUND = "found"  # somebody brought a lost card: it is formatted, never allowed again (IC-23a)
    RETURNED = "returned"  # 退卡: its rights end, the card goes back to the blanks
    SWAPPED = "swapped"  # given back so that it can be issued to another of the household


@unique
class Reporter(StrEnum):
    """Who reports."""

    HOLDER = "holder"
    OWNER = "owner"
    HEAD = "head"  # of the section, for a section card (IC-15a)
    FINDER = "finder"


ENDED_BY: Final = {
    ReportKind.LOST: "lost",
    ReportKind.FOUND: "found",
    ReportKind.RETURNED: "returned",
    ReportKind.SWAPPED: "swapped",
}
"""The reason of the block that each report brings."""

_OF_THE_HOUSEHOLD: Final = frozenset({Reporter.HOLDER, Reporter.OWNER, Reporter.HEAD})


def check_report(card: Card, kind: ReportKind, reporter: Reporter, today: date) -> None:
    """May this be reported of this card?

    A finder may only bring a card; paid parking is carried on to another card before this one is
    given back (IC-18a). Raises RuleViolation ``not-the-finder``, ``card-dead``, ``parking-paid``.
    """
    if kind is not ReportKind.FOUND and reporter not in _OF_THE_HOUSEHOLD:
        raise RuleViolation("not-the-finder", rule="IC-23a")
    if kind is ReportKind.FOUND:
        if card.status in {CardStatus.RETURNED, CardStatus.SCRAPPED}:
            raise RuleViolation("already-formatted", rule="IC-18")
        return
    if card.status not in {CardStatus.LIVE, CardStatus.BLOCKED}:
        raise RuleViolation("card-dead", rule="IC-23a", message=f"the card is {card.status}")
    if kind in {ReportKind.RETURNED, ReportKind.SWAPPED}:
        parking = card.rights.get(RightKind.PARKING)
        if parking is not None and today < parking.period.after_last:
            raise RuleViolation("parking-paid", rule="IC-18a")


def check_may_allow_again(reported: frozenset[ReportKind]) -> None:
    """A card reported lost, found or given back is formatted, not allowed again (IC-23a)."""
    if reported:
        raise RuleViolation("lost-not-allowed-again", rule="IC-23a")
