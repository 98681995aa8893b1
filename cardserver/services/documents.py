"""Papers: owed with the money, printed when a printer says so, never numbered twice.

Printing never undoes what was settled; a paper that didn't come out stays owed (FEE-32).
"""

from collections.abc import Sequence
from typing import Any, Final, Literal, get_args

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cardserver.db.books import paid_for, tenders_of
from cardserver.db.mapping import charges_from, period_from, rights_from
from cardserver.db.paperbooks import not_printed
from cardserver.db.payments import kept_of
from cardserver.db.prepared import Prepared, PreparedRows
from cardserver.db.queries import unit_of
from cardserver.db.spaces import is_collected
from cardserver.db.tables import (
    AgreementRow,
    DocumentEventRow,
    DocumentRow,
    HolderRow,
    OperationRow,
    SaleRow,
)
from cardserver.db.tables_charges import ChargeRow
from cardserver.db.tables_papers import (
    DocumentSignatureRow,
    DocumentVoidRow,
    InvoiceHandingRow,
    InvoiceRow,
    UnnumberedPaperRow,
)
from cardserver.domain.card import Right
from cardserver.domain.document import (
    MAY_EXIST,
    OWING,
    STATE_AFTER,
    DocumentKind,
    DocumentState,
    PrintResult,
)
from cardserver.domain.errors import RuleViolation
from cardserver.domain.sale import BY_ITSELF, TenderKind, TenderState
from cardserver.domain.signature import SignedHow, check_strokes
from cardserver.domain.tariff import DOCUMENT_OF, ChargeItem, document_kinds
from cardserver.services.errors import Conflict
from cardserver.services.numbering import number_for
from cardserver.services.replay import repeated
from cardserver.services.slips import with_code
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire import (
    DocumentContent,
    DocumentList,
    DocumentView,
    Handing,
    HandoverRequest,
    Period,
    PrintReport,
    QuoteLine,
    ReprintRequest,
)
from cardserver.wire_papers import SealRequest, SignPaperRequest

_OWED = "owed"
_REPRINT = "reprint"
_SEALED = "sealed"
_HANDED: Final[tuple[Handing, ...]] = get_args(Handing)
_VALID: Final = PreparedRows(
    DocumentRow,
    select(DocumentRow)
    .where(
        DocumentRow.operation_id == bindparam("operation"),
        DocumentRow.id.not_in(select(DocumentVoidRow.document_id)),
    )
    .order_by(DocumentRow.id),
)
_EVENTS: Final = Prepared(
    select(DocumentEventRow.event)
    .where(DocumentEventRow.document_id == bindparam("paper"))
    .order_by(DocumentEventRow.id)
)
_JOBS: Final = Prepared(
    select(DocumentEventRow.event, DocumentEventRow.print_id)
    .where(DocumentEventRow.document_id == bindparam("paper"))
    .order_by(DocumentEventRow.id)
)
_BESIDE: Final = Prepared(
    select(DocumentSignatureRow.how, DocumentVoidRow.document_id)
    .select_from(DocumentRow)
    .outerjoin(DocumentSignatureRow, DocumentSignatureRow.document_id == DocumentRow.id)
    .outerjoin(DocumentVoidRow, DocumentVoidRow.document_id == DocumentRow.id)
    .where(DocumentRow.id == bindparam("paper"))
)
"""Whether a paper was signed, and whether it was voided."""

_INVOICES: Final = Prepared(
    select(InvoiceRow.number)
    .join(InvoiceHandingRow, InvoiceHandingRow.id == InvoiceRow.handing_id)
    .where(InvoiceHandingRow.document_id == bindparam("paper"))
    .order_by(InvoiceRow.number)
)


def owe_documents(turn: Turn, operation: OperationRow, sale: SaleRow) -> tuple[DocumentView, ...]:
    """Number the papers for a settled sale, in the same transaction as its money.

    Kinds never mix: each kind of charge has its own paper with its own lines (FEE-10). What the
    bank collected is invoiced with the property fee and takes none here (FEE-14).
    """
    if is_collected(turn.session, sale.id):
        return ()
    kinds = document_kinds(charges_from(sale.charges))
    owed = [
        owe(turn, kind, content_of(turn, operation, sale, kind), operation_id=operation.id)
        for kind in kinds
    ]
    return tuple(_view(row) for row in owed if row is not None)


