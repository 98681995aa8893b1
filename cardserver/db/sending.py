"""The last step to the database: a statement and its values, handed to the driver."""

from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPICursor
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

    def as_ours(self, text: str, error: Exception) -> StatementError:
        """An error of the driver as SQLAlchemy raises it."""
        return _as_ours(text, error, self.failure, self.dialect)


def sender_of(over: Session | Connection) -> Sender:
    """The way to the driver. What waits in a session is written first, so that it is seen."""
    if isinstance(over, Session):
        over.flush()
        bound = over.bind
        connection = bound if isinstance(bound, Connection) else over.connection()
    else:
        connection = over
    return vars(connection).get(_SENDER) or _sender(connection)


def _sender(connection: Connection) -> Sender:
    made = vars(connection)[_SENDER] = Sender(connection)
    return made


def send(
    connection: Connection, text: str, bound: Any = None, *, many: bool = False
) -> DBAPICursor:
    """One statement for the driver; its errors are SQLAlchemy's. Nothing begins by itself."""
    cursor = connection.connection.cursor()
    try:
        if bound is None:
            cursor.execute(text)
        elif many:
            cursor.executemany(text, bound)
        else:
            cursor.execute(text, bound)
    except connection.dialect.loaded_dbapi.Error as error:
        cursor.close()
        failure = connection.dialect.loaded_dbapi.Error
        raise _as_ours(text, error, failure, connection.dialect) from error
    return cursor


def _as_ours(text: str, error: Exception, failure: Any, dialect: Any) -> StatementError:
    return DBAPIError.instance(text, None, error, failure, hide_parameters=True, dialect=dialect)
