"""Taps at lanes, handed over out of a station's own journal."""

from typing import Annotated

from pydantic import Field

from cardserver.domain.admission import Direction, Reason
from cardserver.wirebase import Count, HexBytes, Instant, Number, Uuid, Wire, Word


class TapReport(Wire):
    """One tap at a lane, numbered in its station's journal from 1 without holes."""

    sequence: Annotated[Count, Field(ge=1)]
    at: Instant
    lane_id: Word
    uid: Annotated[HexBytes, Field(max_length=10)]
    card_number: Number | None = None
    reason: Reason
    granted: bool
    snapshot_version: Count = 0


class TapsRequest(Wire):
    """Some taps, oldest first, out of one journal of the station.

    `journal` is the id of that journal: a station that lost its own starts another from 1.
    `lanes` says which way vehicle lanes lead, where the technician wrote it down (PARK-05b).
    """

    journal: Uuid
    taps: Annotated[tuple[TapReport, ...], Field(max_length=500)]
    lanes: Annotated[dict[Word, Direction], Field(max_length=100)] = Field(default_factory=dict)


class TapsTaken(Wire):
    """How many taps were new and how many had been taken before."""

    taken: int
    repeated: int
