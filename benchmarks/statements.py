"""The same SQL once more, bare: what the statements of a piece of work cost without the program.

A recorder notes every statement that reaches the database; `replayed_s` sends them again through
the sqlite3 module alone to a copy of the database as it was before, with the same durability.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

_PRAGMAS: Final = ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL")


@dataclass(slots=True)
class Recording:
    """Pieces of work, each a list of statements with their parameters."""

    pieces: list[list[tuple[str, Any]]] = field(default_factory=list)

    def begin_piece(self) -> None:
        """What comes now belongs to a new piece."""
        self.pieces.append([])


@contextmanager
def recording(engine: Engine) -> Iterator[Recording]:
    """Note every statement of this engine until the end of the block."""
    made = Recording()

    def note(_c: object, _u: object, statement: str, parameters: Any, *_more: object) -> None:
        if made.pieces:
            made.pieces[-1].append((statement, parameters))

    def ended(word: str) -> Any:
        def note_end(_connection: Connection) -> None:
            if made.pieces:
                made.pieces[-1].append((word, ()))

        return note_end

    listeners = (
        ("before_cursor_execute", note),
        ("commit", ended("COMMIT")),
        ("rollback", ended("ROLLBACK")),
    )
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield made
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)


def replayed_s(pieces: Sequence[Sequence[tuple[str, Any]]], database: Path) -> list[float]:
    """Seconds by the clock of each piece, sent bare to this database."""
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    times = []
    for piece in pieces:
        began = time.perf_counter()
        for statement, parameters in piece:
            many = isinstance(parameters, list)
            send = connection.executemany if many else connection.execute
            send(statement, parameters).fetchall()
        times.append(time.perf_counter() - began)
    connection.close()
    return times
