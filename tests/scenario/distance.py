"""A centre behind a socket, served as `yika serve` serves it, and gates that come to it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, insert, select

from cardserver.client import CardServerClient, ServerError, connect_gate
from cardserver.client_gates import NO_STATE
from cardserver.clientsigning import GateIdentity, GateSigner
from cardserver.db.schema import Base
from cardserver.domain.admission import Snapshot
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.sealed import KeyFile
from cardserver.services.enrolling import enrol
from cardserver.services.opening import utc_now
from cardserver.services.setup import SETUP
from cardserver.services.turn import Estate
from cardserver.vault import Vault, export_gate
from cardserver.web.listening import listening
from kiosk.gate.feed import ListFeed
from kiosk.gate.journal import GateJournal
from kiosk.gate.liststore import ListStore
from kiosk.gate.uplink import Uplink
from kiosk.station.events import Bell
from tests.databases.servers import server_of

SECRET = KeyFile(bytes(range(32)))


@contextmanager
def served(
    estate: Estate, *, threads: int = 4, waiting: int = 16, host: str = "127.0.0.1"
) -> Iterator[int]:
    """The centre on a port of loopback, or of a namespace's own address."""
    estate.gates.news.max_waiting = waiting
    app = server_of(estate)
    server: Any = listening(app, host=host, port=0, places=threads, waiting=waiting)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        estate.gates.news.close()
        _close(server)
        thread.join(10)


def _close(server: Any) -> None:
    server.task_dispatcher.shutdown(timeout=2)
    while server._map:
        for each in list(server._map.values()):
            each.handle_close()


def identity(number: int) -> GateIdentity:
    key = Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))
    return GateIdentity(station=f"far-{number}", key=key)


def let_in(estate: Estate, *identities: GateIdentity) -> None:
    for each in identities:
        enrol(estate, SETUP, each.station, each.public_key)


def gate_keys(estate: Estate) -> GateKeys:
    return keys_of(estate.vault)


def keys_of(vault: Vault) -> GateKeys:
    """What a gate of the vault's estate holds."""
    return GateKeys.open(export_gate(vault, SECRET), SECRET, allow_demo=True)


def many_cards(engine: Engine, count: int) -> None:
    """So many cards more, each like the one that is there, with a chip and number of its own."""
    card = Base.metadata.tables["card"]
    right = Base.metadata.tables["right"]
    with engine.begin() as connection:
        model = dict(connection.execute(select(card).limit(1)).mappings().one())
        rights = connection.execute(select(right).where(right.c.card_number == model["number"]))
        carried = [dict(row) for row in rights.mappings()]
        numbers = range(100_000, 100_000 + count)
        chips = [
            {**model, "number": each, "uid": b"\x08" + each.to_bytes(6, "big")} for each in numbers
        ]
        connection.execute(insert(card), chips)
        connection.execute(
            insert(right), [{**one, "card_number": each} for each in numbers for one in carried]
        )


@dataclass
class FarGate:
    """A gate as it runs, without its lanes. It can be switched off and on again."""

    identity: GateIdentity
    keys: GateKeys
    port: int
    folder: Path
    clock: Callable[[], datetime]
    host: str = "127.0.0.1"
    wait_s: float = 2.0
    every_s: float = 0.02
    journal: GateJournal = field(init=False)
    uplink: Uplink = field(init=False)
    server: CardServerClient = field(init=False)
    store: ListStore = field(init=False)

    def __post_init__(self) -> None:
        signer = GateSigner(self.identity, self.keys, clock=self.clock)
        self.server = connect_gate(f"http://{self.host}:{self.port}", signer)
        self.journal = GateJournal(self.folder / f"{self.identity.station}.db")
        self.store = ListStore(self.folder / f"{self.identity.station}-list.db")
        self.uplink = Uplink(
            server=self.server,
            signer=signer,
            store=self.store,
            journal=self.journal,
            bell=Bell(),
            clock=self.clock,
            every_s=self.every_s,
            wait_s=self.wait_s,
        )

    def tap(self, count: int, begin: datetime, apart: timedelta) -> None:
        """So many taps went by, from then on, so far apart."""
        taps = [
            GateEvent(
                sequence=0,
                at=begin + number * apart,
                lane="door",
                kind=EventKind.TAP,
                uid=number.to_bytes(4, "big"),
                card_number=number % 5000 + 1,
                granted=True,
                reason="granted",
                snapshot_version=self.uplink.snapshot().version,
            )
            for number in range(count)
        ]
        for place in range(0, count, 5000):
            self.journal.append_all(taps[place : place + 5000])

    def close(self) -> None:
        self.uplink.stop()
        self.journal.close()
        self.store.close()
        self.server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class DiskGate:
    """A gate's list as it is in service: asked for, proven, decided with, and on its own disk.

    One thread and two files a gate, its journal and its list; lanes and lines up are left out.
    """

    def __init__(self, who: GateIdentity, keys: GateKeys, port: int, folder: Path) -> None:
        self._signer = GateSigner(who, keys, clock=utc_now)
        self._server = connect_gate(f"http://127.0.0.1:{port}", self._signer)
        self._files = [folder / f"{who.station}{ending}.db" for ending in ("", "-list")]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.faults = 0
        self._switch_on()

    def _switch_on(self) -> None:
        self.journal, self.store = GateJournal(self._files[0]), ListStore(self._files[1])
        self.feed = ListFeed(
            server=self._server,
            signer=self._signer,
            store=self.store,
            journal=self.journal,
            clock=utc_now,
        )

    @property
    def snapshot(self) -> Snapshot:
        return self.feed.snapshot

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def restart(self) -> None:
        """Off, and on again without a line: all it knows is what lies on its disk."""
        self._thread.join(20)
        self.journal.close()
        self.store.close()
        self._server.close()
        self._switch_on()

    def close(self) -> None:
        self._stop.set()
        self.journal.close()
        self.store.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.feed.ask(8.0, NO_STATE)
            except ServerError:
                self.faults += 1
                self._stop.wait(0.2)


class Listener:
    """A gate's line for its list alone: it signs, asks and proves; nothing goes to a disk."""

    def __init__(self, who: GateIdentity, keys: GateKeys, port: int, *, wait_s: float) -> None:
        signer = GateSigner(who, keys, clock=utc_now)
        self._server = connect_gate(f"http://127.0.0.1:{port}", signer)
        self._wait_s = wait_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.snapshot: Snapshot | None = None
        self.had: dict[int, float] = {}
        self.faults = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def close(self) -> None:
        self._thread.join(10)
        self._server.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            known = None if self.snapshot is None else self.snapshot.version
            try:
                fed = self._server.gates.feed(known, wait_s=self._wait_s)
            except ServerError:
                self.faults += 1
                self._stop.wait(0.2)
                continue
            self.snapshot = fed.view.to_domain(self.snapshot)
            self.had.setdefault(self.snapshot.version, time.monotonic())
