"""Acts around paper: print it, hand it over, tear off invoices, or leave them owed (FEE-05)."""

from enum import StrEnum, unique
from uuid import uuid4

from cardserver.domain.document import DocumentState, PrintResult
from kiosk.desk import paperwork
from kiosk.desk.business import Business, Phase
from kiosk.desk.counter import Counter, act
from kiosk.desk.paperwork import Ticks


@unique
class Handed(StrEnum):
    """Where a printed paper goes (FEE-05)."""

    HANDED_OVER = "handed-over"
    IN_THE_BOX = "in-the-box"


@act
def print_paper(counter: Counter) -> None:
    """Print the receipt, or print it again."""
    if business := counter.at(Phase.PAPER, Phase.CLOSED):
        counter.later(lambda: counter.cardwork.print_paper(business))


@act
def print_owed(counter: Counter, document_id: int) -> None:
    """Print a paper that an earlier visit still owes (FEE-32)."""
    document = counter.server.document(document_id)

    def job() -> None:
        _, result = counter.paper.print_document(document)
        counter.notice = "" if result is PrintResult.PRINTED else f"paper-{result}"

    counter.later(job)


@act
def hand_over(counter: Counter, how: Handed, ticks: Ticks) -> None:
    """The paper was handed over or lies in the box; there is no third way (FEE-05).

    A formal receipt is sealed and signed before that (FEE-24, FEE-02).
    """
    business = counter.at(Phase.PAPER)
    if business is not None and business.document is not None:
        server, document_id = counter.server, business.document.document_id
        business.hold(paperwork.complete(server, business.document, ticks))
        business.hold(server.hand_over(document_id, business.ids.handover, how.value))
        business.handed = how.value
        _next_paper(counter, business)


def _next_paper(counter: Counter, business: Business) -> None:
    """The next paper of the same payment (FEE-10), or the end of the business."""
    following = business.next_paper()
    if following is None:
        _ask_invoices(counter, business)
        return
    business.document = following
    business.ids.handover = str(uuid4())
    counter.later(lambda: counter.cardwork.print_paper(business))


def _ask_invoices(counter: Counter, business: Business) -> None:
    """Invoices of equal value are torn off for a top-up (PARK-07), or the business ends."""
    slip = next((each for each in business.documents if paperwork.wants_invoices(each)), None)
    if slip is None:
        business.phase = business.after_paper()
        return
    business.document = slip
    business.ids.handover = str(uuid4())
    business.invoices = paperwork.proposed(counter.server, slip)


@act
def give_invoices(counter: Counter, typed: str) -> None:
    """The numbers of the invoices that were torn off (PARK-07)."""
    business = counter.at(Phase.PAPER)
    if business is not None and business.document and business.invoices is not None:
        handing_id = business.ids.handover
        business.hold(paperwork.give_invoices(counter.server, business.document, typed, handing_id))
        business.invoices = None
        _ask_invoices(counter, business)


@act
def owe_invoices(counter: Counter) -> None:
    """No invoices now: the top-up stays on the list of invoices owed (PARK-07)."""
    business = counter.at(Phase.PAPER)
    if business is not None and business.invoices is not None:
        business.invoices = None
        business.phase, business.problem = business.after_paper(), "invoice-owed"


@act
def leave_owed(counter: Counter) -> None:
    """The paper can't come out now: it stays on the list of papers owed (FEE-32)."""
    business = counter.at(Phase.PAPER)
    if business is not None and business.document is not None:
        printed = business.document.state is DocumentState.PRINTED
        if not printed:
            business.phase, business.problem = business.after_paper(), "paper-owed"
