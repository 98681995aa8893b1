"""The kiosk at work: one thread moves its screens, around a reader, an acceptor and a printer.

Reader and touches only put events into its queue. What each screen does is in the modules that
`kiosk.selfservice.kiosk` names; money is true on the server, not here (`kiosk.selfservice.till`).
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Final

from cardserver.client import CardServerClient, ServerError
from drivers.api.acceptors import BillAcceptor
from drivers.api.readers import CardReader
from kiosk.selfservice.codes import check_code, choose_code, look_at_code, show_wanted
from kiosk.selfservice.flow import Event, Screen
from kiosk.selfservice.journal import TillJournal
from kiosk.selfservice.kiosk import SCREEN, Kiosk
from kiosk.selfservice.opening import check_again, check_devices
from kiosk.selfservice.paying import choose_rest, leave, open_sale, take_money
from kiosk.selfservice.scanning import Scan, Wish
from kiosk.selfservice.telling import follow_late_money
from kiosk.selfservice.till import Till
from kiosk.selfservice.visit import Patience, Touch
from kiosk.selfservice.welcoming import card_laid, card_lifted, choose_months
from kiosk.station.clock import Clock
from kiosk.station.events import Bell
from kiosk.station.paper import PaperDesk
from kiosk.station.post import ReaderPost, recognise
from kiosk.station.problems import problem_of

_log = logging.getLogger(__name__)

_POLL_S: Final = 0.2
_FELT_S: Final = 1.0
_STANDS_STILL_S: Final = 120.0
"""No step of a visit takes so long, not even a write with an absent server behind it."""


class Machine(Kiosk):
    """One self-service kiosk that moves by itself once it is started."""

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
        super().__init__(
            server=server,
            post=ReaderPost(
                reader,
                look=recognise,
                arrived=lambda seen: self._queue.put(lambda: card_laid(self, seen)),
                lifted=lambda: self._queue.put(lambda: card_lifted(self)),
                fault_changed=lambda: self._queue.put(lambda: check_devices(self)),
            ),
            till=Till(acceptor, server, journal),
            scan=Scan(server, monotonic=monotonic),
            journal=journal,
            paper=paper,
            bell=bell,
            clock=clock,
            station=station,
            phone=phone,
            patience=patience or Patience(),
            monotonic=monotonic,
        )
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._moved_at = monotonic()
        self._thread = threading.Thread(target=self._run, name="kiosk", daemon=True)

    # --- what others ask of it (their threads)

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

    def more_time(self) -> None:
        """The resident asked for more time (never a limit without it): here, or for a code."""
        self._queue.put(self._more_time)

    def check_code(self) -> None:
        """The resident says that it is paid."""
        self._queue.put(lambda: check_code(self))

    def hold(self, seconds: float) -> None:
        """Serve nobody for so long, once the present visit is over; 0 opens again."""
        self.held_until = self.monotonic() + seconds if seconds else 0.0
        self._queue.put(lambda: check_devices(self))

    @property
    def at_work(self) -> bool:
        """Does the machine's thread still move? The watchdog starts a kiosk anew that doesn't."""
        return self.monotonic() - self._moved_at < _STANDS_STILL_S

    # --- the machine's thread

    def _run(self) -> None:
        self._outlive(lambda: check_devices(self))
        while not self._stop.is_set():
            self.turn(_POLL_S)

    def turn(self, wait_s: float) -> None:
        """What happened first, if anything does within `wait_s`, and what time brings.

        For the machine's own thread, or for whoever drives a machine that was not started.
        """
        self._moved_at = self.monotonic()
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
            if take_money(self):
                show_wanted(self)
        elif self.screen is Screen.SCAN:
            look_at_code(self)
        else:
            follow_late_money(self)
        check_again(self)
        if self.deadline and self.monotonic() > self.deadline:
            self.deadline = 0.0
            self._time_over()

    def _time_over(self) -> None:
        if self.screen in {Screen.PAY, Screen.SCAN}:
            leave(self)
        else:
            self.move(Event.TIME_OVER)

    def _more_time(self) -> None:
        if self.screen is Screen.SCAN:
            self.scan.end(Wish.ANOTHER)
        self.set_deadline()

    def _touched(self, touch: Touch) -> None:
        try:
            self._feel(touch)
        except ServerError as error:
            self.refuse(problem_of(error))

    def _feel(self, touch: Touch) -> None:
        match self.screen, touch.event:
            case Screen.MONTHS, Event.MONTHS_CHOSEN:
                choose_months(self, touch.months)
                self.move(Event.MONTHS_CHOSEN)
            case Screen.CONFIRM, Event.CONFIRMED:
                open_sale(self)
            case Screen.PAY, Event.QR_CHOSEN:
                choose_code(self, touch.provider)
            case Screen.PAY, (Event.EXACT_AMOUNT | Event.KEEP_REST):
                choose_rest(self, keep=touch.event is Event.KEEP_REST)
            case Screen.SCAN, Event.BACK:
                self.scan.end(Wish.BACK)
            case ((Screen.PAY | Screen.SCAN), (Event.CANCELLED | Event.STOPPED)):
                leave(self)
            case ((Screen.MONTHS | Screen.CONFIRM), (Event.CANCELLED | Event.BACK)):
                self.move(touch.event)
            case Screen.OWED, Event.CANCELLED:
                self.move(Event.TIME_OVER)
            case ((Screen.MONTHS | Screen.CONFIRM | Screen.SORRY | Screen.OWED), Event.TIME_OVER):
                pass  # "I need more time" comes as its own touch
            case _:
                return
        self.bell.ring(SCREEN)
