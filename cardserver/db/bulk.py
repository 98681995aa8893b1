"""Pouring many rows into a table at once: COPY on PostgreSQL, one prepared statement on SQLite.

Values go to the driver as they are, so they have to be plain: numbers, texts, booleans, None, and
what `stored_instant` and `stored_json` make of the rest. The mapper sees nothing of it.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, column, func, insert, select, table, text
from sqlalchemy.orm import DeclarativeBase

_ROOMY = "PRAGMA cache_size = -131072"
"""128 MB for as long as the connection lives: a large index is not written page by page."""


def pour(
    connection: Connection,
    model: type[DeclarativeBase],
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Insert the rows, their values in the order of `columns`."""
    driver: Any = connection.connection.cursor()
    try:
        if connection.dialect.name == "postgresql":
            names = ", ".join(f'"{name}"' for name in columns)
            with driver.copy(f'COPY "{model.__tablename__}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            driver.execute(_ROOMY)
            target = table(model.__tablename__, *(column(name) for name in columns))
            statement = insert(target).compile(connection)
            driver.executemany(str(statement), rows)
    finally:
        driver.close()


def next_ids(connection: Connection, model: type[DeclarativeBase], count: int) -> range:
    """So many free row numbers. Only a writer may ask: writers come one at a time."""
    first = (connection.scalar(select(func.max(model.__table__.c.id))) or 0) + 1
    if connection.dialect.name == "postgresql" and count:
        name = {"table": model.__tablename__, "last": first + count - 1}
        connection.execute(text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"), name)
    return range(first, first + count)


def stored_instant(connection: Connection, instant: datetime) -> object:
    """An instant as `UtcInstant` stores it."""
    utc = instant.astimezone(UTC)
    if connection.dialect.name == "postgresql":
        return utc
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds")


def stored_json(value: object) -> str:
    """A value as a JSON column stores it."""
    return json.dumps(value)
