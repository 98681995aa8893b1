"""The gates' list as such: its version, and the eras it came through."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, insert, select

from cardserver.db.prepared import Prepared
from cardserver.db.tables import CounterRow
from cardserver.db.tables_gatesync import ListEraRow

_NAME_BYTES: Final = 8
_OF_SITE: Final = ListEraRow.site == bindparam("in_site")
_LAST: Final = select(ListEraRow.name).where(_OF_SITE).order_by(ListEraRow.number.desc()).limit(1)
_VERSION: Final = select(CounterRow.value).where(CounterRow.name == bindparam("counter"))
_STANDING: Final = Prepared(select(_VERSION.scalar_subquery(), _LAST.scalar_subquery()))


def list_standing(connection: Connection, site: str, counter: str) -> tuple[int, str]:
    """Version and era of the list in one moment; 0 before its first card, "" before any era."""
    version, era = _STANDING.first(connection, in_site=site, counter=counter)
    return int(version or 0), era or ""


def list_eras(connection: Connection, site: str) -> Sequence[tuple[str, int]]:
    """Every era's name and the version it began at, in their order."""
    found = connection.execute(
        select(ListEraRow.name, ListEraRow.since_version)
        .where(ListEraRow.site == site)
        .order_by(ListEraRow.number)
    )
    return [(row.name, row.since_version) for row in found]


def sites_there(connection: Connection) -> set[str]:
    """The sites whose list ever began here: one, but in a store that several share."""
    return set(connection.scalars(select(ListEraRow.site).distinct()))


def begin_era(connection: Connection, site: str, since: int, at: datetime) -> str:
    """What comes after the version `since` is of an era of its own; returns its name.

    Names are chance: after a backup was restored none comes a second time.
    """
    last = select(func.max(ListEraRow.number)).where(ListEraRow.site == site)
    name = secrets.token_hex(_NAME_BYTES)
    row = {"site": site, "number": (connection.scalar(last) or 0) + 1, "name": name}
    connection.execute(insert(ListEraRow).values(**row, since_version=since, at=at))
    return name