def owe(
    turn: Turn,
    kind: DocumentKind,
    content: DocumentContent,
    *,
    operation_id: str | None = None,
    sale_id: str | None = None,
) -> DocumentRow | None:
    """Owe one paper, for an operation or for a sale without any; numbered where a number is left.

    Settled all the same where none is: it gets one when a book is drawn (FEE-32); None till then.
    """
    stands: dict[str, Any] = {"operation_id": operation_id, "sale_id": sale_id}
    number = number_for(turn, kind)
    written = content.model_dump(mode="json")
    if number is not None:
        return issue(turn, kind=kind, number=number, content=written, **stands)
    turn.add(UnnumberedPaperRow(kind=kind, content=written, **stands, **turn.made()))
    turn.note("owe-unnumbered", kind, f"card {content.card_number}")
    return None


def issue(
    turn: Turn,
    *,
    kind: DocumentKind,
    number: int,
    content: Any,
    operation_id: str | None = None,
    sale_id: str | None = None,
) -> DocumentRow:
    """Write a paper of today under its number. Whoever asks is its issuer, for good (FEE-37)."""
    if kind is DocumentKind.TOP_UP_SLIP:
        content = with_code(turn, number, content)
    row = turn.insert(
        DocumentRow,
        kind=kind,
        number=number,
        operation_id=operation_id,
        sale_id=sale_id,
        local_date=turn.today,
        content=content,
        **turn.made(),
    )
    _event(turn, row, _OWED, None)
    turn.note("owe-document", f"{kind} {row.number}", f"card {content['card_number']}")
    return row


def content_of(
    turn: Turn, operation: OperationRow, sale: SaleRow, kind: DocumentKind
) -> DocumentContent:
    """All the paper of one kind says about a paid operation."""
    holder = turn.find(HolderRow, operation.holder_id, "holder")
    unit = unit_of(turn.session, holder)
    rights = rights_from(operation.plan["rights"])
    added = period_from(operation.plan["added"])
    agreement = _agreement(turn, rights)
    paid = paid_for(turn.session, sale.id)
    lines = tuple(
        QuoteLine(
            item=charge.item,
            unit_price_fen=charge.unit_price_fen,
            quantity=charge.quantity,
            amount_fen=charge.amount_fen,
        )
        for charge in charges_from(sale.charges)
        if DOCUMENT_OF[charge.item] is kind
    )
    total_fen = sum(line.amount_fen for line in lines)
    return DocumentContent(
        holder_name=holder.name,
        unit="" if unit is None else unit.label,
        card_number=operation.card_number,
        lines=lines,
        total_fen=total_fen,
        received_fen=paid.received_fen,
        change_fen=paid.received_fen + paid.from_credit_fen - paid.kept_fen - sale.due_fen,
        from_credit_fen=paid.from_credit_fen,
        kept_fen=paid.kept_fen,
        payment_fen=None if total_fen == sale.due_fen else sale.due_fen,
        tender_kind=_tender_kind(turn.session, sale),
        providers=tuple(dict.fromkeys(row.provider for row in kept_of(turn.session, sale.id))),
        added=None if added is None else Period.of(added),
        after={right.kind: Period.of(right.period) for right in rights},
        plate=None if agreement is None else agreement.plate,
        space=None if agreement is None else agreement.space,
        operation_kind=operation.kind,
        operation_id=operation.id,
    )


def content_of_charge(turn: Turn, charge: ChargeRow, sale: SaleRow) -> DocumentContent:
    """All the receipt of a charge says that the cashier entered (FEE-36): no card, no rights."""
    holder = turn.find(HolderRow, sale.holder_id, "holder")
    unit = unit_of(turn.session, holder)
    received_fen = paid_for(turn.session, sale.id).received_fen
    line = QuoteLine(
        item=ChargeItem.OTHER,
        label=charge.item,
        unit_price_fen=charge.amount_fen,
        quantity=1,
        amount_fen=charge.amount_fen,
    )
    return DocumentContent(
        holder_name=holder.name,
        unit="" if unit is None else unit.label,
        card_number=0,
        lines=(line,),
        total_fen=sale.due_fen,
        received_fen=received_fen,
        change_fen=received_fen - sale.due_fen,
        tender_kind=_tender_kind(turn.session, sale),
        providers=tuple(dict.fromkeys(row.provider for row in kept_of(turn.session, sale.id))),
        after={},
        sale_id=sale.id,
    )


def _agreement(turn: Turn, rights: Sequence[Right]) -> AgreementRow | None:
    for right in rights:
        if right.agreement_id is not None:
            return turn.find(AgreementRow, right.agreement_id, "agreement")
    return None


