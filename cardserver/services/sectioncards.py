"""A section's card inside its section: each hand-over is the section head's own record (IC-15a)."""

from sqlalchemy import select

from cardserver.db.spaces import line_of
from cardserver.db.tables import CardRow, OperationRow
from cardserver.db.tables_approvals import ApplicationRow, ApplicationUseRow, SectionHandingRow
from cardserver.domain.application import CardForm
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationState
from cardserver.domain.permits import Action
from cardserver.domain.rights import CardStatus
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_approvals import HandOnRequest, SectionCard, SectionHanding


def section_card(estate: Estate, caller: Caller, number: int) -> SectionCard:
    """Whose section a card is, and through whose hands it went, the latest first.

    Raises NotFound.
    """
    with reading(estate, caller) as turn:
        return _view(turn, turn.find(CardRow, number, "card"))


def hand_on(estate: Estate, caller: Caller, number: int, request: HandOnRequest) -> SectionCard:
    """The section head gives the section's card on to a colleague.

    Raises RuleViolation ``no-section-card`` for a card of one person, ``card-not-live``;
    NotFound; NotPermitted for anybody but a section head.
    """
    with writing(estate, caller) as turn:
        card = turn.find(CardRow, number, "card")
        if not repeated(turn, request.handing_id, "hand-on", request, about=number):
            _hand_on(turn, card, request)
        return _view(turn, card)


def _hand_on(turn: Turn, card: CardRow, request: HandOnRequest) -> None:
    head = turn.caller.authorised_by(Action.APPLY_STAFF_CARD)
    if _section_of(turn, card) is None:
        raise RuleViolation("no-section-card", rule="IC-15a")
    if card.status is not CardStatus.LIVE:
        raise RuleViolation("card-not-live", rule="IC-15a")
    given = {"given_to": request.given_to, "remark": request.remark or "", "given_by": head}
    row = {"id": request.handing_id, "card_number": card.number, **given}
    turn.write(SectionHandingRow, {**row, **turn.made()})
    turn.note("hand-on", f"card {card.number}", f"to {request.given_to} by {head}")


def _section_of(turn: Turn, card: CardRow) -> str | None:
    """The section whose card it is, also where it replaced the one applied for."""
    statement = (
        select(ApplicationRow.form, ApplicationRow.section)
        .join(ApplicationUseRow, ApplicationUseRow.application_id == ApplicationRow.id)
        .join(OperationRow, OperationRow.id == ApplicationUseRow.operation_id)
        .where(
            OperationRow.card_number.in_(line_of(turn.session, card.number)),
            OperationRow.holder_id == card.holder_id,
            OperationRow.state == OperationState.SETTLED,
        )
        .order_by(ApplicationRow.serial.desc())
    )
    found = turn.session.execute(statement).first()
    return None if found is None or found.form is not CardForm.SECTION else str(found.section)


def _view(turn: Turn, card: CardRow) -> SectionCard:
    numbers = line_of(turn.session, card.number)
    statement = select(SectionHandingRow).where(SectionHandingRow.card_number.in_(numbers))
    rows = turn.session.scalars(statement.order_by(SectionHandingRow.at.desc())).all()
    return SectionCard(
        card_number=card.number,
        section=_section_of(turn, card),
        handings=tuple(
            SectionHanding(
                given_to=row.given_to,
                given_by=row.given_by,
                remark=row.remark,
                station=row.station,
                at=row.at,
            )
            for row in rows
        ),
    )
