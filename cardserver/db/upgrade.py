"""Bringing a database to the version this program needs."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from cardserver.db.engine import WRITER, StoreUnusable
from cardserver.db.newstore import make_tables

HEAD: Final = "0028"
"""Latest migration; a test holds it against the folder."""


def upgrade(engine: Engine, *, site: str = "") -> None:
    """Create or upgrade the tables, all in one transaction: it works or nothing has changed.

    `site` is the estate's id, under which taps of old versions are kept from 0016 on. A second
    server starting at the same moment waits for the first. Raises StoreUnusable.
    """
    try:
        with (
            engine.connect().execution_options(**{WRITER: True}) as connection,
            connection.begin(),
        ):
            _upgrade(connection, site)
    except DBAPIError as error:
        raise StoreUnusable(f"the database can't be used: {error.orig}") from error


def _upgrade(connection: Connection, site: str) -> None:
    version = version_of(connection)
    if not version:
        make_tables(connection)
        version = version_of(connection)
    if version != HEAD:
        migrate(connection, site)


def version_of(connection: Connection) -> str:
    """The latest migration a store had; empty where it has no tables of this program."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")


def migrate(connection: Connection, site: str, revision: str = "head") -> None:
    """Every migration up to `revision` that the store has not had yet. Raises StoreUnusable."""
    # Alembic is slow to import and needed only on this path.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["site"] = site
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise StoreUnusable("the database was made by a newer version of this program") from error
