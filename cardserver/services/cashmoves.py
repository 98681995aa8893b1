"""Cash that leaves a drawer beside sales: to the cashier, as an approved loan, as a bad note.

Change and refunds are part of their sales; nothing else pays cash out (FEE-38).
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from cardserver.db.paperbooks import sales_of_paper
from cardserver.db.tables import SaleRow, TenderRow
from cardserver.db.tables_shifts import DrawerEntryRow, ShiftRow
from cardserver.db.tills import drawer_balance
from cardserver.domain import drawer
from cardserver.domain.denomination import DENOMINATIONS
from cardserver.domain.drawer import BAG, SAFE, DrawerKind
from cardserver.domain.errors import RuleViolation
from cardserver.domain.ledger import CASH
from cardserver.domain.permits import Action
from cardserver.domain.sale import TenderState
from cardserver.domain.shift import ShiftState, check_other_person
from cardserver.services.claims import claims_of, repay
from cardserver.services.drawer import book_movement, next_number, own_shift
from cardserver.services.replay import repeated
from cardserver.services.tillcounts import expected_in, takings_of
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_cashmoves import (
    CashToCashier,
    MovementList,
    MovementView,
    PayLoan,
    RepayClaim,
    ReportCounterfeit,
)

_SHOWN: Final = frozenset(DrawerKind) - {DrawerKind.CLOSING, DrawerKind.FLOAT}


def drop(estate: Estate, caller: Caller, request: CashToCashier) -> MovementView:
    """Takings of the caller's open shift go to the cashier, who gives his own credential.

    Raises RuleViolation ``no-shift``, ``drawer-short``, ``same-person``; NotPermitted.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.movement_id, "drop", request):
            cashier = caller.authorised_by(Action.SPOT_CHECK)
            shift = own_shift(turn)
            check_other_person(shift.operator, cashier, "FEE-33")
            if request.amount_fen > takings_of(turn, shift):
                raise RuleViolation("drawer-short", rule="FEE-33")
            book_movement(
                turn,
                shift,
                drawer.dropped(shift.station, request.amount_fen),
                request.amount_fen,
                person=cashier,
                reason=request.remark,
                detail={"id": request.movement_id},
            )
        return movement_of(turn, request.movement_id)


def hand_in(estate: Estate, caller: Caller, shift_id: str, request: CashToCashier) -> MovementView:
    """What a closed shift holds goes to the cashier.

    Raises RuleViolation ``bag-short``, ``same-person``; NotFound, NotPermitted.
    """
    with writing(estate, caller) as turn:
        shift = turn.find(ShiftRow, shift_id, "shift")
        if not repeated(turn, request.movement_id, "hand-in", request, about=shift_id):
            cashier = caller.authorised_by(Action.SPOT_CHECK)
            check_other_person(shift.operator, cashier, "FEE-33")
            if request.amount_fen > drawer_balance(turn.session, f"{BAG}{shift.number}"):
                raise RuleViolation("bag-short", rule="FEE-33")
            book_movement(
                turn,
                shift,
                drawer.handed_in(shift.number, request.amount_fen),
                request.amount_fen,
                person=cashier,
                reason=request.remark,
                detail={"id": request.movement_id, "giver": shift.operator},
            )
        return movement_of(turn, request.movement_id)


