"""The kiosk's own memory: what it was about to do with money, on disk before it is done.

One SQLite file, written with synchronous=FULL, rows never changed: each entry is chained to the one
before by its hash, so that a missing or a changed one is found (`TillJournal.check`). After a power
cut the till reads what was unfinished and asks acceptor and server how it ended.
"""

import hashlib
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import ClassVar, Final

from drivers.errors import DeviceError

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entry (
    sequence INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS entry_at_rest ON entry (sequence) WHERE kind = 'rest';
CREATE TRIGGER IF NOT EXISTS entry_is_never_changed BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER IF NOT EXISTS entry_is_never_deleted BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
"""
_ROOT: Final = bytes(32)
_CREDITED: Final = "credited"


class JournalBroken(DeviceError):
    """The journal can't be written, or its chain is broken: no money may be taken."""

    code: ClassVar[str] = "journal-broken"


@unique
class Entry(StrEnum):
    """What an entry says."""

    ANNOUNCED = "announced"  # a note may be taken: tender_id, sale_id, value_fen, stacked, acceptor
    ENDED = "ended"  # what became of it: tender_id, sale_id, value_fen, state
    REFUSED = "refused"  # the server wanted no such note, it went back: tender_id
    TOLD = "told"  # the server knows: tender_id
    DISPUTED = "disputed"  # the server refuses to book it; a person has to: tender_id, reason
    GIVEN_UP = "given-up"  # a sale shall end: sale_id, cancel_id, reason
    ENDED_SALE = "ended-sale"  # the server knows: cancel_id
    REST = "rest"  # nothing is unfinished
    BOX_TAKEN = "box-taken"  # the cash box leaves, with what lies in it: box_id, machine_fen
    BOX_TOLD = "box-told"  # the server knows: box_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry of the journal; `body` is plain JSON values."""

    sequence: int
    kind: Entry
    body: dict[str, str | int | None]


class TillJournal:
    """Entries of one till, numbered from 1 without holes. Safe to use from any thread: the service
    page writes its cash box while the till may write a late note.

    Every method raises JournalBroken when the file does not do its part.
    """

    def __init__(self, path: Path | str = ":memory:") -> None:
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise JournalBroken(f"{path}: {error}") from error

    def write(self, kind: Entry, **body: str | int | None) -> None:
        """Commit an entry durably."""
        text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        try:
            with self._lock:
                self._append(kind, text)
        except sqlite3.Error as error:
            raise JournalBroken(f"the journal can't be written: {error}") from error

    def unfinished(self) -> list[Line]:
        """Entries since nothing was unfinished, oldest first."""
        since = "SELECT coalesce(max(sequence), 0) FROM entry WHERE kind = 'rest'"
        return [line for line, _ in self._lines(f"WHERE sequence > ({since})")]

    def disputed(self) -> list[Line]:
        """Money in the box that the server refused to book, oldest first."""
        return [line for line, _ in self._lines("WHERE kind = 'disputed'")]

    def in_the_box(self) -> int:
        """What notes were credited since the cash box was last taken out, in fen."""
        return sum(fen * count for fen, count in self.notes_in_the_box().items())

    def notes_in_the_box(self) -> Mapping[int, int]:
        """How many of each note, by its value in fen, the largest first."""
        since = "SELECT coalesce(max(sequence), 0) FROM entry WHERE kind = 'box-taken'"
        ended = self._lines(f"WHERE kind = 'ended' AND sequence > ({since})")
        notes = Counter(
            int(line.body["value_fen"] or 0) for line, _ in ended if line.body["state"] == _CREDITED
        )
        return dict(sorted(notes.items(), reverse=True))

    def untold_box(self) -> tuple[str, int] | None:
        """A cash box that was taken out and of which the server has not heard: its id, its fen."""
        boxes = self._boxes()
        for line, _ in self._lines("WHERE kind = 'box-told'"):
            boxes.pop(str(line.body["box_id"]), None)
        return next(reversed(boxes.items()), None)

    def box_fen(self, box_id: str) -> int | None:
        """What lay in this cash box when it was taken out; None where it was not."""
        return self._boxes().get(box_id)

    def _boxes(self) -> dict[str, int]:
        return {
            str(line.body["box_id"]): int(line.body["machine_fen"] or 0)
            for line, _ in self._lines("WHERE kind = 'box-taken'")
        }

    def check(self) -> int:
        """Prove that no entry is missing or changed; how many there are."""
        before, count = _ROOT, 0
        for line, (text, found) in self._lines():
            count += 1
            if line.sequence != count:
                raise JournalBroken(f"entry {count} is missing")
            before = _link(before, line.sequence, line.kind, text)
            if found != before:
                raise JournalBroken(f"entry {count} was changed")
        return count

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def _append(self, kind: Entry, text: str) -> None:
        last = self._db.execute(
            "SELECT sequence, hash FROM entry ORDER BY sequence DESC LIMIT 1"
        ).fetchone() or (0, _ROOT)
        sequence = last[0] + 1
        self._db.execute(
            "INSERT INTO entry (sequence, kind, body, hash) VALUES (?, ?, ?, ?)",
            (sequence, kind.value, text, _link(last[1], sequence, kind, text)),
        )

    def _rows(self, where: str) -> Sequence[tuple[int, str, str, bytes]]:
        with self._lock:
            return self._db.execute(
                f"SELECT sequence, kind, body, hash FROM entry {where} ORDER BY sequence"  # noqa: S608 - ours
            ).fetchall()

    def _lines(self, where: str = "") -> Iterator[tuple[Line, tuple[str, bytes]]]:
        try:
            for sequence, kind, text, found in self._rows(where):
                line = Line(sequence=sequence, kind=Entry(kind), body=json.loads(text))
                yield line, (text, found)
        except (sqlite3.Error, ValueError) as error:
            raise JournalBroken(f"the journal can't be read: {error}") from error


def _link(before: bytes, sequence: int, kind: Entry, text: str) -> bytes:
    return hashlib.sha256(before + f"{sequence}\n{kind}\n{text}".encode()).digest()
