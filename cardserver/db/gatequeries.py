"""Named questions about lines of gates. Each is of one site; instants, the end excluded."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    func,
    or_,
    select,
    true,
)

from cardserver.db.tables_gateevents import (
    GateAlarmSeenRow,
    GateCursorRow,
    GateEventRow,
    GateSilenceRow,
)
from cardserver.db.tables_gatesync import GateSeenRow
from cardserver.domain.gateevent import EventKind

_BATCH: Final = 2000
_E = GateEventRow
LINE: Final = (
    _E.device,
    _E.journal,
    _E.sequence,
    _E.at,
    _E.taken_at,
    _E.lane,
    _E.kind,
    _E.card_number,
    _E.granted,
    _E.reason,
    _E.about,
    _E.by,
    _E.detail,
)
"""What people look at of a line, and when it came here."""

HAPPENED: Final = func.coalesce(
    _E.happened_at, case((_E.at > _E.taken_at, _E.taken_at), else_=_E.at)
).label("at")
"""By our clock, as far as the gate's is known to be off; and never later than a line came here: a
clock that ran ahead must not win for days."""

PASSING: Final = (
    EventKind.TAP,
    EventKind.PASSED,
    EventKind.NOT_PASSED,
    EventKind.OPENED_BY_HAND,
    EventKind.NEUTRAL,
    EventKind.FIRE,
    EventKind.FIRE_OVER,
)
"""Lines that say something of who is inside."""

Rows = Sequence[Any]
"""Rows that know their columns by name."""


def _within(
    site: str, begin: datetime, end: datetime, kinds: Collection[EventKind]
) -> ColumnElement[bool]:
    return and_(_E.site == site, _E.kind.in_(kinds), _E.at >= begin, _E.at < end)


def latest(
    connection: Connection,
    site: str,
    *,
    kinds: Collection[EventKind],
    before: datetime,
    limit: int,
    after: datetime,
    device: str = "",
    lane: str = "",
) -> Rows:
    """The latest lines of some kinds, the latest first."""
    statement = select(*LINE).where(_within(site, after, before, kinds))
    if device:
        statement = statement.where(_E.device == device)
    if lane:
        statement = statement.where(_E.lane == lane)
    order = (_E.at.desc(), _E.sequence.desc())
    return connection.execute(statement.order_by(*order).limit(limit)).all()


def of_card(
    connection: Connection,
    site: str,
    card_number: int,
    begin: datetime,
    end: datetime,
    *,
    refused: bool = False,
    limit: int,
) -> Rows:
    """Lines that name a card, the latest first; `refused`: only taps that did not open."""
    statement = select(*LINE).where(
        _E.site == site, _E.card_number == card_number, _E.at >= begin, _E.at < end
    )
    if refused:
        statement = statement.where(_E.kind == EventKind.TAP, _E.granted.is_(False))
    return connection.execute(statement.order_by(_E.at.desc()).limit(limit)).all()


def in_order(
    connection: Connection,
    site: str,
    begin: datetime,
    end: datetime,
    kinds: Collection[EventKind],
) -> Iterator[Row[Any]]:
    """Lines of some kinds as they happened, streamed."""
    statement = select(*LINE).where(_within(site, begin, end, kinds))
    ordered = statement.order_by(_E.at, _E.device, _E.sequence)
    return iter(connection.execute(ordered, execution_options={"yield_per": _BATCH}))


def passings(
    connection: Connection, site: str, begin: datetime, end: datetime
) -> Iterator[Row[Any]]:
    """Lines between two instants of their gates' clocks that say who is inside, as they happened.

    `at` is by our clock where theirs is known to be off, and may lie outside then.
    """
    at = func.coalesce(_E.happened_at, _E.at).label("at")
    columns = (at, _E.sequence, _E.lane, _E.kind, _E.card_number, _E.granted, _E.detail)
    statement = select(*columns).where(_within(site, begin, end, PASSING))
    ordered = statement.order_by(at, _E.device, _E.sequence)
    return iter(connection.execute(ordered, execution_options={"yield_per": _BATCH}))


def last_passages(
    connection: Connection, site: str, begin: datetime, end: datetime, *, lanes: Sequence[str]
) -> Iterator[Row[Any]]:
    """Of each card and lane, and kind of line, only the latest: all that a presence looks at.

    Lines of other lanes name no card that counts. `at` is when it happened (HAPPENED).
    """
    where_to = case((_E.kind == EventKind.NEUTRAL, _E.detail), else_="").label("detail")
    statement = (
        select(
            _E.card_number,
            _E.lane,
            _E.kind,
            where_to,
            func.max(HAPPENED).label("at"),
            func.max(_E.sequence).label("sequence"),
            true().label("granted"),
        )
        .where(
            _within(site, begin, end, PASSING),
            or_(_E.kind != EventKind.TAP, _E.granted.is_(True)),
            or_(_E.card_number.is_(None), _E.lane.in_(lanes)),
        )
        .group_by(_E.card_number, _E.lane, _E.kind, where_to)
    )
    return iter(connection.execute(statement, execution_options={"yield_per": _BATCH}))


def of_journal(
    connection: Connection, site: str, journal: tuple[str, str], after: int, last: int
) -> Iterator[Row[Any]]:
    """Lines of a device's journal, after one and up to another, that say who is inside.

    `at` is as `last_passages` tells it.
    """
    device, name = journal
    columns = (HAPPENED, _E.sequence, _E.lane, _E.kind, _E.card_number, _E.granted, _E.detail)
    statement = select(*columns).where(
        _E.site == site,
        _E.device == device,
        _E.journal == name,
        _E.sequence > after,
        _E.sequence <= last,
        _E.kind.in_(PASSING),
    )
    return iter(connection.execute(statement, execution_options={"yield_per": _BATCH}))


def earliest(
    connection: Connection, site: str, journal: tuple[str, str], after: int, last: int
) -> datetime | None:
    """When the earliest happened of a journal's lines after one and up to another."""
    if last <= after:
        return None
    device, name = journal
    return connection.scalar(
        select(func.min(_E.at)).where(
            _E.site == site,
            _E.device == device,
            _E.journal == name,
            _E.sequence > after,
            _E.sequence <= last,
        )
    )


