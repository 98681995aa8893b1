"""The ID-003 driver and its virtual acceptor on one line in memory; waiting turns its clock."""

from dataclasses import dataclass, field

from drivers.acceptors.id003 import Id003Acceptor
from drivers.api.acceptors import BillEvent, BillEventKind
from simulators.acceptor import YUAN
from simulators.acceptor_path import AT_ONCE, Timing
from simulators.id003 import CHINA, VirtualId003
from simulators.id003_wire import message
from simulators.stream import FaultyLine
from tests.unit.drivers.acceptors.cash_desk import MemoryLine, TurnedClock

TEN = 10 * YUAN


class Puppet:
    """An acceptor that answers commands from a table, for what no sane one would say.

    A list is said once each, one after the other; then the honest answers come again.
    """

    def __init__(self, acceptor: VirtualId003, answers: dict[int, list[bytes]]) -> None:
        self.acceptor = acceptor
        self.answers = answers

    def receive(self, data: bytes) -> bytes:
        honest = self.acceptor.receive(data)
        planned = self.answers.get(data[2], [])
        return planned.pop(0) if planned else honest


@dataclass
class Desk:
    """A kiosk's hand on the driver: keeps the events and counts the money."""

    timing: Timing = AT_ONCE
    country: int = CHINA
    settings_at_rest_only: bool = False
    tries: int = 3
    notes_fen: tuple[int, ...] = (100, 500, 1000, 2000, 5000, 10000)
    clock: TurnedClock = field(default_factory=TurnedClock)
    events: list[BillEvent] = field(default_factory=list)
    lines: list[MemoryLine] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.acceptor = VirtualId003(
            timing=self.timing,
            clock=self.clock,
            country=self.country,
            notes_fen=self.notes_fen,
            settings_at_rest_only=self.settings_at_rest_only,
        )
        self.line = FaultyLine(self.acceptor)
        self.new_driver()

    def new_driver(self, country: int | None = None) -> None:
        """Forget the driver as a program that dies does: nothing is said to the acceptor."""
        self.driver = Id003Acceptor(
            self._connect, tries=self.tries, country=country, device="acceptor", clock=self.clock
        )

    def _connect(self) -> MemoryLine:
        self.lines.append(MemoryLine(self.line, self.clock))
        return self.lines[-1]

    def play(self, command: int, *answers: tuple[int, ...]) -> None:
        """Let the acceptor answer this command so instead, once each."""
        said = [message(each[0], bytes(each[1:])) if each else b"" for each in answers]
        self.line.device = Puppet(self.acceptor, {command: said})

    def poll(self, times: int = 1, *, every_s: float = 0.15) -> list[BillEvent]:
        fresh: list[BillEvent] = []
        for _ in range(times):
            self.clock.now += every_s
            fresh += self.driver.poll()
        self.events += fresh
        return fresh

    def enabled(self) -> "Desk":
        self.driver.start()
        self.driver.enable([TEN, 20 * YUAN, 100 * YUAN])
        return self

    def in_escrow(self, value: int = TEN) -> "Desk":
        self.acceptor.insert_note(value)
        for _ in range(20):
            if BillEvent(kind=BillEventKind.ESCROW, value_fen=value) in self.poll():
                return self
        raise AssertionError(self.events)

    def values(self, kind: BillEventKind) -> list[int]:
        return [event.value_fen for event in self.events if event.kind is kind]

    @property
    def kinds(self) -> list[BillEventKind]:
        return [event.kind for event in self.events]

    @property
    def commands(self) -> list[int]:
        """Command bytes on the wire since the last start."""
        return [packet[2] for packet in self.lines[-1].sent]
