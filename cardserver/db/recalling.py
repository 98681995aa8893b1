"""A session that asks for no row twice, and writes a row at once where nobody listens to it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import Column, bindparam, event, insert, inspect, select
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.base import instance_dict, instance_state

from cardserver.db.prepared import Prepared, PreparedRows, adopt, hold, is_kept, plain_rows
from cardserver.db.searching import SEARCHED
from cardserver.db.tables import Base

A = TypeVar("A")
R = TypeVar("R", bound=Base)
_SEVERAL: Final = (tuple, dict)
"""A key of several columns; they are asked for seldom."""


class Recalling(Session):
    """A session that holds on to the first rows it met, so that none is asked for twice.

    Nobody else writes while a use case does, and a reader sees one moment: a row met is true until
    the end. Left alone, a session forgets a row as soon as nobody looks at it.
    """

    _erasing = False

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.answers: dict[tuple[str, object], Any] = {}
        self._kept: dict[tuple[type[Base], object], Any] = {}

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """A row by its key; the statement that asks for it is made once for all turns."""
        if options or isinstance(ident, _SEVERAL):
            return super().get(entity, ident, **options)
        met = self.identity_map.get((entity, (ident,), None))
        if met is None or instance_state(met).expired or (self._erasing and met in self.deleted):
            return self._asked(entity, ident)
        return met

    def _asked(self, entity: type[Base], ident: object) -> Any:
        """A row that was not met, or not as one of those that might change."""
        known = self._kept.get((entity, ident))
        if known is None:
            known = _by_key(entity).first(self, key=ident)
            if known is not None and is_kept(entity):
                self._kept[entity, ident] = known
        return known

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what waits. Before every question: mostly nothing does, which is seen at once."""
        if self._new or self._deleted or self.identity_map.check_modified():
            super().flush(objects)

    def delete(self, instance: object) -> None:
        """Erase a row; from now on it is looked at twice whether a row met is still there."""
        self._erasing = True
        super().delete(instance)

    def insert(self, table: type[R], values: dict[str, Any]) -> R:
        """Insert a row now, of these columns, and give it as if it had been loaded.

        A clash is met here.
        """
        if _is_the_mappers(table, tuple(values)):
            added = table(**values)
            self.put(added)
            return added
        self.flush()
        shape = _shape(table)
        if shape.is_kept:
            return self._insert_kept(table, shape, values)
        row: R = shape.new()
        told = instance_dict(row)
        told.update(values)
        _insert(table, values, told, self)
        adopt(self, row, (table, tuple([told[name] for name in shape.key]), None))
        return row

    def _insert_kept(self, table: type[R], shape: "_Shape", values: dict[str, Any]) -> R:
        """The same of a row that never changes: from now on it is as it was written."""
        told = values.copy()
        _insert(table, values, told, self)
        row: R = shape.plain(told)
        if len(shape.key) == 1:
            self._kept[table, told[shape.key[0]]] = row
        return row

    def put(self, row: Base) -> None:
        """Insert a row now. A clash is met here."""
        given = _given(row)
        if type(row) in SEARCHED or _has_defaults(type(row), frozenset(given)):
            self.add(row)  # others write with it, or it is filled in on the way
            self.flush()
            return
        self.flush()
        _insert(type(row), given, instance_dict(row), self)
        make_transient_to_detached(row)
        adopt(self, row, instance_state(row).key)


def answers_of(session: Session) -> dict[tuple[str, object], Any]:
    """What this turn asked before that no row of a table tells: by question and what it is about.

    Whoever writes what an answer stands on takes it out again. An ordinary session may look at a
    store in which others write meanwhile, and remembers nothing.
    """
    return session.answers if isinstance(session, Recalling) else {}


def remembered(session: Session, question: str, about: object, ask: Callable[[], A]) -> A:
    """What this turn answered before, or does now that it is asked for the first time."""
    answers = answers_of(session)
    known: A | None = answers.get((question, about))
    if known is None:
        known = answers[question, about] = ask()
    return known


@event.listens_for(Recalling, "loaded_as_persistent")
@event.listens_for(Recalling, "pending_to_persistent")
@event.listens_for(Recalling, "detached_to_persistent")
def _recall(session: Session, row: object) -> None:
    hold(session, row)


def _given(row: Base) -> dict[str, Any]:
    """What a new row says, by column: its attributes are called so too."""
    values = instance_dict(row)
    return {name: values[name] for name in _shape(type(row)).names if name in values}


def _insert(
    table: type[Base], given: dict[str, Any], values: dict[str, Any], session: Session
) -> None:
    """Insert what is given, and complete the row's values."""
    shape = _shape(table)
    (key, *more) = shape.key
    if not more and given.get(key) is None:
        given.pop(key, None)
        numbering = insertion(table, tuple(given), numbered=True)
        values[key] = numbering.value(session, **given)
    else:
        insertion(table, tuple(given)).write(session, [given])
    for name in shape.empty:
        if name not in values:
            values[name] = None


class _Shape:
    """What has to be known of a table to write its rows: all columns, those that make the key, and
    those that are empty where nothing is said of them. `new` makes a row's object, `plain` one of
    a row that never changes.
    """

    def __init__(self, table: type[Base]) -> None:
        mapper = inspect(table)
        self.new: Callable[[], Any] = mapper.class_manager.new_instance
        self.names = tuple(column.name for column in mapper.columns)
        self.key = tuple(column.name for column in mapper.primary_key)
        self.is_kept = is_kept(table)
        self._plain = plain_rows(self.names)
        self.empty = tuple(each.name for each in mapper.columns if each.server_default is None)

    def plain(self, values: Mapping[str, Any]) -> Any:
        """A row of these values, as one that was asked for."""
        return self._plain([values[name] for name in self.names])


@cache
def _shape(table: type[Base]) -> _Shape:
    return _Shape(table)


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
def _is_the_mappers(table: type[Base], given: tuple[str, ...]) -> bool:
    """True where others write with a row, or columns not given are filled in on the way."""
    absent = [column for column in _columns(table) if column.name not in given]
    filled_in = any(each.default is not None or each.server_default is not None for each in absent)
    return filled_in or table in SEARCHED


@cache
def _columns(table: type[Base]) -> Sequence[Column[Any]]:
    return tuple(inspect(table).columns)


@cache
def _by_key(table: type[Base]) -> PreparedRows[Any]:
    (key,) = inspect(table).primary_key
    return PreparedRows(table, select(table).where(key == bindparam("key")))
