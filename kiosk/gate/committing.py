"""Durable writes of several threads that share their commits.

A commit costs one turn of the disk, whatever it holds. While one is on its way, whoever else comes
stands in line; when it is over, the first of the line takes all that stand there into the next. A
thread alone pays nothing for it: it commits by itself, on its own thread. With synchronous=FULL
nothing returns before its commit is on disk.

Everybody waits at a lock of their own: whoever is done is woken, and nobody else.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Generic, TypeVar, cast

Item = TypeVar("Item")
Done = TypeVar("Done")
Result = TypeVar("Result")


_UNDONE: Final = object()


class _Entry(Generic[Item]):
    """One caller in line, with an item to be shared or with work that has a commit of its own."""

    __slots__ = ("error", "item", "leads", "result", "turn", "work")

    def __init__(self, item: Item | None, work: Callable[[], object] | None = None) -> None:
        self.item: Final = item
        self.work: Final = work
        self.turn: threading.Lock | None = None
        self.result: object = _UNDONE
        self.error: Exception | None = None
        self.leads = False

    def wake(self) -> None:
        if self.turn is not None:
            self.turn.release()

    def outcome(self) -> object:
        if self.error is not None:
            raise self.error
        if self.result is _UNDONE:
            raise sqlite3.OperationalError("the commit was broken off")
        return self.result


class GroupCommit(Generic[Item, Done]):
    """The one way to write on `db`.

    `write` writes the items of all who stand in line in one commit and returns what came of each;
    where it raises, none of them may be left. `rolled_back` is called after a commit that failed.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        write: Callable[[Sequence[Item]], Sequence[Done]],
        *,
        rolled_back: Callable[[], None] = lambda: None,
    ) -> None:
        self._db = db
        self._write = write
        self._rolled_back = rolled_back
        self._lock = threading.Lock()
        self._line: list[_Entry[Item]] = []
        self._busy = False
        self.commits = 0

    def put(self, item: Item) -> Done:
        """Write an item; what came of it when it is durable.

        It may be written on another caller's thread, and a second time where the commit that it
        shared failed for somebody else's sake. Raises what `write` raises.
        """
        with self._lock:
            alone = not self._busy
            self._busy = True
        if not alone:
            return cast("Done", self._pass(_Entry(item)))
        try:
            done = self._write([item])[0]
        except BaseException:
            self._roll_back()
            raise
        else:
            self.commits += 1
            return done
        finally:
            self._hand_over()

    def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` in a transaction of its own; its result when it is durable.

        Raises what `work` raises, and sqlite3.Error.
        """

        def alone() -> Result:
            self._db.execute("BEGIN IMMEDIATE")
            result = work(self._db)
            self._db.execute("COMMIT")
            return result

        return cast("Result", self._pass(_Entry(None, alone)))

    def close(self) -> None:
        """Close the connection after the commit that is on its way."""
        self._pass(_Entry(None, self._db.close))

    # --- the line

    def _pass(self, entry: _Entry[Item]) -> object:
        if self._stand_in_line(entry):
            group = [entry]
            try:
                if self._line and entry.work is None:
                    group += self._all_items()
                self._commit(group)
            finally:
                self._hand_over()  # the disk is not to wait until the others are awake
                for each in group[1:]:
                    each.wake()
        return entry.outcome()

    def _stand_in_line(self, entry: _Entry[Item]) -> bool:
        """True when it is this one's turn, False when another's turn has done it as well."""
        with self._lock:
            if not self._busy:
                self._busy = True
                return True
            entry.turn = threading.Lock()
            entry.turn.acquire()
            self._line.append(entry)
        try:
            entry.turn.acquire()
        except BaseException:
            self._leave(entry)
            raise
        return entry.leads

    def _leave(self, entry: _Entry[Item]) -> None:
        """Nobody waits for who was interrupted while it stood in line."""
        with self._lock:
            if entry in self._line:
                self._line.remove(entry)
        if entry.leads:
            self._hand_over()

    def _all_items(self) -> list[_Entry[Item]]:
        with self._lock:
            line = self._line
            self._line = [each for each in line if each.work is not None]
            return [each for each in line if each.work is None]

    def _hand_over(self) -> None:
        """It is the next one's turn."""
        with self._lock:
            following = self._line.pop(0) if self._line else None
            if following is None:
                self._busy = False
                return
            following.leads = True
        following.wake()

    # --- the commit

    def _commit(self, group: Sequence[_Entry[Item]]) -> None:
        if not self._attempt(group) and len(group) > 1:
            for each in group:  # one of them is at fault, and only that one is refused
                self._attempt([each])

    def _attempt(self, group: Sequence[_Entry[Item]]) -> bool:
        work = group[0].work
        try:
            if work is not None:
                results: Sequence[object] = [work()]
            else:
                results = self._write([cast("Item", each.item) for each in group])
        except BaseException as error:
            self._roll_back()
            if not isinstance(error, Exception):
                raise
            for each in group:
                each.error = error
            return False
        self.commits += 1
        for each, result in zip(group, results, strict=True):
            each.result, each.error = result, None
        return True

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # of a closed file there is nothing to take back
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        self._rolled_back()
