"""The gate's line to the centre, on two threads: the list comes down, the journal goes up.

No lane waits for either, and neither waits for the other. What goes wrong is told once, and tried
again.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from types import MappingProxyType
from typing import Final

from cardserver.client import CardServerClient, ServerRefused, ServerUnavailable
from cardserver.client_gates import GateState
from cardserver.clientsigning import GateSigner
from cardserver.domain.admission import Direction, Snapshot
from cardserver.domain.gateevent import GateEvent
from kiosk.gate.feed import ListBeyondUs, ListFeed
from kiosk.gate.journal import GateJournal
from kiosk.gate.liststore import ListStore
from kiosk.gate.passages import Passages
from kiosk.gate.reckoning import Reckoning
from kiosk.gate.registration import Registration, is_withdrawn
from kiosk.gate.upload import JournalsDiffer, Upload
from kiosk.station.clock import Clock
from kiosk.station.events import Bell

_log = logging.getLogger(__name__)

LINK: Final = "link"
OLD_AFTER: Final = timedelta(hours=24)  # unless the technician says otherwise
"""GATE-07a: from this age on the copy raises an alarm."""

WAIT_S: Final = 15.0
"""How long a question for news stays open: a line that died silently is noticed after so long."""

_STOPPING_S: Final = 2.0


class Uplink:
    """Keeps the snapshot fresh and the journal uploaded.

    `every_s` is the pause between two looks at the journal, and before a question is asked again
    that failed. `lanes` tells with the lines which way vehicle lanes lead: the centre learns from
    the log whether a car is inside (PARK-05b).
    """

    def __init__(
        self,
        *,
        server: CardServerClient,
        signer: GateSigner,
        store: ListStore,
        journal: GateJournal,
        bell: Bell,
        clock: Clock,
        lanes: Mapping[str, Direction] = MappingProxyType({}),
        every_s: float = 1.0,
        wait_s: float = WAIT_S,
        old_after: timedelta = OLD_AFTER,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.reckoning = Reckoning(journal, clock=clock, ticks=ticks)
        self.feed = ListFeed(
            server=server,
            signer=signer,
            store=store,
            journal=journal,
            clock=clock,
            ticks=ticks,
            reckoning=self.reckoning,
        )
        self.upload = Upload(
            server=server,
            journal=journal,
            lanes=lanes,
            reckoning=self.reckoning,
            compare=lambda: self._comparing(signer),
        )
        self.registration = Registration(signer, journal, clock)
        self._server = server
        self._journal = journal
        self._bell = bell
        self._clock = clock
        self._ticks = ticks
        self._every_s = every_s
        self._wait_s = wait_s
        self._old_after = old_after
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._passages: Passages | None = None
        self._went_back: Callable[[Snapshot, Snapshot], None] = lambda _before, _after: None
        self._threads = [
            threading.Thread(target=self._run_down, name="uplink down", daemon=True),
            threading.Thread(target=self._run_up, name="uplink up", daemon=True),
        ]
        self._faults: dict[str, str] = {}
        self._alarms: dict[str, bool] = {}
        self.connected = False
        self.held_up = False
        """The centre is there and does not take the lines: somebody has to look at it."""

    def start(self) -> None:
        """Begin to talk to the centre."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop talking; a question that waits for an answer is left alone."""
        self._stop.set()
        self._wake.set()
        until = time.monotonic() + _STOPPING_S
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=max(0.0, until - time.monotonic()))

    def tell_passages(self, tell: Callable[[Sequence[GateEvent]], None]) -> None:
        """Have what other gates saw told to `tell`, while the rules speak of areas."""
        self._passages = Passages(
            self._server,
            tell,
            wanted=lambda: bool(self.feed.snapshot.rules.areas),
            ticks=self._ticks,
        )

    def learn_anew(self) -> None:
        """Have all of it told once more: who is inside is put in order anew."""
        if self._passages is not None:
            self._passages.forget()

    def tell_went_back(self, tell: Callable[[Snapshot, Snapshot], None]) -> None:
        """Have it told, with the list before and after, that the centre went back to a copy."""
        self._went_back = tell

    def snapshot(self) -> Snapshot:
        """The issue list as the gate knows it, with the gate's own time floor."""
        return replace(self.feed.snapshot, time_floor=self._journal.passed)

    @property
    def age(self) -> timedelta:
        """How old the copy is. A clock that was set back makes it no younger."""
        return self.feed.age

    @property
    def too_old(self) -> bool:
        """True when the copy is older than allowed, a day as a rule: somebody should know."""
        return self.age > self._old_after

    @property
    def has_list(self) -> bool:
        """False while this gate knows no list of its centre at all, and opens for nobody."""
        return self.feed.has_list

    @property
    def clock_drift(self) -> timedelta:
        """How far the gate's clock was ahead of the centre's when they last spoke, negative when
        it was behind. It is an alarm, and no card's days or hours are judged by it.
        """
        return self.feed.clock_drift

    @property
    def clock_off(self) -> bool:
        """True when the gate's clock and the centre's did not agree when they last spoke."""
        return self.feed.clock_off

    @property
    def clock_set_back(self) -> bool:
        """True while the gate's clock says what is known to have passed (GATE-07a)."""
        return self.feed.clock_set_back

    @property
    def program_too_old(self) -> bool:
        """True while the centre has a list, or rules, that this program can't read."""
        return self.feed.list_beyond_us or bool(self.feed.snapshot.rules.unread)

    @property
    def lane_names(self) -> Mapping[str, str]:
        """What people call lanes of other gates, as far as the centre told."""
        return {} if self._passages is None else self._passages.names

    @property
    def answers(self) -> bool:
        """True where the centre answered when it was asked last, if only that it takes no word."""
        return self.connected or self.registration.turned_away

    @property
    def withdrawn(self) -> bool:
        """True while this gate knows that its key was revoked at the centre."""
        return self.registration.withdrawn_since is not None

    @property
    def faults(self) -> tuple[str, ...]:
        """What keeps the list or the lines from their way, apart from a centre that is away."""
        return tuple(self._faults.values())

    def wake(self) -> None:
        """Look at the journal now instead of waiting."""
        self._wake.set()

    def round(self) -> None:
        """Fetch and hand over once. Raises what went wrong; each part is done all the same."""
        with ExitStack() as after:
            after.callback(lambda: self._journal.note_time(self._clock()))
            after.callback(self._hand_over)
            self._fetch(0.0)

    def _fetch(self, wait_s: float) -> None:
        began, era = time.monotonic(), self.feed.era
        with ExitStack() as after:
            after.callback(self._after_answer, era)
            with self.registration.asking():
                news = self.feed.ask(wait_s, self._state())
        if news:
            self._bell.ring(LINK)
        elif self.feed.asked_to_wait and time.monotonic() - began < min(wait_s, self._every_s):
            self._pause()  # too many gates wait at the centre: it had no place for this one

    def _after_answer(self, era: str) -> None:
        """In another era the centre began anew, from an older copy perhaps: ask what it has."""
        if self.feed.era != era:
            self.upload.look_back()
            self._wake.set()
        if self.feed.strayed is not None:
            strayed, self.feed.strayed = self.feed.strayed, None
            self._went_back(*strayed)

    def _pause(self) -> None:
        """For about `every_s`, not in step with other gates."""
        self._stop.wait(self._every_s * random.uniform(0.5, 1.5))  # noqa: S311 - no secret

    def _hand_over(self) -> None:
        try:
            while self.upload.drain() and not self._stop.is_set():
                pass
        except (ServerRefused, JournalsDiffer, LookupError) as error:
            self.held_up = not is_withdrawn(error)  # that is a trouble of its own
            raise
        self.held_up = False
        if self._passages is not None:
            self._passages.ask_when_due()

    @contextmanager
    def _comparing(self, signer: GateSigner) -> Iterator[None]:
        """Compare the clocks by the answer to what is asked meanwhile."""
        before = self._clock()
        yield
        if signer.heard is not None:
            self.reckoning.compare(before, self._clock(), signer.heard)

    def _state(self) -> GateState:
        return GateState(waiting=self.upload.waiting, program=_program())

    def _run_down(self) -> None:
        while not self._stop.is_set():
            well = self._try("down", lambda: self._fetch(self._wait_s))
            with suppress(Exception):  # a full disk; the upload says so
                self._journal.note_time(self._clock())
            self._note(connected=well)
            if not well:
                self._pause()

    def _run_up(self) -> None:
        while not self._stop.is_set():
            self._try("up", self._hand_over)
            self._wake.wait(self._every_s)
            self._wake.clear()

    def _try(self, what: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except ServerUnavailable as error:
            self._note_fault(what, error, level=logging.INFO)
        except (ServerRefused, ListBeyondUs) as error:  # somebody has to do something about it
            self._note_fault(what, error, level=logging.WARNING)
        except Exception as error:  # noqa: BLE001 - a full disk must not end it for ever
            self._note_fault(what, error, level=logging.ERROR)
        else:
            self._faults.pop(what, None)
            return True
        return False

    def _note_fault(self, what: str, error: Exception, *, level: int) -> None:
        # Once, not every second: the log may lie on the very disk that is full.
        fault = repr(error)
        if self._stop.is_set() or fault == self._faults.get(what):
            return
        self._faults[what] = fault
        unforeseen = error if level == logging.ERROR else None
        _log.log(level, "the line %s, and tries again: %s", what, error, exc_info=unforeseen)

    def _note(self, *, connected: bool) -> None:
        self.connected = connected
        alarms = {
            "server away": not self.answers,
            "registration withdrawn": self.withdrawn,
            "copy too old": self.too_old,
            "clock off the server's": self.clock_off,
            "clock set back": self.clock_set_back,
            "program too old": self.program_too_old,
        }
        if alarms != self._alarms:
            _log.warning("alarms: %s", ", ".join(each for each in alarms if alarms[each]) or "none")
            self._alarms = alarms
            self._bell.ring(LINK)


@cache
def _program() -> str:
    return version("yika")
