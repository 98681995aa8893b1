"""Who is calling, and is the server well?"""

import hmac
from importlib.metadata import version
from typing import Final

from sqlalchemy import func, select

from cardserver.db.callers import calling
from cardserver.db.tables import OperationRow
from cardserver.domain.operation import OperationState
from cardserver.domain.permits import OF_PEOPLE
from cardserver.domain.station import StationKind
from cardserver.services.errors import NotSignedOn
from cardserver.services.sessions import is_due, keep_seen, token_hash, with_operator
from cardserver.services.turn import Caller, Estate, latest, looking, reading
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
    with looking(estate) as connection:
        found = calling(connection, station, token_hash(session), leave)
    known = _ABSENT if found is None else found["token_hash"]
    if not hmac.compare_digest(known, token_hash(secret)) or found is None:
        raise NotSignedOn
    caller = Caller(station=station, kind=found["kind"])
    if not session or caller.kind not in OF_PEOPLE:
        return caller
    now = latest(found["floor"], estate.clock())
    caller = with_operator(caller, found, leave, estate.limits, now)
    if is_due(found["last_seen"], now):
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
