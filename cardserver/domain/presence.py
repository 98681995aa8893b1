"""Who is inside, from what gates saw: this gate's lines and, later and in any order, the others'.

Of each card and right only the latest counts, by the instant that its line bears here: the centre's
time, as far as it is known how the clock of its gate was. Nothing is added up. So a line told twice
changes nothing, and lines that arrive late, out of order or from several gates at once lead to the
same picture (GATE-02a).

A granted tap counts as a passage until its lane says that nobody went through. What happened before
an area was set to neutral (after a barrier's fault, a fire, or by a guard's hand) is forgotten.

A presence is changed in place and has no lock of its own: whoever shares one among threads has.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import NO_RULES, OUTSIDE, GateRules
from cardserver.domain.ids import CardNumber
from cardserver.domain.lanerules import rules_of
from cardserver.domain.passback import Standing
from cardserver.domain.quick import made
from cardserver.domain.rights import RightKind

ESTATE: Final = "estate"
"""The word in the detail of a NEUTRAL line by which everybody everywhere is forgotten."""

_FORGETTING: Final = frozenset({EventKind.NEUTRAL, EventKind.FIRE, EventKind.FIRE_OVER})

_Key = tuple[int, RightKind]


class Stamp(NamedTuple):
    """When and where; compared in this order, so that of two lines one is always the later."""

    at: datetime
    lane: str
    sequence: int


class _Lane(NamedTuple):
    """A lane that bounds an area: whose passages it sees, of which area, and where it leads.

    `within` are the areas in which one is in that area, too.
    """

    right: RightKind
    area: str
    leads_to: str
    within: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """Somebody inside: the card, since when, through which lane, and the area it stands in."""

    card_number: CardNumber
    right: RightKind
    since: datetime
    lane: str
    area: str


class Presence:
    """Where each card stands, for the areas and lanes of one set of rules."""

    def __init__(self, rules: GateRules = NO_RULES) -> None:
        self.rules = rules
        """The rules whose areas and lanes these are; changed by `set_rules` alone."""
        self._lanes = _lanes(rules)
        self._passed: dict[_Key, Stamp] = {}
        self._granted: dict[_Key, Stamp] = {}
        self._unused: dict[tuple[_Key, str], Stamp] = {}
        self._forgotten: dict[str, Stamp] = {}
        self._floors: dict[str, Stamp] = {}
        self._reset: dict[int, Stamp] = {}
        self._now_called: dict[int, int] = {}
        self._location: dict[_Key, str] = {}
        self._count: dict[str, int] = {}

    def set_rules(self, rules: GateRules) -> None:
        """Go on with other rules; what was seen stays."""
        self.rules, self._lanes = rules, _lanes(rules)
        self._place_all()

    def copy(self) -> "Presence":
        """The same picture, to be led on by itself."""
        other = object.__new__(Presence)
        for name, value in self.__dict__.items():
            setattr(other, name, dict(value) if isinstance(value, dict) else value)
        return other

    def note(self, event: GateEvent) -> None:
        """Take a line to heart; lines that say nothing of who is inside change nothing."""
        if event.kind in _FORGETTING:
            self._forget(event, Stamp(event.at, event.lane, event.sequence))
        elif event.card_number is not None:
            self._note_card(event, event.card_number)

    def let_in(self, number: CardNumber, lane_id: str, at: datetime) -> None:
        """A tap was granted whose line is still to be written."""
        lane = self._lanes.get(lane_id)
        if lane is not None:
            called = self._called(number) if self._now_called else number
            self._keep(self._granted, (called, lane.right), made(Stamp, (at, lane_id, 0)))

    def replaced(self, old: CardNumber, new: CardNumber) -> None:
        """One card stands for another from now on; what either did counts for both."""
        before, after = self._called(old), self._called(new)
        if before == after:
            return
        self._now_called[before] = after
        if before in self._reset:
            _keep_later(self._reset, after, self._reset.pop(before))
        for right in RightKind:
            self._move((before, right), (after, right))

    def standing(
        self,
        card_number: CardNumber,
        lane_id: str,
        *,
        same_space: Iterable[CardNumber] = (),
        clone: bool = False,
    ) -> Standing:
        """What `decide` is told of a card at a lane.

        `same_space` are the cards of the card's parking space, its own may be among them.
        """
        lane = self._lanes.get(lane_id)
        if lane is None:
            return Standing(clone=clone)
        key = (self._called(card_number) if self._now_called else card_number, lane.right)
        last, location = self._last(key), self._location.get(key)
        last_lane, last_at = (last.lane, last.at) if last else ("", None)
        taken = card_number if location else self._taken_by(same_space, lane.right)
        inside = self._counted(lane.within)
        return made(Standing, (location, last_lane, last_at, taken, inside, clone))

    def inside(self, area_id: str) -> int:
        """How many are known to be in an area, those in inner areas included."""
        return self._counted(each for each in self._count if area_id in self.rules.around(each))

    def occupancy(self) -> Mapping[str, int]:
        """How many are known to be in each area."""
        return {area_id: self.inside(area_id) for area_id in self.rules.areas}

    def who(self, area_id: str = OUTSIDE) -> Iterator[Inside]:
        """Who is in an area, or anywhere on the estate; in no order."""
        for (number, right), where in self._location.items():
            last = self._last((number, right))
            around = self.rules.around(where)
            if last is not None and around and (not area_id or area_id in around):
                yield Inside(
                    card_number=CardNumber(number),
                    right=right,
                    since=last.at,
                    lane=last.lane,
                    area=where,
                )

    def _note_card(self, event: GateEvent, number: int) -> None:
        lane, kind = self._lanes.get(event.lane), event.kind
        if lane is None:
            return
        key = (self._called(number) if self._now_called else number, lane.right)
        stamp = Stamp(event.at, event.lane, event.sequence)
        if (kind is EventKind.TAP and event.granted) or kind is EventKind.OPENED_BY_HAND:
            self._keep(self._granted, key, stamp)
        elif kind is EventKind.PASSED:
            self._keep(self._passed, key, stamp)
        elif kind is EventKind.NOT_PASSED and _keep_later(self._unused, (key, event.lane), stamp):
            self._place(key)

    def _keep(self, table: dict[_Key, Stamp], key: _Key, stamp: Stamp) -> None:
        known = table.get(key)
        if known is None or stamp > known:
            table[key] = stamp
            self._place(key)

    def lines(self) -> Iterator[GateEvent]:
        """The fewest lines that lead another presence to the same picture, in no order."""
        for (number, _), stamp in self._granted.items():
            yield _line(stamp, EventKind.TAP, number)
        for (number, _), stamp in self._passed.items():
            yield _line(stamp, EventKind.PASSED, number)
        for ((number, _), _), stamp in self._unused.items():
            yield _line(stamp, EventKind.NOT_PASSED, number)
        for number, stamp in self._reset.items():
            yield _line(stamp, EventKind.NEUTRAL, number)
        for area_id, stamp in self._forgotten.items():
            yield _line(stamp, EventKind.NEUTRAL, None, detail="" if area_id else ESTATE)

    def _forget(self, event: GateEvent, stamp: Stamp) -> None:
        if event.card_number is not None:
            number = self._called(event.card_number)
            _keep_later(self._reset, number, stamp)
            for right in RightKind:
                self._place((number, right))
            return
        rule = self.rules.bounding(event.lane)
        everywhere = rule is None or event.detail == ESTATE
        _keep_later(self._forgotten, OUTSIDE if rule is None or everywhere else rule.area, stamp)
        self._place_all()

    def _taken_by(self, numbers: Iterable[CardNumber], right: RightKind) -> CardNumber | None:
        location, called = self._location, self._now_called
        for number in numbers:
            if location.get((self._called(number) if called else number, right)):
                return number
        return None

    def _called(self, number: int) -> int:
        while number in self._now_called:
            number = self._now_called[number]
        return number

    def _move(self, old: _Key, new: _Key) -> None:
        for table in (self._passed, self._granted):
            if old in table:
                _keep_later(table, new, table.pop(old))
        for key, lane in [each for each in self._unused if each[0] == old]:
            _keep_later(self._unused, (new, lane), self._unused.pop((key, lane)))
        self._place(old)
        self._place(new)

    def _last(self, key: _Key) -> Stamp | None:
        """The latest passage of a card, where it is not forgotten."""
        passed, granted = self._passed.get(key), self._granted.get(key)
        if granted is not None and (passed is None or granted > passed):
            unused = self._unused.get((key, granted.lane))
            if unused is None or unused < granted:
                passed = granted
        lane = None if passed is None else self._lanes.get(passed.lane)
        if passed is None or lane is None:
            return None
        reset, floor = self._reset.get(key[0]), self._floors.get(lane.area)
        forgotten = (reset is not None and reset > passed) or (floor is not None and floor > passed)
        return None if forgotten else passed

    def _place_all(self) -> None:
        self._floors = {
            area_id: floor for area_id in self.rules.areas if (floor := self._floor(area_id))
        }
        self._location.clear()
        self._count.clear()
        for key in self._passed.keys() | self._granted.keys():
            self._place(key)

    def _floor(self, area_id: str) -> Stamp | None:
        """Before this, what went through a lane of the area is forgotten."""
        names = (OUTSIDE, *self.rules.around(area_id))
        return max(
            (self._forgotten[name] for name in names if name in self._forgotten), default=None
        )

    def _place(self, key: _Key) -> None:
        last, before = self._last(key), self._location.get(key)
        where = None if last is None else self._lanes[last.lane].leads_to
        if where == before:
            return
        if before is not None:
            self._count[before] -= 1
            del self._location[key]
        if where is not None:
            self._location[key] = where
            self._count[where] = self._count.get(where, 0) + 1

    def _counted(self, areas: Iterable[str]) -> int:
        count, inside = self._count, 0
        for each in areas:
            inside += count.get(each, 0)
        return inside


def _lanes(rules: GateRules) -> dict[str, _Lane]:
    return {
        lane_id: _Lane(
            right=rules.areas[rule.area].right,
            area=rule.area,
            leads_to=rules.leads_to(rule),
            within=rules_of(rules, lane_id).within,
        )
        for lane_id, rule in rules.lanes.items()
        if rule.area
    }


_K = TypeVar("_K")


def _keep_later(table: dict[_K, Stamp], key: _K, stamp: Stamp) -> bool:
    """True when the stamp is the later one and stands in the table now."""
    known = table.get(key)
    if known is not None and stamp <= known:
        return False
    table[key] = stamp
    return True


def _line(stamp: Stamp, kind: EventKind, number: int | None, detail: str = "") -> GateEvent:
    return GateEvent(
        sequence=stamp.sequence,
        at=stamp.at,
        lane=stamp.lane,
        kind=kind,
        card_number=number,
        granted=kind is EventKind.TAP,
        detail=detail,
    )
