"""Can this card be where it is shown? Anti-passback at lane, area and estate level (GATE-02a).

A card stands where it was last seen to go. What is not known, or was forgotten after a barrier's
fault, is never held against anybody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cardserver.domain.gaterules import OUTSIDE, GateRules, LaneRule, Passback, PassbackMode
from cardserver.domain.ids import CardNumber
from cardserver.domain.lanes import Direction
from cardserver.domain.reasons import Reason

AHEAD: Final = timedelta(minutes=5)
"""A passage further in the future than this was told by a clock that ran ahead: not believed."""

_WEIGHT: Final = {Reason.GRANTED_PASSBACK: 1, Reason.PASSBACK_TIMED: 2, Reason.PASSBACK: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a card at the moment it is shown at a lane.

    `location` is the area it stands in, OUTSIDE, or None where that is not known. `last_lane` and
    `last_at` are its last passage for the same right. `space_taken_by` is a card of the same
    parking space that is inside. `inside` counts who is in the lane's area, inner areas included.
    `clone` says that the card's counter was seen twice or went up.
    """

    location: str | None = None
    last_lane: str = ""
    last_at: datetime | None = None
    space_taken_by: CardNumber | None = None
    inside: int = 0
    clone: bool = False


NOTHING_KNOWN: Final = Standing()


def passback_reason(
    standing: Standing, rule: LaneRule, rules: GateRules, now: datetime
) -> Reason | None:
    """The hardest word of the three levels, or None where nothing speaks against the passage."""
    if standing.location is None or standing.last_at is None or standing.last_at > now + AHEAD:
        return None
    area = rules.areas[rule.area]
    estate = rules.estate.get(area.right)
    found = [
        _word(rule.passback, rule, standing, now) if standing.last_lane == rule.lane_id else None,
        _word(area.passback, rule, standing, now) if _wrong_side(standing, rule, rules) else None,
        _word(estate, rule, standing, now) if _wrong_place(standing, rule, rules) else None,
    ]
    words = [word for word in found if word is not None]
    return max(words, key=_WEIGHT.__getitem__, default=None)


def _wrong_side(standing: Standing, rule: LaneRule, rules: GateRules) -> bool:
    """In the area already, or, on the way out, not in it."""
    inside = rule.area in rules.around(standing.location or OUTSIDE)
    return inside is (rule.direction is Direction.ENTRY)


def _wrong_place(standing: Standing, rule: LaneRule, rules: GateRules) -> bool:
    """Not where this lane begins: seen in another area, or a level was left out."""
    if rule.direction is Direction.EXIT:
        return _wrong_side(standing, rule, rules)
    return standing.location != rules.areas[rule.area].parent


def _word(
    passback: Passback | None, rule: LaneRule, standing: Standing, now: datetime
) -> Reason | None:
    if passback is None or passback.mode is PassbackMode.OFF:
        return None
    timed = passback.mode is PassbackMode.TIMED
    if timed and not _just_now(standing, passback, now):
        return None
    lenient = rule.direction is Direction.EXIT and not passback.exits
    if passback.mode is PassbackMode.SOFT or lenient:
        return Reason.GRANTED_PASSBACK
    return Reason.PASSBACK_TIMED if timed else Reason.PASSBACK


def _just_now(standing: Standing, passback: Passback, now: datetime) -> bool:
    last = standing.last_at
    return last is not None and now - last < timedelta(minutes=passback.minutes)
