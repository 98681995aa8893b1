"""What a gate knows of a card the moment it is shown: asked before each decision."""

from cardserver.domain.admission import CardEntry, Presented, Snapshot
from cardserver.domain.cardlist import cards_of_space
from cardserver.domain.ids import CardNumber
from cardserver.domain.lanerules import rules_of
from cardserver.domain.lanes import Lane
from cardserver.domain.passback import NOTHING_KNOWN, Standing
from cardserver.domain.presence import Presence


def standing_at(
    presence: Presence, presented: Presented, lane: Lane, snapshot: Snapshot, *, clone: bool = False
) -> Standing:
    """What `decide` is told of what was presented at a lane."""
    return standing_of(presence, snapshot.cards.get(presented.uid), lane, snapshot, clone=clone)


def standing_of(
    presence: Presence,
    entry: CardEntry | None,
    lane: Lane,
    snapshot: Snapshot,
    *,
    clone: bool = False,
) -> Standing:
    """The same, for whoever has looked the card up already."""
    rules, lane_id = presence.rules, lane.lane_id
    here = rules_of(rules, lane_id)
    if entry is None or here.rule is None:
        return Standing(clone=clone) if clone else NOTHING_KNOWN
    others: tuple[CardNumber, ...] = ()
    if here.one_car and entry.space:
        others = cards_of_space(snapshot.cards, entry.space)
    return presence.standing(entry.card_number, lane_id, same_space=others, clone=clone)
