"""Bringing a database to the version this program needs."""

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect, text

from cardserver.db.engine import WRITER

HEAD: Final = "0001"
"""Latest migration; a test holds it against the folder."""


def upgrade(engine: Engine) -> None:
    """Create or upgrade the tables, all in one transaction: it works or nothing has changed.

    A second server starting at the same moment waits for the first.
    """
    with engine.connect().execution_options(**{WRITER: True}) as connection, connection.begin():
        if inspect(connection).has_table("alembic_version"):
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
            if found == HEAD:
                return
        # Alembic is slow to import and needed only on this path.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
