"""Who is inside, and how many by the hour, from what all gates have handed over (GATE-02a).

The lines lead a presence as they do at a gate (see `gatepresence`).
"""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row

from cardserver.db import gatequeries
from cardserver.domain.presence import Presence
from cardserver.services.gatedays import span
from cardserver.services.gatepresence import event_of, presence_at, present
from cardserver.services.turn import Caller, Estate, reading
from cardserver.wire_gatereports import HourView, InsideList, InsideView, OccupancyView


def inside(estate: Estate, caller: Caller, area: str = "") -> InsideList:
    """Who is in an area, or anywhere on the estate, the latest first, as far as lines have come."""
    with reading(estate, caller) as turn:
        with present(turn, estate.gates.presence) as presence:
            found = list(presence.who(area))
            counts = dict(presence.occupancy())
        found.sort(key=lambda each: each.since, reverse=True)
        return InsideList(
            at=turn.now,
            inside=tuple(
                InsideView(
                    card_number=each.card_number,
                    right=each.right,
                    since=each.since,
                    lane=each.lane,
                    area=each.area,
                )
                for each in found
            ),
            counts=counts,
        )


def occupancy(estate: Estate, caller: Caller, day: date) -> OccupancyView:
    """A local day by the hour: how many went in and out of each area and how many were inside."""
    with reading(estate, caller) as turn:
        begin, end = span(turn, day, day)
        end = min(end, turn.now)
        presence = presence_at(turn, begin)
        hours: list[HourView] = []
        lines = gatequeries.in_order(turn.connection, estate.site, begin, end, gatequeries.PASSING)
        line = next(lines, None)
        at, hour = begin, 0
        while at < end:
            at += timedelta(hours=1)
            counted = _Hour(presence)
            while line is not None and line.at < at:
                counted.note(line)
                line = next(lines, None)
            hours += counted.views(hour)
            hour += 1
        return OccupancyView(day=day, hours=tuple(hours))


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
