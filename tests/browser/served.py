"""The demo site as a browser meets it, and a browser that notices what a person would not.

`Watched` keeps every request, console message and policy violation of its pages, so that a test can
say at its end that nothing went to another host and nothing was complained about.
"""

import json
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from axe_playwright_python.sync_playwright import DEFAULT_OPTIONS, Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from kiosk.station.listening import listening
from simulators.clock import DemoClock
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.site import Site
from simulators.teller import FIRST_DAY, Teller
from tests.databases.sites import SettledSite

DESK_SIZE: Final = (1280, 800)
KIOSK_SIZE: Final = (1080, 1920)
PATIENCE_MS: Final = 12_000
_HELD_S: Final = 30.0
_LEFT: Final = ("htmx:sendAbort,", "htmx:afterRequest,")
"""htmx's words on a question whose page was left before the answer. The second is said of every
lost question, beside the word that tells why."""


@dataclass(slots=True)
class Served:
    """The running site, its address, and the hands of `simulators.teller` beside the browser."""

    site: Site
    url: str
    tell: Teller

    def tear_after(self, reader: str, exchanges: int) -> None:
        """The card will be pulled off that reader after so many more exchanges."""
        fault = Fault(kind=FaultKind.TEAR_AFTER, at=exchanges)
        self.site.readers[reader].plan(FaultPlan(fault))

    def day(self, year: int, month: int, day: int) -> None:
        """Let the estate's calendar stand on that day."""
        self.tell.travel(date(year, month, day))

    @contextmanager
    def holding(self, reader_name: str, exchanges: int) -> Iterator[threading.Event]:
        """Stop a reader in mid-work after so many exchanges; the event says it stands still."""
        reader = self.site.hardware.readers[reader_name]
        stands, go_on, left = threading.Event(), threading.Event(), [exchanges]
        before = reader.listener

        def listen(_command: bytes, _answer: bytes) -> None:
            left[0] -= 1
            if left[0] == 0:
                stands.set()
                go_on.wait(_HELD_S)

        reader.listener = listen
        try:
            yield stands
        finally:
            go_on.set()
            reader.listener = before


def _web_server(site: Site) -> Any:
    """As `yika demo` serves it: each event goes out at once, which waitress calls old-fashioned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return listening(site.wsgi(), "127.0.0.1:0")


@contextmanager
def serve(folder: Path, kind: type[SettledSite] = SettledSite) -> Iterator[Served]:
    """A whole site on a free loopback port, on the story's first day."""
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with kind(folder, clock=clock) as site:
        server = _web_server(site)
        thread = threading.Thread(target=server.run, name="pages", daemon=True)
        thread.start()
        tell = Teller(site)
        try:
            yield Served(site=site, url=f"http://127.0.0.1:{server.effective_port}", tell=tell)
        finally:
            # The web server itself goes with the process: closed now, a thread of it that still
            # follows the bell would write its wake-up byte to a descriptor that is another file's.
            tell.close()


@dataclass
class Watched:
    """A browser's window with everything that happened in it."""

    context: BrowserContext
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _left: list[Page] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """A page of the site, watched: the empty one that was left, or a new one."""
        page = self._left.pop() if self._left else self._new_page()
        page.goto(self.url + path)
        return page

    def _new_page(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.refused.append(f"{response.status} {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_LEFT):
            self.complaints.append(message.text)

    def elsewhere(self) -> list[str]:
        """Requests that left the site."""
        return [url for url in self.requests if not url.startswith((self.url + "/", "data:"))]

    def must_have_been_quiet(self) -> None:
        """Leave all pages and forget all choices. Nothing was asked of another host, nothing
        refused, nothing complained about.

        One page is kept, empty: a new one costs a process, which has to learn every script anew.
        """
        self._left = self.context.pages[:1]
        for page in self.context.pages[1:]:
            page.close()
        for page in self._left:
            page.unroute_all()
            page.goto("about:blank")
        self.context.clear_cookies()
        elsewhere, refused, complaints = self.elsewhere(), [*self.refused], [*self.complaints]
        for each in (self.requests, self.refused, self.complaints):
            each.clear()
        assert elsewhere == [], elsewhere
        assert refused == [], refused
        assert complaints == [], complaints


@contextmanager
def watched(browser: Browser, url: str, size: tuple[int, int], **options: Any) -> Iterator[Watched]:
    """A fresh window on the site."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    # What a policy blocks is also an event of the page; the console alone may be silent about it.
    context.add_init_script(
        "addEventListener('securitypolicyviolation', (event) =>"
        " console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))"
    )
    try:
        yield Watched(context=context, url=url)
    finally:
        context.close()


_GRAVE_ALONE: Final = """window.tooLight = () => Object.fromEntries(axe._audit.rules
    .filter(({ impact }) => impact === "minor" || impact === "moderate")
    .map(({ id }) => [id, { enabled: false }]))"""
"""Rules of axe that can find nothing serious and nothing critical, as it tells itself."""


@contextmanager
def examined(
    browser: Browser, url: str, size: tuple[int, int], **options: Any
) -> Iterator[Watched]:
    """A fresh window whose pages `barriers_found` can examine.

    axe lies ready in each of them, sent once and compiled where it is wanted.
    """
    with watched(browser, url, size, **options) as window:
        window.context.add_init_script(f"window.layAxe = () => {{ {Axe().axe_script} }}")
        window.context.add_init_script(_GRAVE_ALONE)
        yield window


def barriers_found(page: Page) -> list[str]:
    """Serious and critical findings of axe on the page as it stands; contrast is one of them."""
    page.evaluate("void (window.axe || layAxe())")
    options = f"{{ ...{json.dumps(DEFAULT_OPTIONS)}, rules: tooLight() }}"
    run = f"axe.run({options}).then((results) => results.violations)"
    found = page.evaluate(run)
    return [
        f"{each['impact']} {each['id']}: {node['html'][:160]} {node['failureSummary']}"
        for each in found
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"][:3]
    ]
