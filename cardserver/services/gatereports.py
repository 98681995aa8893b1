"""The manager's reports: refusals by reason, openings by hand, and how available the gates were."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from cardserver.db import gatequeries
from cardserver.db.gatebooks import revoked_gates
from cardserver.db.gatesilences import SILENT_AFTER
from cardserver.domain.gatechecks import CHECKED
from cardserver.domain.gateevent import EventKind
from cardserver.services import gatealarms
from cardserver.services.gatedays import line_view, span
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
_TROUBLES = gatealarms.LASTING - {EventKind.FIRE}
Span = tuple[datetime, datetime]


def denied(estate: Estate, caller: Caller, first: date, last: date) -> DeniedReport:
    """Refusals of these days by lane and reason. Raises Conflict ``days``."""
    with reading(estate, caller) as turn:
        begin, end = span(turn, first, last)
        rows = gatequeries.denied(turn.connection, estate.site, begin, end)
        taps = gatequeries.count(turn.connection, estate.site, begin, end, EventKind.TAP)
        lines = [DeniedView(lane=row.lane, reason=row.reason, number=row.number) for row in rows]
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
    return GateLines(
        lines=tuple(map(line_view, rows[:MAX_OPENINGS])), more=len(rows) > MAX_OPENINGS
    )


def availability(estate: Estate, caller: Caller, first: date, last: date) -> AvailabilityReport:
    """How available each gate was, until now where the days are not over. Raises Conflict.

    What stood already when the days began counts from their beginning.
    """
    with reading(estate, caller) as turn:
        begin, end = span(turn, first, last)
        end = min(end, max(begin, turn.now))
        starts, faults = Counter[str](), Counter[str]()
        troubled: dict[str, list[Span]] = defaultdict(list)
        kinds = _TROUBLES | {EventKind.ALARM_OVER, EventKind.STARTED}
        before = begin - gatealarms.LOOKED_BACK
        lines = list(gatequeries.in_order(turn.connection, estate.site, before, end, kinds))
        within = [line for line in lines if line.at >= begin]
        starts.update(line.device for line in within if line.kind is EventKind.STARTED)
        faults.update(line.device for line in within if line.kind in _FAILING)
        for line, over in gatealarms.ended(lines):
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
