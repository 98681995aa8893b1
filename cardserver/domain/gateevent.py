"""What happens at a gate, one line an event, and the chain that shows a line left out or changed.

The same line stands in the gate's journal, on the wire and in the centre's store. A journal numbers
its lines from 1 without holes; each carries the hash of the one before, so that a batch that was
forged, reordered or cut is seen by whoever knows the last good line (GB/T 37078-2018, 6.6.2-6.6.4;
GATE-07a).
"""

import hashlib
import json
from datetime import UTC, datetime
from enum import StrEnum, unique
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple

from cardserver.domain.quick import made


@unique
class EventKind(StrEnum):
    """What a line tells. *Granted* and *passed* are two facts."""

    TAP = "tap"  # a card was presented and decided on
    PASSED = "passed"  # whoever was let in went through, as loop, arm or door contact say
    NOT_PASSED = "not-passed"  # the time was over and nobody went through
    OPENED_BY_HAND = "opened-by-hand"  # a guard opened, with name and reason
    FORCED = "forced"  # a door or arm opened that nobody opened
    HELD_OPEN = "held-open"
    BARRIER_FAULT = "barrier-fault"  # asked to open, and it did not answer or did not move
    NEUTRAL = "neutral"  # who is inside was forgotten, after a barrier fault or by hand
    FIRE = "fire"  # the fire input frees the exits in hardware; software only says so
    FIRE_OVER = "fire-over"
    DURESS = "duress"
    ALARM = "alarm"  # `detail` is its word, e.g. copy-too-old, clock-set-back, reader-away
    ALARM_OVER = "alarm-over"
    CLONE = "clone"  # a card's counter was seen twice, or went up
    STARTED = "started"  # the gate's process began; `detail` is its version
    GOODS = "goods"  # goods left, checked against their slip, which was taken back
    GOODS_DIFFER = "goods-differ"  # goods and slip differ; `detail` says how
    MATERIAL = "material"  # building material was carried in that somebody should look at


_quoted: Final = lru_cache(maxsize=256)(json.JSONEncoder(ensure_ascii=False).encode)
"""A text as it stands in JSON; lanes, reasons and names are few."""

GENESIS: Final = bytes(32)
"""What stands before the first line of a journal."""


class GateEvent(NamedTuple):
    """One line. `sequence` counts from 1 in its journal, `at` is the gate's own aware instant.

    `about` is the sequence of the tap or opening that this line belongs to, 0 for none. `reason`
    is the decision's word for a tap and empty otherwise; `by` is the guard's name where a person
    acted; `detail` is free text of at most 400 characters without anything secret.
    `counter` is a Classic card's clone counter as it was read, where the lane reads one.

    A tuple because each tap makes some: a frozen dataclass takes three times as long.
    """

    sequence: int
    at: datetime
    lane: str
    kind: EventKind
    uid: bytes = b""
    card_number: int | None = None
    granted: bool = False
    reason: str = ""
    snapshot_version: int = 0
    about: int = 0
    by: str = ""
    detail: str = ""
    counter: int | None = None


def numbered(event: GateEvent, sequence: int) -> GateEvent:
    """The line with its number."""
    return made(GateEvent, (sequence, *event[1:]))


stored: Final = attrgetter(
    *("lane", "kind._value_", "uid", "card_number", "granted", "reason", "snapshot_version"),
    *("about", "by", "detail", "counter"),
)
"""What stands in columns beside number and instant, wherever lines are kept, in their order."""


def link(before: bytes, journal: str, event: GateEvent, at: str = "") -> bytes:
    """The chain's hash at this line: SHA-256 over the hash before it and the line, 32 bytes.

    `journal` is the journal's id: a line of one journal never fits into another. `at` is
    ``written(event.at)``, from whoever has it already. What is hashed is a compact JSON array, set
    down field by field: a gate does so for each tap, and a general encoder takes twice as long.
    """
    number, counter = event.card_number, event.counter
    line = (
        f'[{_quoted(journal)},{event.sequence},"{at or written(event.at)}",{_quoted(event.lane)},'
        f'"{event.kind}","{event.uid.hex()}",{"null" if number is None else number},'
        f"{'true' if event.granted else 'false'},{_quoted(event.reason)},"
        f"{event.snapshot_version},{event.about},{_quoted(event.by)},{_quoted(event.detail)},"
        f"{'null' if counter is None else counter}]"
    )
    return hashlib.sha256(before + line.encode("utf-8")).digest()


def written(at: datetime) -> str:
    """An aware instant as it stands in a line: UTC, to the microsecond."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat("T", "microseconds")
