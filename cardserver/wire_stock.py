"""Blank cards and working days on the wire: what was bought, what is left, which days count."""

from datetime import date
from typing import Annotated

from pydantic import Field

from cardserver.domain.review import StockMove
from cardserver.wire_review import MAX_STOCK
from cardserver.wirebase import Instant, Text, Uuid, Wire, Word


class StockRequest(Wire):
    """Blanks that came, or were thrown away, outside any operation."""

    request_id: Uuid
    day: date
    move: StockMove
    amount: Annotated[int, Field(strict=True, ge=1, le=MAX_STOCK)]
    reason: Text


class WorkYearRequest(Wire):
    """A year of the working-day calendar: free days and make-up days with their names."""

    request_id: Uuid
    source: Text
    holidays: Annotated[dict[date, Word], Field(max_length=366)]
    make_ups: Annotated[dict[date, Word], Field(max_length=366)]


class StockMoveView(Wire):
    """One movement of blanks by hand."""

    day: date
    move: StockMove
    amount: int
    reason: str
    done_by: str
    at: Instant


class StockView(Wire):
    """Blanks that ought to be there now, and the latest movements by hand, newest first."""

    expected: int
    moves: tuple[StockMoveView, ...]


class WorkYearView(Wire):
    """A year of the calendar; `own` when the estate put it on file itself."""

    year: int
    source: str
    own: bool
    holidays: dict[date, str]
    make_ups: dict[date, str]
