"""A self-service kiosk in a process of its own, killed at a given step; its server is in it, or
stands outside and lives on.

Acceptor and printer stand outside, behind a pty and a socket, and outlive it. Beside the steps of
`tests.scenario.killed` each word from the acceptor is one, and each entry of the kiosk's journal.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from drivers.acceptors import id003, ssp
from drivers.api.acceptors import AcceptorInfo, BillAcceptor, BillEvent
from kiosk.selfservice import machine as machine_module
from kiosk.selfservice.flow import Event, Screen
from kiosk.selfservice.journal import Entry, TillJournal
from kiosk.selfservice.machine import Machine
from kiosk.selfservice.visit import Touch
from kiosk.station.events import Bell
from kiosk.station.paper import Letterhead, PaperDesk
from printer.profile import load_profile
from printer.transports import open_channel
from simulators import estate as demo_estate
from simulators.reader import VirtualReader
from tests.scenario.ground import Ground, SetClock
from tests.scenario.killed import CARD, Job, Lasting, Step, Steps, open_ground, read_card
from tests.scenario.living import Afar

PATIENCE_S = 20.0
LOOK_S = 0.005
STEPS = "steps.txt"
JOURNAL = "kiosk.db"
DRIVERS = {"ssp": ssp.DRIVER, "id003": id003.DRIVER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a visit is paid: through which acceptor, whether the card keeps the rest of a note
    (FEE-04a), and whether the server outlives the kiosk.
    """

    protocol: str = "ssp"
    keeps: bool = False
    server_lives: bool = False


PLAIN = Way()


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands around the process: lines to its devices, and the server's address or none."""

    acceptor_path: str
    printer_port: int
    way: Way = PLAIN
    server: str = ""


@dataclass
class Heard:
    """The acceptor; every word from it is a step."""

    acceptor: BillAcceptor
    steps: Steps

    def start(self) -> AcceptorInfo:
        return self.acceptor.start()

    def enable(self, notes_fen: Sequence[int]) -> None:
        self.acceptor.enable(notes_fen)

    def disable(self) -> None:
        self.acceptor.disable()

    def poll(self) -> Sequence[BillEvent]:
        events = self.acceptor.poll()
        if events:
            self.steps(Step.NOTE)
        return events

    def stack(self) -> None:
        self.acceptor.stack()

    def return_note(self) -> None:
        self.acceptor.return_note()


class Watched(TillJournal):
    """The kiosk's journal; every entry in it is a step."""

    def __init__(self, path: Path, steps: Steps) -> None:
        super().__init__(path)
        self._steps = steps

    def write(self, kind: Entry, **body: str | int | None) -> None:
        super().write(kind, **body)
        self._steps(Step.ENTRY)


def open_machine(
    ground: Ground | Afar,
    reader: VirtualReader,
    acceptor: BillAcceptor,
    printer_port: int,
    journal: TillJournal,
) -> Machine:
    """The kiosk on these devices."""
    server = ground.client(demo_estate.KIOSK)
    way = {"kind": "network", "host": "127.0.0.1", "port": str(printer_port)}
    head = Letterhead(company="翠湖物业服务有限公司", station="自助机1", phone="0755-8000 1234")
    paper = PaperDesk(
        open_channel=partial(open_channel, way),
        profile=load_profile("epson-tm-t88"),
        letterhead=head,
        server=server,
    )
    return Machine(
        server=server,
        reader=reader,
        acceptor=acceptor,
        paper=paper,
        bell=Bell(),
        clock=ground.clock,
        station="自助机1",
        phone="0755-8000 1234",
        journal=journal,
    )


def perform(job: Job, around: Around, last: int) -> None:
    """The process: one resident tops up one month with banknotes."""
    machine_module.__dict__["_POLL_S"] = LOOK_S
    path, steps = job.folder / CARD, Steps(last)
    card, reader = read_card(job.kind, job.uid, path), VirtualReader()
    driver = DRIVERS[around.way.protocol]
    acceptor = Heard(driver.open(on_pty(around.acceptor_path)), steps)
    ground = _server_of(job, around)
    machine = open_machine(
        ground, reader, acceptor, around.printer_port, Watched(job.folder / JOURNAL, steps)
    )
    machine.start()
    until(lambda: machine.screen is Screen.ATTRACT)
    if isinstance(ground, Ground):
        steps.watch_store(ground.engine)
    ground.line.after = steps.answered
    reader.plan(Lasting(card, path, steps))
    reader.insert(card)
    until(lambda: machine.screen is Screen.MONTHS)
    machine.touch(Touch(Event.MONTHS_CHOSEN, 1))
    machine.touch(Touch(Event.CONFIRMED))
    if around.way.keeps:
        machine.touch(Touch(Event.KEEP_REST))
    until(lambda: machine.screen is Screen.DONE)
    (job.folder / STEPS).write_text("\n".join(steps.seen), encoding="ascii")


def on_pty(path: str) -> dict[str, str]:
    """An acceptor's settings there: such a line carries no parity bit."""
    return {"port": path, "parity": "N"}


def _server_of(job: Job, around: Around) -> Ground | Afar:
    """The server in this process, or the one that lives outside."""
    if not around.server:
        return open_ground(job)
    return Afar(around.server, job.tokens, SetClock(job.now))


def until(reached: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(LOOK_S)
