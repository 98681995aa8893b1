"""A card server that outlives the kiosk: it stands outside, on a port of this machine.

What the killed kiosk had sent is carried out to its end; nobody waits for the answer any more.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from cardserver.client import CardServerClient
from tests.databases.servers import server_of
from tests.scenario.ground import Ground, Line, SetClock

PATIENCE_S = 20.0


class Quiet(WSGIRequestHandler):
    """Hundreds of calls are not worth a line each."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - its own name
        """Say nothing."""


class Living:
    """The server of a ground, for kiosks in other processes."""

    def __init__(self, ground: Ground) -> None:
        self._app = server_of(ground.estate)
        self._at_work = 0
        self._changed = threading.Condition()
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, request_handler=Quiet
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def _serve(self, environment: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        with self._changed:
            self._at_work += 1
        try:
            return [b"".join(self._app(environment, start))]
        finally:
            with self._changed:
                self._at_work -= 1
                self._changed.notify_all()

    def come_to_rest(self) -> None:
        """Every call that had arrived has been carried out."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._at_work, PATIENCE_S)

    def close(self) -> None:
        """The server ends as well."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Afar:
    """The same server as a kiosk on another machine has it: a line and a token."""

    url: str
    tokens: Mapping[str, str]
    clock: SetClock
    line: Line = field(default_factory=lambda: Line(httpx.HTTPTransport()))

    def client(self, station: str) -> CardServerClient:
        headers = {"Authorization": f"Bearer {self.tokens[station]}"}
        http = httpx.Client(transport=self.line, base_url=self.url, headers=headers)
        return CardServerClient(http, wait=lambda _s: None)
