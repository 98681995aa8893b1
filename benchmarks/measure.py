"""How a figure is measured and written.

Times are medians of repeats, after a warm-up and with the garbage collector put aside. What is
compared takes turns, so that a busy neighbour or a changing clock rate meets both sides alike. CPU
time is that of the measuring thread alone: what other processes do on the machine is not in it.
"""

import gc
import json
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

Call = Callable[[], object]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the output. `value` is None where it can't be measured here; `note` says why."""

    name: str
    value: float | None
    unit: str
    baseline: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value over baseline; None where one of them is missing."""
        return self.value / self.baseline if self.value is not None and self.baseline else None

    def line(self) -> str:
        """The figure as one JSON object on one line."""
        facts: dict[str, object] = {
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "baseline": _rounded(self.baseline),
            "ratio": _rounded(self.ratio),
        }
        return json.dumps(facts | ({"note": self.note} if self.note else {}), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard to measure: repeats of a time, seconds for each, and how many of a crowd to take."""

    repeats: int
    repeat_s: float
    starts: int
    crowd: float

    def part_of(self, crowd: int) -> int:
        """How many of so many cards to take, 10 at least."""
        return max(10, round(crowd * self.crowd))


FULL: Final = Effort(repeats=15, repeat_s=0.1, starts=7, crowd=1.0)
QUICK: Final = Effort(repeats=1, repeat_s=0.0, starts=0, crowd=0.001)
"""Shows that a measurement runs; its figures mean nothing."""

Measure = Callable[[Effort], Figure]


Middle = Callable[[Sequence[float]], float]
"""One time that stands for many."""


def p95(times: Sequence[float]) -> float:
    """The 95th percentile."""
    return sorted(times)[max(0, round(len(times) * 0.95) - 1)]


def median(times: Sequence[float]) -> float:
    """The one in the middle."""
    return statistics.median(times)


def cpu_s(calls: Sequence[Call], effort: Effort) -> list[float]:
    """CPU seconds of one call of each, on this thread. They take turns."""
    with _no_collection():
        counts = [_count(call, effort) for call in calls]
        rounds = [
            [_timed(call, count) / count for call, count in zip(calls, counts, strict=True)]
            for _ in range(effort.repeats)
        ]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def wall_s(
    calls: Sequence[Callable[[], Result]],
    effort: Effort,
    *,
    after: Callable[[Result], object] = lambda _: None,
) -> list[float]:
    """Seconds by the clock on the wall of calls that start a process; they take turns.

    The first round is a warm-up. `after` tidies up behind a call; its time is not counted.
    """
    rounds = []
    for _ in range(effort.starts + 1):
        times = []
        for call in calls:
            began = time.perf_counter()
            result = call()
            times.append(time.perf_counter() - began)
            after(result)
        rounds.append(times)
    return [statistics.median(times) for times in zip(*(rounds[1:] or rounds), strict=True)]


def _count(call: Call, effort: Effort) -> int:
    """Calls that fill one repeat; finding out is the warm-up."""
    call()
    once = _timed(call, 1)
    return max(1, math.ceil(effort.repeat_s / max(once, 1e-9)))


def _timed(call: Call, count: int) -> float:
    began = time.thread_time()
    for _ in range(count):
        call()
    return time.thread_time() - began


@contextmanager
def _no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _rounded(number: float | None) -> float | None:
    """Four digits that count; whole numbers stay whole."""
    if number is None or number == round(number):
        return number if number is None else round(number)
    short = float(f"{number:.4g}")
    return round(short) if short.is_integer() else short
