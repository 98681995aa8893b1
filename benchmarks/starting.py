"""What a person waits for: the command line, the server, the first page.

| figure | from | to |
|---|---|---|
| `cli.help` | the shell calls `yika --help` | it has ended; baseline: a Python that imports click |
| `server.ready` | the shell calls `yika serve` | /api/health answers; the SQLite store is new each time |
| `page.first` | | bytes of the desk's first page with its styles, scripts and pictures, uncompressed |
"""

import http.client
import re
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urljoin

import httpx

from benchmarks.measure import Effort, Figure, Measure, wall_s
from cardserver.domain.keys import EstateId
from cardserver.domain.sealed import KEY_FILE_SIZE, KeyFile
from cardserver.vault import create_vault
from simulators.site import ADDRESSES, Site

_YIKA: Final = (sys.executable, "-m", "kiosk.cli")
_ASK_S: Final = 0.005
_GIVE_UP_S: Final = 60.0
_ASSET: Final = re.compile(
    r"""<(?:link|script|img)\b[^>]*?\b(?:href|src)\s*=\s*["']([^"'#]+)["']""", re.IGNORECASE
)


class NotReady(Exception):
    """The server ended, or never answered."""


def _help(effort: Effort) -> Figure:
    ours_s = wall_s(lambda: _run(*_YIKA, "--help"), effort)
    bare_s = wall_s(lambda: _run(sys.executable, "-c", "import click"), effort)
    return Figure(name="cli.help", value=ours_s, unit="s", baseline=bare_s)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def _ready(effort: Effort) -> Figure:
    with TemporaryDirectory(prefix="yika-bench-") as folder:
        keyfile, keyring = Path(folder) / "server.key", Path(folder) / "keyring.json"
        keyfile.write_bytes(secrets.token_bytes(KEY_FILE_SIZE))
        secret = KeyFile(keyfile.read_bytes())
        create_vault(keyring, secret, estate_id=EstateId("BENCH01")).close()
        stores = iter(range(effort.starts + 1))

        def start() -> None:
            database = f"sqlite:///{Path(folder) / f'{next(stores)}.db'}"
            with _serving("--database", database, "--keyring", keyring, "--keyfile", keyfile):
                pass

        return Figure(name="server.ready", value=wall_s(start, effort), unit="s")


@contextmanager
def _serving(*settings: str | Path) -> Iterator[None]:
    """A `yika serve` that answers; its end is not waited for inside."""
    port = _free_port()
    words = [*_YIKA, "serve", "--listen", f"127.0.0.1:{port}", *map(str, settings)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_healthy(server, port)
        yield
    finally:
        server.kill()
        server.wait()


def _wait_until_healthy(server: "subprocess.Popen[bytes]", port: int) -> None:
    pause = threading.Event()
    for _ in range(round(_GIVE_UP_S / _ASK_S)):
        if _healthy(port):
            return
        if server.poll() is not None:
            raise NotReady(f"the server ended with {server.returncode}")
        pause.wait(_ASK_S)
    raise NotReady("the server does not answer")


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_GIVE_UP_S)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == httpx.codes.OK
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _first_page(_effort: Effort) -> Figure:
    with TemporaryDirectory(prefix="yika-bench-") as folder, Site(Path(folder)) as site:
        transport = httpx.WSGITransport(app=site.wsgi())
        with httpx.Client(transport=transport, base_url="http://localhost") as browser:
            total = sum(_bytes_of(browser, ADDRESSES["desk"]).values())
    return Figure(name="page.first", value=total, unit="bytes")


def _bytes_of(browser: httpx.Client, address: str) -> dict[str, int]:
    """Size of a page and of everything it names, each counted once."""
    page = browser.get(address).raise_for_status()
    sizes = {address: len(page.content)}
    for named in _ASSET.findall(page.text):
        asset = urljoin(address, named)
        if asset not in sizes:
            sizes[asset] = len(browser.get(asset).raise_for_status().content)
    return sizes


MEASURES: Final[Mapping[str, Measure]] = {
    "cli.help": _help,
    "server.ready": _ready,
    "page.first": _first_page,
}
