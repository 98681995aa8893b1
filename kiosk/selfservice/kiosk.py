"""The kiosk as its screens know it: its parts, the screen shown, and the visit it is shown to.

Everything here belongs to the machine's thread; pages only read. What happens on the screens is in
`opening` (may anybody be served?), `welcoming` (a card is laid down), `paying`, `codes` and
`writing`; `kiosk.selfservice.machine` calls them.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cardserver.client import CardServerClient, ServerError
from cardserver.wire_laid import CardLaid
from cardserver.wire_payments import Provider
from drivers.api.cards import CardIdentity
from kiosk.selfservice.flow import MONEY_MAY_MOVE, Event, Screen, next_screen
from kiosk.selfservice.journal import TillJournal
from kiosk.selfservice.scanning import Scan
from kiosk.selfservice.till import Till
from kiosk.selfservice.visit import Patience, Visit
from kiosk.station.clock import Clock, local_date
from kiosk.station.events import Bell
from kiosk.station.paper import PaperDesk
from kiosk.station.post import ReaderPost

SCREEN: Final = "screen"
_WAITS_FOR_NOBODY: Final = frozenset(
    {*MONEY_MAY_MOVE, Screen.ATTRACT, Screen.CLOSED, Screen.READING, Screen.DONE}
)
"""Screens that end by themselves or with the card, whatever time it takes."""


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Kiosk:
    """One self-service kiosk.

    `closed_reason` is why nobody is served, empty while it is open; `notes_out` why it is open
    without banknotes; `acceptor_trouble` and `server_trouble` are what is wrong with either,
    whatever the kiosk is closed for. `leaving` is True once the payer wants to leave, `wanted` the
    provider whose code waits for a note on its way. `laid` is what the server said of a card while
    it was asked whether the kiosk may open. The rest are instants of `monotonic`: the screen's end
    (0: none), until when it is held closed by hand, and before which nobody asks again.
    """

    server: CardServerClient
    post: ReaderPost[CardIdentity]
    till: Till
    scan: Scan
    journal: TillJournal
    paper: PaperDesk
    bell: Bell
    clock: Clock
    station: str
    phone: str
    patience: Patience = field(default_factory=Patience)
    monotonic: Callable[[], float] = time.monotonic

    screen: Screen = Screen.CLOSED
    visit: Visit = field(default_factory=Visit)
    closed_reason: str = "starting"
    notes_out: str = ""
    acceptor_trouble: str = ""
    server_trouble: str = ""
    present: bool = False
    leaving: bool = False
    wanted: Provider | None = None
    laid: CardLaid | ServerError | None = None
    deadline: float = 0.0
    held_until: float = 0.0
    devices_again_at: float = 0.0
    acceptor_again_at: float = 0.0
    tell_again_at: float = 0.0
    codes_again_at: float = 0.0

    @property
    def today(self) -> date:
        """The estate's calendar day."""
        return local_date(self.clock())

    @property
    def held(self) -> bool:
        """Is it kept closed by hand, because somebody works behind its door?"""
        return self.monotonic() < self.held_until

    @property
    def seconds_left(self) -> int | None:
        """Seconds until the screen gives up waiting, or a code ends; None where neither does."""
        if not self.deadline or self.screen is Screen.ATTRACT:
            return None
        after = self.patience.code_over_s if self.screen is Screen.SCAN else 0.0
        return max(0, round(self.deadline - after - self.monotonic()))

    @property
    def notes_fen(self) -> Sequence[int]:
        """Notes that the acceptor knows; none while it is away."""
        return self.till.notes_fen

    def accepted_notes(self) -> Sequence[int]:
        """Notes that can be taken now."""
        return self.till.accepted_notes() if self.visit.sale else ()

    def move(self, event: Event) -> None:
        """Show the screen that `event` leads to; where it leads nowhere nothing happens."""
        before, self.screen = self.screen, next_screen(self.screen, event)
        if self.screen is before:
            return
        self.set_deadline()
        if self.screen is Screen.OWED and event is Event.TIME_OVER:
            self.print_owed("card-not-returned", self.visit.put_in_fen)
        if self.screen is Screen.ATTRACT and before is not Screen.CLOSED:
            self.visit = Visit()
            if self.present:
                self.move(Event.CARD_LAID)
                self.refuse("take-card")
        self.bell.ring(SCREEN)

    def set_deadline(self) -> None:
        """From now on the screen waits its whole time again."""
        wait_s = self._patience_of_screen()
        self.deadline = self.monotonic() + wait_s if wait_s else 0.0

    def _patience_of_screen(self) -> float:
        match self.screen:
            case Screen.LAY_BACK:
                return self.patience.lay_back_s
            case Screen.SCAN:
                left = self.scan.view.seconds_left if self.scan.view is not None else 0
                return left + self.patience.code_over_s
            case Screen.PAY:
                paid = bool(self.till.received_fen)
                return self.patience.part_paid_s if paid else self.patience.idle_s
            case Screen.OWED:
                return self.patience.owed_s
        return 0.0 if self.screen in _WAITS_FOR_NOBODY else self.patience.idle_s

    def refuse(self, problem: str) -> None:
        """This card can't be served here, and why."""
        self.visit.problem = problem
        self.move(Event.CARD_REFUSED)

    def say(self, problem: str) -> None:
        """Show a problem on the present screen; empty for none any more."""
        self.visit.problem = problem
        self.bell.ring(SCREEN)

    def print_owed(self, reason: str, received_fen: int) -> None:
        """A slip for money that stays booked for the card; none where none was received."""
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
