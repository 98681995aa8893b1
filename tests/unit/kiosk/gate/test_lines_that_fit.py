"""No line of a journal is refused on its way up: it is made to fit before it is written.

What an earlier program wrote, and no wire takes, is told as far as it fits, and its chain stays.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cardserver.domain.admission import Reason
from cardserver.domain.clonetrap import CloneSign
from cardserver.domain.gateevent import EventKind, GateEvent, link
from cardserver.domain.gateline import LONGEST_REASON, fitting
from cardserver.wire_gatesync import EventLine
from kiosk.gate.housekeeping import LINES_HELD_UP, Housekeeping
from kiosk.gate.journal import GateJournal
from kiosk.gate.overriding import write_down
from kiosk.gate.shared import Shared
from kiosk.gate.upload import JournalsDiffer
from kiosk.station.events import Bell
from tests.unit.kiosk.gate.conftest import Gate

NOON = datetime(2025, 6, 9, 4, tzinfo=UTC)
INSERT = (
    "INSERT INTO event (sequence, at, lane, kind, uid, granted, reason, snapshot_version, about,"
    " by_whom, detail, chain) VALUES (?, ?, ?, ?, ?, 0, '', 0, 0, '', ?, ?)"
)
LINE = GateEvent(sequence=0, at=NOON, lane="door", kind=EventKind.TAP)

_anything = st.text(st.characters(), max_size=30)
_texts = st.one_of(_anything, st.builds(str.__mul__, _anything, st.integers(1, 40)))
_numbers = st.integers(-(2**70), 2**70)
_lines = st.builds(
    GateEvent,
    sequence=st.just(0),
    at=st.datetimes(timezones=st.just(UTC)),
    lane=_texts,
    kind=st.sampled_from(EventKind),
    uid=st.binary(max_size=40),
    card_number=st.none() | _numbers,
    granted=st.booleans(),
    reason=_texts,
    snapshot_version=_numbers,
    about=_numbers,
    by=_texts,
    detail=_texts,
    counter=st.none() | _numbers,
)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateJournal]:
    opened = GateJournal(tmp_path_factory.mktemp("journal") / "gate.db")
    yield opened
    opened.close()


def over_the_wire(event: GateEvent) -> GateEvent:
    """As the centre understands what the gate sends."""
    return EventLine.model_validate_json(EventLine.of(event).model_dump_json()).to_domain()


@given(line=_lines)
@example(line=LINE._replace(detail="a\x00b\ud800", by="\n" * 61, reason="x" * 31, uid=bytes(65)))
def test_gate_07a_every_line_the_journal_takes_passes_the_wire(
    journal: GateJournal, line: GateEvent
) -> None:
    written = journal.append(line)
    assert over_the_wire(written) == written == journal.last(1)[0]
    assert (written.kind, written.at, written.granted) == (line.kind, line.at, line.granted)
    assert fitting(written) is written  # nothing is cut a second time


@given(line=_lines)
def test_a_line_that_passes_the_wire_is_written_as_it_is(line: GateEvent) -> None:
    try:
        over_the_wire(line._replace(sequence=1))
    except ValueError:
        assert fitting(line) is not line
    else:
        assert fitting(line) is line


def test_all_words_of_ours_fit() -> None:
    for word in (*Reason, *EventKind, *CloneSign):
        line = LINE._replace(reason=word, detail=word)
        assert fitting(line) is line
        assert len(word) <= LONGEST_REASON


def test_what_was_cut_can_still_be_understood() -> None:
    line = fitting(
        LINE._replace(
            by="欧阳" * 40,
            detail="救护车\r\n在 3 栋\t门口" + "。" * 500,
            uid=bytes(range(65)),
            card_number=2**40,
            counter=-(2**40),
        )
    )
    assert line.by == "欧阳" * 29 + "欧…"
    assert line.detail.startswith("救护车  在 3 栋 门口。。")
    assert line.detail.endswith("…")
    assert (line.uid, line.card_number, line.counter) == (b"", None, None)


def test_the_number_of_a_strange_chip_stands_in_the_text_where_it_is_too_long_for_a_uid() -> None:
    line = fitting(LINE._replace(uid=bytes(range(1, 13)), card_number=0, counter=2**31))
    assert line.detail == "card 0; counter 2147483648; uid 0102030405060708090a0b0c"


def test_a_guards_long_words_are_cut_where_one_sees_it(gate: Gate) -> None:
    shared = Shared.of(gate.journal, bell=Bell(), clock=gate.clock)
    line = write_down(shared, EventKind.OPENED_BY_HAND, by="张" * 99, reason="说" * 999)
    assert (len(line.by), line.by[-1], len(line.detail), line.detail[-1]) == (60, "…", 400, "…")


# --- lines of an earlier program


def earlier(gate: Gate, *lines: GateEvent) -> None:
    """Lines in the gate's journal as a program wrote them that made nothing fit."""
    journal = gate.journal
    newest = max((each.sequence for each in journal.last(1)), default=0)
    chain = journal.chain_before(newest + 1)
    for number, line in enumerate(lines, newest + 1):
        numbered = line._replace(sequence=number)
        chain = link(chain, journal.id, numbered)
        row = (number, line.at.isoformat(timespec="microseconds"), line.lane, line.kind, line.uid)
        journal._db.execute(INSERT, (*row, line.detail, chain))
    gate.restart()


