"""A process whose eight lanes fill a journal until it is killed: ``python busy_journal.py PATH``.

Each line that a lane was told to be durable is named on stdout: number, lane, the lane's own count.
"""

import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from cardserver.domain.gateevent import EventKind, GateEvent
from kiosk.gate.journal import GateJournal

LANES = 8


def fill(journal: GateJournal, lane: str) -> None:
    count = 0
    while True:
        count += 1
        event = GateEvent(
            sequence=0,
            at=datetime.now(UTC),
            lane=lane,
            kind=EventKind.TAP,
            detail=str(count),
        )
        written = journal.append(event)
        os.write(1, f"{written.sequence} {lane} {count}\n".encode())


def main(path: Path) -> None:
    journal = GateJournal(path)
    for number in range(LANES):
        threading.Thread(target=fill, args=(journal, f"lane-{number}")).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
