"""What travels between gates and the centre besides the list itself: lines up, and who has what."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from cardserver.domain.admission import Direction
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.gateline import (
    HIGHEST_COUNTER,
    LONGEST_DETAIL,
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_UID,
    LOWEST_COUNTER,
)
from cardserver.wirebase import PLAIN, Count, HexBytes, Instant, Number, Told, Uuid, Wire, Word

MAX_LINES = 500
"""Lines in one batch: half of what a request may hold."""

MAX_LANES = 100
"""Lanes of one gate."""

Chain = Annotated[HexBytes, Field(min_length=32, max_length=32)]
Short = Annotated[str, StringConstraints(max_length=LONGEST_NAME, pattern=PLAIN)]
Reason = Annotated[str, StringConstraints(max_length=LONGEST_REASON, pattern=PLAIN)]
Detail = Annotated[str, StringConstraints(max_length=LONGEST_DETAIL, pattern=PLAIN)]
Sequence = Annotated[int, Field(ge=1, le=2**63 - 1)]


class EventLine(Wire):
    """One line of a gate's journal, see `cardserver.domain.gateevent.GateEvent`."""

    sequence: Sequence
    at: Instant
    lane: Short
    kind: EventKind
    uid: Annotated[HexBytes, Field(max_length=LONGEST_UID)] = b""
    card_number: Number | None = None
    granted: bool = False
    reason: Reason = ""
    snapshot_version: Count = 0
    about: Count = 0
    by: Short = ""
    detail: Detail = ""
    counter: Annotated[int, Field(ge=LOWEST_COUNTER, le=HIGHEST_COUNTER)] | None = None

    @classmethod
    def of(cls, event: GateEvent) -> Self:
        """The wire form of a line."""
        return cls.model_validate(event, from_attributes=True)

    def to_domain(self) -> GateEvent:
        """The line itself."""
        return GateEvent(**vars(self))


class EventBatch(Wire):
    """Lines of one journal, oldest first and without a hole.

    `journal` is the journal's id: a gate that lost its own begins another from 1. `before` is the
    chain's hash at the line before the first (`cardserver.domain.gateevent.link`). `lanes` says
    which way vehicle lanes lead, where the technician wrote it down (PARK-05b). `mended` holds the
    chain's hash at each line that an earlier program wrote as no wire takes it, and that is told
    here as far as it fits (`cardserver.domain.gateline`): the chain goes on over what was written.
    `ahead_ms` is how far the clock that the lines were written by was ahead of the centre's, as far
    as the gate knows; 0 where it was right, or nobody knows. `names` is what people call lanes.
    """

    journal: Uuid
    before: Chain
    events: Annotated[tuple[EventLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    lanes: Annotated[dict[Word, Direction], Field(max_length=MAX_LANES)] = Field(
        default_factory=dict
    )
    mended: Annotated[dict[Sequence, Chain], Field(max_length=MAX_LINES)] = Field(
        default_factory=dict
    )
    ahead_ms: Annotated[int, Field(ge=-(2**53), le=2**53)] = 0
    names: Annotated[dict[Word, Word], Field(max_length=MAX_LANES)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def without_holes(self) -> Self:
        """Refuse lines that don't follow each other."""
        first = self.events[0].sequence
        for place, event in enumerate(self.events):
            if event.sequence != first + place:
                raise ValueError("the lines of a batch follow each other")
        if any(not first <= each < first + len(self.events) for each in self.mended):
            raise ValueError("what was mended is a line of the batch")
        return self


class EventsTaken(Told):
    """The centre has committed every line up to `sequence` of this journal.

    `taken` lines of the batch were new, `repeated` had been there before.
    """

    journal: Uuid
    sequence: Count
    taken: Count
    repeated: Count


class PassagesRequest(Wire):
    """How far a gate knows the journals of the others; those it does not name it does not know."""

    known: Annotated[dict[Uuid, Count], Field(max_length=3000)] = Field(default_factory=dict)


class PassagesView(Told):
    """Who passed at other gates since then; `known` is what the gate knows with these lines.

    `more` says that there is more to come at once. The lines say nothing of chips and guards.
    `names` is what people call the lanes of all gates.
    """

    lines: tuple[EventLine, ...]
    known: dict[Uuid, Count]
    more: bool
    names: dict[str, str] = Field(default_factory=dict)


class GateView(Wire):
    """One gate as the centre sees it.

    `version` is the list it says it enforces and `version_at` when it first said so; `drift_ms` is
    how far its clock was ahead of the centre's, `waiting` how many lines it had still to hand over
    when it last spoke. `key_ids` are its credentials that are not revoked; `revoked_at` is when the
    last of them was, where it has none any more. `silent`: it should have spoken long ago, and
    nobody knows why it does not.
    """

    station: str
    key_ids: tuple[str, ...]
    version: int | None
    version_at: datetime | None
    seen_at: datetime | None
    drift_ms: int = 0
    waiting: int = 0
    program: str = ""
    silent: bool = False
    revoked_at: datetime | None = None


class GateList(Wire):
    """All gates, and the version of the list they should have."""

    version: int
    at: Instant
    gates: tuple[GateView, ...]


class GateReached(Wire):
    """When a gate first said that it enforces a version; None where it has not yet."""

    station: str
    at: datetime | None
    seen_at: datetime | None


class ReachView(Wire):
    """Since when a change of the list counts at every gate.

    `card_number` is the card it is about, None where a version was asked for; `changed_at` is when
    the centre made it, where it knows. `everywhere_at` is the latest of the gates' times, None as
    long as one is missing: `missing` names those.
    """

    card_number: Number | None = None
    version: int
    status: str = ""
    changed_at: datetime | None = None
    everywhere_at: datetime | None
    missing: tuple[str, ...]
    gates: tuple[GateReached, ...]
