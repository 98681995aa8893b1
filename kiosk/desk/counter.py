"""The counter: the card on the reader, the business at hand, and one lock over both.

Cards come from the reader's thread, acts of the clerk from the page's: `choiceacts`, `moneyacts`,
`writeacts`, `paperacts` and `cardacts`, each a function marked `act`. The long part, the writing,
runs on a thread of its own (`cardwork`), and the page follows it by the bell.
"""

import functools
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, Final, ParamSpec

from cardserver.client import CardServerClient, ServerError
from cardserver.wire_cards import HolderView
from cardserver.wire_operations import Ticket
from drivers.api.cards import CardIdentity, SecureChannel
from drivers.api.readers import CardReader
from drivers.errors import DeviceError
from kiosk.desk.business import Business, Phase
from kiosk.desk.cardwork import CardWork
from kiosk.desk.kept import KeptForms
from kiosk.desk.laid import Laid, looked_up
from kiosk.desk.presence import Presence
from kiosk.desk.slips import SlipCheck
from kiosk.station.events import Bell
from kiosk.station.paper import PaperDesk
from kiosk.station.post import ReaderPost, recognise
from kiosk.station.problems import REFUSALS, problem_of, refusal_of

_log = logging.getLogger(__name__)
P = ParamSpec("P")

