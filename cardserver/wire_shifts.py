"""Shifts on the wire: opening, counting, closing, X and Z, spot checks, pay-outs, suspense."""

from typing import Annotated, Literal

from pydantic import Field

from cardserver.domain.denomination import MAX_PIECES
from cardserver.domain.document import DocumentKind
from cardserver.domain.shift import HoldKind, ShiftState, SuspenseOutcome
from cardserver.wire import ReprintRequest
from cardserver.wire_papers import BookView
from cardserver.wirebase import Count, Fen, HexBytes, Instant, RowId, Text, Uuid, Wire, Word

Face = Annotated[int, Field(ge=1, le=1_000_00)]
Notes = Annotated[dict[Face, Annotated[int, Field(ge=0, le=MAX_PIECES)]], Field(max_length=20)]
"""Face value in fen to how many of it."""

Amount = Annotated[Fen, Field(ge=1)]
Some = Annotated[int, Field(ge=0, le=9_999)]
Comment = Annotated[str, Field(max_length=400, pattern=r"^[^\x00-\x1f\x7f]*$")]


# --- requests ------------------------------------------------------------------------------------


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
    comment: Comment = ""
    books: Some
    seals: Some
    locked: bool
    seen: bool = False


class CashToCashier(Wire):
    """Cash that goes to the cashier: during the shift out of the drawer, after it out of the bag.

    The cashier gives his own credential, so both names stand beside it.
    """

    movement_id: Uuid
    amount_fen: Amount
    remark: Comment = ""


class PayLoan(Wire):
    """A loan in a special case, approved by the head of the service centre (FEE-38).

    `signed` says where the recipient's signature is.
    """

    movement_id: Uuid
    amount_fen: Amount
    recipient: Word
    reason: Text
    signed: Word


class RepayClaim(Wire):
    """Somebody makes good what a worthless note took (FEE-34); the cashier takes the cash."""

    movement_id: Uuid
    person: Word
    amount_fen: Amount
    remark: Comment = ""


class ReportCounterfeit(Wire):
    """A note that is worth nothing, found in the drawer of an open shift or by the cashier.

    `shift_id` is the shift it was taken in; its operator took it. Where it is known for what, that
    is checked: `sale_id`, or the `paper_number` of the receipt or slip that was given for it.
    """

    movement_id: Uuid
    shift_id: Uuid
    face_fen: Amount
    remark: Text
    sale_id: Uuid | None = None
    paper_number: Annotated[int, Field(ge=1, le=99_999_999)] | None = None


class SpotCheckRequest(Wire):
    """The cashier counts a drawer while its shift is open (FEE-33)."""

    check_id: Uuid
    shift_id: Uuid
    notes: Notes
    comment: Comment = ""


class SettleSuspense(Wire):
    """What became of money in suspense; `tender_id` for a note whose fate was unknown."""

    settlement_id: Uuid
    sale_id: Uuid
    outcome: SuspenseOutcome
    evidence: Text
    tender_id: Uuid | None = None


class Latest(Wire):
    """How many of the latest."""

    limit: Annotated[int, Field(ge=1, le=200)] = 20


# --- answers -------------------------------------------------------------------------------------


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
    """What one kind of movement did to the drawer: how often, and by how much (out is negative)."""

    kind: str
    count: int
    amount_fen: int


class Earned(Wire):
    """What was earned under one item."""

    item: str
    amount_fen: int


class PaperRange(Wire):
    """Papers of one kind that were numbered in the shift."""

    kind: DocumentKind
    first: int
    last: int
    count: int


class ShiftReport(Wire):
    """The account of a shift so far (X), or for good (Z).

    `expected_fen` is None in an X until the drawer was counted: the count is blind.
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
        return sum(each.amount_fen for each in self.movements)


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


class MovementView(Wire):
    """One numbered movement of the drawer."""

    kind: str
    number: int
    at: Instant
    station: str
    operator: str
    amount_fen: int
    person: str
    approved_by: str
    reason: str
    signed: str
    shift_number: int | None = None


class Claim(Wire):
    """What a person still owes for worthless notes (FEE-34)."""

    person: str
    owed_fen: int


class MovementList(Wire):
    """Movements, newest first, and who still owes what."""

    movements: tuple[MovementView, ...]
    claims: tuple[Claim, ...] = ()


class SpotCheckView(Wire):
    """A spot check as the cashier signed it."""

    number: int
    at: Instant
    station: str
    operator: str
    cashier: str
    shift_number: int
    expected_fen: int
    counted_fen: Fen
    notes: Notes
    comment: str
    papers: tuple[PaperRange, ...]
    books: tuple[BookView, ...]

    @property
    def difference_fen(self) -> int:
        """Too much is positive."""
        return self.counted_fen - self.expected_fen


class SpotCheckList(Wire):
    """Spot checks, newest first."""

    checks: tuple[SpotCheckView, ...]


class ProviderOrder(Wire):
    """A payment by QR as its provider's bill names it; `number` is the order's."""

    provider: Literal["wechat", "alipay"]
    number: str


class InSuspense(Wire):
    """Money nobody can place yet, with its story.

    A sale's money, or one payment (`tender_id`) whose fate is unknown. `operation_id` is the last
    operation that was to use it; `orders` are the payments by QR it is about.
    """

    sale_id: Uuid
    tender_id: Uuid | None
    amount_fen: Fen
    since: Instant
    age_days: int
    holder_id: RowId
    holder_name: str
    card_number: Count | None
    request_kind: str
    operation_id: Uuid | None
    reason: str
    station: str
    operator: str
    outcomes: tuple[SuspenseOutcome, ...]
    orders: tuple[ProviderOrder, ...] = ()


class SuspenseList(Wire):
    """What stands in suspense, oldest first, and the ledger's own sum of it."""

    items: tuple[InSuspense, ...]
    suspense_fen: int
    unknown_fen: int


class SuspenseSettled(Wire):
    """How it was settled."""

    number: int
    outcome: SuspenseOutcome
    amount_fen: Fen
    settled_by: str
    evidence: str
