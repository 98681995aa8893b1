"""What a request gives and costs: the rights of the card afterwards, the price, what to say.

Plans are made twice from the same functions: to quote, and to begin. They know no database.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.card import Card, Right, check_format, check_live, check_replaceable
from cardserver.domain.document import DocumentKind
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import Agreement, Holder
from cardserver.domain.rights import VALIDITY_YEARS, HolderClass, RightKind, zone_mask
from cardserver.domain.tariff import (
    DOCUMENT_OF,
    Charge,
    ReplaceReason,
    card_charges,
    parking_charges,
    replacement_charges,
)
from cardserver.domain.validity import (
    ParkingTerm,
    ValidityPeriod,
    added_period,
    card_validity,
    extended_parking_term,
    first_parking_term,
)

EXTEND_DAYS_BEFORE: Final = 30
"""IC-12b: a door right may be extended from 30 days before its last day."""


@unique
class QuoteNote(StrEnum):
    """What should be said with a price."""

    ENDS_WITH_LEASE = "ends-with-lease"  # IC-05a
    ENDS_WITH_HOLDER = "ends-with-holder"  # IC-13a
    STARTS_ANEW = "starts-anew"  # the right had lapsed; the gap is not charged (PARK-05b)
    FREE_REPLACEMENT = "free-replacement"  # IC-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The rights of the card afterwards, the days added, the price, and what to say."""

    after: tuple[Right, ...]
    added: ValidityPeriod | None = None
    charges: tuple[Charge, ...] = ()
    notes: tuple[QuoteNote, ...] = ()

    @property
    def total_fen(self) -> int:
        """The price."""
        return sum(charge.amount_fen for charge in self.charges)

    @property
    def document_kind(self) -> DocumentKind | None:
        """The paper owed for the price; one operation charges one kind of item (FEE-10)."""
        return DOCUMENT_OF[self.charges[0].item] if self.charges else None


def plan_issue(holder: Holder, zones: int, today: date) -> Plan:
    """A first door card: length by class (IC-02..06), never beyond the lease (IC-05a)."""
    if not zones:
        raise RuleViolation("zones-missing", rule="GATE-01")
    full = card_validity(today, VALIDITY_YEARS[holder.holder_class])
    period, notes = _capped(full, holder, today)
    door = Right(kind=RightKind.DOOR, zones=zones, period=period, sequence=1)
    charges = card_charges(holder.holder_class)
    return Plan(after=(door,), added=period, charges=charges, notes=notes)


def plan_extend(card: Card, holder: Holder, today: date) -> Plan:
    """The door right again: after the old last day, or from today once it has lapsed (IC-12b)."""
    check_live(card, rule="IC-12")
    door = card.rights.get(RightKind.DOOR)
    if door is None:
        raise RuleViolation("no-door-right", rule="IC-12")
    if today < door.period.last - timedelta(days=EXTEND_DAYS_BEFORE):
        raise RuleViolation("too-early", rule="IC-12b")
    years = VALIDITY_YEARS[holder.holder_class]
    lapsed = today >= door.period.after_last
    start = today if lapsed else door.period.after_last
    added, notes = _capped(card_validity(start, years), holder, today)
    first = start if lapsed else door.period.first
    period = ValidityPeriod(first=first, after_last=added.after_last)
    right = replace(door, period=period, sequence=door.sequence + 1)
    if lapsed:
        notes = (*notes, QuoteNote.STARTS_ANEW)
    return Plan(after=_with(card, right), added=added, notes=notes)


def plan_add_parking(
    card: Card, holder: Holder, agreement: Agreement, months: int, today: date
) -> Plan:
    """A parking right from today onto a live door card of the agreement's unit (PARK-03, -04b)."""
    check_live(card, rule="PARK-04b")
    if holder.unit != agreement.unit:
        raise RuleViolation("other-unit", rule="PARK-04b")
    old = card.rights.get(RightKind.PARKING)
    if old is not None and today < old.period.after_last:
        raise RuleViolation("has-parking", rule="PARK-04")
    term = first_parking_term(today, months)
    _check_agreement(agreement, term, today)
    right = Right(
        kind=RightKind.PARKING,
        zones=zone_mask(agreement.zone),
        period=term.period,
        anchor=term.anchor,
        sequence=1 if old is None else old.sequence + 1,
        agreement_id=agreement.agreement_id,
    )
    charges = parking_charges(agreement.monthly_fee_fen, months)
    return Plan(after=_with(card, right), added=term.period, charges=charges)