def standings(connection: Connection, site: str) -> dict[tuple[str, str], int]:
    """By device and journal, the last line that is here."""
    cursor = GateCursorRow
    rows = connection.execute(
        select(cursor.device, cursor.journal, cursor.sequence).where(cursor.site == site)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def denied(connection: Connection, site: str, begin: datetime, end: datetime) -> Rows:
    """Lane, reason and number of taps that did not open, the most frequent first."""
    statement = (
        select(_E.lane, _E.reason, func.count().label("number"))
        .where(_within(site, begin, end, (EventKind.TAP,)), _E.granted.is_(False))
        .group_by(_E.lane, _E.reason)
        .order_by(func.count().desc(), _E.lane, _E.reason)
    )
    return connection.execute(statement).all()


def count(
    connection: Connection, site: str, begin: datetime, end: datetime, kind: EventKind
) -> int:
    """How many lines of a kind."""
    statement = select(func.count()).where(_within(site, begin, end, (kind,)))
    return connection.scalar(statement) or 0


def line_at(connection: Connection, site: str, device: str, journal: str, sequence: int) -> Any:
    """One line by its number, None where there is none."""
    statement = select(*LINE).where(
        _E.site == site, _E.device == device, _E.journal == journal, _E.sequence == sequence
    )
    return connection.execute(statement).first()


def seen_alarms(connection: Connection, site: str, after: datetime) -> Rows:
    """Who took note of alarms since an instant."""
    return connection.execute(
        select(GateAlarmSeenRow).where(GateAlarmSeenRow.site == site, GateAlarmSeenRow.at >= after)
    ).all()


def silences(connection: Connection, site: str, begin: datetime, end: datetime) -> Rows:
    """Times in which gates were not heard, as far as they reach into this span."""
    return connection.execute(
        select(GateSilenceRow).where(
            GateSilenceRow.site == site,
            GateSilenceRow.since < end,
            GateSilenceRow.until > begin,
        )
    ).all()


def last_seen(connection: Connection, site: str) -> dict[str, datetime]:
    """When each gate was heard last."""
    statement = select(GateSeenRow.device, GateSeenRow.seen_at).where(GateSeenRow.site == site)
    return {row[0]: row[1] for row in connection.execute(statement)}
