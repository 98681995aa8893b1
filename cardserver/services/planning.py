"""From a request to its plan: gather the facts, let the domain decide; to quote and to begin."""

from dataclasses import dataclass

from cardserver.db.credits import credit_of
from cardserver.db.mapping import card_of, holder_of
from cardserver.db.queries import rights_of, unit_of
from cardserver.db.tables import CardRow, HolderRow
from cardserver.domain.card import Card, check_replaceable
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import Holder
from cardserver.domain.operation import OperationKind
from cardserver.domain.plan import (
    Plan,
    plan_extend,
    plan_format,
    plan_issue,
    plan_replace,
    with_full_period,
)
from cardserver.domain.rights import zone_mask
from cardserver.services.holderlimits import holder_on_file
from cardserver.services.parkingplans import (
    more_months,
    parking_card,
    parking_on_own_card,
)
from cardserver.services.proving import facts_of, finding_of
from cardserver.services.reporting import check_replaced_as
from cardserver.services.staffcards import check_staff_card
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.services.verifying import check_verified
from cardserver.wire_cards import Period
from cardserver.wire_prices import Quote, QuoteLine
from cardserver.wire_requests import (
    AddParkingRequest,
    ExtendRequest,
    FormatRequest,
    IssueRequest,
    OperationRequest,
    ReplaceRequest,
    TopUpRequest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request with its plan, its holder and the card it concerns (None: a first one).

    `carried_by` is the head who carries it where it is a staff card (IC-14).
    """

    request: OperationRequest
    plan: Plan
    holder: Holder
    card: Card | None
    carried_by: str = ""


def quote(estate: Estate, caller: Caller, request: OperationRequest) -> Quote:
    """Price and result as of now (FEE-01). Raises RuleViolation, NotFound, NotPermitted."""
    with reading(estate, caller) as turn:
        return quoted(turn, request)


def quoted(turn: Turn, request: OperationRequest) -> Quote:
    """The same in a transaction that is open. Raises as `quote`."""
    turn.caller.check_may_operate(request.kind)
    made = draft(turn, request)
    if getattr(request, "verification_id", None) is not None:
        check_draft_verified(turn, made)  # a refusal comes before the money, not after it
    keeps = turn.estate.keep_rest_as_credit and isinstance(request, TopUpRequest)
    return _quote_of(made.plan, credit_fen=_credit_for(turn, made), may_keep_rest=keeps)


def _credit_for(turn: Turn, made: Draft) -> int:
    """What of the price the card's credit will pay: of a top-up's, as much as it can (FEE-04a)."""
    if made.card is None or not isinstance(made.request, TopUpRequest):
        return 0
    return max(0, min(credit_of(turn.session, made.card.number), made.plan.total_fen))


def draft(turn: Turn, request: OperationRequest) -> Draft:
    """The plan of a request. Raises RuleViolation, NotFound, NotPermitted."""
    if isinstance(request, IssueRequest):
        return _issue(turn, request)
    number = request.old_card_number if isinstance(request, ReplaceRequest) else request.card_number
    row = turn.find(CardRow, number, "card")
    holder_row = turn.find(HolderRow, row.holder_id, "holder")
    carried_by = check_staff_card(turn, request.kind, holder_row.holder_class, holder_row.id)
    card = card_of(row, holder_row, rights_of(turn.session, number))
    holder = holder_of(holder_row, unit_of(turn.session, holder_row))
    plan = _plan(turn, request, card, holder)
    return Draft(request=request, plan=plan, holder=holder, card=card, carried_by=carried_by)


def check_draft_verified(turn: Turn, made: Draft) -> None:
    """Raise RuleViolation unless the holder was verified where the operation needs it."""
    request = made.request
    if not isinstance(request, TopUpRequest | FormatRequest):
        kind = request.kind
        if isinstance(request, IssueRequest) and request.agreement_id is not None:
            kind = OperationKind.ADD_PARKING  # a new parking card asks for the same papers
        if isinstance(request, ReplaceRequest) and request.full_period:
            kind = OperationKind.EXTEND  # a new full period stands on the papers of one (IC-11a)
        check_verified(turn, kind, made.holder, request.verification_id)


def _issue(turn: Turn, request: IssueRequest) -> Draft:
    row = turn.find(HolderRow, request.holder_id, "holder")
    carried_by = check_staff_card(turn, request.kind, row.holder_class, row.id)
    holder = holder_on_file(turn, row)
    if request.agreement_id is not None and request.months is not None:
        plan = parking_card(turn, holder, request.agreement_id, request.months)
        return Draft(request=request, plan=plan, holder=holder, card=None, carried_by=carried_by)
    zones = holder.zones if request.zones is None else zone_mask(*request.zones)
    if zones & ~holder.zones:
        raise RuleViolation("zones-not-allowed", rule="GATE-01")
    facts = facts_of(turn, row.id, request.verification_id)
    plan = plan_issue(holder, zones, turn.today, facts)
    return Draft(request=request, plan=plan, holder=holder, card=None, carried_by=carried_by)


def _plan(
    turn: Turn,
    request: AddParkingRequest | TopUpRequest | ExtendRequest | ReplaceRequest | FormatRequest,
    card: Card,
    holder: Holder,
) -> Plan:
    match request:
        case AddParkingRequest():
            return parking_on_own_card(turn, card, holder, request)
        case TopUpRequest():
            return more_months(turn, card, request)
        case ExtendRequest():
            holder = holder_on_file(turn, turn.find(HolderRow, holder.holder_id, "holder"))
            facts = facts_of(turn, holder.holder_id, request.verification_id)
            return plan_extend(card, holder, turn.today, facts)
        case ReplaceRequest():
            check_replaceable(card)
            check_replaced_as(turn, turn.find(CardRow, card.number, "card"), request.reason)
            finding = finding_of(turn, request.appraisal_id, request.old_card_number)
            plan = plan_replace(card, request.reason, finding, turn.today)
            return _full_period(turn, plan, holder, request) if request.full_period else plan
        case FormatRequest():
            return plan_format(card, turn.today)


def _full_period(turn: Turn, plan: Plan, holder: Holder, request: ReplaceRequest) -> Plan:
    """The replacement for a new full period, by the papers of the verification (IC-11a)."""
    holder = holder_on_file(turn, turn.find(HolderRow, holder.holder_id, "holder"))
    facts = facts_of(turn, holder.holder_id, request.verification_id)
    return with_full_period(plan, holder, turn.today, facts)


def quote_lines(plan: Plan) -> tuple[QuoteLine, ...]:
    """The price line by line."""
    return tuple(
        QuoteLine(
            item=charge.item,
            unit_price_fen=charge.unit_price_fen,
            quantity=charge.quantity,
            amount_fen=charge.amount_fen,
        )
        for charge in plan.charges
    )


def _quote_of(plan: Plan, *, credit_fen: int, may_keep_rest: bool) -> Quote:
    return Quote(
        lines=quote_lines(plan),
        total_fen=plan.total_fen,
        after={right.kind: Period.of(right.period) for right in plan.after},
        added=None if plan.added is None else Period.of(plan.added),
        document_kinds=plan.document_kinds,
        notes=plan.notes,
        credit_fen=credit_fen,
        may_keep_rest=may_keep_rest,
    )
