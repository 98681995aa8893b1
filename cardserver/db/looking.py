"""A store as it lies there, with or without a server on it. None is made and nothing is changed."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    create_engine,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError

from cardserver.db.engine import DatabaseUrlInvalid, StoreUnusable, file_of, open_engine
from cardserver.db.tables import ClockRow
from cardserver.db.upgrade import version_of

_MAGIC: Final = b"SQLite format 3\0"
_READ_VERSION: Final = 19
"""Byte of a SQLite file's header that is 2 where a write-ahead log belongs to it."""
_WITH_LOG: Final = 2
_PATIENCE_S: Final = "5"
_KEEPS_WHAT_WAS_WRITTEN: Final = text(
    "SELECT name, setting FROM pg_settings"
    " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """What is known of a store. Sizes are bytes."""

    address: str
    """Without its password."""
    version: str
    """Of the latest migration it had; empty where there are no tables of this program."""
    floor: datetime | None
    """The latest instant known to have passed; None before the first turn."""
    size: int
    settings: Mapping[str, str]
    """What decides whether a committed turn outlives a power cut."""
    file: Path | None = None
    """Of SQLite."""


def look_at(url: str) -> StoreFacts:
    """Look at the store at `url`. Raises DatabaseUrlInvalid, StoreUnusable."""
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except ArgumentError:
        raise DatabaseUrlInvalid("that is no database address") from None
    try:
        if backend == "sqlite":
            return _sqlite(address)
        return _postgresql(address)
    except DBAPIError as error:
        raise StoreUnusable(" ".join(str(error.orig).split())) from error
    except OSError as error:
        raise StoreUnusable(f"{error.filename}: {error.strerror}") from error


def _sqlite(address: URL) -> StoreFacts:
    file = file_of(address)
    if file is None:
        raise StoreUnusable("that database is in memory only and ends with the server")
    file = file.absolute()
    if not file.is_file() or not file.stat().st_size:
        raise StoreUnusable(f"there is no database {file}")
    with file.open("rb") as opened:
        head = opened.read(_READ_VERSION + 1)
    if not head.startswith(_MAGIC):
        raise StoreUnusable(f"{file} is no SQLite database")
    engine = create_engine("sqlite://", creator=lambda: _read_only(file), poolclass=NullPool)
    with engine.connect() as connection:
        version, floor = version_of(connection), _floor(connection)
    return StoreFacts(
        address=str(file),
        version=version,
        floor=floor,
        size=file.stat().st_size + sum(log.stat().st_size for log in _logs(file)),
        settings={
            "journal": "wal" if head[_READ_VERSION] == _WITH_LOG else "rollback",
            "synchronous": _synchronous(),
        },
        file=file,
    )


def _read_only(file: Path) -> sqlite3.Connection:
    """Where no log lies beside the file nobody is writing, and none needs to be made for reading:
    all that the next server writes first goes into a log.
    """
    words = "mode=ro" if _logs(file) else "mode=ro&immutable=1"
    return sqlite3.connect(f"{file.as_uri()}?{words}", uri=True)


def _logs(file: Path) -> list[Path]:
    logs = (file.with_name(file.name + end) for end in ("-wal", "-journal"))
    return [log for log in logs if log.exists()]


def _synchronous() -> str:
    """Each connection has its own: what the server's will have."""
    engine = open_engine("sqlite://")
    with engine.connect() as connection:
        found = str(connection.exec_driver_sql("PRAGMA synchronous").scalar())
    engine.dispose()
    return found


def _postgresql(address: URL) -> StoreFacts:
    patient = address
    if "connect_timeout" not in address.query:
        patient = address.update_query_dict({"connect_timeout": _PATIENCE_S})
    engine = open_engine(patient.render_as_string(hide_password=False))
    try:
        return _answered(engine, address.render_as_string())
    finally:
        engine.dispose()


def _answered(engine: Engine, address: str) -> StoreFacts:
    with engine.connect() as connection:
        rows = connection.execute(_KEEPS_WHAT_WAS_WRITTEN)
        return StoreFacts(
            address=address,
            settings={row.name: row.setting for row in rows},
            version=version_of(connection),
            floor=_floor(connection),
            size=connection.scalar(text("SELECT pg_database_size(current_database())")) or 0,
        )


def _floor(connection: Connection) -> datetime | None:
    if not inspect(connection).has_table(ClockRow.__tablename__):
        return None
    return connection.scalar(select(ClockRow.floor))
