"""Books of numbered paper, voided papers, quota invoices and the collection box, on the wire."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field

from cardserver.domain.document import DocumentKind
from cardserver.domain.receiptbook import (
    MAX_PAPER_NUMBER,
    MAX_TORN_AT_ONCE,
    BookKind,
    VoidOutcome,
)
from cardserver.domain.signature import MAX_STROKES_CHARS, SignedHow
from cardserver.wire_documents import DocumentContent, DocumentView
from cardserver.wirebase import (
    Count,
    Fen,
    HexBytes,
    Instant,
    KeyVersion,
    RowId,
    Text,
    Uuid,
    Wire,
    Word,
)

MAX_LISTED: Final = 500
"""Papers of one list in one answer, where a page asks for the oldest."""

PaperNumber = Annotated[int, Field(ge=1, le=MAX_PAPER_NUMBER)]

# --- requests ------------------------------------------------------------------------------------


class DrawBookRequest(Wire):
    """A book goes from the cashier to an agent; who is who the server knows (FEE-21).

    `label` is the number printed on the book, `denomination_fen` the value of each invoice in it.
    """

    draw_id: Uuid
    kind: BookKind
    label: Word
    first: PaperNumber
    last: PaperNumber
    denomination_fen: Fen = 0


class SettleBookRequest(Wire):
    """A book goes back; the cashier counted its stubs (FEE-25). `note` explains a difference."""

    settle_id: Uuid
    used: Count
    void: Count
    blank: Count
    total_fen: Fen
    note: Text | None = None


class SealRequest(Wire):
    """Copy 2 bears the seal of the service centre (FEE-24)."""

    seal_id: Uuid


class SignPaperRequest(Wire):
    """The payer signed: on the pad, with its strokes, or on the paper itself (FEE-02)."""

    sign_id: Uuid
    how: SignedHow
    strokes: Annotated[str, Field(max_length=MAX_STROKES_CHARS)] = ""


class VoidPaperRequest(Wire):
    """A paper is made void (FEE-23). `all_copies`: every copy that exists lies at the desk."""

    void_id: Uuid
    outcome: VoidOutcome = VoidOutcome.WRONG_PAPER
    reason: Text
    all_copies: bool


class InvoicesRequest(Wire):
    """Quota invoices torn off for a top-up, and so its slip exchanged (PARK-07, PARK-07a)."""

    handing_id: Uuid
    numbers: Annotated[tuple[PaperNumber, ...], Field(min_length=1, max_length=MAX_TORN_AT_ONCE)]


class SpoilInvoiceRequest(Wire):
    """The next invoice of a book is torn or spoilt and void (FEE-29)."""

    spoil_id: Uuid
    number: PaperNumber
    reason: Text


class EmptyBoxRequest(Wire):
    """The papers found in the collection box (FEE-05). `note` explains one that was not there."""

    emptying_id: Uuid
    found: Annotated[tuple[RowId, ...], Field(max_length=1000)]
    note: Text | None = None


class NumberRequest(Wire):
    """Give a paper that was owed without number its number."""

    number_id: Uuid


# --- answers -------------------------------------------------------------------------------------


class BookView(Wire):
    """A book and what became of its numbers. `settled_on` None: it is still with the agent.

    `used` are the valid papers, `total_fen` their sum.
    """

    book_id: RowId
    kind: BookKind
    label: str
    first: int
    last: int
    denomination_fen: Fen
    drawn_by: str
    handed_out_by: str
    drawn_on: date
    next_number: int | None
    used: int
    void: int
    blank: int
    total_fen: int
    settled_on: date | None = None
    settled_by: str = ""
    note: str = ""


class BookList(Wire):
    """Books, drawn first first."""

    books: tuple[BookView, ...]


class VoidView(Wire):
    """What was voided, and the paper that stands for it now; `refund_fen` is to be handed back."""

    document: DocumentView
    replacement: DocumentView | None
    refund_fen: Fen


class UnnumberedPaper(Wire):
    """A paper owed that has no number yet."""

    unnumbered_id: RowId
    kind: DocumentKind
    station: str
    operator: str
    at: Instant
    content: DocumentContent


class SlipKey(Wire):
    """A public key that proves codes of slips signed in its version."""

    version: KeyVersion
    public_key: Annotated[HexBytes, Field(min_length=32, max_length=32)]


class SlipKeys(Wire):
    """All of an estate's."""

    estate: str
    keys: tuple[SlipKey, ...]


class OwedTotals(Wire):
    """How many papers wait, of which a page shows the oldest."""

    not_printed: Count
    not_handed: Count
    invoices: Count


class OwedPapers(Wire):
    """Everything that still waits for a step, of one station or operator, or of all (FEE-32).

    `invoices` are top-ups whose quota invoices were not handed over yet (PARK-07). Where less was
    asked for than there is, each list holds the oldest, and `totals` say how many there are.
    """

    not_printed: tuple[DocumentView, ...]
    not_handed: tuple[DocumentView, ...]
    unnumbered: tuple[UnnumberedPaper, ...]
    invoices: tuple[DocumentView, ...]
    totals: OwedTotals


class PaperList(Wire):
    """Papers found, latest first."""

    documents: tuple[DocumentView, ...]


class InvoiceProposal(Wire):
    """Which invoices would make up a slip's amount; empty where the books at hand can't."""

    numbers: tuple[int, ...]


class StubLine(Wire):
    """One invoice that left its book: for which card, or why it is void (PARK-07)."""

    number: int
    value_fen: Fen
    card_number: int | None
    slip: int | None
    operator: str
    at: Instant
    spoilt: str


class StubList(Wire):
    """The stubs of one book, in order."""

    lines: tuple[StubLine, ...]
