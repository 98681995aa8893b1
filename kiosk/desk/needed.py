"""What a step of the business asks for: which papers must be seen, and the rule behind it."""

from typing import Final

from cardserver.domain.operation import OperationKind
from cardserver.domain.rights import HolderClass
from cardserver.domain.verification import (
    CARD_PAPERS,
    PARKING_PAPERS,
    Paper,
    check_card_papers,
    check_parking_papers,
)
from kiosk.desk.business import Business, Phase

_PAPERED: Final = frozenset({OperationKind.ISSUE, OperationKind.EXTEND, OperationKind.ADD_PARKING})
"""A replacement needs the person, not the papers: its rights are those already given."""

_RULES: Final = {
    Phase.PRICE: "FEE-01",
    Phase.MONEY: "FEE-03",
    Phase.PAPER: "IC-07",
    Phase.EXPLAIN: "IC-08",
}
_VERIFIED_BY: Final = {
    OperationKind.EXTEND: "IC-12a",
    OperationKind.REPLACE: "IC-10a",
}


def _papered(business: Business) -> bool:
    return business.kind in _PAPERED or business.full_period


def papers_needed(business: Business | None) -> list[Paper]:
    """Papers that must be seen for the business at hand, in a fixed order."""
    if business is None or not _papered(business):
        return []
    holder_class = business.holder.holder_class
    if business.first_parking:
        lease = {Paper.LEASE} if holder_class is HolderClass.TENANT else set()
        needed = PARKING_PAPERS | lease
    else:
        needed = CARD_PAPERS[holder_class][1]
    return [paper for paper in Paper if paper in needed]


def check_papers(business: Business | None, seen: list[Paper]) -> None:
    """Raise RuleViolation while a paper is missing: before money is taken, not after."""
    if business is None or business.phase is not Phase.VERIFY or not _papered(business):
        return
    if business.first_parking:
        check_parking_papers(business.holder.holder_class, seen)
    else:
        check_card_papers(business.holder.holder_class, seen)


def rule_of(business: Business | None, phase: Phase) -> str:
    """The requirement behind a step of this business; empty where there is none to name."""
    if business is None:
        return ""
    if phase is Phase.VERIFY:
        if business.first_parking or business.full_period:
            return "PARK-01" if business.first_parking else "IC-11a"
        first_issue = CARD_PAPERS[business.holder.holder_class][0]
        return _VERIFIED_BY.get(business.kind, first_issue)
    if phase is Phase.INSPECT:
        return "IC-16" if business.holder.holder_class is HolderClass.STAFF else "IC-10a"
    if phase is Phase.CARD and business.kind is OperationKind.FORMAT:
        return "IC-18"
    return _RULES.get(phase, "")
