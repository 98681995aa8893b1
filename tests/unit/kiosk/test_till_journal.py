"""The kiosk's journal: whole, chained, and never silent about what is missing."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.selfservice.journal import Entry, JournalBroken, TillJournal

BODIES = st.dictionaries(
    st.text(max_size=8), st.one_of(st.text(max_size=12), st.integers(), st.none()), max_size=4
)
ENTRIES = st.lists(st.tuples(st.sampled_from(Entry), BODIES), max_size=12)


@given(entries=ENTRIES)
def test_what_was_written_since_the_last_rest_comes_back_in_order(
    entries: list[tuple[Entry, dict[str, str | int | None]]],
) -> None:
    journal = TillJournal()
    for kind, body in entries:
        journal.write(kind, **{f"k{key}": value for key, value in body.items()})
    assert journal.check() == len(entries)
    rests = [place for place, (kind, _) in enumerate(entries) if kind is Entry.REST]
    since = entries[rests[-1] + 1 :] if rests else entries
    found = [(line.kind, line.body) for line in journal.unfinished()]
    assert found == [
        (kind, {f"k{key}": value for key, value in body.items()}) for kind, body in since
    ]


def test_till_and_service_page_write_at_once_and_the_chain_stays_whole(tmp_path: Path) -> None:
    journal = TillJournal(tmp_path / "kiosk.db")

    def write(hand: int) -> None:
        for number in range(40):
            journal.write(Entry.TOLD, tender_id=f"{hand}-{number}")
            journal.in_the_box()

    with ThreadPoolExecutor(4) as hands:
        list(hands.map(write, range(4)))
    assert journal.check() == 160


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of five entries."""
    path = tmp_path / "kiosk.db"
    journal = TillJournal(path)
    for number in range(5):
        journal.write(Entry.TOLD, tender_id=str(number))
    journal.close()
    return path


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("DELETE FROM entry WHERE sequence = 2", "2 is missing"),
        ("DELETE FROM entry WHERE sequence = 1", "1 is missing"),
        ("UPDATE entry SET body = '{}' WHERE sequence = 3", "3 was changed"),
        ("UPDATE entry SET kind = 'rest' WHERE sequence = 5", "5 was changed"),
        ("UPDATE entry SET hash = zeroblob(32) WHERE sequence = 4", "4 was changed"),
    ],
)
def test_a_missing_or_changed_entry_is_found(path: Path, change: str, word: str) -> None:
    with sqlite3.connect(path) as disk:
        disk.execute("DROP TRIGGER entry_is_never_changed")
        disk.execute("DROP TRIGGER entry_is_never_deleted")
        disk.execute(change)
    with pytest.raises(JournalBroken, match=word):
        TillJournal(path).check()


@pytest.mark.parametrize("change", ["UPDATE entry SET body = '{}'", "DELETE FROM entry"])
def test_the_file_itself_keeps_its_entries(path: Path, change: str) -> None:
    with sqlite3.connect(path) as disk, pytest.raises(sqlite3.IntegrityError):
        disk.execute(change)


def test_a_file_that_is_no_journal_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(JournalBroken, match=r"letter\.db"):
        TillJournal(path)


def test_an_entry_nobody_knows_is_refused_in_words(path: Path) -> None:
    with sqlite3.connect(path) as disk:
        disk.execute("INSERT INTO entry VALUES (6, 'sung', '{}', zeroblob(32))")
    with pytest.raises(JournalBroken):
        TillJournal(path).unfinished()
