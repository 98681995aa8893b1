"""A printer on the desk, wired straight, with time that is only counted."""

from dataclasses import dataclass, field

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

    model: PrinterModel = PAPER_80
    clock: CountedTime = field(default_factory=CountedTime)
    printer: VirtualPrinter = field(init=False)
    line: PaperLine = field(init=False)

    def __post_init__(self) -> None:
        self.printer = VirtualPrinter(self.model)
        self.line = PaperLine(self.printer, wait=self.clock.wait)
