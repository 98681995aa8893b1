"""Taking in what happened at the lanes. A station numbers its taps; each is taken once.

The numbers hold within one journal of the station: where its journal was lost, a new one starts
from 1 and loses nothing.
"""

from sqlalchemy import select

from cardserver.db.tables import TapRow
from cardserver.db.tables_parking import LaneRow
from cardserver.domain.admission import Direction
from cardserver.services.errors import Conflict
from cardserver.services.turn import Caller, Estate, Turn, writing
from cardserver.wire import TapReport, TapsRequest, TapsTaken


def take_taps(estate: Estate, caller: Caller, request: TapsRequest) -> TapsTaken:
    """Store taps not seen before, and which way their lanes lead.

    Raises Conflict ``tap-differs`` and then stores none.
    """
    with writing(estate, caller) as turn:
        for lane_id, direction in request.lanes.items():
            put_lane(turn, lane_id, direction)
        known = _known(turn, request)
        taken = 0
        for tap in request.taps:
            row = known.get(tap.sequence)
            if row is None:
                known[tap.sequence] = turn.add(_row(turn, request.journal, tap))
                taken += 1
            elif not _same(row, tap):
                raise Conflict("tap-differs", f"tap {tap.sequence} was reported otherwise before")
        return TapsTaken(taken=taken, repeated=len(request.taps) - taken)


def put_lane(turn: Turn, lane_id: str, direction: Direction) -> None:
    """Which way a vehicle lane leads: the gate log then says whether a car stayed inside."""
    row = turn.session.get(LaneRow, lane_id)
    if row is None:
        turn.add(LaneRow(lane_id=lane_id, direction=direction))
        turn.note("lane", lane_id, direction)
    elif row.direction is not direction:
        turn.note("lane", lane_id, f"{direction}, was {row.direction}")
        row.direction = direction


def _known(turn: Turn, request: TapsRequest) -> dict[int, TapRow]:
    statement = select(TapRow).where(
        TapRow.station == turn.caller.station,
        TapRow.journal == request.journal,
        TapRow.sequence.in_([tap.sequence for tap in request.taps]),
    )
    return {row.sequence: row for row in turn.session.scalars(statement)}


def _row(turn: Turn, journal: str, tap: TapReport) -> TapRow:
    return TapRow(
        station=turn.caller.station,
        journal=journal,
        sequence=tap.sequence,
        at=tap.at,
        taken_at=turn.now,
        lane_id=tap.lane_id,
        uid=tap.uid,
        card_number=tap.card_number,
        reason=tap.reason,
        granted=tap.granted,
        snapshot_version=tap.snapshot_version,
    )


def _same(row: TapRow, tap: TapReport) -> bool:
    mine = (row.at, row.lane_id, row.uid, row.card_number, row.reason, row.granted)
    return mine == (tap.at, tap.lane_id, tap.uid, tap.card_number, tap.reason, tap.granted)
