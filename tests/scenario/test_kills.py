"""The process with station and server in it is killed at every step of every operation.

What is left are two files: the server's store and the card's memory. A fresh session opens them,
and everything must be as after a tear: readable at the gate as old or new, finished or undone,
nothing lost, nothing twice.

As a rule a sample is killed, another one for each operation and type of card; all of them with
YIKA_KILL_ALL=1.
"""

import os
import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.cards.api import CardDump
from simulators.reader import VirtualReader
from tests.databases.stores import fluent_engine
from tests.scenario.cases import PREPARED, End, Start, end_of, prepare, write
from tests.scenario.ground import KINDS, save
from tests.scenario.killed import (
    CARD,
    STORE,
    Job,
    Lasting,
    Step,
    Steps,
    kill_at,
    open_ground,
    read_card,
    write_card,
)
from tests.scenario.truth import check_gate, end_by_finishing, end_by_undoing

pytestmark = pytest.mark.together("kills")

ALL = os.environ.get("YIKA_KILL_ALL") == "1"
SAMPLE_KINDS = ("classic-1k", "desfire-ev2")
SORTS = {Step.EXCHANGE, Step.COMMIT, Step.ANSWER}


@pytest.mark.parametrize("kind", KINDS if ALL else SAMPLE_KINDS)
@pytest.mark.parametrize("name", PREPARED)
def test_a_process_killed_anywhere_leaves_what_can_be_finished_or_undone(
    name: str, kind: str, tmp_path: Path
) -> None:
    start, store, memory = at_the_start(name, kind)
    steps, end = dry_run(start)
    assert set(steps) == SORTS
    for last in chosen(steps, f"{name} {kind}"):
        job = lay_out(start, store, memory, tmp_path / str(last))
        kill_at(last, job)
        try:
            follow(start, end, job)
        except Exception as error:
            error.add_note(f"{name}, {kind}, killed at {steps[last]} {last}")
            raise
    start.ground.engine.dispose()


def at_the_start(name: str, kind: str) -> tuple[Start, bytes, CardDump]:
    engine = fluent_engine("sqlite://")
    start = prepare(engine, name, kind)
    return start, save(engine), start.memory


def dry_run(start: Start) -> tuple[Sequence[Step], End]:
    """Which steps there are, and how it ends when nobody is killed."""
    steps, reader = Steps(), VirtualReader()
    reader.plan(Lasting(start.card, None, steps))
    steps.watch_store(start.ground.engine)
    start.ground.line.after = steps.answered
    number = write(start, reader)
    seen = tuple(steps.seen)
    return seen, end_of(start, number)


def chosen(steps: Sequence[Step], seed: str) -> list[int]:
    """All steps, or one of each sort."""
    if ALL:
        return list(range(len(steps)))
    chance = random.Random(seed)
    return [
        chance.choice([number for number, step in enumerate(steps) if step is sort])
        for sort in sorted(SORTS)
    ]


def lay_out(start: Start, store: bytes, memory: CardDump, folder: Path) -> Job:
    """The two files as they are before the operation."""
    folder.mkdir()
    (folder / STORE).write_bytes(store)
    start.card.load(memory)
    write_card(start.card, folder / CARD)
    return Job(
        folder=folder,
        tokens=start.ground.tokens,
        people=start.ground.people,
        key_version=start.ground.vault.current_version,
        now=start.ground.clock.now,
        kind=start.card.kind,
        uid=start.card.uid,
        request=start.request,
        sale_id=start.sale_id,
        operation_id=start.operation_id,
    )


def follow(start: Start, end: End, job: Job) -> None:
    """Fresh sessions on what is left, and on a copy of it: one finishes, the other one undoes."""
    copy = replace(job, folder=job.folder.with_suffix(".copy"))
    shutil.copytree(job.folder, copy.folder)
    with fresh_session(start, job) as fresh:
        check_gate(fresh, end)
        end_by_finishing(fresh, end)
    with fresh_session(start, copy) as fresh:
        end_by_undoing(fresh, end)
    shutil.rmtree(job.folder)
    shutil.rmtree(copy.folder)


@contextmanager
def fresh_session(start: Start, job: Job) -> Iterator[Start]:
    ground = open_ground(job)
    yield replace(start, ground=ground, card=read_card(job.kind, job.uid, job.folder / CARD))
    ground.engine.dispose()
