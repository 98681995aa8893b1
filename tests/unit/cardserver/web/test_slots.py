"""Calls that only wait: each brings a thread with it, and none is made before."""

import gc
import socket
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cardserver.web.listening import listening
from cardserver.web.slots import WorkSlots, parking

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PLACES = 3
WAIT_S = 5.0


class Calls:
    """An app each of whose calls goes on with the next one while it waits, as deep as is asked."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.slots = WorkSlots(self._app, PLACES)

    def _app(self, environ: "WSGIEnvironment", _answer: "StartResponse") -> Iterable[bytes]:
        if environ["deep"]:
            with parking(environ):
                self.made(environ["deep"] - 1)
        return []

    def made(self, deep: int) -> None:
        self.slots({"deep": deep}, lambda *_: lambda _data: None)


@contextmanager
def serving(app: "WSGIApplication", ending: Callable[[], None] = lambda: None) -> Iterator[Any]:
    """A server of this app at work."""
    server: Any = listening(
        app, host="127.0.0.1", port=0, places=PLACES, waiting=250, ending=ending
    )
    running = Thread(target=server.run, daemon=True)
    running.start()
    try:
        yield server
    finally:
        server.task_dispatcher.shutdown()
        while server._map:
            for each in list(server._map.values()):
                each.handle_close()
        running.join()


@pytest.fixture
def calls() -> Calls:
    return Calls()


def test_there_is_a_thread_for_each_place_and_for_each_call_that_waits(calls: Calls) -> None:
    calls.slots.let_grow(calls.threads.append)
    calls.made(0)
    assert calls.threads == []
    calls.made(2)
    assert calls.threads == [PLACES + 1, PLACES + 2]


def test_a_thread_that_was_made_stays(calls: Calls) -> None:
    calls.slots.let_grow(calls.threads.append)
    for deep in (2, 1, 2, 3):
        calls.made(deep)
    assert calls.threads == [PLACES + 1, PLACES + 2, PLACES + 3]


def test_a_call_that_waits_without_more_threads_gives_its_place_back(calls: Calls) -> None:
    """As in the demo, where another server brings its own."""
    calls.made(5 * PLACES)
    assert calls.threads == []


def test_a_server_starts_with_a_thread_for_each_place_however_many_may_wait() -> None:
    counts: list[int] = []

    def app(environ: "WSGIEnvironment", answer: "StartResponse") -> Iterable[bytes]:
        with parking(environ):
            counts.append(len(server.task_dispatcher.threads))
        answer("204 No Content", [])
        return []

    with serving(app) as server:
        counts.append(len(server.task_dispatcher.threads))
        for _ in range(2):
            assert httpx.get(f"http://127.0.0.1:{server.effective_port}/").status_code == 204
    assert counts == [PLACES, PLACES + 1, PLACES + 1]


def test_a_server_that_is_ended_answers_who_waits() -> None:
    waits, over = Event(), Event()

    def app(_environ: "WSGIEnvironment", answer: "StartResponse") -> Iterable[bytes]:
        waits.set()
        answer("204 No Content" if over.wait(WAIT_S) else "504 Gateway Timeout", [])
        return []

    with serving(app, ending=over.set) as server, ThreadPoolExecutor(1) as gate:
        answer = gate.submit(httpx.get, f"http://127.0.0.1:{server.effective_port}/")
        assert waits.wait(WAIT_S)
        server.task_dispatcher.shutdown()
        assert answer.result(WAIT_S).status_code == 204


def test_a_server_that_finds_its_port_taken_leaves_nothing_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            listening(lambda *_: [], host="127.0.0.1", port=port, places=1, waiting=0)
    gc.collect()  # what was left open would be told here
