"""What passes between gates and their centre, over sockets, the centre in a process of its own.

- `sync.revocation`: from the clerk's call until the slowest percent of 200 gates refuses the card,
  over five revocations, all gates' lines in one process; beside it the same word to as many bare
  sockets.
- `sync.snapshot`: 50,000 cards for the first gate to ask, from the question until a lane can decide
  with them and they are on the gate's disk; beside it the same bytes over a bare socket, and
  `json.loads`.
- `sync.catchup`: 100,000 lines of a gate that was alone for seven days, until the centre has
  committed all; beside it the same lines into a bare SQLite, 500 a durable commit.

Everything is signed, proven and chained as in service.
"""

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.measure import Effort, Figure, Measure
from cardserver.db.engine import open_engine
from cardserver.domain.rights import CardStatus
from cardserver.services.opening import utc_now
from cardserver.vault import demo_vault
from kiosk.gate.journal import GateJournal
from simulators.cards.catalogue import make
from tests.scenario.distance import (
    FarGate,
    Listener,
    identity,
    keys_of,
    let_in,
    many_cards,
    served,
)
from tests.scenario.ground import Ground, Template, settled_in, template

_UID: Final = bytes.fromhex("04A1B2C3D4E5F6")
_GATES: Final = 200
_CARDS: Final = 50_000
_LINES: Final = 100_000
_BATCH: Final = 500
_TIMES: Final = 5
_GIVE_UP_S: Final = 120.0
_WORD: Final = b"card 7 is blocked\n"

_APART: Final = get_context("forkserver")
"""A centre shares nothing with the gates' process; what all centres need is imported once."""


# --- the centre, a process of its own


def _run(line: Connection, made: Template, folder: Path, gates: int, cards: int) -> None:
    """Serve on a port that is said first; then do what the line says, and say when."""
    (folder / "server.db").write_bytes(made.store)
    engine = open_engine(f"sqlite:///{folder / 'server.db'}")
    ground = settled_in(engine, made=made)
    ground.do(ground.issue_request(ground.people.owner), make("desfire-ev2", _UID))
    if cards:
        many_cards(engine, cards)
    ground = replace(ground, clock=utc_now)  # type: ignore[arg-type]
    let_in(ground.estate, *(identity(number) for number in range(1, gates + 1)))
    with served(ground.estate, threads=8, waiting=gates + 20) as port:
        line.send(port)
        while True:
            line.send(_done(ground, line.recv(), gates))


def _done(ground: Ground, word: str, gates: int) -> object:
    if word == "wait":
        while ground.estate.gates.news.waiting < gates:
            time.sleep(0.01)
        return True
    if word == "count":
        return ground.count("gate_event")
    card = ground.desk.card(uid=_UID)
    if card is None:
        raise LookupError(word)
    began = time.monotonic()
    {"block": ground.desk.block, "unblock": ground.desk.unblock}[word](card.number, "lost")
    return began


class _Centre:
    """That process, as this one speaks with it."""

    def __init__(self, folder: Path, gates: int, cards: int) -> None:
        _APART.set_forkserver_preload([__name__])
        self._line, far = _APART.Pipe()
        asked = (far, template(), folder, gates, cards)
        self._process = _APART.Process(target=_run, args=asked, daemon=True)
        self._process.start()
        far.close()  # so that a centre that has ended is heard
        self.port = int(self._line.recv())

    def __call__(self, word: str) -> Any:
        self._line.send(word)
        return self._line.recv()

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._line.close()


@contextmanager
def _centre(gates: int, cards: int = 0) -> Iterator[tuple[_Centre, Path]]:
    with TemporaryDirectory(prefix="yika-bench-") as name:
        centre = _Centre(Path(name), gates, cards)
        try:
            yield centre, Path(name)
        finally:
            centre.close()


# --- the figures


def revocation(effort: Effort) -> Figure:
    """The slowest percent of gates, in seconds from the clerk's call."""
    count = effort.part_of(_GATES)
    with _centre(count) as (centre, _):
        keys = keys_of(demo_vault())
        gates = [
            Listener(identity(number), keys, centre.port, wait_s=30.0)
            for number in range(1, count + 1)
        ]
        for gate in gates:
            gate.start()
        centre("wait")
        took: list[float] = []
        for _ in range(_TIMES):
            took += _revoked(centre, gates)
            centre("unblock")
            _until(lambda: all(_status(gate) is CardStatus.LIVE for gate in gates))
            centre("wait")
        for gate in gates:
            gate.stop()
    return Figure(
        name="sync.revocation",
        value=_p99(took),
        unit="s",
        baseline=_p99(_bare_words(count)),
    )


