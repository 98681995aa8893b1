"""Reconciliation on the wire: cash boxes, days compared with a bill, differences."""

from datetime import date
from typing import Annotated

from pydantic import Field

from cardserver.domain.reconciliation import DifferenceKind
from cardserver.wire_shifts import Notes
from cardserver.wirebase import Count, Fen, Instant, Remark, RowId, Text, Uuid, Wire, Word


class TakeBox(Wire):
    """A kiosk's cash box is taken out. `machine_fen` is what the kiosk counted into it."""

    box_id: Uuid
    machine_fen: Annotated[Fen, Field(ge=0)] | None = None


class CountBox(Wire):
    """What was found in a box; a difference has a comment."""

    notes: Notes
    comment: Remark = ""


class BoxView(Wire):
    """A box that was taken out, counted or not yet."""

    box_id: Uuid
    number: Count
    kiosk: Word
    taken_by: Word
    taken_at: Instant
    expected_fen: int
    machine_fen: int | None
    counted_fen: int | None
    counted_by: str
    comment: str


class BoxList(Wire):
    """Boxes, latest first."""

    boxes: tuple[BoxView, ...]


class TakeDifference(Wire):
    """The person who asks answers for the difference from now on."""

    request_id: Uuid


class SettleDifference(Wire):
    """What the difference was."""

    request_id: Uuid
    remark: Annotated[Text, Field(min_length=2)]


class DifferenceView(Wire):
    """A difference, who answers for it (empty: nobody yet) and how many days it is old."""

    difference_id: RowId
    subject: Word
    reference: Word
    kind: DifferenceKind
    day: date
    ours_fen: int
    theirs_fen: int
    owner: str
    age_days: int
    settled: str


class DayView(Wire):
    """A day at a provider; None where it could not be compared yet."""

    provider: Word
    day: date
    ours_fen: int
    theirs_fen: int | None
    lines: Count


class ReconciliationView(Wire):
    """The latest days, the boxes, and what is open.

    `credit_fen` of the boxes' money belongs to cards for their next top-up (FEE-04a).
    """

    days: tuple[DayView, ...]
    boxes: tuple[BoxView, ...]
    differences: tuple[DifferenceView, ...]
    credit_fen: int = 0
