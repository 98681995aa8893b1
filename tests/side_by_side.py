"""`--workers N`: the tests are collected once, and run by processes forked from there.

So nothing is imported, collected or built twice, and a worker more costs next to nothing: while one
waits for a device or a page, another one computes. A worker is given one bundle of tests after the
other: a file, or all tests marked `together` under one name; where a file is marked `apart`, each
of its tests is a bundle. What takes longest begins first.
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any, Final, cast

import pytest
from _pytest.capture import CaptureManager

Bundle = list[int]
"""Places of tests among all that were collected."""

Told = tuple[int, list[dict[str, Any]]]
"""Which test has run, and the reports on it."""

THEN: Final = ("tests/contract/", "tests/scenario/", "tests/unit/benchmarks/", "tests/unit/kiosk/")
"""Files that take long, after what is told by name: that waits for devices and pages."""

PATIENCE_S: Final = 20.0
_FORK = get_context("fork")
_GONE: Final = (EOFError, OSError)


def pytest_addoption(parser: pytest.Parser) -> None:
    """See pytest."""
    parser.addoption("--workers", type=int, default=0, help="run the tests in so many processes")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run what was collected, if workers are wanted; else leave it to pytest."""
    option = session.config.option
    if option.workers < 1 or option.collectonly or session.testsfailed:
        return None
    Foreman(session, deque(bundles(session.items))).run(option.workers)
    return True


# --- what is given out


def bundles(items: Sequence[pytest.Item]) -> list[Bundle]:
    """All tests, in the order in which they are given out."""
    found: dict[str, Bundle] = {}
    for place, item in enumerate(items):
        found.setdefault(_bundle_of(item), []).append(place)
    return [found[name] for name in sorted(found, key=_rank)]


def _bundle_of(item: pytest.Item) -> str:
    together = item.get_closest_marker("together")
    if together is not None:
        return str(together.args[0])
    return item.nodeid if item.get_closest_marker("apart") else item.location[0]


def _rank(name: str) -> int:
    if not name.startswith("tests/"):
        return -2 if name.startswith("browser") else -1
    return next((rank for rank, folder in enumerate(THEN) if name.startswith(folder)), len(THEN))


# --- who gives out


@dataclass(slots=True, eq=False)
class Worker:
    """A process, the line to it, and the tests it was given and has not told of yet."""

    process: ForkProcess
    line: Connection
    given: deque[int] = field(default_factory=deque)


@dataclass(slots=True)
class Foreman:
    """Gives the bundles out, and passes on to pytest what the workers tell."""

    session: pytest.Session
    waiting: deque[Bundle]
    workers: list[Worker] = field(default_factory=list)
    hired: int = 0
    stopped: bool = False
    missing: int = field(init=False)

    def __post_init__(self) -> None:
        self.missing = sum(map(len, self.waiting))

    def run(self, count: int) -> None:
        """Until every test has run, or as many have failed as are enough."""
        if threading.active_count() > 1:
            raise RuntimeError("a thread runs already, and no fork would take it along")
        _folders(self.session.config).getbasetemp()  # one for all, made before they part
        try:
            for _ in range(min(count, len(self.waiting))):
                self.hire()
            while self.workers:
                self.listen()
            if self.missing and not self.stopped:
                raise RuntimeError(f"{self.missing} tests were never told of")
        finally:
            self.stop()
            for worker in self.workers:
                worker.process.join(PATIENCE_S)
                worker.process.kill()

    def hire(self) -> None:
        """One worker more."""
        self.hired += 1
        ours, theirs = _FORK.Pipe()
        name = f"worker-{self.hired}"
        not_theirs = [ours, *(worker.line for worker in self.workers)]
        process = _FORK.Process(target=_work, args=(self.session, theirs, name, not_theirs))
        process.start()
        theirs.close()
        self.workers.append(Worker(process, ours))

    def listen(self) -> None:
        """Wait until one of them has something to tell."""
        by_line = {worker.line: worker for worker in self.workers}
        for line in wait(by_line):
            worker = by_line[cast("Connection", line)]
            with self.watching(worker):
                told: Told | None = worker.line.recv()
                if told is None:
                    self.give(worker)
                else:
                    self.report(worker, told)
        if (self.session.shouldfail or self.session.shouldstop) and not self.stopped:
            self.stop()

    @contextmanager
    def watching(self, worker: Worker) -> Iterator[None]:
        """Notice when a worker is no longer there."""
        here = True
        try:
            yield
        except _GONE:
            here = False
        if not here:
            self.gone(worker)

    def give(self, worker: Worker) -> None:
        """The next bundle; none is the word to go."""
        if not self.stopped:
            worker.given.extend(self.waiting.popleft() if self.waiting else ())
            worker.line.send([*worker.given])

    def report(self, worker: Worker, told: Told) -> None:
        """What pytest would have been told by a test in this process."""
        place, reports = told
        worker.given.remove(place)
        self.missing -= 1
        config = self.session.config
        for data in reports:
            report = config.hook.pytest_report_from_serializable(config=config, data=data)
            config.hook.pytest_runtest_logreport(report=report)

    def stop(self) -> None:
        """Nobody begins another test."""
        self.stopped = True
        for worker in self.workers:
            with suppress(*_GONE):
                worker.line.send([])

    def gone(self, worker: Worker) -> None:
        """Home, because there was no more to do; or in the middle of a test, which has failed."""
        self.workers.remove(worker)
        worker.process.join()
        code = worker.process.exitcode
        if worker.given and (code or not self.stopped):
            item = self.session.items[worker.given.popleft()]
            self.missing -= 1
            words = f"the process that ran this test ended with {code}"
            report = pytest.TestReport(item.nodeid, item.location, {}, "failed", words, "call")
            item.ihook.pytest_runtest_logreport(report=report)
            if not self.stopped:
                self.waiting.appendleft([*worker.given])
                self.hire()
        elif code:
            self.session.testsfailed += 1  # what went wrong after the last test is on stderr


