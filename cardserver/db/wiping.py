"""Taking rows away so that what was in them is not left lying in the file.

SQLite leaves deleted bytes where they are until the place is needed, unless it is told to write
zeros over them; and a copy may stand in its log until that is brought into the file. PostgreSQL
clears the place by itself (autovacuum); its archives and backups are kept as the estate keeps them.
"""

import logging
import sqlite3

from sqlalchemy import Connection, Engine

_log = logging.getLogger(__name__)


def wiping(connection: Connection) -> None:
    """What this connection deletes from now on is written over."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def leave_nothing_behind(engine: Engine) -> None:
    """Bring the log into the file and empty it; while others read, that comes later by itself."""
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as busy:
        _log.info("the log was not emptied: %s", busy)
    finally:
        raw.close()
