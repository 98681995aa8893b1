"""May this card pass here and now? One pure function, the same at the gate and on the server.

The outcome is a value: granted or refused, and the one reason that relay, screen and log share
(GATE-01, GATE-02, GATE-03, GATE-05, GATE-07a, IC-21).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import NamedTuple

from cardserver.domain.gaterules import (
    NO_RULES,
    REMINDER_DAYS,
    DuressMode,
    GateRules,
)
from cardserver.domain.ids import CardNumber
from cardserver.domain.lanerules import rules_of
from cardserver.domain.lanes import Direction, Identify, Lane
from cardserver.domain.passback import NOTHING_KNOWN, Standing
from cardserver.domain.reasons import GRANTING, OF_PROBLEM, RULE_OF, Problem, Reason
from cardserver.domain.record import CardRecord
from cardserver.domain.rights import CardStatus, HolderClass, RightKind
from cardserver.domain.ruling import Passing, Ruling, ruling
from cardserver.domain.schedules import Spans, local_minute
from cardserver.domain.validity import ValidityPeriod

__all__ = [
    "GRANTING",
    "NOTHING_KNOWN",
    "NO_RULES",
    "REMINDER_DAYS",
    "CardEntry",
    "Decision",
    "Direction",
    "Identify",
    "Lane",
    "ListedRight",
    "Presented",
    "Problem",
    "Reason",
    "Snapshot",
    "Standing",
    "decide",
    "decide_on",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What was read at the lane: a verified record, or the problem with it.

    A lane that identifies by number gives the UID alone. `duress` is a code typed under threat.
    `counter` is the number that a Classic card used up for this tap, where the lane counts.
    """

    uid: bytes
    record: CardRecord | None = None
    problem: Problem | None = None
    duress: bool = False
    counter: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRight:
    """A right as last settled, for lanes that can't read it from the card. `zones` is a mask."""

    holder_class: HolderClass
    zones: int
    period: ValidityPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEntry:
    """A card in the issue list, as a gate knows it.

    `sequences` is the lowest record sequence still good for each right; `pending` holds periods
    that are paid but not yet on the card. `until` is the last day the holder belongs here, whatever
    the card itself says (IC-22a). `key_version` and `secure_channel` say how the card is to be
    read; they decide nothing. `rights` is what lanes decide by that get a number only; `space` the
    parking space of the card, 0 for none; `before` the cards that this one replaced.
    """

    card_number: CardNumber
    status: CardStatus
    sequences: Mapping[RightKind, int] = field(default_factory=dict)
    pending: Mapping[RightKind, ValidityPeriod] = field(default_factory=dict)
    key_version: int = 1
    secure_channel: str | None = None
    until: date | None = None
    rights: Mapping[RightKind, ListedRight] = field(default_factory=dict)
    space: int = 0
    before: tuple[CardNumber, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a gate decides with: the issue list by UID, its version, when it was taken, rules.

    `time_floor` is the latest instant that whoever decides knows to have passed: a gate fills in
    its own. A clock below it was set back and is not believed.
    """

    version: int
    taken_at: datetime
    time_floor: datetime
    zone: tzinfo
    cards: Mapping[bytes, CardEntry]
    rules: GateRules = NO_RULES
    slips: frozenset[str] = frozenset()
    """Goods slips that were taken back at some gate."""


class Decision(NamedTuple):
    """Granted or refused, why, and until when the right looked at is valid.

    `hours` are the hours of the day for whoever came at another time. `duress` is a silent alarm:
    nothing of it is shown at the lane. `last_seen` is where a card that can't be here went last.
    A tuple because it is made at every tap (see `cardserver.domain.gateevent.GateEvent`).
    """

    reason: Reason
    card_number: CardNumber | None = None
    last_day: date | None = None
    days_left: int | None = None
    hours: Spans = ()
    duress: bool = False
    last_seen: str = ""
    reminder_days: int = REMINDER_DAYS

    @property
    def granted(self) -> bool:
        """True when the lane opens."""
        return self.reason in GRANTING

    @property
    def remind(self) -> bool:
        """True in the last days of the right, seven unless the estate set others (IC-12c)."""
        return self.granted and self.days_left in range(self.reminder_days)

    @property
    def rule(self) -> str:
        """The requirement behind the reason, for the guard."""
        return RULE_OF[self.reason]


def decide(
    presented: Presented,
    lane: Lane,
    snapshot: Snapshot,
    now: datetime,
    *,
    standing: Standing = NOTHING_KNOWN,
) -> Decision:
    """Decide one tap. `now` is an aware instant; `standing` is what is known of who is inside.

    It can't be earlier than the snapshot's floor: where the clock says so, the day of the floor
    counts, so that a clock set back neither revives an expired card nor shuts out a valid one
    (GATE-07a). Exits are never refused for expiry alone (GATE-02a).
    """
    entry = snapshot.cards.get(presented.uid)
    return decide_on(entry, presented, lane, snapshot, now, standing=standing)


def decide_on(
    entry: CardEntry | None,
    presented: Presented,
    lane: Lane,
    snapshot: Snapshot,
    now: datetime,
    *,
    standing: Standing,
) -> Decision:
    """The same, for whoever has looked the card up already."""
    decision = _decide(entry, presented, lane, snapshot, now, standing=standing)
    if presented.duress and snapshot.rules.duress is not DuressMode.OFF:
        refused = decision.granted and snapshot.rules.duress is DuressMode.REFUSE
        decision = decision._replace(
            duress=True, reason=Reason.DURESS if refused else decision.reason
        )
    return decision


def _decide(
    entry: CardEntry | None,
    presented: Presented,
    lane: Lane,
    snapshot: Snapshot,
    now: datetime,
    *,
    standing: Standing,
) -> Decision:
    if presented.problem is not None:
        return Decision(reason=OF_PROBLEM[presented.problem])
    claim: CardRecord | ListedRight | None = presented.record
    if lane.identify is Identify.UID:
        claim = None if entry is None else entry.rights.get(lane.right)
        number, refusal = _by_list(entry, lane)
    else:
        number, refusal = _by_record(entry, presented.record, lane)
    if entry is None or claim is None or refusal is not None:
        return Decision(reason=refusal or Reason.UNKNOWN_CARD, card_number=number)
    if not claim.zones >> lane.zone & 1:
        return Decision(reason=Reason.WRONG_ZONE, card_number=number)
    rules, instant = snapshot.rules, max(now, snapshot.time_floor)
    local = local_minute(instant, snapshot.zone)
    decision = _decide_period(claim, entry, lane, rules, local.date())
    if rules is NO_RULES or decision.reason not in GRANTING:
        return decision
    here = rules_of(rules, lane.lane_id)
    who = entry.card_number, claim.holder_class, entry.space
    found = ruling(Passing(*who, lane, here, standing, instant, local), rules)
    return decision if found is None else _ruled(decision, found)


_Found = tuple[CardNumber | None, Reason | None]


def _by_list(entry: CardEntry | None, lane: Lane) -> _Found:
    """Whose card a bare number is, and what speaks against it."""
    if entry is None:
        return None, Reason.UNKNOWN_CARD
    if entry.status is not CardStatus.LIVE:
        return entry.card_number, Reason.BLOCKED
    return entry.card_number, None if lane.right in entry.rights else Reason.NO_RIGHT


def _by_record(entry: CardEntry | None, record: CardRecord | None, lane: Lane) -> _Found:
    """Whose card a verified record says it is, and what speaks against it."""
    if record is None or record.kind is not lane.right:
        return None, Reason.NO_RIGHT
    number = record.card_number
    if entry is None or entry.card_number != number:
        return number, Reason.UNKNOWN_CARD
    if entry.status is not CardStatus.LIVE:
        return number, Reason.BLOCKED
    if record.sequence < entry.sequences.get(record.kind, 0):
        return number, Reason.SUPERSEDED
    return number, None


def _decide_period(
    claim: CardRecord | ListedRight, entry: CardEntry, lane: Lane, rules: GateRules, today: date
) -> Decision:
    exiting = lane.direction is Direction.EXIT
    period, reason = claim.period, Reason.GRANTED
    pending = entry.pending.get(lane.right)
    if pending is not None and not period.contains(today) and pending.contains(today):
        period, reason = pending, Reason.GRANTED_PENDING
    last_day = period.last if entry.until is None else min(period.last, entry.until)
    if today < period.first:
        reason = Reason.EXIT_OUTSIDE_PERIOD if exiting else Reason.NOT_YET_VALID
    elif today > last_day:
        reason = Reason.EXIT_OUTSIDE_PERIOD if exiting else Reason.EXPIRED
    return Decision(
        reason=reason,
        card_number=entry.card_number,
        last_day=last_day,
        days_left=(last_day - today).days,
        reminder_days=rules.reminder.days,
    )


def _ruled(decision: Decision, found: Ruling) -> Decision:
    """The decision with what the rules add. A note gives way to the note of an expired month."""
    if found.reason in GRANTING and decision.reason is Reason.EXIT_OUTSIDE_PERIOD:
        return decision._replace(last_seen=found.last_seen)
    return decision._replace(reason=found.reason, hours=found.hours, last_seen=found.last_seen)
