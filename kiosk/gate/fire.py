"""The fire alarm's contact frees the exits in hardware, also with this program stopped (S25).

The software opens nothing for it and shuts nothing: it says so, takes no door that opens for a
forced one, and forgets who is inside when it is over, because nobody was counted.
"""

import threading
from typing import Final

from cardserver.domain.gateevent import EventKind
from kiosk.gate.journal import GateJournal
from kiosk.gate.passing import Finding

_LATELY: Final = 100


class FireWatch:
    """The fire contacts of all lanes of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lanes: set[str] = set()
        self._before: set[str] = set()

    def recall(self, journal: GateJournal) -> None:
        """Learn where a fire began whose end the gate's lines don't tell: it was off meanwhile."""
        last = {
            line.lane: line.kind
            for line in reversed(journal.last(_LATELY, EventKind.FIRE, EventKind.FIRE_OVER))
        }
        with self._lock:
            self._before = {lane for lane, kind in last.items() if kind is EventKind.FIRE}

    @property
    def burning(self) -> bool:
        """True while any lane's contact says so."""
        return bool(self._lanes)

    def note(self, lane: str, *, fire: bool | None) -> list[tuple[str, Finding]]:
        """What a lane's contact says now; returns what is to be written down, and for which lane.

        None, not wired or not readable, changes nothing: a fire is over when the contact says so.
        """
        with self._lock:
            if fire and lane not in self._lanes:
                self._lanes.add(lane)
                self._before.discard(lane)
                return [(lane, Finding(kind=EventKind.FIRE))]
            if fire is False and lane in self._lanes | self._before:
                self._lanes.discard(lane)
                self._before.discard(lane)
                over = [(lane, Finding(kind=EventKind.FIRE_OVER))]
                neutral = ("", Finding(kind=EventKind.NEUTRAL, detail="fire"))
                return over if self._lanes else [*over, neutral]
            return []
