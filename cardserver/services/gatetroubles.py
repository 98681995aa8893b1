"""Troubles at the gates: when each was over, and which stood at an instant.

A trouble may have begun so long ago that nobody would look for its first line. What stood some
months ago is found once, then kept in mind and led on day by day; a line that is told later than
that has it found anew.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from itertools import chain
from typing import Any, Final

from sqlalchemy import Row

from cardserver.db import gatequeries
from cardserver.db.gatestanding import LASTING, Trouble, standing_at, trouble_of
from cardserver.domain.gateevent import EventKind
from cardserver.services.gatememory import Journals, TroublesMemory
from cardserver.services.turn import Turn

MOMENTS: Final = frozenset(
    {EventKind.DURESS, EventKind.CLONE, EventKind.GOODS_DIFFER, EventKind.MATERIAL}
)
TROUBLES: Final = LASTING | {EventKind.ALARM_OVER, EventKind.FIRE_OVER, EventKind.STARTED}
"""Kinds of lines that begin or end what goes on."""

_LOOKED_BACK: Final = timedelta(days=92)
"""Of what began earlier only that is looked for which stood then: it may stand still."""

Told = tuple[Row[Any], datetime | None]
"""A line that begins an alarm, and when that was over."""


def ended(lines: Iterable[Row[Any]]) -> Iterator[Told]:
    """Alarms with when each was over; lines as they happened."""
    standing: dict[Trouble, Row[Any]] = {}
    for line in lines:
        if line.kind in MOMENTS:
            yield line, line.at
            continue
        if line.kind is EventKind.STARTED:
            over = [key for key in standing if key[0] == line.device]
        else:
            over = [key for key in (trouble_of(line),) if key in standing]
        for key in over:
            yield standing.pop(key), line.at
        if line.kind in LASTING:
            standing[trouble_of(line)] = line
    for line in standing.values():
        yield line, None


def looked_back(turn: Turn) -> datetime:
    """From when on lines are looked at one by one: the same instant for a whole day."""
    zone = turn.estate.zone
    day = (turn.now - _LOOKED_BACK).astimezone(zone).date()
    return datetime.combine(day, time(), zone)


def stood_at(turn: Turn, instant: datetime) -> gatequeries.Rows:
    """The lines of what stood at an instant, oldest first, however long ago it began."""
    first, kept = looked_back(turn), turn.estate.gates.troubles
    with kept.lock:
        _bring_to(turn, kept, first)
        lines = kept.lines
    if instant < first:
        return standing_at(turn.connection, turn.estate.site, instant)
    return _led_on(turn, lines, first, instant)


def _bring_to(turn: Turn, kept: TroublesMemory, first: datetime) -> None:
    """Let what is kept be of this instant."""
    journals = gatequeries.standings(turn.connection, turn.estate.site)
    known = kept.instant
    if known is None or known > first or _late(turn, kept.journals, journals, known):
        kept.lines = standing_at(turn.connection, turn.estate.site, first)
    else:
        kept.lines = _led_on(turn, kept.lines, known, first)
    kept.instant, kept.journals = first, journals


def _led_on(
    turn: Turn, lines: gatequeries.Rows, begin: datetime, end: datetime
) -> gatequeries.Rows:
    if begin == end:
        return lines
    more = gatequeries.in_order(turn.connection, turn.estate.site, begin, end, TROUBLES)
    return [line for line, over in ended(chain(lines, more)) if over is None]


def _late(turn: Turn, known: Journals, journals: Journals, before: datetime) -> bool:
    """Did lines come after the known ones that happened before an instant?"""
    for journal, last in journals.items():
        first = gatequeries.earliest(
            turn.connection, turn.estate.site, journal, known.get(journal, 0), last
        )
        if first is not None and first < before:
            return True
    return False
