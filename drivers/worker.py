"""One thread per device, and nobody else touches it.

Callers hand a job to the device's `DeviceWorker` and wait for its result with a deadline. Jobs run
one after the other in the order they came. A job that has begun can't be killed in the middle of a
card write; when its deadline passes, the caller learns that (DeviceTimeout), the job's `cancel`
event is set for it to notice between two steps, and whatever it still does stays in its own thread.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, ClassVar, Generic, TypeVar

from drivers.errors import DeviceError, DeviceTimeout

_log = logging.getLogger(__name__)

Result = TypeVar("Result")


class JobCancelled(DeviceError):
    """The job was cancelled, or the worker stopped, before the job began."""

    code: ClassVar[str] = "job-cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a device does: the code of its last job's error ("" when all is well) and since when."""

    error: str
    message: str
    since: datetime

    @property
    def ok(self) -> bool:
        """True when the last job went well."""
        return not self.error


class _Job(Generic[Result]):
    def __init__(self, call: Callable[[], Result], cancel: Event, *, last: bool = False) -> None:
        self.call = call
        self.cancel = cancel
        self.last = last  # the closing job runs although the worker is stopping
        self.future: Future[Result] = Future()


def _now() -> datetime:
    return datetime.now(UTC)


class DeviceWorker:
    """The owner of one device. `device` is its name in the configuration."""

    def __init__(self, device: str, *, clock: Callable[[], datetime] = _now) -> None:
        self.device = device
        self._clock = clock
        self._health = Health(error="", message="", since=clock())
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._stopping = Event()
        self._gate = Lock()  # orders submissions against the stop: nothing is queued behind it
        self._thread = Thread(target=self._run, name=f"device-{device}", daemon=True)
        self._thread.start()

    @property
    def health(self) -> Health:
        """Outcome of the last job that ended, and since when it has been like that."""
        return self._health

    @property
    def stopping(self) -> bool:
        """True from the call of `stop` on; long jobs look at it between two steps."""
        return self._stopping.is_set()

    def submit(
        self, job: Callable[[], Result], *, timeout_s: float, cancel: Event | None = None
    ) -> Result:
        """Run a job on the device's thread and wait for its result, at most `timeout_s` seconds.

        `cancel` may be set by anybody; a job that looks at it can end early, one that has not begun
        is not begun. It is set here when the time is over.

        Raises:
            DeviceTimeout: no result in time. The job may still be running.
            JobCancelled: cancelled or stopped before it began.
            Exception: whatever the job raised.
        """
        task = _Job(job, cancel if cancel is not None else Event())
        with self._gate:
            if self.stopping:
                raise JobCancelled("the device is being closed", device=self.device)
            self._jobs.put(task)
        try:
            return task.future.result(timeout_s)
        except TimeoutError:
            # Perhaps it ended just now, or raised a TimeoutError of its own: that is its answer.
            if task.future.done():
                return task.future.result()
            task.cancel.set()
            raise DeviceTimeout(
                f"no result within {timeout_s} s", device=self.device, timeout_s=timeout_s
            ) from None

    def stop(self, timeout_s: float, close: Callable[[], None] | None = None) -> bool:
        """Finish the running job, refuse the waiting ones, run `close` last, end the thread.

        Returns:
            True when the thread has ended within the time. Safe to call twice.
        """
        with self._gate:
            if not self.stopping:
                self._stopping.set()
                if close is not None:
                    self._jobs.put(_Job(close, Event(), last=True))
                self._jobs.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (task := self._jobs.get()) is not None:
            self._perform(task)

    def _perform(self, task: _Job[Any]) -> None:
        if task.cancel.is_set() or (self.stopping and not task.last):
            task.future.set_exception(JobCancelled(device=self.device))
            return
        try:
            result = task.call()
        except DeviceError as error:
            self._note(error.code, str(error))
            task.future.set_exception(error)
        except Exception as error:  # noqa: BLE001 - a faulty job must not take the device along
            _log.error("a job on %s failed", self.device, exc_info=error)
            self._note(type(error).__name__, str(error))
            task.future.set_exception(error)
        else:
            self._note("", "")
            task.future.set_result(result)

    def _note(self, error: str, message: str) -> None:
        if error != self._health.error:
            self._health = Health(error=error, message=message, since=self._clock())
