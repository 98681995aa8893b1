"""Taking in what happened at the lanes from gates that keep no chain over it yet.

A station numbers its taps; each is taken once. The numbers hold within one journal of the station:
where its journal was lost, a new one starts from 1 and loses nothing.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from cardserver.db.tables_gateevents import GateCursorRow, GateEventRow
from cardserver.db.tables_parking import LaneRow
from cardserver.domain.admission import Direction
from cardserver.domain.gateevent import EventKind
from cardserver.services.errors import Conflict
from cardserver.services.turn import Caller, Estate, Turn, reading, writing
from cardserver.wire_taps import TapReport, TapsRequest, TapsTaken


def take_taps(estate: Estate, caller: Caller, request: TapsRequest) -> TapsTaken:
    """Store taps not seen before, and which way their lanes lead.

    Raises Conflict ``tap-differs`` and then stores none, ``chain-broken`` for a journal that has
    gone on with a chain.
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
        if taken:
            _move(turn, request.journal, max(known))
        return TapsTaken(taken=taken, repeated=len(request.taps) - taken)


def tell_lanes(estate: Estate, caller: Caller, lanes: Mapping[str, Direction]) -> None:
    """Which way vehicle lanes lead; writes only what was not known. Raises StoreBusy."""
    if not lanes:
        return
    with reading(estate, caller) as turn:
        statement = select(LaneRow).where(LaneRow.site == estate.site, LaneRow.lane_id.in_(lanes))
        told = turn.session.scalars(statement).all()
        known = {row.lane_id: row.direction for row in told}
    news = {lane: way for lane, way in lanes.items() if known.get(lane) is not way}
    if news:
        with writing(estate, caller) as turn:
            for lane_id, direction in news.items():
                put_lane(turn, lane_id, direction)


def note_mended(estate: Estate, caller: Caller, journal: str, sequences: Sequence[int]) -> None:
    """These lines of a journal don't stand here as the gate wrote them: that is on record.

    Lines that come once more are noted once more. Raises StoreBusy.
    """
    if not sequences:
        return
    with writing(estate, caller) as turn:
        for sequence in sequences:
            turn.note("gate-line-mended", f"{caller.station} {journal} {sequence}")


def put_lane(turn: Turn, lane_id: str, direction: Direction) -> None:
    """Which way a vehicle lane leads: the gate log then says whether a car stayed inside."""
    row = turn.session.get(LaneRow, (turn.estate.site, lane_id))
    if row is None:
        turn.add(LaneRow(site=turn.estate.site, lane_id=lane_id, direction=direction))
        turn.note("lane", lane_id, direction)
    elif row.direction is not direction:
        turn.note("lane", lane_id, f"{direction}, was {row.direction}")
        row.direction = direction


def _known(turn: Turn, request: TapsRequest) -> dict[int, GateEventRow]:
    statement = select(GateEventRow).where(
        GateEventRow.site == turn.estate.site,
        GateEventRow.device == turn.caller.station,
        GateEventRow.journal == request.journal,
        GateEventRow.sequence.in_([tap.sequence for tap in request.taps]),
    )
    return {row.sequence: row for row in turn.session.scalars(statement)}


def _row(turn: Turn, journal: str, tap: TapReport) -> GateEventRow:
    return GateEventRow(
        site=turn.estate.site,
        device=turn.caller.station,
        journal=journal,
        sequence=tap.sequence,
        at=tap.at,
        taken_at=turn.now,
        lane=tap.lane_id,
        kind=EventKind.TAP,
        uid=tap.uid,
        card_number=tap.card_number,
        granted=tap.granted,
        reason=tap.reason,
        snapshot_version=tap.snapshot_version,
        about=0,
        by="",
        detail="",
        chain=b"",
    )


def _move(turn: Turn, journal: str, last: int) -> None:
    key = (turn.estate.site, turn.caller.station, journal)
    row = turn.session.get(GateCursorRow, key)
    if row is None:
        site, device, _ = key
        row = GateCursorRow(
            site=site, device=device, journal=journal, sequence=last, chain=b"", taken_at=turn.now
        )
        turn.add(row)
    elif row.chain:
        raise Conflict("chain-broken", "this journal has gone on with a chain")
    else:
        row.sequence, row.taken_at = max(row.sequence, last), turn.now


def _same(row: GateEventRow, tap: TapReport) -> bool:
    mine = (row.at, row.lane, row.uid, row.card_number, row.reason, row.granted)
    return mine == (tap.at, tap.lane_id, tap.uid, tap.card_number, tap.reason, tap.granted)
