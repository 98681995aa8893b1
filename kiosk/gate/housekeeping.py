"""What a gate looks after beside its lanes: its clock, the age of its copy, lines past their time.

A line of the journal is kept for `keep_for` after the server has it, at least the 365 days in which
events have to be retrievable (GA/T 1742), and then deleted: movements are sensitive data.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Final, Protocol

from cardserver.domain.admission import Snapshot
from cardserver.domain.gateevent import EventKind
from kiosk.gate.passing import Finding
from kiosk.gate.registration import WITHDRAWN
from kiosk.gate.shared import Shared

_log = logging.getLogger(__name__)

KEEP_FOR: Final = timedelta(days=400)
COPY_TOO_OLD: Final = "copy-too-old"
CLOCK_SET_BACK: Final = "clock-set-back"
CLOCK_OFF: Final = "clock-off"
LINES_HELD_UP: Final = "lines-held-up"
PROGRAM_TOO_OLD: Final = "program-too-old"
_EVERY_S: Final = 2.0
_FORGET_EVERY: Final = timedelta(hours=1)
_STOP_S: Final = 5.0


class Link(Protocol):
    """What is asked of the line to the server."""

    def snapshot(self) -> Snapshot:
        """The list and the rules."""

    @property
    def too_old(self) -> bool:
        """The copy is older than it may be."""

    @property
    def clock_set_back(self) -> bool:
        """The clock says what is known to have passed."""

    @property
    def clock_off(self) -> bool:
        """The clock and the server's did not agree."""

    @property
    def program_too_old(self) -> bool:
        """The list or the rules were written for a later program."""

    @property
    def withdrawn(self) -> bool:
        """The server no longer takes this gate's key."""

    held_up: bool
    """The server is there and does not take the lines."""


class Housekeeping:
    """One thread that looks around now and then; `beside` is looked at with everything else."""

    def __init__(
        self,
        shared: Shared,
        link: Link,
        *,
        keep_for: timedelta = KEEP_FOR,
        beside: Callable[[], None] = lambda: None,
    ) -> None:
        self._shared = shared
        self._link = link
        self._beside = beside
        self._keep_for = keep_for
        self._forgot_at: datetime | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Write down that the gate began, learn who is inside, and begin to look around."""
        started = Finding(kind=EventKind.STARTED, detail=version("yika"))
        self._shared.recorder.note("", started)
        self._follow()
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)

    def look(self) -> None:
        """Look once."""
        trouble = self._shared.recorder.trouble
        trouble(COPY_TOO_OLD, stands=self._link.too_old)
        trouble(CLOCK_SET_BACK, stands=self._link.clock_set_back)
        trouble(CLOCK_OFF, stands=self._link.clock_off)
        trouble(LINES_HELD_UP, stands=self._link.held_up)
        trouble(PROGRAM_TOO_OLD, stands=self._link.program_too_old)
        trouble(WITHDRAWN, stands=self._link.withdrawn)
        self._beside()
        self._follow()
        now = self._shared.clock()
        self._shared.journal.note_time(now)
        if self._link.clock_off or self._link.clock_set_back:
            return  # nothing is deleted by a clock that may be wrong
        if self._forgot_at is None or now - self._forgot_at >= _FORGET_EVERY:
            self._forgot_at = now
            self._forget(now - self._keep_for)

    def _follow(self) -> None:
        self._shared.whereabouts.follow(self._link.snapshot(), self._shared.journal)

    def _forget(self, before: datetime) -> None:
        gone = self._all_of(lambda: self._shared.journal.forget_before(before))
        if gone:
            _log.info("%s lines from before %s are no longer kept", gone, before)

    def _all_of(self, some: Callable[[], int]) -> int:
        gone = 0
        while not self._stop.is_set() and (more := some()):
            gone += more
        return gone

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except sqlite3.Error:
                _log.exception("the journal does not do its part")
            self._stop.wait(_EVERY_S)
