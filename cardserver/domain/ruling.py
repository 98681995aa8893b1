"""What the estate's rules add to a card's own right: hours, passback, spaces, quotas (GATE-02, 03).

Asked only about cards that their own right would let pass. On the way out nothing here refuses for
the hour or the day: nobody is locked in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cardserver.domain.gaterules import ClonePolicy, GateRules, LaneRules
from cardserver.domain.ids import CardNumber
from cardserver.domain.lanes import Direction, Lane
from cardserver.domain.passback import Standing, passback_reason
from cardserver.domain.reasons import Reason
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.domain.schedules import Spans


class Passing(NamedTuple):
    """A card that would pass: who, where, and when; `local` is the minute in the estate's time."""

    card_number: CardNumber
    holder_class: HolderClass
    space: int
    lane: Lane
    rules: LaneRules
    standing: Standing
    now: datetime
    local: datetime

    @property
    def leaving(self) -> bool:
        """True on the way out."""
        return self.lane.direction is Direction.EXIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the rules say beside the right: another reason, and what belongs to it."""

    reason: Reason
    hours: Spans = ()
    last_seen: str = ""


_Check = Callable[[Passing, GateRules], Ruling | None]


def ruling(passing: Passing, rules: GateRules) -> Ruling | None:
    """The first rule that has something to say, the graver ones before; None for none.

    A granting word (a note) counts only when nothing behind it refuses.
    """
    noted: Ruling | None = None
    for check in _CHECKS:
        found = check(passing, rules)
        if found is None:
            continue
        if found.reason not in _NOTES:
            return found
        noted = noted or found
    return noted


_NOTES = frozenset({Reason.GRANTED_PASSBACK, Reason.EXIT_OUTSIDE_HOURS})


def _clone(passing: Passing, rules: GateRules) -> Ruling | None:
    if passing.standing.clone and rules.clone is ClonePolicy.BLOCK:
        return Ruling(reason=Reason.CLONE_SUSPECTED)
    return None


def _worker(passing: Passing, rules: GateRules) -> Ruling | None:
    """GATE-03: within the filing period or its extension, in the hours, for the building alone."""
    held = rules.workers.get(passing.card_number)
    if held is None or passing.leaving:
        return None
    today = passing.local.date()
    if today < held.first:
        return Ruling(reason=Reason.NOT_YET_VALID)
    if today > held.last:
        return Ruling(reason=Reason.WORKER_PERIOD_OVER)
    if not held.zones >> passing.lane.zone & 1:
        return Ruling(reason=Reason.WRONG_ZONE)
    if rules.timetable.is_open(held.schedule, passing.local):
        return None
    hours = rules.timetable.hours_of(held.schedule, today)
    return Ruling(reason=Reason.WORKER_HOURS, hours=hours)


def _hours(passing: Passing, rules: GateRules) -> Ruling | None:
    for name in passing.rules.schedules.get(passing.holder_class, ()):
        if not rules.timetable.is_open(name, passing.local):
            reason = Reason.EXIT_OUTSIDE_HOURS if passing.leaving else Reason.OUTSIDE_HOURS
            hours = rules.timetable.hours_of(name, passing.local.date())
            return Ruling(reason=reason, hours=hours)
    return None


def _passback(passing: Passing, _rules: GateRules) -> Ruling | None:
    reason = passback_reason(passing.standing, passing.rules, passing.now)
    if reason is None:
        return None
    return Ruling(reason=reason, last_seen=passing.standing.last_lane)


def _space(passing: Passing, _rules: GateRules) -> Ruling | None:
    """GATE-02a: of one space, one car at a time."""
    taken = passing.rules.one_car and passing.space and passing.standing.space_taken_by is not None
    return Ruling(reason=Reason.SPACE_TAKEN) if taken else None


def _quota(passing: Passing, _rules: GateRules) -> Ruling | None:
    area = passing.rules.entered
    if area is None or area.limit is None or passing.standing.inside < area.limit:
        return None
    own_space = bool(area.own_space and passing.space and area.right is RightKind.PARKING)
    if own_space or passing.holder_class in area.when_full:
        return None
    if passing.standing.location in passing.rules.within:
        return None  # counted already
    return Ruling(reason=Reason.AREA_FULL)


_CHECKS: tuple[_Check, ...] = (_clone, _worker, _hours, _passback, _space, _quota)
