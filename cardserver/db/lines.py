"""Connections kept at hand between two turns.

To take a connection out of the pool and to put it back costs more than most questions that are
asked over it. So the few that were used last stay with us, open and without a transaction, for
whoever comes next. They count in the pool as ever, and are closed with it.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError

KEPT_AT_MOST: Final = 5
"""As many as the pool itself holds on to."""

FRESH_S: Final = 1.0
"""A database server may have gone away since; the pool asks it before it gives out a connection."""

_NAME: Final = "yika_lines"


class Lines:
    """The connections of one engine that wait for the next turn."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: list[tuple[Connection, float]] = []
        event.listen(engine, "engine_disposed", self._close_all)

    @property
    def at_hand(self) -> int:
        """How many wait for the next turn; nobody holds them meanwhile."""
        return len(self._kept)

    def take(self) -> Connection:
        """The connection that was used last, or one from the pool."""
        while self._kept:
            try:
                connection, since = self._kept.pop()
            except IndexError:
                break  # somebody else was faster
            if time.monotonic() - since < FRESH_S:
                return connection
            connection.close()
        return self._engine.connect()

    def give_back(self, connection: Connection) -> None:
        """Done with it: what is open on it is rolled back."""
        if connection.in_transaction():
            connection.rollback()
        if len(self._kept) < KEPT_AT_MOST and not (connection.closed or connection.invalidated):
            self._kept.append((connection, time.monotonic()))
        else:
            connection.close()

    def fail(self, connection: Connection) -> None:
        """The store failed on it. The pool looks at each of those that wait before it is used."""
        connection.close()
        for other in self._all_kept():
            other.close()

    def _all_kept(self) -> Iterator[Connection]:
        with suppress(IndexError):
            while True:
                yield self._kept.pop()[0]

    def _close_all(self, _engine: Engine) -> None:
        """The pool was closed: what it had given out is not closed with it."""
        for connection in self._all_kept():
            with suppress(SQLAlchemyError):
                connection.invalidate()
                connection.close()


def lines_of(engine: Engine) -> Lines:
    """The lines of this engine, which live as long as it does."""
    found: Lines | None = vars(engine).get(_NAME)
    return vars(engine).setdefault(_NAME, Lines(engine)) if found is None else found
