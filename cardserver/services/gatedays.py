"""Local days as instants, and lines as people look at them: what all reports of gates share."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Row

from cardserver.services.errors import Conflict
from cardserver.services.turn import Turn
from cardserver.wire_gatereports import GateLine

MAX_DAYS: Final = 366
"""Longer than lines are kept is of no use."""


def span(turn: Turn, first: date, last: date) -> tuple[datetime, datetime]:
    """The beginning of the first day and the end of the last. Raises Conflict ``days``."""
    if not timedelta(0) <= last - first < timedelta(days=MAX_DAYS):
        raise Conflict("days", "the last day comes after the first, by a year at most")
    zone = turn.estate.zone
    begin = datetime.combine(first, time(), zone)
    return begin, datetime.combine(last + timedelta(days=1), time(), zone)


def line_view(row: Row[Any]) -> GateLine:
    """A line as it is shown."""
    return GateLine(
        device=row.device,
        journal=row.journal,
        sequence=row.sequence,
        at=row.at,
        lane=row.lane,
        kind=row.kind,
        card_number=row.card_number,
        granted=row.granted,
        reason=row.reason,
        about=row.about,
        by=row.by,
        detail=row.detail,
    )
