"""A lane with its threads: what is held to its reader, what is journalled, what is opened.

The cards were issued by the real server; only the barrier is a counter of pulses. An opening that
came late or was lost is told and never made good (GATE-01), an internal fault opens nothing (S13).
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from cardserver.domain.admission import Reason
from cardserver.domain.gateevent import EventKind
from cardserver.domain.rights import RightKind
from drivers.api.barriers import Inputs, Lamp
from drivers.api.readers import CardReader
from drivers.errors import DeviceError, DeviceTimeout
from kiosk.gate import actuation, journal
from kiosk.gate import lane as lanes
from kiosk.gate.journalfile import Row, insert_all
from kiosk.gate.lane import LaneLoop, Shown
from kiosk.gate.shared import Shared
from kiosk.gate.station import assemble
from kiosk.station import post
from kiosk.station.post import ReaderPost
from simulators.cards.api import VirtualCard
from simulators.cards.catalogue import make
from simulators.reader import VirtualReader
from tests.scenario.ground import LANES
from tests.unit.kiosk.gate.conftest import Gate

PATIENCE_S = 5.0


@dataclass(slots=True)
class Pulses:
    """A barrier that counts. Where it is `failing`, the pulse goes out and its answer is lost."""

    opened: int = 0
    closed: bool = False
    failing: bool = False
    looked: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        self.opened += 1
        if self.failing:
            raise DeviceTimeout("the board did not answer")

    def state(self) -> Inputs:
        self.looked.set()
        return Inputs()

    def light(self, lamp: Lamp, for_s: float) -> None:
        """Not wired."""

    def close(self) -> None:
        self.closed = True


@dataclass(slots=True, kw_only=True)
class Door:
    """A lane at work, and the hands in front of it."""

    gate: Gate
    card: VirtualCard
    reader: VirtualReader = field(default_factory=VirtualReader)
    barrier: Pulses = field(default_factory=Pulses)
    lane: LaneLoop = field(init=False)

    def __post_init__(self) -> None:
        self.lane = LaneLoop(
            lane=LANES[RightKind.DOOR],
            name="3栋大门",
            reader=self.reader,
            barrier=self.barrier,
            keys=self.gate.ground.gate_keys,
            snapshot=self.gate.uplink.snapshot,
            shared=Shared.of(
                self.gate.journal,
                bell=self.gate.bell,
                clock=self.gate.clock,
                ticks=self.gate.ticks,
            ),
        )

    def tap(self) -> Shown:
        """Hold the card to the reader until the lane has said what it thinks of it."""
        before = self.lane.shown
        seen = self.gate.bell.counts()
        self.reader.insert(self.card)
        while self.lane.shown is before:
            rung = self.gate.bell.wait(seen, PATIENCE_S)
            assert rung != seen, "the lane said nothing"
            seen = rung
        shown = self.lane.shown
        assert shown is not None
        return shown

    def lift(self) -> None:
        """Take the card away, and wait until the lane has noticed."""
        noticed = threading.Event()
        assert isinstance(self.lane.post, ReaderPost)
        self.lane.post._lifted = noticed.set
        self.reader.remove()
        assert noticed.wait(PATIENCE_S)

    @property
    def taps(self) -> list[tuple[str, bool]]:
        return [(each.reason, each.granted) for each in self.gate.journal.last(9, EventKind.TAP)]


@pytest.fixture
def door(gate: Gate) -> Iterator[Door]:
    card = make("desfire-ev2", bytes.fromhex("04A1B2C3D4E5F6"))
    gate.ground.do(gate.ground.issue_request(gate.ground.people.owner), card)
    gate.uplink.round()
    built = Door(gate=gate, card=card)
    built.lane.start()
    yield built
    built.lane.stop()


def test_gate_01_a_valid_card_is_journalled_and_the_door_opens_once(door: Door) -> None:
    shown = door.tap()
    assert (shown.decision.reason, shown.opened) == (Reason.GRANTED, True)
    assert door.barrier.opened == 1
    assert door.taps == [("granted", True)]


@pytest.mark.parametrize(
    ("stalled_s", "reason", "opened"),
    [(1.9, "granted", 1), (2.1, "read-too-old", 0), (60.0, "read-too-old", 0)],
)
def test_a_tap_held_up_by_the_reader_is_logged_and_not_acted_on(
    door: Door, stalled_s: float, reason: str, opened: int
) -> None:
    exchanged = threading.Event()

    def stall(_command: bytes, _answer: bytes) -> None:
        if not exchanged.is_set():
            exchanged.set()
            door.gate.ticks.now += stalled_s

    door.reader.listener = stall
    shown = door.tap()
    assert shown.decision.granted is bool(opened)
    assert bool(shown.opened) is bool(opened)
    assert shown.try_again is not bool(opened)
    assert door.barrier.opened == opened
    assert door.taps == [(reason, bool(opened))]


def test_a_tap_held_up_by_the_journal_is_logged_and_not_acted_on(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
        door.gate.ticks.now += 2.1
        insert_all(db, rows)

    monkeypatch.setattr(journal, "insert_all", slow)
    shown = door.tap()
    assert (shown.decision.reason, shown.opened) == (Reason.GRANTED, False)
    assert door.barrier.opened == 0
    assert door.taps == [("granted", True)]
    (not_passed,) = door.gate.journal.last(1)
    assert (not_passed.kind, not_passed.about, not_passed.detail) == (
        EventKind.NOT_PASSED,
        1,
        "too-late",
    )


def test_a_tap_behind_a_barrier_that_hangs_is_not_acted_on_later(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actuation, "OPEN_S", 0.05)
    begun, released = threading.Event(), threading.Event()
    worker = door.lane._actuator.worker

    def hang() -> None:
        begun.set()
        released.wait(PATIENCE_S)

    hanging = threading.Thread(target=lambda: worker.submit(hang, timeout_s=PATIENCE_S))
    hanging.start()
    assert begun.wait(PATIENCE_S)
    assert door.tap().opened is False
    released.set()
    hanging.join()
    worker.submit(lambda: None, timeout_s=PATIENCE_S)  # whatever was queued has had its turn
    assert door.barrier.opened == 0


def test_a_disk_that_hangs_hides_no_contact(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, free = threading.Event(), threading.Event()

    def hang(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
        hangs.set()
        assert free.wait(PATIENCE_S)
        insert_all(db, rows)

    monkeypatch.setattr(journal, "insert_all", hang)
    door.reader.insert(door.card)
    assert hangs.wait(PATIENCE_S)
    door.gate.ticks.now += 1.9
    assert door.lane._quiet(), "its opening goes before a look"
    door.gate.ticks.now += 0.2
    door.barrier.looked.clear()
    try:
        assert door.barrier.looked.wait(PATIENCE_S), "it opens no more, and the lane looks again"
    finally:
        free.set()


def test_an_opening_whose_answer_is_lost_is_not_repeated(door: Door) -> None:
    door.barrier.failing = True
    assert door.tap().opened is False
    door.lift()
    door.lane.stop()
    assert door.barrier.opened == 1
    assert door.barrier.closed


def test_s13_without_a_record_nothing_opens(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_disk(_db: sqlite3.Connection, _rows: Sequence[Row]) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(journal, "insert_all", no_disk)
    shown = door.tap()
    assert (shown.decision.reason, shown.opened) == (Reason.NO_JOURNAL, None)
    assert door.barrier.opened == 0


def test_a_lane_outlives_a_mistake_in_its_own_reading(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistake(*_arguments: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(lanes, "read_presented", mistake)
        assert door.tap().try_again
        assert door.taps == [("torn", False)]  # every read is a line, this one without a UID
    door.lift()
    assert door.tap().opened


def test_gate_07a_without_a_server_a_lane_goes_on(door: Door) -> None:
    door.gate.lose_the_server()
    assert door.tap().opened
    assert [each.kind for each in door.gate.journal.waiting()] == [EventKind.TAP]


def test_a_gate_closes_its_journal_although_a_lane_fails_to_stop(
    gate: Gate, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistake() -> None:
        raise ZeroDivisionError

    station = assemble(
        [door.lane], shared=door.lane._shared, uplink=gate.uplink, server=gate.ground.gate
    )
    with monkeypatch.context() as broken:
        broken.setattr(door.lane, "stop", mistake)
        with pytest.raises(ZeroDivisionError):
            station.stop()
    with pytest.raises(sqlite3.ProgrammingError):
        gate.journal.last(1)


# --- the watch itself


class Stumbling(VirtualReader):
    """A reader whose driver raises, once, what no driver should."""

    stumbled = False

    def wait_card(self, timeout_s: float) -> bool:
        if not self.stumbled:
            self.stumbled = True
            raise ZeroDivisionError
        return super().wait_card(timeout_s)


def test_a_watch_outlives_any_exception_and_says_that_it_met_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(post, "_RETRY_S", 0.01)
    arrived = threading.Event()
    faults: list[str] = []
    reader = Stumbling()
    reader.insert(make("classic-1k", bytes.fromhex("04A1B2C3")))

    def look(seen: CardReader) -> str:
        return seen.name

    def note(seen: str | DeviceError) -> None:
        assert seen == reader.name
        arrived.set()

    watch: ReaderPost[str] = ReaderPost(
        reader, look=look, arrived=note, fault_changed=lambda: faults.append(watch.fault)
    )
    watch.start()
    assert arrived.wait(PATIENCE_S)
    watch.stop()
    assert faults[:2] == [DeviceError.code, ""]
