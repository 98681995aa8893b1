"""The line's limits: nothing is followed, remembered or waited for without end."""

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from cardserver.payments import line as line_module
from cardserver.payments.api import ProviderName, ProviderUnavailable
from cardserver.payments.line import Line


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class Echo:
    """Answers by its path, and remembers what it was asked with."""

    def __init__(self) -> None:
        self.cookies: list[str] = []
        self.paths: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.paths.append(path)
        self.cookies.append(environ.get("HTTP_COOKIE", ""))
        if path == "/elsewhere":
            start("302 Found", [("Location", "/good")])
            return [b"go"]
        start("200 OK", [("Set-Cookie", "a=1"), ("Content-Type", "text/plain")])
        return [b"x" * 1000 for _ in range(100)] if path == "/long" else [b"good"]


@pytest.fixture
def echo() -> Iterator[tuple[Echo, str]]:
    app = Echo()
    server = make_server("127.0.0.1", 0, app, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield app, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def send(line: Line, url: str) -> Any:
    return line.send("GET", url, body=b"", headers={})


def test_a_redirection_is_an_answer_and_not_followed(echo: tuple[Echo, str]) -> None:
    app, base = echo
    reply = send(Line(ProviderName.WECHAT), f"{base}/elsewhere")
    assert (reply.status, reply.ok) == (302, False)
    assert app.paths == ["/elsewhere"]


def test_no_cookie_is_kept(echo: tuple[Echo, str]) -> None:
    app, base = echo
    line = Line(ProviderName.WECHAT)
    for _ in range(2):
        assert send(line, f"{base}/good").body == b"good"
    assert app.cookies == ["", ""]


def test_an_answer_far_too_long_is_none(
    echo: tuple[Echo, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "MAX_BYTES", 10_000)
    with pytest.raises(ProviderUnavailable, match="too long"):
        send(Line(ProviderName.ALIPAY), f"{echo[1]}/long")


def test_an_answer_that_trickles_on_is_none(echo: tuple[Echo, str]) -> None:
    ticks = iter([0.0, 9.0, 10.0])
    line = Line(ProviderName.ALIPAY, monotonic=lambda: next(ticks))
    with pytest.raises(ProviderUnavailable, match="takes too long"):
        send(line, f"{echo[1]}/good")


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_account_is_not_used(
    echo: tuple[Echo, str], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert send(Line(ProviderName.WECHAT), f"{echo[1]}/good").body == b"good"
