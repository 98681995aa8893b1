"""What became of a paper, event by event: owed, printed, reprinted, sealed, out of our hands."""

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple, get_args

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from cardserver.db.prepared import Prepared
from cardserver.db.recalling import answers_of, remembered
from cardserver.db.tables import DocumentEventRow, DocumentRow
from cardserver.domain.document import STATE_AFTER, DocumentState, PrintResult
from cardserver.services.turn import Turn
from cardserver.wire_documents import Handing

OWED = "owed"
REPRINT = "reprint"
SEALED = "sealed"
_HANDED: Final[tuple[Handing, ...]] = get_args(Handing)
HAPPENED: Final = "happened"
_HAPPENED: Final = Prepared(
    select(DocumentEventRow.event, DocumentEventRow.print_id)
    .where(DocumentEventRow.document_id == bindparam("paper"))
    .order_by(DocumentEventRow.id)
)


class Happened(NamedTuple):
    """What happened to a paper, and by which print job, if by any."""

    event: str
    print_id: str | None


def happened(turn: Turn, row: DocumentRow, event: str, print_id: str | None) -> None:
    """Write down what happened to a paper, and by which print job, if by any."""
    line = {"document_id": row.id, "event": event, "print_id": print_id}
    turn.write(DocumentEventRow, {**line, **turn.made()})
    known = answers_of(turn.session).get((HAPPENED, row.id))
    if known is not None:
        known.append(Happened(event, print_id))


def history_of(session: Session, row: DocumentRow) -> Sequence[Any]:
    """What happened to it with the print jobs, first to last."""
    return remembered(session, HAPPENED, row.id, lambda: _HAPPENED.rows(session, paper=row.id))


def events_of(session: Session, row: DocumentRow) -> list[str]:
    """What happened to it, first to last."""
    return [each.event for each in history_of(session, row)]


def state_after(events: Sequence[str]) -> DocumentState:
    """A paper that came out once is printed, whatever became of later copies."""
    others = {OWED, REPRINT, SEALED, *_HANDED}
    results = [PrintResult(event) for event in events if event not in others]
    if not results:
        return DocumentState.OWED
    if PrintResult.PRINTED in results:
        return DocumentState.PRINTED
    return STATE_AFTER[results[-1]]


def handed_after(events: Sequence[str]) -> Handing | Literal[""]:
    """How it left our hands last: a paper in the box is handed over later."""
    found = [how for event in events for how in _HANDED if how == event]
    return found[-1] if found else ""
