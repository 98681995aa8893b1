"""One tap told twice: a card that trembles before the reader, or a reader that repeats itself.

Shortly after a card opened a lane, and while nobody went through, the same card there is no second
passage: its line is written, and nothing else happens. No second opening is asked for, which the
car behind would be taken for, and nobody reads that the card is inside already (GATE-02a).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from cardserver.domain.admission import Presented
from cardserver.domain.gateevent import GateEvent
from kiosk.station.clock import Clock

SAME_TAP: Final = timedelta(seconds=2)
"""Too short a time to hand a card to whoever comes next."""
SAME_TAP_WORD: Final = "same-tap"
"""What such a line says beside the outcome of the tap that it is about."""
_AT_ONCE: Final = timedelta(0)


class LastLetIn:
    """The last tap that opened a lane; `awaits` says whether somebody is still to go through."""

    def __init__(self, clock: Clock, awaits: Callable[[GateEvent], bool]) -> None:
        self._clock = clock
        self._awaits = awaits
        self._last: tuple[Presented, GateEvent | None] = Presented(uid=b""), None

    def note(self, presented: Presented, line: GateEvent | None) -> None:
        """The lane's latest tap: its line where it opened, None where it did not."""
        self._last = presented, line

    def just_now(self) -> GateEvent | None:
        """The line of a tap that opened a moment before, if nobody went through since."""
        return self._still_goes_in(self._last[1])

    def _still_goes_in(self, line: GateEvent | None) -> GateEvent | None:
        if line is None or not _AT_ONCE <= self._clock() - line.at <= SAME_TAP:
            return None
        return line if self._awaits(line) else None

    def same(self, presented: Presented) -> GateEvent | None:
        """The line of the tap that this one repeats; None for a tap of its own.

        A sign of duress is never passed over, and neither is a number of the card's counter that
        did not go down.
        """
        before, line = self._last
        if presented.uid != before.uid or presented.problem is not None or presented.duress:
            return None
        if presented.counter is not None and presented.counter >= (before.counter or 0):
            return None
        return self._still_goes_in(line)


def line_again(first: GateEvent, presented: Presented, at: datetime) -> GateEvent:
    """The line, before it has its number, of a tap at that instant that repeats `first`."""
    return first._replace(
        sequence=0, at=at, about=first.sequence, detail=SAME_TAP_WORD, counter=presented.counter
    )
