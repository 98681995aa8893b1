"""Questions about a handful of rows at once, prepared for as many as a page shows.

A list has another length each time, so a statement that holds one is put together anew for every
question. One with `MOST` places is prepared once; places that are left over repeat a row asked for.
"""

from collections.abc import Collection, Iterator
from itertools import chain, islice, repeat
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, bindparam
from sqlalchemy.orm import InstrumentedAttribute

MOST: Final = 64
_NAMES: Final = tuple(f"among_{place}" for place in range(MOST))


def among(column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """The column has one of the values that `filled` gives."""
    places: list[BindParameter[Any]] = [bindparam(name, type_=column.type) for name in _NAMES]
    return column.in_(places)


def filled(values: Collection[object]) -> Iterator[dict[str, object]]:
    """What a statement with `among` is given; once for every `MOST` values, never for none."""
    left = iter(values)
    while some := list(islice(left, MOST)):
        yield dict(zip(_NAMES, chain(some, repeat(some[0])), strict=False))
