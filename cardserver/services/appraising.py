"""Looking at a card that is to be replaced: what was inspected, what it was found to be.

A staff card is appraised by one of the two heads (IC-16a); a customer's is inspected by the agent,
and in doubt a head decides (IC-10a).
"""

from dataclasses import replace

from sqlalchemy import select

from cardserver.db.tables import CardRow, HolderRow
from cardserver.db.tables_approvals import AppraisalRow
from cardserver.domain.appraisal import Finding, needs_head
from cardserver.domain.card import REPLACEABLE
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.register import AbnormalReason, Proof, RegisterKind
from cardserver.domain.rights import HolderClass
from cardserver.services.errors import Conflict
from cardserver.services.proving import latest_appraisal
from cardserver.services.registerentries import card_entry
from cardserver.services.registering import enter
from cardserver.services.replay import repeated
from cardserver.services.reporting import reported_lost
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_approvals import AppraisalRequest, Appraisals, AppraisalView

_ABNORMAL = {
    Finding.LOST: frozenset({AbnormalReason.LOSS}),
    Finding.MAN_MADE: frozenset({AbnormalReason.DAMAGE}),
}


def appraise(
    estate: Estate, caller: Caller, number: int, request: AppraisalRequest
) -> AppraisalView:
    """Record what a card was found to be.

    Raises RuleViolation ``loss-report-first`` for a card found lost that nobody reported lost,
    ``reported-lost`` for another finding on one that is; Conflict ``card-dead``; NotFound,
    NotPermitted where a head's word is needed.
    """
    with writing(estate, caller) as turn:
        card = turn.find(CardRow, number, "card")
        if not repeated(turn, request.appraisal_id, "appraise", request, about=number):
            _appraise(turn, card, request)
        return _view(turn.find(AppraisalRow, request.appraisal_id, "appraisal"))


def _appraise(turn: Turn, card: CardRow, request: AppraisalRequest) -> None:
    if card.status not in REPLACEABLE:
        raise Conflict("card-dead", f"the card is {card.status}")
    holder = turn.find(HolderRow, card.holder_id, "holder")
    before = latest_appraisal(turn, card.number)
    staff = holder.holder_class is HolderClass.STAFF
    head = needs_head(
        holder.holder_class, request.finding, None if before is None else before.finding
    )
    action = Action.APPRAISE if head else Action.VERIFY
    person = turn.caller.authorised_by(action)
    _check_lost(turn, card, request.finding)
    row = turn.add(
        AppraisalRow(
            id=request.appraisal_id,
            serial=turn.count("appraisal"),
            card_number=card.number,
            finding=request.finding,
            inspected=request.inspected,
            person=person,
            **turn.made(),
        )
    )
    entry = card_entry(turn, card, RegisterKind.APPRAISAL, f"{row.finding}: {row.inspected}")
    abnormal = _ABNORMAL.get(row.finding, frozenset[AbnormalReason]())
    if head and not staff:
        abnormal |= {AbnormalReason.HEAD_OVERRIDE}
    proof = Proof(appraisal=row.id)
    enter(turn, replace(entry, proof=proof, approver=person if head else "", abnormal=abnormal))
    turn.note("appraise", f"card {card.number}", f"{row.finding} {person}")


def _check_lost(turn: Turn, card: CardRow, finding: Finding) -> None:
    """Lost is what was reported lost, and that is not here to be looked at."""
    lost = reported_lost(turn, card)
    if finding is Finding.LOST and not lost:
        raise RuleViolation("loss-report-first", rule="IC-16a")
    if lost and finding is not Finding.LOST:
        raise RuleViolation("reported-lost", rule="IC-10b")


def appraisals(estate: Estate, caller: Caller, number: int) -> Appraisals:
    """The findings on one card, latest first. Raises NotFound."""
    with reading(estate, caller) as turn:
        turn.find(CardRow, number, "card")
        statement = select(AppraisalRow).where(AppraisalRow.card_number == number)
        rows = turn.session.scalars(statement.order_by(AppraisalRow.serial.desc()))
        return Appraisals(appraisals=tuple(_view(row) for row in rows))


def _view(row: AppraisalRow) -> AppraisalView:
    return AppraisalView(
        appraisal_id=row.id,
        serial=row.serial,
        card_number=row.card_number,
        finding=row.finding,
        inspected=row.inspected,
        person=row.person,
        operator=row.operator,
        at=row.at,
        decided=row.finding is not Finding.IN_DOUBT,
    )
