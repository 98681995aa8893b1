"""Alarms of the gates: which stand, which are over, and who took note of each, by name.

A trouble begins with a line and goes on until its end is written down, or until the gate's program
starts anew, which begins troubles that are still there once more. Duress, a clone, and what a guard
reports of goods or building material (GATE-04, GATE-06a) are moments. A clone that only the centre
could find, by two gates' lines, stands at the line that gave it away.

A gate that was away for weeks tells its alarms late: they are news when they come, not when they
happened. What stands is shown however long ago it began.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from sqlalchemy import Row

from cardserver.db import clones, gatequeries
from cardserver.db.gatestanding import LASTING
from cardserver.db.tables_gateevents import GateAlarmSeenRow
from cardserver.domain.gateevent import EventKind
from cardserver.domain.permits import Action
from cardserver.services.errors import Conflict, NotFound
from cardserver.services.gatedays import line_view
from cardserver.services.gatelanes import names_of_lanes
from cardserver.services.gatetroubles import (
    MOMENTS,
    TROUBLES,
    Told,
    ended,
    looked_back,
    stood_at,
)
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_gatereports import AlarmList, AlarmView, GateLine, SeeAlarm

_NEWS: Final = timedelta(days=31)
"""So long an alarm is shown that is over, from when it happened or was told."""

_SHOWN: Final = 500


def alarms(estate: Estate, caller: Caller) -> AlarmList:
    """Those that stand, and the last month's; what stands comes first, then what nobody saw."""
    with reading(estate, caller) as turn:
        first, since, site = looked_back(turn), turn.now - _NEWS, estate.site
        until = turn.now + timedelta(days=1)  # a gate's clock may be ahead
        kinds = TROUBLES | MOMENTS
        early = stood_at(turn, first)
        lines = chain(early, gatequeries.in_order(turn.connection, site, first, until, kinds))
        told = [
            (line, over)
            for line, over in ended(lines)
            if over is None or max(line.at, line.taken_at) >= since
        ]
        seen = _seen(turn, first, early)
        names = names_of_lanes(turn)
        found = clones.found_since(turn.connection, site, since)
        views = [
            *(_as_seen(line_view(row, names), over, seen) for row, over in _once_a_card(told)),
            *(_as_seen(_clone_line(row), row.at, seen) for row in found),
        ]
        views.sort(key=lambda each: (each.standing, not each.seen_by, each.line.at), reverse=True)
        shown = max(_SHOWN, sum(each.standing for each in views))
        return AlarmList(alarms=tuple(views[:shown]))


def see_alarm(estate: Estate, caller: Caller, request: SeeAlarm) -> AlarmList:
    """Take note of an alarm. Raises NotFound, Conflict ``not-an-alarm``, ``alarm-seen``."""
    with writing(estate, caller) as turn:
        about = f"{request.device} {request.journal} {request.sequence}"
        if not repeated(turn, request.request_id, "see-alarm", request):
            _see(turn, request, about)
    return alarms(estate, caller)


def _seen(turn: Turn, first: datetime, early: gatequeries.Rows) -> dict[Any, Any]:
    """Who took note of what: of all that was told since, and of what stood before."""
    seen: dict[Any, Any] = {
        (row.device, row.journal, row.sequence): row
        for row in gatequeries.seen_alarms(turn.connection, turn.estate.site, first)
    }
    for line in early:
        key = (line.device, line.journal, line.sequence)
        if key not in seen:
            note = turn.session.get(GateAlarmSeenRow, (turn.estate.site, *key))
            seen |= {} if note is None else {key: note}
    return seen


def _see(turn: Turn, request: SeeAlarm, about: str) -> None:
    name = turn.caller.authorised_by(Action.SEE_GATES)
    site, key = turn.estate.site, (request.device, request.journal, request.sequence)
    line = gatequeries.line_at(turn.connection, site, *key)
    if line is None:
        raise NotFound("alarm", about)
    if line.kind not in LASTING | MOMENTS and not clones.found_at(turn.connection, site, *key):
        raise Conflict("not-an-alarm", f"{about} is a line of another kind")
    found = turn.session.get(GateAlarmSeenRow, (site, *key))
    if found is not None:
        raise Conflict("alarm-seen", f"{found.operator} took note of it before")
    device, journal, sequence = key
    turn.add(
        GateAlarmSeenRow(
            site=site,
            device=device,
            journal=journal,
            sequence=sequence,
            remark=request.remark,
            **turn.made() | {"operator": name},
        )
    )
    turn.note("see-alarm", about, request.remark)


def _once_a_card(told: Iterable[Told]) -> Iterator[Told]:
    """Of what every gate says of a card, a denial that a restored centre lost, the first."""
    named: set[tuple[str, int]] = set()
    for line, over in told:
        about = (line.detail, line.card_number)
        if line.kind is EventKind.ALARM and line.card_number:
            if about in named:
                continue
            named.add(about)
        yield line, over


def _clone_line(row: Any) -> GateLine:
    """The line that gave a card away, told as what it is."""
    return GateLine(
        device=row.device,
        journal=row.journal,
        sequence=row.sequence,
        at=row.at,
        lane="",
        kind=EventKind.CLONE,
        card_number=row.card_number,
        granted=False,
        reason="",
        about=0,
        by="",
        detail=row.sign,
    )


def _as_seen(line: GateLine, over: datetime | None, seen: dict[Any, Row[Any]]) -> AlarmView:
    note = seen.get((line.device, line.journal, line.sequence))
    return AlarmView(
        line=line,
        standing=over is None,
        over_at=over,
        seen_by="" if note is None else note.operator,
        seen_at=None if note is None else note.at,
        remark="" if note is None else note.remark,
    )
