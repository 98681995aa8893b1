"""A station finds out whether it can listen before it touches a device; pages come and go."""

import gc
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from flask import Flask

from kiosk.station.events import Bell
from kiosk.station.listening import listening
from kiosk.station.running import Station, serve
from kiosk.station.web import create_station_app

pytestmark = pytest.mark.filterwarnings("ignore:send_bytes will be removed:DeprecationWarning")


@pytest.mark.parametrize("place", ["127.0.0.1:{port}", "192.0.2.1:8711"])
def test_a_place_where_nobody_can_listen_is_named_before_the_station_starts(place: str) -> None:
    """The port may be taken because the same kiosk is running: its acceptor is not ours then."""
    done: list[str] = []
    station = Station(
        app=Flask(__name__), start=lambda: done.append("start"), stop=lambda: done.append("stop")
    )
    station.app.config["TRUSTED_HOSTS"] = []
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        listen = place.format(port=other.getsockname()[1])
        with pytest.raises(OSError, match=re.escape(listen)):
            serve(station, listen, announce=lambda: done.append("announced"))
    gc.collect()  # a socket left open is told of here
    assert done == []


@pytest.fixture
def server() -> Any:
    """Two places for pages; it ends with the process."""
    app = create_station_app("station", bell=Bell())
    server: Any = listening(app, "127.0.0.1:0", places=2)
    threading.Thread(target=server.run, name="pages", daemon=True).start()
    return server


@contextmanager
def following(server: Any) -> Iterator[Iterator[str]]:
    """A page that listens; what it hears."""
    address = f"http://127.0.0.1:{server.effective_port}/events"
    with httpx.stream("GET", address, timeout=4) as page:
        heard = page.iter_text()
        assert next(heard) == "retry: 500\n\n"
        yield heard


def test_pages_that_were_left_keep_nobody_waiting(server: Any) -> None:
    """Who leafs quickly, or leans on F5, leaves more pages behind than the station has places."""
    for _ in range(3):
        with following(server):
            pass


def test_a_station_that_ends_lets_go_of_who_listens(server: Any) -> None:
    with following(server) as heard:
        server.task_dispatcher.shutdown()
        assert list(heard) == []
