"""A self-service kiosk whose work the test drives itself, turn by turn, on one clock that it sets.

Machine, till, journal, drivers, printing and server are the real ones. Acceptor and printer are
virtual and on lines in memory whose waiting turns the clock; what a reader's watch would tell of a
card the test tells. So a whole top-up takes a few milliseconds and every moment of it can be met.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from threading import Event
from typing import TypeVar
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Engine

from cardserver.domain.sale import SaleState
from cardserver.wire_payments import Provider
from cardserver.wire_sales import SaleView
from drivers.api.acceptors import BillAcceptor
from drivers.api.cards import CardIdentity
from drivers.errors import DeviceError
from drivers.worker import DeviceWorker
from kiosk.selfservice import paying, till
from kiosk.selfservice.flow import Event as Happening
from kiosk.selfservice.flow import Screen
from kiosk.selfservice.journal import TillJournal
from kiosk.selfservice.machine import Machine
from kiosk.selfservice.visit import Patience, Touch
from kiosk.station import beginning, paper
from kiosk.station.events import Bell
from kiosk.station.paper import Letterhead, PaperDesk
from kiosk.station.post import recognise
from printer.profile import load_profile
from simulators import estate as demo_estate
from simulators.acceptor import YUAN, VirtualAcceptor
from simulators.acceptor_path import AT_ONCE, Stage, Timing
from simulators.cards.api import CardDump, VirtualCard
from simulators.cards.catalogue import make
from simulators.paper import VirtualPrinter
from simulators.paper_line import PaperLine
from simulators.reader import VirtualReader
from simulators.stream import FaultyLine
from tests.databases.stores import fluent_engine
from tests.scenario.cases import UID, issued
from tests.scenario.ground import Ground, Line, load, plain_line, settled_in
from tests.unit.drivers.acceptors.cash_desk import Counter, TurnedClock

NOTE = 100 * YUAN
PRICE = 300 * YUAN
TURN_S = 0.2


Result = TypeVar("Result")


class AtOnce(DeviceWorker):
    """The reader's own thread is the one that asks: the store in memory belongs to that."""

    def __init__(self, device: str) -> None:
        super().__init__(device)
        self._jobs.put(None)  # no other is needed, and a day has many kiosks
        self._thread.join()

    def submit(
        self,
        job: Callable[[], Result],
        *,
        timeout_s: float,
        cancel: Event | None = None,
    ) -> Result:
        return job()


