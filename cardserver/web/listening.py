"""The server on its port: waitress, with its threads, its limits and nothing it says of itself."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from waitress.server import create_server

from cardserver.web.app import MAX_BODY_BYTES
from cardserver.web.slots import WorkSlots

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from waitress.server import BaseWSGIServer, MultiSocketServer
    from waitress.task import ThreadedTaskDispatcher

_SPARE_CONNECTIONS: Final = 200
"""For stations that keep a line open and ask nothing just now."""

# A call that waits for its turn is nothing to tell of; waitress would, of each.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def listening(
    app: "WSGIApplication",
    *,
    host: str,
    port: int,
    places: int,
    waiting: int,
    ending: Callable[[], None] = lambda: None,
) -> "BaseWSGIServer | MultiSocketServer":
    """The server of an app, which answers calls once told to `run`.

    Raises OSError, with the address in it, where the port is taken or not ours.

    `places` calls are worked on at a time, and up to `waiting` gates wait beside them. The threads
    for those are made when the first of them waits: hundreds at once would hold up every start.
    `ending` is called when the server begins to end, so that whoever waits is answered.
    """
    slots, opened = WorkSlots(app, places), dict[int, Any]()
    try:
        server = create_server(
            slots,
            map=opened,
            host=host,
            port=port,
            threads=places,
            connection_limit=places + waiting + _SPARE_CONNECTIONS,
            asyncore_use_poll=True,  # select() knows no more than 1,024 lines
            ident=None,
            max_request_body_size=MAX_BODY_BYTES,
        )
    except OSError as error:
        for each in list(opened.values()):
            each.close()
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from None
    slots.let_grow(server.task_dispatcher.set_thread_count)
    _call_when_it_ends(server.task_dispatcher, ending)
    return server


def _call_when_it_ends(dispatcher: "ThreadedTaskDispatcher", ending: Callable[[], None]) -> None:
    """The server gives calls at work five seconds, of which who waits for news would take all."""
    shut_down = dispatcher.shutdown

    def end(*how: Any, **more: Any) -> bool:
        ending()
        return shut_down(*how, **more)

    dispatcher.shutdown = end  # type: ignore[method-assign]
