"""A built station: its pages, and how it is started and stopped."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

_THREADS = 32
"""Each page that listens to the bell holds a thread of the web server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A desk, kiosk or gate, ready to run."""

    app: Flask
    start: Callable[[], None]
    stop: Callable[[], None]


def serve(station: Station, listen: str) -> None:
    """Run until interrupted. `listen` is ``host:port``. Raises OSError when the port is taken."""
    from waitress import serve as run

    station.app.config["TRUSTED_HOSTS"].append(listen.rpartition(":")[0])
    station.start()
    try:
        run(station.app, listen=listen, threads=_THREADS, send_bytes=1, ident="yika")
    finally:
        station.stop()
