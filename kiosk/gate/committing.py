"""Durable writes on one connection, by the one thread that owns it.

A commit costs one turn of the disk, whatever it holds: all that was handed in while one was on its
way is in the next. With synchronous=FULL nobody is told before their commit is on disk; everybody
is told in the order in which they came.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Final, Generic, TypeVar, cast

_log = logging.getLogger(__name__)

Item = TypeVar("Item")
Done = TypeVar("Done")
Result = TypeVar("Result")


class _Entry(Generic[Item]):
    """One of the line, with an item to be shared or with work that has a commit of its own."""

    __slots__ = ("item", "then", "work")

    def __init__(
        self,
        item: Item | None,
        then: Callable[[object], None],
        work: Callable[[], object] | None = None,
    ) -> None:
        self.item: Final = item
        self.then: Final = then
        self.work: Final = work


def _tell(answer: Future[Result], outcome: Result | BaseException) -> None:
    if isinstance(outcome, BaseException):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


class GroupCommit(Generic[Item, Done]):
    """The one way to write on `db`.

    `write` writes the items of all who stand in line in one commit and returns what came of each;
    where it raises, none of them may be left. `rolled_back` is called after a commit that failed.
    Both run on the thread that owns the connection, and may not wait for another write.
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
        self._gate = threading.Lock()  # nobody gets into the line behind the end
        self._line: SimpleQueue[_Entry[Item]] = SimpleQueue()
        self._owner: threading.Thread | None = None
        self._closed = self._ended = False
        self.commits = 0

    def hand_in(self, item: Item, then: Callable[[Done | BaseException], None]) -> None:
        """Have an item written, and go on.

        `then` is told on the owner's thread what came of it, as soon as that is durable: it may
        neither wait nor write. It gets the error where the item could not be written; on this
        thread and at once where the file was closed before. An item is written a second time where
        the commit that it shared failed for somebody else's sake.
        """
        self._stand_in_line(_Entry(item, cast("Callable[[object], None]", then)))

    def put(self, item: Item) -> Done:
        """Write an item; what came of it when it is durable. Raises what `write` raises."""
        answer = Future[Done]()
        self.hand_in(item, partial(_tell, answer))
        return answer.result()

    def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` in a transaction of its own; its result when it is durable.

        Raises what `work` raises, and sqlite3.Error.
        """

        def alone() -> Result:
            self._db.execute("BEGIN IMMEDIATE")
            result = work(self._db)
            self._db.execute("COMMIT")
            return result

        answer = Future[Result]()
        told = cast("Callable[[object], None]", partial(_tell, answer))
        self._stand_in_line(_Entry(None, told, alone))
        return answer.result()

    def close(self) -> None:
        """Close the connection after all that was handed in before. Safe to call twice."""
        with self._gate:
            self._closed, owner = True, self._owner
            if owner is None:
                self._db.close()
                return
            self._line.put(_Entry(None, lambda _outcome: None, self._end))
        owner.join()

    # --- the line

    def _stand_in_line(self, entry: _Entry[Item]) -> None:
        with self._gate:
            if not self._closed:
                if self._owner is None:
                    owner = threading.Thread(target=self._own, name="journal", daemon=True)
                    owner.start()
                    self._owner = owner
                self._line.put(entry)
                return
        entry.then(sqlite3.ProgrammingError("the file is closed"))

    def _own(self) -> None:
        while not self._ended:
            for group in self._groups():
                self._commit(group)

    def _groups(self) -> Iterator[Sequence[_Entry[Item]]]:
        """All who stand in line, in their order: items together, work by itself."""
        group = [self._line.get()]
        while group[-1].work is None and not self._line.empty():
            group.append(self._line.get())
        work = [group.pop()] if group[-1].work is not None else []
        if group:
            yield group
        if work:
            yield work

    def _end(self) -> None:
        self._ended = True
        self._db.close()

    # --- the commit

    def _commit(self, group: Sequence[_Entry[Item]]) -> None:
        if not self._attempt(group):
            for each in group:  # one of them is at fault, and only that one is refused
                self._attempt([each])

    def _attempt(self, group: Sequence[_Entry[Item]]) -> bool:
        """True when everybody of the group was told what came of it."""
        work = group[0].work
        outcomes: Sequence[object]
        try:
            if work is not None:
                outcomes = [work()]
            else:
                outcomes = self._write([cast("Item", each.item) for each in group])
        except BaseException as error:  # noqa: BLE001 - whoever waits must be told, whatever it was
            self._roll_back()
            if len(group) > 1:
                return False
            outcomes = [error]
        else:
            self.commits += 1
        for each, outcome in zip(group, outcomes, strict=True):
            try:
                each.then(outcome)
            except Exception:  # noqa: BLE001 - one listener's mistake is not the next one's
                _log.exception("whoever handed in a line could not be told of it")
        return True

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # of a closed file there is nothing to take back
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        self._rolled_back()
