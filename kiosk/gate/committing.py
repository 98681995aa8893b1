"""Durable writes of several threads that share their commits.

A commit costs one turn of the disk, whatever it holds. While one is on its way, whoever else comes
waits in line; the next commit takes the whole line. A thread alone pays nothing for it: it commits
by itself, on its own thread. With synchronous=FULL nothing returns before its commit is on disk.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Generic, TypeVar

Result = TypeVar("Result")
_Work = Callable[[sqlite3.Connection], Result]


class _Entry(Generic[Result]):
    """One caller's work, and what became of it."""

    __slots__ = ("done", "error", "results", "work")

    def __init__(self, work: _Work[Result]) -> None:
        self.work: Final = work
        self.results: list[Result] = []
        self.error: Exception | None = None
        self.done = False

    def outcome(self) -> Result:
        if self.error is not None:
            raise self.error
        if not self.results:
            raise sqlite3.OperationalError("the commit was broken off")
        return self.results[0]


class GroupCommit:
    """The one way to write on `db`. `rolled_back` is called after a transaction that failed."""

    def __init__(
        self, db: sqlite3.Connection, *, rolled_back: Callable[[], None] = lambda: None
    ) -> None:
        self._db = db
        self._rolled_back = rolled_back
        self._turn = threading.Condition()
        self._line: list[_Entry[object]] = []
        self._busy = False
        self.commits = 0

    def run(self, work: _Work[Result]) -> Result:
        """Run `work` inside a transaction and return its result when it is durable.

        It may run on another caller's thread, and a second time where the transaction that it
        shared failed for somebody else's sake. Raises what `work` raises, and sqlite3.Error.
        """
        entry: _Entry[Result] = _Entry(work)
        group = self._wait(entry)
        if group:
            self._lead(group)
        return entry.outcome()

    def close(self) -> None:
        """Close the connection after the commit that is on its way."""
        with self._turn:
            self._turn.wait_for(lambda: not self._busy)
            self._db.close()

    def _wait(self, entry: _Entry[Result]) -> "list[_Entry[object]]":
        """Stand in line until somebody has done it, or it is ours to do all that stand there."""
        with self._turn:
            self._line.append(entry)  # type: ignore[arg-type]
            self._turn.wait_for(lambda: entry.done or not self._busy)
            if entry.done:
                return []
            self._busy = True
            group, self._line = self._line, []
            return group

    def _lead(self, group: "list[_Entry[object]]") -> None:
        try:
            if not self._commit(group) and len(group) > 1:
                for each in group:  # one of them is at fault, and only that one is refused
                    self._commit([each])
        finally:
            with self._turn:
                for each in group:
                    each.done = True
                self._busy = False
                self._turn.notify_all()

    def _commit(self, group: "list[_Entry[object]]") -> bool:
        for each in group:
            each.error, each.results = None, []
        try:
            self._db.execute("BEGIN IMMEDIATE")
            results = [each.work(self._db) for each in group]
            self._db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait for this commit
            self._roll_back()
            for each in group:
                each.error = error
            return False
        self.commits += 1
        for each, result in zip(group, results, strict=True):
            each.results = [result]
        return True

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # of a closed file there is nothing to take back
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        self._rolled_back()
