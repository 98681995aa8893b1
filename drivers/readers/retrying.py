"""How soon a lost line is tried again: quickly for ten seconds, then ever more slowly.

A reader that boots more slowly than we do must not be dead for minutes (osdp-dev/libosdp #214).
"""

from collections.abc import Callable
from typing import Final

QUICK_S: Final = 0.5
QUICK_FOR_S: Final = 10.0
LONGEST_S: Final = 15.0


class Pause:
    """The pause between two tries of one thing."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._since: float | None = None  # when the first try failed, or was made
        self._next = 0.0
        self._pause_s = QUICK_S

    def due(self) -> bool:
        """May it be tried now? If so, that was a try, and the next one is further away."""
        now = self._ticks()
        if self._since is None:
            self._since = now
        elif now < self._next:
            return False
        if now - self._since >= QUICK_FOR_S:
            self._pause_s = min(LONGEST_S, self._pause_s * 2)
        self._next = now + self._pause_s
        return True

    def went_well(self) -> None:
        """The next trouble begins anew."""
        self._since = None
        self._pause_s = QUICK_S
