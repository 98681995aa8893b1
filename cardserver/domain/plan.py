"""What a request gives and costs: the rights of the card afterwards, the price, what to say.

Plans are made twice from the same functions: to quote, and to begin. They know no database.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.appraisal import Finding, check_appraised
from cardserver.domain.card import Card, Right, check_format, check_live, check_replaceable
from cardserver.domain.cardterm import NOTHING_KNOWN, Facts, door_period
from cardserver.domain.document import DocumentKind
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import Agreement, Holder
from cardserver.domain.parking import Gap
from cardserver.domain.rights import RightKind, zone_mask
from cardserver.domain.tariff import (
    Charge,
    ReplaceReason,
    card_charges,
    document_kinds,
    parking_charges,
    replacement_charges,
    temporary_charges,
)
from cardserver.domain.validity import (
    ParkingTerm,
    ValidityPeriod,
    added_period,
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
    ENDS_WITH_TENANT = "ends-with-tenant"  # a tenant's family (IC-05b)
    ENDS_WITH_CONTRACT = "ends-with-contract"  # a shop's (IC-06a)
    STARTS_ANEW = "starts-anew"  # the right had lapsed; the gap is not charged (PARK-05b)
    STAYED_INSIDE = "stayed-inside"  # …but the car stood inside: ask what becomes of the days
    BACK_DATED = "back-dated"  # the days since the end are paid too (PARK-05b)
    FREE_REPLACEMENT = "free-replacement"  # IC-10
    FULL_PERIOD = "full-period"  # papers for a new one were shown (IC-11a)
    TEMPORARY = "temporary"  # the days inside are paid at the temporary tariff (PARK-05b)


ENDS: Final = frozenset(note for note in QuoteNote if note.startswith("ends-with-"))
"""What a card ends with before its class's length is over; the receipt says it too (IC-05a)."""


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
    def document_kinds(self) -> tuple[DocumentKind, ...]:
        """The papers owed for the price, one of each kind (FEE-10)."""
        return document_kinds(self.charges)


def plan_issue(holder: Holder, zones: int, today: date, facts: Facts = NOTHING_KNOWN) -> Plan:
    """A first door card: length by class (IC-02..06), never beyond the lease (IC-05a)."""
    if not zones:
        raise RuleViolation("zones-missing", rule="GATE-01")
    period, notes = _door_period(today, holder, facts, today)
    door = Right(kind=RightKind.DOOR, zones=zones, period=period, sequence=1)
    charges = card_charges(holder.holder_class)
    return Plan(after=(door,), added=period, charges=charges, notes=notes)


def plan_extend(card: Card, holder: Holder, today: date, facts: Facts = NOTHING_KNOWN) -> Plan:
    """The door right again: after the old last day, or from today once it has lapsed (IC-12b)."""
    check_live(card, rule="IC-12")
    door = card.rights.get(RightKind.DOOR)
    if door is None:
        raise RuleViolation("no-door-right", rule="IC-12")
    if today < door.period.last - timedelta(days=EXTEND_DAYS_BEFORE):
        raise RuleViolation("too-early", rule="IC-12b")
    lapsed = today >= door.period.after_last
    start = today if lapsed else door.period.after_last
    added, notes = _door_period(start, holder, facts, today)
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
    _check_unit(holder, agreement)
    old = card.rights.get(RightKind.PARKING)
    if old is not None and today < old.period.after_last:
        raise RuleViolation("has-parking", rule="PARK-04")
    sequence = 1 if old is None else old.sequence + 1
    right = _first_parking(agreement, months, today, sequence=sequence)
    charges = parking_charges(agreement.monthly_fee_fen, months)
    return Plan(after=_with(card, right), added=right.period, charges=charges)


def plan_parking_card(holder: Holder, agreement: Agreement, months: int, today: date) -> Plan:
    """A new card that carries a parking right and nothing else: card cost and months (PARK-03)."""
    _check_unit(holder, agreement)
    right = _first_parking(agreement, months, today, sequence=1)
    charges = (
        *card_charges(holder.holder_class),
        *parking_charges(agreement.monthly_fee_fen, months),
    )
    return Plan(after=(right,), added=right.period, charges=charges)


