"""Who passed at the other gates: what anti-passback and quotas over several gates stand on.

A gate says how far it knows each journal and is given what came since, in no order that matters.
What other gates' lines say of cards' chips, of guards and of refusals stays here.
"""

from datetime import timedelta
from typing import Any, Final

from cardserver.db.gatepassages import other_journals, passing_lines
from cardserver.domain.gateevent import EventKind
from cardserver.services.gatelanes import names_of_lanes
from cardserver.services.turn import Caller, Estate, reading
from cardserver.wire_gatesync import EventLine, PassagesRequest, PassagesView

MOST_LINES: Final = 2000
_LOOK_BACK: Final = 5_000
"""Lines of a journal that a gate is told which does not know it at all."""

_STILL_MATTERS: Final = timedelta(days=31)
_SAYS_MORE: Final = frozenset({EventKind.NEUTRAL, EventKind.FIRE, EventKind.FIRE_OVER})


def passages(estate: Estate, caller: Caller, request: PassagesRequest) -> PassagesView:
    """Lines of the other gates since where this one stands. Raises StoreBusy."""
    known = dict(request.known)
    lines: list[EventLine] = []
    with reading(estate, caller) as turn:
        names = names_of_lanes(turn)
        since = turn.now - _STILL_MATTERS
        for journal in other_journals(turn.connection, estate.site, caller.station):
            left = MOST_LINES - len(lines)
            if left == 0:
                break
            after = known.get(journal.journal, max(0, journal.sequence - _LOOK_BACK))
            if after >= journal.sequence:
                known[journal.journal] = journal.sequence  # a restored centre stands further back
                continue
            found = passing_lines(
                turn.connection, estate.site, journal, after=after, since=since, limit=left
            )
            lines += map(_line, found)
            known[journal.journal] = journal.sequence if len(found) < left else found[-1].sequence
    return PassagesView(lines=tuple(lines), known=known, more=len(lines) == MOST_LINES, names=names)


def _line(row: Any) -> EventLine:
    """At our own time: two gates' clocks may differ."""
    return EventLine(
        sequence=row.sequence,
        at=row.at,
        lane=row.lane,
        kind=row.kind,
        card_number=row.card_number,
        granted=row.granted,
        about=row.about,
        detail=row.detail if row.kind in _SAYS_MORE else "",
    )
