"""The place of a kiosk that is killed: its acceptor, its printer and its payer live on.

From the first note on its way to the slip: what lies in the acceptor's box is what the ledger has,
or is seen as a payment whose end is open. Started again, the kiosk finds by its journal and by the
acceptor's count what became of every note, and goes on with the sale when the card is laid down.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.domain.station import StationKind
from cardserver.services.setup import register_station
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest, SaleView, TenderRequest
from kiosk.selfservice.flow import Event, Screen
from kiosk.selfservice.journal import TillJournal
from kiosk.selfservice.machine import Machine
from kiosk.selfservice.visit import Touch
from simulators import estate as demo_estate
from simulators.acceptor import YUAN, VirtualAcceptor
from simulators.acceptor_path import AT_ONCE, Stage
from simulators.cards.api import CardDump, VirtualCard
from simulators.cards.catalogue import make
from simulators.id003 import VirtualId003
from simulators.paper import VirtualPrinter
from simulators.reader import VirtualReader
from simulators.stream import PtyPort, TcpPort
from tests.databases.stores import fluent_engine
from tests.scenario.cases import UID, issued
from tests.scenario.ground import MORNING, Ground, load, new_id, save, settled_in, template
from tests.scenario.killed import (
    CARD,
    CONTEXT,
    STORE,
    Job,
    open_ground,
    read_card,
    was_killed,
    write_card,
)
from tests.scenario.killed_kiosk import (
    DRIVERS,
    JOURNAL,
    PLAIN,
    STEPS,
    Around,
    Way,
    on_pty,
    open_machine,
    perform,
    until,
)
from tests.scenario.living import Afar, Living

NOTE, PRICE, CREDIT = 100 * YUAN, 300 * YUAN, 50 * YUAN
ELSEWHERE = "kiosk-2"
NEVER = 10_000
CASH = f"cash:{demo_estate.KIOSK}"


@dataclass
class Place:
    """Where the kiosk stands: acceptor and printer, a payer with notes, and the files."""

    folder: Path
    store: bytes
    memory: CardDump
    way: Way = PLAIN
    acceptor: VirtualAcceptor | VirtualId003 = field(init=False)
    printer: VirtualPrinter = field(default_factory=VirtualPrinter)

    def __post_init__(self) -> None:
        kind = {"ssp": VirtualAcceptor, "id003": VirtualId003}[self.way.protocol]
        self.acceptor = kind(timing=AT_ONCE)

    def job(self) -> Job:
        self.folder.mkdir()
        (self.folder / STORE).write_bytes(self.store)
        card = make("classic-1k", UID)
        card.load(self.memory)
        write_card(card, self.folder / CARD)
        made = template()
        return Job(
            folder=self.folder,
            tokens=made.tokens,
            people=made.people,
            key_version=1,
            now=MORNING,
            kind="classic-1k",
            uid=UID,
            request=TopUpRequest(card_number=1, months=1),
            sale_id=None,
        )

    def run(self, last: int, *, killed_after_s: float | None = None) -> "Left":
        """Let the kiosk run until it is killed at that step or at that moment, or is done."""
        job, line, paper = self.job(), PtyPort(self.acceptor), TcpPort(self.printer)
        ground = open_ground(job) if self.way.server_lives else None
        living = None if ground is None else Living(ground)
        around = Around(
            acceptor_path=line.path,
            printer_port=paper.port,
            way=self.way,
            server="" if living is None else living.url,
        )
        process = CONTEXT.Process(target=perform, args=(job, around, last))
        process.start()
        end = None if killed_after_s is None else time.monotonic() + killed_after_s
        while process.exitcode is None:
            self.offer()
            process.join(0.005)
            if end is not None and time.monotonic() > end:
                process.kill()
        killed = was_killed(process.exitcode)
        process.close()
        paper.close()
        if living is not None:
            living.come_to_rest()
        return Left(
            self, job, line, killed=killed, outside=living, ground=ground or open_ground(job)
        )

    def offer(self) -> None:
        view = self.acceptor.view()
        if view.enabled and view.stage is Stage.EMPTY and NOTE in view.accepts_fen:
            self.acceptor.insert_note(NOTE)

    def in_the_box(self) -> int:
        return sum(self.acceptor.view().cashbox_fen)


@dataclass
class Left:
    """What a fresh session finds."""

    place: Place
    job: Job
    line: PtyPort
    killed: bool
    ground: Ground
    outside: Living | None = None

    def __post_init__(self) -> None:
        self.card = read_card(self.job.kind, self.job.uid, self.job.folder / CARD)

    def close(self) -> None:
        if self.outside is not None:
            self.outside.close()
        self.line.close()
        self.ground.engine.dispose()
        shutil.rmtree(self.job.folder)

    def sale(self) -> SaleView | None:
        found = self.ground.rows(
            "SELECT id FROM sale WHERE station = :name", name=demo_estate.KIOSK
        )
        return self.ground.desk.sale(found[0][0]) if found else None

    def booked(self) -> int:
        return self.ground.balances().get(CASH, 0)

    # --- what is true at once

    def check_money(self) -> None:
        """Every note in the box is booked, or is one of which the sale says: its end is open."""
        sale = self.sale()
        visible = len(sale.open_tenders) * NOTE if sale else 0
        assert self.place.in_the_box() - self.booked() in {0, visible}
        assert visible in {0, NOTE}
        assert self.ground.trial().balanced
        if sale is not None:
            assert sale.put_in_fen == self.booked()

    # --- and in the end

    def go_on(self) -> None:
        """The kiosk starts again: it settles what was open, and goes on when the card is laid."""
        paper, reader = TcpPort(self.place.printer), VirtualReader()
        journal = TillJournal(self.job.folder / JOURNAL)
        acceptor = DRIVERS[self.place.way.protocol].open(on_pty(self.line.path))
        machine = open_machine(self.server(), reader, acceptor, paper.port, journal)
        machine.start()
        try:
            until(lambda: machine.screen is Screen.ATTRACT and not machine.till.busy)
            self.check_settled()
            reader.insert(self.card)
            until(lambda: self.paid_on(machine))
        finally:
            machine.stop()
            journal.check()
            journal.close()
            paper.close()

    def server(self) -> Ground | Afar:
        """The one that lived on, as the new kiosk finds it; else one that starts with it."""
        if self.outside is None:
            return self.ground
        return Afar(self.outside.url, self.job.tokens, self.ground.clock)

    def paid_on(self, machine: Machine) -> bool:
        """The payer goes on with what is missing; True when nothing is left to be done."""
        keeps = self.place.way.keeps
        if machine.screen is Screen.PAY and machine.visit.keep_rest is not keeps:
            machine.touch(Touch(Event.KEEP_REST))
        self.place.offer()
        return machine.screen in {Screen.DONE, Screen.MONTHS}

    def check_settled(self) -> None:
        """Evidence was enough for every note: what lies in the box is booked, to the last one."""
        sale = self.sale()
        assert self.booked() == self.place.in_the_box()
        assert sale is None or sale.open_tenders == ()
        assert self.place.acceptor.view().stage is Stage.EMPTY

    def check_end(self) -> None:
        """Topped up and paid for, or neither; one slip, or none; no fen too many or too few."""
        ground, sale = self.ground, self.sale()
        done = sale is not None and sale.state is SaleState.SETTLED
        assert done is bool(self.place.in_the_box())
        trial = ground.trial()
        assert trial.balanced
        assert (trial.held_fen, trial.payable_fen, trial.suspense_fen) == (0, 0, 0)
        assert trial.credit_fen == (CREDIT if self.place.way.keeps else 0)
        assert self.booked() == self.place.in_the_box()
        assert (self.booked() == PRICE) if done else True
        assert ground.count("document", f"station = '{demo_estate.KIOSK}'") == int(done)
        assert ground.count("operation", "state = 'open'") == 0
        number = ground.card(self.card).number
        assert ground.slots_on_card(self.card, 1) == ground.rights_on_file(number)
        assert (self.card.dump() != self.place.memory) is done


def card_with_parking(*, credit: bool = False) -> tuple[bytes, CardDump]:
    """The store and the card's memory before the visit: a card with a parking right.

    With a `credit` of 50 yuan besides, which another kiosk kept: what is paid beside it in notes of
    a hundred is then 50 too much again.
    """
    store, memory = issued("classic-1k", UID, 1)
    if not credit:
        return store, memory
    engine = fluent_engine("sqlite://")
    load(engine, store)
    card = make("classic-1k", UID)
    card.load(memory)
    _keep_a_rest(settled_in(engine), card)
    return save(engine), card.dump()


def _keep_a_rest(ground: Ground, card: VirtualCard) -> None:
    token = register_station(ground.estate, ELSEWHERE, StationKind.KIOSK)
    ground.tokens = {**ground.tokens, ELSEWHERE: token}
    request = TopUpRequest(card_number=ground.card(card).number, months=1)
    kiosk, sale_id = ground.client(ELSEWHERE), new_id()
    kiosk.open_sale(SaleRequest(sale_id=sale_id, request=request, quoted_total_fen=PRICE))
    note = TenderRequest(
        tender_id=new_id(),
        kind=TenderKind.CASH_NOTE,
        value_fen=PRICE + CREDIT,
        state=TenderState.ACCEPTING,
        checked=True,
        keep_rest=True,
    )
    kiosk.tender(sale_id, note)
    kiosk.tender(sale_id, note.model_copy(update={"state": TenderState.CREDITED}))
    ground.write(request, sale_id, VirtualReader(), card, new_id())


@contextmanager
def left_behind(left: Left, what: str) -> Iterator[Left]:
    """What a killed kiosk left, cleared away afterwards; a failure says how it was killed."""
    try:
        yield left
    except Exception as error:
        error.add_note(what)
        raise
    finally:
        left.close()


def prove(left: Left) -> None:
    """Right after the kill, and after the kiosk has started again and the card was laid down."""
    left.check_money()
    left.go_on()
    left.check_end()


def count_steps(before: tuple[bytes, CardDump], folder: Path, way: Way = PLAIN) -> int:
    """How many steps a visit has that nobody disturbs."""
    with left_behind(Place(folder, *before, way).run(NEVER), "not killed at all") as left:
        if left.killed:
            raise AssertionError
        left.check_money()
        left.check_end()
        return len((left.job.folder / STEPS).read_text().splitlines())
