"""The watchdog speaks to a real datagram socket, as the service manager holds one."""

import os
import socket
import threading

import pytest

from kiosk.station.watchdog import Watchdog


@pytest.fixture
def heard(tmp_path, monkeypatch):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(os.fspath(path))
        ear.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", os.fspath(path))
        yield lambda: ear.recv(100).decode()


def test_a_station_says_that_it_is_ready_and_gives_signs_of_life(heard, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    watchdog = Watchdog(lambda: True)
    watchdog.start()
    assert [heard(), heard(), heard()] == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]
    watchdog.stop()


def test_a_station_that_stands_still_falls_silent(heard, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "3000")
    asked, answers = threading.Semaphore(0), iter([True])

    def alive():
        asked.release()
        return next(answers, False)

    watchdog = Watchdog(alive)
    watchdog.start()
    for _ in range(4):
        assert asked.acquire(timeout=5)
    watchdog.stop()
    assert [heard(), heard()] == ["READY=1", "WATCHDOG=1"]
    monkeypatch.setenv("WATCHDOG_USEC", "0")
    unwatched = Watchdog(lambda: True)
    unwatched.start()
    unwatched.stop()
    assert heard() == "READY=1"


def test_where_nobody_asks_nothing_is_told(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    watchdog = Watchdog(lambda: pytest.fail("nobody asked"))
    watchdog.start()
    watchdog.stop()
