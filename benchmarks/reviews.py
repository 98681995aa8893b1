"""Form F2 over an estate of 200,000 cards: how long it takes, and how much memory it needs.

The store is filled straight through its tables (`reviews.sql`), with as many operations, papers and
taps as a quarter of such an estate leaves behind. What is timed is the use case, from the first
question to the commit of its lists, in CPU seconds of its thread. Memory is what Python held at
most beyond what it held before; its baseline is the same form over a tenth of the cards.
"""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

from benchmarks.measure import Effort, Figure, Measure
from cardserver.db.engine import WRITER
from cardserver.domain.permits import Role
from cardserver.domain.review import Quarter
from cardserver.domain.station import StationKind
from cardserver.services.opening import open_estate
from cardserver.services.reviewing import compute_review
from cardserver.services.turn import Caller, Estate
from cardserver.vault import demo_vault
from cardserver.wire_review import ComputeRequest

CARDS: Final = 200_000
_FEW: Final = CARDS // 10
_HEAD: Final = Caller(
    station="desk-1",
    kind=StationKind.DESK,
    operator="何静",
    roles=frozenset({Role.FRONT_DESK_HEAD}),
)
_QUARTER: Final = Quarter(year=2026, number=3)
_NOW: Final = datetime(2026, 10, 8, 2, tzinfo=UTC)
_FILLING: Final = Path(__file__).with_suffix(".sql")


def _fill(estate: Estate, cards: int) -> None:
    """SQLite itself counts up the rows: written one by one they would take longer than the form."""
    writer = estate.engine.connect().execution_options(**{WRITER: True})
    with writer as connection, connection.begin():
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        script = _FILLING.read_text(encoding="utf-8").replace(":cards", str(cards))
        script = script.replace(":site", f"'{estate.site}'")
        for statement in script.split(";\n")[:-1]:
            connection.exec_driver_sql(statement)


def _id(number: int) -> str:
    return str(UUID(int=number))


@contextmanager
def filled(cards: int) -> Iterator[Estate]:
    """A store with so many cards and their past."""
    with TemporaryDirectory(prefix="yika-bench-") as folder:
        database = f"sqlite:///{Path(folder) / 'yika.db'}"
        estate = open_estate(database, demo_vault(), name="翠湖花园", clock=lambda: _NOW)
        try:
            _fill(estate, cards)
            yield estate
        finally:
            estate.engine.dispose()


def _reviewed(estate: Estate, number: int) -> None:
    compute_review(estate, _HEAD, _QUARTER, ComputeRequest(request_id=_id(number)))


def _once(cards: int) -> tuple[float, int]:
    """CPU seconds of one form, SQLite's work included, and its peak of memory in bytes."""
    with filled(cards) as estate:
        _reviewed(estate, 1)  # the statements are compiled, the pages of the file are read
        began = time.thread_time()
        _reviewed(estate, 2)
        seconds = time.thread_time() - began
        tracemalloc.start()
        try:
            _reviewed(estate, 3)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    return seconds, peak


@cache
def _of(cards: int) -> tuple[float, int]:
    return _once(cards)


def _time(effort: Effort) -> Figure:
    seconds, _ = _of(effort.part_of(CARDS))
    return Figure(name="desk.review", value=seconds, unit="s")


def _growth(effort: Effort) -> Figure:
    """Peak memory over all cards, and over a tenth of them: flat where the ratio is near one."""
    _, many = _of(effort.part_of(CARDS))
    _, few = _of(effort.part_of(_FEW))
    mb = 1024 * 1024
    return Figure(name="desk.review.memory", value=many / mb, unit="MB", baseline=few / mb)


MEASURES: Final[dict[str, Measure]] = {"desk.review": _time, "desk.review.memory": _growth}
