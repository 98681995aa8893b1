"""Numbered papers: what they say, what became of a print, and how they left our hands."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from cardserver.domain.document import DocumentKind, DocumentState, PrintResult
from cardserver.domain.ids import MAX_CARD_NUMBER
from cardserver.domain.operation import OperationKind
from cardserver.domain.plan import QuoteNote
from cardserver.domain.rights import RightKind
from cardserver.domain.sale import TenderKind
from cardserver.domain.signature import SignedHow
from cardserver.domain.slipcode import LONGEST as LONGEST_CODE
from cardserver.wire_cards import Period
from cardserver.wire_prices import QuoteLine
from cardserver.wirebase import Fen, Instant, RowId, Uuid, Wire, Word


class PrintReport(Wire):
    """What became of one print job."""

    print_id: Uuid
    result: PrintResult


class ReprintRequest(Wire):
    """Ask for one more paper."""

    print_id: Uuid


Handing = Literal["handed-over", "in-the-box"]
"""How a printed paper left our hands: to the customer, or into the box where it is fetched."""


class HandoverRequest(Wire):
    """A printed paper left our hands: paper never without hand-over (FEE-32)."""

    handover_id: Uuid
    how: Handing


class DocumentContent(Wire):
    """All a paper says, fixed when the money was settled. Names are as they must be printed.

    `lines` and `total_fen` are this paper's own. `payment_fen` is the whole payment where other
    papers share it (FEE-10); `received_fen` and `change_fen` are the payment's. `providers` are
    those through which it was paid, and `tender_kind` is QR where no cash was among it.
    `slip_code` is a top-up slip's signed code, empty on slips of before and on other papers.
    `from_credit_fen` is what the card's credit paid, beside what was received; `kept_fen` what was
    received beyond the price and is the card's credit now (FEE-04a): no part of the change.
    `ends_with` is what the card ends with earlier than usual, such as the lease (IC-05a).

    A charge without any card (FEE-36) has the number 0, no operation, and the sale it stands on.
    """

    holder_name: str
    unit: str
    card_number: Annotated[int, Field(ge=0, le=MAX_CARD_NUMBER)]
    lines: tuple[QuoteLine, ...]
    total_fen: Fen
    received_fen: Fen
    change_fen: Fen
    from_credit_fen: Fen = 0
    kept_fen: Fen = 0
    payment_fen: Fen | None = None
    tender_kind: TenderKind
    providers: tuple[Word, ...] = ()
    added: Period | None = None
    after: dict[RightKind, Period]
    ends_with: QuoteNote | None = None
    plate: str | None = None
    space: str | None = None
    operation_kind: OperationKind | None = None
    operation_id: Uuid | None = None
    sale_id: Uuid | None = None
    slip_code: Annotated[str, Field(max_length=LONGEST_CODE)] = ""

    @property
    def period(self) -> Period | None:
        """The days a slip names: those that were added, else those of the longest right."""
        return self.added or max(self.after.values(), key=lambda each: each.last, default=None)


class DocumentView(Wire):
    """A numbered paper. `reprints` above 0 must be marked 补打 with that counter (FEE-24a).

    `handed` is how the paper left our hands last, empty while nobody has said so. `sealed` and
    `signed` are what copy 2 needs before that (FEE-24, FEE-02); `invoices` the quota invoices
    that went with it (PARK-07). A `void` paper stays on record under its number (FEE-23).
    """

    document_id: RowId
    kind: DocumentKind
    number: int
    local_date: date
    issued_at: Instant
    station: str
    operator: str
    state: DocumentState
    reprints: int
    handed: Handing | Literal[""] = ""
    sealed: bool = False
    signed: SignedHow | Literal[""] = ""
    invoices: tuple[int, ...] = ()
    void: bool = False
    content: DocumentContent


class DocumentList(Wire):
    """Papers, oldest first."""

    documents: tuple[DocumentView, ...]
