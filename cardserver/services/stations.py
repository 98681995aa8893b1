"""Who is calling, and is the server well?"""

import hmac
from importlib.metadata import version
from typing import Final

from sqlalchemy import func, select

from cardserver.db.tables import OperationRow, StationRow
from cardserver.domain.operation import OperationState
from cardserver.domain.permits import OF_PEOPLE
from cardserver.domain.station import StationKind
from cardserver.services.errors import NotSignedOn
from cardserver.services.sessions import is_due, keep_seen, token_hash, with_operator
from cardserver.services.turn import Caller, Estate, reading
from cardserver.wire import Health

NOBODY: Final = Caller(station="", kind=StationKind.PANEL)
"""A caller without a token."""

_ABSENT: Final = bytes(32)


def sign_on(estate: Estate, token: str, session: str = "", leave: str = "") -> Caller:
    """The station whose token this is, and where people work the operator whose session this is.

    A station's token is ``<station>.<secret>``; the comparison takes the same time for every wrong
    one. Without a session nobody is signed in. Raises NotSignedOn, NotSignedIn.
    """
    station, _, secret = token.partition(".")
    with reading(estate, NOBODY) as turn:
        row = turn.session.get(StationRow, station)
        known = _ABSENT if row is None else row.token_hash
        if not hmac.compare_digest(known, token_hash(secret)) or row is None:
            raise NotSignedOn
        caller = Caller(station=row.id, kind=row.kind)
        if not session or row.kind not in OF_PEOPLE:
            return caller
        caller = with_operator(turn, caller, session, leave)
        due = is_due(turn, session)
    if due:
        keep_seen(estate, caller, session)
    return caller


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
