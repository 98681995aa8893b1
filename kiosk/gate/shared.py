"""What the lanes of one gate have in common."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from kiosk.gate.clonewatch import CloneWatch
from kiosk.gate.fire import FireWatch
from kiosk.gate.interlock import Interlock
from kiosk.gate.journal import GateJournal
from kiosk.gate.recording import Recorder
from kiosk.gate.whereabouts import Whereabouts
from kiosk.station.clock import Clock
from kiosk.station.events import Bell


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One journal and everything around it."""

    journal: GateJournal
    recorder: Recorder
    whereabouts: Whereabouts
    clones: CloneWatch
    interlock: Interlock
    fire: FireWatch
    bell: Bell
    clock: Clock
    ticks: Callable[[], float]

    @classmethod
    def of(
        cls,
        journal: GateJournal,
        *,
        bell: Bell,
        clock: Clock,
        ticks: Callable[[], float] = time.monotonic,
    ) -> Self:
        """What belongs to a journal; every line to come says who is inside."""
        fire, whereabouts, clones = FireWatch(), Whereabouts(), CloneWatch()
        journal.listen(whereabouts.wrote)
        clones.recall(journal)
        fire.recall(journal)
        return cls(
            journal=journal,
            recorder=Recorder(journal, bell=bell, clock=clock),
            whereabouts=whereabouts,
            clones=clones,
            interlock=Interlock(ticks, suspended=lambda: fire.burning),
            fire=fire,
            bell=bell,
            clock=clock,
            ticks=ticks,
        )
