"""A driver and a virtual acceptor on one line in memory, with one clock that a test turns."""

from dataclasses import dataclass, field

import pytest

from drivers.acceptors.ssp import SspAcceptor
from drivers.api import BillEvent
from simulators.acceptor import VirtualAcceptor
from simulators.acceptor_path import AT_ONCE
from simulators.stream import FaultyLine


@dataclass
class TurnedClock:
    now: float = 100.0

    def __call__(self):
        return self.now


@dataclass
class MemoryLine:
    """A `drivers.api.ByteStream` whose waiting turns the clock instead of taking time."""

    device: object
    clock: TurnedClock
    sent: list[bytes] = field(default_factory=list)
    portion: int = 512
    _arrived: bytes = b""

    def write(self, data):
        self.sent.append(data)
        self._arrived += self.device.receive(data)

    def read(self, size, timeout_s):
        if not self._arrived:
            self.clock.now += timeout_s
            return b""
        size = min(size, self.portion)
        taken, self._arrived = self._arrived[:size], self._arrived[size:]
        return taken

    def close(self):
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

    def __post_init__(self):
        self.new_driver()

    def new_driver(self):
        """Forget the driver as a program that dies does: nothing is said to the acceptor."""
        self.driver = SspAcceptor(
            self._connect, timeout_s=1.0, tries=self.tries, device="acceptor", clock=self.clock
        )

    def _connect(self):
        self.streams.append(MemoryLine(self.line, self.clock, portion=self.portion))
        return self.streams[-1]

    def poll(self, times=1, *, every_s=0.2):
        fresh = []
        for _ in range(times):
            self.clock.now += every_s
            fresh += self.driver.poll()
        self.events += fresh
        return fresh

    def values(self, kind):
        return [event.value_fen for event in self.events if event.kind is kind]

    @property
    def commands(self):
        """Command bytes on the wire since the last start, without repetitions."""
        return [packet[3] for packet in self.streams[-1].sent]


@pytest.fixture
def make_counter():
    def make(*, timing=AT_ONCE, tries=20, portion=512, **options):
        clock = TurnedClock()
        acceptor = VirtualAcceptor(timing=timing, clock=clock, **options)
        return Counter(clock, acceptor, FaultyLine(acceptor), tries=tries, portion=portion)

    return make


@pytest.fixture
def turned_clock():
    return TurnedClock()


@pytest.fixture
def memory_line():
    return MemoryLine
