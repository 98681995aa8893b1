"""Named questions about the counters of cards, as the gates saw them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from cardserver.db.gatelines import JournalKey
from cardserver.db.prepared import Prepared
from cardserver.db.tables_clones import GateCloneRow
from cardserver.db.tables_gateevents import GateEventRow

_LOOKED_AT: Final = 200
"""Sightings of one card looked at once one of them speaks against it."""

_NEW: Final = GateEventRow
_OLD: Final = aliased(GateEventRow)


def _against(old: Any, counter: Any, at: Any) -> ColumnElement[bool]:
    """One number twice, or a higher one later: as far as clocks agree."""
    return or_(
        old.counter == counter,
        and_(old.at < at, old.counter < counter),
        and_(old.at > at, old.counter > counter),
    )


_SUSPECT: Final = Prepared(
    select(_NEW.sequence).where(
        _NEW.site == bindparam("in_site"),
        _NEW.device == bindparam("in_device"),
        _NEW.journal == bindparam("in_journal"),
        _NEW.sequence >= bindparam("in_first"),
        _NEW.sequence <= bindparam("in_last"),
        _NEW.counter.is_not(None),
        exists().where(
            _OLD.site == _NEW.site,
            _OLD.card_number == _NEW.card_number,
            _OLD.counter.is_not(None),
            or_(
                _OLD.device != _NEW.device,
                _OLD.journal != _NEW.journal,
                _OLD.sequence != _NEW.sequence,
            ),
            _against(_OLD, _NEW.counter, _NEW.at),
        ),
    )
)


def suspects(connection: Connection, key: JournalKey, first: int, last: int) -> list[int]:
    """Which of these lines of a journal show a number that something speaks against."""
    return [
        int(found)
        for found in _SUSPECT.values(connection, **key.bound, in_first=first, in_last=last)
    ]


def sightings_against(
    connection: Connection, site: str, card_number: int, counter: int, at: datetime
) -> Sequence[Any]:
    """Sightings of a card that speak against one, itself perhaps among them."""
    statement = (
        select(_NEW.at, _NEW.counter, _NEW.device, _NEW.journal, _NEW.sequence)
        .where(
            _NEW.site == site,
            _NEW.card_number == card_number,
            _NEW.counter.is_not(None),
            _against(_NEW, counter, at),
        )
        .order_by(_NEW.at.desc())
        .limit(_LOOKED_AT)
    )
    return connection.execute(statement).all()


def found_before(connection: Connection, site: str, card_number: int, day: date) -> bool:
    """Was this card found out on this day already?"""
    statement = select(GateCloneRow.card_number).where(
        GateCloneRow.site == site,
        GateCloneRow.card_number == card_number,
        GateCloneRow.found_on == day,
    )
    return connection.execute(statement).first() is not None


def found_since(connection: Connection, site: str, since: datetime) -> Sequence[Any]:
    """Cards found out since then, the latest first."""
    columns = GateCloneRow.__table__.c
    statement = (
        select(*columns)
        .where(columns.site == site, columns.found_at >= since)
        .order_by(columns.found_at.desc(), columns.card_number)
    )
    return connection.execute(statement).all()


def found_at(connection: Connection, site: str, device: str, journal: str, sequence: int) -> bool:
    """Did this line of a gate give a card away?"""
    statement = select(GateCloneRow.card_number).where(
        GateCloneRow.site == site,
        GateCloneRow.device == device,
        GateCloneRow.journal == journal,
        GateCloneRow.sequence == sequence,
    )
    return connection.execute(statement).first() is not None
