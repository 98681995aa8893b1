"""What a resident at the kiosk waits for, and what the kiosk weighs.

| figure | what is measured |
|---|---|
| `kiosk.touch` | from a finger on a button to the next screen painted, in Chromium |
| `kiosk.page` | bytes of the kiosk's page with its styles, scripts and pictures, unpacked |
| `kiosk.boot` | `yika kiosk` from its start until its page invites the next resident |

The kiosk that boots stands on the real PC/SC daemon, its acceptor on a pty, its printer on a TCP
port, its server in a process of its own.
"""

import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from benchmarks.measure import Effort, Figure, Measure, p95, wall_s
from benchmarks.processes import yika
from benchmarks.starting import Server, bytes_of, ended, free_port, keys_made, served
from kiosk.selfservice.flow import Screen
from simulators.acceptor import VirtualAcceptor
from simulators.acceptor_path import AT_ONCE
from simulators.deskstory import add_parking, issue_to_the_owner
from simulators.paper import VirtualPrinter
from simulators.pcscd import PcscdUnavailable, open_pcscd
from simulators.site import ADDRESSES, Site
from simulators.stream import PtyPort, TcpPort
from simulators.teller import Teller
from tests.browser.served import KIOSK_SIZE, serve
from tests.chromium import open_chromium
from tests.databases.stores import lay_out_sqlite

_TOUCHES: Final = 100
_THERE_AND_BACK: Final = (".months .answers button", ".confirm .bottom form:first-child button")
_LOOK_S: Final = 0.005
_GIVE_UP_S: Final = 30.0
_TURN_S: Final = 30.0
_KIOSK: Final = "kiosk-1"
_CONFIG: Final = """
[station]
name = "自助机1"
server = "http://127.0.0.1:{server}"
token_file = "kiosk.token"
listen = "127.0.0.1:{listen}"
company = "翠湖物业服务有限公司"
phone = "0755-8000 1234"
[reader]
driver = "pcsc"
reader = "{reader}"
[printer]
kind = "network"
host = "127.0.0.1"
port = {printer}
[acceptor]
driver = "ssp"
port = "{acceptor}"
[kiosk]
journal = "kiosk.db"
"""
_TO_THE_NEXT_SCREEN: Final = """button => new Promise(painted => {
    const shown = () => document.querySelector('[data-screen]')?.dataset.screen;
    const before = shown(), began = performance.now();
    new MutationObserver((_, watch) => {
        if (shown() === before) return;
        watch.disconnect();
        requestAnimationFrame(() => painted(performance.now() - began));
    }).observe(document.getElementById('screen'), {childList: true, subtree: true});
    button.click();
})"""
"""Milliseconds from the finger to the frame that shows another screen."""


def _touch(effort: Effort) -> Figure:
    with (
        TemporaryDirectory(prefix="yika-bench-") as folder,
        serve(Path(folder)) as site,
        open_chromium() as chromium,
    ):
        _lay_card_with_parking(site.tell)
        width, height = KIOSK_SIZE
        page = chromium.new_page(viewport={"width": width, "height": height}, has_touch=True)
        page.goto(site.url + ADDRESSES["kiosk"])
        times = [
            page.locator(button).first.evaluate(_TO_THE_NEXT_SCREEN)
            for _ in range(effort.part_of(_TOUCHES) // 2 + 1)
            for button in _THERE_AND_BACK
        ]
    return Figure(name="kiosk.touch", value=p95(times[2:]), unit="ms p95")


def _lay_card_with_parking(tell: Teller) -> None:
    """The owner's card with a month of parking lies on the kiosk's reader."""
    issue_to_the_owner(tell)
    add_parking(tell)
    tell.lay("owner", "kiosk")
    tell.until("the months are offered", lambda: tell.state("kiosk")["screen"] == Screen.MONTHS)


def _page(_effort: Effort) -> Figure:
    with TemporaryDirectory(prefix="yika-bench-") as folder, Site(Path(folder)) as site:
        transport = httpx.WSGITransport(app=site.wsgi())
        with httpx.Client(transport=transport, base_url="http://localhost") as browser:
            total = sum(bytes_of(browser, ADDRESSES["kiosk"]).values())
    return Figure(name="kiosk.page", value=total, unit="bytes")


def _boot(effort: Effort) -> Figure:
    with ExitStack() as last:
        folder = Path(last.enter_context(TemporaryDirectory(prefix="yika-bench-")))
        try:
            daemon = last.enter_context(open_pcscd(turn_s=_TURN_S))
        except PcscdUnavailable as error:
            return Figure(name="kiosk.boot", value=None, unit="s", note=str(error))
        address = _configured(folder, last, reader=next(iter(daemon.slots)))
        (boot_s,) = wall_s([lambda: _booted(folder, address)], effort, after=ended)
    return Figure(name="kiosk.boot", value=boot_s, unit="s")


def _configured(folder: Path, last: ExitStack, reader: str) -> str:
    """A server and devices that live until `last` ends, a config file that names them all.

    Returns the address at which the kiosk of that file will have its page.
    """
    lay_out_sqlite(folder / "yika.db")
    settings = [*keys_made(folder), "--database", f"sqlite:///{folder / 'yika.db'}"]
    words = [*yika(), "serve", *settings, "--add-station", _KIOSK, "kiosk"]
    made = subprocess.run(words, check=True, capture_output=True, text=True)
    (folder / "kiosk.token").write_text(made.stdout.split()[-1], encoding="ascii")
    server, server_port = served(*settings)
    last.callback(ended, server)
    acceptor, printer = PtyPort(VirtualAcceptor(timing=AT_ONCE)), TcpPort(VirtualPrinter())
    last.callback(acceptor.close)
    last.callback(printer.close)
    listen = free_port()
    config = _CONFIG.format(
        server=server_port,
        listen=listen,
        reader=reader,
        printer=printer.port,
        acceptor=acceptor.path,
    )
    (folder / "kiosk.toml").write_text(config, encoding="utf-8")
    return f"http://127.0.0.1:{listen}/"


def _booted(folder: Path, address: str) -> Server:
    """A `yika kiosk` whose page invites the next resident."""
    words = [*yika(), "kiosk", str(folder / "kiosk.toml")]
    kiosk = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + _GIVE_UP_S
    with httpx.Client(trust_env=False) as browser:
        while not _invites(browser, address):
            if time.monotonic() > end or kiosk.poll() is not None:
                ended(kiosk)
                raise TimeoutError("the kiosk does not open")
            time.sleep(_LOOK_S)
    return kiosk


def _invites(browser: httpx.Client, address: str) -> bool:
    try:
        return f'data-screen="{Screen.ATTRACT}"' in browser.get(address).text
    except httpx.TransportError:
        return False


MEASURES: Final[Mapping[str, Measure]] = {
    "kiosk.touch": _touch,
    "kiosk.page": _page,
    "kiosk.boot": _boot,
}
