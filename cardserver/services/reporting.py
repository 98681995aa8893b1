"""Cards that people report on: lost, found, given back, swapped; and the words at the hand-over.

A report ends the card's rights at the gates at once, before anything is written on it (IC-23a).
"""

from dataclasses import replace
from typing import Final

from sqlalchemy import func, select

from cardserver.db.mapping import card_of
from cardserver.db.queries import open_on_card, rights_of, unit_of
from cardserver.db.tables import CardRow, HolderRow, OperationRow
from cardserver.db.tables_approvals import CardReportRow, ExplanationRow
from cardserver.domain.cardreport import ENDED_BY, ReportKind, check_report
from cardserver.domain.denial import (
    Denial,
    check_loss_report,
    check_replaced_for,
    denial_of,
)
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationKind, OperationState
from cardserver.domain.people import is_current
from cardserver.domain.register import AbnormalReason, RegisterKind
from cardserver.domain.rights import CardStatus
from cardserver.domain.tariff import ReplaceReason
from cardserver.services.errors import Conflict
from cardserver.services.registerentries import card_entry
from cardserver.services.registering import enter
from cardserver.services.replay import repeated
from cardserver.services.staffcards import report_blocked
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_approvals import (
    Explained,
    ExplainedRequest,
    ReportRequest,
    ReportView,
    UnitCards,
)

_ROW_OF: Final = {
    ReportKind.LOST: RegisterKind.LOSS_REPORT,
    ReportKind.FOUND: RegisterKind.FOUND,
    ReportKind.RETURNED: RegisterKind.RETURNED,
    ReportKind.SWAPPED: RegisterKind.SWAPPED,
}


def report(estate: Estate, caller: Caller, number: int, request: ReportRequest) -> ReportView:
    """Take a report: the card is denied at once, and the row stands in the register.

    Raises RuleViolation ``not-the-finder``, ``card-dead``, ``parking-paid``, ``other-household``,
    ``swap-for-whom``, ``already-reported-lost``; Conflict ``being-replaced``; NotFound.
    """
    with writing(estate, caller) as turn:
        card = turn.find(CardRow, number, "card")
        if not repeated(turn, request.report_id, "card-report", request, about=number):
            _report(turn, card, request)
        return _view(turn, turn.find(CardReportRow, request.report_id, "card-report"))


def _report(turn: Turn, card: CardRow, request: ReportRequest) -> None:
    holder = turn.find(HolderRow, card.holder_id, "holder")
    known = card_of(card, holder, rights_of(turn.session, card.number))
    check_report(known, request.kind, request.reporter, turn.today)
    _check_swap(turn, holder, request)
    _check_standing(turn, card, request.kind)
    row = turn.add(
        CardReportRow(
            id=request.report_id,
            serial=turn.count("card-report"),
            card_number=card.number,
            kind=request.kind,
            reporter=request.reporter,
            name=request.name or holder.name,
            for_holder_id=request.for_holder_id,
            remark=request.remark or "",
            **turn.made(),
        )
    )
    remark = " ".join(filter(None, (row.reporter, row.name, row.remark)))
    entry = card_entry(turn, card, _ROW_OF[request.kind], remark)
    if request.kind is ReportKind.LOST:
        entry = replace(entry, abnormal=frozenset({AbnormalReason.LOSS}))
    if request.kind is ReportKind.SWAPPED:
        entry = replace(entry, recipient=_name_of(turn, request.for_holder_id))
    if card.status in {CardStatus.LIVE, CardStatus.BLOCKED}:
        _block(turn, card, request.kind)
    enter(turn, entry)
    turn.note("card-report", f"card {card.number}", f"{row.kind} {row.reporter}")


def _check_standing(turn: Turn, card: CardRow, kind: ReportKind) -> None:
    """A card is lost once; while its replacement is being made only its finder is heard."""
    if kind is ReportKind.LOST:
        check_loss_report(_denial(card), lost=reported_lost(turn, card))
    operation = open_on_card(turn.session, card.number)
    replacing = operation is not None and operation.kind is OperationKind.REPLACE
    if replacing and kind is not ReportKind.FOUND:
        raise Conflict("being-replaced", "a replacement of this card is being made")


def _block(turn: Turn, card: CardRow, kind: ReportKind) -> None:
    """Deny it for what was reported. A card that lies here stays found when its loss is told."""
    was_live = card.status is CardStatus.LIVE
    if not (kind is ReportKind.LOST and _denial(card) is Denial.FOUND):
        card.status_reason = ENDED_BY[kind]
    card.status = CardStatus.BLOCKED
    turn.changed(card)
    turn.note("block", f"card {card.number}", card.status_reason)
    if was_live:
        report_blocked(turn, card, card.status_reason)


