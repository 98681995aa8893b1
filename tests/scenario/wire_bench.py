"""A till, a real driver and a virtual acceptor on one line in memory, and a book for the server.

The line's waiting turns the clock, so that a whole session takes a few milliseconds and can be
broken at every byte. The book keeps the last word on each note as the server does: a word that is
repeated counts once, and none changes what has ended.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cardserver.client import ServerRefused
from cardserver.domain.sale import SaleState, TenderState
from cardserver.wire_sales import SaleView, TenderRequest
from drivers.acceptors.id003 import Id003Acceptor
from drivers.acceptors.ssp import SspAcceptor
from drivers.api.acceptors import BillAcceptor
from drivers.api.streams import ByteStream
from drivers.errors import DeviceError
from kiosk.selfservice.journal import Entry, TillJournal
from kiosk.selfservice.till import Till
from simulators.acceptor import YUAN, VirtualAcceptor
from simulators.acceptor_path import Stage, Timing
from simulators.id003 import VirtualId003
from simulators.stream import Direction, FaultyLine, StreamFault, StreamFaultKind
from tests.unit.drivers.acceptors.cash_desk import MemoryLine, TurnedClock

NOTE = 10 * YUAN
PRICE = 2 * NOTE
SALE = "3b1c5d3e-8e0f-4f6e-9d7c-2f4f0b7b6a10"
SHORT = Timing(read_s=0.15, stack_s=0.3, return_s=0.15)
TURN_S = 0.15


class Died(BaseException):
    """The kiosk's process is gone, between two instructions. Nothing of ours catches it."""


@dataclass
class Steps:
    """Counts what the kiosk does to the world; it dies before or after the step it is told."""

    dies_at: int | None = None
    done: int = 0

    def __call__(self, act: Callable[[], None]) -> None:
        self._count()
        act()
        self._count()

    def _count(self) -> None:
        if self.done == self.dies_at:
            self.dies_at = None
            raise Died
        self.done += 1


@dataclass
class Book:
    """What the server has heard of notes. Only as much of a server as a till can see."""

    steps: Steps
    words: dict[str, tuple[int, TenderState]] = field(default_factory=dict)
    refuses_credits: int = 0  # HTTP status
    _view: SaleView | None = None  # of the words as they stand

    def tender(self, _sale_id: str, request: TenderRequest) -> SaleView:
        if self.refuses_credits and request.state is TenderState.CREDITED:
            raise ServerRefused("no", "not now", status=self.refuses_credits)
        self.steps(lambda: self._write(request))
        return self.sale()

    def _write(self, request: TenderRequest) -> None:
        before = self.words.get(request.tender_id)
        ended = before is not None and before[1] is not TenderState.ACCEPTING
        assert not ended or before == (request.value_fen, request.state), "told otherwise before"
        if before is not None or request.state is not TenderState.RETURNED:
            self.words[request.tender_id] = (request.value_fen, request.state)
            self._view = None

    def total(self, state: TenderState) -> int:
        return sum(value for value, each in self.words.values() if each is state)

    def sale(self) -> SaleView:
        if self._view is None:
            self._view = self._seen()
        return self._view

    def _seen(self) -> SaleView:
        credited = self.total(TenderState.CREDITED)
        return SaleView(
            sale_id=SALE,
            state=SaleState.OPEN,
            due_fen=PRICE,
            credited_fen=credited,
            returned_fen=0,
            missing_fen=max(0, PRICE - credited),
            change_fen=0,
            refundable_fen=0,
            open_tenders=(),
            operation_id=None,
        )


