"""The journal on its way up: batches in order, until the centre has committed all of them.

Nothing is left out and nothing is skipped. Where the centre says that it misses earlier lines (it
was restored from yesterday's backup), they are handed over again from its last one on.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from cardserver.client import CardServerClient, ServerRefused
from cardserver.domain.admission import Direction
from cardserver.domain.gateevent import GateEvent
from cardserver.wire_gatesync import MAX_LINES
from kiosk.gate.journal import GateJournal

_log = logging.getLogger(__name__)

_GAP: Final = "gap"


class JournalsDiffer(Exception):
    """The centre has lines of this journal that the gate does not have: one was copied back."""

    code = "journals-differ"


class Upload:
    """Hands over one journal. One thread at a time."""

    def __init__(
        self,
        *,
        server: CardServerClient,
        journal: GateJournal,
        lanes: Mapping[str, Direction] = MappingProxyType({}),
    ) -> None:
        self._server = server
        self._journal = journal
        self._lanes = lanes
        self._limit = MAX_LINES
        self._again_from: int | None = None

    @property
    def waiting(self) -> int:
        """How many lines the centre has still to acknowledge."""
        return max(0, self._newest() - self._journal.uploaded)

    def drain(self) -> int:
        """Hand over one batch; how many lines it held, 0 when there is nothing to hand over.

        Raises ServerUnavailable, ServerRefused, sqlite3.Error, JournalsDiffer, LookupError where
        the centre asks for lines that are no longer kept.
        """
        events = self._next()
        if not events:
            return 0
        before = self._journal.chain_before(events[0].sequence)
        try:
            done = self._server.gates.post_events(
                events, journal=self._journal.id, before=before, lanes=self._lanes
            )
        except ServerRefused as refused:
            self._refused(refused, events)
            return len(events)
        self._limit = MAX_LINES
        self._taken(done.sequence)
        return len(events)

    def _next(self) -> Sequence[GateEvent]:
        if self._again_from is None:
            return self._journal.waiting(self._limit)
        return self._journal.after(self._again_from, self._limit)

    def _taken(self, sequence: int) -> None:
        newest = self._newest()
        if sequence > newest:
            raise JournalsDiffer(f"the centre has line {sequence}, the last one here is {newest}")
        if self._again_from is not None:
            self._again_from = sequence if sequence < self._journal.uploaded else None
        self._journal.acknowledge(sequence)

    def _refused(self, refused: ServerRefused, events: Sequence[GateEvent]) -> None:
        """Go on where the centre stands, or with less at a time; other refusals are told."""
        if refused.reason == _GAP:
            last = self._server.gates.last_event(self._journal.id)
            if last >= events[0].sequence - 1:
                return
            _log.warning("the centre has lines up to %s only; handing over again", last)
            self._again_from = last
        elif refused.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and len(events) > 1:
            self._limit = max(1, len(events) // 2)
        else:
            raise refused

    def _newest(self) -> int:
        return max(
            (event.sequence for event in self._journal.last(1)), default=self._journal.uploaded
        )
