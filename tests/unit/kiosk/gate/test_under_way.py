"""A lane decides the next card while the one before is on its way to the disk or the barrier.

What comes of it is the same as if each had been waited for: GATE-01, GATE-02a; S13.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from benchmarks.gateyard import serve
from cardserver.domain.admission import Presented, Reason
from cardserver.domain.gateevent import GateEvent
from kiosk.gate import journal
from kiosk.gate.actuation import Answer
from kiosk.gate.journalfile import Row, insert_all
from kiosk.gate.underway import ROOM, UnderWay
from tests.unit.kiosk.gate.yard import IN, LI, OUT, RULES, WANG, Place, Yard, entry

WAIT_S = 5.0
ZHAO, QIAN = (bytes.fromhex(f"04A1B2C3D4E5{n:02X}") for n in (3, 4))


@dataclass
class Disk:
    """The journal's disk; can be held up in the middle of a commit, and can be full."""

    insert_all: Callable[[sqlite3.Connection, Sequence[Row]], None]
    commits: list[int] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)
    full: bool = False

    def insert(self, db: sqlite3.Connection, rows: Sequence[Row]) -> None:
        self.begun.set()
        assert self.free.wait(WAIT_S)
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        self.commits.append(len(rows))
        self.insert_all(db, rows)


@dataclass
class Lane:
    """A lane in a park with passback, its disk, and people who hold cards there."""

    place: Place
    disk: Disk
    people: ThreadPoolExecutor

    def holds(self, uid: bytes) -> "Future[bool]":
        """Somebody holds a card there, and waits whether it opens."""
        ticks = self.place.yard.ticks
        return self.people.submit(serve, self.place.loop, Presented(uid=uid), ticks)

    def hold_up(self, uid: bytes) -> "Future[bool]":
        """The disk is held up while it writes this card's line."""
        self.disk.begun.clear()
        self.disk.free.clear()
        first = self.holds(uid)
        assert self.disk.begun.wait(WAIT_S)
        return first

    def until_under_way(self, count: int) -> None:
        until(lambda: len(self.place.loop._under_way._cards) == count)

    def until_somebody_waits(self) -> None:
        until(lambda: bool(self.place.loop._under_way._changed._waiters))  # type: ignore[attr-defined]

    def inside(self) -> int:
        return self.place.yard.shared.whereabouts.occupancy()["park"]


def until(true: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < ends_at
        time.sleep(0)


@pytest.fixture
def lane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lane]:
    disk = Disk(insert_all)
    disk.free.set()
    monkeypatch.setattr(journal, "insert_all", disk.insert)
    cards = {uid: entry(number) for number, uid in enumerate((WANG, LI, ZHAO, QIAN), 7)}
    with Yard(tmp_path, rules=RULES, cards=cards) as yard, ThreadPoolExecutor(8) as people:
        yield Lane(yard.place(IN, contacts=()), disk, people)
        disk.free.set()


def test_the_next_card_is_decided_while_the_line_before_is_on_its_way(lane: Lane) -> None:
    wang = lane.hold_up(WANG)
    li, zhao = lane.holds(LI), lane.holds(ZHAO)
    lane.until_under_way(3)
    until(lambda: lane.inside() == 3)
    assert not lane.place.barrier.openings, "nothing opens before its line is on disk"
    lane.disk.free.set()
    assert [each.result(WAIT_S) for each in (wang, li, zhao)] == [True, True, True]
    assert lane.disk.commits == [1, 2], "those who came meanwhile share a commit"
    assert len(lane.place.barrier.openings) == 3
    assert lane.place.yard.lines[0] == "car-in tap card 7 granted"
    assert sorted(lane.place.yard.lines[1:]) == [
        "car-in tap card 8 granted",
        "car-in tap card 9 granted",
    ]


def test_openings_go_out_in_the_order_of_their_lines(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, contacts = list[int](), lane.place.loop.contacts
    slow = threading.Event()

    def note(line: GateEvent, expires_at: float) -> Answer:
        if line.sequence == 1:
            slow.wait(0.05)  # whoever could overtake it would
        opened.append(line.sequence)
        return opening(line, expires_at)

    opening = contacts.open
    monkeypatch.setattr(contacts, "open", note)
    taps = [lane.hold_up(WANG), lane.holds(LI), lane.holds(ZHAO)]
    lane.until_under_way(3)
    lane.disk.free.set()
    assert [each.result(WAIT_S) for each in taps] == [True, True, True]
    assert opened == [1, 2, 3]


def test_of_one_card_the_second_tap_waits_for_what_became_of_the_first(lane: Lane) -> None:
    first = lane.hold_up(WANG)
    again = lane.holds(WANG)
    lane.until_somebody_waits()
    lane.disk.free.set()
    assert [first.result(WAIT_S), again.result(WAIT_S)] == [True, True]
    assert lane.place.yard.lines == [
        "car-in tap card 7 granted",
        "car-in tap about 1 card 7 granted same-tap",
    ]
    assert len(lane.place.barrier.openings) == 1


def test_only_so_many_are_under_way_and_who_waited_too_long_holds_the_card_again(
    lane: Lane,
) -> None:
    lane.hold_up(WANG)
    others = [lane.holds(LI), lane.holds(ZHAO)]
    lane.until_under_way(ROOM)
    late = lane.holds(QIAN)
    lane.until_somebody_waits()
    lane.place.yard.ticks += 2.1
    lane.disk.free.set()
    assert late.result(WAIT_S) is False
    assert [each.result(WAIT_S) for each in others] == [False, False]
    assert f"car-in tap {Reason.READ_TOO_OLD}" in lane.place.yard.lines
    assert not lane.place.barrier.openings, "what grew old on its way opens nothing"


def test_a_disk_that_refuses_lets_none_of_them_in_s13(lane: Lane) -> None:
    lane.disk.full = True
    wang = lane.hold_up(WANG)
    li = lane.holds(LI)
    lane.until_under_way(2)
    lane.disk.free.set()
    assert [wang.result(WAIT_S), li.result(WAIT_S)] == [False, False]
    shown = lane.place.loop.shown
    assert shown is not None
    assert shown.decision.reason is Reason.NO_JOURNAL
    assert lane.inside() == 0
    lane.disk.full = False
    assert lane.holds(LI).result(WAIT_S) is True


def test_an_airlock_takes_one_at_a_time(lane: Lane) -> None:
    yard = lane.place.yard
    yard.rules = replace(RULES, interlocks=(frozenset({IN, OUT}),))
    wang = lane.hold_up(WANG)
    li = lane.holds(LI)
    lane.until_somebody_waits()
    assert lane.inside() == 1
    lane.disk.free.set()
    assert [wang.result(WAIT_S), li.result(WAIT_S)] == [True, True]
    assert lane.disk.commits == [1, 1]


def test_a_lane_that_stops_ends_what_is_under_way(lane: Lane) -> None:
    wang = lane.hold_up(WANG)
    stopping = threading.Thread(target=lane.place.loop.stop)
    stopping.start()
    lane.disk.free.set()
    stopping.join(WAIT_S)
    assert wang.result(WAIT_S) is True
    assert len(lane.place.barrier.openings) == 1


def test_whoever_waits_for_all_is_told_when_one_does_not_end() -> None:
    under_way = UnderWay()
    under_way.enter(WANG)
    assert under_way.wait_for_all(0.01) is False
    under_way.leave(WANG)
    assert under_way.wait_for_all(0.01) is True