class CountedJournal(TillJournal):
    """A journal each of whose entries is a step."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def write(self, kind: Entry, **body: str | int | None) -> None:
        self.steps(lambda: super(CountedJournal, self).write(kind, **body))


@dataclass
class CountedLine(MemoryLine):
    """A line on which each transmission of the host is a step."""

    steps: Steps = field(default_factory=Steps)

    def write(self, data: bytes) -> None:
        self.steps(lambda: super(CountedLine, self).write(data))


@dataclass
class Bench:
    """A payer with notes of ten yuan before a kiosk that wants twenty."""

    protocol: str
    timing: Timing = SHORT
    counters: bool = True
    steps: Steps = field(default_factory=Steps)
    clock: TurnedClock = field(default_factory=TurnedClock)
    offered: int = 0
    lines: list[CountedLine] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.acceptor: VirtualAcceptor | VirtualId003
        if self.protocol == "ssp":
            self.acceptor = VirtualAcceptor(
                timing=self.timing, clock=self.clock, counters=self.counters
            )
        else:
            self.acceptor = VirtualId003(timing=self.timing, clock=self.clock)
        self.line = FaultyLine(self.acceptor)
        self.journal = CountedJournal(self.steps)
        self.book = Book(self.steps)
        self.begin()

    def begin(self) -> None:
        """A kiosk's process begins, for the first time or after a death."""
        driver: BillAcceptor
        if self.protocol == "ssp":
            driver = SspAcceptor(self._connect, tries=3, device="acceptor", clock=self.clock)
        else:
            driver = Id003Acceptor(self._connect, tries=3, device="acceptor", clock=self.clock)
        self.till = Till(driver, self.book, self.journal)  # type: ignore[arg-type]

    def _connect(self) -> ByteStream:
        self.lines.append(CountedLine(self.line, self.clock, steps=self.steps))
        return self.lines[-1]

    def passed(self, direction: Direction) -> int:
        """Bytes of the session so far."""
        if direction is Direction.TO_HOST:
            return sum(line.answered for line in self.lines)
        return sum(len(sent) for line in self.lines for sent in line.sent)

    # --- a session

    def pay(self, turns: int = 80) -> None:
        """Put notes in until all is paid or the turns are over, whatever breaks; then stop."""
        for _ in range(turns):
            self._offer()
            self._turn(self._work)
            if not self.book.sale().missing_fen and not self.till.busy:
                break
        self.rest()

    def once(self) -> None:
        """One turn of the kiosk and its payer."""
        self._offer()
        self._turn(self._work, mends=False)

    def rest(self) -> None:
        """No further note; what is on its way comes to an end and is told."""
        self._turn(self.till.shut)
        for _ in range(60):
            if not self.till.busy:
                break
            self._turn(self._work_on)
        self.clock.now += 30

    def _offer(self) -> None:
        view = self.acceptor.view()
        ready = view.powered and view.enabled and view.stage is Stage.EMPTY
        if ready and self.till.accepted_notes() and NOTE in view.accepts_fen:
            self.acceptor.insert_note(NOTE)
            self.offered += 1

    def _work(self) -> None:
        if not self.till.notes_fen:
            self.till.start()
        self.till.take_for(self.book.sale())
        self.till.poll()

    def _work_on(self) -> None:
        if not self.till.notes_fen:
            self.till.start()
        self.till.poll()

    def _turn(self, work: Callable[[], None], *, mends: bool = True) -> None:
        """A device that was lost is mended; a process that died begins anew."""
        self.clock.now += TURN_S
        try:
            work()
        except DeviceError:
            if mends:
                self.mend()
        except Died:
            self.begin()

    def mend(self) -> None:
        """Somebody has seen to cable and socket."""
        self.line.break_line(None)
        self.acceptor.restore_power()

    # --- what is true

    @property
    def box(self) -> int:
        return sum(self.acceptor.view().cashbox_fen)

    def check(self, *, doubt: bool) -> int:
        """What is credited lies in the box; what else lies there is named unknown. The doubt."""
        view = self.acceptor.view()
        assert not self.till.busy, "everything has been told"
        assert self.book.total(TenderState.ACCEPTING) == 0, "every note has an end"
        assert len(view.cashbox_fen) + len(view.returned_fen) == self.offered
        credited, unknown = (
            self.book.total(state) for state in (TenderState.CREDITED, TenderState.UNKNOWN)
        )
        assert credited <= self.box <= credited + unknown
        assert doubt or not unknown
        return unknown


def broken_sessions(protocol: str, kind: StreamFaultKind, direction: Direction) -> Iterator[Bench]:
    """A session for each byte that can be cut or garbled, and for each transmission that can be
    doubled, late, or the last one.
    """
    healthy = Bench(protocol)
    healthy.pay()
    whole = {StreamFaultKind.DOUBLE, StreamFaultKind.LATE, StreamFaultKind.SILENCE}
    passed = healthy.passed(direction)
    step = 5 if kind in whole else 1  # no transmission is shorter
    for at_byte in range(0, passed, step):
        bench = Bench(protocol)
        bench.line.break_line(StreamFault(kind=kind, at_byte=at_byte, direction=direction))
        bench.pay()
        yield bench
