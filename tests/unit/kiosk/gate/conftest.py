"""A gate without its threads: its own journal and clock, and the real server in one process."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from cardserver.db.engine import open_engine
from cardserver.domain.admission import Direction
from kiosk.gate.journal import GateJournal
from kiosk.gate.liststore import ListStore
from kiosk.gate.uplink import Uplink
from kiosk.station.events import Bell
from tests.scenario.ground import Ground, SetClock, settled_in, template


@dataclass(slots=True)
class Ticks:
    """A monotonic clock that goes on when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True, kw_only=True)
class Gate:
    """One gate of the estate on `ground`. Its clock is its own; `path` is its journal's file."""

    ground: Ground
    path: Path
    clock: SetClock = field(default_factory=SetClock)
    ticks: Ticks = field(default_factory=Ticks)
    bell: Bell = field(default_factory=Bell)
    lanes: dict[str, Direction] = field(default_factory=dict)
    journal: GateJournal = field(init=False)
    store: ListStore = field(init=False)
    uplink: Uplink = field(init=False)

    def __post_init__(self) -> None:
        self.switch_on()

    def switch_on(self) -> None:
        self.journal = GateJournal(self.path)
        self.store = ListStore(self.path.with_name(f"{self.path.stem}-list.db"))
        self.uplink = Uplink(
            server=self.ground.gate,
            signer=self.ground.gate_signer,
            store=self.store,
            journal=self.journal,
            bell=self.bell,
            clock=self.clock,
            every_s=0.01,
            wait_s=0.05,
            ticks=self.ticks,
            lanes=self.lanes,
        )

    def restart(self, *, at: datetime | None = None) -> None:
        """A power cut; when it is over, the clock says `at`."""
        self.journal.close()
        self.store.close()
        self.clock.now = at or self.clock.now
        self.switch_on()

    def lose_the_server(self) -> None:
        def away(_request: httpx.Request) -> None:
            raise httpx.ConnectError("away")

        self.ground.line.before = away

    def find_the_server(self) -> None:
        self.ground.line.before = lambda _request: None


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    path = tmp_path / "server.db"
    path.write_bytes(template().store)
    engine = open_engine(f"sqlite:///{path}")
    yield settled_in(engine)
    engine.dispose()


@pytest.fixture
def gate(ground: Ground, tmp_path: Path) -> Iterator[Gate]:
    built = Gate(ground=ground, path=tmp_path / "gate.db")
    yield built
    built.journal.close()
    built.store.close()
