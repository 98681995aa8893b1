"""A built station: its pages, and how it is started and stopped."""

import errno
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask

from kiosk.station.watchdog import Watchdog

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from waitress.server import BaseWSGIServer, MultiSocketServer

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


def listening(
    app: "WSGIApplication", listen: str, *, places: int = _THREADS
) -> "BaseWSGIServer | MultiSocketServer":
    """The web server of a station's pages, which answers once told to `run`.

    `listen` is ``host:port``, `places` how many calls and listening pages are served at a time. It
    hears at once that a page has gone (`events.stream` asks), also while it is answering.

    Raises OSError, with the address in it, where the port is taken or not ours.
    """
    from waitress.server import create_server

    opened: dict[int, Any] = {}
    try:
        return create_server(
            app,
            map=opened,
            listen=listen,
            threads=places,
            send_bytes=1,
            ident="yika",
            channel_request_lookahead=1,
            inbuf_overflow=_IN_MEMORY,
            max_request_body_size=_IN_MEMORY,
        )
    except OSError as error:
        for each in list(opened.values()):
            each.close()
        raise OSError(error.errno, error.strerror, listen) from None
    except ValueError:  # a name that nobody knows
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL), listen) from None
