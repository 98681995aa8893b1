"""What has to be on file of a person before a card may hang on it, by class of holder.

Rules of filing only; what a card of each class needs is in `cardserver.domain.plan` and
`cardserver.domain.verification`.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import mask_phone, mask_tail
from cardserver.domain.rights import HolderClass


@unique
class FileAct(StrEnum):
    """What was done to a file (`file_change.act`)."""

    FILED = "filed"
    CHANGED = "changed"
    ENDED = "ended"
    REOPENED = "reopened"
    TRANSFERRED = "transferred"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """All that stands on file of a person. Dates are last days, but `lease_start` is a first.

    `relation` is a family member's to the owner, or an occupant's to the company (IC-03a, IC-23a);
    `principal_id` the tenant on whose lease a tenant's family stands (IC-05b).
    """

    name: str
    holder_class: HolderClass
    unit_id: int | None = None
    phone: str = ""
    id_number: str = ""
    relation: str = ""
    company: bool = False
    lease_number: str = ""
    lease_start: date | None = None
    lease_end: date | None = None
    principal_id: int | None = None
    contract_end: date | None = None
    section: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The tenant who signed the lease, as far as his family's file depends on him."""

    unit_id: int | None
    is_tenant: bool
    current: bool
    lease_end: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is on file around a person: current owners of the unit, the tenant he stands by."""

    today: date
    owners: int = 0
    co_owner: bool = False
    principal: Principal | None = None


SENSITIVE: Final = {"phone": mask_phone, "id_number": mask_tail}
"""Fields that stand in the history masked (IC-23b)."""

_HOMES: Final = frozenset(
    {HolderClass.OWNER, HolderClass.FAMILY, HolderClass.TENANT, HolderClass.MERCHANT}
)


_PHONE: Final = re.compile(r"\+?[0-9](?:[ -]?[0-9]){4,19}")
_RESIDENT_ID: Final = re.compile(r"[0-9]{17}[0-9X]")
_OTHER_ID: Final = re.compile(r"[0-9A-Z()/-]{5,24}")
"""A passport, a permit, or a company's credit code."""

_NEARLY_RESIDENT: Final = 14


def plain_phone(text: str) -> str:
    """A phone number as kept: half-width. Raises RuleViolation ``phone-unclear``."""
    phone = unicodedata.normalize("NFKC", text).strip()
    if phone and not _PHONE.fullmatch(phone):
        raise RuleViolation("phone-unclear", rule="IC-04a")
    return phone


def plain_id_number(text: str) -> str:
    """An identity or credit number as kept: half-width capitals. Raises ``id-number-unclear``."""
    number = unicodedata.normalize("NFKC", text).replace(" ", "").upper()
    if not number or _RESIDENT_ID.fullmatch(number):
        return number
    digits_off = number.isdigit() and len(number) >= _NEARLY_RESIDENT  # one was lost or doubled
    if digits_off or not _OTHER_ID.fullmatch(number):
        raise RuleViolation("id-number-unclear", rule="IC-02a")
    return number


def is_current(ends: date | None, today: date) -> bool:
    """True while a person belongs to the estate; `ends` is the last day of it."""
    return ends is None or ends >= today


_MISLEADING: Final = re.compile(
    r"[\x80-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]"
)
"""Nobody sees them, or they turn round what stands beside them: on a screen or a paper it would be
another name. (Joiners and variants of a character are left alone: names are written with them.)
"""

_SEEN: Final = frozenset("LNPS")
"""First letters of the categories of characters that leave something on the paper."""


def is_readable(name: str) -> bool:
    """True for a name that people can read as it is."""
    seen = any(unicodedata.category(each)[0] in _SEEN for each in name)
    return seen and _MISLEADING.search(name) is None


def readable(name: str) -> str:
    """A name that people can read. Raises RuleViolation ``name-unclear``."""
    if not is_readable(name):
        raise RuleViolation("name-unclear", rule="IC-03a")
    return name


def check_details(details: Details, around: Around) -> None:
    """Raise RuleViolation for a file that lacks what its class of holder needs."""
    if details.holder_class in _HOMES and details.unit_id is None:
        raise RuleViolation("unit-missing", rule="IC-03a")
    if details.company and details.holder_class is not HolderClass.OWNER:
        raise RuleViolation("company-not-owner", rule="IC-23a")
    _CHECKS[details.holder_class](details, around)


def _check_owner(_: Details, around: Around) -> None:
    if around.owners and not around.co_owner:
        raise RuleViolation("unit-has-owner", rule="IC-22")


def _check_family(details: Details, around: Around) -> None:
    if not around.owners:
        raise RuleViolation("owner-missing", rule="IC-03a")
    if not details.relation:
        raise RuleViolation("relation-missing", rule="IC-03a")


def _check_tenant(details: Details, around: Around) -> None:
    if details.principal_id is not None:
        _check_principal(details, around.principal)
        return
    if not details.lease_number or details.lease_start is None or details.lease_end is None:
        raise RuleViolation("lease-missing", rule="IC-05")
    if details.lease_end < details.lease_start:
        raise RuleViolation("lease-backwards", rule="IC-05")
    if details.lease_end < around.today:
        raise RuleViolation("lease-expired", rule="IC-05a")


def _check_principal(details: Details, principal: Principal | None) -> None:
    if principal is None or not principal.is_tenant or not principal.current:
        raise RuleViolation("principal-unfit", rule="IC-05b")
    if principal.unit_id != details.unit_id:
        raise RuleViolation("principal-elsewhere", rule="IC-05b")
    if not details.relation:
        raise RuleViolation("relation-missing", rule="IC-05b")


def _check_merchant(details: Details, around: Around) -> None:
    if details.contract_end is None:
        raise RuleViolation("contract-missing", rule="IC-06a")
    if details.contract_end < around.today:
        raise RuleViolation("contract-ended", rule="IC-06a")


def _check_staff(details: Details, _: Around) -> None:
    if not details.section:
        raise RuleViolation("section-missing", rule="IC-13")


_CHECKS: Final = {
    HolderClass.OWNER: _check_owner,
    HolderClass.FAMILY: _check_family,
    HolderClass.TENANT: _check_tenant,
    HolderClass.MERCHANT: _check_merchant,
    HolderClass.STAFF: _check_staff,
}


def shown(field: str, value: object) -> str:
    """A value as it may stand in the history: dates as ISO, sensitive ones masked."""
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, date) else str(value)
    mask = SENSITIVE.get(field)
    return text if mask is None else mask(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field of a file before and after, as the history shows it."""

    field: str
    old: str
    new: str


def changes(before: dict[str, object], after: dict[str, object]) -> tuple[Change, ...]:
    """The fields that differ, masked where they are sensitive."""
    return tuple(
        Change(field=field, old=shown(field, before[field]), new=shown(field, value))
        for field, value in after.items()
        if before[field] != value
    )


def residents_short(residents: int, live_cards: int) -> bool:
    """IC-23a: no limit of cards per unit, but a warning above the number of residents."""
    return live_cards > residents
