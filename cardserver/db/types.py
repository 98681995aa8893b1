"""Column types that mean the same on SQLite and on PostgreSQL."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any

from sqlalchemy import DateTime, Dialect, TypeDecorator
from sqlalchemy import Enum as SqlEnum


class UtcInstant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. SQLite knows no offsets and stores it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database; a naive instant is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs an offset")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def words(kind: type[Enum], name: str) -> SqlEnum:
    """A closed set, stored by value in a text column with a CHECK named `name`."""
    return SqlEnum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=30,
        values_callable=_values,
    )


def _values(kind: type[Any]) -> list[str]:
    return [str(member.value) for member in kind]
