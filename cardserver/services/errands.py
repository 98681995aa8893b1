"""Word between the use cases and the thread that speaks with payment providers: look, at once.

Nothing depends on it but patience: what is to be done stands in the store.
"""

import threading
import time
from typing import Final

SILENT_S: Final = 30.0
"""So long a provider that gave no answer isn't offered to anybody."""


class Errands:
    """What somebody waits for. Thread-safe."""

    def __init__(self) -> None:
        self._bell = threading.Event()
        self._lock = threading.Lock()
        self._hurried: set[str] = set()
        self._silent: dict[str, float] = {}

    def hurry(self, tender_id: str) -> None:
        """Somebody stands there and waits for this payment."""
        with self._lock:
            self._hurried.add(tender_id)
        self._bell.set()

    def wake(self) -> None:
        """Look whether there is anything to be done."""
        self._bell.set()

    def wait(self, seconds: float) -> frozenset[str]:
        """Until somebody calls or the time is over; the payments that are waited for."""
        self._bell.wait(seconds)
        self._bell.clear()
        with self._lock:
            hurried = frozenset(self._hurried)
            self._hurried.clear()
        return hurried

    def answered(self, provider: str) -> None:
        """The provider is there."""
        with self._lock:
            self._silent.pop(provider, None)

    def unanswered(self, provider: str) -> None:
        """It gave no answer just now."""
        with self._lock:
            self._silent[provider] = time.monotonic() + SILENT_S

    def silent(self) -> frozenset[str]:
        """Providers that gave no answer lately."""
        with self._lock:
            now = time.monotonic()
            return frozenset(name for name, until in self._silent.items() if until > now)
