"""What the centre tells of gates: last lines, alarms, who is inside, the manager's reports."""

from datetime import date
from typing import Annotated

from pydantic import Field

from cardserver.domain.gateevent import EventKind
from cardserver.domain.rights import RightKind
from cardserver.wirebase import Instant, Number, Text, Uuid, Wire, Word

MAX_LINES = 500
"""Lines in one answer of the guard's page."""

MAX_OPENINGS = 5000
"""Lines in one report; more come with a shorter span of days."""


class GateLine(Wire):
    """One line of a gate's journal as people look at it, see `domain.gateevent.GateEvent`.

    `lane_name` is what people call the lane, empty where nobody gave it a name.
    """

    device: str
    journal: str
    sequence: int
    at: Instant
    lane: str
    kind: EventKind
    card_number: int | None
    granted: bool
    reason: str
    about: int
    by: str
    detail: str
    lane_name: str = ""


class GateLines(Wire):
    """Lines, the latest first; `more` where older ones were left off."""

    lines: tuple[GateLine, ...]
    more: bool = False


class AlarmView(Wire):
    """An alarm: `over_at` when it ended, None while it stands or where it is a single moment.

    `standing` is True for one that goes on. `seen_by` took note of it, with a remark; empty while
    nobody has.
    """

    line: GateLine
    standing: bool
    over_at: Instant | None
    seen_by: str = ""
    seen_at: Instant | None = None
    remark: str = ""


class AlarmList(Wire):
    """Alarms: those that stand or that nobody has taken note of first, the latest first."""

    alarms: tuple[AlarmView, ...]


class SeeAlarm(Wire):
    """Somebody takes note of an alarm, by name, and says what was done about it."""

    request_id: Uuid
    device: Word
    journal: Uuid
    sequence: Annotated[int, Field(ge=1, le=2**63 - 1)]
    remark: Text


class InsideView(Wire):
    """A card inside: since when, through which lane it went in, and in which area it stands.

    `lane_name` is as in a line.
    """

    card_number: int
    right: RightKind
    since: Instant
    lane: str
    area: str
    lane_name: str = ""


class InsideList(Wire):
    """Who is inside as far as lines have come, the latest first, and how many by area."""

    at: Instant
    inside: tuple[InsideView, ...]
    counts: dict[str, int]


class HourView(Wire):
    """An hour of a day in one area: how many went in and out, and how many were in at its end."""

    area: str
    hour: Annotated[int, Field(ge=0, le=24)]
    entered: int
    left: int
    inside: int
    most: int


class OccupancyView(Wire):
    """A local day by hours; an hour that has not come yet is left out."""

    day: date
    hours: tuple[HourView, ...]


class DeniedView(Wire):
    """How often a lane refused for a reason; `lane_name` is as in a line."""

    lane: str
    reason: str
    number: int
    lane_name: str = ""


class DeniedReport(Wire):
    """Refusals of some days, both included; `taps` is how many cards were held to the lanes."""

    first: date
    last: date
    taps: int
    denied: tuple[DeniedView, ...]


class AvailabilityView(Wire):
    """One gate over some days.

    `starts` counts starts of its program, `faults` what its devices failed at, `troubled_s` the
    seconds in which some trouble of a device stood, `silent_s` those in which the centre heard
    nothing of it (its lanes go on alone then), `silences` how often that was. `span_s` is all.
    """

    device: str
    starts: int
    faults: int
    troubled_s: int
    silences: int
    silent_s: int
    span_s: int

    @property
    def available(self) -> float:
        """The share of the time without a standing trouble, 0 to 1."""
        return 1.0 if self.span_s == 0 else 1 - min(self.troubled_s, self.span_s) / self.span_s

    @property
    def heard(self) -> float:
        """The share of the time in which the centre heard of it, 0 to 1."""
        return 1.0 if self.span_s == 0 else 1 - min(self.silent_s, self.span_s) / self.span_s


class AvailabilityReport(Wire):
    """All gates over some days, both included."""

    first: date
    last: date
    gates: tuple[AvailabilityView, ...]


class TraceRequest(Wire):
    """Where a card was seen, and for what somebody wants to know (PIPL, article 28)."""

    request_id: Uuid
    card_number: Number
    first: date
    last: date
    purpose: Text
