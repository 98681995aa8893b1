"""Of lanes that are interlocked, one at a time is open: an airlock's doors, a narrow ramp's ends.

The rules say which lanes (`GateRules.interlocks`); here is what is known of them in this process. A
lane is busy from the moment it is taken until its contact showed it open and shut again, or, where
nothing tells, until the time for one passage is over. A fire sets all of it aside: exits are free.
"""

import threading
from collections.abc import Callable, Collection
from typing import Final

HOLD_S: Final = 15.0
"""So long a lane counts as open that did not say how long somebody may take."""


class Interlock:
    """Which lanes are open or about to be. Safe to use from all lanes' threads."""

    def __init__(
        self,
        ticks: Callable[[], float],
        *,
        suspended: Callable[[], bool] = lambda: False,
    ) -> None:
        self._ticks = ticks
        self._holds: dict[str, float] = {}
        self._lock = threading.Lock()
        self._open: set[str] = set()
        self._taken: dict[str, float] = {}
        self._suspended = suspended

    def hold(self, lane: str, for_s: float) -> None:
        """So long somebody may take to go through this lane."""
        self._holds[lane] = for_s

    def take(self, lane: str, others: Collection[str]) -> bool:
        """May `lane` open while `others` have to be shut? If so, it counts as open from now on."""
        with self._lock:
            if others and not self._suspended() and any(map(self._busy, others)):
                return False
            self._taken[lane] = self._ticks() + self._holds.get(lane, HOLD_S)
            return True

    def give_back(self, lane: str) -> None:
        """It was not opened after all."""
        with self._lock:
            self._taken.pop(lane, None)

    def note(self, lane: str, *, stands_open: bool | None) -> None:
        """What the contacts of a lane say now; None where nothing tells."""
        with self._lock:
            if stands_open:
                self._open.add(lane)
            elif lane in self._open:
                self._open.discard(lane)
                self._taken.pop(lane, None)

    def _busy(self, lane: str) -> bool:
        return lane in self._open or self._taken.get(lane, float("-inf")) > self._ticks()
