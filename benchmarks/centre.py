"""What the centre takes in: lines of gates a second, each batch sent twice, to the commit.

Timed on the wall from the body of the request to the answer: reading the JSON, checking the chain,
committing to the disk. HTTP itself is left out. The floor beside it is PostgreSQL alone: a bare
COPY of the same rows, as tuples that are there already, into a table with the same indexes and
months, with as many rows to a commit, each once. Both take turns, on the same server.
"""

import statistics
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from benchmarks.measure import Effort, Figure, Measure
from cardserver.db.engine import BESIDE
from cardserver.db.gatelines import COLUMNS
from cardserver.domain.gateevent import GENESIS, EventKind, GateEvent, link
from cardserver.domain.station import StationKind
from cardserver.services.ingesting import GateBatch, ingest
from cardserver.services.opening import open_estate
from cardserver.services.turn import Caller, Estate
from cardserver.vault import demo_vault
from cardserver.wire_gatesync import MAX_LINES, EventBatch, EventLine
from tests.databases.stores import WAITS_FOR_THE_DISK, cluster, empty_postgresql

EVENTS: Final = 40_000
GATES: Final = 4
_ROUNDS: Final = 3
_BEGAN: Final = datetime.now(UTC) - timedelta(hours=1)

Told = tuple[Caller, bytes]
"""A gate and the body of its request."""


def _event(sequence: int, gate: int) -> GateEvent:
    return GateEvent(
        sequence=sequence,
        at=_BEGAN + timedelta(milliseconds=20 * sequence),
        lane=f"lane-{gate}",
        kind=EventKind.TAP,
        uid=(gate << 32 | sequence).to_bytes(7, "big"),
        card_number=sequence % 5000 + 1,
        granted=True,
        reason="granted",
        snapshot_version=17,
    )


@cache
def bodies(events: int, turn: int) -> Sequence[Told]:
    """What the gates send: so many lines in all, every batch twice, the gates by turns."""
    told: list[list[Told]] = []
    for gate in range(GATES):
        journal, chain = str(UUID(int=turn * GATES + gate + 1)), GENESIS
        caller = Caller(station=f"gate-{gate}", kind=StationKind.GATE)
        lines = [_event(number, gate) for number in range(1, events // GATES + 1)]
        sent: list[Told] = []
        for first in range(0, len(lines), MAX_LINES):
            some = lines[first : first + MAX_LINES]
            batch = EventBatch(journal=journal, before=chain, events=tuple(map(EventLine.of, some)))
            body = batch.model_dump_json().encode()
            sent += [(caller, body), (caller, body)]
            for event in some:
                chain = link(chain, journal, event)
        told.append(sent)
    return [each for together in zip(*told, strict=True) for each in together]


def _take(estate: Estate, told: Sequence[Told]) -> float:
    """Seconds until all of it is answered."""
    began = time.perf_counter()
    for caller, body in told:
        batch = EventBatch.model_validate_json(body)
        events = [line.to_domain() for line in batch.events]
        ingest(estate, caller, GateBatch(journal=batch.journal, before=batch.before, events=events))
    return time.perf_counter() - began


def _rows(events: int, turn: int) -> list[tuple[object, ...]]:
    """The same lines as rows of another site, ready for the driver."""
    rows: list[tuple[object, ...]] = []
    for gate in range(GATES):
        journal = str(UUID(int=turn * GATES + gate + 1))
        for number in range(1, events // GATES + 1):
            event = _event(number, gate)
            given = {name: getattr(event, name) for name in GateEvent._fields}
            given |= {"site": _FLOOR, "device": f"gate-{gate}", "journal": journal}
            given |= {"kind": str(event.kind), "taken_at": _BEGAN, "chain": bytes(32)}
            given |= {"happened_at": None}
            rows.append(tuple(given[name] for name in COLUMNS))
    return rows


_FLOOR: Final = "floor"
_NAMES: Final = ", ".join(f'"{name}"' for name in COLUMNS)


def _copy(estate: Estate, rows: Sequence[tuple[object, ...]]) -> float:
    """Seconds of PostgreSQL alone, as many rows to a commit."""
    began = time.perf_counter()
    for first in range(0, len(rows), MAX_LINES):
        with _beside(estate) as connection, connection.begin():
            driver: Any = connection.connection.cursor()
            with driver.copy(f"COPY gate_event ({_NAMES}) FROM STDIN") as copy:
                for row in rows[first : first + MAX_LINES]:
                    copy.write_row(row)
            driver.close()
    return time.perf_counter() - began


def _beside(estate: Estate) -> Connection:
    return estate.engine.connect().execution_options(**{BESIDE: True})


def _check(estate: Estate, site: str, expected: int) -> None:
    """Every line once; anything else is no figure but a fault."""
    with estate.engine.connect() as connection:
        found = connection.scalar(
            text("SELECT count(*) FROM gate_event WHERE site = :site"), {"site": site}
        )
    if found != expected:
        raise RuntimeError(f"{found} lines of {expected}")


def _events(effort: Effort) -> int:
    """A multiple of what the gates send in whole batches; a few hundred where it is only shown."""
    return max(GATES, effort.part_of(EVENTS) // GATES * GATES)


def _postgresql(effort: Effort) -> Figure:
    name, unit = "centre.ingest", "offered events/s"
    address = cluster(WAITS_FOR_THE_DISK) if effort.starts else cluster()
    if address is None:
        return Figure(name=name, value=None, unit=unit, note="PostgreSQL is not installed")
    estate = open_estate(empty_postgresql(address), demo_vault(), name="翠湖花园")
    events, rounds = _events(effort), _ROUNDS if effort.starts else 1
    taken, copied = [], []
    try:
        for turn in range(rounds):
            taken.append(_take(estate, bodies(events, turn)))
            copied.append(_copy(estate, _rows(events, turn)))
        _check(estate, estate.site, events * rounds)
        _check(estate, _FLOOR, events * rounds)
    finally:
        estate.engine.dispose()
    return Figure(
        name=name,
        value=2 * events / statistics.median(taken),
        unit=unit,
        baseline=events / statistics.median(copied),
    )


def _sqlite(effort: Effort) -> Figure:
    events = _events(effort)
    with TemporaryDirectory(prefix="yika-bench-") as folder:
        database = f"sqlite:///{Path(folder) / 'yika.db'}"
        estate = open_estate(database, demo_vault(), name="翠湖花园")
        seconds = _take(estate, bodies(events, 0))
        _check(estate, estate.site, events)
        estate.engine.dispose()
    return Figure(name="centre.ingest.sqlite", value=2 * events / seconds, unit="offered events/s")


MEASURES: Final[Mapping[str, Measure]] = {
    "centre.ingest": _postgresql,
    "centre.ingest.sqlite": _sqlite,
}
