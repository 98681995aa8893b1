"""A gate's own look at the counters of cards; the centre compares those of all gates.

What this gate saw last of a card is enough here: its lines are written in the order of its taps. A
card that gave itself away stays so until a guard sets it right by name (a NEUTRAL line of it).
"""

import threading
from datetime import datetime

from cardserver.domain.clonetrap import CloneSign, Sighting, clone_sign
from cardserver.domain.gateevent import EventKind, GateEvent
from kiosk.gate.journal import GateJournal


class CloneWatch:
    """The last number that each card used up here. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[int, Sighting] = {}
        self._given_away: dict[int, CloneSign] = {}

    def recall(self, journal: GateJournal) -> None:
        """Learn from the gate's own lines, and go on with every line to come."""
        for event in journal.walk(journal.lately):
            self.note(event)
        journal.listen(self.note)

    def note(self, event: GateEvent) -> None:
        """Take a line of this gate's journal to heart, once each and in their order."""
        number, counter = event.card_number, event.counter
        if number is None or (counter is None and event.kind is not EventKind.NEUTRAL):
            return
        with self._lock:
            if event.kind is EventKind.NEUTRAL:
                self._given_away.pop(number, None)
            elif event.kind is EventKind.TAP and counter is not None:
                self._take(number, Sighting(at=event.at, counter=counter))

    def found(self, card_number: int, counter: int | None, at: datetime) -> CloneSign | None:
        """What the number gives away that a card shows at this instant."""
        before = self._last.get(card_number)
        if counter is None or before is None:
            return None
        return clone_sign(before, Sighting(at=at, counter=counter))

    @property
    def suspects(self) -> bool:
        """True while any card here gave itself away."""
        return bool(self._given_away)

    def given_away(self, card_number: int) -> CloneSign | None:
        """What gave this card away here before."""
        return self._given_away.get(card_number)

    def _take(self, number: int, seen: Sighting) -> None:
        before = self._last.get(number)
        sign = None if before is None else clone_sign(before, seen)
        if sign is not None:
            self._given_away[number] = sign
        if before is None or seen.counter < before.counter:
            self._last[number] = seen