def plan_top_up(card: Card, agreement: Agreement | None, months: int, today: date) -> Plan:
    """More months after the present end, or from today once it has lapsed (PARK-05a, -05b)."""
    check_live(card, rule="PARK-12a")
    old = card.rights.get(RightKind.PARKING)
    if old is None or agreement is None:
        raise RuleViolation("no-parking-right", rule="PARK-12a")
    before = old.term
    term = extended_parking_term(before, today, months)
    _check_agreement(agreement, term, today)
    right = replace(old, period=term.period, anchor=term.anchor, sequence=old.sequence + 1)
    return Plan(
        after=_with(card, right),
        added=added_period(before, term),
        charges=parking_charges(agreement.monthly_fee_fen, months),
        notes=(QuoteNote.STARTS_ANEW,) if today >= before.period.after_last else (),
    )


def plan_replace(card: Card, reason: ReplaceReason, appraisal: str | None, today: date) -> Plan:
    """A new card with the same rights, last days and anchor (IC-10a, IC-11a, PARK-04a)."""
    check_replaceable(card)
    if card.holder_class is HolderClass.STAFF and not appraisal:
        raise RuleViolation("appraisal-missing", rule="IC-16")
    if not card.rights:
        raise RuleViolation("no-rights", rule="IC-10a")
    after = tuple(replace(right, sequence=1) for right in card.rights.values())
    charges = replacement_charges(card.holder_class, reason, card.bought_on, today)
    notes = () if charges else (QuoteNote.FREE_REPLACEMENT,)
    return Plan(after=after, charges=charges, notes=notes)


def plan_format(card: Card, today: date) -> Plan:
    """A blank card: no right stays (IC-18)."""
    check_format(card, today)
    return Plan(after=())


def resealed(plan: Plan, card: Card) -> Plan:
    """The plan with every right written anew, for a card that moves to a new key version."""
    after = tuple(
        replace(right, sequence=right.sequence + 1)
        if card.rights.get(right.kind) == right
        else right
        for right in plan.after
    )
    return replace(plan, after=after)


def _with(card: Card, right: Right) -> tuple[Right, ...]:
    rights = {**card.rights, right.kind: right}
    return tuple(rights.values())


def _check_agreement(agreement: Agreement, term: ParkingTerm, today: date) -> None:
    if agreement.ends < today:
        raise RuleViolation("agreement-ended", rule="PARK-03")
    if term.period.last > agreement.ends:
        raise RuleViolation(
            "beyond-agreement", rule="PARK-06a", message=f"the agreement ends {agreement.ends}"
        )


def _capped(
    period: ValidityPeriod, holder: Holder, today: date
) -> tuple[ValidityPeriod, tuple[QuoteNote, ...]]:
    """The period cut at the lease's end (IC-05a) and at the holder's own end (IC-13a)."""
    tenant = holder.holder_class is HolderClass.TENANT
    if tenant and holder.lease_end is None:
        raise RuleViolation("lease-missing", rule="IC-05")
    notes: tuple[QuoteNote, ...] = ()
    limits = (
        (holder.lease_end if tenant else None, "lease-expired", "IC-05a", "ENDS_WITH_LEASE"),
        (holder.ends, "holder-ended", "IC-13a", "ENDS_WITH_HOLDER"),
    )
    for last, reason, rule, note in limits:
        if last is None or last >= period.last:
            continue
        if last < today or last < period.first:
            raise RuleViolation(reason, rule=rule)
        period = ValidityPeriod.inclusive(period.first, last)
        notes = (QuoteNote[note],)
    return period, notes
