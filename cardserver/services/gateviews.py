"""What happened at the gates last, why a card was refused, and where it was seen."""

from datetime import datetime, timedelta
from typing import Final

from cardserver.db import gatequeries
from cardserver.domain.gateevent import EventKind
from cardserver.domain.permits import Action
from cardserver.services.gatedays import line_views, span
from cardserver.services.replay import repeated
from cardserver.services.turn import Caller, Estate, reading, writing
from cardserver.wire_gatereports import MAX_LINES, GateLines, TraceRequest

_LOOKED_BACK: Final = timedelta(days=31)
_AHEAD: Final = timedelta(days=1)
"""A gate's clock may be ahead; its lines are shown all the same."""

_REFUSALS: Final = 20


def last_lines(
    estate: Estate,
    caller: Caller,
    *,
    kinds: frozenset[EventKind] = frozenset({EventKind.TAP}),
    device: str = "",
    lane: str = "",
    before: datetime | None = None,
    limit: int = 50,
) -> GateLines:
    """The latest lines of some kinds, before an instant, of one gate or lane where one is named."""
    limit = min(limit, MAX_LINES)
    with reading(estate, caller) as turn:
        until = before or turn.now + _AHEAD
        rows = gatequeries.latest(
            turn.connection,
            estate.site,
            kinds=kinds,
            after=until - _LOOKED_BACK,
            before=until,
            limit=limit + 1,
            device=device,
            lane=lane,
        )
        return GateLines(lines=line_views(turn, rows[:limit]), more=len(rows) > limit)


def refusals(estate: Estate, caller: Caller, card_number: int) -> GateLines:
    """Why this card was refused: its refusals of the last month, and nothing of where it went."""
    with reading(estate, caller) as turn:
        rows = gatequeries.of_card(
            turn.connection,
            estate.site,
            card_number,
            turn.now - _LOOKED_BACK,
            turn.now + _AHEAD,
            refused=True,
            limit=_REFUSALS,
        )
        return GateLines(lines=line_views(turn, rows))


def trace(estate: Estate, caller: Caller, request: TraceRequest) -> GateLines:
    """Where a card was seen. Who asked, and for what, is on record (PIPL, article 28).

    Raises NotPermitted, Conflict ``days``.
    """
    with writing(estate, caller) as turn:
        name = turn.caller.authorised_by(Action.TRACE_CARD)
        begin, end = span(turn, request.first, request.last)
        if not repeated(turn, request.request_id, "trace-card", request):
            detail = f"{request.first} to {request.last} by {name}: {request.purpose}"
            turn.note("trace-card", f"card {request.card_number}", detail)
        rows = gatequeries.of_card(
            turn.connection, estate.site, request.card_number, begin, end, limit=MAX_LINES + 1
        )
        return GateLines(lines=line_views(turn, rows[:MAX_LINES]), more=len(rows) > MAX_LINES)
