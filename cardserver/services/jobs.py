"""Long work apart from the call that asked for it: one at a time, its progress to be asked for.

What a job did stands in the store; here is only how far it is. A server that was started anew
knows of none, and the work is simply asked for again. Whoever tells of both looks here first: a job
that is over has written what it will, but one that ends after the store was read has not.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

from cardserver.domain.errors import DomainError
from cardserver.services.errors import ServiceError

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Progress:
    """How far a job is. `trouble` is the word for what stopped it."""

    done: int = 0
    total: int = 0
    running: bool = True
    trouble: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def step(self, done: int, total: int) -> None:
        """So many of so many are behind it."""
        self.done, self.total = done, total


Work = Callable[[Progress], None]


class Jobs:
    """Work that is being done, by its name."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="job")
        self._known: dict[str, Progress] = {}
        self._lock = threading.Lock()

    def start(self, name: str, work: Work) -> Progress:
        """Begin, unless this very work is under way."""
        with self._lock:
            known = self._known.get(name)
            if known is not None and known.running:
                return known
            progress = self._known[name] = Progress()
        self._pool.submit(self._run, name, work, progress)
        return progress

    def as_of_now(self) -> Mapping[str, Progress]:
        """How far each is at this moment, by its name; nothing of it changes afterwards."""
        with self._lock:
            return {name: replace(progress) for name, progress in self._known.items()}

    def wait(self, name: str, timeout_s: float) -> None:
        """Until it has ended."""
        with self._lock:
            progress = self._known.get(name)
        if progress is not None:
            progress.ended.wait(timeout_s)

    def _run(self, name: str, work: Work, progress: Progress) -> None:
        try:
            work(progress)
        except (DomainError, ServiceError) as refused:
            progress.trouble = str(getattr(refused, "reason", "")) or refused.code
        except Exception:  # noqa: BLE001 - whatever it was, whoever waits for it is told
            _log.exception("the job %s broke off", name)
            progress.trouble = "internal"
        finally:
            progress.running = False
            progress.ended.set()


JOBS: Final = Jobs()
"""Those of this process."""
