"""What a person waits for: the command line, the server, the first page.

| figure | what is measured |
|---|---|
| `cli.help` | `yika --help` from start to end; baseline: a Python that imports click |
| `server.ready` | `yika serve` on a new SQLite store until /api/health answers |
| `page.first` | bytes of the desk's first page with its styles, scripts and pictures, unpacked |
"""

import http.client
import re
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urljoin

import httpx

from benchmarks.measure import Effort, Figure, Measure, wall_s
from benchmarks.processes import yika
from cardserver.domain.sealed import KEY_FILE_SIZE, KeyFile
from cardserver.vault import create_vault, new_estate_id
from simulators.site import ADDRESSES, Site

_ASK_S: Final = 0.005
_GIVE_UP_S: Final = 60.0
_ASSET: Final = re.compile(
    r"""<(?:link|script|img)\b[^>]*?\b(?:href|src)\s*=\s*["']([^"'#]+)["']""", re.IGNORECASE
)

Server = subprocess.Popen[bytes]


class NotReady(Exception):
    """The server ended, or never answered."""


def _help(effort: Effort) -> Figure:
    ours, bare = [*yika(), "--help"], [sys.executable, "-c", "import click"]
    ours_s, bare_s = wall_s([lambda: _run(ours), lambda: _run(bare)], effort)
    return Figure(name="cli.help", value=ours_s, unit="s", baseline=bare_s)


def _run(words: Sequence[str]) -> None:
    subprocess.run(words, check=True, capture_output=True)


def _ready(effort: Effort) -> Figure:
    with TemporaryDirectory(prefix="yika-bench-") as name:
        folder = Path(name)
        keys = keys_made(folder)
        stores = count()

        def start() -> Server:
            store = f"sqlite:///{folder / f'{next(stores)}.db'}"
            return served(*keys, "--database", store)[0]

        (ready_s,) = wall_s([start], effort, after=ended)
        return Figure(name="server.ready", value=ready_s, unit="s")


def keys_made(folder: Path) -> Sequence[str]:
    """A keyring of our own, for the server refuses the demo's; the words that open it."""
    keyfile, keyring = folder / "server.key", folder / "keyring.json"
    keyfile.write_bytes(secrets.token_bytes(KEY_FILE_SIZE))
    create_vault(keyring, KeyFile(keyfile.read_bytes()), estate_id=new_estate_id()).close()
    return ["--keyring", str(keyring), "--keyfile", str(keyfile)]


def served(*settings: str) -> tuple[Server, int]:
    """A `yika serve` that answers, and its port. Raises NotReady."""
    port = free_port()
    words = [*yika(), "serve", "--listen", f"127.0.0.1:{port}", *settings]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_healthy(server, port)
    except NotReady:
        ended(server)
        raise
    return server, port


def ended(server: Server) -> None:
    """Stop a program of ours and wait for its end."""
    server.terminate()
    server.wait(_GIVE_UP_S)


def _wait_until_healthy(server: Server, port: int) -> None:
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
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _first_page(_effort: Effort) -> Figure:
    with TemporaryDirectory(prefix="yika-bench-") as folder, Site(Path(folder)) as site:
        transport = httpx.WSGITransport(app=site.wsgi())
        with httpx.Client(transport=transport, base_url="http://localhost") as browser:
            total = sum(bytes_of(browser, ADDRESSES["desk"]).values())
    return Figure(name="page.first", value=total, unit="bytes")


def bytes_of(browser: httpx.Client, address: str) -> dict[str, int]:
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
