"""What a gate does beside deciding: number readers, text displays, troubles, housekeeping.

Each device stands behind its own thread; a test waits for what it is about, and for nothing else.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from benchmarks.gateyard import serve
from cardserver.domain.admission import Decision, Reason, Snapshot
from cardserver.domain.gateevent import EventKind
from drivers.api.codes import CodeRead, ReaderLink
from drivers.api.displays import Tone
from drivers.errors import DeviceTimeout
from kiosk.gate import displaying
from kiosk.gate.codes import CodePost, presented_by
from kiosk.gate.displaying import LaneDisplay, Notice, notice_of
from kiosk.gate.housekeeping import Housekeeping
from kiosk.gate.lane import LaneLoop
from kiosk.gate.passing import Finding
from tests.unit.kiosk.gate.yard import NOON, WANG, Yard

PATIENCE_S = 5.0
DAY = timedelta(days=1)


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    with Yard(tmp_path) as opened:
        yield opened


# --- readers that tell a number


@dataclass
class Numbers:
    """A reader at the end of a line: what it tells next, and what it was told."""

    waiting: SimpleQueue[CodeRead | DeviceTimeout] = field(default_factory=SimpleQueue)
    answers: SimpleQueue[bool] = field(default_factory=SimpleQueue)
    asked_on: set[str] = field(default_factory=set)
    closed: bool = False
    opened: bool = False

    def poll(self, timeout_s: float) -> CodeRead | None:
        self.asked_on.add(threading.current_thread().name)
        try:
            told = self.waiting.get(timeout=timeout_s)
        except Empty:
            return None
        if isinstance(told, DeviceTimeout):
            raise told
        return told

    def answer(self, *, granted: bool) -> None:
        self.asked_on.add(threading.current_thread().name)
        self.answers.put(granted)

    def link(self) -> ReaderLink:
        return ReaderLink(up=True, tamper=self.opened)

    def close(self) -> None:
        self.closed = True


def read(code: bytes = WANG, bits: int = 56) -> CodeRead:
    return CodeRead(code=code, bits=bits, read_at=1000.0)


def test_a_number_reader_has_one_owner_and_is_told_the_outcome() -> None:
    reader, served = Numbers(), list[CodeRead]()

    def serve(arrived: CodeRead, then: Callable[[bool], None]) -> None:
        served.append(arrived)
        then(len(served) == 1)

    post = CodePost(reader, "door", arrived=serve)
    post.start()
    for _ in range(2):
        reader.waiting.put(read())
    assert [reader.answers.get(timeout=PATIENCE_S) for _ in range(2)] == [True, False]
    post.stop()
    assert served == [read(), read()]
    assert len(reader.asked_on) == 1
    assert reader.closed


def test_a_number_reader_is_served_while_its_lane_waits_for_the_barrier() -> None:
    """A bus wants to be asked every few dozen milliseconds, whatever the lane does."""
    reader, begun, released = Numbers(), threading.Event(), threading.Event()

    def slow(_arrived: CodeRead, then: Callable[[bool], None]) -> None:
        begun.set()
        then(released.wait(PATIENCE_S))

    post = CodePost(reader, "door", arrived=slow)
    post.start()
    reader.waiting.put(read())
    assert begun.wait(PATIENCE_S)
    asked = threading.Event()
    reader.waiting.put(DeviceTimeout("silent"))
    post._fault_changed = asked.set
    assert asked.wait(PATIENCE_S), "the reader was not asked meanwhile"
    released.set()
    post.stop()


def test_a_number_reader_that_is_away_is_a_fault_until_it_answers() -> None:
    reader, faults = Numbers(), SimpleQueue[str]()
    post = CodePost(reader, "door", arrived=lambda _read, then: then(False))
    post._fault_changed = lambda: faults.put(post.fault)
    post.start()
    reader.waiting.put(DeviceTimeout("silent"))
    assert faults.get(timeout=PATIENCE_S) == DeviceTimeout.code
    assert faults.get(timeout=PATIENCE_S) == ""
    post.stop()


def test_a_lane_outlives_a_mistake_in_serving_a_number() -> None:
    reader = Numbers()
    served = list[int]()

    def stumble(_arrived: CodeRead, then: Callable[[bool], None]) -> None:
        served.append(1)
        if len(served) == 1:
            raise ZeroDivisionError
        then(True)

    post = CodePost(reader, "door", arrived=stumble)
    post.start()
    for _ in range(2):
        reader.waiting.put(read())
    assert reader.answers.get(timeout=PATIENCE_S) is True
    post.stop()


def test_a_number_without_room_for_a_whole_uid_names_no_card(yard: Yard) -> None:
    short = read(code=bytes.fromhex("01020304"), bits=26)
    place = yard.place("door")
    serve(place.loop, presented_by(replace(short, read_at=yard.ticks)), yard.ticks)
    assert yard.lines == ["door tap unsupported"]
    assert yard.whole(EventKind.TAP).uid == short.code


# --- the text line


@dataclass
class Board:
    """A text display that keeps what it was told."""

    rows: int = 2
    columns: int = 16
    failing: bool = False
    shown: SimpleQueue[tuple[str, ...]] = field(default_factory=SimpleQueue)
    closed: bool = False

    def show(self, lines: Sequence[str], *, tone: Tone = Tone.PLAIN, for_s: int = 10) -> None:
        assert 1 <= for_s <= 255
        if self.failing:
            raise DeviceTimeout("silent")
        self.shown.put((tone.value, *lines))

    def rest(self, lines: Sequence[str]) -> None:
        self.shown.put(("rest", *lines))

    def check(self) -> None:
        self.shown.put(("checked",))

    def close(self) -> None:
        self.closed = True


def test_the_text_line_invites_and_says_what_was_decided() -> None:
    board = Board()
    display = LaneDisplay(board, "car-in", ticks=lambda: 0.0)
    display.start()
    assert board.shown.get(timeout=PATIENCE_S) == ("rest", "请刷卡")
    granted = Decision(reason=Reason.GRANTED, last_day=NOON.date(), days_left=200)
    display.say(notice_of(granted, opened=True, right="parking"))
    assert board.shown.get(timeout=PATIENCE_S) == ("good", "请通行")
    display.stop()
    assert board.closed


def test_the_invitation_comes_back_and_a_resting_display_is_asked_whether_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(displaying, "_REST_AFTER_S", 0.05)
    monkeypatch.setattr(displaying, "_CHECK_S", 0.01)
    board = Board()
    display = LaneDisplay(board, "car-in", ticks=lambda: 0.0)
    display.start()
    assert [board.shown.get(timeout=PATIENCE_S)[0] for _ in range(2)] == ["rest", "checked"]
    display.say(Notice(lines=("x",), tone=Tone.BAD))
    told = iter(lambda: board.shown.get(timeout=PATIENCE_S)[0], "bad")
    assert set(told) <= {"checked"}
    assert board.shown.get(timeout=PATIENCE_S)[0] == "rest"
    display.stop()


def test_the_estates_own_reminder_is_shown_in_the_last_days() -> None:
    last = Decision(reason=Reason.GRANTED, last_day=NOON.date(), days_left=2)
    notice = notice_of(last, opened=True, right="parking", reminder="到{last}，{left}")
    assert notice.lines[1].startswith("到2025年6月9日，")


def test_a_text_that_comes_too_late_is_not_shown() -> None:
    ticks, board = [0.0], Board()
    display = LaneDisplay(board, "car-in", ticks=lambda: ticks[0])
    display.say(Notice(lines=("old",), tone=Tone.BAD))
    ticks[0] = 2.1
    display.start()
    assert board.shown.get(timeout=PATIENCE_S)[0] == "rest"
    display.say(Notice(lines=("new",), tone=Tone.BAD))
    assert board.shown.get(timeout=PATIENCE_S) == ("bad", "new")
    display.stop()


def test_a_display_that_fails_is_told_and_keeps_nothing_waiting() -> None:
    board, faults = Board(failing=True), SimpleQueue[str]()
    display = LaneDisplay(board, "car-in", fault_changed=faults.put, ticks=lambda: 0.0)
    display.start()
    display.say(Notice(lines=("x",), tone=Tone.BAD))
    assert faults.get(timeout=PATIENCE_S) == DeviceTimeout.code
    board.failing = False
    display.say(Notice(lines=("x",), tone=Tone.BAD))
    assert faults.get(timeout=PATIENCE_S) == ""
    display.stop()


@pytest.mark.parametrize(
    ("decision", "opened", "words"),
    [
        (Decision(reason=Reason.GRANTED), False, ("请稍等",)),
        (
            Decision(reason=Reason.EXPIRED, last_day=NOON.date()),
            None,
            ("暂时打不开", "2025年6月9日", "B1 层访客车位"),
        ),
        (
            Decision(reason=Reason.GRANTED, last_day=NOON.date(), days_left=2),
            True,
            ("请通行", "2025年6月9日"),
        ),
        (Decision(reason=Reason.BLOCKED), None, ("暂时打不开", "", "B1 层访客车位")),
    ],
)
def test_etiq_21_a_text_names_a_way_on(
    decision: Decision, opened: bool | None, words: tuple[str, ...]
) -> None:
    notice = notice_of(decision, opened=opened, right="parking", nearest="B1 层访客车位")
    for line, word in zip(notice.lines, words, strict=False):
        assert word in line
    assert len(notice.lines) >= len(words)


# --- what is wrong, and housekeeping


@dataclass
class Link:
    """The line to the server, as its owner would tell of it."""

    known: Snapshot
    too_old: bool = False
    clock_set_back: bool = False
    clock_off: bool = False
    held_up: bool = False
    program_too_old: bool = False
    withdrawn: bool = False

    def snapshot(self) -> Snapshot:
        return self.known


@pytest.fixture
def link(yard: Yard) -> Link:
    return Link(known=yard.snapshot())


def test_gate_07a_an_old_copy_is_an_alarm_that_begins_and_ends_once(yard: Yard, link: Link) -> None:
    house = Housekeeping(yard.shared, link)
    house.look()
    link.too_old = True
    house.look()
    house.look()
    assert [each.word for each in yard.shared.recorder.troubles.standing] == ["copy-too-old"]
    link.too_old = False
    house.look()
    assert yard.lines == ["gate alarm copy-too-old", "gate alarm-over copy-too-old"]


def test_a_start_is_a_line_and_ends_what_stood_before(yard: Yard, link: Link) -> None:
    yard.shared.recorder.note("door", Finding(kind=EventKind.FORCED))
    house = Housekeeping(yard.shared, link)
    house.start()
    house.stop()
    assert [each.split()[1] for each in yard.lines] == ["forced", "started"]
    assert not yard.shared.recorder.troubles.standing


def test_s8_uploaded_lines_are_kept_for_their_time_and_then_deleted(yard: Yard, link: Link) -> None:
    for _ in range(3):
        yard.shared.recorder.note("door", Finding(kind=EventKind.FORCED))
    yard.journal.acknowledge(2)
    house = Housekeeping(yard.shared, link, keep_for=365 * DAY)
    house.look()
    assert len(yard.lines) == 3
    yard.now += 366 * DAY
    link.clock_off = True
    house.look()
    assert len(yard.lines) == 4  # an alarm; a clock that may be wrong deletes nothing
    link.clock_off = False
    house.look()
    assert [each.sequence for each in yard.journal.after(0, 9)] == [3, 4, 5]
    assert yard.journal.first_break() is None


def test_a_gate_knows_how_far_time_had_come_although_no_card_came(yard: Yard, link: Link) -> None:
    yard.now += DAY
    Housekeeping(yard.shared, link).look()
    assert yard.journal.passed >= NOON + DAY


def test_troubles_stand_from_the_line_that_begins_them(yard: Yard) -> None:
    note = yard.shared.recorder.note
    for kind in (EventKind.HELD_OPEN, EventKind.FIRE, EventKind.BARRIER_FAULT):
        note("door", Finding(kind=kind))
    standing = yard.shared.recorder.troubles.standing
    assert [each.word for each in standing] == ["held-open", "fire", "barrier-fault"]
    assert all(isinstance(each.since, datetime) for each in standing)
    note("door", Finding(kind=EventKind.FIRE_OVER))
    note("door", Finding(kind=EventKind.ALARM_OVER, detail="held-open"))
    note("other", Finding(kind=EventKind.ALARM_OVER, detail="barrier-fault"))
    assert [each.word for each in yard.shared.recorder.troubles.standing] == ["barrier-fault"]


def lane_of(yard: Yard, reader: Numbers | None) -> LaneLoop:
    place = yard.place("door")
    return LaneLoop(
        lane=place.loop.lane,
        name="door",
        barrier=place.loop._actuator._barrier,
        keys=place.loop._keys,
        snapshot=yard.snapshot,
        shared=yard.shared,
        codes=reader,
    )


def test_a_reader_whose_housing_is_opened_is_an_alarm(yard: Yard) -> None:
    reader = Numbers()
    lane = lane_of(yard, reader)
    for opened in (True, True, False):
        reader.opened = opened
        lane.contacts.look()
    assert yard.lines == ["door alarm reader-tamper", "door alarm-over reader-tamper"]
    lane.stop()


def test_a_lane_needs_a_reader(yard: Yard) -> None:
    with pytest.raises(ValueError, match="reader"):
        lane_of(yard, None)
