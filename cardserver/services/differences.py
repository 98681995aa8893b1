"""Differences between accounts: on file from the moment they are found, each with an owner and age.

A difference is never taken off: a person takes it, says what it was, or the next day's bill does.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import select

from cardserver.db.tables_reconciliation import DifferenceEventRow, DifferenceRow
from cardserver.domain.permits import Action
from cardserver.domain.reconciliation import DifferenceKind, DifferenceWord
from cardserver.services.errors import Conflict
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, writing
from cardserver.wire_reconciliation import DifferenceView, SettleDifference, TakeDifference

CASH_BOX: Final = "cash-box"
_SHOWN: Final = 200


def file_difference(
    turn: Turn,
    *,
    subject: str,
    reference: str,
    kind: DifferenceKind,
    ours_fen: int,
    theirs_fen: int,
    day: date | None = None,
) -> None:
    """Put a difference on file; `day` is the money's, today where none is given."""
    turn.add(
        DifferenceRow(
            subject=subject,
            reference=reference,
            kind=kind,
            day=day or turn.today,
            ours_fen=ours_fen,
            theirs_fen=theirs_fen,
            **turn.made(),
        )
    )
    turn.note("difference", f"{subject} {reference}", f"{kind} {ours_fen} {theirs_fen}")


def take_difference(
    estate: Estate, caller: Caller, difference_id: int, request: TakeDifference
) -> DifferenceView:
    """Who asks answers for it from now on; taking over from somebody else is allowed and seen.

    Raises Conflict ``difference-settled``, NotFound, NotPermitted.
    """
    with writing(estate, caller) as turn:
        row = turn.find(DifferenceRow, difference_id, "difference")
        if not repeated(turn, request.request_id, "take-difference", request, about=difference_id):
            _tell(turn, row, DifferenceWord.TAKEN, "")
        return view_of(turn, row)


def settle_difference(
    estate: Estate, caller: Caller, difference_id: int, request: SettleDifference
) -> DifferenceView:
    """What it was is known, and said.

    Raises Conflict ``difference-settled``, NotFound, NotPermitted.
    """
    with writing(estate, caller) as turn:
        row = turn.find(DifferenceRow, difference_id, "difference")
        about = difference_id
        if not repeated(turn, request.request_id, "settle-difference", request, about=about):
            _tell(turn, row, DifferenceWord.SETTLED, request.remark)
        return view_of(turn, row)


def _tell(turn: Turn, row: DifferenceRow, word: DifferenceWord, remark: str) -> None:
    person = turn.caller.authorised_by(Action.RECONCILE)
    if any(event.word is DifferenceWord.SETTLED for event in _events(turn, row)):
        raise Conflict("difference-settled")
    note_event(turn, row, word, remark, person=person)


def note_event(
    turn: Turn, row: DifferenceRow, word: DifferenceWord, remark: str, *, person: str
) -> None:
    """Write down what was done; `person` is empty for the server itself."""
    turn.add(
        DifferenceEventRow(
            difference_id=row.id,
            word=word,
            remark=remark,
            **{**turn.made(), "operator": person},
        )
    )
    turn.note(f"difference-{word}", f"{row.subject} {row.reference}", remark)


def open_differences(turn: Turn) -> Sequence[DifferenceRow]:
    """Those that nobody has settled, oldest first."""
    settled = select(DifferenceEventRow.difference_id).where(
        DifferenceEventRow.word == DifferenceWord.SETTLED
    )
    statement = select(DifferenceRow).where(DifferenceRow.id.not_in(settled))
    return turn.session.scalars(statement.order_by(DifferenceRow.id).limit(_SHOWN)).all()


def view_of(turn: Turn, row: DifferenceRow) -> DifferenceView:
    """A difference with who answers for it and its age in days."""
    events = _events(turn, row)
    owners = [event.operator for event in events if event.word is DifferenceWord.TAKEN]
    remarks = [event.remark for event in events if event.word is DifferenceWord.SETTLED]
    return DifferenceView(
        difference_id=row.id,
        subject=row.subject,
        reference=row.reference,
        kind=row.kind,
        day=row.day,
        ours_fen=row.ours_fen,
        theirs_fen=row.theirs_fen,
        owner=owners[-1] if owners else "",
        age_days=max(0, (turn.today - row.day).days),
        settled=remarks[-1] if remarks else "",
    )


def _events(turn: Turn, row: DifferenceRow) -> Sequence[DifferenceEventRow]:
    statement = select(DifferenceEventRow).where(DifferenceEventRow.difference_id == row.id)
    return turn.session.scalars(statement.order_by(DifferenceEventRow.id)).all()