# --- who works


@dataclass(slots=True, eq=False)
class Notebook:
    """A plugin that writes down how the present test goes."""

    reports: list[pytest.TestReport] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """See pytest. What a test that passed has printed and logged is of no interest."""
        if report.passed:
            report.sections.clear()
        self.reports.append(report)


def _work(
    session: pytest.Session, line: Connection, name: str, not_ours: Sequence[Connection]
) -> None:
    """Run one bundle after the other, until there is none. Nothing that was begun stays behind."""
    for each in not_ours:
        each.close()
    notebook = _settle_in(session.config, name)
    try:
        # Where it breaks off, the one who gives out is going home too, or is gone.
        with suppress(KeyboardInterrupt, *_GONE):
            _run_bundles(session, line, notebook)
    finally:
        session._setupstate.teardown_exact(None)


def _run_bundles(session: pytest.Session, line: Connection, notebook: Notebook) -> None:
    while places := _next_bundle(line):
        for place, following in zip(places, [*places[1:], None], strict=True):
            # After a bundle, only what is made for the whole session is kept.
            then = session if following is None else session.items[following]
            session.config.hook.pytest_runtest_protocol(item=session.items[place], nextitem=then)
            line.send((place, _in_writing(session.config, notebook)))
            if line.poll():  # nothing is sent unasked but the word to stop
                break


def _settle_in(config: pytest.Config, name: str) -> Notebook:
    """Own files for what is printed, an own folder, and nothing on the screen."""
    plugins, notebook = config.pluginmanager, Notebook()
    plugins.unregister(name="terminalreporter")
    plugins.register(notebook)
    capture = cast("CaptureManager", plugins.getplugin("capturemanager"))
    capture.stop_global_capturing()
    capture.start_global_capturing()
    capture.suspend_global_capture(in_=True)
    folders = _folders(config)
    folders._basetemp = folders.mktemp(name, numbered=False)
    return notebook


def _folders(config: pytest.Config) -> pytest.TempPathFactory:
    return cast("pytest.TempPathFactory", config._tmp_path_factory)  # type: ignore[attr-defined]


def _next_bundle(line: Connection) -> Bundle:
    line.send(None)
    return cast("Bundle", line.recv())


def _in_writing(config: pytest.Config, notebook: Notebook) -> list[dict[str, Any]]:
    write = config.hook.pytest_report_to_serializable
    written = [write(config=config, report=report) for report in notebook.reports]
    notebook.reports.clear()
    return written
