"""One thread per device. Waits are events, never sleeps."""

from datetime import UTC, datetime, timedelta
from threading import Event, Thread, current_thread

import pytest

from drivers.errors import CardRemoved, DeviceTimeout
from drivers.worker import DeviceWorker, JobCancelled

PLENTY_S = 30.0


@pytest.fixture
def worker():
    made = DeviceWorker("reader-1")
    yield made
    assert made.stop(PLENTY_S)


class Clock:
    def __init__(self):
        self.now = datetime(2025, 6, 9, tzinfo=UTC)

    def __call__(self):
        self.now += timedelta(seconds=1)
        return self.now


def test_jobs_run_one_after_the_other_in_the_devices_own_thread(worker):
    seen = []
    for number in range(5):
        result = worker.submit(
            lambda number=number: seen.append(current_thread().name) or number, timeout_s=PLENTY_S
        )
        assert result == number
    assert set(seen) == {"device-reader-1"}


def test_jobs_from_many_threads_never_overlap(worker):
    inside, overlaps, done = [], [], []

    def job():
        overlaps.extend(inside)
        inside.append(1)
        inside.pop()
        done.append(1)

    def caller():
        for _ in range(50):
            worker.submit(job, timeout_s=PLENTY_S)

    callers = [Thread(target=caller) for _ in range(4)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    assert (len(done), overlaps) == (200, [])


@pytest.mark.parametrize("error", [CardRemoved("gone"), ValueError("bug"), TimeoutError("own")])
def test_what_a_job_raises_is_raised_to_its_caller_and_the_worker_lives_on(worker, error):
    def job():
        raise error

    with pytest.raises(type(error), match=str(error)):
        worker.submit(job, timeout_s=PLENTY_S)
    assert worker.submit(lambda: 1, timeout_s=PLENTY_S) == 1


def test_a_caller_waits_no_longer_than_its_deadline_and_the_job_is_told(worker):
    cancel, begun = Event(), Event()

    def job():
        begun.set()
        return cancel.wait(PLENTY_S)

    with pytest.raises(DeviceTimeout) as late:
        worker.submit(job, timeout_s=0.05, cancel=cancel)
    assert begun.is_set()
    assert (late.value.device, late.value.timeout_s) == ("reader-1", 0.05)
    assert worker.submit(lambda: 2, timeout_s=PLENTY_S) == 2


def test_a_job_whose_caller_gave_up_before_it_began_is_not_begun(worker):
    begun, release, ran = Event(), Event(), []
    blocker = Thread(
        target=worker.submit,
        args=(lambda: (begun.set(), release.wait(PLENTY_S)),),
        kwargs={"timeout_s": PLENTY_S},
    )
    blocker.start()
    begun.wait(PLENTY_S)
    with pytest.raises(DeviceTimeout):
        worker.submit(lambda: ran.append(1), timeout_s=0.05)
    release.set()
    blocker.join()
    worker.submit(lambda: None, timeout_s=PLENTY_S)
    assert ran == []


def test_a_cancelled_job_is_not_begun(worker):
    cancel = Event()
    cancel.set()
    with pytest.raises(JobCancelled):
        worker.submit(lambda: pytest.fail("ran"), timeout_s=PLENTY_S, cancel=cancel)


def test_health_tells_the_last_error_and_since_when():
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


def test_a_stopped_worker_closes_its_device_last_and_refuses_work():
    worker = DeviceWorker("reader-1")
    order, begun, release = [], Event(), Event()
    running = Thread(
        target=worker.submit,
        args=(lambda: (begun.set(), release.wait(PLENTY_S), order.append("job")),),
        kwargs={"timeout_s": PLENTY_S},
    )
    running.start()
    begun.wait(PLENTY_S)
    refused = []

    def waiting():
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


def test_a_job_that_fails_by_mistake_is_logged_with_its_trace(worker, caplog):
    with pytest.raises(ZeroDivisionError):
        worker.submit(lambda: 1 // 0, timeout_s=PLENTY_S)
    assert "a job on reader-1 failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert worker.health.error == "ZeroDivisionError"
