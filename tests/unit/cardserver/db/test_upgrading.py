"""From an empty or an old database to this version's tables, on both engines."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Row, inspect, text

import cardserver.db
import cardserver.db.upgrade as upgrading
from cardserver.db.engine import (
    WRITER,
    DatabaseUrlInvalid,
    StoreUnusable,
    open_engine,
)
from cardserver.db.schema import Base
from cardserver.db.upgrade import HEAD, upgrade
from tests.built_once import Sent, overheard, send_again, upgrade_in_full
from tests.databases.stores import STORES, empty_postgresql


@pytest.fixture
def in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing remembered here: every migration runs."""
    monkeypatch.setattr(upgrading, "_upgrade", upgrade_in_full)


@pytest.fixture(params=STORES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(_empty(request.param, tmp_path))
    yield engine
    engine.dispose()


def _overhear(sent: Sent, connection: Connection, site: str) -> None:
    sent.extend(overheard(connection, partial(upgrade_in_full, connection, site)))


def _empty(kind: str, folder: Path) -> str:
    return f"sqlite:///{folder / 'new.db'}" if kind == "sqlite" else empty_postgresql()


@dataclass(frozen=True, slots=True)
class Migrated:
    """A store that came through every migration, and the statements it was sent by them."""

    engine: Engine
    sent: Sent


@pytest.fixture(scope="module", params=STORES)
def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Migrated]:
    """For tests that only look at it."""
    made = Migrated(open_engine(_empty(request.param, tmp_path_factory.mktemp("migrated"))), [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upgrading, "_upgrade", partial(_overhear, made.sent))
        upgrade(made.engine)
    yield made
    made.engine.dispose()


def _is_whole(name: str | None, kind: str, _parents: object) -> bool:
    """PostgreSQL calls the months of a table tables too."""
    return kind != "table" or name is None or not name.startswith("gate_event_")


def test_an_empty_database_gets_exactly_the_tables_of_the_program(migrated: Migrated) -> None:
    with migrated.engine.connect() as connection:
        opts = {"compare_type": True, "include_name": _is_whole}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == HEAD


def test_named_constraints_are_the_same_in_the_database_and_in_the_program(
    migrated: Migrated,
) -> None:
    """What autogenerate doesn't compare: CHECK constraints and the conditions of indexes."""
    with migrated.engine.connect() as connection:
        inspector = inspect(connection)
        for table in Base.metadata.sorted_tables:
            mine = {c.name for c in table.constraints if str(c.name).startswith("ck_")}
            found = {c["name"] for c in inspector.get_check_constraints(table.name)}
            assert found == mine, table.name


_ON_SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
_COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"""
_CONSTRAINTS = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2"
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
_TRIGGERS = """
    SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE NOT tgisinternal ORDER BY 1, 2"""
_FUNCTIONS = "SELECT proname, prosrc FROM pg_proc WHERE prolang <> 12 ORDER BY 1, 2"
_ALL_THAT_IS_THERE = {
    "sqlite": (_ON_SQLITE,),
    "postgresql": (_COLUMNS, _CONSTRAINTS, _INDEXES, _TRIGGERS, _FUNCTIONS),
}


def _all_that_is_there(connection: Connection) -> list[list[Row[Any]]]:
    questions = _ALL_THAT_IS_THERE[connection.dialect.name]
    return [[*connection.execute(text(each)).all()] for each in questions]


def test_the_store_that_other_tests_are_given_is_the_one_the_migrations_make(
    migrated: Migrated, tmp_path: Path
) -> None:
    """`tests.built_once` sends the migrations' statements again; for SQLite see `test_newstore`."""
    given = open_engine(_empty(migrated.engine.dialect.name, tmp_path))
    with given.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        send_again(connection, migrated.sent)
        seen = _all_that_is_there(connection)
    given.dispose()
    assert len(seen[0]) > 100
    with migrated.engine.connect() as connection:
        assert seen == _all_that_is_there(connection)


def test_an_upgraded_database_is_left_alone(empty: Engine) -> None:
    upgrade(empty)
    with empty.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        connection.execute(text("INSERT INTO counter VALUES ('x', 7)"))
    upgrade(empty)
    with empty.connect() as connection:
        assert connection.scalar(text("SELECT value FROM counter")) == 7


def test_a_database_of_a_newer_program_is_refused(empty: Engine) -> None:
    upgrade(empty)
    with empty.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnusable, match="newer"):
        upgrade(empty)


def test_the_known_head_is_the_last_file_of_the_folder() -> None:
    config = Config()
    folder = Path(cardserver.db.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


@pytest.mark.usefixtures("in_full")
def test_a_failed_upgrade_leaves_an_empty_database_empty(empty: Engine) -> None:
    """All in one transaction: a table in the way undoes everything."""
    with empty.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        connection.execute(text("CREATE TABLE tender (x INTEGER)"))
    with pytest.raises(StoreUnusable):
        upgrade(empty)
    with empty.connect() as connection:
        assert inspect(connection).get_table_names() == ["tender"]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(StoreUnusable):
        upgrade(open_engine(f"sqlite:///{path}"))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable):
        upgrade(open_engine(f"sqlite:///{tmp_path / 'no' / 'such' / 'yika.db'}"))


@pytest.mark.parametrize("url", ["", "yika.db", "mysql://x/y", "http://x", "sqlite", "🃏://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUrlInvalid):
        open_engine(url)


def test_sqlite_reports_nothing_done_before_it_is_on_the_disk(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'yika.db'}")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    full = 2
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }
