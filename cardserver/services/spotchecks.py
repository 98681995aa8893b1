"""The cashier looks into a drawer at any moment (FEE-33): what should be there, and what is."""

from sqlalchemy import select

from cardserver.db.tables_shifts import ShiftRow, SpotCheckRow
from cardserver.domain.denomination import check_pieces, total_of
from cardserver.domain.permits import Action
from cardserver.domain.shift import ShiftState, check_difference, check_other_person
from cardserver.services.errors import Conflict
from cardserver.services.receiptbooks import books_of
from cardserver.services.replay import repeated
from cardserver.services.shifts import notes_json, shift_view
from cardserver.services.tillcounts import expected_in, papers_of
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_shifts import ShiftList
from cardserver.wire_spotchecks import SpotCheckList, SpotCheckRequest, SpotCheckView


def recent_shifts(estate: Estate, caller: Caller, limit: int) -> ShiftList:
    """The latest shifts, open and closed, newest first."""
    with reading(estate, caller) as turn:
        rows = turn.session.scalars(select(ShiftRow).order_by(ShiftRow.number.desc()).limit(limit))
        return ShiftList(shifts=tuple(shift_view(turn, row) for row in rows))


def spot_check(estate: Estate, caller: Caller, request: SpotCheckRequest) -> SpotCheckView:
    """The cashier's count of an open shift's drawer, signed with his credential, kept for good.

    Raises Conflict ``shift-closed``; RuleViolation ``same-person``, ``drawer-difference``;
    NotFound, NotPermitted, AmountInvalid.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.check_id, "spot-check", request):
            cashier = caller.authorised_by(Action.SPOT_CHECK)
            shift = turn.find(ShiftRow, request.shift_id, "shift")
            if shift.state is ShiftState.CLOSED:
                raise Conflict("shift-closed", f"shift {shift.number} is closed")
            check_other_person(shift.operator, cashier, "FEE-33")
            _check(turn, shift, request, cashier)
        return _view(turn.find(SpotCheckRow, request.check_id, "spot-check"))


def _check(turn: Turn, shift: ShiftRow, request: SpotCheckRequest, cashier: str) -> None:
    counted = total_of(check_pieces(request.notes))
    expected = expected_in(turn, shift)
    check_difference(counted - expected, request.comment)
    number = turn.count("spot-check")
    view = SpotCheckView(
        number=number,
        at=turn.now,
        station=shift.station,
        operator=shift.operator,
        cashier=cashier,
        shift_number=shift.number,
        expected_fen=expected,
        counted_fen=counted,
        notes={int(face): count for face, count in notes_json(request.notes).items()},
        comment=request.comment.strip(),
        papers=papers_of(turn, shift),
        books=books_of(turn, shift.operator),
    )
    turn.add(
        SpotCheckRow(
            id=request.check_id,
            number=number,
            shift_id=shift.id,
            cashier=cashier,
            content=view.model_dump(mode="json"),
            comment=view.comment,
            **turn.made(),
        )
    )
    turn.note("spot-check", f"shift {shift.number}", f"{counted} of {expected} by {cashier}")


def spot_checks(estate: Estate, caller: Caller, limit: int) -> SpotCheckList:
    """The latest spot checks, newest first."""
    with reading(estate, caller) as turn:
        statement = select(SpotCheckRow).order_by(SpotCheckRow.number.desc()).limit(limit)
        return SpotCheckList(checks=tuple(_view(row) for row in turn.session.scalars(statement)))


def _view(row: SpotCheckRow) -> SpotCheckView:
    return SpotCheckView.model_validate(row.content)
