"""Papers as stations see them: what they say, and what became of them."""

from collections.abc import Sequence
from typing import Final, Literal

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cardserver.db.prepared import Prepared, PreparedRows
from cardserver.db.tables import DocumentRow, OperationRow
from cardserver.db.tables_papers import (
    DocumentSignatureRow,
    DocumentVoidRow,
    InvoiceHandingRow,
    InvoiceRow,
)
from cardserver.domain.signature import SignedHow
from cardserver.services.documentevents import (
    OWED,
    REPRINT,
    SEALED,
    events_of,
    handed_after,
    state_after,
)
from cardserver.services.turn import Turn
from cardserver.wire_documents import DocumentContent, DocumentView

_VALID: Final = PreparedRows(
    DocumentRow,
    select(DocumentRow)
    .where(
        DocumentRow.operation_id == bindparam("operation"),
        DocumentRow.id.not_in(select(DocumentVoidRow.document_id)),
    )
    .order_by(DocumentRow.id),
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


def documents_of(turn: Turn, operation: OperationRow) -> tuple[DocumentView, ...]:
    """The valid papers of an operation, one of each kind; none where no money was taken."""
    rows = _VALID.all(turn.session, operation=operation.id)
    return tuple(view_of(turn.session, row) for row in rows)


def view_of(session: Session, row: DocumentRow) -> DocumentView:
    """A paper as it stands."""
    signed, void_id = _BESIDE.first(session, paper=row.id)
    return shown(
        row,
        DocumentContent.model_validate(row.content),
        events_of(session, row),
        signed=signed or "",
        invoices=tuple(_INVOICES.values(session, paper=row.id)),
        void=void_id is not None,
    )


def shown(
    row: DocumentRow,
    content: DocumentContent,
    events: Sequence[str] = (OWED,),
    *,
    signed: SignedHow | Literal[""] = "",
    invoices: tuple[int, ...] = (),
    void: bool = False,
) -> DocumentView:
    """A paper with what it says and what became of it; nothing has yet of one just written."""
    return DocumentView(
        document_id=row.id,
        kind=row.kind,
        number=row.number,
        local_date=row.local_date,
        issued_at=row.at,
        station=row.station,
        operator=row.operator,
        state=state_after(events),
        reprints=events.count(REPRINT),
        handed=handed_after(events),
        sealed=SEALED in events,
        signed=signed,
        invoices=invoices,
        void=void,
        content=content,
    )
