"""From a request to its plan: gather the facts, let the domain decide; to quote and to begin."""

from dataclasses import dataclass

from cardserver.db.mapping import agreement_of, card_of, holder_of
from cardserver.db.queries import rights_of, unit_of
from cardserver.db.tables import AgreementRow, CardRow, HolderRow
from cardserver.domain.card import Card
from cardserver.domain.errors import RuleViolation
from cardserver.domain.holder import Agreement, Holder
from cardserver.domain.plan import (
    Plan,
    plan_add_parking,
    plan_extend,
    plan_format,
    plan_issue,
    plan_replace,
    plan_top_up,
)
from cardserver.domain.rights import RightKind, zone_mask
from cardserver.domain.station import StationKind
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.services.verifying import check_verified
from cardserver.wire import (
    AddParkingRequest,
    ExtendRequest,
    FormatRequest,
    IssueRequest,
    OperationRequest,
    Period,
    Quote,
    QuoteLine,
    ReplaceRequest,
    TopUpRequest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request with its plan, its holder and the card it concerns (None: a first one)."""

    request: OperationRequest
    plan: Plan
    holder: Holder
    card: Card | None


def quote(estate: Estate, caller: Caller, request: OperationRequest) -> Quote:
    """Price and result as of now (FEE-01). Raises RuleViolation, NotFound, NotPermitted."""
    caller.check_may_operate(request.kind)
    with reading(estate, caller) as turn:
        return _quote_of(draft(turn, request).plan)


def draft(turn: Turn, request: OperationRequest) -> Draft:
    """The plan of a request. Raises RuleViolation, NotFound."""
    if isinstance(request, IssueRequest):
        return _issue(turn, request)
    number = request.old_card_number if isinstance(request, ReplaceRequest) else request.card_number
    row = turn.find(CardRow, number, "card")
    holder_row = turn.find(HolderRow, row.holder_id, "holder")
    card = card_of(row, holder_row, rights_of(turn.session, number))
    holder = holder_of(holder_row, unit_of(turn.session, holder_row))
    return Draft(request=request, plan=_plan(turn, request, card, holder), holder=holder, card=card)


def check_draft_verified(turn: Turn, made: Draft) -> None:
    """Raise RuleViolation unless the holder was verified where the operation needs it."""
    request = made.request
    if not isinstance(request, TopUpRequest | FormatRequest):
        check_verified(turn, request.kind, made.holder, request.verification_id)


def _issue(turn: Turn, request: IssueRequest) -> Draft:
    row = turn.find(HolderRow, request.holder_id, "holder")
    holder = holder_of(row, unit_of(turn.session, row))
    zones = holder.zones if request.zones is None else zone_mask(*request.zones)
    if zones & ~holder.zones:
        raise RuleViolation("zones-not-allowed", rule="GATE-01")
    plan = plan_issue(holder, zones, turn.today)
    return Draft(request=request, plan=plan, holder=holder, card=None)


def _plan(
    turn: Turn,
    request: AddParkingRequest | TopUpRequest | ExtendRequest | ReplaceRequest | FormatRequest,
    card: Card,
    holder: Holder,
) -> Plan:
    match request:
        case AddParkingRequest():
            agreement = _agreement(turn, request.agreement_id)
            return plan_add_parking(card, holder, agreement, request.months, turn.today)
        case TopUpRequest():
            agreement_or_none = _agreement_of(turn, card)
            _check_kiosk(turn.caller, agreement_or_none)
            return plan_top_up(card, agreement_or_none, request.months, turn.today)
        case ExtendRequest():
            return plan_extend(card, holder, turn.today)
        case ReplaceRequest():
            return plan_replace(card, request.reason, request.appraisal, turn.today)
        case FormatRequest():
            return plan_format(card, turn.today)


def _agreement(turn: Turn, agreement_id: int) -> Agreement:
    row = turn.find(AgreementRow, agreement_id, "agreement")
    return agreement_of(row, unit_of(turn.session, turn.find(HolderRow, row.holder_id, "holder")))


def _agreement_of(turn: Turn, card: Card) -> Agreement | None:
    parking = card.rights.get(RightKind.PARKING)
    if parking is None or parking.agreement_id is None:
        return None
    return _agreement(turn, parking.agreement_id)


def _check_kiosk(caller: Caller, agreement: Agreement | None) -> None:
    """PARK-10: a kiosk sells no month that the bank collects."""
    if caller.kind is StationKind.KIOSK and agreement is not None and agreement.bank_collected:
        raise RuleViolation("bank-collected", rule="PARK-10")


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


def _quote_of(plan: Plan) -> Quote:
    return Quote(
        lines=quote_lines(plan),
        total_fen=plan.total_fen,
        after={right.kind: Period.of(right.period) for right in plan.after},
        added=None if plan.added is None else Period.of(plan.added),
        document_kind=plan.document_kind,
        notes=plan.notes,
    )
