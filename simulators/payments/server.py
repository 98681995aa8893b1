"""The providers on a port of this machine: one thread for each exchange, loopback only."""

import logging
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from cardserver.payments.accounts import AlipayAccount, WechatAccount
from simulators.payments.answers import Dropped, Question
from simulators.payments.book import Clock
from simulators.payments.merchant import Merchant
from simulators.payments.notices import Delivery
from simulators.payments.providers import PayProviders

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST: Final = "127.0.0.1"
MAX_BODY: Final = 1 << 20
CONTROL: Final = "/control/"

log = logging.getLogger(__name__)


class _Quiet(WSGIRequestHandler):
    """Without a line on the terminal for each request."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # werkzeug's name
        log.debug("%s: %s", type, message % args if args else message)


class PayServer:
    """Both providers, listening from the start; `beside` answers what is under `CONTROL`."""

    def __init__(
        self,
        clock: Clock,
        *,
        port: int = 0,
        merchant: Merchant | None = None,
        deliver: Delivery | None = None,
    ) -> None:
        self._stopped = threading.Event()
        self._server = _listen(port, self._wsgi)
        self.base = f"http://{HOST}:{self._server.server_port}"
        self.providers = PayProviders(
            clock, base=self.base, merchant=merchant, deliver=deliver, wait=self._stopped.wait
        )
        self.beside: WSGIApplication | None = None
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="pay-server", daemon=True
        )
        self._thread.start()

    @property
    def accounts(self) -> tuple[WechatAccount, AlipayAccount]:
        """With what a merchant's server asks."""
        return self.providers.accounts

    def close(self) -> None:
        """Stop listening; slow answers end at once."""
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.providers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wsgi(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if self.beside is not None and environ["PATH_INFO"].startswith(CONTROL):
            return self.beside(environ, start_response)
        request = Request(environ)
        request.max_content_length = MAX_BODY
        question = Question(
            method=request.method,
            target=environ["REQUEST_URI"],
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.get_data(),
        )
        try:
            answer = self.providers.answer(question)
        except Dropped:
            _hang_up(environ["werkzeug.socket"])
            return []
        response = Response(answer.body, answer.status, content_type=answer.content_type)
        response.headers.update(answer.headers)
        return response(environ, start_response)


def _listen(port: int, app: "WSGIApplication") -> BaseWSGIServer:
    return make_server(HOST, port, app, threaded=True, request_handler=_Quiet)


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
