"""The gate's file on disk: its tables, and the older form that is taken over when it is opened.

Version 1 held taps only, in a table `tap`. Version 2 holds every line of `GateEvent` with the hash
of the chain; the taps keep their numbers, because the server may have them already.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from cardserver.domain.gateevent import GENESIS, EventKind, GateEvent, link, stored, written

VERSION: Final = 2
ID: Final = "id"
UPLOADED: Final = "uploaded"
FORGOTTEN: Final = "forgotten"
"""Number and hash of the last line that was deleted after its time; lines after it are kept."""

_SCHEMA: Final = """
CREATE TABLE event (
    sequence INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    lane TEXT NOT NULL,
    kind TEXT NOT NULL,
    uid BLOB NOT NULL,
    card_number INTEGER,
    granted INTEGER NOT NULL,
    reason TEXT NOT NULL,
    snapshot_version INTEGER NOT NULL,
    about INTEGER NOT NULL,
    by_whom TEXT NOT NULL,
    detail TEXT NOT NULL,
    counter INTEGER,
    chain BLOB NOT NULL
);
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
    BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
    WHEN OLD.sequence > ifnull((SELECT CAST(value AS INTEGER) FROM mark
                                WHERE name = 'forgotten'), 0)
      OR OLD.sequence > ifnull((SELECT CAST(value AS INTEGER) FROM mark
                                WHERE name = 'uploaded'), 0)
    BEGIN SELECT RAISE(ABORT, 'events are never deleted before their time'); END;
"""
_MARKS: Final = """
CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, value TEXT NOT NULL)
"""
COLUMNS: Final = (
    "sequence, at, lane, kind, uid, card_number, granted, reason, snapshot_version, about,"
    " by_whom, detail, counter"
)
_FIELDS: Final = len(GateEvent._fields)
_IN_ONE_STATEMENT: Final = 16
_PAGE_BYTES: Final = 1024
_TAPS: Final = """
SELECT sequence, at, lane, uid, card_number, granted, reason, snapshot_version
FROM tap ORDER BY sequence
"""

Row = tuple[Any, ...]


def open_file(path: Path | str) -> sqlite3.Connection:
    """The writing connection, its file in today's form.

    Raises sqlite3.Error; sqlite3.DatabaseError too for a file of a newer version than this.
    """
    db = connect(path)
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def connect(path: Path | str) -> sqlite3.Connection:
    """A connection that several threads may use one after the other, its commits durable.

    A new file has small pages: each tap writes one of them, to flash that wears.
    """
    db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    db.execute(f"PRAGMA page_size={_PAGE_BYTES}")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    return db


def row_of(line: GateEvent, at: str, digest: bytes) -> Row:
    """A line's row; `at` is its instant as it is `written`, `digest` the chain's hash."""
    return (line.sequence, at, *stored(line), digest)


def insert(db: sqlite3.Connection, line: GateEvent, digest: bytes) -> None:
    """Write one line with the chain's hash."""
    insert_all(db, [row_of(line, written(line.at), digest)])


def insert_all(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Write rows, all of them or none; durable at once where no transaction is begun.

    A few go in one statement, which is a transaction of its own: beginning and ending one by word
    would cost each tap two statements more.
    """
    if len(rows) == 1:
        db.execute(_insertion(1), rows[0])
    elif len(rows) > _IN_ONE_STATEMENT:
        with _transaction(db):
            db.executemany(_insertion(1), rows)
    elif rows:
        db.execute(_insertion(len(rows)), tuple(chain.from_iterable(rows)))


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction, unless one is begun; who began it ends it."""
    begun = db.in_transaction
    if not begun:
        db.execute("BEGIN IMMEDIATE")
    yield
    if not begun:
        db.execute("COMMIT")


@cache
def _insertion(count: int) -> str:
    row = f"({', '.join('?' * (_FIELDS + 1))})"
    return f"INSERT INTO event ({COLUMNS}, chain) VALUES {', '.join([row] * count)}"  # noqa: S608 - our own column names


def event_of(row: Row) -> GateEvent:
    """A line from its `COLUMNS`, which stand in the order of its fields."""
    sequence, at, lane, kind, uid, card_number, granted, *others = row[:_FIELDS]
    return GateEvent(
        *(sequence, datetime.fromisoformat(at), lane, EventKind(kind), uid, card_number),
        bool(granted),
        *others,
    )


def head_of(db: sqlite3.Connection) -> tuple[int, bytes]:
    """Number and hash of the last line."""
    row = db.execute("SELECT sequence, chain FROM event ORDER BY sequence DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else forgotten_of(db)


def forgotten_of(db: sqlite3.Connection) -> tuple[int, bytes]:
    """Number and hash of the last line that is no longer kept; 0 and GENESIS where all are."""
    row = db.execute("SELECT value FROM mark WHERE name = ?", (FORGOTTEN,)).fetchone()
    sequence, _, chain = (row[0] if row else "0").partition(" ")
    return int(sequence), bytes.fromhex(chain) or GENESIS


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise sqlite3.DatabaseError(f"the journal is of version {version}, newer than this program")
    if version < VERSION:
        _bring_up_to_date(db)
    db.execute("COMMIT")


def _bring_up_to_date(db: sqlite3.Connection) -> None:
    db.execute(_MARKS)
    db.execute("INSERT INTO mark VALUES (?, ?) ON CONFLICT DO NOTHING", (ID, str(uuid4())))
    for statement in _statements(_SCHEMA):
        db.execute(statement)
    _take_over(db)
    db.execute(f"PRAGMA user_version = {VERSION}")


def _statements(script: str) -> Iterator[str]:
    """One statement after the other; `executescript` would end the transaction."""
    begun = ""
    for line in script.splitlines():
        begun += line + "\n"
        if sqlite3.complete_statement(begun):
            yield begun
            begun = ""


def _take_over(db: sqlite3.Connection) -> None:
    """Link the taps of a journal of version 1 as the first lines, under the numbers they had."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'tap'").fetchone():
        return
    journal = str(db.execute("SELECT value FROM mark WHERE name = ?", (ID,)).fetchone()[0])
    digest = GENESIS
    for row in db.execute(_TAPS).fetchall():
        event = GateEvent(
            sequence=row[0],
            at=datetime.fromisoformat(row[1]),
            lane=row[2],
            kind=EventKind.TAP,
            uid=row[3],
            card_number=row[4],
            granted=bool(row[5]),
            reason=row[6],
            snapshot_version=row[7],
        )
        digest = link(digest, journal, event)
        insert(db, event, digest)
    db.execute("DROP TABLE tap")
