"""``python -m benchmarks.gateweight CARDS``: the MB that a gate with so many cards took at most.

It loads what `yika gate` loads and nothing else of ours, makes the list, and lets a thousand cards
come in and go out.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Final

import kiosk.gate.station  # noqa: F401 - it weighs something
from benchmarks.gatecrowd import IN, NOON, OUT, cards_of, snapshot_of, uid_of
from cardserver.domain.admission import Lane, Presented
from cardserver.domain.lanes import Direction, Identify
from cardserver.domain.rights import RightKind
from kiosk.gate.deciding import Tap, Verdict, settle
from kiosk.gate.journal import GateJournal
from kiosk.gate.shared import Shared
from kiosk.station.events import Bell

_TAPS: Final = 1_000
_LANES: Final = [
    Lane(
        lane_id=lane_id,
        right=RightKind.PARKING,
        zone=0,
        direction=direction,
        identify=Identify.UID,
    )
    for lane_id, direction in ((IN, Direction.ENTRY), (OUT, Direction.EXIT))
]


class Clock:
    """A millisecond later each time."""

    def __init__(self) -> None:
        self._now = NOON

    def __call__(self) -> datetime:
        """Now."""
        self._now += timedelta(milliseconds=1)
        return self._now


def main(cards: int) -> float:
    """MB at the highest, of a process that does nothing else."""
    snapshot = snapshot_of(cards_of(cards))
    with TemporaryDirectory(prefix="yika-bench-") as folder:
        journal = GateJournal(Path(folder) / "gate.db")
        shared = Shared.of(journal, bell=Bell(), clock=Clock(), ticks=lambda: 0.0)
        shared.whereabouts.follow(snapshot, journal)
        told = SimpleQueue[Verdict]()
        for number in range(1, min(cards, _TAPS) + 1):
            for lane in _LANES:
                tap = Tap(Presented(uid=uid_of(number)), 0.0)
                settle(tap, lane, snapshot, shared, told.put)
                if not told.get().decision.granted:
                    raise RuntimeError(number)
        journal.close()
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kilobytes = next(line for line in status if line.startswith("VmHWM"))
    return int(kilobytes.split()[1]) / 1024


if __name__ == "__main__":
    print(main(int(sys.argv[1])))
