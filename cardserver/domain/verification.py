"""Who was checked against what before a card may be authorised (IC-02..06, IC-13, PARK-01)."""

from collections.abc import Collection
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.rights import HolderClass


@unique
class VerificationMethod(StrEnum):
    """Against which record the holder was checked."""

    OWNER_RECORD = "owner-record"  # 业主资料
    PHONE = "phone"  # the owner was called (IC-04); serves on the same day only (IC-04a)
    OWNER_PRESENT = "owner-present"  # replaces the call (IC-04b)
    LEASE = "lease"
    APPLICATION = "application"  # merchants and staff: an approved application


@unique
class Paper(StrEnum):
    """A paper that was shown."""

    ID_CARD = "id-card"
    ID_COPY = "id-copy"
    LEASE = "lease"
    SEALED_APPLICATION = "sealed-application"  # 申请书 with the merchant's seal
    APPLICATION_FORM = "application-form"  # 申请表, filled by the shop affairs head
    APPROVAL = "approval"  # the department head's signature
    DRIVING_LICENCE = "driving-licence"
    VEHICLE_LICENCE = "vehicle-licence"


CARD_PAPERS: Final = {
    HolderClass.OWNER: ("IC-02", frozenset[Paper]()),
    HolderClass.FAMILY: ("IC-03", frozenset[Paper]()),
    HolderClass.TENANT: ("IC-05", frozenset({Paper.LEASE, Paper.ID_COPY})),
    HolderClass.MERCHANT: (
        "IC-06",
        frozenset({Paper.SEALED_APPLICATION, Paper.APPLICATION_FORM, Paper.APPROVAL}),
    ),
    HolderClass.STAFF: ("IC-13", frozenset({Paper.APPROVAL})),
}
"""Papers that a card of each class needs, with the rule that says so."""

PARKING_PAPERS: Final = frozenset({Paper.ID_CARD, Paper.DRIVING_LICENCE, Paper.VEHICLE_LICENCE})
"""PARK-01; a tenant's lease comes on top."""


def check_card_papers(holder_class: HolderClass, seen: Collection[Paper]) -> None:
    """Raise RuleViolation ``paper-missing`` unless all papers for such a card were seen."""
    rule, needed = CARD_PAPERS[holder_class]
    _check(needed, seen, rule)


def check_parking_papers(holder_class: HolderClass, seen: Collection[Paper]) -> None:
    """Raise RuleViolation ``paper-missing`` unless all papers for a parking right were seen."""
    lease = {Paper.LEASE} if holder_class is HolderClass.TENANT else set()
    _check(PARKING_PAPERS | lease, seen, "PARK-01")


def _check(needed: frozenset[Paper], seen: Collection[Paper], rule: str) -> None:
    missing = sorted(needed - set(seen))
    if missing:
        raise RuleViolation("paper-missing", rule=rule, message=f"not seen: {', '.join(missing)}")
