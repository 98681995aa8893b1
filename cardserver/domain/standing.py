"""What a gate knows of a card the moment it is shown: asked before each decision."""

from cardserver.domain.admission import Presented, Snapshot
from cardserver.domain.cardlist import cards_of_space
from cardserver.domain.ids import CardNumber
from cardserver.domain.lanes import Lane
from cardserver.domain.passback import Standing
from cardserver.domain.presence import Presence


def standing_at(
    presence: Presence, presented: Presented, lane: Lane, snapshot: Snapshot, *, clone: bool = False
) -> Standing:
    """What `decide` is told of what was presented at a lane."""
    entry = snapshot.cards.get(presented.uid)
    if entry is None or presence.rules.bounding(lane.lane_id) is None:
        return Standing(clone=clone)
    others: tuple[CardNumber, ...] = ()
    if snapshot.rules.one_car_per_space:
        others = cards_of_space(snapshot.cards, entry.space)
    return presence.standing(entry.card_number, lane.lane_id, same_space=others, clone=clone)
