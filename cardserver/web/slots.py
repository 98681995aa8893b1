"""So many calls are worked on at a time; a call that only waits gives its place back meanwhile.

Each call has a thread. Gates that wait for news would soon hold all of them, so there is one more
for each that waits: it costs a thread's stack and nothing else.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEY = "yika.slots"


class WorkSlots:
    """The app, with at most `places` calls worked on at a time."""

    def __init__(self, app: "WSGIApplication", places: int) -> None:
        self._app = app
        self._count = places
        self._places = threading.BoundedSemaphore(places)
        self._lock = threading.Lock()
        self._waiting = 0
        self._most = 0
        self._set_threads: Callable[[int], object] | None = None

    def let_grow(self, set_threads: Callable[[int], object]) -> None:
        """Let there be as many threads as places and calls that wait; the number only rises."""
        self._set_threads = set_threads

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a call when there is a place for it."""
        environ[_KEY] = self
        with self._places:
            return self._app(environ, start_response)

    @contextmanager
    def given_back(self) -> Iterator[None]:
        """Somebody else works while this call waits."""
        self._one_more_waits()
        self._places.release()
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
            self._places.acquire()

    def _one_more_waits(self) -> None:
        with self._lock:
            waiting = self._waiting + 1
            if self._set_threads is not None and waiting > self._most:
                self._set_threads(self._count + waiting)
                self._most = waiting
            self._waiting = waiting


def parking(environ: "dict[str, Any]") -> AbstractContextManager[None]:
    """For a call that waits. Nothing where the app runs without places (a demo, a test)."""
    slots = environ.get(_KEY)
    return slots.given_back() if isinstance(slots, WorkSlots) else nullcontext()
