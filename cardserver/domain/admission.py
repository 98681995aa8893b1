"""May this card pass here and now? One pure function, the same at the gate and on the server.

The outcome is a value: granted or refused, and the one reason that relay, screen and log share
(GATE-01, GATE-02, GATE-05, GATE-07a, IC-21).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum, unique
from typing import Final

from cardserver.domain.ids import CardNumber, LaneId
from cardserver.domain.record import CardRecord
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.domain.validity import ValidityPeriod


@unique
class Direction(StrEnum):
    """Which way a lane leads."""

    ENTRY = "entry"
    EXIT = "exit"


@unique
class Problem(StrEnum):
    """Why no record could be read from what lies on the reader."""

    UNSUPPORTED = "unsupported"  # a bank card, a phone, a tag of another kind
    FOREIGN = "foreign"  # a card whose keys are not ours
    TORN = "torn"  # a broken-off write
    FORGED = "forged"  # the seal does not hold
    EMPTY = "empty"  # ours, but without this right


@unique
class Reason(StrEnum):
    """The one reason of a decision; stable, and the key of its words in every language."""

    GRANTED = "granted"
    GRANTED_PENDING = "granted-pending"  # paid, not yet written to the card (PARK-12a)
    EXIT_OUTSIDE_PERIOD = "exit-outside-period"  # GATE-02a: never locked in
    UNSUPPORTED = "unsupported"
    FOREIGN = "foreign"
    TORN = "torn"
    FORGED = "forged"
    NO_RIGHT = "no-right"
    UNKNOWN_CARD = "unknown-card"
    BLOCKED = "blocked"
    SUPERSEDED = "superseded"
    WRONG_ZONE = "wrong-zone"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    NO_JOURNAL = "no-journal"  # the tap could not be recorded; nothing opens without a record


GRANTING: Final = frozenset({Reason.GRANTED, Reason.GRANTED_PENDING, Reason.EXIT_OUTSIDE_PERIOD})
REMINDER_DAYS: Final = 7
"""IC-12c: the gate reminds politely in the last seven days."""

_OF_PROBLEM: Final = {
    Problem.UNSUPPORTED: Reason.UNSUPPORTED,
    Problem.FOREIGN: Reason.FOREIGN,
    Problem.TORN: Reason.TORN,
    Problem.FORGED: Reason.FORGED,
    Problem.EMPTY: Reason.NO_RIGHT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A door or a vehicle lane: which right it looks at and which zone it leads into."""

    lane_id: LaneId
    right: RightKind
    zone: int
    direction: Direction = Direction.ENTRY


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What was read at the lane: a verified record, or the problem with it."""

    uid: bytes
    record: CardRecord | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEntry:
    """A card in the issue list, as a gate knows it.

    `sequences` is the lowest record sequence still good for each right; `pending` holds periods
    that are paid but not yet on the card. `until` is the last day the holder belongs here, whatever
    the card itself says (IC-22a). `key_version` and `secure_channel` say how the card is to be
    read; they decide nothing.
    """

    card_number: CardNumber
    status: CardStatus
    sequences: Mapping[RightKind, int] = field(default_factory=dict)
    pending: Mapping[RightKind, ValidityPeriod] = field(default_factory=dict)
    key_version: int = 1
    secure_channel: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a lane decides with: the issue list by UID, its version, and when it was taken.

    `time_floor` is the latest instant that whoever decides knows to have passed: a gate fills in
    its own. A clock below it was set back and is not believed.
    """

    version: int
    taken_at: datetime
    time_floor: datetime
    zone: tzinfo
    cards: Mapping[bytes, CardEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Granted or refused, why, and until when the right looked at is valid."""

    reason: Reason
    card_number: CardNumber | None = None
    last_day: date | None = None
    days_left: int | None = None

    @property
    def granted(self) -> bool:
        """True when the lane opens."""
        return self.reason in GRANTING

    @property
    def remind(self) -> bool:
        """True in the last seven days of the right (IC-12c)."""
        return self.granted and self.days_left in range(REMINDER_DAYS)


def decide(presented: Presented, lane: Lane, snapshot: Snapshot, now: datetime) -> Decision:
    """Decide one tap. `now` is an aware instant.

    It can't be earlier than the snapshot's floor: where the clock says so, the day of the floor
    counts, so that a clock set back neither revives an expired card nor shuts out a valid one
    (GATE-07a). Exits are never refused for expiry alone (GATE-02a).
    """
    if presented.problem is not None:
        return Decision(reason=_OF_PROBLEM[presented.problem])
    record = presented.record
    if record is None or record.kind is not lane.right:
        return Decision(reason=Reason.NO_RIGHT)
    entry = snapshot.cards.get(presented.uid)
    refusal = _list_refusal(entry, record)
    if entry is None or refusal is not None:
        return Decision(reason=refusal or Reason.UNKNOWN_CARD, card_number=record.card_number)
    if not record.zones >> lane.zone & 1:
        return Decision(reason=Reason.WRONG_ZONE, card_number=record.card_number)
    return _decide_period(record, entry, lane, snapshot, now)


def _list_refusal(entry: CardEntry | None, record: CardRecord) -> Reason | None:
    if entry is None or entry.card_number != record.card_number:
        return Reason.UNKNOWN_CARD
    if entry.status is not CardStatus.LIVE:
        return Reason.BLOCKED
    if record.sequence < entry.sequences.get(record.kind, 0):
        return Reason.SUPERSEDED
    return None


def _decide_period(
    record: CardRecord, entry: CardEntry, lane: Lane, snapshot: Snapshot, now: datetime
) -> Decision:
    exiting = lane.direction is Direction.EXIT
    today = max(now, snapshot.time_floor).astimezone(snapshot.zone).date()
    period, reason = record.period, Reason.GRANTED
    pending = entry.pending.get(record.kind)
    if pending is not None and not period.contains(today) and pending.contains(today):
        period, reason = pending, Reason.GRANTED_PENDING
    last_day = period.last if entry.until is None else min(period.last, entry.until)
    if today < period.first:
        reason = Reason.EXIT_OUTSIDE_PERIOD if exiting else Reason.NOT_YET_VALID
    elif today > last_day:
        reason = Reason.EXIT_OUTSIDE_PERIOD if exiting else Reason.EXPIRED
    return Decision(
        reason=reason,
        card_number=record.card_number,
        last_day=last_day,
        days_left=(last_day - today).days,
    )
