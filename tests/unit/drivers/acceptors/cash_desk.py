"""A driver and a virtual acceptor on one line in memory, with one clock that a test turns."""

from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.acceptors.ssp import SspAcceptor
from drivers.api.acceptors import BillEvent, BillEventKind
from simulators.acceptor import VirtualAcceptor
from simulators.stream import FaultyLine, StreamDevice


@dataclass
class TurnedClock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class MemoryLine:
    """A `drivers.api.streams.ByteStream` whose waiting turns the clock instead of taking time."""

    device: StreamDevice
    clock: TurnedClock
    sent: list[bytes] = field(default_factory=list)
    portion: int = 512
    answered: int = 0
    _arrived: bytes = b""

    def write(self, data: bytes) -> None:
        self.sent.append(data)
        answer = self.device.receive(data)
        self.answered += len(answer)
        self._arrived += answer

    def read(self, size: int, timeout_s: float) -> bytes:
        if not self._arrived:
            self.clock.now += timeout_s
            return b""
        size = min(size, self.portion)
        taken, self._arrived = self._arrived[:size], self._arrived[size:]
        return taken

    def close(self) -> None:
        self._arrived = b""


@dataclass
class Counter:
    """A kiosk's hand on the driver: keeps the events and counts the money."""

    clock: TurnedClock
    acceptor: VirtualAcceptor
    line: FaultyLine
    tries: int = 20
    portion: int = 512
    events: list[BillEvent] = field(default_factory=list)
    streams: list[MemoryLine] = field(default_factory=list)
    driver: SspAcceptor = field(init=False)

    def __post_init__(self) -> None:
        self.new_driver()

    def new_driver(self) -> None:
        """Forget the driver as a program that dies does: nothing is said to the acceptor."""
        self.driver = SspAcceptor(
            self._connect, timeout_s=1.0, tries=self.tries, device="acceptor", clock=self.clock
        )

    def _connect(self) -> MemoryLine:
        self.streams.append(MemoryLine(self.line, self.clock, portion=self.portion))
        return self.streams[-1]

    def poll(self, times: int = 1, *, every_s: float = 0.2) -> list[BillEvent]:
        fresh: list[BillEvent] = []
        for _ in range(times):
            self.clock.now += every_s
            fresh += self.driver.poll()
        self.events += fresh
        return fresh

    def values(self, kind: BillEventKind) -> list[int]:
        return [event.value_fen for event in self.events if event.kind is kind]

    @property
    def commands(self) -> list[int]:
        """Command bytes on the wire since the last start, without repetitions."""
        return [packet[3] for packet in self.streams[-1].sent]


MakeCounter = Callable[..., Counter]
