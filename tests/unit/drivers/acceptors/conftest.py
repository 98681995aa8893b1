"""What the tests of the acceptor drivers share."""

import pytest

from simulators.acceptor import VirtualAcceptor
from simulators.acceptor_path import AT_ONCE, Timing
from simulators.stream import FaultyLine
from tests.unit.drivers.acceptors.cash_desk import Counter, MakeCounter, TurnedClock


@pytest.fixture
def make_counter() -> MakeCounter:
    """Makes a counter: `timing`, `tries`, `portion`, and what `VirtualAcceptor` takes."""

    def make(
        *, timing: Timing = AT_ONCE, tries: int = 20, portion: int = 512, **options: object
    ) -> Counter:
        clock = TurnedClock()
        acceptor = VirtualAcceptor(timing=timing, clock=clock, **options)  # type: ignore[arg-type]
        return Counter(clock, acceptor, FaultyLine(acceptor), tries=tries, portion=portion)

    return make


@pytest.fixture
def turned_clock() -> TurnedClock:
    return TurnedClock()
