"""The queue at the counter on the wire: how many wait, alarms, the second desk (FEE-06a)."""

from typing import Annotated, Literal

from pydantic import Field

from cardserver.wirebase import Instant, Uuid, Wire

QueueWord = Literal["alarm", "second-desk"]


class QueueRequest(Wire):
    """The alarm rang, or a second desk was opened (FEE-06a)."""

    request_id: Uuid
    event: QueueWord
    waiting: Annotated[int, Field(ge=0, le=999)]
    threshold: Annotated[int, Field(ge=1, le=999)]


class QueueEvent(Wire):
    """One line of the queue's log."""

    event: QueueWord
    waiting: int
    threshold: int
    station: str
    operator: str
    at: Instant


class QueueLog(Wire):
    """The latest lines, newest first."""

    events: tuple[QueueEvent, ...]
