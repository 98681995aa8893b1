"""How long lines of gates are kept: a year, then they are let go by the month, with a record.

Movements of people are kept no longer than they are of use (GA/T 1742: 365 days at least; PIPL,
article 19). A line counts from when it happened and from when it came here, whichever is later: a
gate that was away for a year loses nothing.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select

from cardserver.db import gatemonths
from cardserver.db.gatemonths import month_of
from cardserver.db.tables_gateevents import GateEventRow, GatePurgeRow
from cardserver.db.wiping import leave_nothing_behind, wiping
from cardserver.services.gatehours import count_days
from cardserver.services.imagepurge import SERVER
from cardserver.services.turn import Caller, Estate, Turn, writing

KEPT_DAYS: Final = 365
"""Then a line goes with its month: after 365 to 396 days."""

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
        lines = _count(turn, before)
        if lines == 0:
            return 0
        # The record first: without it the database lets none of them go.
        turn.add(GatePurgeRow(site=estate.site, before=before, lines=lines, **turn.made()))
        turn.note("purge-gate-lines", f"before {before.date()}", f"{lines} lines")
        _drop_months(turn, before)
        wiping(turn.connection)
        turn.connection.execute(delete(GateEventRow).where(*_due(estate.site, before)))
    leave_nothing_behind(estate.engine)
    return lines


def _due(site: str, before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        GateEventRow.site == site,
        GateEventRow.at < before,
        GateEventRow.taken_at < before,
    )


def _count(turn: Turn, before: datetime) -> int:
    statement = (
        select(func.count()).select_from(GateEventRow).where(*_due(turn.estate.site, before))
    )
    return turn.connection.scalar(statement) or 0


def _drop_months(turn: Turn, before: datetime) -> None:
    """A month that is ours alone goes as a whole, which costs nothing."""
    connection = turn.connection
    if not gatemonths.has_months(connection):
        return
    over = [each for each in gatemonths.months(connection) if month_of(each, 1) <= before]
    if over:
        gatemonths.keep_others_out(connection)
    for month in over:
        if gatemonths.is_only_of(connection, month, turn.estate.site, before):
            gatemonths.drop_month(connection, month)
