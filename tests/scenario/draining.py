"""A gate and the centre as processes of their own, killed again and again while taps are handed on.

Both run what they run in an estate: the gate its journal and its upload over signed HTTP, the
centre its web application under waitress. Both end by SIGKILL at moments that a seed chooses, and
start again. Cards are held to the lane all the while; what the gate is told is durable it writes
into a file of its own, which is what a lane would have opened for.

``python -m tests.scenario.draining FOLDER DATABASE --taps N --kills N`` is one such day. `main`
needs a process of its own, because it forks: what both need is loaded and built once.
"""

import argparse
import logging
import os
import random
import socket
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import waitress
from apiflask import APIFlask
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cardserver.client import ServerError, connect_gate
from cardserver.clientsigning import GateIdentity, GateSigner
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.sealed import KeyFile
from cardserver.services import enrolling
from cardserver.services.opening import open_estate
from cardserver.services.setup import SETUP
from cardserver.services.turn import Estate
from cardserver.vault import demo_vault, export_gate
from cardserver.web.app import create_app
from kiosk.gate.journal import GateJournal
from kiosk.gate.upload import Upload

CONTEXT: Final = get_context("fork")
JOURNAL: Final = "gate.db"
TOLD: Final = "told"
_SECRET: Final = KeyFile(bytes(32))
_IDENTITY: Final = GateIdentity(
    station="gate-1", key=Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\x01")
)
_AGAIN_AFTER_S: Final = 0.01
_LANES: Final = 2


def now() -> datetime:
    """The time of the day."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Job:
    """What both processes are told: the store, the folder of the gate, the port between them."""

    database: str
    folder: Path
    port: int
    taps: int

    def estate(self) -> Estate:
        return open_estate(self.database, demo_vault(), name="翠湖花园", clock=now)


def centre(job: Job, app: APIFlask) -> None:
    """The centre's process; it ends when it is killed. `app` was built before, and did nothing."""
    waitress.serve(app, host="127.0.0.1", port=job.port, threads=2, ident=None)


def gate(job: Job, keys: GateKeys) -> None:
    """The gate's process; it ends when all taps are written and handed over, or when killed."""
    journal = GateJournal(job.folder / JOURNAL)
    signer = GateSigner(_IDENTITY, keys, clock=now)
    server = connect_gate(f"http://127.0.0.1:{job.port}", signer)
    lanes = [
        threading.Thread(target=_lane, args=(journal, job, number), daemon=True)
        for number in range(_LANES)
    ]
    for each in lanes:
        each.start()
    upload = Upload(server=server, journal=journal)
    while any(each.is_alive() for each in lanes) or upload.waiting:
        try:
            idle = upload.drain() == 0
        except ServerError:
            idle = True
        if idle:
            time.sleep(_AGAIN_AFTER_S)
    journal.close()


def _lane(journal: GateJournal, job: Job, number: int) -> None:
    """Card after card is held to the lane; each tap that is durable is told on."""
    told = os.open(job.folder / TOLD, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    written = 0
    while written < job.taps:
        event = journal.append(
            GateEvent(
                sequence=0,
                at=now(),
                lane=f"lane-{number}",
                kind=EventKind.TAP,
                uid=os.urandom(7),
                granted=True,
                reason="granted",
            )
        )
        written = event.sequence
        os.write(told, f"{event.sequence} {event.uid.hex()}\n".encode())
    os.close(told)


class Pair:
    """Gate and centre, alive or just killed."""

    def __init__(self, job: Job) -> None:
        """Put the gate on file, and start both."""
        estate = job.estate()
        enrolling.enrol(estate, SETUP, _IDENTITY.station, _IDENTITY.public_key)
        app = create_app(estate)
        estate.engine.dispose()  # each process opens the store by itself
        keys = GateKeys.open(export_gate(estate.vault, _SECRET), _SECRET, allow_demo=True)
        self._starts = {
            "gate": lambda: CONTEXT.Process(target=gate, args=(job, keys), daemon=True),
            "centre": lambda: CONTEXT.Process(target=centre, args=(job, app), daemon=True),
        }
        self._alive: dict[str, BaseProcess] = {}
        for name in self._starts:
            self._start(name)

    def run(self, seconds: float) -> None:
        """Leave both alone for so long, or until the gate is done."""
        self._alive["gate"].join(seconds)

    def kill(self, dice: random.Random) -> None:
        """Kill the gate, the centre or both, and start what was killed again."""
        victims = dice.choice((("gate",), ("centre",), ("gate", "centre")))
        for name in victims:
            _end(self._alive[name])
        for name in victims:
            self._start(name)

    def finish(self, within_s: float) -> None:
        """Let the gate hand over the rest; raises TimeoutError where it does not get there."""
        self.run(within_s)
        if self._alive["gate"].exitcode != 0:
            raise TimeoutError("the gate did not hand over everything")

    def stop(self) -> None:
        """End both."""
        for each in self._alive.values():
            _end(each)

    def _start(self, name: str) -> None:
        self._alive[name] = self._starts[name]()
        self._alive[name].start()


def _end(process: BaseProcess) -> None:
    if process.is_alive():
        process.kill()
    process.join()


def drain(job: Job, *, kills: int, seed: int, within_s: float) -> None:
    """Let the gate write and hand over all taps, killed so often meanwhile."""
    dice = random.Random(seed)
    pair = Pair(job)
    try:
        for _ in range(kills):
            pair.run(dice.uniform(0.03, 0.4))
            pair.kill(dice)
        pair.finish(within_s)
    finally:
        pair.stop()


def _free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def main(words: list[str]) -> None:
    """One day of killing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("database")
    parser.add_argument("--taps", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within-s", type=float, default=300.0)
    given = parser.parse_args(words)
    logging.disable(logging.CRITICAL)
    job = Job(given.database, given.folder, port=_free_port(), taps=given.taps)
    drain(job, kills=given.kills, seed=given.seed, within_s=given.within_s)


if __name__ == "__main__":
    main(sys.argv[1:])
