"""What a station does with a paper: print it, print it again, seal it, sign it, hand it over.

Printing never undoes what was settled; a paper that didn't come out stays owed (FEE-32).
"""

from sqlalchemy.orm import Session

from cardserver.db.paperbooks import not_printed
from cardserver.db.tables import DocumentRow
from cardserver.db.tables_papers import DocumentSignatureRow, DocumentVoidRow
from cardserver.domain.document import MAY_EXIST, OWING, DocumentKind, DocumentState, PrintResult
from cardserver.domain.errors import RuleViolation
from cardserver.domain.signature import SignedHow, check_strokes
from cardserver.services.documentevents import (
    REPRINT,
    SEALED,
    events_of,
    happened,
    history_of,
    state_after,
)
from cardserver.services.documentviews import view_of
from cardserver.services.errors import Conflict
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_documents import (
    DocumentList,
    DocumentView,
    HandoverRequest,
    PrintReport,
    ReprintRequest,
)
from cardserver.wire_papers import SealRequest, SignPaperRequest


def document(estate: Estate, caller: Caller, document_id: int) -> DocumentView:
    """One paper. Raises NotFound, NotPermitted."""
    with reading(estate, caller) as turn:
        return view_of(turn.session, find_document(turn, document_id))


def documents_owed(estate: Estate, caller: Caller, station: str | None) -> DocumentList:
    """Papers not known to have come out, of one station or of all; a kiosk sees its own."""
    with reading(estate, caller) as turn:
        if station is not None:
            caller.check_owns(station)
        elif not caller.owns_all:
            station = caller.station
        rows = not_printed(turn.session, station=station)
        views = (view_of(turn.session, row) for row in rows)
        return DocumentList(documents=tuple(view for view in views if view.state in OWING))


def record_print(
    estate: Estate, caller: Caller, document_id: int, report: PrintReport
) -> DocumentView:
    """What became of a print job: printed, not printed, or unknown.

    A job begins as unknown. Where one may already be in the world, whatever the station believed,
    it counts as a reprint and the answer bears the mark. Raises Conflict ``paper-void`` for that.
    """
    with writing(estate, caller) as turn:
        row = find_document(turn, document_id)
        step = f"{report.print_id}:{report.result}"
        if not repeated(turn, step, "print", report, about=document_id):
            if report.result is PrintResult.UNKNOWN:
                _mark_copy(turn, row, report.print_id)
            happened(turn, row, report.result, report.print_id)
            turn.note("print", f"{row.kind} {row.number}", report.result)
        return view_of(turn.session, row)


def reprint(
    estate: Estate, caller: Caller, document_id: int, request: ReprintRequest
) -> DocumentView:
    """Leave to print once more. The counter for 补打 rises unless no paper ever came out."""
    with writing(estate, caller) as turn:
        row = find_document(turn, document_id)
        if not repeated(turn, request.print_id, "reprint", request, about=document_id):
            check_valid(turn.session, row)
            if state_after(events_of(turn.session, row)) in MAY_EXIST:
                happened(turn, row, REPRINT, request.print_id)
            turn.note("reprint", f"{row.kind} {row.number}")
        return view_of(turn.session, row)


def _mark_copy(turn: Turn, row: DocumentRow, print_id: str) -> None:
    """Count a copy for which nobody asked leave: two people printed at once (FEE-24a)."""
    known = {each.print_id for each in history_of(turn.session, row)}
    if print_id not in known and state_after(events_of(turn.session, row)) in MAY_EXIST:
        check_valid(turn.session, row)
        happened(turn, row, REPRINT, print_id)


def hand_over(
    estate: Estate, caller: Caller, document_id: int, request: HandoverRequest
) -> DocumentView:
    """A printed paper left our hands: to the customer or into the box, no third way (FEE-05).

    Raises Conflict ``not-printed``, ``paper-void``; RuleViolation ``not-signed``, ``not-sealed``
    for a formal receipt that is not complete (FEE-02, FEE-24).
    """
    with writing(estate, caller) as turn:
        row = find_document(turn, document_id)
        if not repeated(turn, request.handover_id, "hand-over", request, about=document_id):
            if state_after(events_of(turn.session, row)) is not DocumentState.PRINTED:
                raise Conflict("not-printed", "the paper is not known to have come out")
            check_valid(turn.session, row)
            _check_complete(turn.session, row)
            happened(turn, row, request.how, request.handover_id)
            turn.note("hand-over", f"{row.kind} {row.number}", request.how)
        return view_of(turn.session, row)


def find_document(turn: Turn, document_id: int) -> DocumentRow:
    """A paper the caller may touch. Raises NotFound, NotPermitted."""
    row = turn.find(DocumentRow, document_id, "document")
    turn.caller.check_owns(row.station)
    return row


def check_valid(session: Session, row: DocumentRow) -> None:
    """Raise Conflict ``paper-void`` for a paper that was voided."""
    if session.get(DocumentVoidRow, row.id) is not None:
        raise Conflict("paper-void", "this paper was voided", rule="FEE-23")


def _check_complete(session: Session, row: DocumentRow) -> None:
    if row.kind is not DocumentKind.FORMAL_RECEIPT:
        return
    if session.get(DocumentSignatureRow, row.id) is None:
        raise RuleViolation("not-signed", rule="FEE-02")
    if SEALED not in events_of(session, row):
        raise RuleViolation("not-sealed", rule="FEE-24")


def seal(estate: Estate, caller: Caller, document_id: int, request: SealRequest) -> DocumentView:
    """Copy 2 was sealed (FEE-24). Raises Conflict ``paper-void``."""
    with writing(estate, caller) as turn:
        row = find_document(turn, document_id)
        if not repeated(turn, request.seal_id, "seal", request, about=document_id):
            check_valid(turn.session, row)
            if SEALED not in events_of(turn.session, row):
                happened(turn, row, SEALED, None)
                turn.note("seal", f"{row.kind} {row.number}")
        return view_of(turn.session, row)


def sign(
    estate: Estate, caller: Caller, document_id: int, request: SignPaperRequest
) -> DocumentView:
    """The payer signed (FEE-02). A signature stays; who signed on paper may not be asked again.

    Raises Conflict ``paper-void``; RuleViolation ``signature-empty``, ``signature-unreadable``.
    """
    with writing(estate, caller) as turn:
        row = find_document(turn, document_id)
        if not repeated(turn, request.sign_id, "sign-paper", request, about=document_id):
            check_valid(turn.session, row)
            if turn.session.get(DocumentSignatureRow, row.id) is None:
                on_pad = request.how is SignedHow.PAD
                strokes = check_strokes(request.strokes) if on_pad else ""
                turn.add(
                    DocumentSignatureRow(
                        document_id=row.id, how=request.how, strokes=strokes, **turn.made()
                    )
                )
                turn.note("sign-paper", f"{row.kind} {row.number}", request.how)
        return view_of(turn.session, row)
