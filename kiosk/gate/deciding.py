"""From what was read at a lane to a decision that is written down.

The order is fixed: too old, the card's right and the rules, the interlock, the journal. Without a
line in the journal nothing is granted (S13).
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from cardserver.domain.admission import Decision, Lane, Presented, Reason, Snapshot
from cardserver.domain.clonetrap import CloneSign
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.lanerules import rules_of
from kiosk.gate.shared import Shared

_log = logging.getLogger(__name__)

STALE_S: Final = 2.0
"""A read begun longer ago than this is logged and never acted on."""


class Tap(NamedTuple):
    """What was presented at a lane, and when (of the ticks) its reading began."""

    presented: Presented
    read_at: float


class Verdict(NamedTuple):
    """A decision, and its line in the journal: None where it could not be written down.

    `beside` are lines still to be written that say more of it: a clone's sign, a sign of duress.
    """

    decision: Decision
    line: GateEvent | None
    beside: tuple[GateEvent, ...] = ()


def settle(
    tap: Tap, lane: Lane, snapshot: Snapshot, shared: Shared, then: Callable[[Verdict], None]
) -> None:
    """Decide a tap, and have it written down.

    `then` gets the verdict when it is on disk, or could not be written, on the journal's own
    thread: it may neither wait nor write.
    """
    presented, now, sign, clone = tap.presented, shared.clock(), None, False
    if presented.counter is not None or shared.clones.suspects:
        sign, clone = _clone_signs(presented, snapshot, now, shared)
    if shared.ticks() - tap.read_at > STALE_S:
        decision = Decision(reason=Reason.READ_TOO_OLD, duress=presented.duress)
    else:
        decision = _decide(presented, lane, snapshot, now, shared, clone=clone)

    def written(line: GateEvent | BaseException) -> None:
        if isinstance(line, BaseException):
            # S13: an internal fault is a refusal with a word, never a grant without a record.
            _log.error("lane %s can't journal; refused", lane.lane_id, exc_info=line)
            if decision.granted:
                shared.whereabouts.undo(lane, now, decision.card_number)
                shared.interlock.give_back(lane.lane_id)
            then(Verdict(decision=Decision(reason=Reason.NO_JOURNAL), line=None))
        else:
            then(Verdict(decision=decision, line=line, beside=_beside(line, decision, sign)))

    shared.journal.hand_in(tap_line(presented, lane, snapshot, now, decision), written)


def _beside(line: GateEvent, decision: Decision, sign: CloneSign | None) -> tuple[GateEvent, ...]:
    found: list[GateEvent] = []
    if sign is not None:
        found.append(line._replace(kind=EventKind.CLONE, detail=sign))
    if decision.duress:
        found.append(line._replace(kind=EventKind.DURESS))
    return tuple(each._replace(sequence=0, about=line.sequence) for each in found)


def tap_line(
    presented: Presented,
    lane: Lane,
    snapshot: Snapshot,
    now: datetime,
    decision: Decision,
    *,
    detail: str = "",
) -> GateEvent:
    """The line of a tap, before it has its number."""
    return GateEvent(
        sequence=0,
        at=now,
        lane=lane.lane_id,
        kind=EventKind.TAP,
        uid=presented.uid,
        card_number=decision.card_number,
        granted=decision.granted,
        reason=str(decision.reason),
        snapshot_version=snapshot.version,
        detail=detail,
        counter=presented.counter,
    )


def _clone_signs(
    presented: Presented, snapshot: Snapshot, now: datetime, shared: Shared
) -> tuple[CloneSign | None, bool]:
    """What this tap's own number gives away, and whether the card is suspected at all."""
    entry = snapshot.cards.get(presented.uid)
    if entry is None:
        return None, False
    sign = shared.clones.found(entry.card_number, presented.counter, now)
    return sign, sign is not None or shared.clones.given_away(entry.card_number) is not None


def _decide(
    presented: Presented,
    lane: Lane,
    snapshot: Snapshot,
    now: datetime,
    shared: Shared,
    *,
    clone: bool,
) -> Decision:
    decision = shared.whereabouts.decide(presented, lane, snapshot, now, clone=clone)
    if not decision.granted:
        return decision
    rules, lane_id = snapshot.rules, lane.lane_id
    here = rules_of(rules, lane_id)
    if shared.interlock.take(lane_id, here.interlocked):
        return decision
    shared.whereabouts.undo(lane, now, decision.card_number)
    return decision._replace(reason=Reason.INTERLOCK)
