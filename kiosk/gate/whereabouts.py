"""Who is inside, shared by all lanes of a gate, and the one place where a tap is decided.

Deciding and taking note of the outcome happen in one step: of two cars with one space that come to
two lanes in the same instant, one is first. Nothing here touches the disk or a device.

This gate's own lines count in the order in which they were written, whatever its clock said: where
it was set back, whoever leaves has left, though the entry has the later instant (GATE-07a).
"""

import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from cardserver.domain.admission import (
    GRANTING,
    NO_RULES,
    NOTHING_KNOWN,
    CardEntry,
    Decision,
    Lane,
    Presented,
    Snapshot,
    decide_on,
)
from cardserver.domain.cardlist import CardList
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import OUTSIDE, GateRules
from cardserver.domain.ids import CardNumber
from cardserver.domain.passback import AHEAD
from cardserver.domain.presence import Inside, Presence
from cardserver.domain.standing import standing_of
from kiosk.gate.journal import GateJournal

_NEXT: Final = timedelta(microseconds=1)


class InOrder:
    """Instants of one gate's lines, each after the one before.

    One far beyond `floor`, up to which time is known to have come, was told by a clock that once
    ran ahead: it holds up none behind it.
    """

    def __init__(self, floor: datetime) -> None:
        self.floor = floor
        self._last = datetime.min.replace(tzinfo=UTC)

    def at(self, at: datetime) -> datetime:
        """The next line's instant: its own, or just behind the last."""
        last = self._last
        self._last = at if at > last or last - self.floor > AHEAD else last + _NEXT
        return self._last

    def line(self, event: GateEvent) -> GateEvent:
        """The next line, at its place."""
        at = self.at(event.at)
        return event if at is event.at else event._replace(at=at)


class Whereabouts:
    """The presence of a gate behind a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._presence = Presence()
        self._order = InOrder(datetime.min.replace(tzinfo=UTC))
        self._followed: GateRules | None = None
        self._cards: Mapping[bytes, CardEntry] | None = None
        self._counted: set[tuple[int, str, datetime]] = set()

    def follow(self, snapshot: Snapshot, journal: GateJournal) -> None:
        """Go on with this list and its rules.

        New rules are a reason to look through the gate's lines again, also those of lanes that
        meant nothing before; lanes go on deciding meanwhile, and wait for the last few lines only.
        """
        if self._followed is None or self._followed != snapshot.rules:
            self._begin_anew(snapshot.rules, journal)
        self._order.floor = snapshot.time_floor
        cards = snapshot.cards
        if cards is not self._cards and isinstance(cards, CardList):
            with self._lock:
                for old, new in cards.replacements():
                    self._presence.replaced(old, new)
        self._cards = cards

    def wrote(self, event: GateEvent) -> None:
        """Take a line of this gate to heart, unless it is a tap that was counted when decided.

        What is counted in one presence may be written when another stands in its place: then it is
        counted there.
        """
        if event.kind is EventKind.TAP and event.card_number is not None:
            tap = event.card_number, event.lane, event.at
            if tap in self._counted:
                self._counted.discard(tap)
                return
        with self._lock:
            self._presence.note(self._order.line(event))

    def note(self, event: GateEvent) -> None:
        """Take a line of another gate to heart."""
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
        entry, rules = snapshot.cards.get(presented.uid), snapshot.rules
        with self._lock:
            presence, standing = self._presence, NOTHING_KNOWN
            self._order.floor = snapshot.time_floor
            if rules is not NO_RULES:
                if rules is not presence.rules and rules != presence.rules:
                    presence.set_rules(rules)
                standing = standing_of(presence, entry, lane, snapshot, clone=clone)
            decision = decide_on(entry, presented, lane, snapshot, now, standing=standing)
            if decision.reason in GRANTING and decision.card_number is not None:
                presence.let_in(decision.card_number, lane.lane_id, self._order.at(now))
                self._counted.add((decision.card_number, lane.lane_id, now))
            return decision

    def undo(self, lane: Lane, now: datetime, card_number: CardNumber | None) -> None:
        """What was granted did not come to be: it was refused in the end, or never written down."""
        if card_number is not None:
            self._counted.discard((card_number, lane.lane_id, now))
            self.wrote(
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

    def _begin_anew(self, rules: GateRules, journal: GateJournal) -> None:
        with self._lock:
            known = tuple(self._presence.lines())
        presence, order = Presence(rules), InOrder(journal.passed)
        for event in known:
            presence.note(event)
        done = self._catch_up(presence, journal, journal.lately, order)
        with self._lock:
            self._catch_up(presence, journal, done, order)
            self._presence, self._followed, self._cards = presence, rules, None
            self._order = order
            self._counted.clear()

    @staticmethod
    def _catch_up(presence: Presence, journal: GateJournal, sequence: int, order: InOrder) -> int:
        for event in journal.walk(sequence):
            presence.note(order.line(event))
            sequence = event.sequence
        return sequence
