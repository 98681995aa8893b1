"""The counter: the card on the reader, the business at hand, and every act of the clerk.

Acts come from the page's threads, cards from the reader's; one lock orders them. The long part, the
writing, runs on a thread of its own (`kiosk.desk.cardwork`), and the page follows it by the bell.
"""

import functools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Concatenate, Final, ParamSpec
from uuid import uuid4

from cardserver.client import CardServerClient, ServerError
from cardserver.domain.document import DocumentState, PrintResult
from cardserver.domain.money import change_due
from cardserver.domain.operation import OperationKind
from cardserver.domain.parking import Gap
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.wire import (
    CardView,
    HolderView,
    SaleRequest,
    TenderRequest,
    Ticket,
    TopUpRequest,
    WaitingSale,
    WaitingSales,
)
from drivers.api import CardIdentity, CardReader, SecureChannel
from drivers.errors import CardUnsupported, DeviceError
from kiosk.desk.business import Business, Ids, Phase
from kiosk.desk.cardwork import CardWork, another_card
from kiosk.desk.paperwork import Ticks, complete, give_invoices, proposed, wants_invoices
from kiosk.desk.preparing import choose_full_period, keep_verification, prepare
from kiosk.desk.presence import Presence
from kiosk.desk.shown import Shown
from kiosk.desk.slips import SlipCheck
from kiosk.station.events import Bell
from kiosk.station.paper import PaperDesk
from kiosk.station.post import ReaderPost, recognise
from kiosk.station.problems import REFUSALS, problem_of, refusal_of

_log = logging.getLogger(__name__)
P = ParamSpec("P")

READER: Final = "reader"
_OF_RIGHTS: Final = frozenset({"not-permitted", "own-card"})
WORK: Final = "work"
_PAID_IN: Final = frozenset({Phase.MONEY, Phase.CARD})
_ON_ITS_WAY: Final = "tender-open"


@unique
class Handed(StrEnum):
    """Where a printed paper goes (FEE-05)."""

    HANDED_OVER = "handed-over"
    IN_THE_BOX = "in-the-box"


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """What lies on the reader: recognised, and what the server knows of it."""

    identity: CardIdentity | None
    card: CardView | None = None
    unfinished: Ticket | None = None
    waiting: tuple[WaitingSale, ...] = ()
    credit_fen: int = 0
    problem: str = ""

    @property
    def known(self) -> bool:
        """False where the server said that it knows no such card."""
        return self.card is not None or bool(self.problem)

    @property
    def secure_channel(self) -> SecureChannel | None:
        """Secure messaging recorded for this card."""
        name = self.card.secure_channel if self.card else None
        return SecureChannel(name) if name else None


def _act(
    method: "Callable[Concatenate[Counter, P], None]",
) -> "Callable[Concatenate[Counter, P], None]":
    """One act of the clerk: under the lock; a refusal becomes a problem on the page."""

    @functools.wraps(method)
    def act(self: "Counter", /, *args: P.args, **kwargs: P.kwargs) -> None:
        with self.lock:
            self.notice = ""
            try:
                method(self, *args, **kwargs)
            except REFUSALS as error:
                self.note(*refusal_of(error))
        self.bell.ring(WORK)

    return act


