"""Letting pictures of papers go: on their day, before it when asked, and what never came whole.

What is left is that there was a picture, who stored it and looked at it, and when and why it went.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select

from cardserver.db.tables_images import PaperImagePartRow, PaperImagePurgeRow, PaperImageRow
from cardserver.db.wiping import leave_nothing_behind, wiping
from cardserver.domain.station import StationKind
from cardserver.services.turn import Caller, Estate, Turn, writing

DUE: Final = "due"
ASKED: Final = "asked"
REFUSED: Final = "refused"
UNFINISHED: Final = "unfinished"

SERVER: Final = Caller(station="server", kind=StationKind.OFFICE)
"""Who does what nobody has to ask for."""

_COMES_WITHIN: Final = timedelta(days=1)
"""A picture that has not come whole by then never will."""


def purge_due(estate: Estate, caller: Caller = SERVER) -> int:
    """Let all go whose day has come, and what never came whole; how many. Raises StoreBusy."""
    with writing(estate, caller) as turn:
        rows = turn.session.scalars(select(PaperImageRow).where(_over(turn))).all()
        for row in rows:
            due = row.purge_on <= turn.today
            purge(turn, row, DUE if due else UNFINISHED)
    if rows:
        leave_nothing_behind(estate.engine)
    return len(rows)


def purge(turn: Turn, row: PaperImageRow, reason: str, detail: str = "") -> None:
    """Take its parts away and say so on record."""
    wiping(turn.session.connection())
    turn.session.execute(delete(PaperImagePartRow).where(PaperImagePartRow.image_id == row.id))
    turn.add(PaperImagePurgeRow(image_id=row.id, reason=reason, detail=detail, **turn.made()))
    turn.note("purge-image", f"holder {row.holder_id}", f"{row.paper} {reason}")


def _over(turn: Turn) -> ColumnElement[bool]:
    """Still there, and its day has come, or it should have been whole by now."""
    gone = exists().where(PaperImagePurgeRow.image_id == PaperImageRow.id)
    came = (
        select(func.count()).where(PaperImagePartRow.image_id == PaperImageRow.id).scalar_subquery()
    )
    stuck = and_(PaperImageRow.at < turn.now - _COMES_WITHIN, came < PaperImageRow.parts)
    return and_(~gone, or_(PaperImageRow.purge_on <= turn.today, stuck))
