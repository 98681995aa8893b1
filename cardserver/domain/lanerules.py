"""The rules as one lane needs them, worked out once: it asks the same of them at every tap."""

from cardserver.domain.gaterules import OUTSIDE, GateRules, HoursRule, LaneRules
from cardserver.domain.lanes import Direction
from cardserver.domain.rights import HolderClass, RightKind


def rules_of(rules: GateRules, lane_id: str) -> LaneRules:
    """What the rules say about a lane, worked out the first time that somebody asks."""
    found = rules.of_lanes.get(lane_id)
    if found is None:
        found = rules.of_lanes[lane_id] = _worked_out(rules, lane_id)
    return found


def _worked_out(rules: GateRules, lane_id: str) -> LaneRules:
    schedules = {each: _schedules(rules, lane_id, each) for each in HolderClass}
    interlocked = rules.interlocked_with(lane_id)
    rule = rules.bounding(lane_id)
    if rule is None:
        return LaneRules(schedules=schedules, interlocked=interlocked)
    area = rules.areas[rule.area]
    entering = rule.direction is Direction.ENTRY
    parking = area.right is RightKind.PARKING
    return LaneRules(
        rule=rule,
        area=area,
        within=frozenset(each for each in rules.areas if rule.area in rules.around(each)),
        leads_to=rules.leads_to(rule),
        estate=rules.estate.get(area.right),
        schedules=schedules,
        interlocked=interlocked,
        entered=area if entering else None,
        # Between two floors of one car park nothing new comes in.
        one_car=rules.one_car_per_space and entering and parking and area.parent == OUTSIDE,
    )


def _schedules(rules: GateRules, lane_id: str, holder_class: HolderClass) -> tuple[str, ...]:
    """The hours of some holders at a lane, each once, in the order in which they are looked at."""
    names = [each.schedule for each in rules.hours if _applies(each, lane_id, holder_class)]
    rule = rules.lanes.get(lane_id)
    if rule is not None:
        names.append(rule.schedule)
    return tuple(name for name in dict.fromkeys(names) if name)


def _applies(rule: HoursRule, lane_id: str, holder_class: HolderClass) -> bool:
    return (not rule.classes or holder_class in rule.classes) and (
        not rule.lanes or lane_id in rule.lanes
    )
