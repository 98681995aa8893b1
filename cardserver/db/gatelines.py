"""Writing lines of gates, and where each journal stands: statements that run all day.

New lines go in with COPY on PostgreSQL and with one prepared statement on SQLite.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from cardserver.db.bulk import stored_instant
from cardserver.db.prepared import Prepared
from cardserver.db.sending import sender_of
from cardserver.db.tables_gateevents import GateCursorRow, GateEventRow, GatePurgeRow
from cardserver.domain.gateevent import GENESIS, GateEvent, stored


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalKey:
    """A journal of a gate of a site."""

    site: str
    device: str
    journal: str

    @property
    def bound(self) -> Mapping[str, str]:
        """As the statements below take it."""
        return {"in_site": self.site, "in_device": self.device, "in_journal": self.journal}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Its last line here and the chain at it, empty where nobody knows that.

    Gates that kept no chain yet leave such a journal behind; what goes on there is believed once.
    """

    sequence: int = 0
    chain: bytes = GENESIS


Line = tuple[GateEvent, bytes]
"""A line and the chain at it."""

_OF_JOURNAL: Final = (
    GateCursorRow.site == bindparam("in_site"),
    GateCursorRow.device == bindparam("in_device"),
    GateCursorRow.journal == bindparam("in_journal"),
)
_STANDING: Final = Prepared(select(GateCursorRow.sequence, GateCursorRow.chain).where(*_OF_JOURNAL))
_MOVED: Final = Prepared(
    update(GateCursorRow)
    .where(*_OF_JOURNAL, GateCursorRow.sequence == bindparam("in_sequence"))
    .values(
        sequence=bindparam("to_sequence"),
        chain=bindparam("to_chain"),
        taken_at=bindparam("to_taken_at"),
    )
    .returning(GateCursorRow.sequence)
)
_PLACE: Final[dict[str, Any]] = {
    "site": bindparam("in_site"),
    "device": bindparam("in_device"),
    "journal": bindparam("in_journal"),
    "sequence": bindparam("to_sequence"),
    "chain": bindparam("to_chain"),
    "taken_at": bindparam("to_taken_at"),
}
_BEGUN: Final = {
    "postgresql": Prepared(
        postgresql.insert(GateCursorRow)
        .values(_PLACE)
        .on_conflict_do_nothing()
        .returning(GateCursorRow.sequence)
    ),
    "sqlite": Prepared(
        sqlite.insert(GateCursorRow)
        .values(_PLACE)
        .on_conflict_do_nothing()
        .returning(GateCursorRow.sequence)
    ),
}
_CHAIN: Final = Prepared(
    select(GateEventRow.chain).where(
        GateEventRow.site == bindparam("in_site"),
        GateEventRow.device == bindparam("in_device"),
        GateEventRow.journal == bindparam("in_journal"),
        GateEventRow.sequence == bindparam("in_sequence"),
        GateEventRow.at == bindparam("in_at"),
    )
)
_LET_GO: Final = Prepared(
    select(func.max(GatePurgeRow.before)).where(GatePurgeRow.site == bindparam("in_site"))
)

COLUMNS: Final = (
    *("site", "device", "journal", "sequence", "at", "taken_at", "lane", "kind", "uid"),
    *("card_number", "granted", "reason", "snapshot_version", "about", "by", "detail", "counter"),
    *("chain", "happened_at"),
)
_NAMES: Final = ", ".join(f'"{name}"' for name in COLUMNS)
_COPY: Final = f"COPY gate_event ({_NAMES}) FROM STDIN"
_INSERT: Final = f"INSERT INTO gate_event ({_NAMES}) VALUES ({', '.join('?' for _ in COLUMNS)})"  # noqa: S608 - our own names


def standing(connection: Connection, key: JournalKey) -> Standing:
    """Where a journal stands; at its beginning where nothing of it is here."""
    found = _STANDING.first(connection, **key.bound)
    return Standing() if found is None else Standing(sequence=found.sequence, chain=found.chain)


def move(
    connection: Connection, key: JournalKey, was: Standing, last: Line, taken_at: datetime
) -> bool:
    """Let the journal stand at `last`; False where it no longer stands at `was`.

    Whoever else moves it meanwhile waits until this transaction ends.
    """
    place = {"to_sequence": last[0].sequence, "to_chain": last[1], "to_taken_at": taken_at}
    if was.sequence:
        moved = _MOVED.value(connection, **key.bound, **place, in_sequence=was.sequence)
    else:
        moved = _BEGUN[connection.dialect.name].value(connection, **key.bound, **place)
    return moved is not None


def chain_at(connection: Connection, key: JournalKey, event: GateEvent) -> bytes | None:
    """The chain kept with a line taken before; None where no such line is here."""
    given = {"in_sequence": event.sequence, "in_at": event.at}
    chain: bytes | None = _CHAIN.value(connection, **key.bound, **given)
    return chain


def let_go_before(connection: Connection, site: str) -> datetime | None:
    """Lines from before this instant may have been let go."""
    instant: datetime | None = _LET_GO.value(connection, in_site=site)
    return instant


def put(
    connection: Connection,
    key: JournalKey,
    lines: Sequence[Line],
    taken_at: datetime,
    ahead: timedelta = timedelta(0),
) -> None:
    """Add lines, by a clock that was so far ahead of ours.

    Raises DBAPIError, IntegrityError for one that is there.
    """
    rows = _rows(connection, key, lines, taken_at, ahead)
    if connection.dialect.name == "postgresql":
        _copy(connection, rows)
    else:
        sender_of(connection).say_of_each(_INSERT, list(rows))


def _copy(connection: Connection, rows: Iterable[Sequence[object]]) -> None:
    driver: Any = connection.connection.cursor()
    failure = connection.dialect.loaded_dbapi.Error
    try:
        with driver.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)
    except failure as error:
        raise DBAPIError.instance(
            _COPY, None, error, failure, hide_parameters=True, dialect=connection.dialect
        ) from error
    finally:
        driver.close()


def _rows(
    connection: Connection,
    key: JournalKey,
    lines: Sequence[Line],
    taken_at: datetime,
    ahead: timedelta,
) -> Iterator[Sequence[object]]:
    taken, happened = stored_instant(connection, taken_at), None
    for event, chain in lines:
        if ahead:
            happened = stored_instant(connection, _happened(event.at, ahead, taken_at))
        yield (
            key.site,
            key.device,
            key.journal,
            event.sequence,
            stored_instant(connection, event.at),
            taken,
            *stored(event),
            chain,
            happened,
        )


def _happened(at: datetime, ahead: timedelta, taken_at: datetime) -> datetime:
    """By our clock; never later than the line came here. What no calendar holds stays as told."""
    try:
        return min(at - ahead, taken_at)
    except OverflowError:
        return min(at, taken_at)
