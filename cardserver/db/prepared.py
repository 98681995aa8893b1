"""Statements that are asked all day: compiled once, then sent to the driver without detours.

SQLAlchemy prepares every execution anew, which takes several times what SQLite needs to answer. A
prepared statement keeps its text, and how values become columns and back; transactions, types and
errors are SQLAlchemy's as everywhere. Statements that are put together anew for every question, or
that hold a list, are none of these: they go the ordinary way.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection, Dialect, Enum, Select, UpdateBase, inspect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, configure_mappers
from sqlalchemy.orm.base import instance_dict, instance_state
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Statement = Select[*tuple[Any, ...]] | UpdateBase
Given = Mapping[str, object]
Into = Callable[[Any], Any]
R = TypeVar("R")


class Prepared:
    """One statement. What it is given are the names of its parameters.

    `columns` are those that an insert fills in.
    """

    def __init__(self, statement: Statement, columns: Sequence[str] = ()) -> None:
        self._statement = statement
        self._columns = columns
        self._kinds: dict[str, _Compiled] = {}

    def rows(self, over: Session | Connection, **given: object) -> list[Any]:
        """All rows, as tuples that know their columns by name."""
        connection = over if isinstance(over, Connection) else _connection(over)
        sent = self._kinds.get(connection.dialect.name) or self._compiled(connection.dialect)
        cursor = send(connection, sent.text, sent.bound(given))
        try:
            found = cursor.fetchall()
        finally:
            cursor.close()
        return sent.read(found) if found else []

    def first(self, over: Session | Connection, **given: object) -> Any:
        """The first row, None where there is none."""
        found = self.rows(over, **given)
        return found[0] if found else None

    def values(self, over: Session | Connection, **given: object) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self.rows(over, **given)]

    def value(self, over: Session | Connection, **given: object) -> Any:
        """The first column of the first row, None where there is none."""
        found = self.rows(over, **given)
        return found[0][0] if found else None

    def write(self, over: Session | Connection, rows: Sequence[Given]) -> None:
        """Once for each of these rows."""
        connection = over if isinstance(over, Connection) else _connection(over)
        sent = self._kinds.get(connection.dialect.name) or self._compiled(connection.dialect)
        if len(rows) == 1:
            send(connection, sent.text, sent.bound(rows[0])).close()
        else:
            bound = [sent.bound(row) for row in rows]
            send(connection, sent.text, bound, many=True).close()

    def _compiled(self, dialect: Dialect) -> "_Compiled":
        found = self._kinds[dialect.name] = _Compiled(self._statement, self._columns, dialect)
        return found


class PreparedRows(Generic[R]):
    """A statement that selects rows of one table and gives them as the session knows them."""

    def __init__(self, table: type[R], statement: Select[Any]) -> None:
        configure_mappers()
        mapper = inspect(table)
        columns = mapper.local_table.columns
        self._table = table
        self._names = [column.name for column in columns]  # attributes are called so too
        self._key = [self._names.index(column.name) for column in mapper.primary_key]
        self._new = mapper.class_manager.new_instance
        self._prepared = Prepared(statement.with_only_columns(*columns))

    def all(self, session: Session, **given: object) -> list[R]:
        """All of them."""
        return [self._met(session, row) for row in self._prepared.rows(session, **given)]

    def first(self, session: Session, **given: object) -> R | None:
        """The first, None where there is none."""
        row = self._prepared.first(session, **given)
        return None if row is None else self._met(session, row)

    def _met(self, session: Session, row: tuple[Any, ...]) -> R:
        """The row as it was met before in this session, or met now for the first time."""
        identity = (self._table, tuple([row[place] for place in self._key]), None)
        met: Any = session.identity_map.get(identity)
        if met is None:
            met = self._new()
            instance_dict(met).update(zip(self._names, row, strict=True))
            adopt(session, met, identity)
        elif instance_state(met).expired:
            session.refresh(met)
        found: R = met
        return found


def adopt(session: Session, row: object, identity: Any) -> None:
    """Let a row whose every column is known be one of this session's, as if it had loaded it.

    What `Session.add` does for a detached row, without asking what may hang on it: nothing does.
    """
    state = instance_state(row)
    state.key = identity
    state.session_id = session.hash_key
    session.identity_map.add(state)
    hold(session, row)


_MET: Final = "met"
_HELD: Final = 1000
"""Long lists pass through without piling up."""


def hold(session: Session, row: object) -> None:
    """Let a row live as long as the session: left alone, it is forgotten with who looked at it."""
    met = session.info.setdefault(_MET, [])
    if len(met) < _HELD:
        met.append(row)


class _Compiled:
    """A statement for one kind of database."""

    def __init__(
        self,
        statement: Statement,
        columns: Sequence[str],
        dialect: Dialect,
    ) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)
        if compiled.insert_prefetch or compiled.update_prefetch or compiled.post_compile_params:
            raise TypeError("a statement with defaults or lists can't be prepared")
        self.text = str(compiled)
        self._fixed = {name: bind.value for name, bind in _fixed(compiled)}
        self._into = {
            name: _into(bind.type, into)
            for bind, name in compiled.bind_names.items()
            if (into := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        self._order = compiled.positiontup
        self._ways = [
            (place, self._into[name])
            for place, name in enumerate(self._order or ())
            if name in self._into
        ]
        found = list(statement.exported_columns)
        self._from = [
            (place, _from(column.type, of))
            for place, column in enumerate(found)
            if (of := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]
        names = [str(getattr(column, "name", None) or "_") for column in found]
        self._row = partial(tuple.__new__, namedtuple("Row", names, rename=True))  # noqa: PYI024 - at run time

    def bound(self, given: Given) -> Any:
        """The parameters as the driver takes them."""
        told = {**self._fixed, **given} if self._fixed else given
        if self._order is not None:
            values = list(map(told.__getitem__, self._order))
            for place, into in self._ways:
                values[place] = into(values[place])
            return values
        into_of = self._into
        return {
            name: into_of[name](value) if name in into_of else value for name, value in told.items()
        }

    def read(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """Rows as Python has them."""
        row, kinds = self._row, self._from
        if not kinds:
            return list(map(row, found))
        read = []
        for each in found:
            values = list(each)
            for place, of in kinds:
                values[place] = of(values[place])
            read.append(row(values))
        return read


class _Known(dict[Any, Any]):
    """Words of a closed set and what stands for them on the other side; others go the long way."""

    def __init__(self, words: Iterable[Any], way: Into) -> None:
        super().__init__((word, way(word)) for word in words)
        self._way = way

    def __missing__(self, word: Any) -> Any:
        return self._way(word)


def _into(kind: TypeEngine[Any], way: Into) -> Into:
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return _Known((None, *kind.enum_class), way).__getitem__
    return way


def _from(kind: TypeEngine[Any], way: Into) -> Into:
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return _Known((None, *kind.enums), way).__getitem__
    return way


def _fixed(compiled: SQLCompiler) -> list[tuple[str, Any]]:
    """Values that stand in the statement itself."""
    return [(name, bind) for bind, name in compiled.bind_names.items() if not bind.required]


def _connection(over: Session) -> Connection:
    """What waits in the session is written first, so that it is seen."""
    over.flush()
    return over.bind if isinstance(over.bind, Connection) else over.connection()


def send(
    connection: Connection, text: str, bound: Any = None, *, many: bool = False
) -> DBAPICursor:
    """One statement for the driver; its errors are SQLAlchemy's. Nothing begins by itself.

    Where nothing is bound, `text` may be several statements for PostgreSQL.
    """
    cursor = connection.connection.cursor()
    try:
        if bound is None:
            cursor.execute(text)
        elif many:
            cursor.executemany(text, bound)
        else:
            cursor.execute(text, bound)
    except connection.dialect.loaded_dbapi.Error as error:
        cursor.close()
        driver = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(
            text, None, error, driver, hide_parameters=True, dialect=connection.dialect
        ) from error
    return cursor
