"""The kiosk at work: what each screen does, around one card reader, one acceptor, one printer.

One thread, the machine's own, moves the screens; reader and touches only put events into its queue.
Money is true on the server, not here (`kiosk.selfservice.till`).
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final
from uuid import uuid4

from cardserver.client import CardServerClient, ServerError, ServerRefused
from cardserver.domain.operation import OperationKind
from cardserver.domain.parking import Gap
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.domain.sale import SaleState
from cardserver.wire import (
    CardView,
    DocumentView,
    Quote,
    ReadKeys,
    Refusal,
    SaleRequest,
    SaleView,
    Ticket,
    TopUpRequest,
    WaitingSale,
    WaitingSales,
)
from cardserver.wire_laid import CardLaid
from cardserver.wire_payments import Provider
from drivers.api import BillAcceptor, Card, CardIdentity, CardReader, SecureChannel
from drivers.errors import AcceptorUnsuitable, CardAbsent, CardRemoved, DeviceError
from kiosk.selfservice.flow import MONEY_MAY_MOVE, Event, Screen, next_screen
from kiosk.selfservice.journal import JournalBroken, TillJournal
from kiosk.selfservice.scanning import Ended, Scan, Wish
from kiosk.selfservice.till import Till
from kiosk.station.beginning import begin
from kiosk.station.clock import Clock, local_date
from kiosk.station.events import Bell
from kiosk.station.operating import carry_out
from kiosk.station.paper import PaperDesk
from kiosk.station.post import ReaderPost, recognise
from kiosk.station.problems import UNEXPECTED, problem_of

_log = logging.getLogger(__name__)

SCREEN: Final = "screen"
IN_SERVICE: Final = "in-service"
_POLL_S: Final = 0.2
_FELT_S: Final = 1.0
_FOLLOW_S: Final = 2.0
"""Pause between two tries to tell an absent server of money."""
_CODES_S: Final = 1.0
"""Pause between two looks at a sale one of whose codes was given up and can still be paid."""
_LAY_BACK_S: Final = 60.0
_AGAIN_S: Final = 10.0
"""Pause between two looks for a banknote acceptor that others can do without."""
_NOTES_AWAY: Final = "acceptor-away"
_NO_NOTES: Final = frozenset({_NOTES_AWAY, AcceptorUnsuitable.code})
_WAITS_FOR_NOBODY: Final = frozenset(
    {*MONEY_MAY_MOVE, Screen.ATTRACT, Screen.CLOSED, Screen.READING, Screen.DONE}
)
"""Screens that end by themselves or with the card, whatever time it takes."""
_STANDS_STILL_S: Final = 120.0
"""No step of a visit takes so long, not even a write with an absent server behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the machine waits for a person, in seconds. Never while a note moves."""

    idle_s: float = 75.0
    lay_back_s: float = _LAY_BACK_S
    owed_s: float = 40.0
    part_paid_s: float = 240.0  # from the last note in; whoever left gets it back at the desk
    code_over_s: float = 20.0  # after the end of a code that the server says nothing about


@dataclass(slots=True, kw_only=True)
class Visit:
    """One resident's visit, from the card laid down to the card taken away.

    `credit_fen` is what we owe to the card; with `keep_rest` its holder has agreed that what a note
    is beyond the price becomes such a credit, too (FEE-04a).
    """

    identity: CardIdentity | None = None
    card: CardView | None = None
    read_keys: ReadKeys | None = None
    months: int = 1
    gap: Gap | None = None
    quote: Quote | None = None
    sale: SaleView | None = None
    ticket: Ticket | None = None
    document: DocumentView | None = None
    printed: str = ""
    problem: str = ""
    last_before: date | None = None
    last_after: date | None = None
    credit_fen: int = 0
    keep_rest: bool = False


def _can_go_on(waiting: WaitingSale) -> bool:
    """Paid at least in part, or with a code that can still be paid; nothing begun, and no note of
    it on its way at another machine.
    """
    sale = waiting.sale
    return (
        waiting.request.kind is OperationKind.TOP_UP
        and sale.state is SaleState.OPEN
        and (sale.credited_fen > sale.returned_fen or bool(sale.open_codes))
        and not sale.open_tenders
    )


def _price(laid: CardLaid) -> Quote:
    """The price of one month. Raises ServerRefused where there is none."""
    if laid.quote is None:
        no = laid.refusal or Refusal(code=UNEXPECTED, message="neither a price nor a reason")
        raise ServerRefused(no.code, no.message, reason=no.reason, rule=no.rule)
    return laid.quote


_BANK: Final = "bank-collected"
_FREE: Final = "nothing-to-pay"
_PASSES: Final = frozenset({"clock-set-back", "card-busy"})
"""Refusals that are over by the card's next visit: what was paid waits for it."""
_NO_CODE: Final = {
    "code-open": "code-unanswered",
    "tender-open": "code-unanswered",
    "provider-unknown": "code-refused",
}
_NOT_HERE: Final = {"not-permitted": "unfinished-at-the-desk"}
"""A card with an operation that a kiosk may not do: it goes on where it was begun."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A finger on the screen: which event it means, and the months or the provider it chose."""

    event: Event
    months: int = 0
    provider: Provider | None = None


