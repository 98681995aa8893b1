"""Books of numbered paper, void papers, quota invoices and the collection box."""

from typing import Annotated

from apiflask import APIBlueprint
from pydantic import Field

from cardserver.domain.permits import Action
from cardserver.services import documents, invoices, papers, receiptbooks, slips
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import row
from cardserver.wire_documents import DocumentView
from cardserver.wire_papers import (
    MAX_LISTED,
    BookList,
    BookView,
    DrawBookRequest,
    EmptyBoxRequest,
    InvoiceProposal,
    InvoicesRequest,
    NumberRequest,
    OwedPapers,
    PaperList,
    PaperNumber,
    SealRequest,
    SettleBookRequest,
    SignPaperRequest,
    SlipKeys,
    SpoilInvoiceRequest,
    StubList,
    VoidPaperRequest,
    VoidView,
)
from cardserver.wirebase import Number, Wire, Word

api = APIBlueprint("papers", __name__, tag="Books of paper")

_ID = row("row_id")
_PAPER = f"/documents/{_ID}"


class BooksQuery(Wire):
    """Books with agents, or settled ones too."""

    settled: bool = False


class PapersQuery(Wire):
    """A paper's number, a card's number, both or neither."""

    number: PaperNumber | None = None
    card: Number | None = None


class WhoseQuery(Wire):
    """Of one station or operator, or of all; with a limit the oldest so many of each list."""

    station: Word | None = None
    operator: Word | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LISTED)] | None = None


# --- books


@api.get("/receipt-books")
@permit(Action.REPORTS)
@api.input(BooksQuery, location="query")
@api.output(BookList)
def books(query_data: BooksQuery) -> BookList:
    """List books of numbered paper."""
    return receiptbooks.books(estate(), caller(), settled=query_data.settled)


@api.post("/receipt-books")
@permit(Action.HAND_OUT_BOOK)
@api.input(DrawBookRequest)
@api.output(BookView)
def draw_book(json_data: DrawBookRequest) -> BookView:
    """Hand a book out to the agent who draws it."""
    return receiptbooks.draw_book(estate(), caller(), json_data)


@api.post(f"/receipt-books/{_ID}/settlement")
@permit(Action.HAND_OUT_BOOK)
@api.input(SettleBookRequest)
@api.output(BookView)
def settle_book(row_id: int, json_data: SettleBookRequest) -> BookView:
    """Take a book back and settle it."""
    return receiptbooks.settle_book(estate(), caller(), row_id, json_data)


@api.get(f"/receipt-books/{_ID}/stubs")
@permit(Action.REPORTS)
@api.output(StubList)
def stubs(row_id: int) -> StubList:
    """List the stubs of a book of quota invoices."""
    return receiptbooks.stubs(estate(), caller(), row_id)


@api.post(f"/unnumbered-papers/{_ID}/number")
@permit(Action.VOID_PAPER)
@api.input(NumberRequest)
@api.output(DocumentView)
def number_paper(row_id: int, json_data: NumberRequest) -> DocumentView:
    """Give a paper owed without number its number."""
    return receiptbooks.number_paper(estate(), caller(), row_id, json_data)


# --- one paper


@api.post(f"{_PAPER}/seal")
@permit(Action.PRINT)
@api.input(SealRequest)
@api.output(DocumentView)
def seal(row_id: int, json_data: SealRequest) -> DocumentView:
    """Report that copy 2 bears the seal."""
    return documents.seal(estate(), caller(), row_id, json_data)


@api.post(f"{_PAPER}/signature")
@permit(Action.PRINT)
@api.input(SignPaperRequest)
@api.output(DocumentView)
def sign(row_id: int, json_data: SignPaperRequest) -> DocumentView:
    """Record the payer's signature."""
    return documents.sign(estate(), caller(), row_id, json_data)


@api.post(f"{_PAPER}/void")
@permit(Action.VOID_PAPER)
@api.input(VoidPaperRequest)
@api.output(VoidView)
def void_paper(row_id: int, json_data: VoidPaperRequest) -> VoidView:
    """Void a paper with all its copies."""
    return papers.void_paper(estate(), caller(), row_id, json_data)


@api.get(f"{_PAPER}/invoices/proposal")
@permit(Action.HAND_OUT_INVOICE)
@api.output(InvoiceProposal)
def propose(row_id: int) -> InvoiceProposal:
    """Propose invoices that make up a slip's amount."""
    return invoices.propose(estate(), caller(), row_id)


@api.post(f"{_PAPER}/invoices")
@permit(Action.HAND_OUT_INVOICE)
@api.input(InvoicesRequest)
@api.output(DocumentView)
def give_invoices(row_id: int, json_data: InvoicesRequest) -> DocumentView:
    """Record the invoices torn off for a top-up."""
    return invoices.give_invoices(estate(), caller(), row_id, json_data)


@api.post("/spoilt-invoices")
@permit(Action.HAND_OUT_INVOICE)
@api.input(SpoilInvoiceRequest)
@api.output(BookView)
def spoil_invoice(json_data: SpoilInvoiceRequest) -> BookView:
    """Void the next invoice of a book."""
    return invoices.spoil_invoice(estate(), caller(), json_data)


# --- lists


@api.get("/papers")
@permit(Action.REPORTS)
@api.input(PapersQuery, location="query")
@api.output(PaperList)
def find_papers(query_data: PapersQuery) -> PaperList:
    """Find papers by their number or by the card's."""
    found = query_data
    return papers.find_papers(estate(), caller(), number=found.number, card_number=found.card)


@api.get("/papers/owed")
@permit(Action.REPORTS)
@api.input(WhoseQuery, location="query")
@api.output(OwedPapers)
def owed_papers(query_data: WhoseQuery) -> OwedPapers:
    """List what still waits for print, number, hand-over or invoices."""
    whose = query_data
    return papers.owed(
        estate(), caller(), station=whose.station, operator=whose.operator, limit=whose.limit
    )


@api.get("/slip-keys")
@permit(Action.SIGN_IN)
@api.output(SlipKeys)
def slip_keys() -> SlipKeys:
    """Tell by which public keys a slip's code is checked."""
    return slips.slip_keys(estate(), caller())


@api.get("/papers/box")
@permit(Action.REPORTS)
@api.output(PaperList)
def box() -> PaperList:
    """List the papers in the collection box."""
    return papers.box(estate(), caller())


@api.post("/papers/box/emptyings")
@permit(Action.WORK_SHIFT)
@api.input(EmptyBoxRequest)
@api.output(PaperList)
def empty_box(json_data: EmptyBoxRequest) -> PaperList:
    """Empty the box against its list."""
    return papers.empty_box(estate(), caller(), json_data)
