"""Keeping on record when a gate was not heard, at the moment it is heard again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from cardserver.db.tables_gateevents import GateSilenceRow
from cardserver.db.tables_gatesync import GateSeenRow

SILENT_AFTER: Final = timedelta(minutes=2)
"""A gate that is there asks for news several times as often."""

_INSERT: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def note_silences(connection: Connection, site: str, heard: Mapping[str, datetime]) -> None:
    """Gates are heard now; called before `gate_seen` is brought up to date."""
    statement = select(GateSeenRow.device, GateSeenRow.seen_at).where(
        GateSeenRow.site == site, GateSeenRow.device.in_(heard)
    )
    rows = [
        {"site": site, "device": device, "since": since, "until": heard[device]}
        for device, since in connection.execute(statement)
        if heard[device] - since > SILENT_AFTER
    ]
    if rows:
        insert = _INSERT[connection.dialect.name]
        connection.execute(insert(GateSilenceRow).on_conflict_do_nothing(), rows)
