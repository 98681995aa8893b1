"""The long part at the counter: begin, write, verify, settle, print; or undo.

Runs on the counter's own thread. It changes nothing but the business at hand; what is true stands
on the server and on the card.
"""

from collections.abc import Callable
from typing import Final
from uuid import uuid4

from cardserver.client import CardServerClient, ServerRefused, ServerUnavailable
from cardserver.domain.document import PrintResult
from cardserver.domain.operation import OperationState
from cardserver.wire_cards import CardView
from cardserver.wire_documents import DocumentView
from cardserver.wire_operations import Ticket
from drivers.api.cards import Card, CardIdentity, SecureChannel
from drivers.errors import CardForeign, CardFull, DeviceError
from kiosk.desk.business import Business, Phase
from kiosk.desk.registerrow import row_of
from kiosk.station.beginning import begin
from kiosk.station.operating import Step, UndoTooLate, carry_out, undo
from kiosk.station.paper import PaperDesk
from kiosk.station.post import ReaderPost
from kiosk.station.problems import problem_of

# This card can't take the operation: it is voided on evidence, the money waits for another card.
_WRONG_CARD: Final = (CardForeign, CardFull)


class CardWork:
    """What the counter does with the card on its reader."""

    def __init__(
        self,
        *,
        server: CardServerClient,
        post: ReaderPost[CardIdentity],
        paper: PaperDesk,
        changed: Callable[[], None],
    ) -> None:
        self._server = server
        self._post = post
        self._paper = paper
        self._changed = changed

    def write(
        self, business: Business, channel: SecureChannel | None, *, known: bool = True
    ) -> None:
        """Open the operation on the card that lies there and carry it out.

        `known` is False where the server has just said that it knows no such card.
        """

        def job(card: Card) -> None:
            ticket = self._begin(business, card, known=known)
            try:
                self._finish(business, ticket, card)
            except _WRONG_CARD as error:
                undo(ticket, card, self._server, error.code, keep_sale=True)
                another_card(business)
                raise

        self._on_card(business, job, channel)

    def _begin(self, business: Business, card: Card, *, known: bool) -> Ticket:
        """From the call on only the server knows whether the operation is open."""
        business.begun = True
        try:
            business.ticket = begin(
                business.request(),
                card,
                self._server,
                business.sale_id,
                operation_id=business.ids.operation,
                known=known,
            )
        except (ServerRefused, DeviceError):
            business.begun = False
            raise
        return business.ticket

    def resume(self, business: Business, ticket: Ticket, channel: SecureChannel | None) -> None:
        """End a broken-off operation: finish it, or undo it where the clerk asked for that."""

        def job(card: Card) -> None:
            business.ticket, business.begun = ticket, True
            business.ids.operation = ticket.operation_id
            if not business.undo_wanted:
                self._finish(business, ticket, card)
                return
            try:
                self._undo(business, ticket, card)
            except UndoTooLate:
                business.undo_wanted = False
                raise

        self._on_card(business, job, channel)

    def print_paper(self, business: Business) -> None:
        """Print what is owed; what the printer proved goes to the server."""
        if business.document is not None:
            document, result = self._paper.print_document(business.document)
            business.hold(document)
            business.problem = "" if result is PrintResult.PRINTED else f"paper-{result}"
        self._changed()

    def _finish(self, business: Business, ticket: Ticket, card: Card) -> None:
        def tell(step: Step) -> None:
            business.step = step
            self._changed()

        settled = carry_out(ticket, card, self._server, tell)
        self._done(business, settled.card, settled.documents)

    def _undo(self, business: Business, ticket: Ticket, card: Card) -> None:
        voided = undo(ticket, card, self._server, "undone-by-clerk")
        business.refund_fen = voided.refund_fen
        self._undone(business, ticket.sale_id)

    def find_end(self, business: Business) -> None:
        """The answer to the last step was lost, or another station ended it: ask how it ended.

        Raises ServerError; an operation still open is left to the card.
        """
        try:
            outcome = self._server.outcome(business.ids.operation)
        except ServerRefused as refused:
            if refused.code != "not-found":
                raise
            another_card(business)  # it was never opened
            business.phase = Phase.CARD
            return
        if outcome.operation.state is OperationState.SETTLED:
            self._done(business, outcome.card, outcome.documents)
        elif outcome.operation.state is OperationState.VOIDED:
            self._undone(business, outcome.operation.sale_id)

    def _done(
        self, business: Business, card: CardView | None, documents: tuple[DocumentView, ...]
    ) -> None:
        business.begun = False
        business.card, business.documents = card, documents
        business.document = business.next_paper()
        business.row = row_of(self._server, business.ids.operation)
        business.problem = business.problem_rule = ""
        business.phase = Phase.PAPER if business.document else business.after_paper()
        if business.sale_id and not documents:
            business.problem = "number-owed"  # paid, and no book to take a number from (FEE-32)

    def _undone(self, business: Business, sale_id: str | None) -> None:
        """The card is as it was; what was paid is handed back, once."""
        if sale_id is not None:
            owed = self._server.sale(sale_id).refundable_fen
            if owed:
                self._server.pay_refund(sale_id, business.ids.refund, owed)
                business.refund_fen = owed
        business.begun = False
        business.phase, business.problem = Phase.CLOSED, "undone"

    def _on_card(
        self, business: Business, job: Callable[[Card], None], channel: SecureChannel | None
    ) -> None:
        try:
            self._post.work(job, secure_channel=channel, full=True)
        except (DeviceError, ServerUnavailable, ServerRefused) as error:
            business.phase = Phase.BROKEN_OFF if business.begun else Phase.CARD
            business.problem = problem_of(error)
            business.problem_rule = getattr(error, "rule", "")
        if business.phase is Phase.PAPER:
            self.print_paper(business)


def another_card(business: Business) -> None:
    """The operation came to nothing; the money waits for another card under a new operation."""
    business.begun = False
    business.ticket = None
    business.ids.operation = str(uuid4())
