"""Every key of what gates tell starts with the site: it can be divided by site without a change."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, Table, text

from cardserver.db.engine import WRITER, StoreUnusable, open_engine
from cardserver.db.schema import Base
from cardserver.db.tables_parking import LaneRow
from tests.databases.revisions import bring_to
from tests.databases.stores import STORES, empty_postgresql, postgresql_store

OF_GATES = ("cardserver.db.tables_gate", "cardserver.db.tables_clones")

FIRST_OF_EACH_KEY = text(
    "SELECT DISTINCT indrelid::regclass::text, indexrelid::regclass::text, attname "
    "FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0] "
    "WHERE indrelid IN (SELECT attrelid FROM pg_attribute WHERE attname = 'site')"
)


def tables() -> list[Table]:
    """What gates write, and what is kept of them."""
    rows = [mapper.class_ for mapper in Base.registry.mappers]
    found = {row for row in rows if row.__module__.startswith(OF_GATES)} | {LaneRow}
    return [Base.metadata.tables[name] for name in sorted(row.__tablename__ for row in found)]


@pytest.mark.parametrize("table", tables(), ids=lambda each: each.name)
def test_every_key_of_what_gates_tell_starts_with_the_site(table: Table) -> None:
    keys = [list(table.primary_key.columns), *(list(each.columns) for each in table.indexes)]
    assert [key[0].name for key in keys] == ["site"] * len(keys)
    assert not any(column.unique or column.foreign_keys for column in table.columns)


@pytest.mark.postgres
def test_and_so_does_every_index_that_postgresql_keeps_the_months_included() -> None:
    with postgresql_store().connect() as connection:
        found = connection.execute(FIRST_OF_EACH_KEY).all()
    of = {row[0] for row in found}
    assert {table.name for table in tables()} <= of
    assert any(name.startswith("gate_event_2") for name in of)
    assert {row[2] for row in found} == {"site"}


# --- lanes of before -----------------------------------------------------------------------------


@pytest.fixture(params=STORES)
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'old.db'}" if request.param == "sqlite" else empty_postgresql()
    engine = open_engine(url)
    to(engine, "0025", "")
    yield engine
    engine.dispose()


def to(engine: Engine, revision: str, site: str, *words: str) -> None:
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        for word in words:
            connection.execute(text(word))
        bring_to(connection, revision, site)


def lanes(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT site, lane_id, direction FROM parking_lane"))
        return sorted((row[0], row[1], row[2]) for row in rows)


def test_lanes_known_before_are_lanes_of_their_estate(before: Engine) -> None:
    told = "INSERT INTO parking_lane VALUES ('car-in', 'entry'), ('car-out', 'exit')"
    with pytest.raises(StoreUnusable, match="whose"):
        to(before, "0026", "", told)
    to(before, "0026", "CUIHU1", told)
    assert lanes(before) == [("CUIHU1", "car-in", "entry"), ("CUIHU1", "car-out", "exit")]


def test_where_no_lane_was_told_nobody_is_asked_whose(before: Engine) -> None:
    to(before, "0026", "")
    assert lanes(before) == []
