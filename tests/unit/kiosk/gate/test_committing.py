"""Several threads share commits: who is asked, who is told, who is not held up by whom."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import pytest

from kiosk.gate.committing import GroupCommit

WAIT_S = 5.0


@dataclass
class Disk:
    """Takes words; can be stopped in the middle of a commit, and fails at the word ``bad``."""

    written: list[Sequence[str]] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)
    rolled_back: int = 0

    def __post_init__(self) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.commits = GroupCommit(self.db, self.write, rolled_back=self.roll_back)
        self.free.set()

    def write(self, words: Sequence[str]) -> list[str]:
        self.begun.set()
        assert self.free.wait(WAIT_S)
        for word in words:
            if word == "bad":
                raise sqlite3.IntegrityError(word)
            if word == "switch-off":
                raise SystemExit
        self.written.append(words)
        return [word.upper() for word in words]

    def roll_back(self) -> None:
        self.rolled_back += 1

    def busy_with(self, first: Callable[[], object], *others: Callable[[], object]) -> None:
        """While the disk is at work for the first, the others come one after the other."""
        self.begun.clear()
        self.free.clear()
        threads = [threading.Thread(target=first)]
        threads[0].start()
        assert self.begun.wait(WAIT_S)
        for place, other in enumerate(others, 1):
            threads.append(threading.Thread(target=other))
            threads[-1].start()
            while len(self.commits._line) < place:
                pass
        self.free.set()
        for thread in threads:
            thread.join(WAIT_S)
            assert not thread.is_alive()


@pytest.fixture
def disk() -> Iterator[Disk]:
    built = Disk()
    yield built
    with suppress(sqlite3.Error):
        built.db.close()


def test_one_alone_commits_at_once_on_its_own_thread(disk: Disk) -> None:
    assert disk.commits.put("one") == "ONE"
    assert disk.written == [["one"]]
    assert disk.commits.commits == 1


def test_whoever_comes_meanwhile_is_in_the_next_commit_in_the_order_they_came(disk: Disk) -> None:
    told: dict[str, str] = {}

    def put(word: str) -> None:
        told[word] = disk.commits.put(word)

    disk.busy_with(*(partial(put, word) for word in ("one", "two", "three", "four")))
    assert disk.written == [["one"], ["two", "three", "four"]]
    assert told == {word: word.upper() for word in ("one", "two", "three", "four")}


def test_only_who_is_at_fault_is_refused(disk: Disk) -> None:
    refused: list[str] = []

    def put(word: str) -> None:
        try:
            disk.commits.put(word)
        except sqlite3.IntegrityError as error:
            refused.append(str(error))

    disk.busy_with(*(partial(put, word) for word in ("one", "two", "bad", "four")))
    assert disk.written == [["one"], ["two"], ["four"]]
    assert refused == ["bad"]
    assert disk.rolled_back == 2


def test_work_of_its_own_has_its_turn_and_shares_with_nobody(disk: Disk) -> None:
    seen: list[bool] = []

    def work(db: sqlite3.Connection) -> None:
        seen.append(db.in_transaction)

    disk.busy_with(
        lambda: disk.commits.put("one"),
        lambda: disk.commits.run(work),
        lambda: disk.commits.put("two"),
        lambda: disk.commits.put("three"),
    )
    assert disk.written == [["one"], ["two", "three"]]
    assert seen == [True]
    assert not disk.db.in_transaction


def test_work_that_fails_leaves_nothing_and_the_next_goes_on(disk: Disk) -> None:
    def work(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE half (done INTEGER)")
        raise LookupError

    with pytest.raises(LookupError):
        disk.commits.run(work)
    assert disk.db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    assert disk.commits.put("one") == "ONE"


def test_who_waits_for_a_commit_that_was_broken_off_is_told_so(disk: Disk) -> None:
    told: list[Exception] = []

    def put() -> None:
        try:
            disk.commits.put("two")
        except sqlite3.OperationalError as error:
            told.append(error)

    def switched_off() -> None:
        with pytest.raises(SystemExit):
            disk.commits.put("switch-off")

    disk.busy_with(lambda: disk.commits.put("one"), switched_off, put)
    assert [str(each) for each in told] == ["the commit was broken off"]
    assert disk.commits.put("three") == "THREE"


def test_after_closing_nothing_is_taken_any_more(disk: Disk) -> None:
    disk.busy_with(lambda: disk.commits.put("one"), disk.commits.close)
    assert disk.written == [["one"]]
    with pytest.raises(sqlite3.ProgrammingError):
        disk.commits.run(lambda db: db.execute("SELECT 1"))
