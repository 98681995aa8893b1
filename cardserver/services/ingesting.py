"""Taking in what gates wrote down: every line once, in its order, and committed before the answer.

A row per journal remembers the last line and the chain at it. A batch that goes on there is stored
and moves it; what was taken before is compared by its chain and stored no second time. Two batches
of one journal at once are put in order by that row, however many servers take them in; batches of
different journals don't wait for each other (GATE-07a; GB/T 37078-2018, 6.6.2-6.6.4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Final

from sqlalchemy import Connection

from cardserver.db import gatelines
from cardserver.db.gatelines import JournalKey, Line, Standing
from cardserver.domain.gateevent import GateEvent, link
from cardserver.services.errors import Conflict, StoreBusy
from cardserver.services.turn import Caller, Estate, appending, looking

MAX_EVENTS: Final = 500
RULE: Final = "GATE-07a"
_ATTEMPTS: Final = 5
"""Each lost one means that somebody else's batch of this journal was committed meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateBatch:
    """Up to MAX_EVENTS lines of a journal, oldest first and without holes.

    `before` is the chain at the line before the first, GENESIS where the journal begins. `mended`
    is the chain at lines that are told otherwise than they were written, because they had to fit.
    `ahead` is how far the clock that they were written by was ahead of ours, as the gate knows.
    """

    journal: str
    before: bytes
    events: Sequence[GateEvent]
    mended: Mapping[int, bytes] = field(default_factory=dict)
    ahead: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """`sequence` is the last line of the journal that is here for good."""

    sequence: int
    taken: int
    repeated: int


class EventGap(Conflict):
    """Lines before these have not come yet; `expected` is the number of the next one wanted."""

    def __init__(self, expected: int) -> None:
        super().__init__("gap", f"line {expected} is the next one expected", rule=RULE)
        self.expected = expected


def ingest(estate: Estate, caller: Caller, batch: GateBatch) -> Taken:
    """Store the lines not seen before; the caller is the gate they come from.

    Raises EventGap; Conflict ``chain-broken`` where new lines don't fit onto the last one here,
    ``event-differs`` where a line was told otherwise before, ``not-consecutive``,
    ``too-many-events``; StoreBusy. Then nothing of the batch is stored.
    """
    _check(batch)
    key = _key(estate, caller, batch.journal)
    if not batch.events:
        return Taken(sequence=last_of(estate, caller, batch.journal), taken=0, repeated=0)
    lines = _chained(batch)
    for _ in range(_ATTEMPTS):
        taken = _attempt(estate, key, batch, lines)
        if taken is not None:
            return taken
    raise StoreBusy


def last_of(estate: Estate, caller: Caller, journal: str) -> int:
    """The last line of a journal of this gate that is here; 0 where none is."""
    with looking(estate) as connection:
        return gatelines.standing(connection, _key(estate, caller, journal)).sequence


def _key(estate: Estate, caller: Caller, journal: str) -> JournalKey:
    return JournalKey(site=estate.site, device=caller.station, journal=journal)


def _check(batch: GateBatch) -> None:
    if len(batch.events) > MAX_EVENTS:
        raise Conflict("too-many-events", f"at most {MAX_EVENTS} lines at a time")
    if any(b.sequence != a.sequence + 1 for a, b in pairwise(batch.events)):
        raise Conflict("not-consecutive", "lines come in their order and without holes", rule=RULE)


def _chained(batch: GateBatch) -> list[Line]:
    lines, chain = [], batch.before
    for event in batch.events:
        chain = batch.mended.get(event.sequence) or link(chain, batch.journal, event)
        lines.append((event, chain))
    return lines


def _attempt(
    estate: Estate, key: JournalKey, batch: GateBatch, lines: Sequence[Line]
) -> Taken | None:
    """None where somebody else was faster. What is only repeated waits for no writer."""
    with looking(estate) as connection:
        was = gatelines.standing(connection, key)
        repeated = _repeated(connection, key, was, batch, lines)
    fresh = lines[repeated:]
    if fresh:
        with appending(estate) as (connection, now):
            if not gatelines.move(connection, key, was, fresh[-1], now):
                return None
            gatelines.put(connection, key, fresh, now, batch.ahead)
    sequence = max(was.sequence, lines[-1][0].sequence)
    return Taken(sequence=sequence, taken=len(fresh), repeated=repeated)


def _repeated(
    connection: Connection, key: JournalKey, was: Standing, batch: GateBatch, lines: Sequence[Line]
) -> int:
    """How many of the lines are here already. Raises EventGap, Conflict."""
    first = lines[0][0].sequence
    if first > was.sequence + 1:
        raise EventGap(was.sequence + 1)
    repeated = min(len(lines), was.sequence + 1 - first)
    if repeated == 0:
        if was.chain and was.chain != batch.before:
            raise Conflict("chain-broken", f"line {first} does not fit the one before", rule=RULE)
    elif not _is_here(connection, key, was, lines[repeated - 1]):
        raise Conflict("event-differs", f"line {first} or later was told otherwise", rule=RULE)
    return repeated


def _is_here(connection: Connection, key: JournalKey, was: Standing, line: Line) -> bool:
    """True when this line, and so all before it, is as it was told before.

    Lines without a chain are recognised by their number; what was let go can't be compared.
    """
    event, chain = line
    at_end = event.sequence == was.sequence
    kept = was.chain if at_end else gatelines.chain_at(connection, key, event)
    if kept is None:
        gone = gatelines.let_go_before(connection, key.site)
        return gone is not None and event.at < gone
    return kept in (b"", chain)
