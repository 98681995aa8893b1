"""What a gate does when its centre went back to an older copy of its books.

It takes the centre's list as it is, says so, and names each card that it had refused until then and
that the older copy knows nothing against: somebody blocked it after the backup, and may have to do
so again. The lines that the copy lacks are handed over once more (`upload`).
"""

import threading
from typing import Final

from cardserver.domain.admission import Snapshot
from cardserver.domain.gateevent import EventKind, GateEvent
from cardserver.domain.ids import CardNumber
from cardserver.domain.rights import CardStatus
from kiosk.gate.shared import Shared

CENTRE_RESTORED: Final = "centre-restored"
DENIAL_LOST: Final = "denial-lost"
STANDS_S: Final = 600.0
"""So long a guard sees at the gate that the centre went back; the line itself stays."""
_MOST_NAMED: Final = 500


def denials_lost(before: Snapshot, after: Snapshot) -> list[CardNumber]:
    """Cards that were refused whatever they carry, and no longer are."""
    found = []
    for uid, entry in before.cards.items():
        now = after.cards.get(uid) if entry.status is not CardStatus.LIVE else None
        if now is not None and now.status is CardStatus.LIVE:
            found.append(now.card_number)
    return sorted(found)


class WentBack:
    """What is told of it. Safe to use from any thread."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._lock = threading.Lock()
        self._noticed: float | None = None

    def tell(self, before: Snapshot, after: Snapshot) -> None:
        """The list went from one history to another: an alarm, and one for each lost denial."""
        with self._lock:
            self._noticed = self._shared.ticks()
            self._shared.recorder.trouble(CENTRE_RESTORED, stands=True)
        for number in denials_lost(before, after)[:_MOST_NAMED]:
            alarm = GateEvent(
                sequence=0,
                at=self._shared.clock(),
                lane="",
                kind=EventKind.ALARM,
                card_number=number,
                snapshot_version=after.version,
                detail=DENIAL_LOST,
            )
            self._shared.recorder.write(alarm)
            # A moment, not a state: who is to see to it is at the desk.
            self._shared.recorder.write(alarm._replace(kind=EventKind.ALARM_OVER))

    def look(self) -> None:
        """After a while it is no news any more."""
        with self._lock:
            if self._noticed is not None and self._shared.ticks() - self._noticed >= STANDS_S:
                self._noticed = None
                self._shared.recorder.trouble(CENTRE_RESTORED, stands=False)
