"""A lane at work: a card arrives, is read and decided on, journalled, and the barrier is asked.

Everything happens on the lane's own threads; nothing waits for the server. The order is fixed:
decide, commit the tap, open. A tap that grew old on the way (a stalled reader, a slow disk) is
logged and never acted on; an opening that failed is told, never repeated later.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cardserver.domain.admission import Decision, Lane, Presented, Reason, Snapshot, decide
from cardserver.domain.gatekeys import GateKeys
from drivers.api import Barrier, CardReader
from drivers.errors import CardAbsent, CardRemoved, DeviceError
from drivers.worker import DeviceWorker
from kiosk.gate.journal import GateJournal, Tap
from kiosk.gate.reading import read_presented
from kiosk.station.clock import Clock
from kiosk.station.events import Bell
from kiosk.station.post import ReaderPost

_log = logging.getLogger(__name__)

LANES: Final = "lanes"
STALE_S: Final = 2.0
"""A read begun longer ago than this is logged and never acted on."""
_OPEN_S: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the lane's screen shows: the last decision, when it fell, whether the opening went out.

    `opened` is None where nothing was to be opened.
    """

    decision: Decision
    at: datetime
    opened: bool | None = None
    try_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    presented: Presented
    read_at: float


class LaneLoop:
    """One lane: a reader, a barrier or strike, and what it knows."""

    def __init__(
        self,
        *,
        lane: Lane,
        name: str,
        reader: CardReader,
        barrier: Barrier,
        keys: GateKeys,
        snapshot: Callable[[], Snapshot],
        journal: GateJournal,
        bell: Bell,
        clock: Clock,
        nearest_space: str = "",
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lane = lane
        self.name = name
        self.nearest_space = nearest_space
        self.shown: Shown | None = None
        self._keys = keys
        self._snapshot = snapshot
        self._journal = journal
        self._bell = bell
        self._clock = clock
        self._ticks = ticks
        self._barrier = barrier
        self._barrier_worker = DeviceWorker(f"barrier {name}")
        self.post: ReaderPost[_Seen] = ReaderPost(
            reader, look=self._look, arrived=self._arrived, fault_changed=self._ring
        )

    def start(self) -> None:
        """Begin to serve."""
        self.post.start()

    def stop(self) -> None:
        """Stop serving and give the devices back."""
        self.post.stop()
        self._barrier_worker.stop(_OPEN_S, self._barrier.close)

    def _look(self, reader: CardReader) -> _Seen:
        # Taken before the reading: what the reader itself held up is old as well.
        read_at = self._ticks()
        presented = read_presented(reader, self.lane.right, self._keys, self._snapshot().cards)
        return _Seen(presented=presented, read_at=read_at)

    def _arrived(self, seen: _Seen | DeviceError) -> None:
        now = self._clock()
        if isinstance(seen, DeviceError):
            self._unreadable(seen, now)
            return
        snapshot = self._snapshot()
        decision = decide(seen.presented, self.lane, snapshot, now)
        try:
            self._commit(seen.presented.uid, decision, snapshot.version, now)
        except sqlite3.Error:
            # S13: an internal fault is a refusal with a word, never a grant without a record.
            _log.exception("lane %s can't journal; refused", self.name)
            decision = Decision(reason=Reason.NO_JOURNAL)
        opened = self._open(seen.read_at) if decision.granted else None
        self.shown = Shown(decision=decision, at=now, opened=opened)
        self._ring()

    def _unreadable(self, error: DeviceError, now: datetime) -> None:
        if not isinstance(error, (CardRemoved, CardAbsent)):
            _log.warning("lane %s: %s", self.name, error.code)
        self.shown = Shown(decision=Decision(reason=Reason.TORN), at=now, try_again=True)
        self._ring()

    def _commit(self, uid: bytes, decision: Decision, version: int, now: datetime) -> None:
        tap = Tap(
            at=now,
            lane=self.lane.lane_id,
            uid=uid,
            card_number=decision.card_number,
            granted=decision.granted,
            reason=decision.reason,
            snapshot_version=version,
        )
        self._journal.append(tap)

    def _open(self, read_at: float) -> bool:
        def open_in_time() -> bool:
            if self._ticks() - read_at > STALE_S:
                _log.warning("lane %s: the tap grew old; not opened", self.name)
                return False
            self._barrier.open()
            return True

        try:
            return self._barrier_worker.submit(open_in_time, timeout_s=_OPEN_S)
        except DeviceError as error:
            _log.warning("lane %s: the barrier did not answer (%s)", self.name, error.code)
            return False

    def _ring(self) -> None:
        self._bell.ring(LANES)
