"""How long a door card runs: by class, and never beyond what stands behind it.

A lease (IC-05a), the tenant's own card (IC-05b), the shop's contract (IC-06a), the end of
employment or of belonging here (IC-13a) each end it earlier; the department head may choose
another last day for a merchant (IC-06a).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.cardrules import CardRules
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import Holder
from cardserver.domain.rights import VALIDITY_YEARS, HolderClass
from cardserver.domain.validity import ValidityPeriod, card_validity


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the verification at hand says of the length. Days are last days, None where open.

    `lease_last` comes before the lease on file: it is the one that was shown.
    """

    lease_last: date | None = None
    tenant_last: date | None = None
    contract_ends: date | None = None
    chosen_last: date | None = None
    rules: CardRules = field(default_factory=CardRules)


NOTHING_KNOWN: Final = Facts()
"""Before anything was shown: what stands on file decides."""


@unique
class EndsWith(StrEnum):
    """What ended a period early; said with the price."""

    LEASE = "lease"
    TENANT = "tenant"
    CONTRACT = "contract"
    HOLDER = "holder"


def door_period(
    start: date, holder: Holder, facts: Facts, today: date
) -> tuple[ValidityPeriod, EndsWith | None]:
    """The days a door right runs from `start`, and what ended them early.

    Raises RuleViolation ``lease-missing``, ``lease-expired``, ``tenant-card-first``,
    ``contract-ended``, ``holder-ended``, ``no-longer-here``, ``length-over``.
    """
    tenant = holder.holder_class is HolderClass.TENANT
    if tenant and holder.lease_end is None and facts.lease_last is None:
        raise RuleViolation("lease-missing", rule="IC-05")
    period = _full(start, holder, facts)
    ends_with: EndsWith | None = None
    for limit, last in _limits(holder, facts):
        if last is None or last >= period.last:
            continue
        if last < today or last < period.first:
            raise _over(limit, holder.holder_class)
        period = ValidityPeriod.inclusive(period.first, last)
        ends_with = limit
    return period, ends_with


def _full(start: date, holder: Holder, facts: Facts) -> ValidityPeriod:
    if facts.chosen_last is not None and holder.holder_class is HolderClass.MERCHANT:
        if facts.chosen_last < start:
            raise RuleViolation("length-over", rule="IC-06a")
        return ValidityPeriod.inclusive(start, facts.chosen_last)
    if holder.holder_class is HolderClass.STAFF:
        return card_validity(start, facts.rules.staff_years)
    return card_validity(start, VALIDITY_YEARS[holder.holder_class])


def _limits(holder: Holder, facts: Facts) -> Iterator[tuple[EndsWith, date | None]]:
    """Last days that stand behind the card; None where open."""
    if holder.holder_class is HolderClass.TENANT:
        if facts.rules.lease_ends_card:
            yield EndsWith.LEASE, facts.lease_last or holder.lease_end
        yield EndsWith.TENANT, facts.tenant_last
    if holder.holder_class is HolderClass.MERCHANT:
        yield EndsWith.CONTRACT, facts.contract_ends
    yield EndsWith.HOLDER, holder.ends


def _over(limit: EndsWith, holder_class: HolderClass) -> RuleViolation:
    """What is said when it ended before the card could begin."""
    match limit:
        case EndsWith.LEASE:
            return RuleViolation("lease-expired", rule="IC-05a")
        case EndsWith.TENANT:
            return RuleViolation("tenant-card-first", rule="IC-05b")
        case EndsWith.CONTRACT:
            return RuleViolation("contract-ended", rule="IC-06a")
        case EndsWith.HOLDER if holder_class is HolderClass.STAFF:
            return RuleViolation("holder-ended", rule="IC-13a")
        case EndsWith.HOLDER:
            return RuleViolation("no-longer-here", rule="IC-22")
