"""The same SQL once more, bare: what the statements of a piece of work cost without the program.

A recorder notes every statement that reaches the driver, BEGIN and COMMIT among them; `replayed_s`
sends them again through the sqlite3 module alone to a copy of the database as it was before, with
the same durability and the same checks of foreign keys.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Dialect, Engine, event

_PRAGMAS: Final = (
    *("busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL"),
    "foreign_keys = ON",
)


@dataclass(slots=True)
class Recording:
    """Pieces of work, each a list of statements with their parameters."""

    pieces: list[list[tuple[str, Any]]] = field(default_factory=list)

    def begin_piece(self) -> None:
        """What comes now belongs to a new piece."""
        self.pieces.append([])


@contextmanager
def recording(engine: Engine) -> Iterator[Recording]:
    """Note every statement of this engine until the end of the block, where the driver takes it."""
    made = Recording()

    def note(statement: str, parameters: Any) -> None:
        if made.pieces:
            made.pieces[-1].append((statement, parameters))

    def noting(_dialect: Dialect, _entry: Any, _words: Any, options: dict[str, Any]) -> None:
        options["factory"] = _connection(note)

    engine.dispose()
    event.listen(engine, "do_connect", noting)
    try:
        yield made
    finally:
        event.remove(engine, "do_connect", noting)
        engine.dispose()


def _connection(note: Callable[[str, Any], None]) -> type[sqlite3.Connection]:
    """A kind of connection that tells what it is asked; BEGIN comes as a statement."""

    class Cursor(sqlite3.Cursor):
        def execute(self, statement: str, parameters: Any = (), /) -> Self:
            note(statement, tuple(parameters))
            return super().execute(statement, parameters)

        def executemany(self, statement: str, parameters: Any, /) -> Self:
            note(statement, tuple(tuple(each) for each in parameters))
            return super().executemany(statement, parameters)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            if self.in_transaction:
                note("COMMIT", ())
            super().commit()

        def rollback(self) -> None:
            if self.in_transaction:
                note("ROLLBACK", ())
            super().rollback()

    return Connection


def replayed_s(pieces: Sequence[Sequence[tuple[str, Any]]], database: Path) -> list[float]:
    """Seconds by the clock of each piece, sent bare to this database."""
    connection = sqlite3.connect(database, isolation_level=None)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    times = []
    for piece in pieces:
        began = time.perf_counter()
        for statement, parameters in piece:
            many = bool(parameters) and isinstance(parameters[0], list | tuple)
            send = connection.executemany if many else connection.execute
            send(statement, parameters).fetchall()
        times.append(time.perf_counter() - began)
    connection.close()
    return times
