"""Recognising a call that was made before.

A station gives every call an id of its own making. The same id with the same body is the same
call and changes nothing twice; the same id with another body is a mistake and is refused.
"""

import hashlib

from cardserver.db.posted import post, posted
from cardserver.services.errors import Conflict
from cardserver.services.turn import Turn
from cardserver.wirebase import Wire


def repeated(turn: Turn, request_id: str, action: str, body: Wire, *, about: object = "") -> bool:
    """True when this very call was made before; remembers it otherwise.

    `about` is what the call is addressed to beside its body. Raises Conflict ``id-reused``.
    """
    text = f"{action}\n{about}\n{body.model_dump_json()}"
    digest = hashlib.sha256(text.encode()).digest()
    if post(turn.connection, request_id, action, digest, turn.now):
        return False
    before, hashed = posted(turn.connection, request_id)
    if hashed != digest:
        raise Conflict("id-reused", f"{request_id} was used for another {before}")
    return True
