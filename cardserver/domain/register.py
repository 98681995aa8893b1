"""The card register, form 7.5.1-G01-01-F1: what a row holds and what makes it abnormal (IC-19).

Every act of card business is one row, written in the transaction of the act and never changed
(IC-19d). How rows are chained stands in `cardserver.domain.registerchain`, who signs them in
`cardserver.domain.signature`.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.rights import HolderClass, RightKind
from cardserver.domain.signature import Signer
from cardserver.domain.validity import card_validity
from cardserver.domain.verification import VerificationMethod

FORM_CODE: Final = "7.5.1-G01-01-F1"
FORM_TITLE: Final = "《IC卡发放(异常)情况记录表》"


@unique
class RegisterKind(StrEnum):
    """What was done. The first thirteen are those of IC-19b; the others follow them."""

    NEW_ISSUE = "new-issue"
    EXTENSION = "extension"
    FREE_REPLACEMENT = "free-replacement"
    PAID_REPLACEMENT = "paid-replacement"
    STAFF_ISSUE = "staff-issue"
    STAFF_REAUTHORISED = "staff-reauthorised"  # after a format (IC-18)
    LOSS_REPORT = "loss-report"
    APPRAISAL = "appraisal"
    BLOCK = "block"
    UNBLOCK = "unblock"
    SCRAPPED = "scrapped"  # a blank, or a card that could not be formatted
    WRITE_FAILURE = "write-failure"
    CANCELLED = "cancelled"
    PARKING_ADDED = "parking-added"  # a second right on the same card (PARK-04)
    FORMATTED = "formatted"  # closes the former holder's entry (IC-18a)
    RETURNED = "returned"
    FOUND = "found"  # IC-23a
    SWAPPED = "swapped"
    RIGHTS_ENDED = "rights-ended"  # owner change, end of a lease (IC-22a)
    HANDED_ON = "handed-on"  # a section card inside its section (IC-15a)
    CORRECTION = "correction"  # IC-19d
    UNSIGNED = "unsigned"  # found open at the end of a shift (IC-19c)


@unique
class AbnormalReason(StrEnum):
    """Why a row counts as abnormal (IC-19c)."""

    PHONE_CONFIRMED = "phone-confirmed"
    MERCHANT_LENGTH = "merchant-length"  # other than one year (IC-06a)
    FREE_REPLACEMENT = "free-replacement"
    LOSS = "loss"
    DAMAGE = "damage"
    WRITE_FAILURE = "write-failure"
    SCRAPPED = "scrapped"
    CANCELLED = "cancelled"
    HEAD_OVERRIDE = "head-override"
    UNSIGNED = "unsigned"


@unique
class Correctable(StrEnum):
    """What a correction may put right; what the card and the ledger say is not among it."""

    HOLDER_NAME = "holder-name"
    RELATION = "relation"
    UNIT = "unit"
    PROOF = "proof"
    RECEIPT = "receipt"
    APPROVER = "approver"
    REMARK = "remark"


ISSUED: Final = frozenset(
    {RegisterKind.NEW_ISSUE, RegisterKind.STAFF_ISSUE, RegisterKind.STAFF_REAUTHORISED}
)
"""Rows of cards written for the first time (IC-17)."""

REPLACED: Final = frozenset({RegisterKind.FREE_REPLACEMENT, RegisterKind.PAID_REPLACEMENT})
TAKEN: Final = (
    ISSUED
    | REPLACED
    | {
        RegisterKind.EXTENSION,
        RegisterKind.PARKING_ADDED,
        RegisterKind.SWAPPED,
        RegisterKind.HANDED_ON,
    }
)
"""Rows that somebody signs, because a card goes into his hands (IC-07, IC-12b, IC-15)."""

_ABNORMAL: Final = {
    RegisterKind.FREE_REPLACEMENT: AbnormalReason.FREE_REPLACEMENT,
    RegisterKind.LOSS_REPORT: AbnormalReason.LOSS,
    RegisterKind.SCRAPPED: AbnormalReason.SCRAPPED,
    RegisterKind.WRITE_FAILURE: AbnormalReason.WRITE_FAILURE,
    RegisterKind.CANCELLED: AbnormalReason.CANCELLED,
    RegisterKind.UNSIGNED: AbnormalReason.UNSIGNED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredRight:
    """A right as the row shows it; `last` is its last day."""

    kind: RightKind
    zones: int
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the act stands on: against what was checked, papers seen, records and approvals by id.

    `paper_folder` says where the copies lie.
    """

    method: VerificationMethod | None = None
    papers: tuple[str, ...] = ()
    verification_id: str = ""
    phone_record_id: str = ""
    approval_id: str = ""
    appraisal: str = ""
    paper_folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What a correction puts right: which column, what stood there, what is true."""

    column: Correctable
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """One row as an act hands it in; number, time, station and operator come with the entering.

    `valid_from` and `valid_to` are the inclusive days the act is about, `chip` is the UID in hex,
    `fee_fen` what was paid, `receipt` the number on the paper. `signer` is who has to sign and
    `recipient` his name; None where no card changes hands. `approver` is who allowed it beside
    the operator, `refers_to` the number of an earlier row. `abnormal` are reasons beyond those
    that follow from the rest (`abnormal_reasons`).
    """

    kind: RegisterKind
    holder_id: int | None = None
    holder_name: str = ""
    holder_class: HolderClass | None = None
    unit: str = ""
    relation: str = ""
    card_number: int | None = None
    chip: str = ""
    former_card: int | None = None
    rights: tuple[EnteredRight, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    proof: Proof = field(default_factory=Proof)
    fee_fen: int = 0
    receipt: str = ""
    abnormal: frozenset[AbnormalReason] = frozenset()
    signer: Signer | None = None
    recipient: str = ""
    approver: str = ""
    remark: str = ""
    refers_to: int | None = None
    operation_id: str | None = None
    amendment: Amendment | None = None


def abnormal_reasons(entry: RegisterEntry) -> tuple[AbnormalReason, ...]:
    """All reasons that make a row abnormal, in a fixed order; none for a plain one (IC-19c)."""
    found = set(entry.abnormal)
    if entry.kind in _ABNORMAL:
        found.add(_ABNORMAL[entry.kind])
    if entry.kind in TAKEN and entry.proof.method is VerificationMethod.PHONE:
        found.add(AbnormalReason.PHONE_CONFIRMED)
    if _odd_length(entry):
        found.add(AbnormalReason.MERCHANT_LENGTH)
    return tuple(reason for reason in AbnormalReason if reason in found)


def _odd_length(entry: RegisterEntry) -> bool:
    """IC-06a: a merchant's card for anything but a year."""
    given = entry.kind in {RegisterKind.NEW_ISSUE, RegisterKind.EXTENSION}
    if not given or entry.holder_class is not HolderClass.MERCHANT:
        return False
    if entry.valid_from is None or entry.valid_to is None:
        return False
    return entry.valid_to != card_validity(entry.valid_from, 1).last