class Machine:
    """One self-service kiosk."""

    def __init__(
        self,
        *,
        server: CardServerClient,
        reader: CardReader,
        acceptor: BillAcceptor,
        paper: PaperDesk,
        bell: Bell,
        clock: Clock,
        station: str,
        phone: str,
        journal: TillJournal,
        patience: Patience | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self.server = server
        self.journal = journal
        self.till = Till(acceptor, self.server, journal)
        self.scan = Scan(self.server, monotonic=monotonic)
        self.paper = paper
        self.bell = bell
        self.clock = clock
        self.station = station
        self.phone = phone
        self.patience = patience or Patience()
        self.screen = Screen.CLOSED
        self.visit = Visit()
        self.closed_reason = "starting"
        self.notes_out = ""
        self._wanted: Provider | None = None
        self._again_at = 0.0
        self._held_until = 0.0
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._deadline = 0.0
        self._present = False
        self._leaving = False
        self._follow_at = 0.0
        self._codes_at = 0.0
        self._laid: CardLaid | ServerError | None = None
        self._moved_at = self._monotonic()
        self._thread = threading.Thread(target=self._run, name="kiosk", daemon=True)
        self.post: ReaderPost[CardIdentity] = ReaderPost(
            reader,
            look=recognise,
            arrived=lambda seen: self._queue.put(lambda: self._card_laid(seen)),
            lifted=lambda: self._queue.put(self._card_lifted),
            fault_changed=lambda: self._queue.put(self._check_devices),
        )

    def start(self) -> None:
        """Find out who is there and open for business."""
        self._thread.start()
        self.post.start()

    def stop(self) -> None:
        """Close; a write that runs ends first."""
        self._stop.set()
        self.post.stop()
        self._thread.join(timeout=10)

    def touch(self, touch: Touch) -> None:
        """A finger on the screen; ignored where it means nothing. Returns when it has been felt."""
        felt = threading.Event()

        def feel() -> None:
            try:
                self._touched(touch)
            finally:
                felt.set()

        self._queue.put(feel)
        if self._thread.is_alive():
            felt.wait(_FELT_S)

    def hold(self, seconds: float) -> None:
        """Serve nobody for so long, once the present visit is over; 0 opens again."""
        self._held_until = self._monotonic() + seconds if seconds else 0.0
        self._queue.put(self._check_devices)

    @property
    def held(self) -> bool:
        """Is it kept closed by hand, because somebody works behind its door?"""
        return self._monotonic() < self._held_until

    @property
    def at_work(self) -> bool:
        """Does the machine's thread still move? The watchdog starts a kiosk anew that doesn't."""
        return self._monotonic() - self._moved_at < _STANDS_STILL_S

    @property
    def seconds_left(self) -> int | None:
        """Seconds until the screen gives up waiting, or a code ends; None where neither does."""
        if not self._deadline or self.screen is Screen.ATTRACT:
            return None
        after = self.patience.code_over_s if self.screen is Screen.SCAN else 0.0
        return max(0, round(self._deadline - after - self._monotonic()))

    @property
    def notes_fen(self) -> Sequence[int]:
        """Notes that the acceptor knows; none while it is away."""
        return self.till.notes_fen

    def accepted_notes(self) -> Sequence[int]:
        """Notes that can be taken now."""
        return self.till.accepted_notes() if self.visit.sale else ()

    # --- the machine's thread

    def _run(self) -> None:
        self._outlive(self._check_devices)
        while not self._stop.is_set():
            self.turn(_POLL_S)

    def turn(self, wait_s: float) -> None:
        """What happened first, if anything does within `wait_s`, and what time brings.

        For the machine's own thread, or for whoever drives a machine that was not started.
        """
        self._moved_at = self._monotonic()
        try:
            job = self._queue.get(timeout=wait_s)
        except queue.Empty:
            pass
        else:
            self._outlive(job)
        self._outlive(self._tick)

    def _outlive(self, job: Callable[[], None]) -> None:
        # The machine must outlive a mistake of ours; money and card are safe on the server.
        try:
            job()
        except Exception:  # noqa: BLE001 - see above
            _log.exception("the kiosk's work failed")

    def _tick(self) -> None:
        if self.screen is Screen.PAY:
            self._take_money()
        elif self.screen is Screen.SCAN:
            self._look_at_code()
        elif self.till.busy and self._monotonic() > self._follow_at:
            self._follow_late_money()
        lacking = not (self.till.notes_fen and self.paper.can_print)
        if self.screen is Screen.CLOSED or (self._inviting() and lacking):
            self._check_again()
        if self._deadline and self._monotonic() > self._deadline:
            self._deadline = 0.0
            self._time_over()

    def _time_over(self) -> None:
        if self.screen in {Screen.PAY, Screen.SCAN}:
            self._leave()
        else:
            self._move(Event.TIME_OVER)

    def _check_again(self) -> None:
        """Is what was away there again? An open kiosk does not ask for it all the time."""
        now = self._monotonic()
        if self.screen is Screen.CLOSED or now > self._again_at:
            self._again_at = now + _AGAIN_S
            self._check_devices()

    def _check_devices(self, ask: Callable[[], str] | None = None) -> None:
        """Open or close: reader, printer (PARK-12a), server, and a way to pay must be there.

        `ask` is how the server is asked where there is more to ask than that.
        """
        if self.screen not in {Screen.ATTRACT, Screen.CLOSED}:
            return
        notes = self.post.fault or self._start_till()
        reason = notes if self.post.fault or notes not in _NO_NOTES else ""
        if not reason:
            self.paper.look()
            reason = "" if self.paper.can_print else f"printer-{self.paper.state}"
        reason = reason or (ask or self._ask_server)()
        if not reason and notes and not self.scan.ready:
            reason = notes
        reason = IN_SERVICE if self.held else reason
        notes_out = "" if reason else notes
        if (reason, notes_out) != (self.closed_reason, self.notes_out):
            self.closed_reason, self.notes_out = reason, notes_out
            self.bell.ring(SCREEN)
        self._move(Event.DEVICE_LOST if reason else Event.DEVICE_BACK)

    def _start_till(self) -> str:
        """Meet the acceptor unless it is there; the word for what is wrong with it."""
        if self.till.notes_fen:
            return ""
        try:
            self.till.start()
        except JournalBroken as error:
            _log.error("no money can be taken: %s", error)
            return error.code
        except AcceptorUnsuitable as error:
            _log.error("no banknote can be taken: %s", error)
            return error.code
        except DeviceError as error:
            _log.info("the banknote acceptor is away: %s", error)
            return _NOTES_AWAY
        return ""

    def _ask_server(self) -> str:
        """Is the server there, and by which providers can be paid? Without it nothing is sold."""
        try:
            self.server.health()
            self.scan.look_around()
        except ServerError as error:
            _log.info("the server is away: %s", error)
            return "server-away"
        return ""

    def _ask_about(self, seen: CardIdentity | DeviceError) -> str:
        """The same when a card is laid down: one call says what its whole visit begins with."""
        self._laid = None
        if isinstance(seen, DeviceError) or not seen.supported:
            return self._ask_server()
        try:
            self._laid = self.server.laid.card(seen.uid)
        except ServerError as error:
            self._laid = error
            return self._ask_server()  # is it away, or only this card refused?
        self.scan.heard(self._laid.means)
        return ""

    # --- events

    def _card_laid(self, seen: CardIdentity | DeviceError) -> None:
        self._present = True
        if self.screen is Screen.LAY_BACK:
            if isinstance(seen, CardIdentity) and self._same_card(seen):
                self.visit.read_keys = None  # it was away: its keys are asked for anew
                self._move(Event.CARD_LAID)
                self._write()
            else:
                self._problem("another-card")
            return
        if self.screen in {Screen.PAY, Screen.SCAN}:
            mine = isinstance(seen, CardIdentity) and self._same_card(seen)
            self._problem("" if mine else "another-card")
        if self.screen is Screen.ATTRACT:
            self._check_devices(partial(self._ask_about, seen))
        if not self._inviting():
            return
        self.visit = Visit()
        self._move(Event.CARD_LAID)
        if isinstance(seen, DeviceError):
            self._refuse(seen.code)
        elif not seen.supported:
            self._refuse("card-unsupported")
        else:
            self._look_up(seen)

    def _inviting(self) -> bool:
        return self.screen is Screen.ATTRACT

    def _card_lifted(self) -> None:
        self._present = False
        self._move(Event.CARD_LIFTED)

    def _same_card(self, seen: CardIdentity) -> bool:
        return self.visit.identity is not None and seen.uid == self.visit.identity.uid

    def _look_up(self, seen: CardIdentity) -> None:
        visit, (laid, self._laid) = self.visit, (self._laid, None)
        visit.identity = seen
        try:
            if isinstance(laid, ServerError):
                raise laid
            laid = laid or self.server.laid.card(seen.uid)
            visit.card, visit.read_keys = laid.card, laid.read_keys
            if visit.card is None or visit.card.open_operation is not None:
                visit.ticket = self.server.open_operation(seen.uid)
            if visit.ticket is not None:
                self._move(Event.CARD_UNFINISHED)
                self._write()
                return
            problem = self._why_not(visit.card)
            # What the bank collected is not sold here, but it is written here (PARK-10a).
            if problem in {"", _BANK} and self._go_on_with_a_paid(laid.waiting):
                return
            if problem:
                self._refuse(problem)
                return
            self._offer(1, laid)
        except ServerError as error:
            self._refuse(_NOT_HERE.get(problem_of(error), problem_of(error)))
            return
        if visit.quote is not None and not visit.quote.total_fen:
            self._refuse(_FREE)
            return
        self._move(Event.CARD_WELCOME)

    def _go_on_with_a_paid(self, waiting: WaitingSales) -> bool:
        """A top-up that was paid, or begun to be paid, and never written goes on (PARK-12a)."""
        visit = self.visit
        visit.credit_fen = waiting.credit_fen
        sale = next((each for each in waiting.sales if _can_go_on(each)), None)
        if sale is None or not isinstance(sale.request, TopUpRequest):
            return False
        visit.gap = sale.request.gap
        self._offer(sale.request.months)
        visit.sale = sale.sale
        self.till.sale = None if sale.collected else sale.sale
        self._leaving, self._wanted = False, None
        if sale.sale.open_codes:
            self.scan.resume(sale.sale.open_codes[-1])
            self._move(Event.CARD_CODE_OPEN)
        elif sale.sale.missing_fen:
            self._move(Event.CARD_PART_PAID)
            self._open_slot(sale.sale)
        else:
            self._move(Event.CARD_UNFINISHED)
            self._write()
        return True

    def _why_not(self, card: CardView | None) -> str:
        if card is None:
            return "card-unknown"
        if card.status is not CardStatus.LIVE:
            return "card-not-live"
        if card.parking is None or RightKind.PARKING not in card.rights:
            return "no-parking-right"
        return _BANK if card.parking.bank_collected else ""

    def _offer(self, months: int, laid: CardLaid | None = None) -> None:
        """So many months, at the price that is asked for, or came with the card for one."""
        card = self.visit.card
        if card is None:
            return
        self.visit.months = months
        request = TopUpRequest(card_number=card.number, months=months, gap=self.visit.gap)
        self.visit.quote = _price(laid) if laid is not None else self.server.quote(request)
        self.visit.last_before = card.rights[RightKind.PARKING].last
        self.visit.last_after = self.visit.quote.after[RightKind.PARKING].last

    def _choose(self, months: int) -> None:
        """What is offered already need not be asked for again: the sale is opened at its price."""
        if self.visit.quote is None or months != self.visit.months:
            self._offer(months)

    def _touched(self, touch: Touch) -> None:
        try:
            self._touch(touch)
        except ServerError as error:
            self._refuse(problem_of(error))

    def _touch(self, touch: Touch) -> None:
        match self.screen, touch.event:
            case Screen.MONTHS, Event.MONTHS_CHOSEN:
                self._choose(touch.months)
                self._move(Event.MONTHS_CHOSEN)
            case Screen.CONFIRM, Event.CONFIRMED:
                self._open_sale()
            case Screen.PAY, Event.QR_CHOSEN:
                self._choose_code(touch.provider)
            case Screen.PAY, (Event.EXACT_AMOUNT | Event.KEEP_REST):
                self._choose_rest(keep=touch.event is Event.KEEP_REST)
            case Screen.SCAN, Event.BACK:
                self.scan.end(Wish.BACK)
            case ((Screen.PAY | Screen.SCAN), (Event.CANCELLED | Event.STOPPED)):
                self._leave()
            case ((Screen.MONTHS | Screen.CONFIRM), (Event.CANCELLED | Event.BACK)):
                self._move(touch.event)
            case Screen.OWED, Event.CANCELLED:
                self._move(Event.TIME_OVER)
            case ((Screen.MONTHS | Screen.CONFIRM | Screen.SORRY | Screen.OWED), Event.TIME_OVER):
                pass  # "I need more time" comes as its own touch
            case _:
                return
        self.bell.ring(SCREEN)

    def more_time(self) -> None:
        """The resident asked for more time (never a limit without it): here, or for a code."""
        self._queue.put(self._more_time)

    def _more_time(self) -> None:
        if self.screen is Screen.SCAN:
            self.scan.end(Wish.ANOTHER)
        self._set_deadline()

    def check_code(self) -> None:
        """The resident says that it is paid."""
        self._queue.put(self._check_code)

    # --- money

    def _open_sale(self) -> None:
        visit = self.visit
        if visit.card is None or visit.quote is None:
            return
        visit.sale = self.server.open_sale(
            SaleRequest(
                sale_id=str(uuid4()),
                request=TopUpRequest(card_number=visit.card.number, months=visit.months),
                quoted_total_fen=visit.quote.total_fen,
            )
        )
        self._leaving, self._wanted = False, None
        self._move(Event.CONFIRMED)
        if visit.sale.missing_fen:
            self._open_slot(visit.sale)
        else:
            self.till.sale = visit.sale  # the card's credit has paid all of it
            self._look_at_money()

    def _choose_rest(self, *, keep: bool) -> None:
        """What a note is beyond the price: none goes in, or the card keeps the rest (FEE-04a)."""
        sale = self.till.sale
        if sale is None or self._leaving or self._wanted is not None:
            return
        self.visit.keep_rest = keep and sale.may_keep_rest
        self._set_deadline()
        if self.till.notes_fen:
            self._open_slot(sale)

    def _open_slot(self, sale: SaleView) -> None:
        try:
            self.till.take_for(sale, keep_rest=self.visit.keep_rest)
        except DeviceError as error:
            self._acceptor_lost(error)

    def _leave(self) -> None:
        """The payer wants to leave, or has left: no further note, and one on its way is awaited."""
        self._leaving = True
        self.till.shut()
        if self.screen is Screen.SCAN and self.scan.wish is not Wish.LEAVE:
            self.scan.end(Wish.LEAVE)
            return
        self._look_at_money()

    def _take_money(self) -> None:
        before, problem = self.visit.sale, self._said_before()
        try:
            if self.till.notes_fen or not self.scan.ready:
                self.till.poll()
            else:
                self.till.tell()
            self._hear_of_codes()
        except DeviceError as error:
            self._acceptor_lost(error)
            return
        except ServerError as error:
            problem = problem_of(error)
        if self.till.stirred or self.till.busy or self.till.sale != before:
            self._set_deadline()  # a note moves: nobody is hurried
        self.visit.sale = self.till.sale
        problem = problem or self.till.hint
        if self.visit.sale != before or self.visit.problem != problem:
            self._problem(problem)
        self._look_at_money()
        if self._wanted is not None and self.screen is Screen.PAY and not self.till.busy:
            self._show_code(self._wanted)

    def _hear_of_codes(self) -> None:
        """A code that the payer went back from may be paid all the same, until it is closed."""
        sale, now = self.till.sale, self._monotonic()
        if sale is not None and sale.open_codes and not self.till.busy and now > self._codes_at:
            self._codes_at = now + _CODES_S
            self.till.look()

    def _said_before(self) -> str:
        """What stays said while the payer pays: another card lies on the reader; why no code or
        no note is taken.
        """
        said = self.visit.problem
        if said == "another-card":
            return said if self._present else ""
        return said if said == _NOTES_AWAY or said.startswith("code-") else ""

    def _look_at_money(self) -> None:
        """Paid in full: write. The payer wants to leave: as soon as no note is on its way."""
        if self.visit.sale is not None and not self.visit.sale.missing_fen:
            self.till.shut()
            self._move(Event.PAID)
            self._write()
        elif self._leaving and not self.till.on_its_way_fen:
            self._stop_paying(Event.STOPPED if self.till.received_fen else Event.CANCELLED)

    def _acceptor_lost(self, error: DeviceError) -> None:
        if self.scan.ready and not self.till.busy and not self._leaving:
            _log.warning("the banknote acceptor is lost; codes go on: %s", error)
            self.till.notes_fen = ()
            self._problem(_NOTES_AWAY)
            return
        self.visit.problem = error.code
        self._stop_paying(Event.DEVICE_LOST if self.till.received_fen else Event.CANCELLED)

    def _stop_paying(self, event: Event) -> None:
        """No further note; what went in is owed back from now on, and the slip says so."""
        self.till.shut()
        self.till.give_up("stopped-at-the-kiosk")
        received = self.till.received_fen
        self._tell_server()
        self.visit.sale = self.till.sale
        self._move(event)
        if self.screen is Screen.OWED:
            back = self.till.sale.refunding_fen if self.till.sale is not None else 0
            self._print_owed("goes-back-by-phone" if back == received else "paid-in-part", received)

    # --- codes

    def _choose_code(self, provider: Provider | None) -> None:
        """No note goes in while a code is open; one on its way is awaited first."""
        if provider in self.scan.ready and not self._leaving:
            self.till.shut()
            self._wanted = provider
            if not self.till.busy:
                self._show_code(provider)

    def _show_code(self, provider: Provider) -> None:
        self._wanted = None
        if self.visit.sale is None:
            return
        try:
            self.scan.open(self.visit.sale.sale_id, provider)
        except ServerError as error:
            self._problem(_NO_CODE.get(problem_of(error), problem_of(error)))
            self._open_slot(self.visit.sale)
            return
        self.visit.problem = ""
        self._move(Event.QR_CHOSEN)

    def _look_at_code(self) -> None:
        """What has become of the code? Only the server's word counts."""
        before, shown = self.scan.view, self.scan.code
        try:
            found = self.scan.look()
        except ServerError as error:
            if self.visit.problem != problem_of(error):
                self._problem(problem_of(error))
            return
        if found is None:
            return
        if isinstance(found, Ended):
            self._code_ended(found)
            return
        self.visit.sale = self.till.sale = found
        if not found.missing_fen:
            self.scan.forget()
            self.visit.problem = ""
            self._move(Event.PAID)
            self._write()
            return
        if self.visit.problem not in {"", "another-card"}:
            self.visit.problem = ""
        if shown != self.scan.code:
            self._set_deadline()
        if before is None or before.state is not self._state_of_code() or shown != self.scan.code:
            self.bell.ring(SCREEN)

    def _state_of_code(self) -> object:
        return None if self.scan.view is None else self.scan.view.state

    def _check_code(self) -> None:
        if self.screen is Screen.SCAN:
            try:
                self.scan.check()
            except ServerError as error:
                self._problem(problem_of(error))

    def _code_ended(self, ended: Ended) -> None:
        sale, provider = self.visit.sale, ended.provider
        if ended.wish is Wish.LEAVE or self._leaving or sale is None:
            self._stop_paying(Event.STOPPED if self.till.received_fen else Event.CANCELLED)
            return
        self._move(Event.BACK)
        self.visit.problem = ended.problem
        if ended.wish is Wish.ANOTHER:
            self._show_code(provider)
        else:
            self._open_slot(sale)

    def _follow_late_money(self) -> None:
        """After the visit: a note whose end was not known, or a server that has not heard of it."""
        try:
            if self.till.notes_fen:
                self.till.poll()
        except (DeviceError, ServerError) as error:
            _log.info("the till is not at rest yet: %s", error)
        self._tell_server()

    def _tell_server(self) -> None:
        try:
            self.till.tell()
        except ServerError as error:
            _log.info("the server will hear of the money later: %s", error)
            self._follow_at = self._monotonic() + _FOLLOW_S

    # --- writing

    def _write(self) -> None:
        visit = self.visit

        def job(card: Card) -> None:
            if not self._same_card(card.identity):
                raise CardRemoved("another card lies there", uid=card.identity.uid)
            if visit.ticket is None and visit.card is not None and visit.sale is not None:
                request = TopUpRequest(
                    card_number=visit.card.number, months=visit.months, gap=visit.gap
                )
                sale_id, keys = visit.sale.sale_id, visit.read_keys
                visit.ticket = begin(request, card, self.server, sale_id, keys=keys)
            if visit.ticket is not None:
                settled = carry_out(visit.ticket, card, self.server, lambda _step: None)
                visit.card, visit.document = settled.card, settled.document

        self.bell.ring(SCREEN)
        try:
            self.post.work(job, secure_channel=self._recorded_channel(), full=True)
        except (CardRemoved, CardAbsent) as error:
            visit.problem = error.code
            self._move(Event.BROKEN_OFF)
        except (DeviceError, ServerError) as error:
            visit.problem = problem_of(error)
            final = isinstance(error, ServerRefused) and visit.problem not in _PASSES
            if visit.ticket is None and final:
                self.till.give_up(visit.problem)  # nothing will come of it: owed back
                self._tell_server()
            self._move(Event.CARD_REFUSED)
            self._print_owed(visit.problem, self._credited())
        except Exception:
            # A mistake of ours: nobody is left on a screen without an end (see `_outlive`).
            visit.problem = UNEXPECTED
            self._move(Event.CARD_REFUSED)
            self._print_owed(visit.problem, self._credited())
            raise
        else:
            self._written()

    def _written(self) -> None:
        visit = self.visit
        visit.problem = ""
        if visit.card is not None and RightKind.PARKING in visit.card.rights:
            visit.last_after = visit.card.rights[RightKind.PARKING].last
        if visit.document is not None:
            visit.document, result = self.paper.print_document(visit.document)
            visit.printed = result.value
        self._move(Event.WRITTEN)
        if not self._present:
            self._move(Event.CARD_LIFTED)

    def _recorded_channel(self) -> SecureChannel | None:
        name = self.visit.card.secure_channel if self.visit.card else None
        return SecureChannel(name) if name else None

    def _credited(self) -> int:
        return self.visit.sale.put_in_fen if self.visit.sale else 0

    def _print_owed(self, reason: str, received_fen: int) -> None:
        visit = self.visit
        if visit.sale is None or visit.card is None or not received_fen:
            return
        visit.printed = self.paper.print_pending(
            number=visit.sale.sale_id[:8].upper(),
            card_number=visit.card.number,
            received_fen=received_fen,
            reason=reason,
            printed_at=self.clock(),
        ).value
        self.bell.ring(SCREEN)

    # --- screens

    def _move(self, event: Event) -> None:
        before, self.screen = self.screen, next_screen(self.screen, event)
        if self.screen is before:
            return
        self._set_deadline()
        if self.screen is Screen.OWED and event is Event.TIME_OVER:
            self._print_owed("card-not-returned", self._credited())
        if self.screen is Screen.ATTRACT and before is not Screen.CLOSED:
            self.visit = replace(Visit())
            if self._present:
                self._move(Event.CARD_LAID)
                self._move(Event.CARD_REFUSED)
                self.visit.problem = "take-card"
        self.bell.ring(SCREEN)

    def _set_deadline(self) -> None:
        if self.screen is Screen.LAY_BACK:
            wait_s = self.patience.lay_back_s
        elif self.screen is Screen.SCAN:
            left = self.scan.view.seconds_left if self.scan.view is not None else 0
            wait_s = left + self.patience.code_over_s
        elif self.screen is Screen.PAY:
            paid = bool(self.till.received_fen)
            wait_s = self.patience.part_paid_s if paid else self.patience.idle_s
        elif self.screen is Screen.OWED:
            wait_s = self.patience.owed_s
        elif self.screen in _WAITS_FOR_NOBODY:
            wait_s = 0.0
        else:
            wait_s = self.patience.idle_s
        self._deadline = self._monotonic() + wait_s if wait_s else 0.0

    def _refuse(self, problem: str) -> None:
        self.visit.problem = problem
        self._move(Event.CARD_REFUSED)

    def _problem(self, problem: str) -> None:
        self.visit.problem = problem
        self.bell.ring(SCREEN)

    @property
    def today(self) -> date:
        """The estate's calendar day."""
        return local_date(self.clock())
