"""What lanes are called: each gate tells its own names, people read them, lines keep the ids."""

from collections.abc import Mapping

from sqlalchemy import select

from cardserver.db.tables_gatesync import GateLaneRow
from cardserver.services.turn import Caller, Estate, Turn, reading, writing


def names_of_lanes(turn: Turn) -> dict[str, str]:
    """By its id, the name of each lane that has one."""
    row = GateLaneRow
    found = turn.connection.execute(
        select(row.lane_id, row.name).where(row.site == turn.estate.site)
    )
    return {each.lane_id: each.name for each in found}


def tell_names(estate: Estate, caller: Caller, names: Mapping[str, str]) -> None:
    """What a gate calls its lanes; writes only what was not known. Raises StoreBusy."""
    if not names:
        return
    with reading(estate, caller) as turn:
        known = names_of_lanes(turn)
    news = {lane: name for lane, name in names.items() if known.get(lane) != name}
    if news:
        with writing(estate, caller) as turn:
            for lane_id, name in news.items():
                _put(turn, lane_id, name)


def _put(turn: Turn, lane_id: str, name: str) -> None:
    row = turn.session.get(GateLaneRow, (turn.estate.site, lane_id))
    if row is None:
        turn.add(GateLaneRow(site=turn.estate.site, lane_id=lane_id, name=name))
        turn.note("lane-name", lane_id, name)
    elif row.name != name:
        turn.note("lane-name", lane_id, f"{name}, was {row.name}")
        row.name = name
