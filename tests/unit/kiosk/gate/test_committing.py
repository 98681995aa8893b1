"""Several threads share commits: who is asked, who is told, who is not held up by whom."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue

import pytest

from kiosk.gate.committing import GroupCommit

WAIT_S = 5.0


@dataclass
class Disk:
    """Takes words; can be stopped in the middle of a commit, and fails at the word ``bad``."""

    written: list[Sequence[str]] = field(default_factory=list)
    told: "SimpleQueue[str | BaseException]" = field(default_factory=SimpleQueue)
    threads: set[str] = field(default_factory=set)
    begun: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)
    rolled_back: int = 0

    def __post_init__(self) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.commits = GroupCommit(self.db, self.write, rolled_back=self.roll_back)
        self.free.set()

    def write(self, words: Sequence[str]) -> list[str]:
        self.threads.add(threading.current_thread().name)
        self.begun.set()
        assert self.free.wait(WAIT_S)
        for word in words:
            if word == "bad":
                raise sqlite3.IntegrityError(word)
            if word == "switch-off":
                raise SystemExit(word)
        self.written.append(words)
        return [word.upper() for word in words]

    def roll_back(self) -> None:
        self.rolled_back += 1

    def hand_in(self, *words: str) -> None:
        for word in words:
            self.commits.hand_in(word, self.told.put)

    def tells(self, count: int) -> list[str]:
        """What became of so many, in the order in which it was told."""
        return [str(self.told.get(timeout=WAIT_S)) for _ in range(count)]

    def busy_with(self, first: str, meanwhile: Callable[[], object]) -> None:
        """While the disk is at work for the first, the others come one after the other."""
        self.begun.clear()
        self.free.clear()
        self.hand_in(first)
        assert self.begun.wait(WAIT_S)
        meanwhile()
        self.free.set()


@pytest.fixture
def disk() -> Iterator[Disk]:
    built = Disk()
    yield built
    built.free.set()
    built.commits.close()


def test_one_thread_owns_the_file_and_whoever_waits_is_answered(disk: Disk) -> None:
    assert [disk.commits.put("one"), disk.commits.put("two")] == ["ONE", "TWO"]
    assert disk.written == [["one"], ["two"]]
    assert disk.commits.commits == 2
    assert disk.threads == {"journal"}


def test_whoever_comes_meanwhile_is_in_the_next_commit_in_the_order_they_came(disk: Disk) -> None:
    disk.busy_with("one", lambda: disk.hand_in("two", "three", "four"))
    assert disk.tells(4) == ["ONE", "TWO", "THREE", "FOUR"]
    assert disk.written == [["one"], ["two", "three", "four"]]


def test_whoever_hands_in_goes_on_and_is_told_when_it_is_written(disk: Disk) -> None:
    disk.busy_with("one", lambda: disk.told.put("not yet"))
    assert disk.tells(2) == ["not yet", "ONE"]


def test_only_who_is_at_fault_is_refused(disk: Disk) -> None:
    disk.busy_with("one", lambda: disk.hand_in("two", "bad", "four"))
    assert disk.tells(4) == ["ONE", "TWO", "bad", "FOUR"]
    assert disk.written == [["one"], ["two"], ["four"]]
    assert disk.rolled_back == 2
    with pytest.raises(sqlite3.IntegrityError):
        disk.commits.put("bad")


def test_work_of_its_own_has_its_turn_and_shares_with_nobody(disk: Disk) -> None:
    seen: list[tuple[bool, int]] = []

    def work(db: sqlite3.Connection) -> None:
        seen.append((db.in_transaction, len(disk.written)))

    def meanwhile() -> None:
        disk.hand_in("two")
        worker.start()
        while disk.commits._line.qsize() < 2:
            pass
        disk.hand_in("three", "four")

    worker = threading.Thread(target=disk.commits.run, args=(work,))
    disk.busy_with("one", meanwhile)
    worker.join(WAIT_S)
    assert disk.tells(4) == ["ONE", "TWO", "THREE", "FOUR"]
    assert disk.written == [["one"], ["two"], ["three", "four"]]
    assert seen == [(True, 2)]
    assert not disk.db.in_transaction


def test_work_that_fails_leaves_nothing_and_the_next_goes_on(disk: Disk) -> None:
    def work(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE half (done INTEGER)")
        raise LookupError

    with pytest.raises(LookupError):
        disk.commits.run(work)
    assert disk.db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    assert disk.commits.put("one") == "ONE"


def test_whatever_goes_wrong_somebody_is_told_and_the_next_goes_on(disk: Disk) -> None:
    disk.busy_with("one", lambda: disk.hand_in("two", "switch-off"))
    assert disk.tells(3) == ["ONE", "TWO", "switch-off"]
    assert disk.commits.put("three") == "THREE"


def test_one_who_stumbles_over_the_answer_takes_nobody_else_s_away(disk: Disk) -> None:
    def stumble(_outcome: object) -> None:
        raise ZeroDivisionError

    def meanwhile() -> None:
        disk.commits.hand_in("two", stumble)
        disk.hand_in("three")

    disk.busy_with("one", meanwhile)
    assert disk.tells(2) == ["ONE", "THREE"]


def test_what_was_handed_in_before_the_end_is_written_and_nothing_after_it(disk: Disk) -> None:
    closing = threading.Thread(target=disk.commits.close)

    def meanwhile() -> None:
        disk.hand_in("two")
        closing.start()
        while not disk.commits._closed:
            pass
        disk.hand_in("late")

    disk.busy_with("one", meanwhile)
    closing.join(WAIT_S)
    assert disk.tells(3) == ["the file is closed", "ONE", "TWO"]
    assert disk.written == [["one"], ["two"]]
    with pytest.raises(sqlite3.ProgrammingError):
        disk.commits.put("three")
    with pytest.raises(sqlite3.ProgrammingError):
        disk.db.execute("SELECT 1")


def test_a_file_that_nobody_wrote_to_can_be_closed_twice() -> None:
    disk = Disk()
    disk.commits.close()
    disk.commits.close()
    with pytest.raises(sqlite3.ProgrammingError):
        disk.commits.run(lambda db: db.execute("SELECT 1"))


def test_closing_twice_waits_for_one_end(disk: Disk) -> None:
    assert disk.commits.put("one") == "ONE"
    disk.commits.close()
    disk.commits.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        disk.commits.put("two")
    assert disk.written == [["one"]]
