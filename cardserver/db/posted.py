"""Ids that stations made, each with what it was used for."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from cardserver.db.prepared import Prepared
from cardserver.db.tables import PostedRow

_CALL: Final = ("id", "action", "body_hash", "at")
_POSTED: Final = Prepared(
    select(PostedRow.action, PostedRow.body_hash).where(PostedRow.id == bindparam("key"))
)
_POST: Final = {
    "postgresql": Prepared(
        postgresql.insert(PostedRow).on_conflict_do_nothing().returning(PostedRow.id), _CALL
    ),
    "sqlite": Prepared(
        sqlite.insert(PostedRow).on_conflict_do_nothing().returning(PostedRow.id), _CALL
    ),
}


def post(
    connection: Connection, request_id: str, action: str, body_hash: bytes, at: datetime
) -> bool:
    """Remember what an id is used for; False, and nothing changes, where it was used before."""
    call = {"id": request_id, "action": action, "body_hash": body_hash, "at": at}
    return _POST[connection.dialect.name].value(connection, **call) is not None


def posted(connection: Connection, request_id: str) -> tuple[str, bytes]:
    """Action and hash of the body that an id was used for."""
    action, body_hash = _POSTED.first(connection, key=request_id)
    return action, body_hash
