"""A printer on the desk of every test: virtual, wired straight, with time that is only counted."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from simulators.paper import VirtualPrinter
from simulators.paper_line import PaperLine
from simulators.paper_model import PAPER_80, PrinterModel


@dataclass(slots=True)
class CountedTime:
    """A clock that only moves when somebody waits."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass; a poll takes a moment too."""
        self.now += max(seconds, 0.001)


@dataclass(slots=True)
class Desk:
    """A printer, the line to it and the clock."""

    printer: VirtualPrinter
    line: PaperLine
    clock: CountedTime


@pytest.fixture
def desk_with() -> Callable[[PrinterModel], Desk]:
    """Make a desk with a printer of some model."""

    def make(model: PrinterModel = PAPER_80) -> Desk:
        printer, clock = VirtualPrinter(model), CountedTime()
        return Desk(printer, PaperLine(printer, wait=clock.wait), clock)

    return make


@pytest.fixture
def desk(desk_with: Callable[[PrinterModel], Desk]) -> Desk:
    """A desk with an 80 mm Epson for China."""
    return desk_with(PAPER_80)
