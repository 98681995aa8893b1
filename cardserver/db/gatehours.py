"""Days of the gates that are over, as they were counted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cardserver.db.tables_gateevents import GateDayRow

_INSERT: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_APART: Final = "/"
"""Between a device and its journal, whose id has none of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDay:
    """`lanes` names what it was counted by, `journals` how far every journal was here then.

    `hours` is JSON, as the wire has it; `standing` lines that lead a presence to where it was at
    the day's end, empty for all days but the latest.
    """

    day: date
    lanes: str
    hours: str
    journals: Mapping[tuple[str, str], int]
    standing: str
    counted_at: datetime


def kept(connection: Connection, site: str, day: date) -> KeptDay | None:
    """A day as it was counted last."""
    columns = GateDayRow.__table__.c
    statement = select(*columns).where(columns.site == site, columns.day == day)
    row = connection.execute(statement).first()
    if row is None:
        return None
    journals = {_journal(name): last for name, last in json.loads(row.journals).items()}
    return KeptDay(
        day=row.day,
        lanes=row.lanes,
        hours=row.hours,
        journals=journals,
        standing=row.standing,
        counted_at=row.counted_at,
    )


def days(connection: Connection, site: str, first: date) -> set[date]:
    """Which days were counted, from one on."""
    statement = select(GateDayRow.day).where(GateDayRow.site == site, GateDayRow.day >= first)
    return set(connection.scalars(statement))


def keep(connection: Connection, site: str, day: KeptDay) -> None:
    """Put a day in the place of what was counted of it before; where it says how cards stand, no
    day before it says so any more.
    """
    journals = {f"{device}{_APART}{name}": last for (device, name), last in day.journals.items()}
    row = {
        "lanes": day.lanes,
        "hours": day.hours,
        "journals": json.dumps(journals),
        "standing": day.standing,
        "counted_at": day.counted_at,
    }
    statement = _INSERT[connection.dialect.name](GateDayRow).values(site=site, day=day.day, **row)
    key = ["site", "day"]
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=row))
    if day.standing:
        before = (GateDayRow.site == site, GateDayRow.day < day.day, GateDayRow.standing != "")
        connection.execute(update(GateDayRow).where(*before).values(standing=""))


def _journal(name: str) -> tuple[str, str]:
    device, _, journal = name.rpartition(_APART)
    return device, journal
