"""Who is calling: station, session, operator and the floor of time, in one statement.

It is asked before every call, so plain columns come back and no rows are kept.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, and_, bindparam, select

from cardserver.db.prepared import Prepared
from cardserver.db.tables import ClockRow, StationRow
from cardserver.db.tables_operators import LeaveRow, OperatorRow, SessionRow

_CALLING: Final = Prepared(
    select(
        StationRow.kind,
        StationRow.token_hash,
        ClockRow.floor,
        SessionRow.made,
        SessionRow.last_seen,
        OperatorRow.name,
        OperatorRow.roles,
    )
    .select_from(StationRow)
    .outerjoin(ClockRow, ClockRow.id == ClockRow.ONLY)
    .outerjoin(
        SessionRow,
        and_(
            SessionRow.token_hash == bindparam("session"),
            SessionRow.station == StationRow.id,
            SessionRow.ended.is_(None),
        ),
    )
    .outerjoin(OperatorRow, and_(OperatorRow.id == SessionRow.operator_id, OperatorRow.active))
    .where(StationRow.id == bindparam("station"))
)


_LENT: Final = (
    select(LeaveRow.id, LeaveRow.action, LeaveRow.ends, OperatorRow.name)
    .join(SessionRow, SessionRow.id == LeaveRow.session_id)
    .join(OperatorRow, and_(OperatorRow.id == LeaveRow.operator_id, OperatorRow.active))
    .where(
        SessionRow.token_hash == bindparam("session"),
        LeaveRow.id.in_(bindparam("leaves", expanding=True)),
    )
    .order_by(LeaveRow.at.desc())
)


def leaves_of(
    connection: Connection, session: bytes, leaves: Sequence[str]
) -> Sequence[RowMapping]:
    """Those of these leaves that were given to this very session, the latest first.

    Asked only of a call that names any; what a person lent who was let go since is none.
    """
    given = {"session": session, "leaves": list(leaves)}
    return connection.execute(_LENT, given).mappings().all()


def calling(connection: Connection, station: str, session: bytes) -> Any:
    """The columns of a station and what goes with it; None where there is no such station.

    `session` is the hash of a session's token. Columns of a session that is not this station's or
    has ended, and of an operator let go, are None.
    """
    return _CALLING.first(connection, station=station, session=session)
