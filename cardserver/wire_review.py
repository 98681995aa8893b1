"""The quarter's review on the wire: computed, decided, signed (IC-20)."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field

from cardserver.domain.review import Business, Decision, Leaving, Part
from cardserver.domain.rights import CardStatus, HolderClass
from cardserver.wirebase import Count, Instant, Number, Remark, RowId, Text, Uuid, Wire

MAX_DECIDED: Final = 100
MAX_STOCK: Final = 1_000_000
MAX_LINES: Final = 500
Blanks = Annotated[int, Field(strict=True, ge=0, le=MAX_STOCK)]


class ComputeRequest(Wire):
    """Compute the nine parts as of now; the id is the computation's."""

    request_id: Uuid


class SignRequest(Wire):
    """The front-desk head signs what was computed, with the hand count of blanks.

    `explanations` has words for each part that differs. `refers_to` is the signed review of the
    same quarter that this one follows; none for the first.
    """

    request_id: Uuid
    counted: Blanks
    explanations: Annotated[dict[Part, Text], Field(default_factory=dict)]
    refers_to: RowId | None = None


class SeeRequest(Wire):
    """The department head has seen a signed review."""

    request_id: Uuid
    remark: Remark = ""


class DecideRequest(Wire):
    """The head's decision on cards of part 5; `block` denies them at once."""

    request_id: Uuid
    cards: Annotated[tuple[Number, ...], Field(min_length=1, max_length=MAX_DECIDED)]
    decision: Decision
    reason: Text


class StockFigures(Wire):
    """Part 1. `made_blank` are cards formatted for reuse, within `received`; `end` is what ought
    to be there when the quarter ended, `since` what moved from then to the computation.
    """

    start: int
    received: int
    made_blank: int
    issued: int
    scrapped: int
    end: int
    since: int


class BusinessCount(Wire):
    """Part 2: how often one kind of business was done for one class of holders."""

    business: Business
    holder_class: HolderClass
    number: int


class ReceiptFigures(Wire):
    """Part 3: chargeable cards, free ones, formal receipts and both sums in fen."""

    chargeable: int
    free: int
    receipts: int
    receipts_fen: int
    earned_fen: int
    without_receipt: int

    @property
    def differs(self) -> bool:
        """True unless every chargeable card has its receipt and the sums agree."""
        same = self.chargeable == self.receipts and self.receipts_fen == self.earned_fen
        return bool(self.without_receipt) or not same


class LeaverCount(Wire):
    """Part 5: how many live cards for one reason."""

    reason: Leaving
    number: int


class GateFigures(Wire):
    """Part 9: what one gate last decided by. `behind` cards changed in the list since then."""

    station: str
    heard_at: Instant | None
    version: Count
    behind: int


class Figures(Wire):
    """The numbers of all nine parts; the lists are asked for by part.

    `passes_out` is None where the gates' rules name no worker's pass.
    """

    stock: StockFigures
    business: tuple[BusinessCount, ...]
    receipts: ReceiptFigures
    expired: int
    expired_before: int
    leavers: tuple[LeaverCount, ...]
    passes_out: int | None = None
    parking: int
    unsigned: int
    list_version: Count
    gates: tuple[GateFigures, ...]
    let_in_denied: int
    let_in_unknown: int

    @property
    def gates_differ(self) -> bool:
        """True when a gate lags, was never heard, or opened against the list."""
        lag = any(gate.behind or gate.heard_at is None for gate in self.gates)
        return lag or bool(self.let_in_denied or self.let_in_unknown)

    def differing(self, counted: int) -> list[Part]:
        """Parts whose difference wants words before a signature, given the hand count."""
        found = {
            Part.STOCK: counted != self.stock.end,
            Part.RECEIPTS: self.receipts.differs,
            Part.GATES: self.gates_differ,
        }
        return [part for part, differs in found.items() if differs]


class SignatureView(Wire):
    """A signed review: its version within the quarter, what was counted and explained.

    `see_by` is the last day for the department head, `digest` the frozen form's hash.
    """

    version: int
    refers_to: int | None
    counted: int
    explanations: dict[Part, str]
    signed_by: str
    signed_at: Instant
    see_by: date
    digest: str


class SeenView(Wire):
    """The department head's sight."""

    seen_by: str
    seen_at: Instant
    late: bool
    remark: str


class ReviewView(Wire):
    """One computation of a quarter, and what became of it."""

    review_id: int
    year: int
    quarter: int
    computed_at: Instant
    computed_by: str
    figures: Figures
    lines: int
    digest: str
    signature: SignatureView | None
    seen: SeenView | None


class QuarterView(Wire):
    """A quarter with its computations, newest first, and the day its review is due.

    `due` is None, and `problem` says why, where the working days of that year are not on file.
    """

    year: int
    quarter: int
    first: date
    last: date
    over: bool
    due: date | None
    problem: str
    reviews: tuple[ReviewView, ...]


class LineView(Wire):
    """One card, paper or row that a part lists, as it stood when it was computed."""

    line: int
    part: Part
    card_number: int | None
    holder_id: int | None
    name: str
    holder_class: HolderClass | None
    unit: str
    reason: str
    day: date | None
    note: str
    status: CardStatus | None
    decision: Decision | None
    decided_by: str


class LineList(Wire):
    """Part of a list; `more` when it goes on after the last line shown."""

    lines: tuple[LineView, ...]
    more: bool
