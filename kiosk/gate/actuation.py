"""A lane's barrier on its owner's thread: asked once, in time, or not at all.

Every opening carries the instant at which it expires. Whatever holds it up (another lane on the
same board, a line that hangs) makes it expire; nothing is kept, repeated or made good later.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from threading import Event
from typing import Final

from drivers.api.barriers import Barrier, Inputs, Lamp
from drivers.errors import DeviceError
from drivers.worker import DeviceWorker

_log = logging.getLogger(__name__)

OPEN_S: Final = 3.0
"""A board that has not answered by then won't."""
_LOOK_S: Final = 3.0


@unique
class Outcome(StrEnum):
    """What became of an opening. Only OPENED was confirmed by the board."""

    OPENED = "opened"
    TOO_LATE = "too-late"  # it expired on its way and was never sent
    NO_ANSWER = "no-answer"  # it was sent, and nobody knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The outcome, and for NO_ANSWER the code of what the line said."""

    outcome: Outcome
    code: str = ""

    @property
    def opened(self) -> bool:
        """True when the board took the command."""
        return self.outcome is Outcome.OPENED


class Actuator:
    """One barrier. Lanes on the same line give the same `owner`, which then outlives them."""

    def __init__(
        self,
        barrier: Barrier,
        name: str,
        *,
        owner: DeviceWorker | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._barrier = barrier
        self._name = name
        self._shared = owner is not None
        self._ticks = ticks
        self.worker = owner or DeviceWorker(f"barrier {name}")

    def open(self, expires_at: float) -> Answer:
        """Ask for one opening, unless `expires_at` (of the ticks) is over when its turn comes."""
        sent, cancelled = False, Event()

        def open_in_time() -> bool:
            nonlocal sent
            if self._ticks() > expires_at or cancelled.is_set():
                return False
            sent = True
            self._barrier.open()
            return True

        try:
            opened = self.worker.submit(open_in_time, timeout_s=OPEN_S, cancel=cancelled)
        except DeviceError as error:
            return self._unanswered(error.code, sent=sent)
        except Exception as error:  # noqa: BLE001 - a driver's mistake is a barrier's fault
            _log.exception("lane %s: the barrier's driver failed", self._name)
            return self._unanswered(type(error).__name__, sent=sent)
        if not opened:
            _log.warning("lane %s: the tap grew old; not opened", self._name)
        return Answer(outcome=Outcome.OPENED if opened else Outcome.TOO_LATE)

    def _unanswered(self, code: str, *, sent: bool) -> Answer:
        _log.warning("lane %s: the barrier did not answer (%s)", self._name, code)
        return Answer(outcome=Outcome.NO_ANSWER if sent else Outcome.TOO_LATE, code=code)

    def inputs(self) -> Inputs:
        """What the contacts show. Raises DeviceError."""
        return self.worker.submit(self._barrier.state, timeout_s=_LOOK_S)

    def light(self, lamp: Lamp, for_s: float) -> None:
        """Light a lamp, which goes out by itself. Raises DeviceError."""
        self.worker.submit(lambda: self._barrier.light(lamp, for_s), timeout_s=_LOOK_S)

    def stop(self) -> None:
        """Give the line back."""
        if not self._shared:
            self.worker.stop(OPEN_S, self._barrier.close)
            return
        try:
            self.worker.submit(self._barrier.close, timeout_s=OPEN_S)
        except DeviceError as error:
            _log.warning("lane %s: the barrier could not be closed (%s)", self._name, error.code)
