"""Writes `cardserver/db/newstore.sql` anew from the migrations: ``make schema``."""

from sqlalchemy import Connection, text

from cardserver.db import upgrade as upgrading
from cardserver.db.engine import WRITER, open_engine
from cardserver.db.newstore import BETWEEN, FILE

_MADE = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
_VERSION = """
    SELECT 'INSERT INTO alembic_version (version_num) VALUES (' || quote(version_num) || ')'
    FROM alembic_version"""


_HEAD = """\
-- A new store on SQLite, as all migrations together leave it. Written by `make schema`, never by
-- hand: see newstore.py.

"""


def written(connection: Connection) -> str:
    """A store on SQLite that holds nothing but its version, as the statements that make it."""
    made = map(in_order, connection.execute(text(_MADE)).scalars())
    version = connection.execute(text(_VERSION)).scalar_one()
    return _HEAD + "".join(statement + BETWEEN for statement in (*made, version))


_COPIED = ('CREATE TABLE "tender"', 'CREATE TABLE "tariff"')
_NEXT = ", \n\tCONSTRAINT "


def in_order(statement: str) -> str:
    """Two tables were copied by Alembic, their constraints in no order; here they have one."""
    if not statement.startswith(_COPIED):
        return statement
    columns, key, *others = statement.removesuffix("\n)").split(_NEXT)
    assert key.startswith("pk_")
    return _NEXT.join((columns, key, *sorted(others))) + "\n)"


def _write() -> None:
    engine = open_engine("sqlite://")
    writer = engine.connect().execution_options(**{WRITER: True})
    with writer as connection, connection.begin():
        upgrading.migrate(connection, "")
        FILE.write_text(written(connection), encoding="utf-8", newline="\n")
    engine.dispose()


if __name__ == "__main__":
    _write()
