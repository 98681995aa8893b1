"""What the server does by itself, beside answering calls.

Old pictures of papers and old lines of gates go, bills are compared.
"""

import logging
import threading
from collections.abc import Callable
from datetime import date
from typing import Final

from cardserver.services.errors import ServiceError
from cardserver.services.imagepurge import purge_due
from cardserver.services.reconciling import reconcile_due
from cardserver.services.retention import look_after_lines
from cardserver.services.turn import Estate

_FIRST_LOOK_S: Final = 5.0
"""Whoever waited for the server comes first."""

_LOOK_EVERY_S: Final = 600.0
_log = logging.getLogger(__name__)


class Daily:
    """Lets pictures of papers and lines of gates go whose day has come, and makes room for the
    lines to come: soon after the server started, then once a day.

    A day whose work failed, because the store was busy, is tried again soon. Providers are asked
    for their bills until each day's is there; they have yesterday's in the course of the morning.
    """

    def __init__(
        self,
        estate: Estate,
        *,
        purge: Callable[[Estate], int] = purge_due,
        lines: Callable[[Estate], int] = look_after_lines,
    ) -> None:
        self._estate = estate
        self._purge = purge
        self._lines = lines
        self._done: date | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="daily", daemon=True)

    def start(self) -> None:
        """Begin, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End; work that is under way is ended first."""
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        """Do today's work unless it is done."""
        today = self._estate.clock().astimezone(self._estate.zone).date()
        if self._done == today:
            return
        try:
            gone, lines = self._purge(self._estate), self._lines(self._estate)
        except ServiceError as error:
            _log.warning("what is due today was not let go yet: %s", error)
            return
        self._done = today
        if gone or lines:
            _log.info("let go: %d pictures of papers, %d lines of gates", gone, lines)

    def _run(self) -> None:
        pause = _FIRST_LOOK_S
        while not self._over.wait(pause):
            try:
                self.look()
                reconcile_due(self._estate)
            except Exception:  # noqa: BLE001 - the server outlives a mistake of ours
                _log.exception("the daily work broke off")
            pause = _LOOK_EVERY_S
