"""Days by the hour: how many went in and out of each area, counted once and then kept.

A day that is over is counted from the lines once, by the daily job or by whoever looks first, and
kept (`gate_day`) with how far every journal was here then. A line that comes later and happened
before the day's end, or lanes that lead elsewhere by new rules, make it be counted anew, as long as
all lines are kept that say who was inside. A day that goes on is counted from its midnight, which
is kept in mind.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Row

from cardserver.db import gatehours as kept_days
from cardserver.db import gatequeries
from cardserver.db.gatehours import KeptDay
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import GateRules
from cardserver.domain.presence import Presence
from cardserver.services.gatedays import MAX_DAYS, span
from cardserver.services.gatememory import Journals, Midnight
from cardserver.services.gatepresence import (
    LOOKED_BACK,
    event_of,
    lanes_of,
    presence_at,
    put_replaced,
)
from cardserver.services.turn import Caller, Estate, Turn, appending, reading
from cardserver.wire_gatereports import HourView, OccupancyView

_HOURS: Final = TypeAdapter(tuple[HourView, ...])
_ONE_DAY: Final = timedelta(days=1)
_SETTLED: Final = timedelta(days=MAX_DAYS - 1) - LOOKED_BACK
"""From this age on a day stays as it was counted: lines before it may have been let go."""

_GONE: Final = timedelta(days=MAX_DAYS)
"""From this age on nothing is counted: the day's own lines may have been let go."""

