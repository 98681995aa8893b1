"""The gate's own memory: taps, the last snapshot and how far time had come, in one SQLite file.

A tap is committed with synchronous=FULL before the barrier is asked to open, so that a power cut
loses no passage that happened. Rows are never changed; the upload only moves a mark.
"""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS tap (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    lane TEXT NOT NULL,
    uid BLOB NOT NULL,
    card_number INTEGER,
    granted INTEGER NOT NULL,
    reason TEXT NOT NULL,
    snapshot_version INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS tap_is_never_changed BEFORE UPDATE ON tap
    BEGIN SELECT RAISE(ABORT, 'taps are never changed'); END;
CREATE TRIGGER IF NOT EXISTS tap_is_never_deleted BEFORE DELETE ON tap
    BEGIN SELECT RAISE(ABORT, 'taps are never deleted'); END;
"""

_WAITING: Final = """
SELECT sequence, at, lane, uid, card_number, granted, reason, snapshot_version
FROM tap WHERE sequence > ? ORDER BY sequence LIMIT ?
"""
_LAST: Final = """
SELECT sequence, at, lane, uid, card_number, granted, reason, snapshot_version
FROM tap ORDER BY sequence DESC LIMIT ?
"""

_ID: Final = "id"
_TIME: Final = "time"
_UPLOADED: Final = "uploaded"
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WRITE_TIME_EVERY: Final = timedelta(minutes=1)
"""Validity is a matter of days: a minute forgotten costs nothing, flash written for ever does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """One presented card and what was decided. `sequence` is 0 until the journal numbers it."""

    at: datetime
    lane: str
    uid: bytes
    card_number: int | None
    granted: bool
    reason: str
    snapshot_version: int
    sequence: int = 0


class GateJournal:
    """Append-only taps and a few marks; safe to use from the lanes' and the upload's threads.

    Every method raises sqlite3.Error when the file does not do its part.
    """

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        self._db.execute(
            "INSERT INTO mark (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (_ID, str(uuid4())),
        )
        self.id = self.mark(_ID) or ""
        self._written_time = self._passed = self._remembered_time()

    @property
    def passed(self) -> datetime:
        """The latest instant this gate knows to have passed, over all its restarts."""
        return self._passed

    def note_time(self, now: datetime) -> None:
        """Time has come to `now`; an instant that had passed before changes nothing."""
        with self._lock:
            self._passed = max(self._passed, now)
            due = self._passed - self._written_time >= _WRITE_TIME_EVERY
        if due:
            self._write_time()

    def correct_time(self, now: datetime) -> None:
        """What was known was wrong, a clock had run ahead: it is `now`, earlier than believed."""
        with self._lock:
            self._passed = now
        self._write_time()

    def append(self, tap: Tap) -> int:
        """Commit a tap durably; returns its sequence number. Raises sqlite3.Error when it can't."""
        row = (
            tap.at.isoformat(),
            tap.lane,
            tap.uid,
            tap.card_number,
            tap.granted,
            tap.reason,
            tap.snapshot_version,
        )
        with self._lock:
            cursor = self._db.execute(
                "INSERT INTO tap (at, lane, uid, card_number, granted, reason, snapshot_version)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            self._passed = max(self._passed, tap.at)
            return int(cursor.lastrowid or 0)

    def waiting(self, limit: int = 500) -> Sequence[Tap]:
        """Taps the server has not acknowledged, oldest first."""
        return self._taps(_WAITING, self._uploaded(), limit)

    def last(self, count: int) -> Sequence[Tap]:
        """The latest taps, newest first."""
        return self._taps(_LAST, count)

    def acknowledge(self, sequence: int) -> None:
        """The server has committed everything up to `sequence`."""
        self.set_mark(_UPLOADED, str(max(sequence, self._uploaded())))

    def mark(self, name: str) -> str | None:
        """A remembered value, e.g. the stored snapshot."""
        with self._lock:
            row = self._db.execute("SELECT value FROM mark WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_mark(self, name: str, value: str) -> None:
        """Remember a value durably."""
        with self._lock:
            self._db.execute(
                "INSERT INTO mark (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _uploaded(self) -> int:
        return int(self.mark(_UPLOADED) or 0)

    def _remembered_time(self) -> datetime:
        """The mark, or the last tap where it was made after the mark was written."""
        moment, _, sequence = (self.mark(_TIME) or "").partition(" ")
        passed = datetime.fromisoformat(moment) if moment else _LONG_AGO
        later = (tap.at for tap in self.last(1) if tap.sequence > int(sequence or 0))
        return max([passed, *later])

    def _write_time(self) -> None:
        passed = self._passed
        newest = max((tap.sequence for tap in self.last(1)), default=0)
        self.set_mark(_TIME, f"{passed.isoformat()} {newest}")
        self._written_time = passed

    def _taps(self, query: str, *parameters: object) -> list[Tap]:
        with self._lock:
            rows = self._db.execute(query, parameters).fetchall()
        return [
            Tap(
                sequence=row[0],
                at=datetime.fromisoformat(row[1]),
                lane=row[2],
                uid=row[3],
                card_number=row[4],
                granted=bool(row[5]),
                reason=row[6],
                snapshot_version=row[7],
            )
            for row in rows
        ]
