"""Who is inside, from what all gates have handed over (GATE-02a).

The lines lead a presence as they do at a gate (see `gatepresence`).
"""

from cardserver.services.gatelanes import names_of_lanes
from cardserver.services.gatepresence import present
from cardserver.services.turn import Caller, Estate, reading
from cardserver.wire_gatereports import InsideList, InsideView


def inside(estate: Estate, caller: Caller, area: str = "") -> InsideList:
    """Who is in an area, or anywhere on the estate, the latest first, as far as lines have come."""
    with reading(estate, caller) as turn:
        with present(turn, estate.gates.presence) as presence:
            found = list(presence.who(area))
            counts = dict(presence.occupancy())
        names = names_of_lanes(turn)
        found.sort(key=lambda each: each.since, reverse=True)
        return InsideList(
            at=turn.now,
            inside=tuple(
                InsideView(
                    card_number=each.card_number,
                    right=each.right,
                    since=each.since,
                    lane=each.lane,
                    area=each.area,
                    lane_name=names.get(each.lane, ""),
                )
                for each in found
            ),
            counts=counts,
        )
