"""Recognising a call that was made before.

A station gives every call an id of its own making. The same id with the same body is the same
call and changes nothing twice; the same id with another body is a mistake and is refused.
"""

import hashlib
from typing import Final

from sqlalchemy import bindparam, select

from cardserver.db.prepared import Prepared
from cardserver.db.tables import PostedRow
from cardserver.services.errors import Conflict
from cardserver.services.turn import Turn
from cardserver.wirebase import Wire

_POSTED: Final = Prepared(
    select(PostedRow.action, PostedRow.body_hash).where(PostedRow.id == bindparam("key"))
)


def repeated(turn: Turn, request_id: str, action: str, body: Wire, *, about: object = "") -> bool:
    """True when this very call was made before; remembers it otherwise.

    `about` is what the call is addressed to beside its body. Raises Conflict ``id-reused``.
    """
    text = f"{action}\n{about}\n{body.model_dump_json()}"
    digest = hashlib.sha256(text.encode()).digest()
    row = _POSTED.first(turn.connection, key=request_id)
    if row is None:
        call = {"id": request_id, "action": action, "body_hash": digest, "at": turn.now}
        turn.write(PostedRow, call)
        return False
    if row.body_hash != digest:
        raise Conflict("id-reused", f"{request_id} was used for another {row.action}")
    return True
