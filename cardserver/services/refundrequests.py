"""Unused months asked back: recorded for the head of the centre, never paid here (PARK-12b)."""

from sqlalchemy import select

from cardserver.db.mapping import right_of
from cardserver.db.queries import rights_of
from cardserver.db.tables import CardRow
from cardserver.db.tables_parking import RefundRequestRow
from cardserver.domain.errors import RuleViolation
from cardserver.domain.permits import Action
from cardserver.domain.rights import RightKind
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_parking import RefundAsked, RefundRequests, RefundRequestView


def ask_refund(estate: Estate, caller: Caller, request: RefundAsked) -> RefundRequests:
    """Record a request to the head of the centre (FEE-38).

    Raises RuleViolation ``no-parking-right``, ``nothing-unused`` for a right that has ended.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.request_id, "refund-request", request):
            caller.authorised_by(Action.EDIT_AGREEMENTS)
            _record(turn, request)
        return _list(turn)


def refund_requests(estate: Estate, caller: Caller) -> RefundRequests:
    """All requests, oldest first."""
    with reading(estate, caller) as turn:
        return _list(turn)


def _record(turn: Turn, request: RefundAsked) -> None:
    turn.find(CardRow, request.card_number, "card")
    rights = [right_of(row) for row in rights_of(turn.session, request.card_number)]
    parking = next((right for right in rights if right.kind is RightKind.PARKING), None)
    if parking is None or parking.agreement_id is None:
        raise RuleViolation("no-parking-right", rule="PARK-12b")
    if turn.today >= parking.period.after_last:
        raise RuleViolation("nothing-unused", rule="PARK-12b")
    turn.add(
        RefundRequestRow(
            id=request.request_id,
            card_number=request.card_number,
            agreement_id=parking.agreement_id,
            months=request.months,
            reason=request.reason,
            **turn.made(),
        )
    )
    turn.note("refund-request", f"card {request.card_number}", f"{request.months} months")


def _list(turn: Turn) -> RefundRequests:
    statement = select(RefundRequestRow).order_by(RefundRequestRow.at, RefundRequestRow.id)
    return RefundRequests(
        requests=tuple(
            RefundRequestView(
                request_id=row.id,
                card_number=row.card_number,
                months=row.months,
                reason=row.reason,
                at=row.at,
                operator=row.operator,
            )
            for row in turn.session.scalars(statement)
        )
    )
