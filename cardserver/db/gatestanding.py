"""Which troubles at the gates stood at an instant, however long ago they began.

A trouble is told by its device, its lane and a word, for a card where it is about one. It stands
while the last line about it begins it and the gate's program has not started anew since. The
database finds that out in one pass over the lines of these kinds: nothing is cut off by their age.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, or_, select

from cardserver.db.gatequeries import LINE, Rows
from cardserver.db.tables_gateevents import GateEventRow
from cardserver.domain.gateevent import EventKind

LASTING: Final = frozenset(
    {
        EventKind.ALARM,
        EventKind.FORCED,
        EventKind.HELD_OPEN,
        EventKind.BARRIER_FAULT,
        EventKind.FIRE,
    }
)
"""Kinds of lines that begin a trouble which goes on."""

_E = GateEventRow
_SAID: Final = (EventKind.ALARM, EventKind.ALARM_OVER)
_TOLD: Final = (*sorted(LASTING), EventKind.ALARM_OVER, EventKind.FIRE_OVER)
_WORD: Final = case(
    (_E.kind.in_(_SAID), _E.detail),
    (_E.kind == EventKind.FIRE_OVER, EventKind.FIRE.value),
    else_=_E.kind,
)
_CARD: Final = case((_E.kind.in_(_SAID), func.coalesce(_E.card_number, 0)), else_=0)

Trouble = tuple[str, str, str, int]
"""Device, lane, word, and the card it is about, 0 for none."""


def trouble_of(line: Row[Any]) -> Trouble:
    """What goes on where; the line that ends it names it by the same word."""
    if line.kind in _SAID:
        return line.device, line.lane, line.detail, line.card_number or 0
    fire = line.kind is EventKind.FIRE_OVER
    return line.device, line.lane, EventKind.FIRE.value if fire else line.kind.value, 0


def standing_at(connection: Connection, site: str, instant: datetime) -> Rows:
    """The lines that began what stood at an instant and may stand still, oldest first."""
    latest = (_E.at.desc(), _E.sequence.desc())
    starts = (
        select(
            *(_E.device, _E.at, _E.sequence),
            func.row_number().over(partition_by=_E.device, order_by=latest).label("place"),
        )
        .where(_before(site, instant), _E.kind == EventKind.STARTED)
        .subquery()
    )
    # The lane first: by the device SQLite would read all lines there are in their key's order.
    last = func.row_number().over(partition_by=(_E.lane, _E.device, _WORD, _CARD), order_by=latest)
    told = (
        select(*(_E.device, _E.journal, _E.sequence, _E.at, _E.kind), last.label("place"))
        .where(_before(site, instant), _E.kind.in_(_TOLD))
        .subquery()
    )
    line, start = told.c, starts.c
    same_line = and_(
        _E.device == line.device,
        _E.journal == line.journal,
        _E.sequence == line.sequence,
        _E.at == line.at,
    )
    began_anew = and_(line.device == start.device, start.place == 1)
    since_then = or_(line.at > start.at, and_(line.at == start.at, line.sequence > start.sequence))
    statement = (
        select(*LINE)
        .select_from(told.join(_E, same_line).outerjoin(starts, began_anew))
        .where(
            _E.site == site,
            line.place == 1,
            line.kind.in_(LASTING),
            or_(start.at.is_(None), since_then),
        )
        .order_by(line.at, line.device, line.sequence)
    )
    return connection.execute(statement).all()


def _before(site: str, instant: datetime) -> ColumnElement[bool]:
    return and_(_E.site == site, _E.at < instant)
