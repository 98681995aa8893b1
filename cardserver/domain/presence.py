"""Who is inside, from what gates saw: this gate's lines and, later and in any order, the others'.

Of each card and right only the latest counts, by the instant of the gate that saw it; nothing is
added up. So a line told twice changes nothing, and lines that arrive late, out of order or from
several gates at once lead to the same picture (GATE-02a).

A granted tap counts as a passage until its lane says that nobody went through. What happened before
an area was set to neutral (after a barrier's fault, a fire, or by a guard's hand) is forgotten.

A presence is changed in place and has no lock of its own: whoever shares one among threads has.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import NO_RULES, OUTSIDE, GateRules
from cardserver.domain.ids import CardNumber
from cardserver.domain.passback import Standing
from cardserver.domain.rights import RightKind

ESTATE: Final = "estate"
"""The word in the detail of a NEUTRAL line by which everybody everywhere is forgotten."""

_FORGETTING: Final = frozenset({EventKind.NEUTRAL, EventKind.FIRE, EventKind.FIRE_OVER})

_Key = tuple[int, RightKind]


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """When and where; compared in this order, so that of two lines one is always the later."""

    at: datetime
    lane: str
    sequence: int


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
        self._rules = rules
        self._passed: dict[_Key, Stamp] = {}
        self._granted: dict[_Key, Stamp] = {}
        self._unused: dict[tuple[_Key, str], Stamp] = {}
        self._forgotten: dict[str, Stamp] = {}
        self._floors: dict[str, Stamp] = {}
        self._reset: dict[int, Stamp] = {}
        self._now_called: dict[int, int] = {}
        self._location: dict[_Key, str] = {}
        self._count: dict[str, int] = {}

    @property
    def rules(self) -> GateRules:
        """The rules whose areas and lanes these are."""
        return self._rules

    def set_rules(self, rules: GateRules) -> None:
        """Go on with other rules; what was seen stays."""
        self._rules = rules
        self._place_all()

    def note(self, event: GateEvent) -> None:
        """Take a line to heart; lines that say nothing of who is inside change nothing."""
        stamp = Stamp(event.at, event.lane, event.sequence)
        if event.kind in _FORGETTING:
            self._forget(event, stamp)
        elif event.card_number is not None:
            self._note_card(event, event.card_number, stamp)

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
        rule = self._rules.bounding(lane_id)
        if rule is None:
            return Standing(clone=clone)
        right = self._rules.areas[rule.area].right
        key = (self._called(card_number), right)
        last = self._last(key)
        return Standing(
            location=self._location.get(key),
            last_lane=last.lane if last else "",
            last_at=last.at if last else None,
            space_taken_by=self._taken_by((card_number, *same_space), right),
            inside=self.inside(rule.area),
            clone=clone,
        )

    def inside(self, area_id: str) -> int:
        """How many are known to be in an area, those in inner areas included."""
        return sum(
            count for where, count in self._count.items() if area_id in self._rules.around(where)
        )

    def occupancy(self) -> Mapping[str, int]:
        """How many are known to be in each area."""
        return {area_id: self.inside(area_id) for area_id in self._rules.areas}

    def who(self, area_id: str = OUTSIDE) -> Iterator[Inside]:
        """Who is in an area, or anywhere on the estate; in no order."""
        for (number, right), where in self._location.items():
            last = self._last((number, right))
            around = self._rules.around(where)
            if last is not None and around and (not area_id or area_id in around):
                yield Inside(
                    card_number=CardNumber(number),
                    right=right,
                    since=last.at,
                    lane=last.lane,
                    area=where,
                )

    def _note_card(self, event: GateEvent, number: int, stamp: Stamp) -> None:
        rule = self._rules.bounding(event.lane)
        if rule is None:
            return
        key = (self._called(number), self._rules.areas[rule.area].right)
        if event.kind is EventKind.PASSED:
            _keep_later(self._passed, key, stamp)
        elif event.kind is EventKind.NOT_PASSED:
            _keep_later(self._unused, (key, event.lane), stamp)
        elif event.kind is EventKind.OPENED_BY_HAND or (
            event.kind is EventKind.TAP and event.granted
        ):
            _keep_later(self._granted, key, stamp)
        else:
            return
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
        rule = self._rules.bounding(event.lane)
        everywhere = rule is None or event.detail == ESTATE
        _keep_later(self._forgotten, OUTSIDE if rule is None or everywhere else rule.area, stamp)
        self._place_all()

    def _taken_by(self, numbers: Iterable[CardNumber], right: RightKind) -> CardNumber | None:
        inside = (number for number in numbers if self._location.get((self._called(number), right)))
        return next(inside, None)

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
        return None if passed is None or self._is_forgotten(key, passed) else passed

    def _is_forgotten(self, key: _Key, stamp: Stamp) -> bool:
        rule = self._rules.bounding(stamp.lane)
        if rule is None:
            return True
        reset, floor = self._reset.get(key[0]), self._floors.get(rule.area)
        return (reset is not None and reset > stamp) or (floor is not None and floor > stamp)

    def _place_all(self) -> None:
        self._floors = {
            area_id: floor for area_id in self._rules.areas if (floor := self._floor(area_id))
        }
        self._location.clear()
        self._count.clear()
        for key in self._passed.keys() | self._granted.keys():
            self._place(key)

    def _floor(self, area_id: str) -> Stamp | None:
        """Before this, what went through a lane of the area is forgotten."""
        names = (OUTSIDE, *self._rules.around(area_id))
        return max(
            (self._forgotten[name] for name in names if name in self._forgotten), default=None
        )

    def _place(self, key: _Key) -> None:
        before = self._location.pop(key, None)
        if before is not None:
            self._count[before] -= 1
        last = self._last(key)
        if last is not None:
            where = self._rules.leads_to(self._rules.lanes[last.lane])
            self._location[key] = where
            self._count[where] = self._count.get(where, 0) + 1


_K = TypeVar("_K")


def _keep_later(table: dict[_K, Stamp], key: _K, stamp: Stamp) -> None:
    known = table.get(key)
    if known is None or stamp > known:
        table[key] = stamp


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
