"""A log of the bytes between a station and the cards on one reader, for those who want it.

It records only while it is switched on. Keys that a Classic reader is given are among the bytes;
they are the demo's.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from simulators.panel_site import PanelReader

LINES_KEPT: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A command and its answer; `answer` is empty where none arrived. `number` counts from 1."""

    number: int
    at: datetime
    command: bytes
    answer: bytes


class ByteLog:
    """The last exchanges of one reader. A listener that the reader has already is still called."""

    def __init__(self, reader: PanelReader, clock: Callable[[], datetime]) -> None:
        self.on = False
        self._clock = clock
        self._first_listener = reader.listener
        self._lock = threading.Lock()
        self._lines: deque[Exchange] = deque(maxlen=LINES_KEPT)
        self._heard = 0
        reader.listener = self._hear

    def after(self, number: int) -> list[Exchange]:
        """Exchanges later than that one, oldest first."""
        with self._lock:
            return [line for line in self._lines if line.number > number]

    def _hear(self, command: bytes, answer: bytes) -> None:
        if self._first_listener is not None:
            self._first_listener(command, answer)
        if not self.on:
            return
        with self._lock:
            self._heard += 1
            self._lines.append(
                Exchange(number=self._heard, at=self._clock(), command=command, answer=answer)
            )
