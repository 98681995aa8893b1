"""A goods slip taken back at one gate is used up at all of them: they learn it with the list.

Runs after lines were taken in and before they are acknowledged, as `clonewatch`: where it breaks
off, the gate tells the lines once more (GATE-04, GOODS-05).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from cardserver.db.gateslips import used_after, used_among
from cardserver.db.tables_gateslips import GateSlipRow
from cardserver.domain.gatechecks import LONGEST_SLIP, subject_of
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.services.turn import Caller, Estate, Turn, looking, writing

TOLD_FOR: Final = timedelta(days=400)
"""So long a gate is told of a slip, as long as it keeps its own lines."""


def take_back(estate: Estate, caller: Caller, journal: str, events: Sequence[GateEvent]) -> int:
    """Put the slips of these lines of the caller on file; how many were not there yet.

    Raises StoreBusy, and Conflict where another gate's line of the same slip came in this moment.
    """
    taken = {subject_of(each): each for each in events if each.kind is EventKind.GOODS}
    taken = {slip: line for slip, line in taken.items() if 0 < len(slip) <= LONGEST_SLIP}
    if not taken:
        return 0
    with looking(estate) as connection:
        fresh = taken.keys() - used_among(connection, estate.site, taken)
    if not fresh:
        return 0
    with writing(estate, caller) as turn:
        for slip in sorted(fresh):
            _put(turn, slip, journal, taken[slip])
    return len(fresh)


def slips_after(turn: Turn, list_version: int) -> tuple[str, ...]:
    """What a gate with a version of the list does not know yet; all for 0."""
    since = turn.now - TOLD_FOR
    return tuple(used_after(turn.connection, turn.estate.site, list_version, since))


def _put(turn: Turn, slip: str, journal: str, line: GateEvent) -> None:
    turn.add(
        GateSlipRow(
            site=turn.estate.site,
            slip=slip,
            list_version=turn.version,
            at=line.at,
            device=turn.caller.station,
            journal=journal,
            sequence=line.sequence,
        )
    )
