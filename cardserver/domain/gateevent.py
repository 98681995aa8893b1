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
from operator import attrgetter
from typing import Final, NamedTuple, Self


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


class _Quoted(dict[str, str]):
    """Texts as they stand in JSON; lanes, reasons and names are few."""

    def __missing__(self, text: str) -> str:
        if len(self) >= _KNOWN:
            self.clear()
        quoted = self[text] = _in_json(text)
        return quoted


_in_json: Final = json.JSONEncoder(ensure_ascii=False).encode
_KNOWN: Final = 256
_quoted: Final = _Quoted()
_NOTHING: Final = hashlib.sha256()

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
    number, counter, quoted = event.card_number, event.counter, _quoted
    line = (
        f'[{quoted[journal]},{event.sequence},"{at or written(event.at)}",{quoted[event.lane]},'
        f'"{event.kind}","{event.uid.hex()}",{"null" if number is None else number},'
        f"{'true' if event.granted else 'false'},{quoted[event.reason]},"
        f"{event.snapshot_version},{event.about},{quoted[event.by]},{quoted[event.detail]},"
        f"{'null' if counter is None else counter}]"
    )
    digest = _NOTHING.copy()  # looking up the method by its name takes longer than the hash
    digest.update(before + line.encode("utf-8"))
    return digest.digest()


def written(at: datetime) -> str:
    """An aware instant as it stands in a line: UTC, to the microsecond."""
    minute = _last_minute[0]
    if at.tzinfo is not UTC or not minute.first <= at <= minute.last:
        at = at.astimezone(UTC)
        minute = _last_minute[0] = _Minute.around(at)
    return f"{minute.text}:{at.second:02}.{at.microsecond:06}+00:00"


class _Minute(NamedTuple):
    """A minute of UTC as it is written: many lines of a busy gate are of the same."""

    first: datetime
    last: datetime
    text: str

    @classmethod
    def around(cls, utc: datetime) -> Self:
        first = utc.replace(second=0, microsecond=0)
        last = utc.replace(second=59, microsecond=999_999)
        return cls(first, last, first.replace(tzinfo=None).isoformat("T", "minutes"))


_last_minute: Final = [_Minute.around(datetime(1970, 1, 1, tzinfo=UTC))]
