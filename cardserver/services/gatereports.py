"""The manager's reports: refusals by reason, openings by hand, and how available the gates were."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import chain

from cardserver.db import gatequeries
from cardserver.db.gatebooks import revoked_gates
from cardserver.db.gatesilences import SILENT_AFTER
from cardserver.domain.gatechecks import CHECKED
from cardserver.domain.gateevent import EventKind
from cardserver.services.gatedays import line_views, span
from cardserver.services.gatelanes import names_of_lanes
from cardserver.services.gatetroubles import TROUBLES, ended, stood_at
from cardserver.services.turn import Caller, Estate, Turn, reading
from cardserver.wire_gatereports import (
    MAX_OPENINGS,
    AvailabilityReport,
    AvailabilityView,
    DeniedReport,
    DeniedView,
    GateLines,
)

_FAILING = frozenset({EventKind.BARRIER_FAULT, EventKind.ALARM})
_NO_TROUBLE = frozenset({EventKind.FIRE, EventKind.FIRE_OVER})
Span = tuple[datetime, datetime]


def denied(estate: Estate, caller: Caller, first: date, last: date) -> DeniedReport:
    """Refusals of these days by lane and reason. Raises Conflict ``days``."""
    with reading(estate, caller) as turn:
        begin, end = span(turn, first, last)
        rows = gatequeries.denied(turn.connection, estate.site, begin, end)
        taps = gatequeries.count(turn.connection, estate.site, begin, end, EventKind.TAP)
        names = names_of_lanes(turn)
        lines = [
            DeniedView(
                lane=row.lane,
                reason=row.reason,
                number=row.number,
                lane_name=names.get(row.lane, ""),
            )
            for row in rows
        ]
        return DeniedReport(first=first, last=last, taps=taps, denied=tuple(lines))


def openings(estate: Estate, caller: Caller, first: date, last: date) -> GateLines:
    """Openings by hand with name and reason, the latest first. Raises Conflict ``days``."""
    return _by_guards(estate, caller, first, last, frozenset({EventKind.OPENED_BY_HAND}))


def checks(estate: Estate, caller: Caller, first: date, last: date) -> GateLines:
    """What guards checked: goods slips and building material. Raises Conflict ``days``."""
    return _by_guards(estate, caller, first, last, CHECKED)


def _by_guards(
    estate: Estate, caller: Caller, first: date, last: date, kinds: frozenset[EventKind]
) -> GateLines:
    with reading(estate, caller) as turn:
        begin, end = span(turn, first, last)
        rows = gatequeries.latest(
            turn.connection,
            estate.site,
            kinds=kinds,
            after=begin,
            before=end,
            limit=MAX_OPENINGS + 1,
        )
        lines = line_views(turn, rows[:MAX_OPENINGS])
        return GateLines(lines=lines, more=len(rows) > MAX_OPENINGS)


def availability(estate: Estate, caller: Caller, first: date, last: date) -> AvailabilityReport:
    """How available each gate was, until now where the days are not over. Raises Conflict.

    What stood already when the days began counts from their beginning.
    """
    with reading(estate, caller) as turn:
        begin, end = span(turn, first, last)
        end = min(end, max(begin, turn.now))
        starts, faults = Counter[str](), Counter[str]()
        troubled: dict[str, list[Span]] = defaultdict(list)
        kinds = TROUBLES - _NO_TROUBLE
        stood = stood_at(turn, begin)
        before = [line for line in stood if line.kind not in _NO_TROUBLE]
        within = list(gatequeries.in_order(turn.connection, estate.site, begin, end, kinds))
        starts.update(line.device for line in within if line.kind is EventKind.STARTED)
        faults.update(line.device for line in within if line.kind in _FAILING)
        for line, over in ended(chain(before, within)):
            if over is None or over > begin:
                troubled[line.device].append((max(line.at, begin), over or end))
        silent = _silent(turn, begin, end)
        devices = sorted({line.device for line in within} | troubled.keys() | silent.keys())
        return AvailabilityReport(
            first=first,
            last=last,
            gates=tuple(
                AvailabilityView(
                    device=device,
                    starts=starts[device],
                    faults=faults[device],
                    troubled_s=_seconds(troubled[device]),
                    silences=len(silent.get(device, ())),
                    silent_s=_seconds(silent.get(device, ())),
                    span_s=int((end - begin).total_seconds()),
                )
                for device in devices
            ),
        )


def _silent(turn: Turn, begin: datetime, end: datetime) -> dict[str, list[Span]]:
    """Times in which each known gate was not heard, the present one included.

    Of a gate whose keys were all revoked nothing is expected from then on.
    """
    site = turn.estate.site
    revoked = revoked_gates(turn.connection, site)
    seen = {
        device: at
        for device, at in gatequeries.last_seen(turn.connection, site).items()
        if device not in revoked or revoked[device] > begin
    }
    found: dict[str, list[Span]] = {device: [] for device in seen}
    for row in gatequeries.silences(turn.connection, site, begin, end):
        found.setdefault(row.device, []).append((max(row.since, begin), min(row.until, end)))
    for device, at in seen.items():
        until = min(end, revoked.get(device, end))
        if until - at > SILENT_AFTER:
            found[device].append((max(at, begin), until))
    return found


def _seconds(spans: Iterable[Span]) -> int:
    """Seconds covered by spans, those that two of them cover counted once."""
    covered, until = timedelta(0), None
    for begin, end in sorted(spans):
        start = begin if until is None else max(begin, until)
        if end > start:
            covered += end - start
        until = end if until is None else max(until, end)
    return int(covered.total_seconds())