def _revoked(centre: _Centre, gates: Sequence[Listener]) -> list[float]:
    began = float(centre("block"))
    _until(lambda: all(_status(gate) is CardStatus.BLOCKED for gate in gates))
    return [max(gate.had.values()) - began for gate in gates]


def _status(gate: Listener) -> CardStatus | None:
    entry = gate.snapshot.cards.get(_UID) if gate.snapshot else None
    return entry.status if entry else None


def snapshot(effort: Effort) -> Figure:
    """The whole list, in seconds, as a gate that has none asks for it."""
    count = effort.part_of(_CARDS)
    with _centre(1, count) as (centre, folder), _gate(centre, folder) as gate:
        began = time.perf_counter()
        gate.uplink.round()
        took = time.perf_counter() - began
        if len(gate.uplink.snapshot().cards) != count + 1:
            raise AssertionError("cards are missing")
        (part,) = gate.store.parts()
    return Figure(
        name="sync.snapshot",
        value=took,
        unit="s",
        baseline=_bare_bytes(part.body),
    )


def catchup(effort: Effort) -> Figure:
    """All lines of seven days, in seconds, from the first answer on."""
    count = effort.part_of(_LINES)
    with _centre(1) as (centre, folder):
        with _gate(centre, folder) as gate:
            week = timedelta(days=7)
            gate.tap(count, utc_now() - week, week / count)
            began = time.perf_counter()
            gate.uplink.round()
            took = time.perf_counter() - began
            baseline = _bare_inserts(gate.journal, folder / "bare.db")
        if centre("count") != count:
            raise AssertionError("lines are missing")
    return Figure(name="sync.catchup", value=took, unit="s", baseline=baseline)


def _gate(centre: _Centre, folder: Path) -> FarGate:
    return FarGate(identity(1), keys_of(demo_vault()), centre.port, folder, clock=utc_now)


# --- what stands beside them


def _bare_words(count: int) -> list[float]:
    """Seconds until each of so many bare sockets has read one word, all told at once."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=count)
    read: list[float] = []

    def wait(ear: socket.socket) -> None:
        ear.recv(100)
        read.append(time.monotonic())
        ear.close()

    ears = [socket.create_connection(listener.getsockname()) for _ in range(count)]
    mouths = [listener.accept()[0] for _ in ears]
    threads = [threading.Thread(target=wait, args=(ear,)) for ear in ears]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    for mouth in mouths:
        mouth.sendall(_WORD)
    for thread in threads:
        thread.join()
    for mouth in (*mouths, listener):
        mouth.close()
    return [each - began for each in read]


def _bare_bytes(body: bytes) -> float:
    """Seconds for these bytes over a bare socket and through the parser of the language."""
    near, far = socket.socketpair()
    began = time.perf_counter()

    def send() -> None:
        far.sendall(body)
        far.close()

    sender = threading.Thread(target=send)
    sender.start()
    parts = []
    while part := near.recv(1 << 16):
        parts.append(part)
    json.loads(b"".join(parts))
    took = time.perf_counter() - began
    sender.join()
    near.close()
    return took


def _bare_inserts(journal: GateJournal, path: Path) -> float:
    """Seconds for the same lines into a table without any rule, 500 a durable commit."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE line (sequence INTEGER PRIMARY KEY, at TEXT, uid BLOB, reason TEXT)")
    began, last = time.perf_counter(), 0
    while lines := journal.after(last, _BATCH):
        db.execute("BEGIN")
        rows = [(each.sequence, each.at.isoformat(), each.uid, each.reason) for each in lines]
        db.executemany("INSERT INTO line VALUES (?, ?, ?, ?)", rows)
        db.execute("COMMIT")
        last = lines[-1].sequence
    took = time.perf_counter() - began
    db.close()
    return took


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _GIVE_UP_S
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.002)


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


MEASURES: Final[dict[str, Measure]] = {
    "sync.revocation": revocation,
    "sync.snapshot": snapshot,
    "sync.catchup": catchup,
}
