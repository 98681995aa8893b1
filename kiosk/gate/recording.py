"""Writing down what happens beside the taps: passages, alarms, openings by hand.

Nothing opens because of these lines, so a disk that refuses one keeps nobody waiting: it is owed,
and written before the next.
"""

import logging
import sqlite3
import threading
from collections import deque
from typing import Final

from cardserver.domain.gateevent import EventKind, GateEvent
from kiosk.gate.journal import GateJournal
from kiosk.gate.passing import Finding
from kiosk.gate.troubles import Troubles
from kiosk.station.clock import Clock
from kiosk.station.events import Bell

_log = logging.getLogger(__name__)

EVENTS: Final = "events"
"""The bell's topic for the guard: something was written down beside the taps."""
_OWED: Final = 1000


class Recorder:
    """The gate's record of everything that is no tap, and of what is wrong now."""

    def __init__(self, journal: GateJournal, *, bell: Bell, clock: Clock) -> None:
        self._journal = journal
        self._bell = bell
        self._clock = clock
        self._lock = threading.Lock()
        self._owed: deque[GateEvent] = deque(maxlen=_OWED)
        self.troubles = Troubles()

    def note(self, lane: str, finding: Finding) -> None:
        """Write down what was found at a lane ("" for the gate itself), with its card.

        A NEUTRAL line names no card: with one, only that card would be forgotten.
        """
        about = finding.about
        card = about if finding.kind is not EventKind.NEUTRAL else None
        self.write(
            GateEvent(
                sequence=0,
                at=self._clock(),
                lane=lane,
                kind=finding.kind,
                uid=card.uid if card else b"",
                card_number=card.card_number if card else None,
                about=about.sequence if about else 0,
                detail=finding.detail,
            )
        )

    def write(self, event: GateEvent) -> None:
        """Write a line and whatever is owed before it; what the disk refuses is owed on."""
        with self._lock:
            self.troubles.take(event)
            self._owed.append(event)
            try:
                self._journal.append_all(tuple(self._owed))
            except sqlite3.Error:
                _log.exception("%s lines can't be written down yet", len(self._owed))
            else:
                self._owed.clear()
        self._bell.ring(EVENTS)

    def trouble(self, word: str, lane: str = "", *, stands: bool) -> None:
        """Something is wrong, or no longer; only a change is written down."""
        if stands is not self.troubles.stands(word, lane):
            kind = EventKind.ALARM if stands else EventKind.ALARM_OVER
            self.note(lane, Finding(kind=kind, detail=word))
