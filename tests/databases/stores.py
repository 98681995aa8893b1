"""Stores to test on: a SQLite file, and a throw-away PostgreSQL cluster started once a session.

The cluster lives in a temporary folder, listens on a socket in it and nowhere else, and is gone
with the test run. initdb refuses root, so as root it runs under another account.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from cardserver.db.engine import WRITER, open_engine
from cardserver.db.tables import Base
from cardserver.db.upgrade import upgrade

STORES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))
"""Parameters of a fixture that opens a store."""

IMPATIENT_MS = 200

_ACCOUNTS = ("postgres", "nobody")


def _folder() -> Path | None:
    """Where the PostgreSQL programs lie: on the path, or where Debian puts them."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    return versions[-1].parent if versions else None


def _version(path: Path) -> int:
    return int(path.parts[-3]) if path.parts[-3].isdigit() else 0


def _as_other(folder: Path) -> list[str]:
    """The start of a command line that leaves root, and the folder given away to that account."""
    if os.getuid() != 0:
        return []
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    account = next(name for name in _ACCOUNTS if name in known)
    shutil.chown(folder, account)
    return ["setpriv", f"--reuid={account}", "--clear-groups", "--"]


_HURRIED = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off"),
    *("wal_level=minimal", "max_wal_senders=0", "jit=off"),
)
"""No test pulls the plug."""

WAITS_FOR_THE_DISK = ("max_wal_senders=0",)
"""As PostgreSQL comes: every commit is on the disk."""


@cache
def cluster(settings: tuple[str, ...] = _HURRIED) -> str | None:
    """The address of the cluster, started on first use; None where PostgreSQL is not installed."""
    programs = _folder()
    if programs is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="yika-pg-"))
    prefix = _as_other(folder)
    data = folder / "data"

    def run(*command: str) -> None:
        full = [*prefix, *command]
        done = subprocess.run(full, cwd=folder, capture_output=True, check=False, timeout=60)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout!r} {done.stderr!r}")

    run(
        str(programs / "initdb"),
        f"--pgdata={data}",
        *("--username=yika", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"),
    )
    words = " ".join(
        ["-k", str(folder), *(f"-c {each}" for each in ("listen_addresses=", *settings))]
    )
    control = (str(programs / "pg_ctl"), f"--pgdata={data}")
    # The server must not hold our pipes open, or the call above would wait for its end.
    run(*control, "-w", f"--log={folder / 'log'}", "-o", words, "start")

    def stop() -> None:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)

    Finalize(None, stop, exitpriority=0)
    return f"postgresql+psycopg://yika@/{{database}}?host={folder}"


def postgresql(database: str = "postgres") -> str:
    """The address of a database of the cluster; skips, or in CI fails, where there is none."""
    url = cluster()
    if url is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed")
        pytest.skip("PostgreSQL is not installed")
    return url.format(database=database)


def empty_postgresql(address: str = "") -> str:
    """A fresh, empty database of the tests' cluster, or of the one at `address`."""
    return _new_postgresql(address or postgresql("{database}"))


def _new_postgresql(address: str, options: str = "") -> str:
    engine = open_engine(address.format(database="postgres"))
    name = f"empty_{os.urandom(6).hex()}"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ROLLBACK"))
        connection.execute(text(f"CREATE DATABASE {name} {options}"))
    engine.dispose()
    return address.format(database=name)


@cache
def postgresql_template() -> str:
    """The name of a database that has its tables, and the routine that empties them. Nobody is
    connected to it: whoever needs one like it has it copied, at a third of the cost.
    """
    engine = open_engine(empty_postgresql())
    upgrade(engine)
    steps = [_EMPTIED.format(table=table) for table in _tables()]
    writer = engine.connect().execution_options(**{WRITER: True})
    with writer as connection, connection.begin():
        connection.exec_driver_sql(_routine("emptied", steps))
    engine.dispose()
    return str(engine.url.database)


@cache
def _shared_address() -> str:
    return _new_postgresql(postgresql("{database}"), f"TEMPLATE {postgresql_template()}")


@cache
def _shared_postgresql() -> Engine:
    engine = open_engine(_shared_address())
    event.listen(engine, "connect", _let_it_remember)
    return engine


