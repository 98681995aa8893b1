"""Lines of gates that say who passed, journal by journal from where an asking gate stands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, or_, select

from cardserver.db.gatequeries import HAPPENED
from cardserver.db.tables_gateevents import GateCursorRow, GateEventRow
from cardserver.domain.gateevent import EventKind

_FOR_ALL: Final = (EventKind.NEUTRAL, EventKind.FIRE, EventKind.FIRE_OVER)
_OF_CARDS: Final = (EventKind.PASSED, EventKind.NOT_PASSED, EventKind.OPENED_BY_HAND)


def other_journals(connection: Connection, site: str, device: str) -> Sequence[Any]:
    """Device, journal and last line of every journal that is not this gate's own."""
    return connection.execute(
        select(GateCursorRow.device, GateCursorRow.journal, GateCursorRow.sequence)
        .where(GateCursorRow.site == site, GateCursorRow.device != device)
        .order_by(GateCursorRow.device, GateCursorRow.journal)
    ).all()


def passing_lines(
    connection: Connection, site: str, of: Any, *, after: int, since: datetime, limit: int
) -> Sequence[Any]:
    """Lines of a journal after a number that say who passed, oldest first.

    `since` keeps PostgreSQL from looking into months that are long over.
    """
    row = GateEventRow
    granted = and_(row.kind == EventKind.TAP, row.granted)
    of_cards = and_(row.card_number.is_not(None), or_(row.kind.in_(_OF_CARDS), granted))
    return connection.execute(
        select(
            *(row.sequence, HAPPENED, row.lane, row.kind, row.card_number),
            *(row.granted, row.about, row.detail),
        )
        .where(row.site == site, row.device == of.device, row.journal == of.journal)
        .where(row.sequence > after, row.sequence <= of.sequence, row.at >= since)
        .where(or_(row.kind.in_(_FOR_ALL), of_cards))
        .order_by(row.sequence)
        .limit(limit)
    ).all()
