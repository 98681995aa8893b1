"""Papers are owed with the money: numbered and written in the transaction that settles it."""

from typing import Any, NamedTuple

from cardserver.db.mapping import charges_from
from cardserver.db.spaces import is_collected
from cardserver.db.tables import DocumentRow, OperationRow, SaleRow
from cardserver.db.tables_papers import UnnumberedPaperRow
from cardserver.domain.document import DocumentKind
from cardserver.domain.tariff import document_kinds
from cardserver.services.documentcontents import content_of
from cardserver.services.documentevents import OWED, happened
from cardserver.services.documentviews import shown
from cardserver.services.numbering import number_for
from cardserver.services.slips import with_code
from cardserver.services.turn import Turn
from cardserver.wire_documents import DocumentContent, DocumentView


class Issued(NamedTuple):
    """A paper that was just written, and what it says."""

    row: DocumentRow
    content: DocumentContent


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
    return tuple(shown(each.row, each.content) for each in owed if each is not None)


def owe(
    turn: Turn,
    kind: DocumentKind,
    content: DocumentContent,
    *,
    operation_id: str | None = None,
    sale_id: str | None = None,
) -> Issued | None:
    """Owe one paper, for an operation or for a sale without any; numbered where a number is left.

    Settled all the same where none is: it gets one when a book is drawn (FEE-32); None till then.
    """
    stands: dict[str, Any] = {"operation_id": operation_id, "sale_id": sale_id}
    number = number_for(turn, kind)
    if number is not None:
        return issue(turn, kind=kind, number=number, content=content, **stands)
    written = content.model_dump(mode="json")
    turn.add(UnnumberedPaperRow(kind=kind, content=written, **stands, **turn.made()))
    turn.note("owe-unnumbered", kind, f"card {content.card_number}")
    return None


def issue(
    turn: Turn,
    *,
    kind: DocumentKind,
    number: int,
    content: DocumentContent,
    operation_id: str | None = None,
    sale_id: str | None = None,
) -> Issued:
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
        content=content.model_dump(mode="json"),
        **turn.made(),
    )
    happened(turn, row, OWED, None)
    turn.note("owe-document", f"{kind} {number}", f"card {content.card_number}")
    return Issued(row, content)
