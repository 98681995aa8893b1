"""The last step to the database: a statement and its values, handed to the driver."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

_SENDER: Final = "yika_sender"


class Sender:
    """The driver behind a connection, for statements whose rows are all taken at once.

    So one cursor does for all of them. It lives as long as the connection it was made for, which
    is not used again once its driver's is gone (`cardserver.db.lines`).
    """

    __slots__ = ("dialect", "execute", "executemany", "failure", "fetchall", "kind")

    def __init__(self, connection: Connection) -> None:
        cursor = connection.connection.cursor()
        self.dialect = connection.dialect
        self.kind = connection.dialect.name
        self.failure = connection.dialect.loaded_dbapi.Error
        self.execute = cursor.execute
        self.executemany = cursor.executemany
        self.fetchall = cursor.fetchall

    def say(self, text: str) -> None:
        """A statement without values that answers nothing; for PostgreSQL it may be several."""
        try:
            self.execute(text)
        except self.failure as error:
            raise self.as_ours(text, error) from error

    def say_of_each(self, text: str, rows: Sequence[Sequence[object]]) -> None:
        """A statement with the values of each of these rows."""
        try:
            self.executemany(text, rows)
        except self.failure as error:
            raise self.as_ours(text, error) from error

    def as_ours(self, text: str, error: Exception) -> StatementError:
        """An error of the driver as SQLAlchemy raises it."""
        return DBAPIError.instance(
            text, None, error, self.failure, hide_parameters=True, dialect=self.dialect
        )


def sender_of(over: Session | Connection) -> Sender:
    """The way to the driver. What waits in a session is written first, so that it is seen."""
    if isinstance(over, Session):
        over.flush()
    return vars(over).get(_SENDER) or _sender(over)


def _sender(over: Session | Connection) -> Sender:
    """What is told once of a connection, and of a session that stays with one."""
    if isinstance(over, Connection):
        made = vars(over)[_SENDER] = Sender(over)
        return made
    if not isinstance(over.bind, Connection):
        return sender_of(over.connection())
    found = vars(over)[_SENDER] = sender_of(over.bind)
    return found
