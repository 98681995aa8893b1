"""Stores as older versions of the program left them."""

from functools import partial
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

import cardserver.db
from cardserver.db.engine import WRITER
from cardserver.db.upgrade import version_of
from tests.built_once import Sent, overheard, send_again

_SENT: dict[tuple[str, str], Sent] = {}
"""What made a store of an engine's kind and of a revision out of nothing."""


def bring_to(connection: Connection, revision: str, site: str = "") -> None:
    """Send every migration up to `revision` that the store has not had yet.

    An empty store is sent the statements that made the first one of its kind: it has nothing that
    would be kept under a site.
    """
    migrate = partial(_migrate, connection, revision, site)
    if version_of(connection):
        migrate()
        return
    made = connection.dialect.name, revision
    if made in _SENT:
        send_again(connection, _SENT[made])
    else:
        _SENT[made] = overheard(connection, migrate)


def bring(engine: Engine, revision: str, site: str = "") -> None:
    """`bring_to` in a transaction of its own."""
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        bring_to(connection, revision, site)


def _migrate(connection: Connection, revision: str, site: str) -> None:
    config = Config()
    folder = Path(cardserver.db.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, site=site)
    command.upgrade(config, revision)
