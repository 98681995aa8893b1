"""The kiosk at work: what each screen does, around one card reader, one acceptor, one printer.

One thread, the machine's own, moves the screens; reader, touches and acceptor only put events into
its queue. Money is true on the server, not here: every note is reported *accepting* before the
acceptor is told to take it, and *credited* only on the acceptor's word.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import uuid4

from cardserver.client import CardServerClient, ServerError
from cardserver.domain.operation import OperationKind
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.wire import (
    CardView,
    DocumentView,
    Quote,
    SaleRequest,
    SaleView,
    TenderRequest,
    Ticket,
    TopUpRequest,
)
from drivers.api import (
    BillAcceptor,
    BillEvent,
    BillEventKind,
    Card,
    CardIdentity,
    CardReader,
    SecureChannel,
)
from drivers.errors import CardAbsent, CardRemoved, DeviceError
from kiosk.selfservice.flow import MONEY_MAY_MOVE, Event, Screen, next_screen
from kiosk.station.beginning import begin
from kiosk.station.clock import Clock, local_date
from kiosk.station.events import Bell
from kiosk.station.operating import carry_out
from kiosk.station.paper import PaperDesk
from kiosk.station.post import ReaderPost, recognise
from kiosk.station.problems import problem_of

_log = logging.getLogger(__name__)

SCREEN: Final = "screen"
_POLL_S: Final = 0.2
_FELT_S: Final = 1.0
_LAY_BACK_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the machine waits for a person, in seconds. Never while money moves."""

    idle_s: float = 75.0
    lay_back_s: float = _LAY_BACK_S
    owed_s: float = 40.0


