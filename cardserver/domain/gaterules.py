"""What an estate's gates are set with beside the list of cards: values, nothing is decided here.

Areas form a tree; a lane leads into its area or out of it. Whoever stands in an inner area stands
in the outer ones too. `NO_RULES` sets nothing: then a card's own right decides alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final

from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.lanes import Direction
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.domain.schedules import Timetable

REMINDER_DAYS: Final = 7
"""IC-12c: the gate reminds politely in the last seven days."""

OUTSIDE: Final = ""
"""Where somebody is who is in no area."""

CAR_PARK: Final = "car-park"
"""The one area of an estate that has set none: its vehicle lanes lead into it and out of it."""


@unique
class PassbackMode(StrEnum):
    """What happens to a card that can't be where it is shown."""

    OFF = "off"
    SOFT = "soft"  # let through, and noted
    TIMED = "timed"  # refused for some minutes after its last passage
    HARD = "hard"  # refused until it left, or until a guard resets it


@dataclass(frozen=True, slots=True, kw_only=True)
class Passback:
    """A mode, and for TIMED the minutes it holds, 1 to 1440.

    At exits the most that happens is a note, unless `exits` is set: nobody is locked in by a
    passage that was not seen.
    """

    mode: PassbackMode = PassbackMode.OFF
    minutes: int = 0
    exits: bool = False


NO_PASSBACK: Final = Passback()


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of the estate that lanes lead into: a car park, a floor of it, a building.

    `parent` is the area around it, empty for an outermost one. `limit` is how many may be inside,
    None for no limit; `when_full` are the holders who enter all the same, as does a car with a
    space of its own where `own_space` is set.
    """

    area_id: str
    right: RightKind
    parent: str = OUTSIDE
    passback: Passback = NO_PASSBACK
    limit: int | None = None
    when_full: frozenset[HolderClass] = frozenset()
    own_space: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRule:
    """Which area a lane leads into (ENTRY) or out of (EXIT), its own passback and its hours.

    A lane without an area has hours only. Lane level passback: the same lane twice in a row.
    `schedule` is a name, empty for always.
    """

    lane_id: LaneId
    area: str
    direction: Direction
    passback: Passback = NO_PASSBACK
    schedule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursRule:
    """Hours of some holders at some lanes; an empty set means all of them."""

    schedule: str
    classes: frozenset[HolderClass] = frozenset()
    lanes: frozenset[LaneId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPass:
    """A worker's card (人员临时出入卡): filing period or its extension, zones, hours (GATE-03).

    `last` is the last day written on the pass itself: a pass that was not brought for an extension
    keeps its old day (RENO-25). `zones` is a mask as in the record. `filing` names the filing.
    """

    card_number: CardNumber
    first: date
    last: date
    zones: int
    schedule: str
    filing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A renovation that was filed: its unit, its days, and what was approved (GATE-06a)."""

    filing: str
    unit: str
    first: date
    last: date
    items: tuple[str, ...] = ()


@unique
class DuressMode(StrEnum):
    """What a duress code does beside the silent alarm."""

    OPEN = "open"  # opens as usual: nothing shows
    REFUSE = "refuse"
    OFF = "off"  # not looked at


@unique
class ClonePolicy(StrEnum):
    """What a card does whose counter was seen twice or went up."""

    ALARM = "alarm"
    BLOCK = "block"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """From how many days before the end on the gate reminds (0 to 90), and its own words.

    `texts` maps a language to a text with ``{last}`` and ``{left}``; empty takes the house's.
    """

    days: int = REMINDER_DAYS
    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRules:
    """What one set of rules says about one lane (`lanerules.rules_of`).

    `rule` and `area` are None for a lane that bounds no area. `within` are the areas in which one
    is in the lane's area: itself and those inside it. `leads_to` is where whoever passes is then.
    `estate` is the passback over the whole estate for the area's right. `schedules` are the hours
    of each class of holders here. `one_car` says that of one parking space one car may come in
    here (GATE-02a). `entered` is the area that whoever passes comes into, None on the way out.
    """

    rule: LaneRule | None = None
    area: Area | None = None
    within: frozenset[str] = frozenset()
    leads_to: str = OUTSIDE
    estate: Passback | None = None
    schedules: Mapping[HolderClass, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    interlocked: frozenset[LaneId] = frozenset()
    one_car: bool = False
    entered: Area | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """One version of the rules. `by` and `since` say who put it on file and when.

    `estate` is the passback over the whole estate, for each right: a card is where it was last
    seen, and can come from nowhere else. `interlocks` are groups of lanes of which one at a time
    is open. `unread` is a later version that this program could not read and goes without, 0 for
    none: an alarm to whoever keeps the gate.
    """

    version: int = 0
    by: str = ""
    since: datetime | None = None
    timetable: Timetable = field(default_factory=Timetable)
    areas: Mapping[str, Area] = field(default_factory=lambda: MappingProxyType({}))
    lanes: Mapping[str, LaneRule] = field(default_factory=lambda: MappingProxyType({}))
    estate: Mapping[RightKind, Passback] = field(default_factory=lambda: MappingProxyType({}))
    hours: tuple[HoursRule, ...] = ()
    one_car_per_space: bool = True
    interlocks: tuple[frozenset[LaneId], ...] = ()
    workers: Mapping[int, WorkerPass] = field(default_factory=lambda: MappingProxyType({}))
    filings: Mapping[str, Filing] = field(default_factory=lambda: MappingProxyType({}))
    reminder: Reminder = field(default_factory=Reminder)
    duress: DuressMode = DuressMode.OPEN
    clone: ClonePolicy = ClonePolicy.ALARM
    unread: int = 0
    of_lanes: dict[str, LaneRules] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What was worked out for single lanes so far."""

    def around(self, area_id: str) -> tuple[str, ...]:
        """The area itself and those around it, inner ones first."""
        found: list[str] = []
        while area_id in self.areas and area_id not in found:
            found.append(area_id)
            area_id = self.areas[area_id].parent
        return tuple(found)

    def bounding(self, lane_id: str) -> LaneRule | None:
        """The rule of a lane that leads into or out of an area; None for any other lane."""
        rule = self.lanes.get(lane_id)
        return rule if rule is not None and rule.area else None

    def leads_to(self, rule: LaneRule) -> str:
        """Where whoever passes this lane is then: an area, or OUTSIDE."""
        if rule.direction is Direction.ENTRY:
            return rule.area
        return self.areas[rule.area].parent

    def interlocked_with(self, lane_id: str) -> frozenset[LaneId]:
        """The lanes that stay shut while this one is open."""
        groups = [group for group in self.interlocks if lane_id in group]
        return frozenset().union(*groups) - {LaneId(lane_id)}


NO_RULES: Final = GateRules()
