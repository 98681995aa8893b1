"""A new store on SQLite is made in one step, and is what all migrations together leave behind."""

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Select, inspect, literal_column, select, table, text

import cardserver.db.upgrade as upgrading
from cardserver.db.engine import WRITER, StoreUnusable, open_engine
from cardserver.db.newstore import FILE
from cardserver.db.schema import Base
from cardserver.db.upgrade import HEAD, migrate, upgrade, version_of
from tests.databases.newstore import in_order, written
from tests.databases.powercut import library, watched

CUTS = 12

_IN_ITS_ORDER = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
_ALL: Select[Any] = select(literal_column("*"))


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A store that came through every migration, opened again."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('migrated') / 'old.db'}")
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        migrate(connection, "")
    engine.dispose()
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    yield engine
    engine.dispose()


def _refused(_connection: Connection, _site: str) -> None:
    pytest.fail("a migration was asked for")


def _everything(connection: Connection) -> tuple[object, ...]:
    """All that SQLite knows of a store and all rows, without where on the disk they lie."""
    tables = inspect(connection).get_table_names()
    made = connection.execute(text(_IN_ITS_ORDER)).all()
    return (
        [(*names, statement and in_order(statement)) for *names, statement in made],
        {each: connection.execute(_ALL.select_from(table(each))).all() for each in tables},
        {
            (each, pragma): connection.execute(text(f"PRAGMA {pragma}('{each}')")).all()
            for each in tables
            for pragma in ("table_xinfo", "foreign_key_list", "index_list")
        },
        [
            connection.scalar(text(f"PRAGMA {name}"))
            for name in ("user_version", "application_id", "encoding", "auto_vacuum")
        ],
    )


def test_the_file_is_what_the_migrations_leave(migrated: Connection) -> None:
    """Where this fails after a new migration: `make schema`, and look at what it changed."""
    assert FILE.read_text(encoding="utf-8") == written(migrated)


def test_a_new_store_is_the_one_the_migrations_make(migrated: Connection, new: Engine) -> None:
    upgrade(new)
    new.dispose()
    with new.connect() as connection:
        seen = _everything(connection)
    assert seen == _everything(migrated)
    assert len(inspect(migrated).get_table_names()) == len(Base.metadata.tables) + 1


def test_no_migration_is_needed_for_a_new_store(
    new: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So Alembic, which is slow to come, is not asked for."""
    monkeypatch.setattr(upgrading, "migrate", _refused)
    upgrade(new)
    upgrade(new)
    with new.connect() as connection:
        assert version_of(connection) == HEAD


def test_a_store_that_fails_half_way_is_empty(new: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    half = FILE.read_text(encoding="utf-8").replace("ON gate_slip", "ON nothing")
    broken = Path(str(new.url.database)).with_name("broken.sql")
    broken.write_text(half, encoding="utf-8")
    monkeypatch.setattr("cardserver.db.newstore.FILE", broken)
    with pytest.raises(StoreUnusable, match="nothing"):
        upgrade(new)
    with new.connect() as connection:
        assert connection.execute(text(_IN_ITS_ORDER)).all() == []
    monkeypatch.undo()
    upgrade(new)
    with new.connect() as connection:
        assert version_of(connection) == HEAD


def test_a_store_in_which_there_is_anything_goes_the_long_way(new: Engine) -> None:
    with new.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        connection.execute(text("CREATE TABLE note (x INTEGER)"))
    upgrade(new)
    with new.connect() as connection:
        found = set(inspect(connection).get_table_names())
        assert found == {*Base.metadata.tables, "alembic_version", "note"}
        assert version_of(connection) == HEAD


@pytest.mark.skipif(
    library() is None and not os.environ.get("CI"), reason="SQLite can't be reached beside Python"
)
def test_a_power_cut_while_a_store_is_made_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    """And the next start has a whole one, whatever was on the disk by then."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with watched(folder) as disk:
        engine = open_engine(f"sqlite:///{folder / 'new.db'}")
        upgrade(engine)
        disk.tell(1)
        engine.dispose()
    dice = random.Random(CUTS)
    steps = len(disk.steps)
    cuts = [*sorted(dice.sample(range(1, steps), CUTS)), steps]
    with closing(sqlite3.connect(folder / "new.db")) as whole:
        expected = whole.execute(_IN_ITS_ORDER).fetchall()
    for cut in cuts:
        found = tmp_path / f"after-{cut}"
        told = disk.after(cut, found, seed=0)
        with closing(sqlite3.connect(found / "new.db")) as store:
            left = store.execute(_IN_ITS_ORDER).fetchall()
        assert left == expected or (left == [] and not told), cut
        again = open_engine(f"sqlite:///{found / 'new.db'}")
        upgrade(again)
        with again.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert version_of(connection) == HEAD
            assert [*map(tuple, connection.execute(text(_IN_ITS_ORDER)).all())] == expected
        again.dispose()
