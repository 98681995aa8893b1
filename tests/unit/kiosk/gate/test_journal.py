"""What the gate remembers over a power cut: its taps, its name, and how far time had come."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.gate.journal import GateJournal, Tap

NOON = datetime(2025, 6, 9, 4, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
TAP = Tap(
    at=NOON,
    lane="door",
    uid=bytes.fromhex("04A1B2C3D4E5F6"),
    card_number=7,
    granted=True,
    reason="granted",
    snapshot_version=3,
)


def reopened(path: Path, journal: GateJournal) -> GateJournal:
    journal.close()
    return GateJournal(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gate.db"


def test_a_journal_keeps_its_id_and_another_file_has_another(path: Path, tmp_path: Path) -> None:
    first = GateJournal(path)
    other = GateJournal(tmp_path / "other.db")
    again = reopened(path, first)
    assert again.id == first.id
    assert other.id != first.id
    again.close()
    other.close()


def test_taps_wait_until_they_are_acknowledged(path: Path) -> None:
    journal = GateJournal(path)
    assert [journal.append(TAP) for _ in range(3)] == [1, 2, 3]
    journal.acknowledge(2)
    journal.acknowledge(1)  # a late answer takes nothing back
    journal = reopened(path, journal)
    assert journal.waiting() == [replace(TAP, sequence=3)]
    journal.close()


@pytest.mark.parametrize("change", ["UPDATE tap SET granted = 0", "DELETE FROM tap"])
def test_a_tap_is_never_changed(path: Path, change: str) -> None:
    journal = GateJournal(path)
    journal.append(TAP)
    with pytest.raises(sqlite3.Error, match="never"):
        journal._db.execute(change)
    journal.close()


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
    journal.append(replace(TAP, at=NOON - DAY))  # under a clock that was set back
    assert journal.passed == NOON
    journal.close()


def test_the_time_is_written_once_a_minute_and_not_with_every_round(path: Path) -> None:
    journal = GateJournal(path)
    journal.note_time(NOON)
    changes = journal._db.total_changes
    for second in range(60):
        journal.note_time(NOON + second * SECOND)
    assert journal._db.total_changes == changes
    journal.note_time(NOON + MINUTE)
    assert journal._db.total_changes == changes + 1
    journal.close()


def test_time_that_proved_wrong_is_forgotten_with_the_taps_that_told_it(path: Path) -> None:
    journal = GateJournal(path)
    journal.append(replace(TAP, at=NOON + 3650 * DAY))
    journal.correct_time(NOON)
    journal = reopened(path, journal)
    assert journal.passed == NOON
    journal.append(replace(TAP, at=NOON + DAY))
    journal = reopened(path, journal)
    assert journal.passed == NOON + DAY
    journal.close()


def test_a_new_journal_knows_no_time(path: Path) -> None:
    journal = GateJournal(path)
    assert journal.passed < datetime(2000, 1, 1, tzinfo=UTC)
    journal.close()
