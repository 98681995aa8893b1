"""Plans of the parking businesses: the agreement, its price and who collects it, gathered."""

from dataclasses import replace

from cardserver.db.spaces import carrying, failed_lines
from cardserver.db.tables import AgreementRow
from cardserver.domain.card import Card
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import Agreement, Holder
from cardserver.domain.ids import card_number_text
from cardserver.domain.parking import Gap
from cardserver.domain.plan import (
    Plan,
    QuoteNote,
    plan_add_parking,
    plan_parking_card,
    plan_top_up,
    with_temporary_days,
)
from cardserver.domain.rights import RightKind
from cardserver.domain.station import StationKind
from cardserver.services.errors import NotPermitted
from cardserver.services.gapdays import asks_about_gap, unpaid_days
from cardserver.services.pricing import priced
from cardserver.services.turn import Turn
from cardserver.wire_requests import AddParkingRequest, TopUpRequest


def parking_card(turn: Turn, holder: Holder, agreement_id: int, months: int) -> Plan:
    """A new parking card (PARK-03). Raises RuleViolation, NotFound."""
    _check_one_card(turn, agreement_id, None)
    return plan_parking_card(holder, _agreement(turn, agreement_id), months, turn.today)


def parking_on_own_card(turn: Turn, card: Card, holder: Holder, request: AddParkingRequest) -> Plan:
    """A parking right on a card the holder has (PARK-04b). Raises RuleViolation, NotFound."""
    agreement = _agreement(turn, request.agreement_id)
    plan = plan_add_parking(card, holder, agreement, request.months, turn.today)
    _check_one_card(turn, request.agreement_id, card.number)
    return plan


def more_months(turn: Turn, card: Card, request: TopUpRequest) -> Plan:
    """A top-up (PARK-05). Raises RuleViolation."""
    agreement = _agreement_of(turn, card)
    gap = request.gap
    if agreement is not None and agreement.bank_collected and gap is not Gap.COLLECTED:
        gap = _check_bank(turn, agreement, gap)
    plan = plan_top_up(card, agreement, request.months, turn.today, gap)
    if gap is Gap.TEMPORARY:
        if turn.caller.kind is not StationKind.DESK:
            raise NotPermitted("gap")
        plan = with_temporary_days(
            plan, unpaid_days(turn, card), turn.estate.rules.temporary_day_fen
        )
    if asks_about_gap(turn, request, card):
        return replace(plan, notes=(QuoteNote.STAYED_INSIDE,))
    return plan


def _agreement(turn: Turn, agreement_id: int) -> Agreement:
    return priced(turn, turn.find(AgreementRow, agreement_id, "agreement"))


def _agreement_of(turn: Turn, card: Card) -> Agreement | None:
    parking = card.rights.get(RightKind.PARKING)
    if parking is None or parking.agreement_id is None:
        return None
    return _agreement(turn, parking.agreement_id)


def _check_one_card(turn: Turn, agreement_id: int, number: int | None) -> None:
    """One card at a time carries an agreement's right: the space holds one car (PARK-09)."""
    found = carrying(turn.session, agreement_id)
    if found is None:
        return
    card, right = found
    if card.number != number and turn.today < right.after_last:
        raise RuleViolation(
            "agreement-has-card",
            rule="PARK-09",
            message=f"card {card_number_text(card.number)} carries it",
        )


def _check_bank(turn: Turn, agreement: Agreement, gap: Gap | None) -> Gap | None:
    """PARK-10: what the bank collects is not sold, but at the desk once a collection failed.

    The right was kept to the end of that month (PARK-10a); the cash pays from the old end on.
    """
    if turn.caller.kind is not StationKind.KIOSK:
        failed = failed_lines(turn.session, agreement.agreement_id)
        if any(each.month_end < turn.today for each in failed):
            return gap or Gap.BACK_DATED
    raise RuleViolation("bank-collected", rule="PARK-10")
