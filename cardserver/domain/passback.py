"""Can this card be where it is shown? Anti-passback at lane, area and estate level (GATE-02a).

A card stands where it was last seen to go. What is not known, or was forgotten after a barrier's
fault, is never held against anybody.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cardserver.domain.gaterules import LaneRule, LaneRules, Passback, PassbackMode
from cardserver.domain.ids import CardNumber
from cardserver.domain.lanes import Direction
from cardserver.domain.reasons import Reason

AHEAD: Final = timedelta(minutes=5)
"""A passage further in the future than this was told by a clock that ran ahead: not believed."""

_WEIGHT: Final = {Reason.GRANTED_PASSBACK: 1, Reason.PASSBACK_TIMED: 2, Reason.PASSBACK: 3}


class Standing(NamedTuple):
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


def passback_reason(standing: Standing, rules: LaneRules, now: datetime) -> Reason | None:
    """The hardest word of the three levels, or None where nothing speaks against the passage."""
    rule, area, last_at = rules.rule, rules.area, standing.last_at
    if rule is None or area is None or standing.location is None:
        return None
    if last_at is None or last_at > now + AHEAD:
        return None
    entering = rule.direction is Direction.ENTRY
    # In the area already, or, on the way out, not in it.
    wrong_side = (standing.location in rules.within) is entering
    # Not where this lane begins: seen in another area, or a level was left out.
    wrong_place = standing.location != area.parent if entering else wrong_side
    broken: list[Passback | None] = []
    if standing.last_lane == rule.lane_id:
        broken.append(rule.passback)
    if wrong_side:
        broken.append(area.passback)
    if wrong_place:
        broken.append(rules.estate)
    if not broken:
        return None
    words = [word for each in broken if (word := _word(each, rule, standing, now))]
    return max(words, key=_WEIGHT.__getitem__, default=None)


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
