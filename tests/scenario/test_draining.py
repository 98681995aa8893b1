"""Gate and centre are killed while taps are handed over: every tap arrives, and arrives once.

As a rule a sample; 20,000 taps and many kills with YIKA_KILL_ALL=1 (``make drain``).
"""

import os
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from cardserver.db.engine import open_engine
from cardserver.db.tables_gateevents import GateCursorRow, GateEventRow
from cardserver.domain.gateevent import GENESIS, GateEvent, link
from kiosk.gate.journal import GateJournal
from tests.databases.stores import STORES, empty_postgresql, lay_out_sqlite
from tests.scenario.draining import JOURNAL, TOLD, main
from tests.scenario.killed import CONTEXT

pytestmark = pytest.mark.together("kills")

ALL = os.environ.get("YIKA_KILL_ALL") == "1"
SEED = int(os.environ.get("YIKA_KILL_SEED", "1"))
TAPS, KILLS, WITHIN_S = (20_000, 40, 300) if ALL else (1_500, 5, 90)


@pytest.fixture(params=STORES if ALL else ("sqlite",))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        lay_out_sqlite(tmp_path / "yika.db")
        return f"sqlite:///{tmp_path / 'yika.db'}"
    return empty_postgresql()


def told(folder: Path) -> dict[int, str]:
    """Number and card of every tap that the gate said was durable."""
    lines = (folder / TOLD).read_text().splitlines()
    return {int(number): uid for number, uid in (line.split() for line in lines)}


def arrived(engine: Engine) -> list[GateEvent]:
    """The lines at the centre, in order. Each fits onto the one before."""
    with engine.connect() as connection:
        rows = connection.execute(select(GateEventRow).order_by(GateEventRow.sequence)).all()
        cursor = connection.execute(select(GateCursorRow)).one()
    chain, events = GENESIS, []
    for row in rows:
        event = GateEvent(**{name: getattr(row, name) for name in GateEvent._fields})
        chain = link(chain, row.journal, event)
        assert chain == row.chain
        events.append(event)
    assert (cursor.sequence, cursor.chain) == (len(rows), chain)
    return events


def test_every_tap_arrives_once_whoever_is_killed_meanwhile(database: str, tmp_path: Path) -> None:
    words = [str(tmp_path), database, f"--taps={TAPS}", f"--kills={KILLS}"]
    words += [f"--seed={SEED}", f"--within-s={WITHIN_S}"]
    day = CONTEXT.Process(target=main, args=(words,))
    day.start()
    day.join(2 * WITHIN_S)
    assert day.exitcode == 0
    day.close()
    journal = GateJournal(tmp_path / JOURNAL)
    written = journal.after(0, 2 * TAPS)
    journal.close()
    assert len(written) >= TAPS
    engine = open_engine(database)
    assert arrived(engine) == list(written)
    engine.dispose()
    uids = {event.sequence: event.uid.hex() for event in written}
    assert told(tmp_path).items() <= uids.items()
