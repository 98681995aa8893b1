"""A session that asks for no row twice, and writes a row at once where nobody listens to it."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import Column, bindparam, event, insert, inspect, select
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.base import instance_dict, instance_state

from cardserver.db.prepared import Prepared, PreparedRows, adopt, hold
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

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """A row by its key; the statement that asks for it is made once for all turns."""
        if options or isinstance(ident, _SEVERAL):
            return super().get(entity, ident, **options)
        met = self.identity_map.get((entity, (ident,), None))
        if met is None or instance_state(met).expired or (self._erasing and met in self.deleted):
            return _by_key(entity).first(self, key=ident)
        return met

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
        if table in SEARCHED or _is_filled_in(table, frozenset(values)):
            added = table(**values)
            self.put(added)
            return added
        self.flush()
        shape = _shape(table)
        row: R = shape.new()
        told = instance_dict(row)
        told.update(values)
        _insert(row, values, self)
        adopt(self, row, (table, tuple([told[name] for name in shape.key]), None))
        return row

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


def _insert(row: Base, given: dict[str, Any], session: Session) -> None:
    table, values = type(row), instance_dict(row)
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
    those that are empty where nothing is said of them. `new` makes a row's object.
    """

    def __init__(self, table: type[Base]) -> None:
        mapper = inspect(table)
        self.new: Callable[[], Any] = mapper.class_manager.new_instance
        self.names = tuple(column.name for column in mapper.columns)
        self.key = tuple(column.name for column in mapper.primary_key)
        self.empty = tuple(each.name for each in mapper.columns if each.server_default is None)


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
def _is_filled_in(table: type[Base], given: frozenset[str]) -> bool:
    """True where the database or the mapper has something to say about columns not given."""
    absent = [column for column in _columns(table) if column.name not in given]
    return any(each.default is not None or each.server_default is not None for each in absent)


@cache
def _columns(table: type[Base]) -> Sequence[Column[Any]]:
    return tuple(inspect(table).columns)


@cache
def _by_key(table: type[Base]) -> PreparedRows[Any]:
    (key,) = inspect(table).primary_key
    return PreparedRows(table, select(table).where(key == bindparam("key")))
