"""The card is pulled away at every exchange of every operation, before and after it has obeyed.

Each tear really happens, from the beginning of the operation. What can follow depends on nothing
but the card's lasting memory and the server's store, so that of the tears which leave the very
same two behind one is followed to its ends: by finishing, and by undoing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Engine

from cardserver.db.engine import open_engine
from cardserver.db.upgrade import upgrade
from drivers.errors import CardRemoved
from simulators.cards.api import CardDump
from simulators.faults import TEARS, Fault, FaultPlan
from simulators.reader import VirtualReader
from tests.scenario.cases import PREPARED, End, Start, prepare, run_through
from tests.scenario.ground import KINDS, settle_in
from tests.scenario.truth import (
    check_finished,
    check_gate,
    check_undone,
    finish,
    take_back,
)

LEAST_EXCHANGES = 10


@dataclass
class Store:
    """A SQLite store in memory that can be put back to an earlier moment."""

    engine: Engine = field(default_factory=lambda: open_engine("sqlite://"))

    def __post_init__(self) -> None:
        upgrade(self.engine)

    def save(self) -> bytes:
        with self.engine.connect() as connection:
            return bytes(connection.connection.dbapi_connection.serialize())

    def load(self, data: bytes) -> None:
        raw = self.engine.raw_connection()
        raw.dbapi_connection.deserialize(data)
        raw.close()


@dataclass(frozen=True, slots=True)
class Moment:
    """All that outlives a tear."""

    store: bytes
    memory: CardDump


@dataclass
class Bench:
    """One operation on one type of card, torn again and again."""

    store: Store
    start: Start
    end: End = field(init=False)
    first: Moment = field(init=False)
    tears: int = 0

    def __post_init__(self) -> None:
        self.first = self.now()
        self.end = run_through(self.start)

    def now(self) -> Moment:
        return Moment(self.store.save(), self.start.card.dump())

    def back_to(self, moment: Moment) -> None:
        self.store.load(moment.store)
        self.start.card.power_off()
        self.start.card.load(moment.memory)

    def torn(self, fault: Fault) -> bool:
        """Write from the beginning until the card is pulled away; False when it never is."""
        self.back_to(self.first)
        start, reader = self.start, VirtualReader()
        start.ground.line.changes = 0
        reader.plan(FaultPlan(fault))
        try:
            start.ground.write(start.request, start.sale_id, reader, start.card)
        except CardRemoved:
            return True
        return False

    def every_tear(self) -> Iterator[tuple[Fault, Moment]]:
        """Tear at every exchange; yields what is left behind wherever it differs."""
        seen = set()
        for kind in sorted(TEARS):
            at = 0
            while self.torn(fault := Fault(kind=kind, at=at)):
                at += 1
                moment = self.now()
                left = (self.start.ground.line.changes, json.dumps(moment.memory))
                if left not in seen:
                    seen.add(left)
                    yield fault, moment
            assert at >= LEAST_EXCHANGES
            self.tears += at


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=PREPARED)
def bench(request: pytest.FixtureRequest, kind: str) -> Iterator[Bench]:
    store = Store()
    yield Bench(store, prepare(settle_in(store.engine), str(request.param), kind))
    store.engine.dispose()


def test_a_card_torn_anywhere_is_finished_or_undone_and_nothing_is_lost(bench: Bench) -> None:
    start, end = bench.start, bench.end
    followed = 0
    for fault, moment in bench.every_tear():
        followed += 1
        try:
            check_gate(start, end)
            finish(start)
            check_finished(start, end)
            bench.back_to(moment)
            if take_back(start):
                check_undone(start, end)
            else:
                finish(start)
                check_finished(start, end)
        except Exception as error:
            error.add_note(f"{start.name}, {start.card.kind}, {fault.kind} {fault.at}")
            raise
    print(f"{start.name} {start.card.kind}: {bench.tears} tears, {followed} followed")