def plan_top_up(
    card: Card, agreement: Agreement | None, months: int, today: date, gap: Gap | None = None
) -> Plan:
    """More months after the present end, or from today once it has lapsed (PARK-05a, -05b).

    Days since the end are paid too where the clerk says so, or where the bank collected them.
    """
    check_live(card, rule="PARK-12a")
    old = card.rights.get(RightKind.PARKING)
    if old is None or agreement is None:
        raise RuleViolation("no-parking-right", rule="PARK-12a")
    before = old.term
    lapsed = today >= before.period.after_last
    follows = gap in {Gap.BACK_DATED, Gap.COLLECTED}
    term = extended_parking_term(before, before.period.last if follows else today, months)
    if gap is Gap.BACK_DATED and term.period.last < today:
        raise RuleViolation("back-date-too-short", rule="PARK-05b")
    _check_agreement(agreement, term, today)
    right = replace(old, period=term.period, anchor=term.anchor, sequence=old.sequence + 1)
    anew = QuoteNote.BACK_DATED if follows else QuoteNote.STARTS_ANEW
    return Plan(
        after=_with(card, right),
        added=added_period(before, term),
        charges=parking_charges(agreement.monthly_fee_fen, months),
        notes=(anew,) if lapsed else (),
    )


def plan_replace(card: Card, reason: ReplaceReason, finding: Finding | None, today: date) -> Plan:
    """A new card with the same rights, last days and anchor (IC-10a, IC-11a, PARK-04a)."""
    check_replaceable(card)
    check_appraised(card.holder_class, reason, finding)
    if not card.rights:
        raise RuleViolation("no-rights", rule="IC-10a")
    after = tuple(replace(right, sequence=1) for right in card.rights.values())
    charges = replacement_charges(card.holder_class, reason, card.bought_on, today)
    notes = () if charges else (QuoteNote.FREE_REPLACEMENT,)
    return Plan(after=after, charges=charges, notes=notes)


def with_full_period(plan: Plan, holder: Holder, today: date, facts: Facts = NOTHING_KNOWN) -> Plan:
    """A bought replacement runs for a new full period once its papers were shown (IC-11a).

    Days that were left beyond that stay. Raises RuleViolation ``full-period-not-free`` for a free
    replacement, which keeps its days (IC-10a), and ``no-door-right``.
    """
    if not plan.charges:
        raise RuleViolation("full-period-not-free", rule="IC-11a")
    door = next((each for each in plan.after if each.kind is RightKind.DOOR), None)
    if door is None:
        raise RuleViolation("no-door-right", rule="IC-11a")
    added, notes = _door_period(today, holder, facts, today)
    after_last = max(added.after_last, door.period.after_last)
    period = ValidityPeriod(first=min(door.period.first, today), after_last=after_last)
    after = tuple(replace(door, period=period) if each is door else each for each in plan.after)
    return replace(plan, after=after, added=added, notes=(*notes, QuoteNote.FULL_PERIOD))


def with_temporary_days(plan: Plan, days: int, day_fee_fen: int) -> Plan:
    """Days inside after the end, each at the temporary tariff, beside the new months (PARK-05b).

    Raises RuleViolation ``temporary-tariff-missing`` where the estate has set none.
    """
    if not day_fee_fen:
        raise RuleViolation("temporary-tariff-missing", rule="PARK-05b")
    if not days:
        return plan
    charges = (*plan.charges, *temporary_charges(day_fee_fen, days))
    return replace(plan, charges=charges, notes=(*plan.notes, QuoteNote.TEMPORARY))


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


def _check_unit(holder: Holder, agreement: Agreement) -> None:
    if holder.unit != agreement.unit:
        raise RuleViolation("other-unit", rule="PARK-04b")


def _first_parking(agreement: Agreement, months: int, today: date, *, sequence: int) -> Right:
    term = first_parking_term(today, months)
    _check_agreement(agreement, term, today)
    return Right(
        kind=RightKind.PARKING,
        zones=zone_mask(agreement.zone),
        period=term.period,
        anchor=term.anchor,
        sequence=sequence,
        agreement_id=agreement.agreement_id,
    )


def _check_agreement(agreement: Agreement, term: ParkingTerm, today: date) -> None:
    if agreement.ends < today:
        raise RuleViolation("agreement-ended", rule="PARK-03")
    if agreement.begins is not None and agreement.begins > today:
        raise RuleViolation("agreement-to-come", rule="PARK-03")
    if term.period.last > agreement.ends:
        raise RuleViolation(
            "beyond-agreement", rule="PARK-06a", message=f"the agreement ends {agreement.ends}"
        )


def _door_period(
    start: date, holder: Holder, facts: Facts, today: date
) -> tuple[ValidityPeriod, tuple[QuoteNote, ...]]:
    period, ends_with = door_period(start, holder, facts, today)
    return period, () if ends_with is None else (QuoteNote(f"ends-with-{ends_with}"),)
