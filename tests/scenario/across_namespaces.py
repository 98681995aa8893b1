"""Run as ``unshare -rn python -m tests.scenario.across_namespaces FOLDER``: the centre in one
network namespace, a gate in another, and a wire between them that does what it is told.

The gate is this module too, started again in a namespace of its own; it is told what to do by words
on its standard input and answers with what it knows, a JSON object a line.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cardserver import client_gates
from cardserver.db.engine import open_engine
from cardserver.domain.rights import CardStatus
from cardserver.services.opening import utc_now
from cardserver.services.turn import Estate
from cardserver.vault import demo_vault
from simulators.cards.catalogue import make
from tests.scenario.distance import FarGate, identity, keys_of, let_in, many_cards, served
from tests.scenario.ground import Ground, settled_in, template
from tests.scenario.wirebetween import CENTRE, GATE, Weather, WireBetween, open_end

UID = bytes.fromhex("04A1B2C3D4E5F6")
LONG_S = 40.0
CARDS = 2000
BAD = Weather(delay_s=0.02, jitter_s=0.02, loss=0.05, copies=0.02)


# --- the gate's end


def gate_main(folder: Path, port: int, handle: int) -> None:
    """The gate: waits for words, says what it knows."""
    with socket.socket(fileno=handle) as line:
        socket.send_fds(line, [b"end"], [open_end("gate", GATE)])
    patch.object(client_gates, "SLACK_S", 1.0).start()
    far = FarGate(
        identity(1), keys_of(demo_vault()), port, folder, clock=utc_now, host=CENTRE, wait_s=1.0
    )
    far.uplink.start()
    for word in sys.stdin:
        if word.startswith("tap"):
            far.tap(int(word.split()[1]), utc_now(), timedelta(milliseconds=1))
        snapshot = far.uplink.snapshot()
        entry = snapshot.cards.get(UID)
        known = {
            "version": snapshot.version,
            "cards": len(snapshot.cards),
            "blocked": entry is not None and entry.status is CardStatus.BLOCKED,
            "waiting": far.uplink.upload.waiting,
            "connected": far.uplink.connected,
        }
        say(json.dumps(known))


class Gate:
    """The other process, as this one speaks with it."""

    def __init__(self, folder: Path, port: int) -> None:
        ours, theirs = socket.socketpair()
        words = [sys.executable, "-m", __spec__.name, str(folder), str(port), str(theirs.fileno())]
        self._process = subprocess.Popen(
            ["unshare", "-n", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        _, (self.end,), _, _ = socket.recv_fds(ours, 10, 1)
        ours.close()

    def __call__(self, word: str = "look") -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(word, file=self._process.stdin, flush=True)
        known: dict[str, Any] = json.loads(self._process.stdout.readline())
        return known

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def until(self, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + LONG_S
        while not true(known := self()):
            assert time.monotonic() < deadline, known
            time.sleep(0.02)
        return known


# --- the story


def bad_weather(ground: Ground, wire: WireBetween, gate: Gate) -> None:
    """Late, lost, doubled and out of order: all arrives, once."""
    wire.weather = BAD
    gate("tap 1500")
    gate.until(lambda known: known["connected"] and not known["waiting"])
    assert wire.lost
    assert ground.count("gate_event") == 1500


def partition_in_a_list(wire: WireBetween, gate: Gate) -> None:
    """The wire goes dead in the middle of the first list; half a list is none."""
    until(lambda: wire.weather.deaf_down)
    time.sleep(0.3)
    assert gate()["cards"] == 0
    wire.part_after_down = None
    wire.weather = Weather()
    assert gate.until(lambda known: known["cards"] > 0)["cards"] == CARDS + 1


def half_open(ground: Ground, wire: WireBetween, gate: Gate) -> None:
    """Only one way goes dead: the gate asks, and the centre's answer comes to nothing."""
    wire.weather = Weather(deaf_down=True)
    gate.until(lambda known: not known["connected"])
    card = ground.desk.card(uid=UID)
    assert card is not None
    ground.desk.block(card.number, "lost")
    gate("tap 10")
    assert not gate()["blocked"]
    wire.weather = Weather()
    gate.until(lambda known: known["blocked"] and not known["waiting"])
    assert ground.count("gate_event") == 1510


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def main(folder: Path) -> None:
    (folder / "server.db").write_bytes(template().store)
    engine = open_engine(f"sqlite:///{folder / 'server.db'}")
    ground = settled_in(engine)
    ground.do(ground.issue_request(ground.people.owner), make("desfire-ev2", UID))
    many_cards(engine, CARDS)
    estate: Estate = replace(ground.estate, clock=utc_now)
    let_in(estate, identity(1))
    centre_end = open_end("centre", CENTRE)
    with served(estate, host=CENTRE) as port:
        gate = Gate(folder, port)
        wire = WireBetween(centre_end, gate.end, seed=37078, part_after_down=12)
        try:
            partition_in_a_list(wire, gate)
            bad_weather(ground, wire, gate)
            half_open(ground, wire, gate)
        finally:
            gate.close()
            wire.close()
    say("whole")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(Path(sys.argv[1]))
    else:
        gate_main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
