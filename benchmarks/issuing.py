"""What the server does for one issue at the desk: from the verification to the numbered receipt.

Counted is the time inside the server's own application, all calls of one issue together; what card,
reader and clerk take is not in it. The store is SQLite with synchronous=FULL. Each issue stands
beside the same SQL statements sent bare to a copy of the store (`benchmarks.statements`).
"""

import gc
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks.estate import Desk, desk_of
from benchmarks.measure import Effort, Figure, Measure, Middle, median, p95
from benchmarks.statements import Store, paired
from cardserver.domain.uncollected import collect_seldom
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


def _issue(name: str, middle: Middle, effort: Effort) -> Figure:
    """Milliseconds of server work in one issue."""
    with TemporaryDirectory(prefix="yika-bench-") as folder:
        database = Path(folder) / "yika.db"
        estate = open_estate(f"sqlite:///{database}", demo_vault(), name=demo_estate.ESTATE_NAME)
        people = demo_estate.settle_in(estate)
        app = Metered(create_app(estate))
        desk = desk_of(estate, people, app, "classic-1k")
        store = Store(engine=estate.engine, database=database, copy=Path(folder) / "copy.db")
        numbers = count()
        with as_served():
            return paired(
                name,
                middle,
                lambda: _one(desk, app, next(numbers)),
                store,
                count=effort.part_of(ISSUES),
                warm_up=WARM_UP,
            )


def _one(desk: Desk, app: Metered, number: int) -> float:
    desk.lay_blank(number)
    app.spent_s = 0.0
    desk.issue()
    return app.spent_s


@contextmanager
def as_served() -> Iterator[None]:
    """Garbage is looked for as seldom as `yika serve` does."""
    gc.collect()
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


MEASURES: Final[Mapping[str, Measure]] = {
    "desk.issue": partial(_issue, "desk.issue", p95),
    "desk.issue.median": partial(_issue, "desk.issue.median", median),
}
