"""The list on its way down: asked for, proven, laid over what is known, and kept on the disk.

The lanes decide with a new list before it is on the disk; the gate says that it enforces it only
with its next question. What time it is the gate knows by itself: its floor is the latest instant it
saw pass, and the centre's clock is only compared with.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

from cardserver.client import CardServerClient
from cardserver.client_gates import Fed, GateState
from cardserver.clientsigning import GateSigner
from cardserver.domain.admission import Snapshot
from cardserver.domain.gatesignature import GateSignatureInvalid
from cardserver.domain.uncollected import uncollected
from cardserver.wire_gates import SnapshotView
from kiosk.gate.journal import GateJournal
from kiosk.gate.liststore import ListStore, Part
from kiosk.gate.reckoning import DRIFT_ALLOWED, Reckoning, drift
from kiosk.station.clock import ESTATE_ZONE, Clock

_log = logging.getLogger(__name__)

COMPARE_EVERY_S: Final = 60.0
"""So often a question is asked that is answered at once: only those tell what time it is there."""

_FETCHED: Final = "fetched"
_WRITE_FETCHED_EVERY: Final = timedelta(minutes=1)


class ListBeyondUs(ValueError):
    """The centre says that its list is to be understood in a way that this program does not know.

    The lanes go on with the list they have.
    """

    code = "list-beyond-us"


class ListFeed:
    """What the gate knows of its cards. One thread asks; any may read `snapshot`."""

    def __init__(
        self,
        *,
        server: CardServerClient,
        signer: GateSigner,
        store: ListStore,
        journal: GateJournal,
        clock: Clock,
        ticks: Callable[[], float] = time.monotonic,
        reckoning: Reckoning | None = None,
    ) -> None:
        self._server = server
        self._signer = signer
        self._reckoning = reckoning
        self._store = store
        self._journal = journal
        self._clock = clock
        self._ticks = ticks
        self.era = ""
        self.strayed: tuple[Snapshot, Snapshot] | None = None
        stored, whole = self._stored()
        self.snapshot = stored or _nothing_known(clock())
        self.has_list = stored is not None
        self._store_is_behind = False
        self._compared: float | None = None
        self._fetched_at = self._written_fetched = self._last_fetched(whole=whole)
        self._fetched_ticks = ticks()
        self.clock_drift = timedelta(0)
        self.asked_to_wait = False
        self.list_beyond_us = False

    @property
    def age(self) -> timedelta:
        """How old the copy is. A clock that was set back makes it no younger."""
        now = max(self._clock(), self._journal.passed)
        waited = timedelta(seconds=self._ticks() - self._fetched_ticks)
        return max(now - self._fetched_at, waited)

    @property
    def clock_off(self) -> bool:
        """True when the gate's clock and the centre's did not agree when they last spoke."""
        return abs(self.clock_drift) > DRIFT_ALLOWED

    @property
    def clock_set_back(self) -> bool:
        """True while the gate's clock says what is known to have passed (GATE-07a)."""
        return self._clock() + DRIFT_ALLOWED < self._journal.passed

    def ask(self, wait_s: float, state: GateState) -> bool:
        """Ask once for what is newer, and wait for it so long; True when there was something.

        Raises ServerUnavailable, ServerRefused, ListBeyondUs, and sqlite3.Error when the disk does
        not do its part: the lanes have the list all the same.
        """
        known = self.snapshot.version or None
        whole = known is not None and (self._store_is_behind or self._store.wants_whole)
        at_once = wait_s <= 0 or self._compared is None
        at_once = at_once or self._ticks() - (self._compared or 0.0) >= COMPARE_EVERY_S
        self.asked_to_wait = not (at_once or whole)
        state = replace(state, drift_ms=round(self.clock_drift / timedelta(milliseconds=1)))
        before = self._clock()
        fed = self._server.gates.feed(
            known, era=self.era, wait_s=0.0 if at_once else wait_s, whole=whole, state=state
        )
        after = self._clock()
        seal = self._signer.prove(fed.proof, fed.body)
        if at_once:
            self._compare(before, after, seal.at)
        self.list_beyond_us = bool(fed.view.beyond)
        _require_understood(fed.view)
        return self._take(fed, after)

    def _take(self, fed: Fed, after: datetime) -> bool:
        view, before = fed.view, self.snapshot
        changed = view.version != before.version
        if changed or view.complete:
            with uncollected():
                self.snapshot = view.to_domain(before)
        if view.restored:
            _log.warning(
                "the centre went back to an older copy: %s to %s", before.version, view.version
            )
            self.strayed = before, self.snapshot
        self.era, self.has_list = view.era, True
        self._fetched_at = max(after, self._journal.passed)
        self._fetched_ticks = self._ticks()
        with ExitStack() as last:
            last.callback(self._keep_fetched)
            if changed or view.complete:
                self._keep(fed)
        return changed

    def _keep(self, fed: Fed) -> None:
        part = Part(proof=fed.proof, body=fed.body)
        self._store_is_behind = True
        if fed.view.complete:
            self._store.begin(part)
        else:
            self._store.add(part)
        self._store_is_behind = False

    def _keep_fetched(self) -> None:
        if self._store_is_behind:
            return  # what lies on the disk is older than that
        if abs(self._fetched_at - self._written_fetched) >= _WRITE_FETCHED_EVERY:
            self._journal.set_mark(_FETCHED, self._fetched_at.isoformat())
            self._written_fetched = self._fetched_at

    def _compare(self, before: datetime, after: datetime, centre: datetime) -> None:
        self._compared = self._ticks()
        self.clock_drift = drift(before, after, centre)
        if self._reckoning is not None:
            self._reckoning.compare(before, after, centre)
        if self.clock_set_back and not self.clock_off:
            # Both clocks agree, so it was the floor: this clock once ran ahead and was put right.
            _log.warning("time had not come to %s; now it is %s", self._journal.passed, after)
            self._journal.correct_time(after)

    def _stored(self) -> tuple[Snapshot | None, bool]:
        """What lies on the disk, as far as it is proven and follows without a gap; is it all?"""
        snapshot: Snapshot | None = None
        try:
            with uncollected():
                for part in self._store.parts():
                    snapshot = self._laid_over(snapshot, part)
        except (GateSignatureInvalid, ValueError, TypeError, KeyError, sqlite3.Error) as error:
            # A zone that is not known here, a changed byte, a part that is missing.
            _log.warning("the stored list ends early (%r); waiting for the centre", error)
            return snapshot, False
        return snapshot, snapshot is not None

    def _laid_over(self, base: Snapshot | None, part: Part) -> Snapshot:
        self._signer.prove(part.proof, part.body)
        view = SnapshotView.model_validate_json(part.body)
        _require_understood(view)
        if not view.complete and (base is None or asked_after(part.proof.target) != base.version):
            raise ValueError("a part is missing")
        self.era = view.era
        return view.to_domain(base)

    def _last_fetched(self, *, whole: bool) -> datetime:
        """When the stored list was last confirmed; one that ends early, when it was made."""
        text = self._journal.mark(_FETCHED) if whole else None
        return datetime.fromisoformat(text) if text else self.snapshot.taken_at


def _require_understood(view: SnapshotView) -> None:
    if view.beyond:
        raise ListBeyondUs(f"version {view.version} needs {', '.join(sorted(view.beyond))}")


def asked_after(target: str) -> int | None:
    """The version after which a question for news asked."""
    after = parse_qs(urlsplit(target).query).get("after")
    return int(after[0]) if after else None


def _nothing_known(now: datetime) -> Snapshot:
    """A gate that never met its centre knows no card and opens for none."""
    return Snapshot(version=0, taken_at=now, time_floor=now, zone=ESTATE_ZONE, cards={})
