"""Who is inside, shared by all lanes of a gate, and the one place where a tap is decided.

Deciding and taking note of the outcome happen in one step: of two cars with one space that come to
two lanes in the same instant, one is first. Nothing here touches the disk or a device.

This gate's own lines count in the order in which they were written, whatever its clock said: where
it was set back, whoever leaves has left, though the entry has the later instant (GATE-07a). Beside
lines of other gates they stand at the centre's time, as far as it is known how far this clock is
off: so the way in and the way out may be two machines.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from cardserver.domain.admission import (
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
from cardserver.domain.passback import AHEAD, Standing
from cardserver.domain.presence import Inside, Presence
from cardserver.domain.standing import standing_of
from kiosk.gate.journal import GateJournal
from kiosk.gate.reckoning import UNKNOWN, Reckoning

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

    def line(self, event: GateEvent, ahead: timedelta = UNKNOWN) -> GateEvent:
        """The next line, at its place; `ahead` is how far its clock was ahead."""
        at = self.at(event.at - ahead if ahead else event.at)
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
        self._reckoning: Reckoning | None = None
        self._learn_anew: Callable[[], None] = lambda: None
        self._revised = 0

    def reckon_by(self, reckoning: Reckoning, learn_anew: Callable[[], None]) -> None:
        """Order this gate's lines by what is known of its clock.

        `learn_anew` has all that other gates saw told once more, where that comes to be known
        afterwards.
        """
        self._reckoning, self._learn_anew = reckoning, learn_anew

    def follow(self, snapshot: Snapshot, journal: GateJournal) -> None:
        """Go on with this list and its rules.

        New rules are a reason to look through the gate's lines again, also those of lanes that
        meant nothing before; lanes go on deciding meanwhile, and wait for the last few lines only.
        """
        revised = 0 if self._reckoning is None else self._reckoning.revised
        if self._followed is None or self._followed != snapshot.rules or revised != self._revised:
            self._begin_anew(snapshot.rules, journal, known_holds=revised == self._revised)
            self._revised = revised
        self._order.floor = snapshot.time_floor - self._ahead()
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
        ahead = self._ahead()
        with self._lock:
            self._presence.note(self._order.line(event, ahead))

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
        ahead = self._ahead(now)
        with self._lock:
            presence, standing = self._presence, NOTHING_KNOWN
            self._order.floor = snapshot.time_floor - ahead if ahead else snapshot.time_floor
            if rules is not NO_RULES:
                if rules is not presence.rules and rules != presence.rules:
                    presence.set_rules(rules)
                standing = standing_of(presence, entry, lane, snapshot, clone=clone)
                if ahead:
                    standing = _as_judged(standing, ahead, now, snapshot.time_floor)
            decision = decide_on(entry, presented, lane, snapshot, now, standing=standing)
            if decision.granted and decision.card_number is not None:
                presence.let_in(decision.card_number, lane.lane_id, self._order.at(now - ahead))
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

    def _ahead(self, now: datetime | None = None) -> timedelta:
        return UNKNOWN if self._reckoning is None else self._reckoning.ahead(now)

    def _ahead_at(self, sequence: int) -> tuple[timedelta, int | None]:
        return (UNKNOWN, None) if self._reckoning is None else self._reckoning.of(sequence)

    def _begin_anew(self, rules: GateRules, journal: GateJournal, *, known_holds: bool) -> None:
        """`known_holds`: what is known stands at its right instants."""
        with self._lock:
            known = tuple(self._presence.lines()) if known_holds else ()
        presence, order = Presence(rules), InOrder(journal.passed - self._ahead())
        for event in known:
            presence.note(event)
        done = self._catch_up(presence, journal, journal.lately, order)
        with self._lock:
            self._catch_up(presence, journal, done, order)
            self._presence, self._followed, self._cards = presence, rules, None
            self._order = order
            self._counted.clear()
        if not known_holds:
            self._learn_anew()

    def _catch_up(
        self, presence: Presence, journal: GateJournal, sequence: int, order: InOrder
    ) -> int:
        ahead, last = self._ahead_at(sequence + 1)
        for event in journal.walk(sequence):
            if last is not None and event.sequence > last:
                ahead, last = self._ahead_at(event.sequence)
            presence.note(order.line(event, ahead))
            sequence = event.sequence
        return sequence


def _as_judged(standing: Standing, ahead: timedelta, now: datetime, floor: datetime) -> Standing:
    """With the last passage as long ago as it is, by the instant that `decide` judges by."""
    if standing.last_at is None:
        return standing
    return standing._replace(last_at=standing.last_at + (max(now, floor) - (now - ahead)))
