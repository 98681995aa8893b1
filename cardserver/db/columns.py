"""How values become columns and back, where a statement is compiled once for all day.

Each way is SQLAlchemy's own, or one that says the same in fewer steps: SQLite has no days, truth
values or closed sets of words, so they are looked up or written out for nearly every statement.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import JSON, Boolean, Date, Dialect, Enum, LargeBinary
from sqlalchemy.types import TypeEngine

Way = Callable[[Any], Any]
_DAYS: Final = 1000
"""A register of today names few days."""


class _Known(dict[Any, Any]):
    """Values of a closed set and what stands for them on the other side; others go the long way."""

    def __init__(self, values: Iterable[Any], way: Way) -> None:
        super().__init__((value, way(value)) for value in values)
        self._way = way

    def __missing__(self, value: Any) -> Any:
        return self._way(value)


def way_in(kind: TypeEngine[Any], dialect: Dialect) -> Way | None:
    """From Python into a column of this type; None where nothing is to be done."""
    way = kind.dialect_impl(dialect).bind_processor(dialect)
    if way is None or _as_it_is(kind, dialect):
        return None
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return _Known((None, *kind.enum_class), way).__getitem__
    if isinstance(kind, Boolean):
        return _Known((None, False, True), way).__getitem__
    if isinstance(kind, Date) and dialect.name == "sqlite":
        return _day_text
    return way


def way_out(kind: TypeEngine[Any], dialect: Dialect) -> Way | None:
    """From such a column to Python."""
    way = kind.dialect_impl(dialect).result_processor(dialect, None)
    if way is None or _as_it_is(kind, dialect):
        return None
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return _Known((None, *kind.enums), way).__getitem__
    if isinstance(kind, JSON) and dialect.name == "sqlite":
        return from_json
    return way


def _as_it_is(kind: TypeEngine[Any], dialect: Dialect) -> bool:
    """SQLite takes bytes and gives bytes."""
    return isinstance(kind, LargeBinary) and dialect.name == "sqlite"


def from_json(text: str | None) -> Any:
    """What stands in a column of ours: one value and nothing around it, or none."""
    return None if text is None else _READ_JSON(text)[0]


_READ_JSON: Final = json.JSONDecoder().raw_decode


@lru_cache(maxsize=_DAYS)
def _day_text(day: date | None) -> str | None:
    """As SQLAlchemy stores a day there: ``2025-06-09``."""
    return None if day is None else date.isoformat(day)
