"""A new store on SQLite, made as it is today instead of through all it ever was.

`newstore.sql` is what the migrations leave behind, in the order in which they made it: ``make
schema`` writes it anew after a migration, and a test holds one against the other, letter by letter.
Most of a server's first start went into the way there. PostgreSQL, where a store is made once and
for long, and with the months of that day, still goes it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from cardserver.db.sending import sender_of

FILE: Final = Path(__file__).with_name("newstore.sql")
BETWEEN: Final = ";\n\n"
"""Stands after every statement, and inside none."""


def make_tables(connection: Connection) -> None:
    """Give an empty store on SQLite its tables, inside the transaction that stands.

    A store in which there is anything at all is left as it is, and so is one on PostgreSQL.
    """
    if connection.dialect.name != "sqlite" or not _is_empty(connection):
        return
    sender = sender_of(connection)
    for statement in _statements():
        sender.say(statement)


def _is_empty(connection: Connection) -> bool:
    return not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()


def _statements() -> Sequence[str]:
    return FILE.read_text(encoding="utf-8").split(BETWEEN)[:-1]
