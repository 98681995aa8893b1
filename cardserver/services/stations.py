"""Who is calling, and is the server well?"""

import hmac
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Final

from sqlalchemy import RowMapping, func, select

from cardserver.db.callers import calling, leaves_of
from cardserver.db.prepared import Prepared
from cardserver.db.tables import OperationRow
from cardserver.domain.operation import OperationState
from cardserver.domain.permits import MAY_SIGN_IN
from cardserver.domain.station import StationKind
from cardserver.services.errors import NotSignedOn
from cardserver.services.sessions import is_due, keep_seen, token_hash, with_operator
from cardserver.services.turn import Caller, Estate, latest, looking, reading
from cardserver.wire_books import Health

NOBODY: Final = Caller(station="", kind=StationKind.PANEL)
"""A caller without a token."""

_ABSENT: Final = bytes(32)
_OPEN: Final = Prepared(select(func.count()).where(OperationRow.state == OperationState.OPEN))
_MOST_LEAVES: Final = 20
"""The latest count; a desk holds one for each action, and those of before have run out."""


def sign_on(estate: Estate, token: str, session: str = "", leave: str = "") -> Caller:
    """The station whose token this is, and where people work the operator whose session this is.

    A station's token is ``<station>.<secret>``; the comparison takes the same time for every wrong
    one. Without a session nobody is signed in. `leave` names what second persons allowed, one id
    or several with commas between them. Raises NotSignedOn, NotSignedIn.
    """
    station, _, secret = token.partition(".")
    named = _named(leave) if leave else ()
    with looking(estate) as connection:
        found = calling(connection, station, token_hash(session) if session else b"")
    lent = _lent(estate, session, named) if named and session else ()
    known = _ABSENT if found is None else found.token_hash
    if not hmac.compare_digest(known, token_hash(secret)) or found is None:
        raise NotSignedOn
    if not session or found.kind not in MAY_SIGN_IN:
        return Caller(station=station, kind=found.kind)
    now = latest(found.floor, estate.clock())
    caller = with_operator(station, found, lent, estate.limits, now)
    if is_due(found.last_seen, now):
        keep_seen(estate, caller, session)
    return caller


def _lent(estate: Estate, session: str, named: Sequence[str]) -> Sequence[RowMapping]:
    with looking(estate) as connection:
        return leaves_of(connection, token_hash(session), named)


def _named(leaves: str) -> list[str]:
    """Ids of leaves as a call names them, a comma between two."""
    return [each.strip() for each in leaves.split(",") if each.strip()][-_MOST_LEAVES:]


@cache
def _version() -> str:
    """As installed; looking it up reads files."""
    return version("yika")


def health(estate: Estate) -> Health:
    """Version, time and what waits. Raises StoreBusy."""
    with reading(estate, NOBODY) as turn:
        return Health(
            version=_version(),
            estate=estate.name,
            time=turn.now,
            clock_ok=turn.clock_ok,
            open_operations=_OPEN.value(turn.connection),
        )
