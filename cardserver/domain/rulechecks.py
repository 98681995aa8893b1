"""Names in a document of rules stand for something that is there."""

from cardserver.domain.gaterules import OUTSIDE, Area, GateRules
from cardserver.domain.ruleflaws import FlawWord, Section


def check_names(top: Section, rules: GateRules) -> None:
    """Note every area, schedule and lane that is named and not described."""
    names = rules.timetable.schedules
    for area in rules.areas.values():
        _check_parent(top, area, rules)
    for lane in rules.lanes.values():
        if lane.area and lane.area not in rules.areas:
            top.flaw(FlawWord.AREA_UNKNOWN, f"lane {lane.lane_id}", lane.area)
    used = [(f"lane {each.lane_id}", each.schedule) for each in rules.lanes.values()]
    used += [(f"worker {each.card_number}", each.schedule) for each in rules.workers.values()]
    used += [("hours", each.schedule) for each in rules.hours]
    for where, name in used:
        if name and name not in names:
            top.flaw(FlawWord.SCHEDULE_UNKNOWN, where, name)
    for where, group in [("hours", each.lanes) for each in rules.hours] + [
        ("interlock", each) for each in rules.interlocks
    ]:
        for lane_id in sorted(group - rules.lanes.keys()):
            top.flaw(FlawWord.LANE_UNKNOWN, where, lane_id)


def _check_parent(top: Section, area: Area, rules: GateRules) -> None:
    where = f"area {area.area_id}"
    if area.parent == OUTSIDE:
        return
    parent = rules.areas.get(area.parent)
    if parent is None:
        top.flaw(FlawWord.AREA_UNKNOWN, where, area.parent)
    elif rules.areas[rules.around(area.area_id)[-1]].parent != OUTSIDE:
        top.flaw(FlawWord.AREA_IN_ITSELF, where, area.parent)
    elif parent.right is not area.right:
        top.flaw(FlawWord.AREA_OF_OTHER_RIGHT, where, area.parent)
