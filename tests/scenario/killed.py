"""One operation in a process of its own, which ends itself by SIGKILL at a given step.

Steps are counted around the production code, never in it: each exchange that reached the card,
each commit that is about to reach the disk, each answer of the server that is about to arrive.
Between two steps nothing outlives the process, so that these are all the moments there are.

The process is forked from a server that has this module loaded and runs no thread.
"""

import json
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, Engine, event

from cardserver.vault import demo_vault
from cardserver.wire_requests import OperationRequest
from simulators.cards.api import VirtualCard
from simulators.cards.catalogue import make
from simulators.estate import People
from simulators.faults import FaultPlan
from simulators.reader import VirtualReader
from tests.databases.stores import fluent_engine
from tests.scenario.ground import Ground, SetClock, raw

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(
    [
        __name__,
        "tests.scenario.killed_kiosk",
        "tests.scenario.killed_by_phone",
        "tests.scenario.forked",
    ]
)
STORE, CARD = "yika.db", "card.json"
END_S = 60.0


@unique
class Step(StrEnum):
    """What has just happened, or is just going to."""

    EXCHANGE = "exchange"
    COMMIT = "commit"
    ANSWER = "answer"
    NOTE = "note"
    ENTRY = "entry"


@dataclass
class Steps:
    """Counts; at step number `last` the process is gone."""

    last: int | None = None
    seen: list[Step] = field(default_factory=list)

    def __call__(self, step: Step) -> None:
        if len(self.seen) == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen.append(step)

    def watch_store(self, engine: Engine) -> None:
        """Every transaction that has written is a step, just before it is committed."""
        before: dict[Connection, int] = {}

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            before[connection] = raw(connection.connection).total_changes

        @event.listens_for(engine, "commit")
        def commit(connection: Connection) -> None:
            if raw(connection.connection).total_changes > before.pop(connection, 0):
                self(Step.COMMIT)

    def answered(self, _request: httpx.Request) -> None:
        """The server has answered; the station does not know it yet."""
        self(Step.ANSWER)


class Lasting(FaultPlan):
    """A card whose memory is on the disk before its answer is on the way."""

    def __init__(self, card: VirtualCard, path: Path | None, steps: Steps) -> None:
        super().__init__()
        self._card, self._path, self._steps = card, path, steps

    def exchange(self, send: Callable[[bytes], bytes], apdu: bytes) -> bytes:
        answer = send(apdu)
        if self._path is not None:
            write_card(self._card, self._path)
        self._steps(Step.EXCHANGE)
        return answer


def write_card(card: VirtualCard, path: Path) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(card.dump()), encoding="ascii")
    fresh.replace(path)


def read_card(kind: str, uid: bytes, path: Path) -> VirtualCard:
    card = make(kind, uid)
    card.load(json.loads(path.read_text(encoding="ascii")))
    return card


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that the process is told. The store and the card's memory lie in `folder`."""

    folder: Path
    tokens: Mapping[str, str]
    people: People
    key_version: int
    now: Any
    kind: str
    uid: bytes
    request: OperationRequest
    sale_id: str | None
    operation_id: str = ""


def open_ground(job: Job) -> Ground:
    """The estate on the files in the folder."""
    return Ground(
        engine=fluent_engine(f"sqlite:///{job.folder / STORE}"),
        tokens=job.tokens,
        people=job.people,
        vault=demo_vault(job.key_version),
        clock=SetClock(job.now),
    )


def perform(job: Job, last: int) -> None:
    """The process: begin and carry out, and be gone at the step."""
    ground, path = open_ground(job), job.folder / CARD
    card = read_card(job.kind, job.uid, path)
    steps, reader = Steps(last), VirtualReader()
    steps.watch_store(ground.engine)
    ground.line.after = steps.answered
    reader.plan(Lasting(card, path, steps))
    ground.write(job.request, job.sale_id, reader, card, job.operation_id)


def kill_at(last: int, job: Job) -> None:
    """Run the process and see it killed."""
    process = CONTEXT.Process(target=perform, args=(job, last))
    process.start()
    process.join(END_S)
    assert was_killed(process.exitcode)
    process.close()


def was_killed(exit_code: int | None) -> bool:
    """False when the process came to its own end. Anything else is a failure."""
    assert exit_code in {0, -signal.SIGKILL}, exit_code
    return exit_code != 0