def pay_loan(estate: Estate, caller: Caller, request: PayLoan) -> MovementView:
    """A loan out of the caller's drawer, approved by the head of the service centre (FEE-38a).

    Raises RuleViolation ``no-shift``, ``drawer-short``, ``same-person``; NotPermitted.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.movement_id, "loan", request):
            turn.check_clock()
            head = caller.authorised_by(Action.APPROVE_PAYOUT)
            shift = own_shift(turn)
            check_other_person(shift.operator, head, "FEE-38")
            check_other_person(request.recipient, head, "FEE-38")
            if request.amount_fen > expected_in(turn, shift):
                raise RuleViolation("drawer-short", rule="FEE-38")
            number = next_number(turn, DrawerKind.LOAN)
            book_movement(
                turn,
                shift,
                drawer.lent(shift.station, number, request.amount_fen),
                request.amount_fen,
                number=number,
                person=request.recipient,
                approved_by=head,
                reason=request.reason,
                signed=request.signed,
                detail={"id": request.movement_id},
            )
        return movement_of(turn, request.movement_id)


def report_counterfeit(estate: Estate, caller: Caller, request: ReportCounterfeit) -> MovementView:
    """A worthless note: who took it owes its value, and the cash agrees again (FEE-34).

    Out of the drawer while its shift is open, else out of what the shift has not handed in, else
    out of the safe. Raises RuleViolation ``note-unknown``, ``not-taken-there``, ``drawer-short``,
    ``same-person``; NotFound, NotPermitted.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.movement_id, "counterfeit", request):
            cashier = caller.authorised_by(Action.REPORT_COUNTERFEIT)
            shift = turn.find(ShiftRow, request.shift_id, "shift")
            if request.face_fen not in DENOMINATIONS:
                raise RuleViolation("note-unknown", rule="FEE-34")
            check_other_person(shift.operator, cashier, "FEE-34")
            sale_id = _taken_for(turn, shift, request)
            still_open = shift.state is ShiftState.OPEN
            if still_open and request.face_fen > expected_in(turn, shift):
                raise RuleViolation("drawer-short", rule="FEE-34")
            account = _where(turn, shift, request.face_fen)
            book_movement(
                turn,
                shift,
                drawer.counterfeit(account, shift.operator, request.face_fen),
                request.face_fen,
                person=shift.operator,
                approved_by=cashier,
                reason=request.remark,
                detail={"id": request.movement_id, "sale": sale_id},
            )
        return movement_of(turn, request.movement_id)


def repay_claim(estate: Estate, caller: Caller, request: RepayClaim) -> MovementView:
    """A claim is made good, in full or in part (FEE-34).

    Raises RuleViolation ``claim-exceeded``, ``same-person``; NotPermitted.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.movement_id, "repay-claim", request):
            turn.check_clock()
            repay(turn, request)
        return movement_of(turn, request.movement_id)


def _taken_for(turn: Turn, shift: ShiftRow, request: ReportCounterfeit) -> str | None:
    """The sale that was named, if any: its money was taken by this shift's operator, at his desk.

    Raises RuleViolation ``not-taken-there``; NotFound.
    """
    if request.sale_id is not None:
        sales: Sequence[str] = (turn.find(SaleRow, request.sale_id, "sale").id,)
    elif request.paper_number is not None:
        sales = sales_of_paper(turn.session, request.paper_number)
    else:
        return None
    statement = select(TenderRow.sale_id).where(
        TenderRow.sale_id.in_(sales),
        TenderRow.state == TenderState.CREDITED,
        TenderRow.station == shift.station,
        TenderRow.operator == shift.operator,
    )
    found = turn.session.scalars(statement).first()
    if found is None:
        raise RuleViolation("not-taken-there", rule="FEE-34")
    return found


def _where(turn: Turn, shift: ShiftRow, face_fen: int) -> str:
    """The account the note lay on."""
    if shift.state is ShiftState.OPEN:
        return CASH + shift.station
    bag = f"{BAG}{shift.number}"
    return bag if drawer_balance(turn.session, bag) >= face_fen else SAFE


def movements(estate: Estate, caller: Caller, limit: int) -> MovementList:
    """The latest numbered movements, newest first."""
    with reading(estate, caller) as turn:
        statement = select(DrawerEntryRow).where(DrawerEntryRow.kind.in_(_SHOWN))
        rows = turn.session.scalars(statement.order_by(DrawerEntryRow.id.desc()).limit(limit))
        return MovementList(movements=_views(turn, rows.all()), claims=tuple(claims_of(turn)))


def movement_of(turn: Turn, movement_id: str) -> MovementView:
    """The numbered movement that this id made; its rows are few, and new ones come last."""
    statement = select(DrawerEntryRow).order_by(DrawerEntryRow.id.desc())
    rows = turn.session.scalars(statement)
    row = next(each for each in rows if each.detail.get("id") == movement_id)
    return _views(turn, [row])[0]


def _views(turn: Turn, rows: Sequence[DrawerEntryRow]) -> tuple[MovementView, ...]:
    found = []
    for row in rows:
        shift = None if row.shift_id is None else turn.find(ShiftRow, row.shift_id, "shift")
        found.append(
            MovementView(
                kind=row.kind,
                number=row.number,
                at=row.at,
                station=row.station,
                operator=row.detail.get("giver", row.operator),
                amount_fen=row.amount_fen,
                person=row.person,
                approved_by=row.approved_by,
                reason=row.reason,
                signed=row.signed,
                shift_number=None if shift is None else shift.number,
            )
        )
    return tuple(found)
