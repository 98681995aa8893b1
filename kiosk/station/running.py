"""A built station: its pages, and how it is started and stopped."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from kiosk.station.watchdog import Watchdog

_THREADS = 32
"""Each page that listens to the bell holds a thread of the web server."""

_IN_MEMORY = 64 * 1024 * 1024
"""What comes in is not laid into a file on its way: it may be a picture of somebody's paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A desk, kiosk or gate, ready to run. `at_work` says whether its work still moves."""

    app: Flask
    start: Callable[[], None]
    stop: Callable[[], None]
    at_work: Callable[[], bool] = lambda: True


def serve(station: Station, listen: str) -> None:
    """Run until interrupted. `listen` is ``host:port``. Raises OSError when the port is taken."""
    from waitress import serve as run

    station.app.config["TRUSTED_HOSTS"].append(listen.rpartition(":")[0])
    watchdog = Watchdog(station.at_work)
    station.start()
    watchdog.start()
    try:
        run(
            station.app,
            listen=listen,
            threads=_THREADS,
            send_bytes=1,
            ident="yika",
            inbuf_overflow=_IN_MEMORY,
            max_request_body_size=_IN_MEMORY,
        )
    finally:
        watchdog.stop()
        station.stop()
