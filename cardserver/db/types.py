"""Column types that mean the same on SQLite and on PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import DateTime, Dialect, TypeDecorator
from sqlalchemy import Enum as SqlEnum

_INSTANTS: Final = 1000
"""A turn writes its one instant into many rows, and the next turns read it."""


class UtcInstant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. SQLite knows no offsets and stores it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To PostgreSQL; a naive instant is a mistake of ours."""
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """From PostgreSQL."""
        return None if value is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """To SQLite it goes as text in one step: there is one in nearly every statement."""
        return _to_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """And back."""
        return (
            _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)
        )


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return value.astimezone(UTC)


@lru_cache(maxsize=_INSTANTS)
def _to_text(value: datetime | None) -> str | None:
    """As SQLAlchemy stores a DateTime there: ``2025-06-09 01:00:00.000000``."""
    if value is None:
        return None
    return _in_utc(value).replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=_INSTANTS)
def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


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
