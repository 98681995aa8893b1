"""Tells the service manager that a station is up, and goes on telling while its work moves.

systemd starts a station anew that has ended or stands still (sd_notify(3); ``WatchdogSec=`` in
systemd.service(5)). Where nobody asks, as on Windows or in a terminal, nothing is told.
"""

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

_ASKED: Final = "NOTIFY_SOCKET"
_LIMIT: Final = "WATCHDOG_USEC"
_SIGNS_A_LIMIT: Final = 3
"""So often a sign of life is given within the time after which the station counts as dead."""


class Watchdog:
    """Gives signs of life from its own thread for as long as `alive` says yes."""

    def __init__(self, alive: Callable[[], bool]) -> None:
        self._alive = alive
        self._stop = threading.Event()
        self._last = ExitStack()

    def start(self) -> None:
        """Say that the station is ready; from now on give signs of life where they are wanted."""
        if not os.environ.get(_ASKED):
            return
        from sdnotify import SystemdNotifier

        notifier = SystemdNotifier()
        self._last.callback(notifier.socket.close)
        tell: Callable[[str], None] = notifier.notify
        tell("READY=1")
        limit_s = int(os.environ.get(_LIMIT, "0")) / 1_000_000
        if limit_s:
            thread = threading.Thread(
                target=self._run, args=(tell, limit_s), name="watchdog", daemon=True
            )
            thread.start()
            self._last.callback(thread.join)

    def stop(self) -> None:
        """Fall silent; the station is being stopped."""
        self._stop.set()
        self._last.close()

    def _run(self, tell: Callable[[str], None], limit_s: float) -> None:
        while True:
            if self._alive():
                tell("WATCHDOG=1")
            if self._stop.wait(limit_s / _SIGNS_A_LIMIT):
                return
