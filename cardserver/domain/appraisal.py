"""What became of a card that is to be replaced: looked at, recorded, judged (IC-10a, IC-16).

For staff one of the two heads appraises, always. For customers the agent records what was
inspected; in doubt a head decides.
"""

from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.rights import HolderClass
from cardserver.domain.tariff import ReplaceReason


@unique
class Finding(StrEnum):
    """What the inspection came to."""

    LOST = "lost"
    MAN_MADE = "man-made"  # 人为损坏
    NOT_MAN_MADE = "not-man-made"  # 非人为损坏
    IN_DOUBT = "in-doubt"  # a head decides


REASON_OF: Final = {
    Finding.LOST: ReplaceReason.LOST,
    Finding.MAN_MADE: ReplaceReason.DAMAGED,
    Finding.NOT_MAN_MADE: ReplaceReason.FAULTY,
}
"""The reason of the replacement, and with it the price, follows from the finding."""


def needs_head(holder_class: HolderClass, finding: Finding, before: Finding | None) -> bool:
    """Is this finding the word of a head? `before` is the latest one on the same card."""
    if holder_class is HolderClass.STAFF:
        return True
    return before is Finding.IN_DOUBT and finding is not Finding.IN_DOUBT


def check_appraised(
    holder_class: HolderClass, reason: ReplaceReason, finding: Finding | None
) -> None:
    """May a card of this class be replaced for this reason, on this finding?

    A customer's lost card is not there to be looked at; everything else is inspected first.
    Raises RuleViolation ``appraisal-missing``, ``inspection-missing``, ``inspection-in-doubt``,
    ``appraisal-differs``.
    """
    staff = holder_class is HolderClass.STAFF
    if finding is None:
        if staff:
            raise RuleViolation("appraisal-missing", rule="IC-16")
        if reason is not ReplaceReason.LOST:
            raise RuleViolation("inspection-missing", rule="IC-10a")
        return
    if finding is Finding.IN_DOUBT:
        raise RuleViolation("inspection-in-doubt", rule="IC-16a" if staff else "IC-10a")
    if REASON_OF[finding] is not reason:
        rule = "IC-16" if staff else "IC-10a"
        raise RuleViolation("appraisal-differs", rule=rule, message=f"it was found {finding}")
