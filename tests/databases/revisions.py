"""Stores as older versions of the program left them."""

from sqlalchemy import Connection, Engine

from cardserver.db import upgrade
from cardserver.db.engine import WRITER


def bring_to(connection: Connection, revision: str, site: str = "") -> None:
    """Send every migration up to `revision` that the store has not had yet."""
    upgrade.migrate(connection, site, revision)  # the remembered one, where it is empty


def bring(engine: Engine, revision: str, site: str = "") -> None:
    """`bring_to` in a transaction of its own."""
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        bring_to(connection, revision, site)
