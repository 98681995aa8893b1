"""The web server of a station: waitress, with a thread for each page that listens."""

import errno
import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from waitress.server import BaseWSGIServer, MultiSocketServer
    from waitress.task import ThreadedTaskDispatcher

GONE = "yika.gone"
"""In a call's environment: tells whether its page was left or the station is ending."""

_THREADS = 32
"""Each page that listens to the bell holds one."""

_IN_MEMORY = 64 * 1024 * 1024
"""What comes in is not laid into a file on its way: it may be a picture of somebody's paper."""


def listening(
    app: "WSGIApplication", listen: str, *, places: int = _THREADS
) -> "BaseWSGIServer | MultiSocketServer":
    """The web server of a station's pages, which answers once told to `run`.

    `listen` is ``host:port``, `places` how many calls and listening pages are served at a time. A
    call that never ends by itself asks `GONE` of its environment whether it is over.

    Raises OSError, with the address in it, where the port is taken or not ours.
    """
    from waitress.server import create_server

    opened: dict[int, Any] = {}
    ending = threading.Event()
    try:
        server = create_server(
            _told_when_over(app, ending),
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
    _end_listening_first(server.task_dispatcher, ending)
    return server


def _told_when_over(app: "WSGIApplication", ending: threading.Event) -> "WSGIApplication":
    def told(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        left = environ["waitress.client_disconnected"]
        environ[GONE] = lambda: ending.is_set() or left()
        return app(environ, start_response)

    return told


def _end_listening_first(dispatcher: "ThreadedTaskDispatcher", ending: threading.Event) -> None:
    """The server waits five seconds for calls at work before it ends: for pages that listen, in
    vain, and meanwhile they would show what was.
    """
    shut_down = dispatcher.shutdown

    def end(*how: Any, **more: Any) -> bool:
        ending.set()
        return shut_down(*how, **more)

    dispatcher.shutdown = end  # type: ignore[method-assign]
