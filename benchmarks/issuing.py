"""What the server does for one issue at the desk: from the verification to the numbered receipt.

Counted is the time inside the server's own application, all calls of one issue together; what card,
reader and clerk take is not in it. The store is SQLite with synchronous=FULL. The baseline is the
95th percentile of the same SQL statements sent bare to a copy of the same database.
"""

import gc
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks.estate import Desk, desk_of
from benchmarks.measure import Effort, Figure, Measure
from benchmarks.statements import recording, replayed_s
from cardserver.services.opening import open_estate
from cardserver.vault import demo_vault
from cardserver.web.app import create_app
from simulators import estate as demo_estate

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ISSUES: Final = 80
"""The clerk's book of receipts has a hundred."""

WARM_UP: Final = 5


class Metered:
    """An application and the time that was spent in it."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self.spent_s = 0.0

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Pass a call on and count the time it took."""
        began = time.perf_counter()
        try:
            return list(self._app(environ, start_response))
        finally:
            self.spent_s += time.perf_counter() - began


def desk_issue(effort: Effort) -> Figure:
    """Milliseconds of server work in one issue, 95th percentile."""
    with TemporaryDirectory(prefix="yika-bench-") as name:
        before, after = Path(name) / "before.db", Path(name) / "yika.db"
        estate = open_estate(f"sqlite:///{after}", demo_vault(), name=demo_estate.ESTATE_NAME)
        people = demo_estate.settle_in(estate)
        app = Metered(create_app(estate))
        desk = desk_of(estate, people, app, "classic-1k")
        copied(after, before)
        with as_served(), recording(estate.engine) as made:
            times = []
            for number in range(effort.part_of(ISSUES) + WARM_UP):
                made.begin_piece()
                times.append(_one(desk, app, number))
        estate.engine.dispose()
        bare = replayed_s(made.pieces, before)
    return Figure(
        name="desk.issue",
        value=p95(times[WARM_UP:]) * 1000,
        unit="ms",
        baseline=p95(bare[WARM_UP:]) * 1000,
    )


def _one(desk: Desk, app: Metered, number: int) -> float:
    desk.lay_blank(number)
    app.spent_s = 0.0
    desk.issue()
    return app.spent_s


@contextmanager
def as_served() -> Iterator[None]:
    """What was loaded is put aside from garbage collection, as `yika serve` does."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def copied(source: Path, target: Path) -> None:
    """The database with all that is committed in it."""
    with closing(sqlite3.connect(source)) as found, closing(sqlite3.connect(target)) as made:
        found.backup(made)


def p95(times: Sequence[float]) -> float:
    """The 95th percentile."""
    return sorted(times)[max(0, round(len(times) * 0.95) - 1)]


MEASURES: Final[Mapping[str, Measure]] = {"desk.issue": desk_issue}