READER: Final = "reader"
WORK: Final = "work"
_OF_RIGHTS: Final = frozenset({"not-permitted", "own-card"})


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
        self._laid_meanwhile = False  # while a card was being written
        self.business: Business | None = None
        self.holder: HolderView | None = None
        self.notice = ""
        self.kept = KeptForms()
        self.drafts: list[Callable[[str, Mapping[str, str]], bool]] = []  # see `shiftforms.drafted`
        self.lock = threading.RLock()
        self._jobs = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk")
        self.post: ReaderPost[CardIdentity] = ReaderPost(
            reader,
            look=recognise,
            arrived=self._arrived,
            lifted=self._lifted,
            fault_changed=lambda: bell.ring(READER),
        )
        self.cardwork = CardWork(
            server=self.server, post=self.post, paper=paper, changed=lambda: bell.ring(WORK)
        )

    def start(self) -> None:
        """Begin to watch reader and printer."""
        self.post.start()
        self.paper.watch(lambda: self.bell.ring(READER))

    def stop(self) -> None:
        """Stop watching; a running write ends first."""
        self.paper.stop()
        self.post.stop()
        self._jobs.shutdown(wait=True, cancel_futures=True)

    # --- who is here

    @property
    def operator(self) -> str:
        """Who is signed in here; empty when nobody is."""
        return self.presence.name

    def permitted(self) -> None:
        """Somebody stepped up: what was refused for want of the right may be tried again."""
        with self.lock:
            if self.notice in _OF_RIGHTS:
                self.notice = ""
            if self.business is not None and self.business.problem in _OF_RIGHTS:
                self.business.problem = self.business.problem_rule = ""

    def welcome(self) -> None:
        """Somebody signed in: what lies on the reader is recognised in their name."""
        with self.lock:
            if not self.writing:
                self.look_again()
        self._ring()

    # --- cards come and go (the watch's thread)

    def _arrived(self, seen: CardIdentity | DeviceError) -> None:
        laid = looked_up(seen, self.server)
        with self.lock:
            self.laid, self._laid_meanwhile = laid, self.writing
            if self.idle and laid.card is not None:
                self.show_holder(laid.card.holder_id)
            if laid.unfinished is not None and self._may_resume(laid.unfinished):
                self.resume(laid.unfinished)
        self._ring()

    def _may_resume(self, ticket: Ticket) -> bool:
        """Nothing else is at hand: no business, a torn one, or the one whose answer never came."""
        business = self.business
        if business is None or business.phase in {Phase.CLOSED, Phase.BROKEN_OFF}:
            return True
        return business.phase is Phase.CARD and business.ids.operation == ticket.operation_id

    def _lifted(self) -> None:
        with self.lock:
            self.laid, self._laid_meanwhile = None, False
        self._ring()

    def look_again(self) -> Laid | None:
        """Ask the server anew about the card on the reader; None where none is recognised."""
        if self.laid is None or self.laid.identity is None:
            return None
        self.laid = looked_up(self.laid.identity, self.server)
        return self.laid

    def card_changed(self, number: int) -> None:
        """Where this card lies on the reader, it is shown there as it stands now."""
        if self.laid is not None and self.laid.card is not None and self.laid.card.number == number:
            self.look_again()
            self.bell.ring(READER)

    def show_holder(self, holder_id: int) -> None:
        """Open a holder's sheet as it is now; what the server refuses is a notice."""
        try:
            self.holder = self.server.holder(holder_id)
        except ServerError as error:
            self.notice = problem_of(error)

    # --- the business at hand

    @property
    def idle(self) -> bool:
        """True when another business may begin."""
        return self.business is None or self.business.phase is Phase.CLOSED

    @property
    def writing(self) -> bool:
        """True while a card is being written: whoever began it finishes it."""
        return self.business is not None and self.business.phase is Phase.WRITING

    def at(self, *phases: Phase) -> Business | None:
        """The business when it is at one of these steps; a doubled click finds it elsewhere."""
        business = self.business
        if business is None or business.phase not in phases:
            return None
        business.problem = business.problem_rule = ""
        return business

    def note(self, problem: str, rule: str = "") -> None:
        """Show a problem where the clerk is looking."""
        if self.business is not None:
            self.business.problem, self.business.problem_rule = problem, rule
        else:
            self.notice = problem

    def attempt(self, doing: Callable[[], None]) -> None:
        """One act of the clerk: under the lock; a refusal becomes a problem on the page."""
        with self.lock:
            self.notice = ""
            try:
                doing()
            except REFUSALS as error:
                self.note(*refusal_of(error))
        self.bell.ring(WORK)

    def resume(self, ticket: Ticket) -> None:
        """Take an unfinished operation up again, torn here or at another station."""
        business = self.business
        held = None if business is None else business.ticket
        if held is None or held.operation_id != ticket.operation_id:
            business = self._taken_over(ticket)
        if business is not None:
            business.phase = Phase.WRITING
            channel = SecureChannel(ticket.secure_channel) if ticket.secure_channel else None
            self.later(lambda: self.cardwork.resume(business, ticket, channel))

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

    # --- the long part

    def later(self, job: Callable[[], None]) -> None:
        """Work that takes a while, after what is running now."""
        self._jobs.submit(self._outlive, job)

    def _outlive(self, job: Callable[[], None]) -> None:
        # The counter must outlive a mistake of ours: it is shown and logged, and the operation
        # stays open on the server, to be ended on evidence.
        try:
            job()
        except Exception as error:  # noqa: BLE001 - see above
            _log.exception("the counter's work failed")
            with self.lock:
                if self.business is not None and self.business.phase is Phase.WRITING:
                    self.business.phase = Phase.BROKEN_OFF
                self.note(problem_of(error))
        self._refresh()
        self._go_on()
        self._ring()

    def _go_on(self) -> None:
        """A card that lay there again before the work had noticed its loss is not asked for."""
        with self.lock:
            meanwhile, self._laid_meanwhile = self._laid_meanwhile, False
            unfinished = self.laid.unfinished if meanwhile and self.laid is not None else None
            if unfinished is not None and self._may_resume(unfinished):
                self.resume(unfinished)

    def _refresh(self) -> None:
        """After the work: the holder's sheet and the card on the reader as they are now."""
        with self.lock:
            if self.business is not None:
                self.show_holder(self.business.holder.holder_id)
            self.look_again()

    def _ring(self) -> None:
        self.bell.ring(READER)
        self.bell.ring(WORK)


def act(doing: Callable[Concatenate[Counter, P], None]) -> Callable[Concatenate[Counter, P], None]:
    """Mark an act of the clerk: see `Counter.attempt`."""

    @functools.wraps(doing)
    def acted(counter: Counter, /, *args: P.args, **kwargs: P.kwargs) -> None:
        counter.attempt(lambda: doing(counter, *args, **kwargs))

    return acted
