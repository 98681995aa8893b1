"""The same SQL once more, bare: what the statements of a piece of work cost without the program.

A recorder notes every statement that reaches the driver, BEGIN and COMMIT among them. As soon as a
piece of work is done its statements go, through the sqlite3 module alone and with the same
durability and the same checks of foreign keys, to a copy of the database as it was before.

So every piece stands beside its own bare statements, and no more than moments lie between them: a
disk that is slow for a second is slow for both.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import Dialect, Engine, event

from benchmarks.measure import Figure, Middle

_PRAGMAS: Final = (
    *("busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL"),
    "foreign_keys = ON",
)

Piece = list[tuple[str, Any]]
"""Statements with their parameters; of those sent for many rows the parameters are a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A SQLite store at work, and where a copy of it may lie."""

    engine: Engine
    database: Path
    copy: Path


@dataclass(slots=True)
class Recording:
    """Statements with their parameters, as they come. To note one is all that it costs the work."""

    noted: Piece = field(default_factory=list)

    def piece(self) -> Piece:
        """What was noted since this was asked last."""
        piece = self.noted.copy()
        self.noted.clear()
        return piece


@contextmanager
def recording(engine: Engine) -> Iterator[Recording]:
    """Note every statement of this engine until the end of the block, where the driver takes it."""
    made = Recording()

    def noting(_dialect: Dialect, _entry: Any, _words: Any, options: dict[str, Any]) -> None:
        options["factory"] = _connection(made.noted.append)

    engine.dispose()
    event.listen(engine, "do_connect", noting)
    try:
        yield made
    finally:
        event.remove(engine, "do_connect", noting)
        engine.dispose()


def _connection(note: Callable[[tuple[str, Any]], None]) -> type[sqlite3.Connection]:
    """A kind of connection that tells what it is asked; BEGIN comes as a statement."""
    execute, executemany = sqlite3.Cursor.execute, sqlite3.Cursor.executemany

    class Cursor(sqlite3.Cursor):
        def execute(self, statement: str, parameters: Any = (), /) -> Self:
            note((statement, parameters))
            return execute(self, statement, parameters)

        def executemany(self, statement: str, parameters: Any, /) -> Self:
            note((statement, parameters))
            return executemany(self, statement, parameters)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            if self.in_transaction:
                note(("COMMIT", ()))
            super().commit()

        def rollback(self) -> None:
            if self.in_transaction:
                note(("ROLLBACK", ()))
            super().rollback()

    return Connection


class Bare:
    """The sqlite3 module alone, on a copy of the database."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None)
        for pragma in _PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")

    def close(self) -> None:
        """Close the copy."""
        self._connection.close()

    def sent_s(self, piece: Piece) -> float:
        """Seconds by the clock that these statements take."""
        connection = self._connection
        began = time.perf_counter()
        for statement, parameters in piece:
            many = bool(parameters) and isinstance(parameters[0], list | tuple)
            send = connection.executemany if many else connection.execute
            send(statement, parameters).fetchall()
        return time.perf_counter() - began


def paired(
    name: str,
    middle: Middle,
    work: Callable[[], float],
    store: Store,
    *,
    count: int,
    warm_up: int,
) -> Figure:
    """Work, in milliseconds, beside its own statements sent bare: of each side the `middle`.

    `work` does one piece and tells the seconds that count. Ends with the store's engine closed.
    """
    copied(store.database, store.copy)
    times, bare_times = [], []
    with recording(store.engine) as made, closing(Bare(store.copy)) as bare:
        made.piece()
        for _ in range(count + warm_up):
            times.append(work())
            bare_times.append(bare.sent_s(made.piece()))
    store.engine.dispose()
    return Figure(
        name=name,
        value=middle(times[warm_up:]) * 1000,
        unit=f"ms {middle.__name__}",
        baseline=middle(bare_times[warm_up:]) * 1000,
    )


def copied(source: Path, target: Path) -> None:
    """The database with all that is committed in it."""
    with closing(sqlite3.connect(source)) as found, closing(sqlite3.connect(target)) as made:
        found.backup(made)
