"""The bell of the gates' list: who waits for a newer version is woken when one is committed.

It carries no news, only the word to look. Whoever waits holds no transaction and no connection.
Another server on the same database rings no bell here: one of those who wait looks by itself once
a second and rings it for all.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

LOOK_EVERY_S: Final = 1.0
MAX_WAITING: Final = 256
"""Gates that may wait at a time; one more is answered at once and comes again later."""


class NewsBell:
    """Thread-safe. `max_waiting` may be set before the server begins."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self.max_waiting = max_waiting
        self._changed = threading.Condition()
        self._rung = 0
        self._waiting = 0
        self._somebody_looks = False
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many wait just now."""
        return self._waiting

    def ring(self) -> None:
        """There is a newer version, or there may be."""
        with self._changed:
            self._rung += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody waits any more: the server is stopping."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @contextmanager
    def place(self) -> Iterator[bool]:
        """A place to wait in; False where all are taken."""
        with self._changed:
            free = self._waiting < self.max_waiting
            self._waiting += free
        try:
            yield free
        finally:
            with self._changed:
                self._waiting -= free

    def wait_for_other(self, known: int, look: Callable[[], int], seconds: float) -> int:
        """Wait until the version is another than `known`, or the time is over; what it is then.

        `look` asks the store; it is called once for every ring and, by one of all who wait, once a
        second.
        """
        deadline = time.monotonic() + seconds
        while True:
            rung = self._rung
            version = look()
            left = deadline - time.monotonic()
            if version != known or left <= 0 or self._closed:
                return version
            if not self._sleep(rung, left, look, known):
                return known

    def _sleep(self, rung: int, left: float, look: Callable[[], int], known: int) -> bool:
        """Until the bell rings; False when the time is over and it did not."""
        deadline = time.monotonic() + left
        while (left := deadline - time.monotonic()) > 0:
            with self._changed:
                if self._rung != rung or self._closed:
                    return True
                looking = not self._somebody_looks
                self._somebody_looks = True
                try:
                    self._changed.wait(min(left, LOOK_EVERY_S) if looking else left)
                finally:
                    if looking:
                        self._somebody_looks = False
                        self._changed.notify()  # another goes on looking
                if self._rung != rung:
                    return True
            if looking and look() != known:
                self.ring()
                return True
        return False
