"""How long lines of gates are kept: a year, then they are let go by the month, with a record.

Movements of people are kept no longer than they are of use (GA/T 1742: 365 days at least; PIPL,
article 19). A line counts from when it happened and from when it came here, whichever is later: a
gate that was away for a year loses nothing.

A trouble that still stands after a year is not let go before it is over: somebody has to read of
it. But a line that names a card goes with its month whatever it says, and so does a line of a gate
that was taken away: nobody will ever tell its end.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select, tuple_

from cardserver.db import gatemonths
from cardserver.db.gatebooks import revoked_gates
from cardserver.db.gatemonths import month_of
from cardserver.db.gatestanding import standing_at
from cardserver.db.tables_gateevents import GateEventRow, GatePurgeRow
from cardserver.db.wiping import leave_nothing_behind, wiping
from cardserver.services.gatehours import count_days
from cardserver.services.gatememory import TroublesMemory
from cardserver.services.imagepurge import SERVER
from cardserver.services.turn import Caller, Estate, Turn, writing

KEPT_DAYS: Final = 365
"""Then a line goes with its month: after 365 to 396 days."""

_CLOCK_AHEAD: Final = timedelta(days=1)

AHEAD: Final = 3
"""Months made ahead: a server that is down for a quarter still finds its month."""


def look_after_lines(estate: Estate, caller: Caller = SERVER) -> int:
    """Make the months to come, let go what is due, count the days that are over; how many lines
    went. Raises StoreBusy.
    """
    make_room(estate, caller)
    gone = let_go_due(estate, caller)
    count_days(estate, caller)
    return gone


def make_room(estate: Estate, caller: Caller = SERVER) -> None:
    """Have a table for this month and the next ones, where lines lie in months."""
    with writing(estate, caller) as turn:
        if gatemonths.has_months(turn.connection):
            there = gatemonths.months(turn.connection)
            for further in range(AHEAD + 1):
                month = month_of(turn.now, further)
                if month not in there:
                    gatemonths.make_month(turn.connection, month)


def let_go_due(estate: Estate, caller: Caller = SERVER) -> int:
    """Let go what is older than a year, once a month, and say so on record; how many lines."""
    with writing(estate, caller) as turn:
        before = month_of(turn.now - timedelta(days=KEPT_DAYS))
        if turn.session.get(GatePurgeRow, (estate.site, before)) is not None:
            return 0
        standing = _standing(turn, before)
        due = _due(turn.estate.site, before, standing)
        lines = turn.connection.scalar(select(func.count()).where(*due)) or 0
        if lines == 0:
            return 0
        # The record first: without it the database lets none of them go.
        turn.add(GatePurgeRow(site=estate.site, before=before, lines=lines, **turn.made()))
        turn.note("purge-gate-lines", f"before {before.date()}", f"{lines} lines")
        _drop_months(turn, before, standing)
        wiping(turn.connection)
        turn.connection.execute(delete(GateEventRow).where(*due))
    estate.gates.troubles = TroublesMemory()
    leave_nothing_behind(estate.engine)
    return lines


def _standing(turn: Turn, before: datetime) -> Sequence[Any]:
    """Lines from before an instant that stay: they begin what still stands."""
    connection, site = turn.connection, turn.estate.site
    gone = revoked_gates(connection, site)
    return [
        line
        for line in standing_at(connection, site, turn.now + _CLOCK_AHEAD)
        if line.at < before and line.card_number is None and line.device not in gone
    ]


def _due(site: str, before: datetime, standing: Sequence[Any]) -> tuple[ColumnElement[bool], ...]:
    row = GateEventRow
    due = (row.site == site, row.at < before, row.taken_at < before)
    if not standing:
        return due
    kept = [(line.device, line.journal, line.sequence) for line in standing]
    return (*due, tuple_(row.device, row.journal, row.sequence).not_in(kept))


def _drop_months(turn: Turn, before: datetime, standing: Sequence[Any]) -> None:
    """A month that is ours alone, with nothing to keep in it, goes as a whole: it costs nothing."""
    connection = turn.connection
    if not gatemonths.has_months(connection):
        return
    kept = {month_of(line.at) for line in standing}
    there = gatemonths.months(connection)
    over = [each for each in there if month_of(each, 1) <= before and each not in kept]
    if over:
        gatemonths.keep_others_out(connection)
    for month in over:
        if gatemonths.is_only_of(connection, month, turn.estate.site, before):
            gatemonths.drop_month(connection, month)
