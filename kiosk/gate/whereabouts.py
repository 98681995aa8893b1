"""Who is inside, shared by all lanes of a gate, and the one place where a tap is decided.

Deciding and taking note of the outcome happen in one step: of two cars with one space that come to
two lanes in the same instant, one is first. Nothing here touches the disk or a device.
"""

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime

from cardserver.domain.admission import (
    NO_RULES,
    NOTHING_KNOWN,
    CardEntry,
    Decision,
    Lane,
    Presented,
    Snapshot,
    Standing,
    decide_on,
)
from cardserver.domain.cardlist import CardList
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import OUTSIDE, GateRules
from cardserver.domain.ids import CardNumber
from cardserver.domain.presence import Inside, Presence
from cardserver.domain.standing import standing_of
from kiosk.gate.journal import GateJournal


class Whereabouts:
    """The presence of a gate behind a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._presence = Presence()
        self._followed: GateRules | None = None
        self._cards: Mapping[bytes, CardEntry] | None = None

    def follow(self, snapshot: Snapshot, journal: GateJournal) -> None:
        """Go on with this list and its rules.

        New rules are a reason to look through the gate's lines again, also those of lanes that
        meant nothing before; lanes go on deciding meanwhile, and wait for the last few lines only.
        """
        if self._followed is None or self._followed != snapshot.rules:
            self._begin_anew(snapshot.rules, journal)
        cards = snapshot.cards
        if cards is not self._cards and isinstance(cards, CardList):
            with self._lock:
                for old, new in cards.replacements():
                    self._presence.replaced(old, new)
        self._cards = cards

    def note(self, event: GateEvent) -> None:
        """Take a line to heart, of this gate or of another."""
        with self._lock:
            self._presence.note(event)

    def note_all(self, events: Iterable[GateEvent]) -> None:
        """Take lines to heart in any order, those of other gates too."""
        with self._lock:
            for event in events:
                self._presence.note(event)

    def decide(
        self,
        presented: Presented,
        lane: Lane,
        snapshot: Snapshot,
        now: datetime,
        *,
        clone: bool = False,
    ) -> Decision:
        """Decide a tap and, where it is granted, count it at once.

        `clone`: the card's counter says that there are two of it.
        """
        entry = snapshot.cards.get(presented.uid)
        with self._lock:
            standing = self._standing(entry, lane, snapshot, clone=clone)
            decision = decide_on(entry, presented, lane, snapshot, now, standing=standing)
            if decision.granted and decision.card_number is not None:
                self._presence.let_in(decision.card_number, lane.lane_id, now)
            return decision

    def undo(self, lane: Lane, now: datetime, card_number: CardNumber | None) -> None:
        """What was granted did not come to be: it was refused in the end, or never written down."""
        if card_number is not None:
            self.note(
                GateEvent(
                    sequence=0,
                    at=now,
                    lane=lane.lane_id,
                    kind=EventKind.NOT_PASSED,
                    card_number=card_number,
                )
            )

    def occupancy(self) -> dict[str, int]:
        """How many are known to be in each area of the rules."""
        with self._lock:
            return dict(self._presence.occupancy())

    def who(self, area_id: str = OUTSIDE) -> list[Inside]:
        """Who is in an area, or anywhere on the estate, the latest first."""
        with self._lock:
            found = list(self._presence.who(area_id))
        return sorted(found, key=lambda each: each.since, reverse=True)

    def _standing(
        self, entry: CardEntry | None, lane: Lane, snapshot: Snapshot, *, clone: bool
    ) -> Standing:
        rules = snapshot.rules
        if rules is NO_RULES:
            return NOTHING_KNOWN
        if rules is not self._presence.rules and rules != self._presence.rules:
            self._presence.set_rules(rules)
        return standing_of(self._presence, entry, lane, snapshot, clone=clone)

    def _begin_anew(self, rules: GateRules, journal: GateJournal) -> None:
        with self._lock:
            known = tuple(self._presence.lines())
        presence = Presence(rules)
        for event in known:
            presence.note(event)
        done = self._catch_up(presence, journal, journal.lately)
        with self._lock:
            self._catch_up(presence, journal, done)
            self._presence, self._followed, self._cards = presence, rules, None

    @staticmethod
    def _catch_up(presence: Presence, journal: GateJournal, sequence: int) -> int:
        for event in journal.walk(sequence):
            presence.note(event)
            sequence = event.sequence
        return sequence