STRANGE = LINE._replace(lane="门" * 70, uid=bytes(12), detail="one\ntwo")


def test_a_line_of_an_earlier_program_holds_up_none_and_its_chain_stays(gate: Gate) -> None:
    earlier(gate, LINE, STRANGE, LINE, STRANGE)
    gate.uplink.round()
    gate.journal.append(LINE)
    gate.uplink.round()
    assert not gate.journal.waiting()
    rows = gate.ground.rows("SELECT lane, detail, chain FROM gate_event ORDER BY sequence")
    assert [row.lane for row in rows] == ["door", "门" * 59 + "…", "door", "门" * 59 + "…", "door"]
    assert rows[1].detail == f"one two; uid {bytes(12).hex()}"
    assert [bytes(row.chain) for row in rows] == [
        gate.journal.chain_before(number) for number in range(2, 7)
    ]
    kept = gate.journal.after(1, 1)[0]
    assert (kept.lane, kept.detail) == (STRANGE.lane, STRANGE.detail)  # here it stays whole
    noted = gate.ground.rows("SELECT subject FROM audit WHERE action = 'gate-line-mended'")
    assert [row.subject[-2:] for row in noted] == [" 2", " 4"]


def test_mended_lines_are_recognised_when_they_come_again(gate: Gate) -> None:
    earlier(gate, LINE, STRANGE)
    gate.uplink.round()
    gate.journal.set_mark("uploaded", "0")
    gate.uplink.round()
    assert not gate.journal.waiting()
    assert gate.ground.count("gate_event") == 2


def test_s6_a_line_that_somebody_changed_is_not_mended(gate: Gate) -> None:
    """Whoever writes something unfit over a line must not thereby get it past the chain."""
    earlier(gate, LINE, LINE, LINE)
    gate.journal._db.execute("DROP TRIGGER event_is_never_changed")
    gate.journal._db.execute("UPDATE event SET detail = 'one' || char(10) WHERE sequence = 2")
    with pytest.raises(JournalsDiffer, match="line 2"):
        gate.uplink.round()
    assert len(gate.journal.waiting()) == 3
    house = Housekeeping(
        Shared.of(gate.journal, bell=Bell(), clock=gate.clock, ticks=gate.ticks), gate.uplink
    )
    house.look()
    assert gate.journal.last(1)[0].detail == LINES_HELD_UP


def test_a_gates_journal_of_the_first_version_with_a_long_lane_comes_up_too(gate: Gate) -> None:
    gate.journal.close()
    path = gate.path.with_name("first.db")
    db = sqlite3.connect(path)
    db.executescript(
        "CREATE TABLE tap (sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, lane TEXT NOT NULL,"
        " uid BLOB NOT NULL, card_number INTEGER, granted INTEGER NOT NULL, reason TEXT NOT NULL,"
        " snapshot_version INTEGER NOT NULL);"
        "CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
    )
    at = (gate.clock() - timedelta(days=1)).isoformat()
    db.execute("INSERT INTO tap VALUES (1, ?, ?, x'01', NULL, 0, 'expired', 1)", (at, "l" * 61))
    db.commit()
    db.close()
    gate.path = path
    gate.restart()
    gate.uplink.round()
    assert not gate.journal.waiting()
    assert gate.ground.rows("SELECT lane FROM gate_event")[0].lane == "l" * 59 + "…"
