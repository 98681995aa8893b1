"""A PostgreSQL server and its synchronous standby, as an estate that must lose nothing runs them.

Both are throw-away clusters on sockets in a temporary folder. Nothing is hurried here: every commit
is on the primary's disk and on the standby's before it is told.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cardserver.db.engine import open_engine
from cardserver.db.upgrade import upgrade
from tests.databases.stores import _as_other, _folder

_WITHIN_S = 90.0
_BASICS = ("listen_addresses=", "wal_level=replica", "max_wal_senders=4", "jit=off")


@dataclass(frozen=True)
class Pair:
    """The primary and its standby; `url` finds whichever may be written to."""

    folder: Path
    programs: Path
    prefix: tuple[str, ...]

    @property
    def url(self) -> str:
        """Both servers; libpq takes the one that lets itself be written to."""
        hosts = f"host={self.folder / 'a'}:5432&host={self.folder / 'b'}:5432"
        return f"postgresql+psycopg://yika@/yika?{hosts}&target_session_attrs=read-write"

    def url_of(self, name: str, database: str = "yika") -> str:
        """One of them by itself."""
        return f"postgresql+psycopg://yika@/{database}?host={self.folder / name}"

    def lose_primary(self) -> None:
        """It goes down without a word: no checkpoint, nothing brought to an end."""
        self.control("a", "-m", "immediate", "stop")

    def promote(self) -> None:
        """The standby is the primary from now on."""
        self.control("b", "-w", "promote")

    def run(self, program: str, *words: str) -> None:
        """One of PostgreSQL's programs, under its account."""
        self.command(str(self.programs / program), *words)

    def command(self, program: str, *words: str) -> None:
        """Any program, under that account."""
        command = [*self.prefix, program, *words]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, check=False, timeout=_WITHIN_S
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout!r} {done.stderr!r}")

    def control(self, name: str, *words: str) -> None:
        self.run("pg_ctl", f"--pgdata={self.folder / name / 'data'}", *words)

    def start(self, name: str) -> None:
        place, other = self.folder / name, self.folder / ("b" if name == "a" else "a")
        follow = f"primary_conninfo=host={other} user=yika"
        settings = " ".join(f'-c "{each}"' for each in (*_BASICS, follow))
        self.control(name, "-w", f"--log={place / 'log'}", "-o", f"-k {place} {settings}", "start")

    def ask(self, name: str, *statements: str, database: str = "postgres") -> object:
        """Statements outside a transaction; the answer of the last one."""
        engine = open_engine(self.url_of(name, database))
        raw = engine.raw_connection()
        try:
            driver = raw.driver_connection
            assert driver is not None
            driver.autocommit = True
            found = None
            for statement in statements:
                cursor = driver.execute(statement)
                found = cursor.fetchone() if cursor.description else None
            return found[0] if found else None
        finally:
            raw.close()
            engine.dispose()


@contextmanager
def primary_and_standby() -> Iterator[Pair]:
    """Both running, the standby synchronous, with the tables; skips without PostgreSQL."""
    programs = _folder()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="yika-standby-"))
    pair = Pair(folder, programs, tuple(_as_other(folder)))
    for name in ("a", "b"):
        (folder / name).mkdir()
        _as_other(folder / name)
    try:
        _primary(pair)
        _standby(pair)
        yield pair
    finally:
        for name in ("a", "b"):
            if (folder / name / "data" / "postmaster.pid").exists():
                pair.control(name, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _primary(pair: Pair) -> None:
    pair.run(
        "initdb",
        f"--pgdata={pair.folder / 'a' / 'data'}",
        *("--username=yika", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"),
    )
    pair.start("a")
    pair.ask("a", "CREATE DATABASE yika")
    engine = open_engine(pair.url_of("a"))
    upgrade(engine)
    engine.dispose()


def _standby(pair: Pair) -> None:
    # A copy of the files while the server is down is as good as a backup of a running one.
    pair.control("a", "-w", "stop")
    pair.command("cp", "-a", str(pair.folder / "a" / "data"), str(pair.folder / "b"))
    pair.command("touch", str(pair.folder / "b" / "data" / "standby.signal"))
    pair.start("a")
    pair.start("b")
    # From here on no commit is told before the standby has it on its disk as well.
    pair.ask("a", "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
    until = time.monotonic() + _WITHIN_S
    while pair.ask("a", "SELECT sync_state FROM pg_stat_replication") != "sync":
        if time.monotonic() > until:
            raise TimeoutError("the standby does not follow")
        time.sleep(0.05)
