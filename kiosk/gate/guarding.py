"""Looking at a lane's contacts, again and again, and writing down what they tell.

One thread a lane; the contacts are read on the barrier's own thread. Looks are rarer while nothing
goes on, and none is begun while a card lies on the reader and waits for its answer.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from cardserver.domain.gateevent import GateEvent
from drivers.api.barriers import Inputs, Lamp
from drivers.errors import DeviceError
from kiosk.gate.actuation import Actuator, Answer, Outcome
from kiosk.gate.fire import FireWatch
from kiosk.gate.interlock import Interlock
from kiosk.gate.passing import Finding, Passing, Times, Way

_log = logging.getLogger(__name__)

BOARD_AWAY: Final = "board-away"
TAMPER: Final = "tamper"
_BUSY_S: Final = 0.1
_IDLE_S: Final = 0.25
_AWAY_S: Final = 1.0
_BLIND_AFTER_S: Final = 2.0
_LAMP_OLD_S: Final = 2.0
_STOP_S: Final = 5.0


class Guarding:
    """What a lane's contacts tell; `found` gets every finding, `trouble` what is wrong or well.

    `quiet` says when no look is to be begun; `beside` is looked at with each of them.
    """

    def __init__(
        self,
        lane: str,
        actuator: Actuator,
        *,
        times: Times,
        found: Callable[[str, Finding], None],
        trouble: Callable[[str, bool], None],
        interlock: Interlock,
        fire: FireWatch,
        quiet: Callable[[], bool] = lambda: False,
        beside: Callable[[], None] = lambda: None,
        ticks: Callable[[], float] = time.monotonic,
        way: Way | None = None,
    ) -> None:
        self._lane = lane
        self._actuator = actuator
        self._found = found
        self._trouble = trouble
        self._interlock = interlock
        self._fire = fire
        self._quiet = quiet
        self._beside = beside
        self._ticks = ticks
        self._lock = threading.Lock()
        self._passing = Passing(times, way)
        self._seen_at = ticks()
        self._lamp: tuple[Lamp, float, float] | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"contacts {lane}", daemon=True)
        self.inputs: Inputs | None = None
        self.away = False
        """True while the board does not answer."""

    @property
    def feedback(self) -> bool:
        """True when the contacts tell whether somebody went through."""
        with self._lock:
            return self._passing.feedback

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)

    def open(self, about: GateEvent, expires_at: float) -> Answer:
        """Ask the barrier for one opening, for the line `about`; what follows is looked out for."""
        with self._lock:
            self._passing.expect(about, self._ticks())
        answer = self._actuator.open(expires_at)
        with self._lock:
            found = self._after(about, answer)
        self._tell(found)
        self._wake.set()
        return answer

    def awaits(self, about: GateEvent) -> bool:
        """True while somebody may still go through by the opening for the line `about`."""
        with self._lock:
            return self._passing.awaits(about)

    def light(self, lamp: Lamp, for_s: float) -> None:
        """Light a lamp soon; nobody waits for it."""
        self._lamp = lamp, for_s, self._ticks()
        self._wake.set()

    def look(self) -> None:
        """Look once."""
        self._light()
        self._beside()
        try:
            inputs = self._actuator.inputs()
        except DeviceError as error:
            self._blind(error.code)
            return
        now = self._ticks()
        self.inputs, self._seen_at = inputs, now
        self._note_away(False)
        self._trouble(TAMPER, bool(inputs.tamper))
        for lane, finding in self._fire.note(self._lane, fire=inputs.fire):
            self._found(lane, finding)
        with self._lock:
            found = self._passing.look(inputs, now, fire=self._fire.burning)
            stands_open = self._passing.way_open
        self._interlock.note(self._lane, stands_open=stands_open)
        self._tell(found)

    def _after(self, about: GateEvent, answer: Answer) -> list[Finding]:
        if answer.opened:
            return self._passing.confirmed()
        self._interlock.give_back(self._lane)
        if answer.outcome is Outcome.NO_ANSWER:
            return self._passing.unanswered(about, answer.code)
        return self._passing.drop(about, answer.outcome)

    def _tell(self, found: list[Finding]) -> None:
        for finding in found:
            self._found(self._lane, finding)

    def _blind(self, code: str) -> None:
        now = self._ticks()
        if now - self._seen_at < _BLIND_AFTER_S:
            return
        if self.inputs is not None:
            _log.warning("lane %s: the contacts can't be read (%s)", self._lane, code)
        self.inputs = None
        self._note_away(True)
        with self._lock:
            found = self._passing.blind(now)
        self._tell(found)

    def _note_away(self, away: bool) -> None:
        self.away = away
        self._trouble(BOARD_AWAY, away)

    def _light(self) -> None:
        asked, self._lamp = self._lamp, None
        if asked is None or self._ticks() - asked[2] > _LAMP_OLD_S:
            return
        try:
            self._actuator.light(asked[0], asked[1])
        except DeviceError as error:
            _log.debug("lane %s: no lamp (%s)", self._lane, error.code)

    def _pause(self) -> float:
        if self.inputs is None:
            return _AWAY_S
        return _BUSY_S if self._passing.waiting else _IDLE_S

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._quiet():
                try:
                    self.look()
                except Exception:  # noqa: BLE001 - a dead watch sees no forced door
                    _log.exception("lane %s: a look at the contacts failed", self._lane)
            self._wake.wait(self._pause())
            self._wake.clear()
