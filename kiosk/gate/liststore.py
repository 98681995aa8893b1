"""The list as the centre signed it, on the gate's disk: one whole list and the changes since.

It has a file of its own, so that no lane waits while a long list is written. What is read back is
proven again before a lane decides with it: a file somebody changed is as good as none.
"""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cardserver.clientsigning import Proof

MOST_CHANGES: Final = 64
"""After so many changes, or when they are half as long as the list, a whole list is fetched."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS part (
    number INTEGER PRIMARY KEY,
    seal TEXT NOT NULL,
    nonce TEXT NOT NULL,
    target TEXT NOT NULL,
    body BLOB NOT NULL
)
"""
_INSERT: Final = "INSERT INTO part (seal, nonce, target, body) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One answer of the centre, with what proves it."""

    proof: Proof
    body: bytes


class ListStore:
    """Parts in their order: the first is whole. Every method raises sqlite3.Error."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(_SCHEMA)

    def parts(self) -> Sequence[Part]:
        """All of them; none where nothing was ever kept."""
        with self._lock:
            rows = self._db.execute(
                "SELECT seal, nonce, target, body FROM part ORDER BY number"
            ).fetchall()
        return [
            Part(proof=Proof(seal=seal, nonce=nonce, target=target), body=body)
            for seal, nonce, target, body in rows
        ]

    def begin(self, part: Part) -> None:
        """A whole list takes the place of everything before it."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM part")
            self._db.execute(_INSERT, _row(part))

    def add(self, part: Part) -> None:
        """Changes to what is kept."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(_INSERT, _row(part))

    @property
    def wants_whole(self) -> bool:
        """True when it is time to begin anew."""
        with self._lock:
            row = self._db.execute(
                "SELECT count(*), coalesce(sum(length(body)), 0), coalesce("
                "(SELECT length(body) FROM part ORDER BY number LIMIT 1), 0) FROM part"
            ).fetchone()
        count, length, first = map(int, row)
        return count == 0 or count > MOST_CHANGES or (length - first) * 2 > max(first, 1 << 16)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


def _row(part: Part) -> tuple[object, ...]:
    return (part.proof.seal, part.proof.nonce, part.proof.target, part.body)
