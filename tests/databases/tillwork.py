"""Shifts for a test's front desk: open ones, so that money may be taken."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import uuid4

from sqlalchemy import select

from cardserver.db.paperbooks import not_handed
from cardserver.db.tables import SaleRow
from cardserver.db.tables_papers import ReceiptBookRow
from cardserver.db.tables_shifts import ShiftRow, SuspenseRow, TenderNotesRow
from cardserver.domain.document import PrintResult
from cardserver.domain.permits import Action
from cardserver.domain.receiptbook import BookKind
from cardserver.domain.shift import ShiftState, SuspenseOutcome
from cardserver.domain.signature import SignedHow
from cardserver.services import beginning, closing, documents, selling, shifts, spotchecks
from cardserver.services.shifts import SHIFTS
from cardserver.services.turn import Caller, Estate, Leave, Turn, reading, writing
from cardserver.wire_documents import DocumentView, HandoverRequest, PrintReport
from cardserver.wire_operations import BeginRequest, Ticket
from cardserver.wire_papers import SealRequest, SignPaperRequest
from cardserver.wire_sales import CancelRequest
from cardserver.wire_shifts import (
    CloseShift,
    CountDrawer,
    CountView,
    Notes,
    OpenShift,
    ShiftView,
    ZView,
)
from cardserver.wire_spotchecks import SpotCheckRequest

CASHIER, CENTRE_HEAD = "宋梅", "高远"
FLOAT: Notes = {50_00: 2, 20_00: 4, 5_00: 4}
"""200 yuan."""


def open_shifts(turn: Turn, callers: Iterable[Caller]) -> None:
    """An open shift without a float for each of these, in one go because every test needs it."""
    for caller in callers:
        turn.session.add(
            ShiftRow(
                id=str(uuid4()),
                number=turn.count(SHIFTS),
                state=ShiftState.OPEN,
                float_notes={},
                float_fen=0,
                at=turn.now,
                station=caller.station,
                operator=caller.operator,
            )
        )


def new_id() -> str:
    return str(uuid4())


def allowed(caller: Caller, action: Action, name: str = CASHIER) -> Caller:
    """The same caller, with a second person's leave for one action."""
    return replace(caller, leave=Leave(leave_id=new_id(), action=action, name=name))


def pieces(fen: int) -> Notes:
    """An amount in the largest notes there are."""
    found: Notes = {}
    for face in (100_00, 50_00, 20_00, 10_00, 5_00, 1_00, 50, 10):
        found[face], fen = divmod(fen, face)
    assert fen == 0
    return {face: count for face, count in found.items() if count}


def begin(estate: Estate, caller: Caller, notes: Notes = FLOAT) -> ShiftView:
    """Open a shift."""
    return shifts.open_shift(estate, caller, OpenShift(shift_id=new_id(), notes=notes))


def current(estate: Estate, caller: Caller) -> ShiftView:
    """The caller's open shift."""
    found = shifts.own(estate, caller).shift
    assert found is not None
    return found


def count(estate: Estate, caller: Caller, shift: ShiftView, fen: int) -> CountView:
    """Count the drawer."""
    request = CountDrawer(count_id=new_id(), notes=pieces(fen))
    return closing.count_drawer(estate, caller, shift.shift_id, request)


def close_request(counted: CountView, comment: str = "", **values: bool) -> CloseShift:
    """What is said at the end of a shift."""
    return CloseShift(
        close_id=new_id(),
        count_id=counted.count_id,
        comment=comment,
        books=1,
        seals=1,
        locked=values.get("locked", True),
        seen=values.get("seen", True),
    )


def finish(estate: Estate, caller: Caller, shift: ShiftView, fen: int, comment: str = "") -> ZView:
    """Count and close."""
    counted = count(estate, caller, shift, fen)
    return closing.close_shift(estate, caller, shift.shift_id, close_request(counted, comment))


def give_paper(estate: Estate, caller: Caller, document: DocumentView) -> None:
    """Print, sign, seal and hand over a paper."""
    number = document.document_id
    printed = PrintReport(print_id=new_id(), result=PrintResult.PRINTED)
    documents.record_print(estate, caller, number, printed)
    signed = SignPaperRequest(sign_id=new_id(), how=SignedHow.PAPER)
    documents.sign(estate, caller, number, signed)
    documents.seal(estate, caller, number, SealRequest(seal_id=new_id()))
    given = HandoverRequest(handover_id=new_id(), how="handed-over")
    documents.hand_over(estate, caller, number, given)


def cancel(estate: Estate, caller: Caller, sale_id: str) -> None:
    """Give a sale up; what was paid is owed back."""
    request = CancelRequest(cancel_id=new_id(), reason="反悔")
    selling.cancel_sale(estate, caller, sale_id, request)


def draw_book(estate: Estate, caller: Caller, first: int = 900_001) -> None:
    """A book of receipts for one more agent."""
    with writing(estate, caller) as turn:
        turn.session.add(
            ReceiptBookRow(
                kind=BookKind.FORMAL_RECEIPT,
                label=f"{first}",
                first=first,
                last=first + 99,
                denomination_fen=0,
                drawn_by=caller.operator,
                handed_out_by=CASHIER,
                local_date=turn.today,
                **turn.made(),
            )
        )


def begin_card(estate: Estate, caller: Caller, request: BeginRequest) -> Ticket:
    """Open the operation of a sale that was paid."""
    return beginning.begin(estate, caller, request)


def give_papers_of(estate: Estate, caller: Caller) -> None:
    """Hand over every paper of this operator that still lies here."""
    with reading(estate, caller) as turn:
        rows = not_handed(turn.session, station=caller.station, operator=caller.operator)
        numbers = [row.id for row in rows]
    for number in numbers:
        give_paper(estate, caller, documents.document(estate, caller, number))


def leave_rows(estate: Estate, caller: Caller) -> None:
    """A row in each table of shifts; one sale is on file already."""
    agent = replace(caller, operator="李梅")
    shift = begin(estate, agent)
    request = SpotCheckRequest(check_id=new_id(), shift_id=shift.shift_id, notes=FLOAT)
    spotchecks.spot_check(estate, allowed(caller, Action.SPOT_CHECK), request)
    finish(estate, agent, shift, 200_00)
    with writing(estate, caller) as turn:
        sale = turn.session.scalars(select(SaleRow)).first()
        assert sale is not None
        turn.add(TenderNotesRow(tender_id=new_id(), notes={"10000": 1}))
        turn.add(
            SuspenseRow(
                id=new_id(),
                number=1,
                sale_id=sale.id,
                outcome=SuspenseOutcome.KEPT,
                amount_fen=1,
                evidence="x",
                settled_by=CASHIER,
                **turn.made(),
            )
        )
