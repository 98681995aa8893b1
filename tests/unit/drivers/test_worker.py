"""One thread per device. Waits are events, never sleeps."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, Thread, current_thread, get_ident

import pytest

from drivers.errors import CardRemoved, DeviceTimeout
from drivers.worker import DeviceWorker, JobCancelled

PLENTY_S = 30.0


@pytest.fixture
def worker() -> Iterator[DeviceWorker]:
    made = DeviceWorker("reader-1")
    yield made
    assert made.stop(PLENTY_S)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2025, 6, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def busy_until(
    release: Event, worker: DeviceWorker, then: Callable[[], None] = lambda: None
) -> Thread:
    """A caller whose job has begun and ends when released."""
    begun = Event()

    def job() -> None:
        begun.set()
        release.wait(PLENTY_S)
        then()

    caller = Thread(target=worker.submit, args=(job,), kwargs={"timeout_s": PLENTY_S})
    caller.start()
    begun.wait(PLENTY_S)
    return caller


def test_jobs_run_one_after_the_other_in_the_devices_own_thread(worker: DeviceWorker) -> None:
    seen = []
    for number in range(5):

        def job(number: int = number) -> int:
            seen.append(current_thread().name)
            return number

        assert worker.submit(job, timeout_s=PLENTY_S) == number
    assert set(seen) == {"device-reader-1"}


def test_jobs_from_many_threads_all_run_in_that_one_thread(worker: DeviceWorker) -> None:
    ran_in: list[int] = []

    def caller() -> None:
        for _ in range(50):
            worker.submit(lambda: ran_in.append(get_ident()), timeout_s=PLENTY_S)

    callers = [Thread(target=caller) for _ in range(4)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    assert len(ran_in) == 200
    assert len(set(ran_in)) == 1


@pytest.mark.parametrize("error", [CardRemoved("gone"), ValueError("bug"), TimeoutError("own")])
def test_what_a_job_raises_is_raised_to_its_caller_and_the_worker_lives_on(
    worker: DeviceWorker, error: Exception
) -> None:
    def job():
        raise error

    with pytest.raises(type(error), match=str(error)):
        worker.submit(job, timeout_s=PLENTY_S)
    assert worker.submit(lambda: 1, timeout_s=PLENTY_S) == 1


def test_a_caller_waits_no_longer_than_its_deadline_and_the_job_is_told(
    worker: DeviceWorker,
) -> None:
    cancel, begun = Event(), Event()

    def job():
        begun.set()
        return cancel.wait(PLENTY_S)

    with pytest.raises(DeviceTimeout) as late:
        worker.submit(job, timeout_s=0.05, cancel=cancel)
    assert begun.is_set()
    assert (late.value.device, late.value.timeout_s) == ("reader-1", 0.05)
    assert worker.submit(lambda: 2, timeout_s=PLENTY_S) == 2


def test_a_job_whose_caller_gave_up_before_it_began_is_not_begun(worker: DeviceWorker) -> None:
    release = Event()
    ran: list[int] = []
    blocker = busy_until(release, worker)
    with pytest.raises(DeviceTimeout):
        worker.submit(lambda: ran.append(1), timeout_s=0.05)
    release.set()
    blocker.join()
    worker.submit(lambda: None, timeout_s=PLENTY_S)
    assert ran == []


def test_a_cancelled_job_is_not_begun(worker: DeviceWorker) -> None:
    cancel = Event()
    cancel.set()
    with pytest.raises(JobCancelled):
        worker.submit(lambda: pytest.fail("ran"), timeout_s=PLENTY_S, cancel=cancel)


def test_health_tells_the_last_error_and_since_when() -> None:
    worker = DeviceWorker("reader-1", clock=Clock())

    def pulled():
        raise CardRemoved("pulled away")

    assert worker.health.ok
    first = worker.health.since
    worker.submit(lambda: None, timeout_s=PLENTY_S)
    assert worker.health.since == first
    for _ in range(2):
        with pytest.raises(CardRemoved):
            worker.submit(pulled, timeout_s=PLENTY_S)
    ill = worker.health
    assert (ill.ok, ill.error, ill.message) == (False, "card-removed", "pulled away")
    assert ill.since == first + timedelta(seconds=1)
    worker.submit(lambda: None, timeout_s=PLENTY_S)
    assert worker.health.ok
    assert worker.health.since == ill.since + timedelta(seconds=1)
    worker.stop(PLENTY_S)


def test_a_stopped_worker_closes_its_device_last_and_refuses_work() -> None:
    worker = DeviceWorker("reader-1")
    release = Event()
    order: list[str] = []
    refused: list[int] = []
    running = busy_until(release, worker, lambda: order.append("job"))

    def waiting() -> None:
        try:
            worker.submit(lambda: order.append("never"), timeout_s=PLENTY_S)
        except JobCancelled:
            refused.append(1)

    queued = Thread(target=waiting)
    queued.start()
    assert not worker.stop(0.05, close=lambda: order.append("closed"))
    assert worker.stopping
    release.set()
    assert worker.stop(PLENTY_S)
    running.join()
    queued.join()
    assert order == ["job", "closed"]
    assert refused == [1]
    with pytest.raises(JobCancelled):
        worker.submit(lambda: 1, timeout_s=PLENTY_S)


def test_a_job_that_fails_by_mistake_is_logged_with_its_trace(
    worker: DeviceWorker, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ZeroDivisionError):
        worker.submit(lambda: 1 // 0, timeout_s=PLENTY_S)
    assert "a job on reader-1 failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert worker.health.error == "ZeroDivisionError"
