"""What the panel itself remembers: planned faults, byte logs, numbers of sheets, who is where."""

import secrets
import threading
from collections.abc import Sequence

from simulators.faults import Fault, FaultPlan
from simulators.panel_log import ByteLog
from simulators.panel_site import PanelSite
from simulators.paper import VirtualPrinter
from simulators.paper_carriage import SHEETS_KEPT
from simulators.paper_sheet import Sheet
from simulators.traffic import Traffic


class Shelf:
    """A printer's finished sheets, numbered from 1 in the order they came out.

    The printer forgets the oldest of many; their numbers are not given again.
    """

    def __init__(self, printer: VirtualPrinter) -> None:
        self._printer = printer
        self._lock = threading.Lock()
        self._sheets: list[Sheet] = []
        self._forgotten = 0

    def sheets(self) -> dict[int, Sheet]:
        """Those still there, by number, oldest first."""
        with self._lock:
            known = {id(sheet) for sheet in self._sheets}  # held here, so no id is used again
            self._sheets += [sheet for sheet in self._printer.sheets if id(sheet) not in known]
            too_many = max(0, len(self._sheets) - SHEETS_KEPT)
            self._forgotten += too_many
            del self._sheets[:too_many]
            return dict(enumerate(self._sheets, start=self._forgotten + 1))


class Bench:
    """One for each panel. `run` tells one run of the demo from the next, for caches."""

    def __init__(self, site: PanelSite) -> None:
        self.run = secrets.token_hex(4)
        self.logs = {name: ByteLog(reader, site.clock) for name, reader in site.readers.items()}
        self.shelves = {name: Shelf(printer) for name, printer in site.printers.items()}
        self.traffic = {name: Traffic(board) for name, board in site.boards.items()}
        self.plans: dict[str, tuple[tuple[Fault, ...], FaultPlan]] = {}
        self._site = site

    def plan(self, reader_name: str, faults: Sequence[Fault]) -> None:
        """Let these faults happen on that reader, counted from now, in place of earlier ones."""
        plan = FaultPlan(*faults)
        self._site.readers[reader_name].plan(plan if faults else None)
        self.plans[reader_name] = (tuple(faults), plan)
