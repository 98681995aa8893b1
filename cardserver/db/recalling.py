"""A session that asks for no row twice, and writes a row at once where nobody listens to it."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, bindparam, event, insert, inspect, select
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.base import instance_dict
from sqlalchemy.orm.util import identity_key

from cardserver.db.prepared import Prepared, PreparedRows
from cardserver.db.searching import SEARCHED
from cardserver.db.tables import Base

_MET: Final = "met"
_RECALLED: Final = 1000
"""Long lists pass through without piling up."""


class Recalling(Session):
    """A session that holds on to the first rows it met, so that none is asked for twice.

    Nobody else writes while a use case does, and a reader sees one moment: a row met is true until
    the end. Left alone, a session forgets a row as soon as nobody looks at it.
    """

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """A row by its key; the statement that asks for it is made once for all turns."""
        if options or isinstance(ident, tuple | dict):
            return super().get(entity, ident, **options)
        met = self.identity_map.get(identity_key(entity, ident))
        if met is not None and not inspect(met).expired and met not in self.deleted:
            return met
        return _by_key(entity).first(self, key=ident)

    def put(self, row: Base) -> None:
        """Insert a row now. A clash is met here."""
        given = _given(row)
        if type(row) in SEARCHED or _has_defaults(type(row), frozenset(given)):
            self.add(row)  # others write with it, or it is filled in on the way
            self.flush()
            return
        self.flush()
        _insert(row, given, self)
        make_transient_to_detached(row)
        self.add(row)


@event.listens_for(Recalling, "loaded_as_persistent")
@event.listens_for(Recalling, "pending_to_persistent")
@event.listens_for(Recalling, "detached_to_persistent")
def _recall(session: Session, row: object) -> None:
    met = session.info.setdefault(_MET, [])
    if len(met) < _RECALLED:
        met.append(row)


def _given(row: Base) -> dict[str, Any]:
    """What a new row says, by column: its attributes are called so too."""
    values = instance_dict(row)
    return {each.name: values[each.name] for each in _columns(type(row)) if each.name in values}


def _insert(row: Base, given: dict[str, Any], session: Session) -> None:
    table, values = type(row), instance_dict(row)
    (key, *more) = inspect(table).primary_key
    if not more and given.get(key.name) is None:
        given.pop(key.name, None)
        numbering = insertion(table, tuple(given), numbered=True)
        values[key.name] = numbering.value(session, **given)
    else:
        insertion(table, tuple(given)).write(session, [given])
    for column in _columns(table):
        if column.server_default is None:
            values.setdefault(column.name, None)


@cache
def insertion(table: type[Base], columns: tuple[str, ...], *, numbered: bool = False) -> Prepared:
    """The insert that fills in these columns; `numbered` gives back the number of the row.

    Raises TypeError where other columns have defaults to be filled in on the way.
    """
    if _has_defaults(table, frozenset(columns)):
        raise TypeError(f"{table.__name__} fills in columns by itself")
    statement = insert(table)
    if numbered:
        (key,) = inspect(table).primary_key
        return Prepared(statement.returning(key), columns)
    return Prepared(statement, columns)


@cache
def _has_defaults(table: type[Base], given: frozenset[str]) -> bool:
    return any(each.default is not None and each.name not in given for each in _columns(table))


@cache
def _columns(table: type[Base]) -> Sequence[Column[Any]]:
    return tuple(inspect(table).columns)


@cache
def _by_key(table: type[Base]) -> PreparedRows[Any]:
    (key,) = inspect(table).primary_key
    return PreparedRows(table, select(table).where(key == bindparam("key")))