@dataclass
class OneKiosk:
    """A kiosk of the ground's estate, open for business."""

    ground: Ground
    station: str = demo_estate.KIOSK
    timing: Timing = AT_ONCE
    journal: Path | str = ":memory:"
    patience: Patience = field(default_factory=Patience)
    clock: TurnedClock = field(default_factory=TurnedClock)
    reader: VirtualReader = field(default_factory=VirtualReader)
    printer: VirtualPrinter = field(default_factory=VirtualPrinter)
    counter: Counter = field(init=False)
    machine: Machine = field(init=False)

    def __post_init__(self) -> None:
        acceptor = VirtualAcceptor(timing=self.timing, clock=self.clock)
        self.counter = Counter(self.clock, acceptor, FaultyLine(acceptor), tries=3)
        self.paper_line = PaperLine(self.printer, wait=self.wait)
        self._entries = TillJournal(self.journal)
        self.machine = self._machine(self.counter.driver)
        self.until(Screen.ATTRACT)

    def _machine(self, acceptor: BillAcceptor) -> Machine:
        server = self.ground.client(self.station, attempts=1)
        head = Letterhead(company="翠湖物业", station=self.station, phone="0755-8000 1234")
        printing = PaperDesk(
            open_channel=lambda: self.paper_line,
            profile=load_profile("epson-tm-t88"),
            letterhead=head,
            server=server,
            monotonic=self.clock,
        )
        machine = Machine(
            server=server,
            reader=self.reader,
            acceptor=acceptor,
            paper=printing,
            bell=Bell(),
            clock=self.ground.clock,
            station=self.station,
            phone=head.phone,
            journal=self._entries,
            patience=self.patience,
            monotonic=self.clock,
        )
        machine.post._worker.stop(1.0)
        machine.post._worker = AtOnce(self.reader.name)
        return machine

    def restart(self) -> None:
        """The kiosk's process is gone between two turns, and another begins."""
        self.counter.new_driver()
        self.machine = self._machine(self.counter.driver)

    # --- time

    def wait(self, seconds: float) -> None:
        """Nobody does anything for so long."""
        self.clock.now += seconds

    def turn(self, turns: int = 1) -> None:
        """The machine's thread comes round."""
        for _ in range(turns):
            self.clock.now += TURN_S
            self.machine.turn(0)

    def until(self, screen: Screen, turns: int = 60) -> None:
        """Let it work until that screen is shown."""
        for _ in range(turns):
            if self.machine.screen is screen:
                return
            self.turn()
        raise AssertionError(f"{self.machine.screen}, {self.machine.visit.problem}: no {screen}")

    def pass_time(self, seconds: float) -> None:
        """So long nobody comes near, and the machine works on."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.turn()

    def next_day(self) -> None:
        """The estate's clock stands a day later; everybody has gone long ago."""
        self.ground.clock.now += timedelta(days=1)
        self.pass_time(self.patience.lay_back_s + self.patience.owed_s + 10)

    # --- hands

    @property
    def acceptor(self) -> VirtualAcceptor:
        return self.counter.acceptor

    @property
    def screen(self) -> Screen:
        """What is shown; another one after each turn."""
        return self.machine.screen

    def lay(self, card: VirtualCard) -> None:
        """Lay a card down; the reader's watch tells of it."""
        self.reader.insert(card)
        seen: CardIdentity | DeviceError
        try:
            seen = recognise(self.reader)
        except DeviceError as error:
            seen = error
        self.tell_of(seen)

    def tell_of(self, seen: CardIdentity | DeviceError) -> None:
        """What the reader's watch saw arrive."""
        self.machine.post._arrived(seen)
        self.turn()

    def lift(self) -> None:
        """Take away whatever lies there."""
        self.reader.remove()
        self.machine.post._lifted()
        self.turn()

    def touch(self, event: Happening, months: int = 1, provider: Provider | None = None) -> None:
        """A finger on a button."""
        self.machine.touch(Touch(event, months, provider))
        self.turn()

    def slot_is_open(self, value: int = NOTE) -> bool:
        view = self.acceptor.view()
        return view.enabled and view.stage is Stage.EMPTY and value in view.accepts_fen

    def offer(self, value: int = NOTE) -> None:
        """Push a note in as soon as the slot is open."""
        for _ in range(60):
            if self.slot_is_open(value):
                self.acceptor.insert_note(value)
                return
            self.turn()
        raise AssertionError("the slot stays shut")

    def pay(self, notes: int) -> None:
        """Push so many notes of a hundred in and see each credited."""
        for _ in range(notes):
            before = self.credited()
            self.offer()
            for _ in range(60):
                self.turn()
                if self.credited() > before:
                    break

    def credited(self) -> int:
        sale = self.machine.visit.sale
        return sale.credited_fen if sale is not None else 0

    def begin_to_pay(self, card: VirtualCard, months: int = 1) -> None:
        """From the card laid down to the open slot."""
        self.lay(card)
        self.until(Screen.MONTHS)
        self.touch(Happening.MONTHS_CHOSEN, months)
        self.touch(Happening.CONFIRMED)
        self.until(Screen.PAY)

    def top_up(self, card: VirtualCard) -> None:
        """One month without any accident, from the card laid down to the card taken away."""
        self.begin_to_pay(card)
        self.pay(3)
        self.until(Screen.DONE)
        self.lift()

    # --- what is true

    def in_the_box(self) -> int:
        return sum(self.acceptor.view().cashbox_fen)

    def booked(self) -> int:
        return self.ground.balances().get(f"cash:{self.station}", 0)

    def sales(self) -> list[SaleView]:
        """All sales of this kiosk."""
        found = self.ground.rows("SELECT id FROM sale WHERE station = :name", name=self.station)
        return [self.ground.desk.sale(each[0]) for each in found]

    def check_money(self) -> None:
        """What lies in the box is booked, and is held, earned or owed back; nothing is doubtful."""
        trial = self.ground.trial()
        assert trial.balanced
        assert trial.suspense_fen == 0
        assert self.in_the_box() == self.booked()
        assert sum(each.put_in_fen for each in self.sales()) == self.booked()
        assert not any(each.state is SaleState.SUSPENDED for each in self.sales())
        self.machine.journal.check()


class SameIds:
    """Ids made one after the other, the same ones again whenever a chapter is begun again."""

    def __init__(self) -> None:
        self.begin(1)

    def __call__(self) -> UUID:
        return UUID(int=next(self._numbers), version=4)

    def begin(self, chapter: int) -> None:
        self._numbers = count(chapter << 80)


def same_ids(patch: pytest.MonkeyPatch) -> SameIds:
    """Let all that a kiosk names have such ids; then `RememberingLine` knows its calls again."""
    ids = SameIds()
    for module in (paying, till, beginning, paper):
        patch.setattr(module, "uuid4", ids)
    return ids


@dataclass(frozen=True, slots=True)
class Resident:
    """The bytes of a store in which a card has a parking right, and of that card."""

    store: bytes
    memory: CardDump
    kind: str

    def settled(
        self, make_line: Callable[[httpx.BaseTransport, Engine], Line] = plain_line
    ) -> tuple[Ground, VirtualCard]:
        """A fresh copy of both."""
        engine = fluent_engine("sqlite://")
        load(engine, self.store)
        card = make(self.kind, UID)
        card.load(self.memory)
        return settled_in(engine, make_line), card


@cache
def resident(kind: str = "classic-1k") -> Resident:
    """The owner with a card of that kind, which has a door and a month of parking."""
    return Resident(*issued(kind, UID, 1), kind)
