"""What is wrong at the gate now, told by its own lines: begun, and not over yet.

A trouble is a lane ("" for the gate itself) and a word. The process's start ends all that stood:
what is still wrong is told anew.
"""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cardserver.domain.gateevent import EventKind, GateEvent

BEGINS: Final = {
    EventKind.FORCED: "forced",
    EventKind.HELD_OPEN: "held-open",
    EventKind.BARRIER_FAULT: "barrier-fault",
    EventKind.FIRE: "fire",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One standing trouble, and since when."""

    lane: str
    word: str
    since: datetime


class Troubles:
    """A fold over lines, in their order. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standing: dict[tuple[str, str], Trouble] = {}

    def take(self, event: GateEvent) -> None:
        """The next line."""
        with self._lock:
            match event.kind:
                case EventKind.STARTED:
                    self._standing.clear()
                case EventKind.ALARM:
                    self._begin(event.detail, event)
                case EventKind.ALARM_OVER:
                    self._standing.pop((event.lane, event.detail), None)
                case EventKind.FIRE_OVER:
                    self._standing.pop((event.lane, "fire"), None)
                case kind if kind in BEGINS:
                    self._begin(BEGINS[kind], event)

    @property
    def standing(self) -> tuple[Trouble, ...]:
        """All of them, oldest first."""
        with self._lock:
            return tuple(sorted(self._standing.values(), key=lambda each: each.since))

    def stands(self, word: str, lane: str = "") -> bool:
        """Is this wrong now?"""
        with self._lock:
            return (lane, word) in self._standing

    def _begin(self, word: str, event: GateEvent) -> None:
        trouble = Trouble(lane=event.lane, word=word, since=event.at)
        self._standing.setdefault((event.lane, word), trouble)