def _let_it_remember(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """One connection sends a thousand tests' statements: none is planned anew and none forgotten,
    where psycopg would begin at the sixth time and keep a hundred.
    """
    connection.prepare_threshold = 1
    connection.prepared_max = 2000


_EMPTIED = "IF EXISTS (SELECT FROM {table}) THEN DELETE FROM {table}; END IF;"
_FURNISHED = "INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE {name}.{table};"


def _tables() -> list[str]:
    return [f'"{table.name}"' for table in reversed(Base.metadata.sorted_tables)]


def _routine(name: str, steps: list[str]) -> str:
    """Kept by the server with its plans, so that a hundred steps take a millisecond."""
    body = " ".join(steps)
    return f"CREATE FUNCTION {name}() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


@cache
def _housekeeper() -> Engine:
    """Another connection to the shared database, for which no append-only row and no foreign key is
    guarded. Where the role changes, PostgreSQL forgets all plans of a connection: so here it never
    does, and the connection that the tests use never plans a statement anew.
    """
    engine = open_engine(_shared_address())

    @event.listens_for(engine, "connect")
    def unguard(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.cursor().execute("SET session_replication_role = replica")

    return engine


@contextmanager
def _past_the_guards() -> Iterator[Connection]:
    """Tidying up, while nobody writes."""
    writer = _housekeeper().connect().execution_options(**{WRITER: True})
    with writer as connection, connection.begin():
        yield connection


def keep_until_the_end(folder: Path) -> Path:
    """The folder, which is gone with the process."""
    Finalize(None, shutil.rmtree, (folder,), {"ignore_errors": True}, exitpriority=0)
    return folder


@cache
def _sqlite_template() -> Path:
    path = keep_until_the_end(Path(tempfile.mkdtemp(prefix="yika-sqlite-"))) / "template.db"
    with closing(sqlite3.connect(path)) as file:
        # Three hundred tables and indexes with next to nothing in them, copied for every test.
        file.execute("PRAGMA page_size = 1024")
        file.execute("PRAGMA journal_mode = WAL")
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@cache
def _fluent() -> Engine:
    """The engine whose compiled statements all SQLite engines of this process share."""
    engine = open_engine("sqlite://")
    engine.connect().close()
    return engine


def fluent_engine(url: str) -> Engine:
    """What the production code opens for SQLite; only that it compiles no statement anew."""
    engine = open_engine(url)
    engine.dialect = _fluent().dialect
    engine._compiled_cache = _fluent()._compiled_cache
    return engine


def sqlite_engine(url: str) -> Engine:
    """The same, and it does not wait for the disk either: no test pulls the plug."""
    engine = fluent_engine(url)

    @event.listens_for(engine, "connect")
    def hurry(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.cursor().execute("PRAGMA synchronous = OFF")

    return engine


_latest: list[Engine] = []
"""The engine of the SQLite store handed out last."""


def lay_out_sqlite(path: Path) -> None:
    """An empty store of today's version, for programs that open it themselves."""
    shutil.copy(_sqlite_template(), path)


def sqlite_store(folder: Path) -> Engine:
    """A store in a file of its own; the one before it is closed."""
    path = folder / "yika.db"
    lay_out_sqlite(path)
    for engine in _latest:
        engine.dispose()
    _latest[:] = [sqlite_engine(f"sqlite:///{path}")]
    return _latest[0]


def postgresql_store() -> Engine:
    """The session's PostgreSQL database, emptied; for who works on it the guards are never off."""
    postgresql()
    engine = _shared_postgresql()
    with _past_the_guards() as connection:
        connection.exec_driver_sql("SELECT emptied()")
    return engine


def close_store(engine: Engine) -> None:
    """Done with a store. The connection to PostgreSQL stays for the next one."""
    if engine.dialect.name == "sqlite":
        engine.dispose()


Facts = TypeVar("Facts")
_furniture: dict[tuple[str, str], tuple[Any, Path | None]] = {}
"""By kind of store and name: what is known of the rows, and the SQLite file that holds them."""


def furnished(
    engine: Engine, furnish: Callable[[], Facts], *, name: str = "furniture", anew: bool = False
) -> Facts:
    """Put rows on an empty store that nobody works on: what `furnish` puts there the first time,
    and a copy of those rows ever after. Returns what it returned.

    `anew` is for a store that is not empty: what lies there is in the furniture as well.
    """
    kind = engine.dialect.name
    if (kind, name) not in _furniture:
        facts = furnish()
        if kind == "sqlite":
            _furniture[kind, name] = deepcopy(facts), _keep_file(engine, name)
        else:
            _keep_rows(name)
            _furniture[kind, name] = deepcopy(facts), None
        return facts
    facts, path = _furniture[kind, name]
    if path is None:
        with _past_the_guards() as connection:
            if anew:
                connection.exec_driver_sql("SELECT emptied()")
            connection.exec_driver_sql(f"SELECT {name}_laid()")
    else:
        engine.dispose()
        shutil.copy(path, str(engine.url.database))
    return deepcopy(facts)


def _keep_file(engine: Engine, name: str) -> Path:
    path = _sqlite_template().with_name(f"{name}.db")
    engine.dispose()  # the last to leave brings the log into the file
    shutil.copy(str(engine.url.database), path)
    return path


def _keep_rows(name: str) -> None:
    with _past_the_guards() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        full = [table for table in _tables() if _holds_rows(connection, table)]
        for table in full:
            connection.exec_driver_sql(f"CREATE TABLE {name}.{table} AS TABLE {table}")
        steps = [_FURNISHED.format(name=name, table=table) for table in full]
        connection.exec_driver_sql(_routine(f"{name}_laid", steps))


def _holds_rows(connection: Connection, table: str) -> bool:
    return bool(connection.scalar(text(f"SELECT EXISTS (TABLE {table})")))


def open_store(kind: str, folder: Path) -> Engine:
    """A fresh store of a kind."""
    return sqlite_store(folder) if kind == "sqlite" else postgresql_store()


def impatient(engine: Engine) -> Engine:
    """Another engine on the same store, whose writers soon give up waiting."""
    return open_engine(engine.url.render_as_string(), busy_timeout_ms=IMPATIENT_MS)
