"""The log of the queue: when the alarm rang, when a second desk was opened (FEE-06a)."""

from sqlalchemy import select

from cardserver.db.tables_review import QueueEventRow
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_queue import QueueEvent, QueueLog, QueueRequest

_SHOWN = 50


def queue_log(estate: Estate, caller: Caller) -> QueueLog:
    """The latest lines, newest first."""
    with reading(estate, caller) as turn:
        return _log(turn)


def note_queue(estate: Estate, caller: Caller, request: QueueRequest) -> QueueLog:
    """Keep one line; its time is the server's."""
    with writing(estate, caller) as turn:
        if not repeated(turn, request.request_id, "queue", request):
            turn.add(
                QueueEventRow(
                    event=request.event,
                    waiting=request.waiting,
                    threshold=request.threshold,
                    **turn.made(),
                )
            )
        return _log(turn)


def _log(turn: Turn) -> QueueLog:
    statement = select(QueueEventRow).order_by(QueueEventRow.id.desc()).limit(_SHOWN)
    return QueueLog(
        events=tuple(
            QueueEvent(
                event="alarm" if row.event == "alarm" else "second-desk",
                waiting=row.waiting,
                threshold=row.threshold,
                station=row.station,
                operator=row.operator,
                at=row.at,
            )
            for row in turn.session.scalars(statement)
        )
    )
