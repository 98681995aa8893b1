"""What a paper needs before it leaves the counter, step by step on the server (FEE-02, 05, 24)."""

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from cardserver.client import CardServerClient, ServerRefused
from cardserver.domain.document import DocumentKind
from cardserver.domain.receiptbook import numbers_text, read_numbers
from cardserver.domain.signature import SignedHow
from cardserver.wire_documents import DocumentView
from cardserver.wire_papers import InvoicesRequest, SignPaperRequest

_ON_PAPER: Final = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """What the clerk ticked beside a receipt: sealed, signed on paper or on the pad."""

    sealed: bool = False
    signed: bool = False
    strokes: str = ""

    @classmethod
    def of(cls, form: dict[str, str]) -> "Ticks":
        """The ticks of a form."""
        return cls(
            sealed="sealed" in form,
            signed=form.get("signed") == _ON_PAPER,
            strokes=form.get("strokes", "").strip(),
        )


def complete(server: CardServerClient, paper: DocumentView, ticks: Ticks) -> DocumentView:
    """Record what was ticked and is not on record yet; the paper as it stands then."""
    if ticks.sealed and not paper.sealed:
        paper = server.papers.seal(paper.document_id, str(uuid4()))
    if (ticks.signed or ticks.strokes) and not paper.signed:
        how = SignedHow.PAD if ticks.strokes else SignedHow.PAPER
        request = SignPaperRequest(sign_id=str(uuid4()), how=how, strokes=ticks.strokes)
        paper = server.papers.sign(paper.document_id, request)
    return paper


def wants_invoices(paper: DocumentView) -> bool:
    """True for a top-up's slip whose quota invoices were not handed over (PARK-07)."""
    return paper.kind is DocumentKind.TOP_UP_SLIP and not paper.invoices and not paper.void


def proposed(server: CardServerClient, paper: DocumentView) -> str:
    """The invoices that make up a slip's amount, as they are typed; empty where none do."""
    try:
        return numbers_text(server.papers.propose(paper.document_id).numbers)
    except ServerRefused:
        return ""


def give_invoices(
    server: CardServerClient, paper: DocumentView, typed: str, handing_id: str
) -> DocumentView:
    """Record the invoices typed for a slip. Raises RuleViolation, ServerError."""
    request = InvoicesRequest(handing_id=handing_id, numbers=read_numbers(typed))
    return server.papers.give_invoices(paper.document_id, request)
