"""Where every card stands, from the lines of all gates: built once, then led on by new lines only.

What a process keeps in mind of it may be forgotten at any time: the lines are on file.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, select

from cardserver.db import gatequeries
from cardserver.db.tables import CardRow
from cardserver.db.tables_parking import LaneRow
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import CAR_PARK, Area, GateRules, LaneRule
from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.presence import Presence
from cardserver.domain.rights import RightKind
from cardserver.services.gatememory import Journals, PresenceMemory
from cardserver.services.gaterules import rules_now
from cardserver.services.turn import Turn

LOOKED_BACK: Final = timedelta(days=92)
"""Whoever was seen by no gate for so long is counted nowhere."""

_AHEAD: Final = timedelta(days=3660)
"""A gate's clock may be ahead; its lines count all the same, as of when they came."""


@contextmanager
def present(turn: Turn, memory: PresenceMemory) -> Iterator[Presence]:
    """Where every card stands as far as lines have come. Nobody else looks meanwhile."""
    with memory.lock:
        rules, stand = lanes_of(turn), gatequeries.standings(turn.connection, turn.estate.site)
        if memory.presence is None or memory.presence.rules != rules:
            memory.presence = presence_at(turn, turn.now, _AHEAD)
            memory.journals = stand
        else:
            _lead_on(turn, memory.presence, memory.journals, stand)
        yield memory.presence


def presence_at(turn: Turn, until: datetime, ahead: timedelta = timedelta(0)) -> Presence:
    """Where every card stood at an instant, by the lines that are here now.

    `ahead` is how much later than that a gate's clock may have been that was before it in truth.
    """
    rules = lanes_of(turn)
    presence = Presence(rules)
    put_replaced(turn, presence)
    found = gatequeries.last_passages(
        turn.connection,
        turn.estate.site,
        until - LOOKED_BACK,
        until + ahead,
        lanes=tuple(rules.lanes),
    )
    for line in found:
        presence.note(event_of(line))
    return presence


def event_of(line: Row[Any]) -> GateEvent:
    """As far as a presence looks at it."""
    return GateEvent(
        sequence=line.sequence,
        at=line.at,
        lane=line.lane,
        kind=EventKind(line.kind),
        card_number=line.card_number,
        granted=bool(line.granted),
        detail=line.detail,
    )


def _lead_on(turn: Turn, presence: Presence, known: Journals, stand: Journals) -> None:
    put_replaced(turn, presence)
    for journal, last in stand.items():
        before = known.get(journal, 0)
        if last > before:
            lines = gatequeries.of_journal(turn.connection, turn.estate.site, journal, before, last)
            for line in lines:
                presence.note(event_of(line))
            known[journal] = last


def put_replaced(turn: Turn, presence: Presence) -> None:
    """Let cards that replaced others stand where those stood."""
    statement = select(CardRow.number, CardRow.replaced_by).where(CardRow.replaced_by.is_not(None))
    for old, new in turn.connection.execute(statement):
        presence.replaced(CardNumber(old), CardNumber(new or old))


def lanes_of(turn: Turn) -> GateRules:
    """The rules on file; without any, the vehicle lanes of which somebody said where they lead."""
    rules = rules_now(turn)
    if rules.lanes:
        return rules
    area = Area(area_id=CAR_PARK, right=RightKind.PARKING)
    return GateRules(areas={CAR_PARK: area}, lanes=dict(_lanes(turn)))


def _lanes(turn: Turn) -> Iterable[tuple[str, LaneRule]]:
    statement = select(LaneRow.lane_id, LaneRow.direction).where(LaneRow.site == turn.estate.site)
    for lane, direction in turn.connection.execute(statement):
        yield lane, LaneRule(lane_id=LaneId(lane), area=CAR_PARK, direction=direction)