def _check_swap(turn: Turn, holder: HolderRow, request: ReportRequest) -> None:
    """A swap stays within the household."""
    if request.kind is not ReportKind.SWAPPED:
        if request.for_holder_id is not None:
            raise RuleViolation("swap-for-whom", rule="IC-23a")
        return
    if request.for_holder_id in {None, holder.id}:
        raise RuleViolation("swap-for-whom", rule="IC-23a")
    other = turn.find(HolderRow, request.for_holder_id, "holder")
    if holder.unit_id is None or other.unit_id != holder.unit_id:
        raise RuleViolation("other-household", rule="IC-23a")


def _name_of(turn: Turn, holder_id: int | None) -> str:
    return "" if holder_id is None else turn.find(HolderRow, holder_id, "holder").name


def _denial(card: CardRow) -> Denial | None:
    blocked = card.status is CardStatus.BLOCKED
    return denial_of(card.status_reason) if blocked else None


def reported_lost(turn: Turn, card: CardRow) -> bool:
    """Is its loss on file: reported by somebody, or the reason of the block it stands under?"""
    return _denial(card) is Denial.LOST or ReportKind.LOST in reported(turn, card.number)


def check_replaced_as(turn: Turn, card: CardRow, reason: ReplaceReason) -> None:
    """May this card be replaced for this reason, by what is on file of it and of its holder?

    Raises RuleViolation as `check_replaced_for`.
    """
    holder = turn.find(HolderRow, card.holder_id, "holder")
    current, lost = is_current(holder.ends, turn.today), reported_lost(turn, card)
    check_replaced_for(reason, _denial(card), lost=lost, current=current)


def reported(turn: Turn, number: int) -> frozenset[ReportKind]:
    """What was ever reported of a card."""
    statement = select(CardReportRow.kind).where(CardReportRow.card_number == number)
    return frozenset(turn.session.scalars(statement))


def explain(
    estate: Estate, caller: Caller, operation_id: str, request: ExplainedRequest
) -> Explained:
    """The holder was told use, last day, care and extension (IC-08).

    Raises Conflict ``not-settled``; NotFound.
    """
    with writing(estate, caller) as turn:
        operation = turn.find(OperationRow, operation_id, "operation")
        row = turn.session.get(ExplanationRow, operation_id)
        if not repeated(turn, request.explained_id, "explain", request, about=operation_id):
            if operation.state is not OperationState.SETTLED:
                raise Conflict("not-settled", rule="IC-08")
            if row is None:
                row = turn.add(ExplanationRow(operation_id=operation_id, **turn.made()))
                turn.note("explain", f"card {operation.card_number}")
        row = turn.find(ExplanationRow, operation_id, "explanation")
        return Explained(operation_id=row.operation_id, operator=row.operator, at=row.at)


def unit_cards(estate: Estate, caller: Caller, holder_id: int) -> UnitCards:
    """Live cards of a holder's unit against the residents on file (IC-23a). Raises NotFound."""
    with reading(estate, caller) as turn:
        holder = turn.find(HolderRow, holder_id, "holder")
        unit = unit_of(turn.session, holder)
        if unit is None:
            return UnitCards(unit="", residents=0, cards=0, warn=False)
        living = select(HolderRow.id).where(HolderRow.unit_id == unit.id)
        residents = turn.session.scalar(select(func.count()).select_from(living.subquery())) or 0
        statement = select(func.count()).where(
            CardRow.holder_id.in_(living), CardRow.status == CardStatus.LIVE
        )
        cards = turn.session.scalar(statement) or 0
        warn = estate.rules.cards_per_resident_warning and cards > residents
        return UnitCards(unit=unit.label, residents=residents, cards=cards, warn=warn)


def _view(turn: Turn, row: CardReportRow) -> ReportView:
    card = turn.find(CardRow, row.card_number, "card")
    holder = turn.find(HolderRow, card.holder_id, "holder")
    unit = unit_of(turn.session, holder)
    return ReportView(
        report_id=row.id,
        serial=row.serial,
        card_number=row.card_number,
        kind=row.kind,
        reporter=row.reporter,
        name=row.name,
        for_holder_id=row.for_holder_id,
        operator=row.operator,
        at=row.at,
        status=card.status,
        holder_id=holder.id,
        holder_name=holder.name,
        unit="" if unit is None else unit.label,
    )