_CATCHES_UP: Final = 7
"""So many days back the daily job looks for one that nobody counted yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """A local day, the rules it is counted by, and how far every journal is here."""

    day: date
    begin: datetime
    end: datetime
    rules: GateRules
    lanes: str
    journals: Journals


def occupancy(estate: Estate, caller: Caller, day: date) -> OccupancyView:
    """A local day by the hour; an hour that has not come yet is left out.

    All are left out of a day that nobody counted while its lines were there.
    """
    with reading(estate, caller) as turn:
        asked = _asked(turn, day)
        over, age = asked.end <= turn.now, turn.now - asked.end
        kept = kept_days.kept(turn.connection, estate.site, day) if over else None
        if kept is not None and (age >= _SETTLED or _holds(turn, kept, asked)):
            return OccupancyView(day=day, hours=_HOURS.validate_json(kept.hours))
        if age >= _GONE:
            return OccupancyView(day=day, hours=())
        hours, presence = _counted(turn, asked)
        latest = asked.day == turn.today - _ONE_DAY
    if over:
        _keep(estate, asked, hours, _written(presence) if latest else "")
    return OccupancyView(day=day, hours=hours)


def count_days(estate: Estate, caller: Caller) -> int:
    """Count the last days that nobody has counted; how many that were. Raises StoreBusy."""
    with reading(estate, caller) as turn:
        today = turn.today
        days = [today - each * _ONE_DAY for each in range(_CATCHES_UP, 0, -1)]
        there = kept_days.days(turn.connection, estate.site, days[0])
    missing = [day for day in days if day not in there]
    for day in missing:
        occupancy(estate, caller, day)
    return len(missing)


def _asked(turn: Turn, day: date) -> _Day:
    begin, end = span(turn, day, day)
    rules = lanes_of(turn)
    return _Day(
        day=day,
        begin=begin,
        end=end,
        rules=rules,
        lanes=_name_of(rules),
        journals=gatequeries.standings(turn.connection, turn.estate.site),
    )


def _name_of(rules: GateRules) -> str:
    """All that a count depends on: where the lanes lead, and which area lies in which."""
    lanes = sorted((name, each.area, each.direction) for name, each in rules.lanes.items())
    areas = sorted((name, each.parent, each.right) for name, each in rules.areas.items())
    return hashlib.sha256(json.dumps([lanes, areas]).encode()).hexdigest()


def _holds(turn: Turn, kept: KeptDay, asked: _Day) -> bool:
    """True where nothing came since that belongs to the day or to what was before it."""
    return kept.lanes == asked.lanes and not _late(turn, kept.journals, asked, asked.end)


def _late(turn: Turn, known: Mapping[tuple[str, str], int], asked: _Day, before: datetime) -> bool:
    """Did lines come after the known ones that happened before an instant?"""
    connection, site = turn.connection, turn.estate.site
    for journal, last in asked.journals.items():
        first = gatequeries.earliest(connection, site, journal, known.get(journal, 0), last)
        if first is not None and first < before:
            return True
    return False


def _keep(estate: Estate, asked: _Day, hours: tuple[HourView, ...], standing: str) -> None:
    with appending(estate) as (connection, now):
        kept = KeptDay(
            day=asked.day,
            lanes=asked.lanes,
            hours=_HOURS.dump_json(hours).decode(),
            journals=asked.journals,
            standing=standing,
            counted_at=now,
        )
        kept_days.keep(connection, estate.site, kept)


def _counted(turn: Turn, asked: _Day) -> tuple[tuple[HourView, ...], Presence]:
    """The hours, and where every card stood at the end of them."""
    presence = _at_midnight(turn, asked)
    end = min(asked.end, turn.now)
    hours: list[HourView] = []
    lines = gatequeries.passings(turn.connection, turn.estate.site, asked.begin, end)
    line, at, hour = next(lines, None), asked.begin, 0
    while at < end:
        at += timedelta(hours=1)
        counted = _Hour(presence)
        # A gate's day may end a little later than ours: its last hour is our last one.
        while line is not None and (line.at < at or at >= end):
            counted.note(line)
            line = next(lines, None)
        hours += counted.views(hour)
        hour += 1
    if asked.end <= turn.now:
        _remember(turn, asked, asked.day + _ONE_DAY, presence)
    return tuple(hours), presence


def _at_midnight(turn: Turn, asked: _Day) -> Presence:
    """Where every card stood when the day began, to be led on: a copy of what is kept in mind."""
    found = turn.estate.gates.midnights.get(asked.day)
    if (
        found is None
        or found.lanes != asked.lanes
        or _late(turn, found.journals, asked, asked.begin)
    ):
        presence = _from_the_day_before(turn, asked) or presence_at(turn, asked.begin)
        _remember(turn, asked, asked.day, presence)
        return presence
    presence = found.presence.copy()
    put_replaced(turn, presence)
    turn.estate.gates.midnights.put(
        asked.day, Midnight(found.presence, asked.lanes, asked.journals)
    )
    return presence


def _from_the_day_before(turn: Turn, asked: _Day) -> Presence | None:
    """From where cards stood at its end, where that was kept and nothing came since."""
    before = kept_days.kept(turn.connection, turn.estate.site, asked.day - _ONE_DAY)
    if before is None or not before.standing or before.lanes != asked.lanes:
        return None
    if _late(turn, before.journals, asked, asked.begin):
        return None
    presence, since = Presence(asked.rules), asked.begin - LOOKED_BACK
    put_replaced(turn, presence)
    for kind, number, lane, at, sequence, detail in json.loads(before.standing):
        line = GateEvent(
            sequence=sequence,
            at=datetime.fromisoformat(at),
            lane=lane,
            kind=EventKind(kind),
            card_number=number,
            granted=kind == EventKind.TAP,
            detail=detail,
        )
        if line.at >= since:
            presence.note(line)
    return presence


def _written(presence: Presence) -> str:
    """The fewest lines that lead to the same picture, as JSON."""
    return json.dumps(
        [
            (
                each.kind,
                each.card_number,
                each.lane,
                each.at.isoformat(),
                each.sequence,
                each.detail,
            )
            for each in presence.lines()
        ]
    )


def _remember(turn: Turn, asked: _Day, day: date, presence: Presence) -> None:
    turn.estate.gates.midnights.put(day, Midnight(presence.copy(), asked.lanes, asked.journals))


class _Hour:
    """Counts what goes in and out while lines are taken to heart."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._before = dict(presence.occupancy())
        self._most = dict(self._before)
        self._entered, self._left = Counter[str](), Counter[str]()

    def note(self, line: Row[Any]) -> None:
        self._presence.note(event_of(line))
        for area, count in self._presence.occupancy().items():
            change = count - self._before.get(area, 0)
            if change:
                (self._entered if change > 0 else self._left)[area] += abs(change)
                self._before[area] = count
                self._most[area] = max(self._most.get(area, 0), count)

    def views(self, hour: int) -> list[HourView]:
        return [
            HourView(
                area=area,
                hour=hour,
                entered=self._entered[area],
                left=self._left[area],
                inside=count,
                most=self._most[area],
            )
            for area, count in sorted(self._presence.occupancy().items())
        ]
