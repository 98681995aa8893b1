"""The long part at the counter: begin, write, verify, settle, print; or undo.

Runs on the counter's own thread. It changes nothing but the business at hand; what is true stands
on the server and on the card.
"""

from collections.abc import Callable
from typing import Final
from uuid import uuid4

from cardserver.client import CardServerClient, ServerRefused, ServerUnavailable
from cardserver.domain.document import PrintResult
from cardserver.wire import Ticket
from drivers.api import Card, CardIdentity, SecureChannel
from drivers.errors import CardForeign, CardFull, CardUnsupported, DeviceError
from kiosk.desk.business import Business, Phase
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

    def write(self, business: Business, channel: SecureChannel | None) -> None:
        """Open the operation on the card that lies there and carry it out."""

        def job(card: Card) -> None:
            ticket = begin(business.request(), card, self._server, business.sale_id)
            business.ticket = ticket
            try:
                self._finish(business, ticket, card)
            except _WRONG_CARD as error:
                undo(ticket, card, self._server, error.code, keep_sale=True)
                business.ticket = None
                raise

        self._on_card(business, job, channel)

    def resume(self, business: Business, ticket: Ticket, channel: SecureChannel | None) -> None:
        """End a broken-off operation: finish it, or undo it where the clerk asked for that."""

        def job(card: Card) -> None:
            business.ticket = ticket
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
            business.document, result = self._paper.print_document(business.document)
            business.problem = "" if result is PrintResult.PRINTED else f"paper-{result}"
        self._changed()

    def _finish(self, business: Business, ticket: Ticket, card: Card) -> None:
        def tell(step: Step) -> None:
            business.step = step
            self._changed()

        settled = carry_out(ticket, card, self._server, tell)
        business.card = settled.card
        business.document = settled.document
        business.problem = business.problem_rule = ""
        business.phase = Phase.PAPER if settled.document else Phase.CLOSED

    def _undo(self, business: Business, ticket: Ticket, card: Card) -> None:
        voided = undo(ticket, card, self._server, "undone-by-clerk")
        business.refund_fen = voided.refund_fen
        if ticket.sale_id and voided.refund_fen:
            self._server.pay_refund(ticket.sale_id, str(uuid4()), voided.refund_fen)
        business.phase, business.problem = Phase.CLOSED, "undone"

    def _on_card(
        self, business: Business, job: Callable[[Card], None], channel: SecureChannel | None
    ) -> None:
        try:
            self._post.work(job, secure_channel=channel, full=True)
        except (DeviceError, ServerUnavailable, ServerRefused) as error:
            undecided = business.ticket is not None and not isinstance(error, CardUnsupported)
            business.phase = Phase.BROKEN_OFF if undecided else Phase.CARD
            business.problem = problem_of(error)
            business.problem_rule = getattr(error, "rule", "")
        if business.phase is Phase.PAPER:
            self.print_paper(business)
