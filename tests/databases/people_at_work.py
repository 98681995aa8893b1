"""Operators signed in at a station, without asking for their passwords."""

from collections.abc import Collection

from sqlalchemy import select

from cardserver.db.tables_operators import OperatorRow
from cardserver.domain.permits import Role
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.domain.station import StationKind
from cardserver.services import operators
from cardserver.services.passwords import hashed
from cardserver.services.setup import SETUP
from cardserver.services.signingin import open_session
from cardserver.services.turn import Caller, Estate, writing

EVERY_ROLE = frozenset(Role)


def on_file(
    estate: Estate, name: str, roles: Collection[Role], *, holder_id: int | None = None
) -> int:
    """An operator with these roles, new or as before; everybody's password is the demo's."""
    with writing(estate, SETUP) as turn:
        row = turn.session.scalar(select(OperatorRow).where(OperatorRow.name == name))
        if row is None:
            row = operators.put(turn, name, roles, hashed(DEMO_PASSWORD), holder_id=holder_id)
        row.roles = [str(role) for role in roles]
        return row.id


def signed_in(
    estate: Estate,
    station: str,
    name: str = "张晓",
    roles: Collection[Role] = (Role.AGENT,),
    *,
    kind: StationKind = StationKind.DESK,
) -> str:
    """The token of a new session."""
    on_file(estate, name, roles)
    return open_session(estate, Caller(station=station, kind=kind), name).token
