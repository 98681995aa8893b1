"""A guard's checks at the gate, by name: a goods slip taken back, building material reported.

Each is a line in the journal, so it stands with or without the centre (GATE-04, GATE-06a).
"""

import threading
from collections.abc import Callable, Collection

from cardserver.domain.gatechecks import (
    LONGEST_SLIP,
    LONGEST_UNIT,
    about,
    subject_of,
    subject_typed,
)
from cardserver.domain.gateevent import EventKind, GateEvent
from kiosk.gate.journal import GateJournal
from kiosk.gate.overriding import OverrideRefused, write_down
from kiosk.gate.shared import Shared


class GuardChecks:
    """What was checked at this gate. Safe to use from any thread.

    A slip is known as used by this gate's own lines, and by the list (`used`) where another gate
    took it back: within seconds, and with the centre away as far as the list goes.
    """

    def __init__(
        self, shared: Shared, used: Callable[[], Collection[str]] = frozenset[str]
    ) -> None:
        self._shared = shared
        self._used = used
        self._lock = threading.Lock()
        self._taken_back = _slips(shared.journal)

    def take_slip_back(
        self, *, by: str, lane: str, slip: str, agrees: bool, seen: str
    ) -> GateEvent:
        """Goods leave, and their slip with the guard; goods that differ leave the slip as it is.

        Raises OverrideRefused: ``slip-missing``, ``slip-used``, ``difference-missing`` where goods
        differ and nobody says how, and as `write_down` does.
        """
        slip = subject_typed(slip, LONGEST_SLIP)
        if not slip:
            raise OverrideRefused("slip-missing")
        if not agrees and not seen.strip():
            raise OverrideRefused("difference-missing")
        kind = EventKind.GOODS if agrees else EventKind.GOODS_DIFFER
        with self._lock:
            if slip in self._taken_back or slip in self._used():
                raise OverrideRefused("slip-used")
            line = write_down(self._shared, kind, by=by, reason=about(slip, seen), lane=lane)
            if agrees:
                self._taken_back.add(slip)
        return line

    def report_material(self, *, by: str, unit: str, seen: str) -> GateEvent:
        """Material was carried in that may be for an illegal structure; nothing is taken away.

        Raises OverrideRefused: ``material-unit-missing``, ``material-missing``, and as `write_down`
        does.
        """
        unit = subject_typed(unit, LONGEST_UNIT)
        if not unit:
            raise OverrideRefused("material-unit-missing")
        if not seen.strip():
            raise OverrideRefused("material-missing")
        return write_down(self._shared, EventKind.MATERIAL, by=by, reason=about(unit, seen))


def _slips(journal: GateJournal) -> set[str]:
    lines = journal.of_kind(EventKind.GOODS, journal.lately)
    return {subject_of(each) for each in lines}
