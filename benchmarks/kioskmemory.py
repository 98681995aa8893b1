"""What a kiosk's process weighs after ten thousand top-ups, beside what it weighed before them.

| figure | what is measured |
|---|---|
| `kiosk.memory` | resident memory after 10,000 whole top-ups; its baseline is that after 300 |

Each is a whole visit with three banknotes: machine, till, journal on a disk, acceptor's driver,
card's driver, printing, client, and a page drawn. Nobody has the time to wait for ten thousand
writes of a server, and it is not the server that is weighed: its answers are remembered
(`tests.scenario.remembering`), card and store are set back after each visit, and the printer takes
the slip without drawing it. What only the simulators keep is thrown away. It runs in a process of
its own, but with --quick: ten visits after two.
"""

import gc
import logging
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path
from resource import getpagesize
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from flask.testing import FlaskClient

from benchmarks.measure import Effort, Figure, Measure
from kiosk.selfservice.flow import Screen
from kiosk.selfservice.views import create_app
from simulators.paper import VirtualPrinter
from simulators.paper_commands import Token
from tests.scenario.one_kiosk import OneKiosk, SameIds, resident, same_ids
from tests.scenario.remembering import RememberingLine

TOP_UPS: Final = 10_000
WARM_UP: Final = 300
_ASKS: Final = (b"\x1dr", b"\x1bv", b"\x1bu", b"\x1da", b"\x1dI", b"\x1d(H")
_BOX_HOLDS: Final = 50
"""Visits until somebody empties the cash box."""
_STEPS: Final = (Screen.MONTHS, Screen.PAY, Screen.DONE, Screen.ATTRACT)


class Inkless(VirtualPrinter):
    """It answers, and puts nothing on paper."""

    def _print(self, text: bytes) -> None:
        """No ink."""

    def _obey(self, token: Token) -> None:
        if (token.head + token.body).startswith(_ASKS):
            super()._obey(token)


class Visits:
    """One resident after the other, each from the same moment on."""

    def __init__(self, folder: Path, ids: SameIds) -> None:
        self._ground, self._card = resident().settled(RememberingLine)
        self._kiosk = OneKiosk(self._ground, journal=folder / "kiosk.db", printer=Inkless())
        self._pages: FlaskClient = create_app(self._kiosk.machine).test_client()
        self._ids, self._memory = ids, self._card.dump()
        self._made = 0

    def make(self, count: int) -> None:
        """So many top-ups."""
        for _ in range(count):
            if self._made % _BOX_HOLDS == 0:
                self._empty_the_box()
            self._visit(_STEPS[self._made % len(_STEPS)])
            self._made += 1

    def _empty_the_box(self) -> None:
        self._kiosk.acceptor.remove_cashbox()
        self._kiosk.acceptor.replace_cashbox()

    def _visit(self, looked_at: Screen) -> None:
        kiosk, line = self._kiosk, self._ground.line
        if not isinstance(line, RememberingLine):
            raise TypeError(line)
        first = line.here
        self._ids.begin(1)
        kiosk.begin_to_pay(self._card)
        self._look(Screen.PAY, looked_at)
        kiosk.pay(3)
        kiosk.until(Screen.DONE)
        self._look(Screen.DONE, looked_at)
        kiosk.lift()
        self._look(Screen.ATTRACT, looked_at)
        line.here = first
        self._card.power_off()
        self._card.load(self._memory)
        for stream in kiosk.counter.streams:
            stream.sent.clear()

    def _look(self, here: Screen, wanted: Screen) -> None:
        """Somebody looks at the screen; at one of them a visit."""
        if here is wanted and self._pages.get("/").status_code >= 400:
            raise RuntimeError("the kiosk shows no page")


def weigh(warm_up: int, top_ups: int) -> tuple[int, int]:
    """Bytes that the process holds after the one number of top-ups and after the other."""
    with TemporaryDirectory(prefix="yika-bench-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger("httpx"), "disabled", True)
        visits = Visits(Path(folder), same_ids(patch))
        visits.make(warm_up)
        before = _resident_bytes()
        visits.make(top_ups)
        return before, _resident_bytes()


def _resident_bytes() -> int:
    gc.collect()
    _, pages, *_ = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(pages) * getpagesize()


def _memory(effort: Effort) -> Figure:
    top_ups = effort.part_of(TOP_UPS)
    if top_ups < TOP_UPS:
        before, after = weigh(2, top_ups)
    else:
        with get_context("spawn").Pool(1) as process:
            before, after = process.apply(weigh, (WARM_UP, top_ups))
    return Figure(
        name="kiosk.memory",
        value=after / 2**20,
        unit="MB",
        baseline=before / 2**20,
    )


MEASURES: Final[Mapping[str, Measure]] = {"kiosk.memory": _memory}
