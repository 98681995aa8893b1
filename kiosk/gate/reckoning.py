"""How far this gate's clock was ahead of its centre's when a line was written (GATE-02a, GATE-07a).

The line keeps what the clock told. Beside it the gate knows, from answers that the centre signed,
how far that clock is off, and by a watch that nobody can set whether somebody set it since. What
was written before a gate's clock was ever compared is known once it is, as far as this process
goes back; a process that ended before its centre answered leaves lines of which nothing is known.
"""

import json
import sqlite3
import threading
from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cardserver.domain.gateevent import GateEvent
from kiosk.gate.journal import GateJournal
from kiosk.station.clock import Clock

DRIFT_ALLOWED: Final = timedelta(seconds=5)
"""GA/T 1742: a device's clock stays this close to the centre's, or an alarm is raised."""

UNKNOWN: Final = timedelta(0)
"""Of what is not known nothing is assumed: the clock counts as right."""

_SET_S: Final = 1.0
"""A clock that moved by more seconds than this against the watch was set."""

_MARK: Final = "clock-ahead"
_KEPT: Final = 64
_MS: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """Lines after a number, written by a clock that was not set meanwhile.

    `base` is what that clock showed when the watch stood at nought, in seconds since 1970; None for
    an earlier process. `ahead` is None as long as nobody compared.
    """

    after: int
    base: float | None
    ahead: timedelta | None


class Reckoning:
    """Tells of each line of a journal how far its clock was ahead. Safe to use from any thread."""

    def __init__(self, journal: GateJournal, *, clock: Clock, ticks: Callable[[], float]) -> None:
        self._journal = journal
        self._clock = clock
        self._ticks = ticks
        self._lock = threading.Lock()
        self._newest = max((each.sequence for each in journal.last(1)), default=0)
        self._compared: tuple[float, timedelta] | None = None
        self._spans = [_Span(after=0, base=None, ahead=UNKNOWN), *self._remembered()]
        self._base, self._ahead = self._at_nought(), UNKNOWN
        self._begin(self._base)
        self._keep()
        self.revised = 0
        """Grows when it became known of lines that their clock was off: order them anew."""
        journal.listen(self._wrote)

    @property
    def doubtful(self) -> bool:
        """True until the clock was compared as it goes now."""
        self.ahead()
        with self._lock:
            return self._spans[-1].ahead is None

    def ahead(self, now: datetime | None = None) -> timedelta:
        """How far the clock is ahead now, negative where it is behind.

        `now` is what it shows, from whoever has just looked: every tap asks.
        """
        shown = self._clock() if now is None else now
        if abs(shown.timestamp() - self._ticks() - self._base) > _SET_S:
            self._look()
        return self._ahead

    def of(self, sequence: int) -> tuple[timedelta, int | None]:
        """How far it was ahead at a line, and up to which line that holds; None for all to come."""
        with self._lock:
            at = bisect_left(self._spans, sequence, key=lambda each: each.after) - 1
            later = self._spans[at + 1 :]
            return self._of(self._spans[max(at, 0)]), later[0].after if later else None

    def compare(self, before: datetime, after: datetime, centre: datetime) -> None:
        """The centre said what time it is there, between two readings of this clock."""
        self.ahead()
        with self._lock:
            if after - before > DRIFT_ALLOWED and self._spans[-1].ahead is not None:
                return  # too slow an answer to know better
            base, ahead = self._base, drift(before, after, centre)
            self._compared = base, ahead
            self._settle(ahead)
        self._keep()

    def _settle(self, ahead: timedelta) -> None:
        for at, span in enumerate(self._spans):
            if span.ahead is None:
                known = replace(span, ahead=self._reckoned(span))
                self._spans[at] = known
                lines = at + 1 < len(self._spans) or span.after < self._newest
                if lines and self._of(known) != UNKNOWN:
                    self.revised += 1
        last = self._spans[-1]
        if last.ahead is not None and abs(last.ahead - ahead).total_seconds() > _SET_S:
            self._begin(self._base, ahead)  # it goes wrong bit by bit
        self._ahead = self._of(self._spans[-1])

    def _wrote(self, event: GateEvent) -> None:
        self.ahead(event.at)
        with self._lock:
            self._newest = max(self._newest, event.sequence)

    def _look(self) -> None:
        """Was the clock set, or was it long ago that somebody looked at it?"""
        with self._lock:
            base = self._at_nought()
            if abs(base - self._base) > _SET_S:
                self._begin(base)

    def _begin(self, base: float, ahead: timedelta | None = None) -> None:
        if self._spans[-1].after == self._newest and len(self._spans) > 1:
            self._spans.pop()  # no line was written meanwhile
        self._spans.append(_Span(after=self._newest, base=base, ahead=ahead))
        del self._spans[1:-_KEPT]
        self._base, self._ahead = base, self._of(self._spans[-1])

    def _of(self, span: _Span) -> timedelta:
        """What counts: a clock as close as it has to be is right."""
        ahead = span.ahead if span.ahead is not None else self._reckoned(span)
        return ahead if abs(ahead) > DRIFT_ALLOWED else UNKNOWN

    def _reckoned(self, span: _Span) -> timedelta:
        """From how far the clock was set between the span and the last comparison."""
        if self._compared is None or span.base is None:
            return UNKNOWN
        base, ahead = self._compared
        return ahead + timedelta(seconds=span.base - base)

    def _at_nought(self) -> float:
        """What the clock showed when the watch stood at nought, as both go now; in seconds."""
        return self._clock().timestamp() - self._ticks()

    def _remembered(self) -> list[_Span]:
        """What an earlier process knew; nothing of lines that are no longer in the journal."""
        with suppress(ValueError, TypeError, OverflowError):
            known = json.loads(self._journal.mark(_MARK) or "[]")
            spans = [_Span(after=after, base=None, ahead=ms * _MS) for after, ms in known]
            return [each for each in spans if each.after <= self._newest]
        return []

    def _keep(self) -> None:
        """For the next process. A clock that never was off costs no disk anything."""
        with self._lock:
            known = [(each.after, self._of(each) // _MS) for each in self._spans[1:]]
        text, off = json.dumps(known), any(ms for _, ms in known)
        with suppress(sqlite3.Error):  # a full disk: the upload says so
            before = self._journal.mark(_MARK)
            if text != before and (off or before is not None):
                self._journal.set_mark(_MARK, text)


def drift(before: datetime, after: datetime, centre: datetime) -> timedelta:
    """How far a clock is certainly ahead of the centre's, which spoke between its two readings."""
    if centre < before:
        return before - centre
    return min(after - centre, timedelta(0))
