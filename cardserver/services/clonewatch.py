"""Clones give themselves away: every number that a card used up is compared with all others of it.

Runs after lines were taken in and before they are acknowledged: where it breaks off, the gate tells
the lines once more and they are looked at again. A find is told once a card and day; the rules of
the gates say whether it also denies the card (`ClonePolicy`).
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from cardserver.db import clones
from cardserver.db.gatelines import JournalKey
from cardserver.db.tables import CardRow
from cardserver.db.tables_clones import GateCloneRow
from cardserver.domain.clonetrap import CloneSign, Sighting, clone_sign
from cardserver.domain.denial import Denial
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gaterules import ClonePolicy
from cardserver.domain.rights import CardStatus
from cardserver.services import blocking
from cardserver.services.gaterules import rules_now
from cardserver.services.turn import Caller, Estate, Turn, reading, writing

_log = logging.getLogger(__name__)

REASON: Final = str(Denial.SUSPECTED)
"""Why such a card is blocked (`card.status_reason`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Find:
    event: GateEvent
    sign: CloneSign
    other: Any


def watch(estate: Estate, caller: Caller, journal: str, events: Sequence[GateEvent]) -> int:
    """Look at these lines of a journal of the caller, taken in just now. How many cards it found.

    Raises StoreBusy.
    """
    counted = {each.sequence: each for each in events if _counts(each)}
    if not counted:
        return 0
    key = JournalKey(site=estate.site, device=caller.station, journal=journal)
    with reading(estate, caller) as turn:
        suspect = clones.suspects(turn.connection, key, min(counted), max(counted))
        found = [
            find
            for sequence in suspect
            if sequence in counted
            for find in _finds(turn.connection, key, counted[sequence])
        ]
    if not found:
        return 0
    with writing(estate, caller) as turn:
        return sum(_tell(turn, key, find) for find in found)


def _counts(event: GateEvent) -> bool:
    known = event.counter is not None and event.card_number is not None
    return event.kind is EventKind.TAP and known


def _finds(connection: Connection, key: JournalKey, event: GateEvent) -> Iterator[_Find]:
    """The first sighting that one card can't have shown beside this one, if there is any."""
    if event.card_number is None or event.counter is None:
        return
    mine = Sighting(at=event.at, counter=event.counter)
    others = clones.sightings_against(
        connection, key.site, event.card_number, event.counter, event.at
    )
    for other in others:
        itself = (key.device, key.journal, event.sequence)
        if (other.device, other.journal, other.sequence) == itself:
            continue
        sign = clone_sign(mine, Sighting(at=other.at, counter=other.counter))
        if sign is not None:
            yield _Find(event=event, sign=sign, other=other)
            return


def _tell(turn: Turn, key: JournalKey, find: _Find) -> bool:
    event, number = find.event, find.event.card_number
    if number is None or clones.found_before(turn.connection, key.site, number, turn.today):
        return False
    blocked = _deny(turn, number) if rules_now(turn).clone is ClonePolicy.BLOCK else False
    turn.add(
        GateCloneRow(
            site=key.site,
            card_number=number,
            found_on=turn.today,
            found_at=turn.now,
            sign=find.sign,
            counter=event.counter,
            at=event.at,
            device=key.device,
            journal=key.journal,
            sequence=event.sequence,
            other_counter=find.other.counter,
            other_at=find.other.at,
            other_device=find.other.device,
            blocked=blocked,
        )
    )
    turn.note("clone-found", f"card {number}", f"{find.sign} {event.counter}")
    _log.warning("card %d may have a clone: %s", number, find.sign)
    return True


def _deny(turn: Turn, number: int) -> bool:
    card = turn.session.get(CardRow, number)
    if card is None or card.status is not CardStatus.LIVE:
        return False
    blocking.deny(turn, card, REASON)
    return True
