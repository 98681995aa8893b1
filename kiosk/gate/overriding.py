"""What a guard does by hand at a gate: always with a name and a reason, written down first."""

import logging
import sqlite3

from cardserver.domain.errors import RuleViolation
from cardserver.domain.gateevent import EventKind, GateEvent
from kiosk.gate.shared import Shared

_log = logging.getLogger(__name__)


class OverrideRefused(RuleViolation):
    """An act by hand that can't be carried out; `reason` is the key of its words."""


def forget_by_hand(
    shared: Shared, *, by: str, reason: str, lane: str = "", card_number: int | None = None
) -> GateEvent:
    """Forget who is inside: one card, the area of a lane, or, with neither, everybody.

    For whom a passage was not seen: after a barrier was cranked by hand, a card came in on foot.
    Raises OverrideRefused as `write_down` does.
    """
    return write_down(
        shared, EventKind.NEUTRAL, by=by, reason=reason, lane=lane, card_number=card_number
    )


def write_down(
    shared: Shared,
    kind: EventKind,
    *,
    by: str,
    reason: str,
    lane: str = "",
    card_number: int | None = None,
) -> GateEvent:
    """The line of what somebody is about to do by hand, durable when this returns.

    Raises:
        OverrideRefused: ``name-missing``, ``reason-missing``, or ``no-journal`` when it could not
            be written down: then nothing may be done.
    """
    by, reason = _plain(by), _plain(reason)
    if not by:
        raise OverrideRefused("name-missing")
    if not reason:
        raise OverrideRefused("reason-missing")
    event = GateEvent(
        sequence=0,
        at=shared.clock(),
        lane=lane,
        kind=kind,
        card_number=card_number,
        by=by,
        detail=reason,
    )
    try:
        return shared.journal.append(event)
    except sqlite3.Error as error:
        _log.exception("what was done by hand can't be written down")
        raise OverrideRefused("no-journal") from error


def _plain(text: str) -> str:
    """Without control characters and lone surrogates, which no store keeps."""
    return "".join(each for each in text if each.isprintable()).strip()