def _tender_kind(session: Session, sale: SaleRow) -> TenderKind:
    """How it was paid: as the first cash that counted was, or without any by QR, or by credit."""
    states = tenders_of(session, sale.id).values()
    kinds = [each.kind for each in states if each.state is TenderState.CREDITED]
    if kinds and set(kinds) <= {TenderKind.CREDIT}:
        return TenderKind.CREDIT
    return next((kind for kind in kinds if kind not in BY_ITSELF), TenderKind.QR)


def documents_of(turn: Turn, operation: OperationRow) -> tuple[DocumentView, ...]:
    """The valid papers of an operation, one of each kind; none where no money was taken."""
    rows = _VALID.all(turn.session, operation=operation.id)
    return tuple(view_of(turn.session, row) for row in rows)


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
            _event(turn, row, report.result, report.print_id)
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
            if _state(_events(turn.session, row)) in MAY_EXIST:
                _event(turn, row, _REPRINT, request.print_id)
            turn.note("reprint", f"{row.kind} {row.number}")
        return view_of(turn.session, row)


def _mark_copy(turn: Turn, row: DocumentRow, print_id: str) -> None:
    """Count a copy for which nobody asked leave: two people printed at once (FEE-24a)."""
    jobs = _JOBS.rows(turn.session, paper=row.id)
    known = {job.print_id for job in jobs}
    if print_id not in known and _state([job.event for job in jobs]) in MAY_EXIST:
        check_valid(turn.session, row)
        _event(turn, row, _REPRINT, print_id)


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
            if _state(_events(turn.session, row)) is not DocumentState.PRINTED:
                raise Conflict("not-printed", "the paper is not known to have come out")
            check_valid(turn.session, row)
            _check_complete(turn.session, row)
            _event(turn, row, request.how, request.handover_id)
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
    if _SEALED not in _events(session, row):
        raise RuleViolation("not-sealed", rule="FEE-24")


def seal(estate: Estate, caller: Caller, document_id: int, request: SealRequest) -> DocumentView:
    """Copy 2 was sealed (FEE-24). Raises Conflict ``paper-void``."""
    with writing(estate, caller) as turn:
        row = find_document(turn, document_id)
        if not repeated(turn, request.seal_id, "seal", request, about=document_id):
            check_valid(turn.session, row)
            if _SEALED not in _events(turn.session, row):
                _event(turn, row, _SEALED, None)
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


def _event(turn: Turn, row: DocumentRow, event: str, print_id: str | None) -> None:
    line = {"document_id": row.id, "event": event, "print_id": print_id}
    turn.write(DocumentEventRow, {**line, **turn.made()})


def _events(session: Session, row: DocumentRow) -> Sequence[str]:
    return _EVENTS.values(session, paper=row.id)


def _state(events: Sequence[str]) -> DocumentState:
    """A paper that came out once is printed, whatever became of later copies."""
    others = {_OWED, _REPRINT, _SEALED, *_HANDED}
    results = [PrintResult(event) for event in events if event not in others]
    if not results:
        return DocumentState.OWED
    if PrintResult.PRINTED in results:
        return DocumentState.PRINTED
    return STATE_AFTER[results[-1]]


def _handed(events: Sequence[str]) -> Handing | Literal[""]:
    """How it left our hands last: a paper in the box is handed over later."""
    found = [how for event in events for how in _HANDED if how == event]
    return found[-1] if found else ""


def view_of(session: Session, row: DocumentRow) -> DocumentView:
    """A paper as it stands."""
    signed, void_id = _BESIDE.first(session, paper=row.id)
    return _view(
        row,
        _events(session, row),
        signed=signed or "",
        invoices=tuple(_INVOICES.values(session, paper=row.id)),
        void=void_id is not None,
    )


def _view(
    row: DocumentRow,
    events: Sequence[str] = (_OWED,),
    *,
    signed: SignedHow | Literal[""] = "",
    invoices: tuple[int, ...] = (),
    void: bool = False,
) -> DocumentView:
    """A paper with what became of it; nothing has yet of one just written."""
    return DocumentView(
        document_id=row.id,
        kind=row.kind,
        number=row.number,
        local_date=row.local_date,
        issued_at=row.at,
        station=row.station,
        operator=row.operator,
        state=_state(events),
        reprints=events.count(_REPRINT),
        handed=_handed(events),
        sealed=_SEALED in events,
        signed=signed,
        invoices=invoices,
        void=void,
        content=DocumentContent.model_validate(row.content),
    )
