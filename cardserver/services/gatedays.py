"""Local days as instants, and lines as people look at them: what all reports of gates share."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Row

from cardserver.services.errors import Conflict
from cardserver.services.gatelanes import names_of_lanes
from cardserver.services.turn import Turn
from cardserver.wire_gatereports import GateLine

MAX_DAYS: Final = 366
"""Longer than lines are kept is of no use."""

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""No line of a gate is older."""

_LATEST_YEAR: Final = 2199
"""Far from the calendar's end, so that days before and after can always be counted."""


def span(turn: Turn, first: date, last: date) -> tuple[datetime, datetime]:
    """The beginning of the first day and the end of the last.

    Raises Conflict ``days``, and ``days-far-off`` for a year in which no gate wrote a line.
    """
    if not timedelta(0) <= last - first < timedelta(days=MAX_DAYS):
        raise Conflict("days", "the last day comes after the first, by a year at most")
    if not EARLIEST.year <= first.year <= last.year <= _LATEST_YEAR:
        raise Conflict("days-far-off", f"days lie between {EARLIEST.year} and {_LATEST_YEAR}")
    zone = turn.estate.zone
    begin = datetime.combine(first, time(), zone)
    return begin, datetime.combine(last + timedelta(days=1), time(), zone)


def line_view(row: Row[Any], names: Mapping[str, str]) -> GateLine:
    """A line as it is shown, with the name of its lane."""
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
        lane_name=names.get(row.lane, ""),
    )


def line_views(turn: Turn, rows: Iterable[Row[Any]]) -> tuple[GateLine, ...]:
    """Lines as they are shown."""
    names = names_of_lanes(turn)
    return tuple(line_view(row, names) for row in rows)
