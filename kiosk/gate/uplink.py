"""The gate's line to the server: fetch the issue list, hand over taps. Nothing waits for it.

The last list lies in the gate's journal, so that a gate restarted without a server goes on with it.
What time it is the gate knows by itself: its floor is the latest instant it saw pass, and the
server's clock is only compared with.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from cardserver.client import CardServerClient, ServerError
from cardserver.domain.admission import Direction, Reason, Snapshot
from cardserver.wire import SnapshotView, TapReport
from kiosk.gate.journal import GateJournal, Tap
from kiosk.station.clock import ESTATE_ZONE, Clock
from kiosk.station.events import Bell

_log = logging.getLogger(__name__)

LINK: Final = "link"
OLD_AFTER: Final = timedelta(hours=24)
"""GATE-07a: from this age on the copy raises an alarm."""
DRIFT_ALLOWED: Final = timedelta(seconds=5)
"""GA/T 1742: a device's clock stays this close to the centre's, or an alarm is raised."""

_STORED: Final = "snapshot"
_FETCHED: Final = "fetched"
_WRITE_FETCHED_EVERY: Final = timedelta(minutes=1)


class Uplink:
    """Keeps the snapshot fresh and the journal uploaded, on one thread of its own.

    `clock_drift` is how far the gate's clock was ahead of the server's when they last spoke,
    negative when it was behind. It is an alarm and decides nothing. `lanes` tells with the taps
    which way vehicle lanes lead: the server learns from the log whether a car is inside (PARK-05b).
    """

    def __init__(
        self,
        *,
        server: CardServerClient,
        journal: GateJournal,
        bell: Bell,
        clock: Clock,
        lanes: Mapping[str, Direction] = MappingProxyType({}),
        every_s: float = 2.0,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._journal = journal
        self._bell = bell
        self._clock = clock
        self._lanes = lanes
        self._every_s = every_s
        self._ticks = ticks
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)
        stored = self._stored()
        self._snapshot = stored or _nothing_known(clock())
        self._stored_version = stored.version if stored else -1
        self._fetched_at = self._written_fetched = self._last_fetched()
        self._fetched_ticks = ticks()
        self._fault = ""
        self._alarms: dict[str, bool] = {}
        self.connected = False
        self.clock_drift = timedelta(0)

    def start(self) -> None:
        """Begin to talk to the server."""
        self._thread.start()

    def stop(self) -> None:
        """Stop talking."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def snapshot(self) -> Snapshot:
        """The issue list as the gate knows it, with the gate's own time floor."""
        return replace(self._snapshot, time_floor=self._journal.passed)

    @property
    def age(self) -> timedelta:
        """How old the copy is. A clock that was set back makes it no younger."""
        now = max(self._clock(), self._journal.passed)
        waited = timedelta(seconds=self._ticks() - self._fetched_ticks)
        return max(now - self._fetched_at, waited)

    @property
    def too_old(self) -> bool:
        """True when the copy is older than a day and somebody should know."""
        return self.age > OLD_AFTER

    @property
    def clock_off(self) -> bool:
        """True when the gate's clock and the server's did not agree when they last spoke."""
        return abs(self.clock_drift) > DRIFT_ALLOWED

    @property
    def clock_set_back(self) -> bool:
        """True while the gate's clock says what is known to have passed (GATE-07a)."""
        return self._clock() + DRIFT_ALLOWED < self._journal.passed

    def wake(self) -> None:
        """Do a round now instead of waiting."""
        self._wake.set()

    def round(self) -> None:
        """Fetch and hand over once. Raises ServerError, sqlite3.Error.

        Each part is done whatever becomes of the others: a full disk keeps no list from the lanes,
        a tap the server can't take keeps no list from the disk.
        """
        with ExitStack() as after:
            after.callback(lambda: self._journal.note_time(self._clock()))
            view = self._fetch()
            after.callback(self._keep, view)
            self._hand_over()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._note(connected=self._try_round())
            self._wake.wait(self._every_s)
            self._wake.clear()

    def _try_round(self) -> bool:
        try:
            self.round()
        except ServerError as error:
            _log.debug("uplink: %s", error)
        except Exception as error:  # noqa: BLE001 - a full disk must not end the uploads for ever
            self._note_fault(error)
        else:
            self._fault = ""
            return True
        return False

    def _note_fault(self, error: Exception) -> None:
        # Once, not every two seconds: the log may lie on the very disk that is full.
        fault = repr(error)
        if fault != self._fault and not self._stop.is_set():
            _log.error("the uplink can't do its round, and tries again", exc_info=error)
            self._fault = fault

    def _fetch(self) -> SnapshotView:
        view = self._ask(self._snapshot.version or None)
        if not view.complete and view.version != self._stored_version:
            view = self._ask(None)  # what is stored is a whole list
        return view

    def _keep(self, view: SnapshotView) -> None:
        if view.complete and view.version != self._stored_version:
            self._journal.set_mark(_STORED, view.model_dump_json())
            self._stored_version = view.version
        if abs(self._fetched_at - self._written_fetched) >= _WRITE_FETCHED_EVERY:
            self._journal.set_mark(_FETCHED, self._fetched_at.isoformat())
            self._written_fetched = self._fetched_at

    def _ask(self, known: int | None) -> SnapshotView:
        """Ask for the list, take the answer to heart, compare the clocks."""
        before = self._clock()
        view = self._server.snapshot(known)
        after = self._clock()
        if view.version != self._snapshot.version:
            self._bell.ring(LINK)
        self._snapshot = view.to_domain(self._snapshot)
        self.clock_drift = _drift(before, after, view.taken_at)
        if self.clock_set_back and not self.clock_off:
            # Both clocks agree, so it was the floor: this clock once ran ahead and was put right.
            _log.warning("time had not come to %s; now it is %s", self._journal.passed, after)
            self._journal.correct_time(after)
        self._fetched_at = max(after, self._journal.passed)
        self._fetched_ticks = self._ticks()
        return view

    def _hand_over(self) -> None:
        taps = self._journal.waiting()
        if not taps:
            return
        reports = [_report(tap) for tap in taps]
        self._server.post_taps(reports, journal=self._journal.id, lanes=self._lanes)
        self._journal.acknowledge(taps[-1].sequence)

    def _stored(self) -> Snapshot | None:
        text = self._journal.mark(_STORED)
        try:
            return SnapshotView.model_validate_json(text).to_domain() if text else None
        except (ValueError, KeyError):  # no such view, or a time zone that is not known here
            _log.warning("the stored snapshot can't be read; waiting for the server")
            return None

    def _last_fetched(self) -> datetime:
        text = self._journal.mark(_FETCHED)
        return datetime.fromisoformat(text) if text else self._snapshot.taken_at

    def _note(self, *, connected: bool) -> None:
        self.connected = connected
        alarms = {
            "server away": not connected,
            "copy too old": self.too_old,
            "clock off the server's": self.clock_off,
            "clock set back": self.clock_set_back,
        }
        if alarms != self._alarms:
            _log.warning("alarms: %s", ", ".join(each for each in alarms if alarms[each]) or "none")
            self._alarms = alarms
            self._bell.ring(LINK)


def _drift(before: datetime, after: datetime, server: datetime) -> timedelta:
    """How far a clock is certainly ahead of the server's, which spoke between its two readings."""
    if server < before:
        return before - server
    return min(after - server, timedelta(0))


def _report(tap: Tap) -> TapReport:
    return TapReport(
        sequence=tap.sequence,
        at=tap.at,
        lane_id=tap.lane,
        uid=tap.uid,
        card_number=tap.card_number,
        reason=Reason(tap.reason),
        granted=tap.granted,
        snapshot_version=tap.snapshot_version,
    )


def _nothing_known(now: datetime) -> Snapshot:
    """A gate that never met its server knows no card and opens for none."""
    return Snapshot(version=0, taken_at=now, time_floor=now, zone=ESTATE_ZONE, cards={})
