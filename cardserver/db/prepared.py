"""Statements that are asked all day: compiled once, then sent to the driver without detours.

SQLAlchemy prepares every execution anew, which takes several times what SQLite needs to answer. A
prepared statement keeps its text, and how values become columns and back; transactions, types and
errors are SQLAlchemy's as everywhere. Statements that are put together anew for every question, or
that hold a list, are none of these: they go the ordinary way.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar, cast

from sqlalchemy import (
    BindParameter,
    Connection,
    Dialect,
    Select,
    UpdateBase,
    inspect,
    literal_column,
)
from sqlalchemy.orm import Session, configure_mappers
from sqlalchemy.orm.base import DEFAULT_STATE_ATTR, instance_dict, instance_state
from sqlalchemy.orm.state import InstanceState
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

from cardserver.db.columns import Way, way_in, way_out
from cardserver.db.schema import KEPT
from cardserver.db.sending import Sender, sender_of

Statement = Select[*tuple[Any, ...]] | UpdateBase
Given = Mapping[str, object]
R = TypeVar("R")


class Prepared:
    """One statement. What it is given are the names of its parameters.

    `columns` are those that an insert fills in.
    """

    def __init__(self, statement: Statement, columns: Sequence[str] = ()) -> None:
        self._statement = statement
        self._columns = columns
        self._kinds: dict[str, _Compiled] = {}

    def found(self, over: Session | Connection, given: Given) -> list[Any]:
        """All rows, as tuples that know their columns by name."""
        sender = sender_of(over)
        sent = self._kinds.get(sender.kind) or self._compiled(sender)
        try:
            sender.execute(sent.text, sent.bound(given))
            found = sender.fetchall()
        except sender.failure as error:
            raise sender.as_ours(sent.text, error) from error
        return sent.read(found) if found else []

    def rows(self, over: Session | Connection, **given: object) -> list[Any]:
        """The same, each parameter by its name."""
        return self.found(over, given)

    def first(self, over: Session | Connection, **given: object) -> Any:
        """The first row, None where there is none."""
        found = self.found(over, given)
        return found[0] if found else None

    def values(self, over: Session | Connection, **given: object) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self.found(over, given)]

    def value(self, over: Session | Connection, **given: object) -> Any:
        """The first column of the first row, None where there is none."""
        found = self.found(over, given)
        return found[0][0] if found else None

    def write(self, over: Session | Connection, rows: Sequence[Given]) -> None:
        """Once for each of these rows."""
        sender = sender_of(over)
        sent = self._kinds.get(sender.kind) or self._compiled(sender)
        try:
            if len(rows) == 1:
                sender.execute(sent.text, sent.bound(rows[0]))
            else:
                sender.executemany(sent.text, list(map(sent.bound, rows)))
        except sender.failure as error:
            raise sender.as_ours(sent.text, error) from error

    def _compiled(self, sender: Sender) -> "_Compiled":
        found = self._kinds[sender.kind] = _Compiled(self._statement, self._columns, sender.dialect)
        return found


class PreparedRows(Generic[R]):
    """A statement that selects rows of one table and gives them as the session knows them.

    Rows that never change need nobody who knows them: they are told as they stand, by column.
    """

    def __init__(self, table: type[R], statement: Select[Any]) -> None:
        configure_mappers()
        mapper = inspect(table)
        columns = mapper.local_table.columns
        names = [column.name for column in columns]  # attributes are called so too
        self._table = table
        self._is_kept = is_kept(table)
        self._manager = mapper.class_manager
        self._names = names
        self._key = _picking([names.index(column.name) for column in mapper.primary_key])
        self._prepared = Prepared(statement.with_only_columns(*columns))

    def all(self, session: Session, **given: object) -> list[R]:
        """All of them."""
        found = self._prepared.found(session, given)
        return found if self._is_kept else [self._met(session, row) for row in found]

    def first(self, session: Session, **given: object) -> R | None:
        """The first, None where there is none."""
        found = self._prepared.found(session, given)
        if not found:
            return None
        row: R = found[0] if self._is_kept else self._met(session, found[0])
        return row

    def _met(self, session: Session, row: tuple[Any, ...]) -> R:
        """The row as it was met before in this session, or met now for the first time."""
        identity = (self._table, self._key(row), None)
        met: Any = session.identity_map.get(identity)
        if met is None:
            met = self._table.__new__(self._table)
            told = instance_dict(met)
            told.update(zip(self._names, row, strict=True))
            told[DEFAULT_STATE_ATTR] = InstanceState(met, self._manager)
            adopt(session, met, identity)
        elif instance_state(met).expired:
            session.refresh(met)
        found: R = met
        return found


_KEPT: Final = frozenset(KEPT)


def is_kept(table: type[Any]) -> bool:
    """True for a table whose rows the database itself keeps from being changed."""
    return table.__tablename__ in _KEPT


_MET: Final = "met"
_HELD: Final = 1000
"""Long lists pass through without piling up."""


def adopt(session: Session, row: object, identity: Any) -> None:
    """Let a row whose every column is known be one of this session's, as if it had loaded it.

    What `Session.add` does for a detached row, without asking what may hang on it: nothing does.
    """
    state = instance_state(row)
    state.key = identity
    state.session_id = session.hash_key
    session.identity_map.add(state)
    hold(session, row)


def hold(session: Session, row: object) -> None:
    """Let a row live as long as the session: left alone, it is forgotten with who looked at it."""
    met = session.info.setdefault(_MET, [])
    if len(met) < _HELD:
        met.append(row)


class _Compiled:
    """A statement for one kind of database; `bound` gives parameters as the driver takes them."""

    def __init__(
        self,
        statement: Statement,
        columns: Sequence[str],
        dialect: Dialect,
    ) -> None:
        if isinstance(statement, Select):
            statement = cast(Statement, replacement_traverse(statement, {}, _written_out))
        compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)
        if compiled.insert_prefetch or compiled.update_prefetch or compiled.post_compile_params:
            raise TypeError("a statement with defaults or lists can't be prepared")
        self.text = str(compiled)
        names = compiled.positiontup
        into = {
            name: way
            for bind, name in compiled.bind_names.items()
            if (way := way_in(bind.type, dialect)) is not None
        }
        fixed = {
            name: into[name](bind.value) if name in into else bind.value
            for name, bind in _fixed(compiled)
        }
        ways = {name: way for name, way in into.items() if name not in fixed}
        by_name = names is None
        self.bound: Callable[[Given], Any] = (
            _by_name(ways, fixed) if by_name else _in_order(names or (), ways, fixed)
        )
        found = list(statement.exported_columns)
        self._from = [
            (place, way)
            for place, column in enumerate(found)
            if (way := way_out(column.type, dialect)) is not None
        ]
        titles = [str(getattr(column, "name", None) or "_") for column in found]
        self._row = plain_rows(titles)

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


def plain_rows(columns: Sequence[str]) -> Callable[[Iterable[Any]], Any]:
    """What makes a row that knows these columns by name."""
    return partial(tuple.__new__, namedtuple("Row", columns, rename=True))  # noqa: PYI024 - at run time


def _written_out(element: ExternallyTraversible, **_: object) -> ExternallyTraversible | None:
    """A word of a closed set that stands in the question itself.

    SQLite plans a question anew for each value that might let an index over some rows only fit.
    """
    if not isinstance(element, BindParameter) or not isinstance(element.value, StrEnum):
        return None
    return literal_column(f"'{element.value}'", element.type)


def _fixed(compiled: SQLCompiler) -> list[tuple[str, Any]]:
    """Values that stand in the statement itself."""
    return [(name, bind) for bind, name in compiled.bind_names.items() if not bind.required]


def _in_order(
    names: Sequence[str], ways: Mapping[str, Way], fixed: Given
) -> Callable[[Given], Sequence[Any]]:
    """What lays parameters out one after the other."""
    pick = _picking(names)
    steps = [(place, ways[name]) for place, name in enumerate(names) if name in ways]
    if not steps and not fixed:
        return pick

    def bound(given: Given) -> Sequence[Any]:
        values = list(pick({**given, **fixed} if fixed else given))
        for place, way in steps:
            values[place] = way(values[place])
        return values

    return bound


def _by_name(ways: Mapping[str, Way], fixed: Given) -> Callable[[Given], Given]:
    """The same for a driver that takes them by name."""

    def bound(given: Given) -> Given:
        told = {**given, **fixed}
        return {name: ways[name](told[name]) if name in ways else told[name] for name in told}

    return bound


def _picking(places: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes the values at these names or numbers, in this order."""
    if len(places) > 1:
        return itemgetter(*places)
    if not places:
        return lambda _: ()
    (only,) = places
    return lambda values: (values[only],)
