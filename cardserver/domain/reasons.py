"""The one reason of a decision, which of them open, and the rule behind each."""

from collections.abc import Mapping
from enum import StrEnum, unique
from typing import Final


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
    GRANTED_PASSBACK = "granted-passback"  # came twice without leaving; let in and noted
    EXIT_OUTSIDE_PERIOD = "exit-outside-period"  # GATE-02a: never locked in
    EXIT_OUTSIDE_HOURS = "exit-outside-hours"  # nobody is locked in at closing time either
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
    OUTSIDE_HOURS = "outside-hours"  # the weekly schedule of this lane or these holders
    WORKER_PERIOD_OVER = "worker-period-over"  # GATE-03: after the filing period or its extension
    WORKER_HOURS = "worker-hours"  # GATE-03: outside the renovation hours (ETIQ-19)
    PASSBACK = "passback"  # already inside, as far as is known, or already out
    PASSBACK_TIMED = "passback-timed"  # the same, and only a moment ago
    SPACE_TAKEN = "space-taken"  # GATE-02a: a car of this space is inside
    AREA_FULL = "area-full"  # the quota of the area is used up
    CLONE_SUSPECTED = "clone-suspected"  # the card's counter was seen twice or went up
    DURESS = "duress"  # only where the estate wants it to stay shut
    INTERLOCK = "interlock"  # the other door of the pair stands open
    READ_TOO_OLD = "read-too-old"  # logged, never acted on
    NO_JOURNAL = "no-journal"  # the tap could not be recorded; nothing opens without a record


GRANTING: Final = frozenset(
    {
        Reason.GRANTED,
        Reason.GRANTED_PENDING,
        Reason.GRANTED_PASSBACK,
        Reason.EXIT_OUTSIDE_PERIOD,
        Reason.EXIT_OUTSIDE_HOURS,
    }
)

OF_PROBLEM: Final[Mapping[Problem, Reason]] = {
    Problem.UNSUPPORTED: Reason.UNSUPPORTED,
    Problem.FOREIGN: Reason.FOREIGN,
    Problem.TORN: Reason.TORN,
    Problem.FORGED: Reason.FORGED,
    Problem.EMPTY: Reason.NO_RIGHT,
}

RULE_OF: Final[Mapping[Reason, str]] = {
    Reason.GRANTED: "GATE-01",
    Reason.GRANTED_PENDING: "PARK-12a",
    Reason.GRANTED_PASSBACK: "GATE-02a",
    Reason.EXIT_OUTSIDE_PERIOD: "GATE-02a",
    Reason.EXIT_OUTSIDE_HOURS: "GATE-02a",
    Reason.UNSUPPORTED: "IC-21",
    Reason.FOREIGN: "IC-21",
    Reason.TORN: "IC-18",
    Reason.FORGED: "IC-21a",
    Reason.NO_RIGHT: "PARK-04a",
    Reason.UNKNOWN_CARD: "IC-21",
    Reason.BLOCKED: "GATE-01",
    Reason.SUPERSEDED: "IC-21",
    Reason.WRONG_ZONE: "GATE-01",
    Reason.NOT_YET_VALID: "GATE-01",
    Reason.EXPIRED: "GATE-02a",
    Reason.OUTSIDE_HOURS: "GATE-01",
    Reason.WORKER_PERIOD_OVER: "GATE-03",
    Reason.WORKER_HOURS: "GATE-03",
    Reason.PASSBACK: "GATE-02a",
    Reason.PASSBACK_TIMED: "GATE-02a",
    Reason.SPACE_TAKEN: "GATE-02a",
    Reason.AREA_FULL: "GATE-02",
    Reason.CLONE_SUSPECTED: "IC-21a",
    Reason.DURESS: "GATE-05",
    Reason.INTERLOCK: "GATE-01",
    Reason.READ_TOO_OLD: "GATE-07",
    Reason.NO_JOURNAL: "GATE-07",
}
"""The requirement behind each reason: what the guard reads and the "why was I refused" page."""
