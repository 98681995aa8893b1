"""The plug is pulled while taps are written: no tap that a lane or a gate was told of is lost.

A lane opens when its tap is durable, a gate forgets a line when the centre has it for good; so both
files are looked at, after power cuts at moments that a seed chooses. Everything with
YIKA_KILL_ALL=1.
"""

import os
import random
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, select

from cardserver.db.engine import open_engine
from cardserver.db.tables_gateevents import GateCursorRow, GateEventRow
from cardserver.domain.gateevent import GENESIS, EventKind, GateEvent, link
from cardserver.services.turn import Estate
from cardserver.vault import demo_vault
from kiosk.gate import journalfile
from kiosk.gate.journal import GateJournal
from tests.databases.frontdesk import ZONE, SetClock
from tests.databases.gatework import WritingGate
from tests.databases.powercut import Disk, library, watched
from tests.databases.stores import lay_out_sqlite

ALL = os.environ.get("YIKA_KILL_ALL") == "1"
CUTS = 500 if ALL else 45
CUTS_OF_THE_CENTRE = 150 if ALL else 15
TAPS = 600 if ALL else 120
LANES = 4
MORNING = datetime(2025, 6, 9, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    library() is None and not os.environ.get("CI"), reason="SQLite can't be reached beside Python"
)


def tap(number: int) -> GateEvent:
    return GateEvent(
        sequence=0,
        at=MORNING + timedelta(milliseconds=number),
        lane="door",
        kind=EventKind.TAP,
        uid=number.to_bytes(7, "big"),
        card_number=number + 1,
        granted=True,
        reason="granted",
    )


def write_taps(disk: Disk, path: Path) -> None:
    """Several lanes write at once; each says so when its tap is durable. The upload moves on."""
    journal = GateJournal(path)

    def lane(first: int) -> None:
        for number in range(first, TAPS, LANES):
            disk.tell(journal.append(tap(number)).sequence)
            if number % 16 == 0:
                journal.acknowledge(number // 2)

    lanes = [Thread(target=lane, args=(number,)) for number in range(LANES)]
    for each in lanes:
        each.start()
    for each in lanes:
        each.join()
    journal.close()


def cuts(disk: Disk, count: int) -> list[int]:
    """Moments at which the plug is pulled, the last one among them."""
    dice = random.Random(count)
    return [*(dice.randrange(1, len(disk.steps)) for _ in range(count)), len(disk.steps)]


def in_the_journal(path: Path) -> set[int]:
    """The numbers of the lines a gate finds when the power is back; all is whole."""
    if not path.exists():
        return set()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    journal = GateJournal(path)
    try:
        assert journal.first_break() is None
        return {event.sequence for event in journal.after(0, TAPS + 1)}
    finally:
        journal.close()


def lost(disk: Disk, count: int, found: Callable[[Path], set[int]], name: str) -> int:
    """Over so many cuts, how many things were told to be durable and are not there."""
    missing = 0
    for number, cut in enumerate(cuts(disk, count)):
        left = disk.folder / str(number)
        told = disk.after(cut, left, seed=number)
        missing += len(set(told) - found(left / name))
    return missing


def test_no_tap_is_lost_for_which_a_lane_has_opened(tmp_path: Path) -> None:
    with watched(tmp_path) as disk:
        write_taps(disk, tmp_path / "gate.db")
    assert sum(step.told > 0 for step in disk.steps) == TAPS
    assert lost(disk, CUTS, in_the_journal, "gate.db") == 0


def test_a_gate_that_did_not_wait_for_the_disk_would_be_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layer has teeth: with synchronous=NORMAL a power cut loses what a lane was told."""
    connect = journalfile.connect

    def careless(path: Path | str) -> sqlite3.Connection:
        db = connect(path)
        db.execute("PRAGMA synchronous=NORMAL")
        return db

    monkeypatch.setattr(journalfile, "connect", careless)
    with watched(tmp_path) as disk:
        write_taps(disk, tmp_path / "gate.db")
    monkeypatch.undo()
    assert lost(disk, CUTS, in_the_journal, "gate.db") > 0


# --- the centre ----------------------------------------------------------------------------------


def estate_on(engine: Engine) -> Estate:
    return Estate(name="x", engine=engine, vault=demo_vault(), zone=ZONE, clock=SetClock())


def at_the_centre(path: Path) -> set[int]:
    """The numbers of the lines on file; the journal stands at the last one, the chain is whole."""
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        rows = connection.execute(select(GateEventRow).order_by(GateEventRow.sequence)).all()
        stands = connection.execute(select(GateCursorRow.sequence)).scalar() or 0
    engine.dispose()
    assert stands == len(rows)
    chain = GENESIS
    for row in rows:
        event = GateEvent(**{name: getattr(row, name) for name in GateEvent._fields})
        chain = link(chain, row.journal, event)
        assert chain == row.chain
    return {row.sequence for row in rows}


def test_no_line_is_lost_that_the_centre_has_acknowledged(tmp_path: Path) -> None:
    lay_out_sqlite(tmp_path / "yika.db")
    before = (tmp_path / "yika.db").read_bytes()
    with watched(tmp_path) as disk:
        engine = open_engine(f"sqlite:///{tmp_path / 'yika.db'}")
        gate = WritingGate(estate=estate_on(engine))
        gate.write_many(TAPS)
        done, dice = 0, random.Random(1)
        while done < TAPS:
            first = max(1, done + 1 - dice.randrange(3))
            done = gate.send(first, first + dice.randrange(8)).sequence
            disk.tell(done)
        engine.dispose()
    disk.found(tmp_path / "yika.db", before)
    assert lost(disk, CUTS_OF_THE_CENTRE, at_the_centre, "yika.db") == 0
