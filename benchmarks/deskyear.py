"""The desk's charts and reminders after two years of a large estate: how fast the pages answer.

200,000 cards of 100,000 holders, a year of months topped up, with papers, ledger and register
(`deskyear.sql`). What is counted is the CPU time of the page's own request, from the desk's
application to the server and back, in one process and one thread.
"""

import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from flask.testing import FlaskClient

from benchmarks.measure import Effort, Figure, Measure
from cardserver.db.engine import WRITER
from cardserver.services.turn import Estate
from kiosk.station.clock import local_date
from simulators.site import Site

CARDS: Final = 200_000
_FILLING: Final = Path(__file__).with_suffix(".sql")
_YEAR: Final = timedelta(days=364)


def fill(estate: Estate, cards: int, today: date) -> None:
    """SQLite itself counts up the rows, beside those of the demo."""
    script = _FILLING.read_text(encoding="utf-8").replace(":cards", str(cards))
    script = script.replace(":today", f"'{today}'")
    writer = estate.engine.connect().execution_options(**{WRITER: True})
    with writer as connection, connection.begin():
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for statement in script.split(";\n")[:-1]:
            connection.exec_driver_sql(statement)


@contextmanager
def desk_of(cards: int) -> Iterator[tuple[FlaskClient, date]]:
    """The desk of such an estate, its clerk signed in, and the day it is there."""
    with TemporaryDirectory(prefix="yika-bench-") as folder, Site(Path(folder)) as site:
        today = local_date(site.clock())
        fill(site.estate, cards, today)
        yield site.stations["desk"].app.test_client(), today


@cache
def _pages(effort: Effort) -> Mapping[str, float]:
    """Milliseconds of each page, the median of many answers."""
    with desk_of(effort.part_of(CARDS)) as (page, today):
        year = f"/figures/?first={today - _YEAR}&last={today}"
        return {
            "desk.charts": _median(page, year, effort),
            "desk.reminders": _median(page, "/reminders/", effort),
        }


def _median(page: FlaskClient, address: str, effort: Effort) -> float:
    times = [_answered(page, address) for _ in range(effort.repeats + 1)]
    return statistics.median(times[1:]) * 1000  # the first one meets an empty cache


def _answered(page: FlaskClient, address: str) -> float:
    began = time.thread_time()
    answer = page.get(address)
    took = time.thread_time() - began
    assert answer.status_code == HTTPStatus.OK
    return took


def _charts(effort: Effort) -> Figure:
    return Figure(name="desk.charts", value=_pages(effort)["desk.charts"], unit="ms")


def _reminders(effort: Effort) -> Figure:
    return Figure(name="desk.reminders", value=_pages(effort)["desk.reminders"], unit="ms")


MEASURES: Final[Mapping[str, Measure]] = {"desk.charts": _charts, "desk.reminders": _reminders}
