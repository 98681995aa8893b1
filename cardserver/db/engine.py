"""Opening the store: SQLite by default, PostgreSQL where more than one server looks at it.

Both engines are made to behave alike: one writer at a time, readers see one moment, nothing is
reported done before it is on the disk.
"""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import URL, Connection, Engine, RootTransaction, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from cardserver.db.columns import from_json
from cardserver.db.sending import sender_of

WRITER: Final = "yika_writer"
"""Execution option of a connection that is going to write."""

BESIDE: Final = "yika_beside"
"""The same for one that adds rows nobody else writes: PostgreSQL lets it wait for no writer."""

READER: Final = "yika_reader"
"""All others: they see one moment and change nothing."""

_PURPOSE: Final = "yika_purpose"
BUSY_TIMEOUT_MS: Final = 5000
_PLANNED: Final = 500
"""Statements that SQLite keeps planned on each connection: all that desks, kiosks and gates ask."""

_LOCK: Final = 0x79696B61
"""Number of the PostgreSQL advisory lock that stands for "the writer"."""


class StoreError(Exception):
    """Root of what can be wrong with a store before it is open."""

    code: ClassVar[str] = "store-error"


class DatabaseUrlInvalid(StoreError):
    """Not the address of a SQLite or PostgreSQL database."""

    code = "database-url-invalid"


_FAILURES: Final = frozenset(
    {
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY),
        *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
        *("53100", "58030", "XX001", "XX002"),
    }
)
"""SQLite's result codes, and PostgreSQL's SQLSTATE: disk full, I/O error, damaged data or index."""

_PRIMARY: Final = 0xFF


def store_fails(error: BaseException | None) -> bool:
    """True for a driver's error that another try does not mend: disk or file are at fault."""
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & _PRIMARY in _FAILURES
    return getattr(error, "sqlstate", None) in _FAILURES


class StoreUnusable(StoreError):
    """The database can't be opened, is none, or belongs to a newer version of the program."""

    code = "store-unusable"


def begin_for(connection: Connection, purpose: str) -> RootTransaction:
    """Begin a transaction for `WRITER`, `BESIDE` or `READER`.

    For connections that serve another purpose the next time; options stay with a connection.
    """
    vars(connection)[_PURPOSE] = purpose
    return connection.begin()


def _purpose(connection: Connection) -> str:
    named: str = vars(connection).pop(_PURPOSE, "")
    if named:
        return named
    options = connection.get_execution_options()
    return next((each for each in (WRITER, BESIDE) if options.get(each)), READER)


def file_of(address: URL) -> Path | None:
    """Where a store on SQLite lies; None for one in memory, and for PostgreSQL."""
    if address.get_backend_name() != "sqlite" or address.database in {None, "", ":memory:"}:
        return None
    return Path(str(address.database))


def open_engine(url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> Engine:
    """An engine for ``sqlite:///…`` or ``postgresql+psycopg://…``. Raises DatabaseUrlInvalid.

    `busy_timeout_ms` is how long a writer waits for another before it gives up.
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUrlInvalid("that is no database address") from None
    backend = address.get_backend_name()
    if backend == "sqlite":
        if address.query:
            raise DatabaseUrlInvalid("sqlite takes the name of a file, and nothing after it")
        return _sqlite(url, busy_timeout_ms)
    if backend == "postgresql":
        return _postgresql(url, busy_timeout_ms)
    raise DatabaseUrlInvalid(f"{backend} is neither sqlite nor postgresql")


_JSON: Final[Mapping[str, Any]] = {
    "json_serializer": json.JSONEncoder().encode,
    "json_deserializer": from_json,
}
"""As `json.dumps` and `json.loads` do it, without looking first what else there could be. Only for
SQLite: PostgreSQL's driver reads JSON by itself.
"""


def _sqlite(url: str, busy_timeout_ms: int) -> Engine:
    words = {"check_same_thread": False, "cached_statements": _PLANNED}
    engine = create_engine(url, connect_args=words, **_JSON)

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # The sqlite3 module would open transactions by its own lights; ours begin below.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout_ms)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A reader that becomes a writer later can fail half-way; a writer says so at once.
        reads = _purpose(connection) == READER
        sender_of(connection).say("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str, busy_timeout_ms: int) -> Engine:
    # The driver would begin a transaction with any first question; ours begin below, with all that
    # goes before the first question on one way there and back.
    engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    # A writer waits for the lock first and then sees what the writer before it committed; a
    # reader sees one moment and can change nothing.
    beside = (
        f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {int(busy_timeout_ms)}"
    )
    words = {
        WRITER: f"{beside}; SELECT pg_advisory_xact_lock({_LOCK})",
        BESIDE: beside,
        READER: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    }

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        sender_of(connection).say(words[_purpose(connection)])

    return engine
