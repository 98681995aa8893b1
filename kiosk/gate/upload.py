"""The journal on its way up: batches in order, until the centre has committed all of them.

Nothing is left out and nothing is skipped. Where the centre says that it misses earlier lines (it
was restored from yesterday's backup), they are handed over again from its last one on.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from cardserver.client import CardServerClient, ServerRefused
from cardserver.domain.admission import Direction
from cardserver.domain.gateevent import GateEvent, link
from cardserver.domain.gateline import LONGEST_NAME, fitting
from cardserver.wire_gatesync import MAX_LANES, MAX_LINES
from kiosk.gate.journal import GateJournal
from kiosk.gate.reckoning import UNKNOWN, Reckoning

_log = logging.getLogger(__name__)

_GAP: Final = "gap"


class JournalsDiffer(Exception):
    """The centre has lines of this journal that the gate does not have: one was copied back.

    Or a line that would have to be mended no longer fits its chain: somebody changed it.
    """

    code = "journals-differ"


class Upload:
    """Hands over one journal. One thread at a time.

    With `reckoning` it says how far the clock was off that the lines were written by; `compare` has
    that clock compared with the centre's while a question goes there and its answer comes back.
    """

    def __init__(
        self,
        *,
        server: CardServerClient,
        journal: GateJournal,
        lanes: Mapping[str, Direction] = MappingProxyType({}),
        reckoning: Reckoning | None = None,
        compare: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._server = server
        self._journal = journal
        self._reckoning = reckoning
        self._compare = compare
        self._lanes = lanes
        self._names: Mapping[str, str] = {}
        self._names_told = False
        self._limit = MAX_LINES
        self._looks_back = True

    @property
    def waiting(self) -> int:
        """How many lines the centre has still to acknowledge."""
        return max(0, self._newest() - self._journal.uploaded)

    def name_lanes(self, names: Mapping[str, str]) -> None:
        """What people call these lanes; told with the next lines, as far as it fits there."""
        fit = {lane: _in_one_line(name) for lane, name in names.items()}
        self._names = dict([each for each in fit.items() if each[1]][:MAX_LANES])
        self._names_told = False

    def look_back(self) -> None:
        """Ask with the next batch how far the centre has the journal: it may have gone back."""
        self._looks_back, self._names_told = True, False

    def drain(self) -> int:
        """Hand over one batch; how many lines it held, 0 when there is nothing to hand over.

        Lines of an earlier program that don't fit are told as far as they do, with the chain over
        what was written. Raises ServerUnavailable, ServerRefused, sqlite3.Error, JournalsDiffer,
        LookupError where the centre asks for lines that are no longer kept.
        """
        if self._looks_back or (self._reckoning is not None and self._reckoning.doubtful):
            self._last_there()
        events, ahead = self._of_one_clock(self._journal.waiting(self._limit))
        if not events:
            return 0
        before = self._journal.chain_before(events[0].sequence)
        fit = [fitting(event) for event in events]
        mended = {
            event.sequence: self._proven(event)
            for event, told in zip(events, fit, strict=True)
            if told is not event
        }
        try:
            done = self._server.gates.post_events(
                fit,
                journal=self._journal.id,
                before=before,
                lanes=self._lanes,
                mended=mended,
                ahead=ahead,
                names={} if self._names_told else self._names,
            )
        except ServerRefused as refused:
            self._refused(refused, events)
            return len(events)
        self._limit = MAX_LINES
        self._names_told = True
        self._taken(done.sequence)
        return len(events)

    def _of_one_clock(self, events: Sequence[GateEvent]) -> tuple[Sequence[GateEvent], timedelta]:
        """The first of them that were written before somebody set the clock, and how it was off."""
        if self._reckoning is None or not events:
            return events, UNKNOWN
        ahead, last = self._reckoning.of(events[0].sequence)
        return [each for each in events if last is None or each.sequence <= last], ahead

    def _last_there(self) -> None:
        """Ask for the centre's last line, by its signed word; those after it wait once more.

        Raises LookupError where the first of them is no longer kept.
        """
        with self._compare():
            last = self._server.gates.last_event(self._journal.id)
        if last < self._journal.uploaded:
            _log.warning("the centre has lines up to %s only; handing over again", last)
            self._journal.take_back(last)
        self._looks_back = False
        for event in self._journal.after(last, 1):
            if event.sequence > last + 1:
                raise LookupError(f"the centre wants line {last + 1}, which is no longer kept")

    def _proven(self, event: GateEvent) -> bytes:
        """The chain at a line of an earlier program that the centre can't be told as it stands."""
        journal = self._journal
        chain = journal.chain_before(event.sequence + 1)
        if link(journal.chain_before(event.sequence), journal.id, event) != chain:
            raise JournalsDiffer(f"line {event.sequence} is not as it was written")
        _log.warning("line %s is told as far as it fits; it stays here whole", event.sequence)
        return chain

    def _taken(self, sequence: int) -> None:
        newest = self._newest()
        if sequence > newest:
            raise JournalsDiffer(f"the centre has line {sequence}, the last one here is {newest}")
        self._journal.acknowledge(sequence)

    def _refused(self, refused: ServerRefused, events: Sequence[GateEvent]) -> None:
        """Go on where the centre stands, or with less at a time; other refusals are told."""
        if refused.reason == _GAP:
            self._last_there()
        elif refused.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and len(events) > 1:
            self._limit = max(1, len(events) // 2)
        else:
            raise refused

    def _newest(self) -> int:
        return max(
            (event.sequence for event in self._journal.last(1)), default=self._journal.uploaded
        )


def _in_one_line(name: str) -> str:
    """A name as a wire takes it."""
    printed = "".join(each if each.isprintable() else " " for each in name)
    return " ".join(printed.split())[:LONGEST_NAME].strip()
