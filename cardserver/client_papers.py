"""Calls about books of numbered paper, void papers, quota invoices and the collection box."""

from cardserver.clientbase import Calls
from cardserver.wire_documents import DocumentView
from cardserver.wire_papers import (
    BookList,
    BookView,
    DrawBookRequest,
    EmptyBoxRequest,
    InvoiceProposal,
    InvoicesRequest,
    NumberRequest,
    OwedPapers,
    PaperList,
    SealRequest,
    SettleBookRequest,
    SignPaperRequest,
    SlipKeys,
    SpoilInvoiceRequest,
    StubLine,
    StubList,
    VoidPaperRequest,
    VoidView,
)


class PapersCalls(Calls):
    """What comes after the money: one paper at a time, and the lists."""

    # --- books

    def books(self, *, settled: bool = False) -> list[BookView]:
        """Books with agents, drawn first first; with `settled` the latest that went back too."""
        params = {"settled": "true"} if settled else {}
        return list(self._get("/api/receipt-books", BookList, params).books)

    def draw_book(self, request: DrawBookRequest) -> BookView:
        """A book from the cashier to the agent; refused e.g. with ``two-books``."""
        return self._post("/api/receipt-books", request, BookView)

    def settle_book(self, book_id: int, request: SettleBookRequest) -> BookView:
        """A book back to the cashier; refused with ``book-differs`` without a note."""
        return self._post(f"/api/receipt-books/{book_id}/settlement", request, BookView)

    def stubs(self, book_id: int) -> list[StubLine]:
        """The stubs of a book of quota invoices."""
        return list(self._get(f"/api/receipt-books/{book_id}/stubs", StubList).lines)

    def number(self, unnumbered_id: int, number_id: str) -> DocumentView:
        """Give a paper owed without number its number."""
        path = f"/api/unnumbered-papers/{unnumbered_id}/number"
        return self._post(path, NumberRequest(number_id=number_id), DocumentView)

    def slip_keys(self) -> SlipKeys:
        """The public keys by which a slip's code is checked; nobody needs to be signed in."""
        return self._get("/api/slip-keys", SlipKeys)

    # --- one paper

    def seal(self, document_id: int, seal_id: str) -> DocumentView:
        """Copy 2 bears the seal (FEE-24)."""
        path = f"/api/documents/{document_id}/seal"
        return self._post(path, SealRequest(seal_id=seal_id), DocumentView)

    def sign(self, document_id: int, request: SignPaperRequest) -> DocumentView:
        """The payer signed (FEE-02)."""
        return self._post(f"/api/documents/{document_id}/signature", request, DocumentView)

    def void(self, document_id: int, request: VoidPaperRequest) -> VoidView:
        """Void a paper (FEE-23)."""
        return self._post(f"/api/documents/{document_id}/void", request, VoidView)

    def propose(self, document_id: int) -> InvoiceProposal:
        """Which invoices make up a slip's amount."""
        return self._get(f"/api/documents/{document_id}/invoices/proposal", InvoiceProposal)

    def give_invoices(self, document_id: int, request: InvoicesRequest) -> DocumentView:
        """Record the invoices torn off for a top-up (PARK-07)."""
        return self._post(f"/api/documents/{document_id}/invoices", request, DocumentView)

    def spoil(self, request: SpoilInvoiceRequest) -> BookView:
        """Void the next invoice of a book."""
        return self._post("/api/spoilt-invoices", request, BookView)

    # --- lists

    def find(
        self, *, number: int | None = None, card_number: int | None = None
    ) -> list[DocumentView]:
        """Papers by their number or by the card's, latest first; void ones too."""
        params = {} if number is None else {"number": str(number)}
        if card_number is not None:
            params["card"] = str(card_number)
        return list(self._get("/api/papers", PaperList, params).documents)

    def owed(
        self, *, station: str = "", operator: str = "", limit: int | None = None
    ) -> OwedPapers:
        """What still waits for print, number, hand-over or invoices (FEE-32)."""
        whose = {"station": station, "operator": operator, "limit": str(limit or "")}
        return self._get("/api/papers/owed", OwedPapers, {k: v for k, v in whose.items() if v})

    def box(self) -> list[DocumentView]:
        """The papers in the collection box (FEE-05)."""
        return list(self._get("/api/papers/box", PaperList).documents)

    def empty_box(self, request: EmptyBoxRequest) -> list[DocumentView]:
        """Empty the box against its list; what is left on it."""
        return list(self._post("/api/papers/box/emptyings", request, PaperList).documents)
