"""Papers: owed with the money, printed when a printer says so, never numbered twice.

Printing never undoes what was settled; a paper that didn't come out stays owed (FEE-32).
"""

from collections.abc import Sequence
from typing import Final, Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from cardserver.db.books import sale_account, tenders_of
from cardserver.db.mapping import charges_from, period_from, rights_from
from cardserver.db.queries import unit_of
from cardserver.db.tables import (
    AgreementRow,
    DocumentEventRow,
    DocumentRow,
    HolderRow,
    OperationRow,
    SaleRow,
)
from cardserver.domain.card import Right
from cardserver.domain.document import (
    MAY_EXIST,
    OWING,
    STATE_AFTER,
    DocumentState,
    PrintResult,
)
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.domain.tariff import DOCUMENT_OF
from cardserver.services.errors import Conflict
from cardserver.services.replay import repeated
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

_OWED = "owed"
_REPRINT = "reprint"
_HANDED: Final[tuple[Handing, ...]] = get_args(Handing)


def owe_document(turn: Turn, operation: OperationRow, sale: SaleRow) -> None:
    """Number the paper for a settled sale, in the same transaction as its money."""
    charges = charges_from(sale.charges)
    kind = DOCUMENT_OF[charges[0].item]
    row = turn.add(
        DocumentRow(
            kind=kind,
            number=turn.count(f"document:{kind}"),
            operation_id=operation.id,
            local_date=turn.today,
            content=_content(turn, operation, sale).model_dump(mode="json"),
            **turn.made(),
        )
    )
    _event(turn, row, _OWED, None)
    turn.note("owe-document", f"{kind} {row.number}", f"card {operation.card_number}")


def _content(turn: Turn, operation: OperationRow, sale: SaleRow) -> DocumentContent:
    holder = turn.find(HolderRow, operation.holder_id, "holder")
    unit = unit_of(turn.session, holder)
    rights = rights_from(operation.plan["rights"])
    added = period_from(operation.plan["added"])
    agreement = _agreement(turn, rights)
    account = sale_account(turn.session, sale)
    lines = tuple(
        QuoteLine(
            item=charge.item,
            unit_price_fen=charge.unit_price_fen,
            quantity=charge.quantity,
            amount_fen=charge.amount_fen,
        )
        for charge in charges_from(sale.charges)
    )
    return DocumentContent(
        holder_name=holder.name,
        unit="" if unit is None else unit.label,
        card_number=operation.card_number,
        lines=lines,
        total_fen=sale.due_fen,
        received_fen=account.credited_fen,
        change_fen=account.credited_fen - sale.due_fen,
        tender_kind=_tender_kind(turn.session, sale),
        added=None if added is None else Period.of(added),
        after={right.kind: Period.of(right.period) for right in rights},
        plate=None if agreement is None else agreement.plate,
        space=None if agreement is None else agreement.space,
        operation_kind=operation.kind,
        operation_id=operation.id,
    )


def _agreement(turn: Turn, rights: Sequence[Right]) -> AgreementRow | None:
    for right in rights:
        if right.agreement_id is not None:
            return turn.find(AgreementRow, right.agreement_id, "agreement")
    return None


def _tender_kind(session: Session, sale: SaleRow) -> TenderKind:
    """How it was paid: as the first money that counted was."""
    states = tenders_of(session, sale.id).values()
    return next(last.kind for last in states if last.state is TenderState.CREDITED)


def document_of(turn: Turn, operation: OperationRow) -> DocumentView | None:
    """The paper of an operation; None where no money was taken."""
    statement = select(DocumentRow).where(DocumentRow.operation_id == operation.id)
    row = turn.session.scalars(statement).first()
    return None if row is None else _view(turn.session, row)


def document(estate: Estate, caller: Caller, document_id: int) -> DocumentView:
    """One paper. Raises NotFound, NotPermitted."""
    with reading(estate, caller) as turn:
        return _view(turn.session, _document(turn, document_id))


def documents_owed(estate: Estate, caller: Caller, station: str | None) -> DocumentList:
    """Papers not known to have come out, of one station or of all; a kiosk sees its own."""
    with reading(estate, caller) as turn:
        if station is not None:
            caller.check_owns(station)
        elif not caller.owns_all:
            station = caller.station
        views = (_view(turn.session, row) for row in _not_printed(turn.session, station))
        return DocumentList(documents=tuple(view for view in views if view.state in OWING))


def _not_printed(session: Session, station: str | None) -> Sequence[DocumentRow]:
    printed = select(DocumentEventRow.document_id).where(
        DocumentEventRow.event == PrintResult.PRINTED
    )
    statement = select(DocumentRow).where(DocumentRow.id.not_in(printed)).order_by(DocumentRow.id)
    if station is not None:
        statement = statement.where(DocumentRow.station == station)
    return session.scalars(statement).all()


def record_print(
    estate: Estate, caller: Caller, document_id: int, report: PrintReport
) -> DocumentView:
    """What became of a print job: printed, not printed, or unknown."""
    with writing(estate, caller) as turn:
        row = _document(turn, document_id)
        step = f"{report.print_id}:{report.result}"
        if not repeated(turn, step, "print", report, about=document_id):
            _event(turn, row, report.result, report.print_id)
            turn.note("print", f"{row.kind} {row.number}", report.result)
        return _view(turn.session, row)


def reprint(
    estate: Estate, caller: Caller, document_id: int, request: ReprintRequest
) -> DocumentView:
    """Leave to print once more. The counter for 补打 rises unless no paper ever came out."""
    with writing(estate, caller) as turn:
        row = _document(turn, document_id)
        if not repeated(turn, request.print_id, "reprint", request, about=document_id):
            if _state(_events(turn.session, row)) in MAY_EXIST:
                _event(turn, row, _REPRINT, request.print_id)
            turn.note("reprint", f"{row.kind} {row.number}")
        return _view(turn.session, row)


def hand_over(
    estate: Estate, caller: Caller, document_id: int, request: HandoverRequest
) -> DocumentView:
    """A printed paper left our hands (FEE-32). Raises Conflict ``not-printed``."""
    with writing(estate, caller) as turn:
        row = _document(turn, document_id)
        if not repeated(turn, request.handover_id, "hand-over", request, about=document_id):
            if _state(_events(turn.session, row)) is not DocumentState.PRINTED:
                raise Conflict("not-printed", "the paper is not known to have come out")
            _event(turn, row, request.how, request.handover_id)
            turn.note("hand-over", f"{row.kind} {row.number}", request.how)
        return _view(turn.session, row)


def _document(turn: Turn, document_id: int) -> DocumentRow:
    row = turn.find(DocumentRow, document_id, "document")
    turn.caller.check_owns(row.station)
    return row


def _event(turn: Turn, row: DocumentRow, event: str, print_id: str | None) -> None:
    turn.add(DocumentEventRow(document_id=row.id, event=event, print_id=print_id, **turn.made()))


def _events(session: Session, row: DocumentRow) -> Sequence[str]:
    statement = select(DocumentEventRow.event).where(DocumentEventRow.document_id == row.id)
    return session.scalars(statement.order_by(DocumentEventRow.id)).all()


def _state(events: Sequence[str]) -> DocumentState:
    """A paper that came out once is printed, whatever became of later copies."""
    others = {_OWED, _REPRINT, *_HANDED}
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


def _view(session: Session, row: DocumentRow) -> DocumentView:
    events = _events(session, row)
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
        content=DocumentContent.model_validate(row.content),
    )