class Counter:
    """One front desk with one reader, one receipt printer and one clerk."""

    def __init__(
        self,
        *,
        server: CardServerClient,
        reader: CardReader,
        paper: PaperDesk,
        bell: Bell,
        station: str,
        presence: Presence | None = None,
        slips: SlipCheck | None = None,
    ) -> None:
        self.server = server
        self.slips = slips or SlipCheck(server)
        self.presence = presence or Presence(server)
        self.paper = paper
        self.bell = bell
        self.station = station
        self.laid: Laid | None = None
        self.business: Business | None = None
        self.holder: HolderView | None = None
        self.notice = ""
        self.lock = threading.RLock()
        self._jobs = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk")
        self.post: ReaderPost[CardIdentity] = ReaderPost(
            reader,
            look=recognise,
            arrived=self._arrived,
            lifted=self._lifted,
            fault_changed=lambda: bell.ring(READER),
        )
        self._work = CardWork(
            server=self.server, post=self.post, paper=paper, changed=lambda: bell.ring(WORK)
        )

    @property
    def operator(self) -> str:
        """Who is signed in here; empty when nobody is."""
        return self.presence.name

    @property
    def writing(self) -> bool:
        """True while a card is being written: whoever began it finishes it."""
        return self.business is not None and self.business.phase is Phase.WRITING

    def permitted(self) -> None:
        """Somebody stepped up: what was refused for want of the right may be tried again."""
        with self.lock:
            if self.notice in _OF_RIGHTS:
                self.notice = ""
            if self.business is not None and self.business.problem in _OF_RIGHTS:
                self.business.problem = self.business.problem_rule = ""

    def look_again(self) -> None:
        """Somebody signed in: what lies on the reader is recognised in their name."""
        with self.lock:
            laid = self.laid
            if laid is not None and laid.identity is not None and not self.writing:
                self.laid = self._recognise(laid.identity)
        self.bell.ring(READER)
        self.bell.ring(WORK)

    def start(self) -> None:
        """Begin to watch reader and printer."""
        self.post.start()
        self.paper.watch(lambda: self.bell.ring(READER))

    def stop(self) -> None:
        """Stop watching; a running write ends first."""
        self.paper.stop()
        self.post.stop()
        self._jobs.shutdown(wait=True, cancel_futures=True)

    # --- cards come and go (the watch's thread)

    def _arrived(self, seen: CardIdentity | DeviceError) -> None:
        laid = self._recognise(seen)
        with self.lock:
            self.laid = laid
            idle = self.business is None or self.business.phase is Phase.CLOSED
            mine = self._is_mine(laid.unfinished)
            if idle and laid.card is not None:
                self._show_holder_of(laid.card.holder_id)
            torn = self.business is not None and self.business.phase is Phase.BROKEN_OFF
            if laid.unfinished is not None and (idle or torn or mine):
                self._resume(laid.unfinished)
        self.bell.ring(READER)
        self.bell.ring(WORK)

    def _is_mine(self, ticket: Ticket | None) -> bool:
        """True for an operation of the business at hand whose answer never arrived."""
        business = self.business
        return (
            ticket is not None
            and business is not None
            and business.phase is Phase.CARD
            and business.ids.operation == ticket.operation_id
        )

    def _recognise(self, seen: CardIdentity | DeviceError) -> Laid:
        if isinstance(seen, DeviceError):
            return Laid(identity=None, problem=seen.code)
        if not seen.supported:
            return Laid(identity=seen, problem=CardUnsupported.code)
        try:
            card = self.server.card(uid=seen.uid)
            waiting = self.server.waiting_for(card.number) if card else WaitingSales(sales=())
            return Laid(
                identity=seen,
                card=card,
                unfinished=self.server.open_operation(seen.uid),
                waiting=waiting.sales,
                credit_fen=waiting.credit_fen,
            )
        except ServerError as error:
            return Laid(identity=seen, problem=problem_of(error))

    def _lifted(self) -> None:
        with self.lock:
            self.laid = None
        self.bell.ring(READER)
        self.bell.ring(WORK)

    def _show_holder_of(self, holder_id: int) -> None:
        try:
            self.holder = self.server.holder(holder_id)
        except ServerError as error:
            self.notice = problem_of(error)

    # --- the clerk's acts (the page's threads)

    @_act
    def show(self, holder_id: int) -> None:
        """Open a holder's sheet."""
        self.holder = self.server.holder(holder_id)

    @_act
    def choose(self, business: Business) -> None:
        """Begin a business (IC-01): the server says what it costs and whether it may be."""
        if self.business is not None and self.business.phase is not Phase.CLOSED:
            self.notice = "business-open"
            return
        if not business.complete:
            self.notice = "nobody-chosen"
            return
        prepare(business, self.server)
        business.phase = business.first_phase()
        self.business = business

    @_act
    def attempt(self, act: Callable[[], None]) -> None:
        """An act that stands in another module of the desk, as an act of the clerk."""
        act()

    @_act
    def verify(self, shown: Shown) -> None:
        """Record that the holder was checked against the record (IC-02..06, PARK-01)."""
        if business := self._at(Phase.VERIFY):
            keep_verification(business, self.server, shown)
            business.phase = business.after_verification()

    @_act
    def choose_full_period(self, *, wanted: bool) -> None:
        """A replacement for a new full period, or for the days that remain (IC-11a)."""
        if business := self._at(Phase.VERIFY):
            choose_full_period(business, self.server, wanted=wanted)

    @_act
    def choose_gap(self, gap: Gap) -> None:
        """The days the car stood inside unpaid: paid too, or let go by a head (PARK-05b)."""
        if business := self._at(Phase.PRICE):
            business.gap = gap
            business.quote = self.server.quote(business.request())

    @_act
    def agree(self) -> None:
        """The customer heard the price and agrees (FEE-01): the sale is opened."""
        if business := self._at(Phase.PRICE):
            sale = self.server.open_sale(
                SaleRequest(
                    sale_id=business.ids.sale,
                    request=business.request(),
                    quoted_total_fen=business.due_fen,
                )
            )
            business.sale_id = sale.sale_id
            business.used_fen = sale.from_credit_fen
            business.phase = Phase.MONEY if sale.missing_fen else Phase.CARD

    @_act
    def take_money(
        self, received_fen: int, *, checked: bool, notes: dict[int, int] | None = None
    ) -> None:
        """Cash counted in front of the customer; change is given at once (FEE-03, FEE-04).

        `notes` tells it by its pieces, where the clerk typed it so.
        """
        business = self._at(Phase.MONEY)
        if business is None or business.sale_id is None:
            return
        change_due(business.to_pay_fen, received_fen)
        sale = self.server.sale(business.sale_id)
        if sale.missing_fen:
            tender = TenderRequest(
                tender_id=business.ids.tender,
                kind=TenderKind.CASH_DESK,
                value_fen=received_fen,
                state=TenderState.CREDITED,
                checked=checked,
                notes=notes,
            )
            sale = self.server.tender(business.sale_id, tender)
        business.received_fen = sale.put_in_fen
        if sale.change_fen:
            sale = self.server.give_change(business.sale_id, business.ids.change, sale.change_fen)
        business.change_fen = sale.returned_fen
        business.phase = Phase.CARD

    @_act
    def refuse_note(self) -> None:
        """The checker did not take a note: it is not counted, and another is asked for (FEE-03)."""
        if self._at(Phase.MONEY):
            self.note("note-refused", "FEE-03")

    @_act
    def write(self) -> None:
        """Write the card on the reader; the page follows by the bell."""
        if business := self._at(Phase.CARD):
            if self.laid is None or self.laid.identity is None:
                self.note("card-absent")
                return
            business.phase = Phase.WRITING
            business.undo_wanted = False
            channel, known = self.laid.secure_channel, self.laid.known
            self._submit(lambda: self._work.write(business, channel, known=known))

    @_act
    def want_undo(self, *, wanted: bool) -> None:
        """With a card torn away: when it comes back, undo instead of finishing."""
        if business := self._at(Phase.BROKEN_OFF):
            business.undo_wanted = wanted

    @_act
    def retry(self) -> None:
        """Go on with a broken-off card that lies there again, or find out how it ended."""
        business = self._at(Phase.BROKEN_OFF)
        if business is None:
            return
        if self.laid is not None and self.laid.identity is not None:
            self.laid = self._recognise(self.laid.identity)
            if self.laid.unfinished is not None:
                self._resume(self.laid.unfinished)
                return
        self._find_end(business)

    @_act
    def abandon(self) -> None:
        """The torn card will not come back: it is denied.

        Where a blank was being made the money waits for another blank (IC-09a), and a month that
        the bank collected for the next card; else the money is 待核对.
        """
        business = self._at(Phase.BROKEN_OFF)
        if business is None or self._find_end(business):
            return
        ended = self.server.abandon(
            business.ids.operation, "card-not-returned", keep_sale=business.new_card
        )
        if business.new_card:
            another_card(business)
            business.phase = Phase.CARD
        else:
            business.begun = False
            business.collected = ended.sale is not None and ended.sale.state is SaleState.OPEN
            business.phase, business.problem = Phase.CLOSED, "abandoned"

    def _find_end(self, business: Business) -> bool:
        """True when the operation has ended and the business moved on."""
        self._work.find_end(business)
        if business.phase is Phase.PAPER:
            self._submit(lambda: self._work.print_paper(business))
        return business.phase is not Phase.BROKEN_OFF

    @_act
    def print_paper(self) -> None:
        """Print the receipt, or print it again."""
        if business := self._at(Phase.PAPER, Phase.CLOSED):
            self._submit(lambda: self._work.print_paper(business))

    @_act
    def print_owed(self, document_id: int) -> None:
        """Print a paper that an earlier visit still owes (FEE-32)."""
        document = self.server.document(document_id)

        def job() -> None:
            _, result = self.paper.print_document(document)
            self.notice = "" if result is PrintResult.PRINTED else f"paper-{result}"

        self._submit(job)

    @_act
    def hand_over(self, how: Handed, ticks: Ticks) -> None:
        """The paper was handed over or lies in the box; there is no third way (FEE-05).

        A formal receipt is sealed and signed before that (FEE-24, FEE-02).
        """
        business = self._at(Phase.PAPER)
        if business is not None and business.document is not None:
            document_id = business.document.document_id
            business.hold(complete(self.server, business.document, ticks))
            business.hold(self.server.hand_over(document_id, business.ids.handover, how.value))
            business.handed = how.value
            self._next_paper(business)

    def _next_paper(self, business: Business) -> None:
        """The next paper of the same payment (FEE-10), or the end of the business."""
        following = business.next_paper()
        if following is None:
            self._ask_invoices(business)
            return
        business.document = following
        business.ids.handover = str(uuid4())
        self._submit(lambda: self._work.print_paper(business))

    def _ask_invoices(self, business: Business) -> None:
        """Invoices of equal value are torn off for a top-up (PARK-07), or the business ends."""
        slip = next((each for each in business.documents if wants_invoices(each)), None)
        if slip is None:
            business.phase = business.after_paper()
            return
        business.document = slip
        business.ids.handover = str(uuid4())
        business.invoices = proposed(self.server, slip)

    @_act
    def give_invoices(self, typed: str) -> None:
        """The numbers of the invoices that were torn off (PARK-07)."""
        business = self._at(Phase.PAPER)
        if business is not None and business.document and business.invoices is not None:
            slip = give_invoices(self.server, business.document, typed, business.ids.handover)
            business.hold(slip)
            business.invoices = None
            self._ask_invoices(business)

    @_act
    def owe_invoices(self) -> None:
        """No invoices now: the top-up stays on the list of invoices owed (PARK-07)."""
        business = self._at(Phase.PAPER)
        if business is not None and business.invoices is not None:
            business.invoices = None
            business.phase, business.problem = business.after_paper(), "invoice-owed"

    @_act
    def leave_owed(self) -> None:
        """The paper can't come out now: it stays on the list of papers owed (FEE-32)."""
        business = self._at(Phase.PAPER)
        if business is not None and business.document is not None:
            printed = business.document.state is DocumentState.PRINTED
            if not printed:
                business.phase, business.problem = business.after_paper(), "paper-owed"

    @_act
    def cancel(self) -> None:
        """Leave the business; money taken is handed back first (FEE-38b).

        A month that the bank collected stays on the list of what waits (PARK-12b), and so does
        money of a sale that still has a note on its way somewhere.
        """
        business = self.business
        held = {Phase.PAPER, Phase.EXPLAIN}
        if business is None or business.running or business.phase in held:
            return
        if business.sale_id and not business.collected and business.phase in _PAID_IN:
            try:
                self._give_back(business.ids, business.sale_id)
            except ServerError as error:
                if problem_of(error) != _ON_ITS_WAY:
                    raise
                self.notice = _ON_ITS_WAY
        self.business = None

    @_act
    def use_waiting(self, sale_id: str) -> None:
        """Go on with a top-up that was paid elsewhere and never written (PARK-12a)."""
        found, card = self._waiting(sale_id), self.laid.card if self.laid else None
        free = self.business is None or self.business.phase is Phase.CLOSED
        if found is None or card is None or not free:
            return
        if not isinstance(found.request, TopUpRequest) or found.sale.missing_fen:
            self.notice = "not-paid"
            return
        business = Business(
            kind=OperationKind.TOP_UP,
            holder=self.server.holder(card.holder_id),
            old_card=card,
            months=found.request.months,
            gap=found.request.gap,
            sale_id=sale_id,
            collected=found.collected,
            received_fen=0 if found.collected else found.sale.put_in_fen,
            used_fen=found.sale.from_credit_fen,
            kept_fen=found.sale.keeps_fen,
            phase=Phase.CARD,
        )
        business.quote = self.server.quote(business.request())
        self.business = business

    @_act
    def pay_out(self, sale_id: str) -> None:
        """Hand back what a broken-off visit left with us (FEE-38b)."""
        if self._waiting(sale_id) is not None:
            self._give_back(Ids(), sale_id)
            if self.laid is not None and self.laid.identity is not None:
                self.laid = self._recognise(self.laid.identity)

    def _waiting(self, sale_id: str) -> WaitingSale | None:
        waiting = self.laid.waiting if self.laid is not None else ()
        return next((each for each in waiting if each.sale.sale_id == sale_id), None)

    def _give_back(self, ids: Ids, sale_id: str) -> None:
        sale = self.server.sale(sale_id)
        if sale.state is SaleState.OPEN:
            sale = self.server.cancel_sale(sale_id, ids.cancel, "customer-left")
        elif sale.change_fen:
            self.server.give_change(sale_id, ids.change, sale.change_fen)
            self.notice = "money-handed-back"
        if sale.refundable_fen:
            self.server.pay_refund(sale_id, ids.refund, sale.refundable_fen)
            self.notice = "money-handed-back"
        if sale.refunding_fen:
            self.notice = "money-goes-back"  # by the provider, beside any cash

    @_act
    def unblock(self, card_number: int) -> None:
        """Allow a blocked card again while nothing replaces it and nobody reported it lost."""
        self._show_holder_of(self.server.unblock(card_number, "found").holder_id)

    # --- the long part

    def _resume(self, ticket: Ticket) -> None:
        """Take an unfinished operation up again, torn here or at another station."""
        business = self.business
        mine = business is not None and business.ticket is not None
        if not mine or business.ticket.operation_id != ticket.operation_id:  # type: ignore[union-attr]
            business = self._taken_over(ticket)
        if business is not None:
            business.phase = Phase.WRITING
            channel = SecureChannel(ticket.secure_channel) if ticket.secure_channel else None
            self._submit(lambda: self._work.resume(business, ticket, channel))

    def _taken_over(self, ticket: Ticket) -> Business | None:
        """The business of an operation begun elsewhere, or before this desk was restarted."""
        try:
            holder = self.server.holder(ticket.holder_id)
            number = ticket.subject_number
            old_card = self.server.card(number=number) if number else None
        except ServerError as error:
            self.notice = problem_of(error)
            return None
        self.business = Business(
            kind=ticket.kind,
            holder=holder,
            old_card=old_card,
            ticket=ticket,
            sale_id=ticket.sale_id,
            begun=True,
        )
        self.business.ids.operation = ticket.operation_id
        return self.business

    def later(self, job: Callable[[], None]) -> None:
        """Work that takes a while, after what is running now."""
        self._submit(job)

    def _submit(self, job: Callable[[], None]) -> None:
        self._jobs.submit(self._guarded, job)

    def _guarded(self, job: Callable[[], None]) -> None:
        # The counter must outlive a mistake of ours: it is shown and logged, and the operation
        # stays open on the server, to be ended on evidence.
        try:
            job()
        except Exception as error:  # noqa: BLE001 - see below
            _log.exception("the counter's work failed")
            with self.lock:
                if self.business is not None and self.business.phase is Phase.WRITING:
                    self.business.phase = Phase.BROKEN_OFF
                self.note(problem_of(error))
        self._refresh()
        self.bell.ring(READER)
        self.bell.ring(WORK)

    def _refresh(self) -> None:
        """After the work: the holder's sheet and the card on the reader as they are now."""
        with self.lock:
            business, laid = self.business, self.laid
            if business is not None:
                self._show_holder_of(business.holder.holder_id)
            if laid is not None and laid.identity is not None:
                self.laid = self._recognise(laid.identity)

    # --- small things

    def note(self, problem: str, rule: str = "") -> None:
        """Show a problem where the clerk is looking."""
        if self.business is not None:
            self.business.problem, self.business.problem_rule = problem, rule
        else:
            self.notice = problem

    def at(self, *phases: Phase) -> Business | None:
        """The business at one of these steps, for acts in other modules of the desk."""
        return self._at(*phases)

    def _at(self, *phases: Phase) -> Business | None:
        """The business when it is at one of these steps; a doubled click finds it elsewhere."""
        business = self.business
        if business is None or business.phase not in phases:
            return None
        business.problem = business.problem_rule = ""
        return business
