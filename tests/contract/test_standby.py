"""The primary is lost under load and the standby takes over: nothing that was told is gone.

Gates hand over lines, the desk writes; each goes on with the same connection string, asks again for
what it got no answer to, and finds either that it had happened or that it had not.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from cardserver.db.engine import open_engine
from cardserver.db.tables import PostedRow
from cardserver.db.tables_gateevents import GateEventRow
from cardserver.domain.gateevent import GENESIS, GateEvent, link
from cardserver.services.errors import StoreBusy
from cardserver.services.replay import repeated
from cardserver.services.turn import Estate, looking, writing
from cardserver.vault import demo_vault
from cardserver.wire_gatereports import TraceRequest
from tests.databases.frontdesk import DESK, MORNING, ZONE, SetClock, new_id
from tests.databases.gatework import WritingGate
from tests.databases.standby import Pair, primary_and_standby

pytestmark = [pytest.mark.postgres, pytest.mark.together("standby")]

BEFORE, AFTER = 8, 4
"""Turns of each before the primary is lost, and after the standby has taken over."""

AGAIN_S, WITHIN_S = 0.05, 60.0


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with primary_and_standby() as found:
        yield found


@dataclass
class Load:
    """Somebody who writes turn after turn, and asks again where no answer came."""

    estate: Estate
    done: int = 0
    unanswered: int = 0
    until: int = 10**9
    over: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def turn(self) -> None:
        raise NotImplementedError

    def run(self) -> None:
        while self.done < self.until and not self.over.is_set():
            try:
                self.turn()
            except StoreBusy:
                self.unanswered += 1
                self.over.wait(AGAIN_S)
                continue
            with self.changed:
                self.done += 1
                self.changed.notify_all()

    def wait(self, turns: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.done >= turns, WITHIN_S)


@dataclass
class Gate(Load):
    """Hands over its journal, twenty lines at a time; knows what was acknowledged."""

    station: str = "gate-1"
    acknowledged: int = 0

    def __post_init__(self) -> None:
        self.gate = WritingGate(estate=self.estate, station=self.station)

    def turn(self) -> None:
        if len(self.gate.events) == self.acknowledged:
            self.gate.write_many(20)
        self.acknowledged = self.gate.send(self.acknowledged + 1).sequence


@dataclass
class Clerk(Load):
    """Posts call after call; each is written down once, whoever was told so or not."""

    posted: list[str] = field(default_factory=list)
    call: str = field(default_factory=new_id)

    def turn(self) -> None:
        body = TraceRequest(
            request_id=self.call,
            card_number=1,
            first=MORNING.date(),
            last=MORNING.date(),
            purpose="试验",
        )
        with writing(self.estate, DESK) as turn:
            repeated(turn, self.call, "test", body)
        self.posted.append(self.call)
        self.call = new_id()


def estate_at(url: str) -> Estate:
    return Estate(
        name="x", engine=open_engine(url), vault=demo_vault(), zone=ZONE, clock=SetClock()
    )


def test_nothing_acknowledged_is_lost_when_the_standby_takes_over(pair: Pair) -> None:
    estate = estate_at(pair.url)
    gates = [Gate(estate, station=f"gate-{number}") for number in range(3)]
    clerk = Clerk(estate)
    loads: list[Load] = [*gates, clerk]
    threads = [threading.Thread(target=load.run, daemon=True) for load in loads]
    for thread in threads:
        thread.start()
    try:
        for load in loads:
            load.wait(BEFORE)
        pair.lose_primary()
        told = [gate.acknowledged for gate in gates], list(clerk.posted)
        pair.promote()
        assert_is_there(estate_at(pair.url_of("b")), gates, told)
        for load in loads:
            load.wait(load.done + AFTER)
    finally:
        for load in loads:
            load.over.set()
        for thread in threads:
            thread.join()
    assert any(load.unanswered for load in loads), "the primary was lost while they worked"
    told = [gate.acknowledged for gate in gates], list(clerk.posted)
    assert_is_there(estate_at(pair.url_of("b")), gates, told)
    estate.engine.dispose()


def assert_is_there(estate: Estate, gates: list[Gate], told: tuple[list[int], list[str]]) -> None:
    """All that was told is on the standby, once each, and every journal is whole."""
    acknowledged, posted = told
    with looking(estate) as connection:
        for gate, last in zip(gates, acknowledged, strict=True):
            rows = connection.execute(
                select(GateEventRow)
                .where(GateEventRow.device == gate.station)
                .order_by(GateEventRow.sequence)
            ).all()
            assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
            assert len(rows) >= last
            assert_chained(rows, gate.gate.chains)
        calls = connection.execute(select(PostedRow.id)).scalars().all()
    estate.engine.dispose()
    assert len(calls) == len(set(calls))
    assert set(posted) <= set(calls)


def assert_chained(rows: Sequence[Any], chains: list[bytes]) -> None:
    chain = GENESIS
    for row in rows:
        event = GateEvent(**{name: getattr(row, name) for name in GateEvent._fields})
        chain = link(chain, row.journal, event)
        assert chain == row.chain == chains[row.sequence]
