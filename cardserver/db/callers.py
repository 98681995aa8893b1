"""Who is calling: station, session, operator, leave and the floor of time, in one statement.

It is asked before every call, so plain columns come back and no rows are kept.
"""

from typing import Final

from sqlalchemy import Connection, RowMapping, and_, bindparam, select
from sqlalchemy.orm import aliased

from cardserver.db.tables import ClockRow, StationRow
from cardserver.db.tables_operators import LeaveRow, OperatorRow, SessionRow

_SECOND = aliased(OperatorRow)
"""Who stepped up, beside the operator."""

_CALLING: Final = (
    select(
        StationRow.kind,
        StationRow.token_hash,
        ClockRow.floor,
        SessionRow.made,
        SessionRow.last_seen,
        OperatorRow.name,
        OperatorRow.roles,
        LeaveRow.action.label("leave_action"),
        LeaveRow.ends.label("leave_ends"),
        _SECOND.name.label("leave_name"),
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
    .outerjoin(
        LeaveRow, and_(LeaveRow.id == bindparam("leave"), LeaveRow.session_id == SessionRow.id)
    )
    .outerjoin(_SECOND, and_(_SECOND.id == LeaveRow.operator_id, _SECOND.active))
    .where(StationRow.id == bindparam("station"))
)


def calling(connection: Connection, station: str, session: bytes, leave: str) -> RowMapping | None:
    """A station and what goes with it; None where there is no such station.

    `session` is the hash of a session's token. Columns of a session that is not this station's or
    has ended, of an operator let go, and of another session's leave are None.
    """
    given = {"station": station, "session": session, "leave": leave}
    return connection.execute(_CALLING, given).mappings().first()
