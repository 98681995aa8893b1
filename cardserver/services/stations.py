"""Who is calling, and is the server well?"""

import hashlib
import hmac
from importlib.metadata import version
from typing import Final

from sqlalchemy import func, select

from cardserver.db.tables import OperationRow, StationRow
from cardserver.domain.operation import OperationState
from cardserver.domain.station import StationKind
from cardserver.services.errors import NotSignedOn
from cardserver.services.turn import Caller, Estate, reading
from cardserver.wire import Health

NOBODY: Final = Caller(station="", kind=StationKind.PANEL)
"""A caller without a token."""

_ABSENT: Final = bytes(32)


def token_hash(secret: str) -> bytes:
    """What is stored of a token: it is random and long, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def sign_on(estate: Estate, token: str, operator: str) -> Caller:
    """The station whose token this is. Raises NotSignedOn.

    A token is ``<station>.<secret>``; the comparison takes the same time for every wrong one.
    """
    station, _, secret = token.partition(".")
    with reading(estate, NOBODY) as turn:
        row = turn.session.get(StationRow, station)
        known = _ABSENT if row is None else row.token_hash
        if not hmac.compare_digest(known, token_hash(secret)) or row is None:
            raise NotSignedOn
        return Caller(station=row.id, kind=row.kind, operator=operator)


def health(estate: Estate) -> Health:
    """Version, time and what waits. Raises StoreBusy."""
    statement = select(func.count()).where(OperationRow.state == OperationState.OPEN)
    with reading(estate, NOBODY) as turn:
        return Health(
            version=version("yika"),
            estate=estate.name,
            time=turn.now,
            clock_ok=turn.clock_ok,
            open_operations=turn.session.scalar(statement) or 0,
        )
