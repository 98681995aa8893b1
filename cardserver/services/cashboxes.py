"""A kiosk's cash box: taken out by one person, counted by another, the difference on file.

From the moment it is taken out its money stands on an account of its own (``box:<number>``), and
what the kiosk takes from then on belongs to the next one.
"""

from sqlalchemy import select

from cardserver.db.books import balances
from cardserver.db.tables_reconciliation import CashBoxCountRow, CashBoxRow
from cardserver.domain import drawer
from cardserver.domain.denomination import check_pieces, total_of
from cardserver.domain.ledger import CASH
from cardserver.domain.permits import Action
from cardserver.domain.reconciliation import DifferenceKind
from cardserver.domain.shift import check_difference, check_other_person
from cardserver.services.differences import CASH_BOX, file_difference
from cardserver.services.drawer import book_movement
from cardserver.services.errors import Conflict
from cardserver.services.replay import repeated
from cardserver.services.shifts import notes_json
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_reconciliation import BoxList, BoxView, CountBox, TakeBox

_COUNTER = "cash-box"
_SHOWN = 30


def take_box(estate: Estate, caller: Caller, request: TakeBox) -> BoxView:
    """The kiosk that asks has its cash box taken out, by who signed in behind its door.

    What the kiosk itself counted into it is compared with the ledger at once.
    Raises NotPermitted, StoreBusy.
    """
    with writing(estate, caller) as turn:
        if not repeated(turn, request.box_id, "take-box", request):
            _take(turn, request)
        return _view(turn, turn.find(CashBoxRow, request.box_id, "cash-box"))


def _take(turn: Turn, request: TakeBox) -> None:
    person = turn.caller.authorised_by(Action.SERVICE)
    kiosk, number = turn.caller.station, turn.count(_COUNTER)
    expected = balances(turn.session).get(CASH + kiosk, 0)
    turn.add(
        CashBoxRow(
            id=request.box_id,
            number=number,
            expected_fen=expected,
            machine_fen=request.machine_fen,
            at=turn.now,
            station=kiosk,
            operator=person,
        )
    )
    entry = drawer.box_taken(kiosk, number, expected)
    book_movement(turn, None, entry, expected, person=person, detail={"box": number})
    turn.note("take-box", f"box {number}", f"{kiosk} {expected}")
    if request.machine_fen is not None and request.machine_fen != expected:
        file_difference(
            turn,
            subject=CASH_BOX,
            reference=str(number),
            kind=DifferenceKind.MACHINE,
            ours_fen=expected,
            theirs_fen=request.machine_fen,
        )


def count_box(estate: Estate, caller: Caller, box_id: str, request: CountBox) -> BoxView:
    """What was found in a box, by somebody else than who took it out.

    Raises RuleViolation ``same-person``, ``drawer-difference`` (a difference wants a comment);
    Conflict ``box-counted``; AmountInvalid, NotFound, NotPermitted.
    """
    with writing(estate, caller) as turn:
        box = turn.find(CashBoxRow, box_id, "cash-box")
        if not repeated(turn, f"count:{box_id}", "count-box", request):
            _count(turn, box, request)
        return _view(turn, box)


def _count(turn: Turn, box: CashBoxRow, request: CountBox) -> None:
    person = turn.caller.authorised_by(Action.RECONCILE)
    check_other_person(box.operator, person, "FEE-33")
    if turn.session.get(CashBoxCountRow, box.id) is not None:
        raise Conflict("box-counted")
    counted = total_of(check_pieces(request.notes))
    check_difference(counted - box.expected_fen, request.comment)
    turn.add(
        CashBoxCountRow(
            box_id=box.id,
            notes=notes_json(request.notes),
            counted_fen=counted,
            comment=request.comment,
            **{**turn.made(), "operator": person},
        )
    )
    entry = drawer.box_counted(box.number, expected_fen=box.expected_fen, counted_fen=counted)
    book_movement(turn, None, entry, counted, person=person, detail={"box": box.number})
    turn.note("count-box", f"box {box.number}", f"{counted} of {box.expected_fen}")
    if counted != box.expected_fen:
        file_difference(
            turn,
            subject=CASH_BOX,
            reference=str(box.number),
            kind=DifferenceKind.COUNT,
            ours_fen=box.expected_fen,
            theirs_fen=counted,
        )


def boxes(estate: Estate, caller: Caller) -> BoxList:
    """The latest boxes of all kiosks; a kiosk sees its own."""
    with reading(estate, caller) as turn:
        return BoxList(boxes=latest_boxes(turn))


def latest_boxes(turn: Turn) -> tuple[BoxView, ...]:
    """The same inside a turn."""
    statement = select(CashBoxRow).order_by(CashBoxRow.number.desc()).limit(_SHOWN)
    if not turn.caller.owns_all:
        statement = statement.where(CashBoxRow.station == turn.caller.station)
    return tuple(_view(turn, row) for row in turn.session.scalars(statement).all())


def _view(turn: Turn, box: CashBoxRow) -> BoxView:
    count = turn.session.get(CashBoxCountRow, box.id)
    return BoxView(
        box_id=box.id,
        number=box.number,
        kiosk=box.station,
        taken_by=box.operator,
        taken_at=box.at,
        expected_fen=box.expected_fen,
        machine_fen=box.machine_fen,
        counted_fen=None if count is None else count.counted_fen,
        counted_by="" if count is None else count.operator,
        comment="" if count is None else count.comment,
    )
