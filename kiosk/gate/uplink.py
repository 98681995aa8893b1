"""The gate's line to the server: fetch the issue list, hand over taps. Nothing waits for it.

The last list lies in the gate's journal, so that a gate restarted without a server goes on with it.
"""

import logging
import threading
from datetime import datetime, timedelta
from typing import Final

from pydantic import ValidationError

from cardserver.client import CardServerClient, ServerError
from cardserver.domain.admission import Reason, Snapshot
from cardserver.wire import SnapshotView, TapReport
from kiosk.gate.journal import GateJournal
from kiosk.station.clock import ESTATE_ZONE, Clock
from kiosk.station.events import Bell

_log = logging.getLogger(__name__)

LINK: Final = "link"
OLD_AFTER: Final = timedelta(hours=24)
"""GATE-07a: from this age on the copy raises an alarm."""

_STORED: Final = "snapshot"


class Uplink:
    """Keeps the snapshot fresh and the journal uploaded, on one thread of its own."""

    def __init__(
        self,
        *,
        server: CardServerClient,
        journal: GateJournal,
        bell: Bell,
        clock: Clock,
        every_s: float = 2.0,
    ) -> None:
        self._server = server
        self._journal = journal
        self._bell = bell
        self._clock = clock
        self._every_s = every_s
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)
        self._snapshot = self._stored() or _nothing_known(clock())
        self.connected = False

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
        """The issue list as the gate knows it."""
        return self._snapshot

    @property
    def age(self) -> timedelta:
        """How old the copy is."""
        return self._clock() - self._snapshot.taken_at

    @property
    def too_old(self) -> bool:
        """True when the copy is older than a day and somebody should know."""
        return self.age > OLD_AFTER

    def wake(self) -> None:
        """Do a round now instead of waiting."""
        self._wake.set()

    def round(self) -> None:
        """Fetch and hand over once. Raises ServerError."""
        self._fetch()
        self._hand_over()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.round()
                self._note(connected=True)
            except ServerError as error:
                _log.debug("uplink: %s", error)
                self._note(connected=False)
            self._wake.wait(self._every_s)
            self._wake.clear()

    def _fetch(self) -> None:
        known = self._snapshot.version or None
        view = self._server.snapshot(known)
        if view.complete or view.version != self._snapshot.version:
            self._bell.ring(LINK)
        self._snapshot = view.to_domain(self._snapshot)
        if view.complete:
            self._journal.set_mark(_STORED, view.model_dump_json())
        elif view.cards:
            whole = self._server.snapshot(None)
            self._snapshot = whole.to_domain()
            self._journal.set_mark(_STORED, whole.model_dump_json())

    def _hand_over(self) -> None:
        taps = self._journal.waiting()
        if not taps:
            return
        self._server.post_taps(
            [
                TapReport(
                    sequence=tap.sequence,
                    at=tap.at,
                    lane_id=tap.lane,
                    uid=tap.uid,
                    card_number=tap.card_number,
                    reason=Reason(tap.reason),
                    granted=tap.granted,
                    snapshot_version=tap.snapshot_version,
                )
                for tap in taps
            ]
        )
        self._journal.acknowledge(taps[-1].sequence)

    def _stored(self) -> Snapshot | None:
        text = self._journal.mark(_STORED)
        try:
            return SnapshotView.model_validate_json(text).to_domain() if text else None
        except ValidationError:
            _log.warning("the stored snapshot can't be read; waiting for the server")
            return None

    def _note(self, *, connected: bool) -> None:
        if connected is not self.connected:
            self.connected = connected
            self._bell.ring(LINK)


def _nothing_known(now: datetime) -> Snapshot:
    """A gate that never met its server knows no card and opens for none."""
    return Snapshot(version=0, taken_at=now, time_floor=now, zone=ESTATE_ZONE, cards={})