@dataclass(slots=True, kw_only=True)
class Visit:
    """One resident's visit, from the card laid down to the card taken away."""

    identity: CardIdentity | None = None
    card: CardView | None = None
    months: int = 1
    quote: Quote | None = None
    sale: SaleView | None = None
    ticket: Ticket | None = None
    notes: dict[int, int] = field(default_factory=dict)
    document: DocumentView | None = None
    printed: str = ""
    problem: str = ""
    last_before: date | None = None
    last_after: date | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """A finger on the screen: which event it means and the months it chose."""

    event: Event
    months: int = 0


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
        patience: Patience | None = None,
    ) -> None:
        self.server = server.as_operator(station)
        self.acceptor = acceptor
        self.paper = paper
        self.bell = bell
        self.clock = clock
        self.station = station
        self.phone = phone
        self.patience = patience or Patience()
        self.screen = Screen.CLOSED
        self.visit = Visit()
        self.closed_reason = "starting"
        self.notes_fen: tuple[int, ...] = ()
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._deadline = 0.0
        self._present = False
        self._note: tuple[str, int] | None = None
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
        felt.wait(_FELT_S)

    @property
    def seconds_left(self) -> int | None:
        """Seconds until the screen gives up waiting; None where it does not."""
        if not self._deadline or self.screen is Screen.ATTRACT:
            return None
        return max(0, round(self._deadline - time.monotonic()))

    # --- the machine's thread

    def _run(self) -> None:
        self._start_acceptor()
        while not self._stop.is_set():
            try:
                self._queue.get(timeout=_POLL_S)()
            except queue.Empty:
                pass
            except Exception:  # noqa: BLE001 - see below
                # The machine must outlive a mistake of ours; money and card are safe on the server.
                _log.exception("the kiosk's work failed")
            self._tick()

    def _tick(self) -> None:
        try:
            if self.screen is Screen.PAY:
                self._take_notes(self.acceptor.poll())
            if self.screen is Screen.CLOSED:
                self._check_devices()
            if self._deadline and time.monotonic() > self._deadline:
                self._deadline = 0.0
                self._move(Event.TIME_OVER)
        except DeviceError as error:
            self._acceptor_lost(error)
        except ServerError as error:
            self._problem(problem_of(error))

    def _start_acceptor(self) -> None:
        try:
            info = self.acceptor.start()
        except DeviceError as error:
            self.closed_reason = error.code
            self.notes_fen = ()
            return
        self.notes_fen = info.notes_fen
        self._check_devices()

    def _check_devices(self) -> None:
        """Open or close: reader, acceptor, printer (PARK-12a) and server must all be there."""
        if self.screen not in {Screen.ATTRACT, Screen.CLOSED}:
            return
        reason = self.post.fault
        if not reason and not self.notes_fen:
            self._start_acceptor_again()
            reason = "" if self.notes_fen else "acceptor-away"
        if not reason:
            self.paper.look()
            reason = "" if self.paper.can_print else f"printer-{self.paper.state}"
        self.closed_reason = reason
        self._move(Event.DEVICE_LOST if reason else Event.DEVICE_BACK)

    def _start_acceptor_again(self) -> None:
        try:
            self.notes_fen = self.acceptor.start().notes_fen
        except DeviceError:
            self.notes_fen = ()

    def _acceptor_lost(self, error: DeviceError) -> None:
        self.notes_fen = ()
        self.closed_reason = error.code
        if self.screen is Screen.PAY:
            self.visit.problem = error.code
            self._stop_paying(Event.DEVICE_LOST)

    # --- events

    def _card_laid(self, seen: CardIdentity | DeviceError) -> None:
        self._present = True
        if self.screen is Screen.LAY_BACK:
            if isinstance(seen, CardIdentity) and self._same_card(seen):
                self._move(Event.CARD_LAID)
                self._write()
            else:
                self._problem("another-card")
            return
        if self.screen is Screen.ATTRACT:
            self._check_devices()
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
        visit = self.visit
        visit.identity = seen
        try:
            visit.card = self.server.card(uid=seen.uid)
            visit.ticket = self.server.open_operation(seen.uid)
            if visit.ticket is not None and visit.ticket.kind is not OperationKind.TOP_UP:
                self._refuse("unfinished-at-the-desk")
                return
            if visit.ticket is not None:
                self._move(Event.CARD_UNFINISHED)
                self._write()
                return
            problem = self._why_not(visit.card)
            if problem:
                self._refuse(problem)
                return
            self._offer(1)
        except ServerError as error:
            self._refuse(problem_of(error))
            return
        self._move(Event.CARD_WELCOME)

    def _why_not(self, card: CardView | None) -> str:
        if card is None:
            return "card-unknown"
        if card.status is not CardStatus.LIVE:
            return "card-not-live"
        if card.parking is None or RightKind.PARKING not in card.rights:
            return "no-parking-right"
        return "bank-collected" if card.parking.bank_collected else ""

    def _offer(self, months: int) -> None:
        card = self.visit.card
        if card is None:
            return
        self.visit.months = months
        self.visit.quote = self.server.quote(TopUpRequest(card_number=card.number, months=months))
        self.visit.last_before = card.rights[RightKind.PARKING].last
        self.visit.last_after = self.visit.quote.after[RightKind.PARKING].last

    def _touched(self, touch: Touch) -> None:
        try:
            self._touch(touch)
        except ServerError as error:
            self._refuse(problem_of(error))

    def _touch(self, touch: Touch) -> None:
        match self.screen, touch.event:
            case Screen.MONTHS, Event.MONTHS_CHOSEN:
                self._offer(touch.months)
                self._move(Event.MONTHS_CHOSEN)
            case Screen.CONFIRM, Event.CONFIRMED:
                self._open_sale()
            case Screen.PAY, (Event.CANCELLED | Event.STOPPED):
                paid = self.visit.sale is not None and self.visit.sale.credited_fen > 0
                self._stop_paying(Event.STOPPED if paid else Event.CANCELLED)
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
        """The resident asked for more time (never a limit without it)."""
        self._queue.put(self._set_deadline)

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
        self._move(Event.CONFIRMED)
        self._enable()

    def accepted_notes(self) -> Sequence[int]:
        """Notes that can be taken now: there is no change unit, so none above what is missing."""
        missing = self.visit.sale.missing_fen if self.visit.sale else 0
        return tuple(value for value in self.notes_fen if value <= missing)

    def _enable(self) -> None:
        try:
            self.acceptor.enable(self.accepted_notes())
        except DeviceError as error:
            self._acceptor_lost(error)

    def _take_notes(self, events: Sequence[BillEvent]) -> None:
        for event in events:
            match event.kind:
                case BillEventKind.ESCROW:
                    self._decide_note(event.value_fen)
                case BillEventKind.CREDITED:
                    self._credit(event.value_fen)
                case BillEventKind.RETURNED | BillEventKind.REJECTED:
                    self._note_went_back()
                case _:
                    pass
        if events:
            self.bell.ring(SCREEN)

    def _decide_note(self, value_fen: int) -> None:
        """Intent first: the server knows of the note before the acceptor may take it."""
        if self._note is not None:
            return
        if value_fen not in self.accepted_notes() or self.visit.sale is None:
            self.acceptor.return_note()
            return
        tender_id = str(uuid4())
        try:
            self._report(tender_id, value_fen, TenderState.ACCEPTING)
        except ServerError:
            self.acceptor.return_note()
            raise
        self._note = (tender_id, value_fen)
        self.acceptor.stack()

    def _credit(self, value_fen: int) -> None:
        note, self._note = self._note, None
        tender_id = note[0] if note and note[1] == value_fen else str(uuid4())
        self._report(tender_id, value_fen, TenderState.CREDITED)
        self.visit.notes[value_fen] = self.visit.notes.get(value_fen, 0) + 1
        if self.visit.sale is not None and not self.visit.sale.missing_fen:
            self.acceptor.disable()
            self._move(Event.PAID)
            self._write()
        else:
            self._enable()

    def _note_went_back(self) -> None:
        note, self._note = self._note, None
        if note is not None:
            self._report(*note, TenderState.RETURNED)

    def _report(self, tender_id: str, value_fen: int, state: TenderState) -> None:
        if self.visit.sale is None:
            return
        tender = TenderRequest(
            tender_id=tender_id,
            kind=TenderKind.CASH_NOTE,
            value_fen=value_fen,
            state=state,
            checked=True,  # the acceptor checks every note (FEE-03a)
        )
        self.visit.sale = self.server.tender(self.visit.sale.sale_id, tender)

    def _stop_paying(self, event: Event) -> None:
        """No further note; what went in stays booked for this card and is shown on a slip."""
        sale = self.visit.sale
        try:
            self.acceptor.disable()
        except DeviceError:
            self.notes_fen = ()
        if sale is not None:
            # What went in is owed back from now on; the desk pays it out against the slip.
            self.server.cancel_sale(sale.sale_id, str(uuid4()), "stopped-at-the-kiosk")
        self._move(event)
        if self.screen is Screen.OWED:
            self._print_owed("paid-in-part")

    # --- writing

    def _write(self) -> None:
        visit = self.visit

        def job(card: Card) -> None:
            if visit.ticket is None and visit.card is not None and visit.sale is not None:
                request = TopUpRequest(card_number=visit.card.number, months=visit.months)
                visit.ticket = begin(request, card, self.server, visit.sale.sale_id)
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
            self._move(Event.CARD_REFUSED)
            self._print_owed(visit.problem)
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

    def _print_owed(self, reason: str) -> None:
        visit = self.visit
        sale = visit.sale
        if sale is None or visit.card is None or not sale.credited_fen:
            return
        visit.printed = self.paper.print_pending(
            number=sale.sale_id[:8].upper(),
            card_number=visit.card.number,
            received_fen=sale.credited_fen,
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
            self._print_owed("card-not-returned")
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
        elif self.screen is Screen.OWED:
            wait_s = self.patience.owed_s
        elif self.screen in MONEY_MAY_MOVE | {Screen.ATTRACT, Screen.CLOSED, Screen.DONE}:
            wait_s = 0.0
        else:
            wait_s = self.patience.idle_s
        self._deadline = time.monotonic() + wait_s if wait_s else 0.0

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
