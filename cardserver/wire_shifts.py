"""Shifts on the wire: opening, counting, closing, X and Z (FEE-33..38)."""

from typing import Annotated

from pydantic import Field

from cardserver.domain.denomination import MAX_PIECES
from cardserver.domain.document import DocumentKind
from cardserver.domain.shift import HoldKind, ShiftState
from cardserver.wire_documents import ReprintRequest
from cardserver.wirebase import Fen, HexBytes, Instant, Remark, Uuid, Wire

Face = Annotated[int, Field(ge=1, le=1_000_00)]
Notes = Annotated[dict[Face, Annotated[int, Field(ge=0, le=MAX_PIECES)]], Field(max_length=20)]
"""Face value in fen to how many of it."""

Some = Annotated[int, Field(ge=0, le=9_999)]


class OpenShift(Wire):
    """A shift begins with a change fund, typed by its notes."""

    shift_id: Uuid
    notes: Notes


class CountDrawer(Wire):
    """What was counted in the drawer."""

    count_id: Uuid
    notes: Notes


class CloseShift(Wire):
    """The end of a shift, after a count.

    `books` and `seals` were counted and are `locked` away (FEE-35); `seen` acknowledges what
    stays open, unsigned rows and unfiled papers.
    """

    close_id: Uuid
    count_id: Uuid
    comment: Remark = ""
    books: Some
    seals: Some
    locked: bool
    seen: bool = False


class LatestQuery(Wire):
    """How many of the latest."""

    limit: Annotated[int, Field(ge=1, le=200)] = 20


class CountView(Wire):
    """A count, and what should have been there: told only once it was given."""

    count_id: Uuid
    sequence: int
    at: Instant
    operator: str
    notes: Notes
    counted_fen: Fen
    expected_fen: int

    @property
    def difference_fen(self) -> int:
        """Too much is positive."""
        return self.counted_fen - self.expected_fen


class ShiftView(Wire):
    """A shift. `count` is its last one; `z_number` is there once it is closed."""

    shift_id: Uuid
    number: int
    station: str
    operator: str
    opened_at: Instant
    state: ShiftState
    float_fen: Fen
    count: CountView | None = None
    z_number: int | None = None
    in_bag_fen: int = 0


class ShiftList(Wire):
    """Shifts, newest first."""

    shifts: tuple[ShiftView, ...]


class OwnShift(Wire):
    """The caller's open shift at his station, or none."""

    shift: ShiftView | None


class Hold(Wire):
    """One thing that holds a shift open, or is to be acknowledged at its end."""

    kind: HoldKind
    subject: str
    amount_fen: int = 0
    since: Instant | None = None


class Movement(Wire):
    """What one kind of movement did to the drawer: how often, and by how much (out is negative).

    `amount_fen` is None in an X until the drawer was counted.
    """

    kind: str
    count: int
    amount_fen: int | None


class Earned(Wire):
    """What was earned under one item."""

    item: str
    amount_fen: int


class PaperRange(Wire):
    """Papers of one kind that were numbered in the shift, and how many of them are void."""

    kind: DocumentKind
    first: int
    last: int
    count: int
    void: int = 0


class ShiftReport(Wire):
    """The account of a shift so far (X), or for good (Z).

    In an X `expected_fen` and the amounts of cash that moved are None until the drawer was counted
    and nothing moved since: the count is blind.
    """

    shift_number: int
    station: str
    operator: str
    opened_at: Instant
    until: Instant
    float_fen: Fen
    movements: tuple[Movement, ...]
    earned: tuple[Earned, ...]
    papers: tuple[PaperRange, ...]
    expected_fen: int | None = None
    counts: tuple[CountView, ...] = ()
    counted_fen: int | None = None
    difference_fen: int = 0
    comment: str = ""
    books: int | None = None
    seals: int | None = None
    books_on_file: int | None = None
    seals_before: int | None = None
    locked: bool = False
    left_open: tuple[Hold, ...] = ()
    closed_by: str = ""
    approved_by: str = ""

    @property
    def takings_fen(self) -> int:
        """What the shift's business brought into the drawer, less what went out of it."""
        return sum(each.amount_fen or 0 for each in self.movements)


class CloseView(Wire):
    """What stands between a shift and its end. `may_close` when nothing of it holds."""

    shift: ShiftView
    holds: tuple[Hold, ...]
    may_close: bool


class ZView(Wire):
    """A Z report as it was frozen."""

    number: int
    at: Instant
    report: ShiftReport
    previous: HexBytes
    hash: HexBytes


class PrintZ(ReprintRequest):
    """Ask to print a Z report; `original` where the shift was closed just now."""

    original: bool = False


class Reprinted(Wire):
    """How often a report was printed again, this time included; none for the original."""

    count: int


class ZLine(Wire):
    """One Z report in the list."""

    number: int
    at: Instant
    station: str
    operator: str
    shift_number: int
    difference_fen: int


class ZList(Wire):
    """Z reports, newest first; `intact` when the whole chain was read and agrees."""

    reports: tuple[ZLine, ...]
    intact: bool
    broken_at: int | None = None
