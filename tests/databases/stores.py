"""Stores to test on: a SQLite file, and a throw-away PostgreSQL cluster started once a session.

The cluster lives in a temporary folder, listens on a socket in it and nowhere else, and is gone
with the test run. initdb refuses root, so as root it runs under another account.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

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


@cache
def cluster() -> str | None:
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
    settings = f"-k {folder} -c listen_addresses= -c fsync=off -c synchronous_commit=off"
    control = (str(programs / "pg_ctl"), f"--pgdata={data}")
    # The server must not hold our pipes open, or the call above would wait for its end.
    run(*control, "-w", f"--log={folder / 'log'}", "-o", settings, "start")

    def stop() -> None:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return f"postgresql+psycopg://yika@/{{database}}?host={folder}"


def postgresql(database: str = "postgres") -> str:
    """The address of a database of the cluster; skips, or in CI fails, where there is none."""
    url = cluster()
    if url is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed")
        pytest.skip("PostgreSQL is not installed")
    return url.format(database=database)


def empty_postgresql() -> str:
    """A fresh, empty database."""
    engine = open_engine(postgresql())
    name = f"empty_{os.urandom(6).hex()}"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ROLLBACK"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return postgresql(name)


@cache
def _shared_postgresql() -> Engine:
    url = empty_postgresql()
    engine = open_engine(url)
    upgrade(engine)
    return engine


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="yika-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


_file: list[str] = []
"""The SQLite file that the shared engine opens now."""


@cache
def _shared_sqlite() -> Engine:
    """One engine for all files: it keeps the statements it has compiled."""
    engine = open_engine("sqlite:///shared")

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: list[str], _named: Any) -> None:
        arguments[0] = _file[0]

    return engine


def sqlite_store(folder: Path) -> Engine:
    """A store in a file of its own; the one before it is closed."""
    path = folder / "yika.db"
    shutil.copy(_sqlite_template(), path)
    engine = _shared_sqlite()
    engine.dispose()
    _file[:] = [str(path)]
    return engine


def postgresql_store() -> Engine:
    """The session's PostgreSQL database, emptied. The guards are off only while emptying."""
    postgresql()
    engine = _shared_postgresql()
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    return engine


def open_store(kind: str, folder: Path) -> Engine:
    """A fresh store of a kind."""
    return sqlite_store(folder) if kind == "sqlite" else postgresql_store()


def impatient(engine: Engine) -> Engine:
    """Another engine on the same store, whose writers soon give up waiting."""
    sqlite = engine.dialect.name == "sqlite"
    url = f"sqlite:///{_file[0]}" if sqlite else engine.url.render_as_string()
    return open_engine(url, busy_timeout_ms=IMPATIENT_MS)
