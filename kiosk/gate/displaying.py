"""The text line beside a lane, for a driver some metres away.

It has its own thread and keeps nothing waiting: of several texts the latest counts, and one that
could not be shown in time is not shown at all.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from cardserver.domain.admission import Decision, Reason
from cardserver.domain.schedules import hours_text
from drivers.api.displays import TextDisplay, Tone
from drivers.errors import DeviceError
from kiosk.station.i18n import DEFAULT_LANGUAGE, count_text, day_text, text

_log = logging.getLogger(__name__)

_OLD_S: Final = 2.0
_SHOWN_S: Final = 8
_REST_AFTER_S: Final = 8.0
_CHECK_S: Final = 60.0
_STOP_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Lines for the display, and how they are meant."""

    lines: tuple[str, ...]
    tone: Tone


class _Told(NamedTuple):
    notice: Notice
    at: float


_NOTHING: Final = _Told(Notice(lines=(), tone=Tone.PLAIN), 0.0)


class LaneDisplay:
    """One display and its thread. `fault` is the code of what is wrong with it."""

    def __init__(
        self,
        display: TextDisplay,
        name: str,
        *,
        fault_changed: Callable[[str], None] = lambda _code: None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.fault = ""
        self._display = display
        self._fault_changed = fault_changed
        self._ticks = ticks
        self._ready = threading.Condition()
        self._next: _Told | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"display {name}", daemon=True)

    def start(self) -> None:
        """Show the resting text and wait for more."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and give the line back."""
        with self._ready:
            self._stopping = True
            self._ready.notify_all()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)

    def say(self, notice: Notice) -> None:
        """Show this soon, instead of whatever has not been shown yet."""
        with self._ready:
            self._next = _Told(notice, self._ticks())
            self._ready.notify_all()

    def _run(self) -> None:
        self._try(self._rest)
        resting = True
        while (told := self._wait(_CHECK_S if resting else _REST_AFTER_S)) is not None:
            if told is _NOTHING:
                # A display forgets a text after its time and shows what it was delivered with.
                self._try(self._display.check if resting else self._rest)
                resting = True
            elif self._ticks() - told.at <= _OLD_S:
                self._try(partial(self._show, told.notice))
                resting = False
        self._display.close()

    def _wait(self, for_s: float) -> "_Told | None":
        """The next notice, _NOTHING when there is none for so long, None at the end."""
        with self._ready:
            self._ready.wait_for(lambda: self._next is not None or self._stopping, for_s)
            told, self._next = self._next, None
            return None if self._stopping else told or _NOTHING

    def _rest(self) -> None:
        self._display.rest([text(DEFAULT_LANGUAGE, "gate.invite")])

    def _show(self, notice: Notice) -> None:
        rows = self._display.rows
        self._display.show(notice.lines[:rows], tone=notice.tone, for_s=_SHOWN_S)

    def _try(self, call: Callable[[], None]) -> None:
        fault = ""
        try:
            call()
        except DeviceError as error:
            fault = error.code
        except Exception:  # noqa: BLE001 - a display that fails must not end its thread
            _log.exception("the display failed")
            fault = DeviceError.code
        if fault != self.fault:
            self.fault = fault
            self._fault_changed(fault)


def notice_of(
    decision: Decision,
    *,
    opened: bool | None,
    right: str,
    nearest: str = "",
    reminder: str = "",
) -> Notice:
    """What a driver reads of a decision: the lane page's own words (GATE-05, ETIQ-21).

    `reminder` is the estate's own text for the last days, with ``{last}`` and ``{left}``.
    """
    language = DEFAULT_LANGUAGE
    if decision.granted and not opened:
        return Notice(lines=_lines("gate.shut", "gate.shut-way"), tone=Tone.PLAIN)
    if decision.granted:
        return Notice(lines=(*_lines("gate.welcome"), *_remind(decision, reminder)), tone=Tone.GOOD)
    if decision.reason is Reason.EXPIRED and decision.last_day is not None:
        last = day_text(language, decision.last_day)
        why = text(language, f"expired.{right}", last=last)
    else:
        why = text(language, f"reason.{decision.reason}")
    where = (text(language, "gate.nearest", place=nearest),) if nearest else ()
    return Notice(lines=(*_lines("gate.sorry"), why, *_hours(decision), *where), tone=Tone.BAD)


def _hours(decision: Decision) -> Sequence[str]:
    """When it would have been, for whoever came at another time (ETIQ-19)."""
    if not decision.hours:
        return ()
    renovation = decision.reason is Reason.WORKER_HOURS
    key = "gate.renovation-hours" if renovation else "gate.hours"
    return (text(DEFAULT_LANGUAGE, key, hours=hours_text(decision.hours)),)


def _remind(decision: Decision, own: str) -> Sequence[str]:
    if not decision.remind or decision.last_day is None or decision.days_left is None:
        return ()
    last = day_text(DEFAULT_LANGUAGE, decision.last_day)
    left = count_text(DEFAULT_LANGUAGE, "count.days-left", decision.days_left + 1)
    if own:
        return (own.replace("{last}", last).replace("{left}", left),)
    return (text(DEFAULT_LANGUAGE, "gate.remind", last=last, left=left),)


def _lines(*keys: str) -> tuple[str, ...]:
    return tuple(text(DEFAULT_LANGUAGE, key) for key in keys)
