"""A built station: its pages, and how it is started and stopped."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from kiosk.station.listening import listening
from kiosk.station.watchdog import Watchdog


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A desk, kiosk or gate, ready to run. `at_work` says whether its work still moves."""

    app: Flask
    start: Callable[[], None]
    stop: Callable[[], None]
    at_work: Callable[[], bool] = lambda: True


def serve(station: Station, listen: str, *, announce: Callable[[], object]) -> None:
    """Run until interrupted. `listen` is ``host:port``; `announce` is called once pages are there.

    Raises OSError when nobody can listen there. That is found out before a device is touched: the
    port may be taken because this very station is running already.
    """
    station.app.config["TRUSTED_HOSTS"].append(listen.rpartition(":")[0])
    logging.basicConfig()
    server = listening(station.app, listen)
    watchdog = Watchdog(station.at_work)
    station.start()
    watchdog.start()
    announce()
    try:
        server.run()
    finally:
        server.close()
        watchdog.stop()
        station.stop()
