"""The kiosk's till: whatever breaks while banknotes go in, box and ledger agree in the end.

Driver, acceptor, client and server are the real ones (the acceptor is virtual, on a line in memory
whose waiting turns its clock). What lies in the acceptor's box is the truth the books must meet.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from cardserver.client import CardServerClient, ServerError
from cardserver.domain.sale import SaleState
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest, SaleView
from drivers.errors import DeviceError
from kiosk.selfservice.journal import JournalBroken, TillJournal
from kiosk.selfservice.till import Till
from simulators import estate as demo_estate
from simulators.acceptor import YUAN, VirtualAcceptor
from simulators.acceptor_path import AT_ONCE, Stage, Timing
from simulators.cards.catalogue import make
from simulators.stream import Direction, FaultyLine, StreamFault, StreamFaultKind
from tests.databases.stores import fluent_engine
from tests.scenario.ground import Ground, load, new_id, pass_on, save, settled_in, template
from tests.scenario.remembering import RememberingLine
from tests.unit.drivers.acceptors.cash_desk import Counter, TurnedClock

NOTE = 100 * YUAN
PRICE = 300 * YUAN
UID = bytes.fromhex("04A1B2C3D4E5F6")
SLOW = Timing(read_s=0.4, stack_s=0.8, return_s=0.4)


@dataclass
class Kiosk:
    """A sale of 300 yuan, a till, and a payer who offers notes of 100 until all is paid."""

    ground: Ground
    timing: Timing = AT_ONCE
    counters: bool = True
    offered: int = 0
    journal: Path | str = ":memory:"
    server: CardServerClient = field(init=False)
    counter: Counter = field(init=False)
    till: Till = field(init=False)
    sale_id: str = field(default_factory=new_id)

    def __post_init__(self) -> None:
        clock = TurnedClock()
        acceptor = VirtualAcceptor(timing=self.timing, clock=clock, counters=self.counters)
        self.counter = Counter(clock, acceptor, FaultyLine(acceptor), tries=3)
        self.server = self.ground.client(demo_estate.KIOSK, attempts=1)
        self.till = Till(self.counter.driver, self.server, TillJournal(self.journal))

    @property
    def acceptor(self) -> VirtualAcceptor:
        return self.counter.acceptor

    def open(self) -> None:
        self.till.start()
        request = SaleRequest(
            sale_id=self.sale_id,
            request=TopUpRequest(card_number=1, months=1),
            quoted_total_fen=PRICE,
        )
        self.till.take_for(self.server.open_sale(request))

    def sale(self) -> SaleView:
        return self.ground.desk.sale(self.sale_id)

    def offer(self, value: int = NOTE) -> None:
        view = self.acceptor.view()
        if view.stage is Stage.EMPTY and view.enabled and value in view.accepts_fen:
            self.acceptor.insert_note(value)
            self.offered += 1

    def poll(self) -> None:
        """One turn of the kiosk; an acceptor that was lost gets its power back and is met again."""
        self.counter.clock.now += 0.2
        try:
            if not self.till.notes_fen:
                self.acceptor.restore_power()
                self.counter.line.break_line(None)
                self.till.start()
                self.till.take_for(self.sale())
            self.till.poll()
        except (DeviceError, ServerError):
            return

    def pay(self, turns: int = 120) -> None:
        for _ in range(turns):
            self.offer()
            self.poll()
            if not self.till.busy and not self.sale().missing_fen:
                return

    # --- what is true

    def in_the_box(self) -> int:
        return sum(self.acceptor.view().cashbox_fen)

    def booked(self) -> int:
        return self.ground.balances().get(f"cash:{demo_estate.KIOSK}", 0)

    def check_paid(self) -> None:
        self.counter.clock.now += 60  # the last note comes to rest
        view = self.acceptor.view()
        assert self.in_the_box() == self.booked() == PRICE
        assert len(view.cashbox_fen) + len(view.returned_fen) == self.offered
        sale, trial = self.sale(), self.ground.trial()
        assert (sale.credited_fen, sale.missing_fen, sale.open_tenders) == (PRICE, 0, ())
        assert trial.balanced
        assert trial.suspense_fen == 0


@pytest.fixture(scope="module")
def store() -> bytes:
    """An estate in which one card has a parking right."""
    engine = fluent_engine("sqlite://")
    load(engine, template().store)
    ground, card = settled_in(engine), make("classic-1k", UID)
    ground.do(ground.issue_request(ground.people.owner), card)
    ground.do(ground.parking_request(ground.card(card), 1), card)
    made = save(engine)
    engine.dispose()
    return made


@pytest.fixture
def ground(store: bytes) -> Iterator[Ground]:
    engine = fluent_engine("sqlite://")
    load(engine, store)
    yield settled_in(engine, RememberingLine)
    engine.dispose()


@pytest.fixture
def anew(ground: Ground) -> Callable[[], None]:
    """Lets the estate be again as it was when the test began."""
    line = ground.line
    assert isinstance(line, RememberingLine)
    first = line.here

    def begin_anew() -> None:
        line.here = first

    return begin_anew


def test_three_notes_pay_three_hundred_yuan(ground: Ground) -> None:
    kiosk = Kiosk(ground)
    kiosk.open()
    kiosk.pay()
    kiosk.check_paid()
    assert kiosk.offered == 3


def test_power_failing_after_any_command_costs_no_note_and_gives_none(
    ground: Ground, anew: Callable[[], None]
) -> None:
    commands = 1
    while True:
        anew()
        kiosk = Kiosk(ground, SLOW)
        kiosk.open()
        kiosk.acceptor.cut_power_after(commands)
        kiosk.pay()
        kiosk.check_paid()
        if kiosk.counter.streams[0] is kiosk.counter.streams[-1]:
            break
        commands += 1
    assert commands > 10


@pytest.mark.parametrize("stage", [Stage.READING, Stage.ESCROW, Stage.STACKING, Stage.SAFE])
def test_power_failing_with_a_note_anywhere_on_its_way(ground: Ground, stage: Stage) -> None:
    kiosk = Kiosk(ground, SLOW)
    kiosk.open()
    kiosk.acceptor.cut_power_at(stage)
    kiosk.pay()
    kiosk.check_paid()
    assert len(kiosk.counter.streams) > 1


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("kind", [StreamFaultKind.SILENCE, StreamFaultKind.DOUBLE])
def test_a_line_that_fails_at_any_byte(
    ground: Ground, anew: Callable[[], None], kind: StreamFaultKind, direction: Direction
) -> None:
    for at_byte in range(0, 300, 13):
        anew()
        kiosk = Kiosk(ground)
        kiosk.open()
        fault = StreamFault(kind=kind, at_byte=at_byte, direction=direction)
        kiosk.counter.line.break_line(fault)
        kiosk.pay()
        kiosk.check_paid()


@pytest.mark.parametrize("at_byte", range(354, 390, 3))
def test_a_credit_lost_on_the_line_while_the_note_goes_on_into_the_box(
    ground: Ground, at_byte: int
) -> None:
    kiosk = Kiosk(ground, Timing(read_s=0.4, stack_s=20.0, return_s=0.4))
    kiosk.open()
    fault = StreamFault(kind=StreamFaultKind.SILENCE, at_byte=at_byte)
    kiosk.counter.line.break_line(fault)
    kiosk.pay(turns=500)
    kiosk.check_paid()


def test_a_note_that_still_moves_when_the_line_comes_back_is_waited_for(ground: Ground) -> None:
    kiosk = Kiosk(ground, Timing(read_s=0.1, stack_s=40.0, return_s=0.1))
    kiosk.open()
    kiosk.offer()
    while not kiosk.till.on_its_way_fen:
        kiosk.poll()
    kiosk.poll()
    assert kiosk.acceptor.view().stage is Stage.STACKING
    kiosk.counter.line.break_line(StreamFault(kind=StreamFaultKind.SILENCE))
    kiosk.poll()
    assert not kiosk.till.notes_fen
    kiosk.poll()
    assert kiosk.till.on_its_way_fen == NOTE
    assert kiosk.booked() == 0
    kiosk.pay(turns=600)
    kiosk.check_paid()


def test_where_nobody_can_say_what_became_of_a_note_a_person_decides(ground: Ground) -> None:
    """An acceptor without counters loses the answer that held the credit."""
    kiosk = Kiosk(ground, counters=False)
    kiosk.open()
    kiosk.offer()
    while not kiosk.till.on_its_way_fen:
        kiosk.poll()
    kiosk.counter.line.break_line(StreamFault(kind=StreamFaultKind.SILENCE))
    for _ in range(4):
        kiosk.poll()
    assert not kiosk.till.busy
    assert kiosk.in_the_box() == NOTE
    assert kiosk.booked() == 0
    assert ground.balances()[f"unconfirmed:{demo_estate.KIOSK}"] == NOTE
    assert ground.trial().suspense_fen == NOTE
    assert ground.trial().balanced


# --- the server is away ---------------------------------------------------------------------------


def away(request: httpx.Request) -> None:
    raise httpx.ConnectError("the line is down")


def deaf(_request: httpx.Request) -> None:
    """The server hears and obeys; its answer is lost."""
    raise httpx.ReadError("the line is down")


@pytest.mark.parametrize("answer_lost", [False, True])
def test_a_note_the_server_can_not_be_told_of_goes_back(ground: Ground, answer_lost: bool) -> None:
    kiosk = Kiosk(ground)
    kiosk.open()
    ground.line.before, ground.line.after = (pass_on, deaf) if answer_lost else (away, pass_on)
    kiosk.offer()
    for _ in range(8):
        kiosk.poll()
    assert kiosk.acceptor.view().returned_fen == (NOTE,)
    assert kiosk.in_the_box() == 0
    ground.line.before = ground.line.after = pass_on
    kiosk.poll()
    assert not kiosk.till.busy
    assert kiosk.sale().open_tenders == ()
    kiosk.pay()
    kiosk.check_paid()


@pytest.mark.parametrize("answer_lost", [False, True])
def test_a_credit_the_server_could_not_be_told_of_is_told_later_and_once(
    ground: Ground, answer_lost: bool
) -> None:
    kiosk = Kiosk(ground, SLOW)
    kiosk.open()
    kiosk.offer()
    while not kiosk.till.on_its_way_fen:
        kiosk.poll()
    ground.line.before, ground.line.after = (pass_on, deaf) if answer_lost else (away, pass_on)
    for _ in range(20):
        kiosk.poll()
    assert kiosk.in_the_box() == NOTE
    assert kiosk.till.received_fen == NOTE
    assert kiosk.till.busy
    ground.line.before = ground.line.after = pass_on
    kiosk.poll()
    assert kiosk.booked() == NOTE
    kiosk.pay()
    kiosk.check_paid()


def test_a_sale_given_up_ends_when_its_last_note_has_come_to_rest(ground: Ground) -> None:
    kiosk = Kiosk(ground, SLOW)
    kiosk.open()
    kiosk.offer()
    while not kiosk.till.on_its_way_fen:
        kiosk.poll()
    kiosk.till.shut()
    kiosk.till.give_up("stopped")
    kiosk.till.tell()
    assert kiosk.sale().state is SaleState.OPEN
    for _ in range(20):
        kiosk.poll()
    sale = kiosk.sale()
    assert (sale.state, sale.refundable_fen) == (SaleState.CANCELLED, NOTE)
    assert kiosk.booked() == kiosk.in_the_box() == NOTE
    assert ground.trial().balanced


# --- the kiosk itself is gone ---------------------------------------------------------------------


def test_a_note_of_a_dead_kiosk_is_never_credited_by_guess_and_stays_visible(
    ground: Ground,
) -> None:
    kiosk = Kiosk(ground, SLOW)
    kiosk.open()
    kiosk.acceptor.cut_power_at(Stage.SAFE)
    kiosk.offer()
    while kiosk.acceptor.view().powered:
        kiosk.poll()
    kiosk.acceptor.restore_power()
    kiosk.counter.new_driver()
    fresh = Till(kiosk.counter.driver, kiosk.server)
    fresh.start()
    fresh.poll()
    assert not fresh.busy
    assert kiosk.in_the_box() == NOTE
    assert kiosk.booked() == 0
    assert len(kiosk.sale().open_tenders) == 1


@pytest.mark.parametrize("stage", [Stage.READING, Stage.ESCROW, Stage.STACKING, Stage.SAFE])
def test_a_kiosk_started_anew_finds_in_its_journal_what_became_of_every_note(
    ground: Ground, tmp_path: Path, stage: Stage
) -> None:
    """Acceptor and kiosk lose their power together, with a note anywhere on its way."""
    kiosk = Kiosk(ground, SLOW, journal=tmp_path / "kiosk.db")
    kiosk.open()
    kiosk.acceptor.cut_power_at(stage)
    while kiosk.acceptor.view().powered:
        kiosk.offer()
        kiosk.poll()
    kiosk.acceptor.restore_power()
    kiosk.counter.new_driver()
    kiosk.till = Till(kiosk.counter.driver, kiosk.server, TillJournal(tmp_path / "kiosk.db"))
    kiosk.till.start()
    for _ in range(20):
        kiosk.poll()
    assert not kiosk.till.busy
    assert kiosk.booked() == kiosk.in_the_box()
    assert kiosk.sale().open_tenders == ()
    kiosk.till.take_for(kiosk.sale())
    kiosk.pay()
    kiosk.check_paid()
    TillJournal(tmp_path / "kiosk.db").check()


def poll_on(kiosk: Kiosk) -> None:
    while True:
        kiosk.counter.clock.now += 0.2
        kiosk.till.poll()


def test_a_kiosk_whose_journal_can_not_be_written_gives_the_note_back(
    ground: Ground, tmp_path: Path
) -> None:
    kiosk = Kiosk(ground, journal=tmp_path / "kiosk.db")
    kiosk.open()
    with sqlite3.connect(tmp_path / "kiosk.db") as disk:
        disk.execute("ALTER TABLE entry RENAME TO lost")
    kiosk.offer()
    with pytest.raises(JournalBroken):
        poll_on(kiosk)
    kiosk.counter.clock.now += 60
    assert kiosk.acceptor.view().returned_fen == (NOTE,)
    assert kiosk.in_the_box() == kiosk.booked() == 0
    with pytest.raises(JournalBroken):
        kiosk.till.start()
    with sqlite3.connect(tmp_path / "kiosk.db") as disk:
        disk.execute("ALTER TABLE lost RENAME TO entry")
    kiosk.till.start()
    kiosk.till.take_for(kiosk.sale())
    kiosk.pay()
    kiosk.check_paid()


def test_a_note_in_escrow_of_a_dead_kiosk_goes_back(ground: Ground) -> None:
    kiosk = Kiosk(ground, SLOW)
    kiosk.open()
    kiosk.offer()
    while kiosk.acceptor.view().stage is not Stage.ESCROW:
        kiosk.counter.clock.now += 0.1
    kiosk.counter.new_driver()
    fresh = Till(kiosk.counter.driver, kiosk.server)
    fresh.start()
    kiosk.counter.clock.now += 1
    fresh.poll()
    assert kiosk.acceptor.view().returned_fen == (NOTE,)
    assert (kiosk.in_the_box(), kiosk.booked()) == (0, 0)
