"""What the gate remembers over a power cut: its lines, its name, and how far time had come."""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardserver.domain.gateevent import GENESIS, EventKind, GateEvent, link
from kiosk.gate.journal import GateJournal

NOON = datetime(2025, 6, 9, 4, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
TAP = GateEvent(
    sequence=0,
    at=NOON,
    lane="door",
    kind=EventKind.TAP,
    uid=bytes.fromhex("04A1B2C3D4E5F6"),
    card_number=7,
    granted=True,
    reason="granted",
    snapshot_version=3,
)
BY_HAND = GateEvent(
    sequence=0,
    at=NOON,
    lane="car-in",
    kind=EventKind.OPENED_BY_HAND,
    by="张建国",
    detail="救护车",
    counter=1_000_000,
)


NO_SUCH_INSTANT = datetime.max.replace(tzinfo=timezone(-DAY / 2))
"""A line of then can't be written: in UTC it lies behind the end of the calendar."""


def reopened(path: Path, journal: GateJournal) -> GateJournal:
    journal.close()
    return GateJournal(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gate.db"


@pytest.fixture
def journal(path: Path) -> Iterator[GateJournal]:
    opened = GateJournal(path)
    yield opened
    opened.close()


def test_a_journal_keeps_its_id_and_another_file_has_another(path: Path, tmp_path: Path) -> None:
    first = GateJournal(path)
    other = GateJournal(tmp_path / "other.db")
    again = reopened(path, first)
    assert again.id == first.id
    assert other.id != first.id
    again.close()
    other.close()


def test_lines_wait_until_they_are_acknowledged(path: Path) -> None:
    journal = GateJournal(path)
    assert [journal.append(TAP).sequence for _ in range(3)] == [1, 2, 3]
    journal.acknowledge(2)
    journal.acknowledge(1)  # a late answer takes nothing back
    journal = reopened(path, journal)
    assert journal.uploaded == 2
    assert journal.waiting() == [TAP._replace(sequence=3)]
    journal.close()


def test_a_line_comes_back_as_it_was_written(path: Path) -> None:
    journal = GateJournal(path)
    written = [journal.append(each) for each in (TAP, BY_HAND)]
    journal = reopened(path, journal)
    assert (
        journal.after(0, 9) == written == [TAP._replace(sequence=1), BY_HAND._replace(sequence=2)]
    )
    assert journal.last(1, EventKind.TAP) == [written[0]]
    assert journal.last(5) == written[::-1]
    journal.close()


@pytest.mark.parametrize("change", ["UPDATE event SET granted = 0", "DELETE FROM event"])
def test_a_line_is_never_changed(journal: GateJournal, change: str) -> None:
    journal.append(TAP)
    with pytest.raises(sqlite3.Error, match="never"):
        journal._db.execute(change)


# --- the chain


def test_each_line_is_linked_to_the_one_before_over_a_restart(path: Path) -> None:
    journal = GateJournal(path)
    first = journal.append(TAP)
    journal = reopened(path, journal)
    second = journal.append(BY_HAND)
    after_first = link(GENESIS, journal.id, first)
    assert journal.chain_before(1) == GENESIS
    assert journal.chain_before(2) == after_first
    assert journal.chain_before(3) == link(after_first, journal.id, second)
    assert journal.first_break() is None
    journal.close()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE event SET granted = 1 - granted WHERE sequence = 2", 2),
        ("UPDATE event SET detail = 'x' WHERE sequence = 3", 3),
        ("DELETE FROM event WHERE sequence = 2", 3),
        ("UPDATE event SET chain = zeroblob(32) WHERE sequence = 1", 1),
    ],
)
def test_s6_a_line_changed_or_left_out_behind_our_back_is_found(
    journal: GateJournal, damage: str, found: int
) -> None:
    for _ in range(4):
        journal.append(TAP)
    for trigger in ("event_is_never_changed", "event_is_never_deleted"):
        journal._db.execute(f"DROP TRIGGER {trigger}")
    journal._db.execute(damage)
    assert journal.first_break() == found


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    event=st.builds(
        GateEvent,
        sequence=st.integers(1, 2**63 - 1),
        at=st.datetimes(
            datetime(1971, 1, 1),  # noqa: DTZ001 - `timezones` gives it one
            timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]),
        ),
        lane=texts,
        kind=st.sampled_from(EventKind),
        uid=st.binary(max_size=10),
        card_number=st.none() | st.integers(1, 2**32 - 1),
        granted=st.booleans(),
        reason=texts,
        snapshot_version=st.integers(0, 2**63 - 1),
        about=st.integers(0, 2**63 - 1),
        by=texts,
        detail=texts,
        counter=st.none() | st.integers(-(2**31), 2**31 - 1),
    ),
    before=st.binary(min_size=32, max_size=32),
    journal=texts,
)
def test_a_line_is_hashed_as_a_compact_json_array(
    event: GateEvent, before: bytes, journal: str
) -> None:
    """Whoever checks the chain elsewhere needs a JSON encoder and SHA-256, and nothing of ours."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [journal, event.sequence, at, event.lane, event.kind, event.uid.hex()]
    said += [event.card_number, event.granted, event.reason, event.snapshot_version, event.about]
    said += [event.by, event.detail, event.counter]
    line = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    assert link(before, journal, event) == hashlib.sha256(before + line.encode()).digest()


# --- several lanes


def test_lines_of_several_lanes_share_commits_and_leave_no_hole(journal: GateJournal) -> None:
    """While the disk is busy with the first lane's line, seven others come: one commit for all."""
    lanes = 8
    begun, released = threading.Event(), threading.Event()

    def busy_disk(_db: sqlite3.Connection) -> None:
        begun.set()
        assert released.wait(5)

    leader = threading.Thread(target=journal._commits.run, args=(busy_disk,))
    leader.start()
    assert begun.wait(5)
    commits = journal._commits.commits
    threads = [threading.Thread(target=journal.append, args=(TAP,)) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    while journal._commits._line.qsize() < lanes:
        pass
    released.set()
    for thread in [leader, *threads]:
        thread.join(5)
    assert journal._commits.commits == commits + 2
    assert [each.sequence for each in journal.waiting()] == list(range(1, lanes + 1))
    assert journal.first_break() is None


def test_a_line_that_cannot_be_written_takes_no_other_lanes_line_along(
    journal: GateJournal,
) -> None:
    bad = TAP._replace(at=NO_SUCH_INSTANT)
    begun, released = threading.Event(), threading.Event()
    outcomes: dict[str, object] = {}

    def busy_disk(_db: sqlite3.Connection) -> None:
        begun.set()
        assert released.wait(5)

    def append(name: str, event: GateEvent) -> None:
        try:
            outcomes[name] = journal.append(event).sequence
        except OverflowError as error:
            outcomes[name] = error

    leader = threading.Thread(target=journal._commits.run, args=(busy_disk,))
    leader.start()
    assert begun.wait(5)
    pairs = [("good", TAP), ("bad", bad), ("another", TAP)]
    threads = [threading.Thread(target=append, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    while journal._commits._line.qsize() < len(pairs):
        pass
    released.set()
    for thread in [leader, *threads]:
        thread.join(5)
    assert isinstance(outcomes.pop("bad"), OverflowError)
    assert set(outcomes.values()) == {1, 2}
    assert journal.first_break() is None


def test_lines_are_told_in_their_order_before_whoever_wrote_them_goes_on(
    journal: GateJournal,
) -> None:
    told, answered = list[int](), list[tuple[int, int]]()

    def heard(line: GateEvent) -> None:
        told.append(line.sequence)

    def answer(line: GateEvent | BaseException) -> None:
        assert isinstance(line, GateEvent)
        answered.append((line.sequence, told[-1]))

    def write() -> None:
        for _ in range(25):
            journal.hand_in(TAP, answer)

    journal.listen(heard)
    lanes = [threading.Thread(target=write) for _ in range(4)]
    for each in lanes:
        each.start()
    for each in lanes:
        each.join(5)
    journal.close()
    assert told == list(range(1, 101))
    assert [number for number, _ in answered] == told
    assert all(number <= heard_last for number, heard_last in answered)


def test_after_a_commit_that_failed_the_numbers_go_on_without_a_hole(journal: GateJournal) -> None:
    journal.append(TAP)
    journal._db.execute(
        "CREATE TEMP TRIGGER full BEFORE INSERT ON event BEGIN "
        "SELECT RAISE(ROLLBACK, 'database or disk is full'); END"
    )
    with pytest.raises(sqlite3.Error, match="full"):
        journal.append(TAP)
    journal._db.execute("DROP TRIGGER full")
    assert journal.append(TAP).sequence == 2
    assert journal.first_break() is None


@pytest.mark.parametrize("count", [1, 16, 17, 40])
def test_however_many_lines_belong_together_they_follow_each_other(
    journal: GateJournal, count: int
) -> None:
    written = journal.append_all([TAP._replace(card_number=number + 1) for number in range(count)])
    assert [each.sequence for each in written] == list(range(1, count + 1))
    assert journal.after(0, count + 1) == written
    assert journal.append_all([]) == []
    assert journal.append(TAP).sequence == count + 1
    assert journal.first_break() is None


def test_lines_that_belong_together_are_written_together(journal: GateJournal) -> None:
    journal.append_all([TAP, BY_HAND._replace(about=1)])
    with pytest.raises(OverflowError):
        journal.append_all([TAP, BY_HAND._replace(at=NO_SUCH_INSTANT)])
    assert len(journal.waiting()) == 2


# --- lines whose time is over


def test_s8_only_lines_that_are_old_and_uploaded_are_deleted_and_the_chain_goes_on(
    path: Path,
) -> None:
    journal = GateJournal(path)
    for day in range(4):
        journal.append(TAP._replace(at=NOON + day * DAY))
    journal.acknowledge(2)
    assert journal.forget_before(NOON) == 0
    assert journal.forget_before(NOON + 365 * DAY) == 2
    journal = reopened(path, journal)
    assert [each.sequence for each in journal.after(0, 9)] == [3, 4]
    assert journal.append(TAP).sequence == 5
    assert journal.first_break() is None
    assert journal.chain_before(3)
    with pytest.raises(LookupError):
        journal.chain_before(2)
    journal.acknowledge(5)
    assert journal.forget_before(NOON + 365 * DAY) == 3
    journal = reopened(path, journal)
    assert journal.append(TAP).sequence == 6
    journal.close()


# --- a journal of version 1


def old_journal(path: Path, taps: int) -> None:
    db = sqlite3.connect(path)
    db.executescript(
        """
        CREATE TABLE tap (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL,
            lane TEXT NOT NULL, uid BLOB NOT NULL, card_number INTEGER, granted INTEGER NOT NULL,
            reason TEXT NOT NULL, snapshot_version INTEGER NOT NULL);
        CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT NOT NULL);
        CREATE TRIGGER tap_is_never_deleted BEFORE DELETE ON tap
            BEGIN SELECT RAISE(ABORT, 'taps are never deleted'); END;
        INSERT INTO mark VALUES ('id', '8d9c…'), ('uploaded', '1');
        """
    )
    row = (NOON.isoformat(), TAP.lane, TAP.uid, TAP.card_number, 1, TAP.reason, 3)
    db.executemany(
        "INSERT INTO tap (at, lane, uid, card_number, granted, reason, snapshot_version)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [row] * taps,
    )
    db.commit()
    db.close()


def test_the_taps_of_an_older_journal_are_taken_over_with_their_numbers(path: Path) -> None:
    old_journal(path, taps=3)
    journal = GateJournal(path)
    journal = reopened(path, journal)  # once is enough
    assert journal.id == "8d9c…"
    assert journal.waiting() == [TAP._replace(sequence=2), TAP._replace(sequence=3)]
    assert journal.append(TAP).sequence == 4
    assert journal.first_break() is None
    journal.close()


def test_a_journal_of_a_newer_program_is_not_touched(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 3")
    db.close()
    with pytest.raises(sqlite3.DatabaseError, match="newer"):
        GateJournal(path)


# --- time


def test_gate_07a_time_that_passed_is_remembered_over_a_restart(path: Path) -> None:
    journal = GateJournal(path)
    journal.note_time(NOON)
    journal.note_time(NOON - DAY)
    assert journal.passed == NOON
    journal = reopened(path, journal)
    assert journal.passed == NOON
    journal.close()


def test_a_tap_says_that_its_time_has_passed(path: Path) -> None:
    journal = GateJournal(path)
    journal.note_time(NOON - DAY)
    journal.append(TAP)
    assert journal.passed == NOON
    journal = reopened(path, journal)
    assert journal.passed == NOON
    journal.append(TAP._replace(at=NOON - DAY))  # under a clock that was set back
    assert journal.passed == NOON
    journal.close()


def test_the_time_is_written_once_a_minute_and_not_with_every_round(journal: GateJournal) -> None:
    journal.note_time(NOON)
    changes = journal._db.total_changes
    for second in range(60):
        journal.note_time(NOON + second * SECOND)
    assert journal._db.total_changes == changes
    journal.note_time(NOON + MINUTE)
    assert journal._db.total_changes == changes + 1


def test_time_that_proved_wrong_is_forgotten_with_the_taps_that_told_it(path: Path) -> None:
    journal = GateJournal(path)
    journal.append(TAP._replace(at=NOON + 3650 * DAY))
    journal.correct_time(NOON)
    journal = reopened(path, journal)
    assert journal.passed == NOON
    journal.append(TAP._replace(at=NOON + DAY))
    journal = reopened(path, journal)
    assert journal.passed == NOON + DAY
    journal.close()


def test_a_new_journal_knows_no_time(journal: GateJournal) -> None:
    assert journal.passed < datetime(2000, 1, 1, tzinfo=UTC)
