"""The panel under real hands: a browser drags, clicks and types, the devices feel it."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, Page, expect
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from simulators.panel import create_app
from simulators.tour import create_app as create_tour
from tests.unit.simulators.panel.bench_site import BenchSite

pytestmark = [pytest.mark.browser, pytest.mark.together("browser, looking")]

GET_UID = bytes.fromhex("FFCA000000")
RECEIPT = b"\x1b@20.00\n\n\n\n\x1dV\x00"


@pytest.fixture(scope="module")
def browser_page(browser: Browser) -> Iterator[Page]:
    window = browser.new_page(viewport={"width": 1280, "height": 800})
    yield window
    window.close()


@pytest.fixture
def address(site: BenchSite) -> Iterator[str]:
    """The panel where the demo has it, on a free port of this machine."""
    pages = DispatcherMiddleware(create_tour(site), {"/panel": create_app(site)})
    server = make_server("127.0.0.1", 0, pages, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser_page: Page, address: str, site: BenchSite) -> Iterator[Page]:
    """The panel, with three cards in hand. Whatever the page complains of fails the test."""
    complaints: list[str] = []

    def hear(error: Error) -> None:
        complaints.append(str(error))

    for kind in ("classic-1k", "desfire-ev2", "bank-card"):
        site.box.add(kind)
    browser_page.on("pageerror", hear)
    browser_page.goto(f"{address}/panel/?lang=en")
    expect(browser_page.locator("[data-cards] [data-card]")).to_have_count(3)
    yield browser_page
    browser_page.goto("about:blank")
    browser_page.remove_listener("pageerror", hear)
    assert complaints == []


def test_cards_are_dragged_clicked_and_typed_onto_readers(page: Page, site: BenchSite) -> None:
    page.drag_and_drop('[data-cards] [data-card="card-1"]', '[data-pad="desk"]')
    expect(page.locator('[data-laid="desk"] [data-card="card-1"]')).to_be_visible()
    page.click('[data-cards] [data-card="card-2"]')
    page.click('[data-pad="kiosk"]')
    expect(page.locator('[data-laid="kiosk"] [data-card="card-2"]')).to_be_visible()
    page.keyboard.press("3")
    page.keyboard.press("h")
    expect(page.locator('[data-laid="door"] [data-card="card-3"]')).to_be_visible()
    assert [site.box.where(card) for card in site.box.cards] == ["desk", "kiosk", "door"]

    page.drag_and_drop('[data-laid="desk"] [data-card="card-1"]', '[data-reader="carpark"]')
    expect(page.locator('[data-laid="carpark"] [data-card="card-1"]')).to_be_visible()
    page.drag_and_drop('[data-laid="carpark"] [data-card="card-1"]', "#wallet-title")
    expect(page.locator('[data-laid="carpark"] [data-card]')).to_have_count(0)
    page.keyboard.press("2")
    page.keyboard.press("w")
    expect(page.locator('[data-laid="kiosk"] [data-card]')).to_have_count(0)
    assert [site.box.where(card) for card in site.box.cards] == [None, None, "door"]


def test_a_button_names_its_call_before_and_after_it_is_pressed(
    page: Page, site: BenchSite
) -> None:
    line = page.locator("[data-call-line]")
    button = page.locator('[data-call="api/readers/desk/cable"]:visible')
    button.hover()
    expect(line).to_have_text('POST /panel/api/readers/desk/cable {"plugged":false}')
    button.click()
    expect(line).to_contain_text("→ 200")
    expect(page.locator('[data-reader="desk"]')).to_contain_text("Unplugged")
    page.fill("#at-door", "7")
    page.select_option('[data-reader="door"] select', "tear-after")
    page.press("#at-door", "Enter")
    expect(page.locator('[data-planned="door"]')).to_contain_text("7 to go")
    expect(line).to_contain_text('{"faults":[{"at":7,"kind":"tear-after"}]}')


def test_what_the_devices_do_shows_by_itself(page: Page, site: BenchSite) -> None:
    site.printers["desk"].receive(RECEIPT)
    picture = page.locator('[data-paper="desk"] img')
    expect(picture).to_be_visible()
    page.click('[data-paper="desk"] button')
    expect(page.locator("[data-dialog]")).to_contain_text("Sheet 1")
    page.click("[data-dialog-text]")
    expect(page.locator("[data-dialog-plain]")).to_contain_text("20.00")
    page.click("[data-dialog-close]")
    site.acceptor.jam()
    expect(page.locator('[data-light="acceptor"]')).to_contain_text("Jammed")
    site.boards["carpark"].vehicle_present = True
    expect(page.locator('[data-lane="carpark"]')).to_have_class("piece lane wide vehicle")
    expect(page.locator("[data-money]")).to_contain_text("Money in 100.00 = settled 20.00")


def test_the_bytes_are_shown_while_they_are_recorded(page: Page, site: BenchSite) -> None:
    site.box.lay("card-1", "desk")
    page.click('[data-drawer="drawer-bytes"]')
    page.click('[data-log-switch="desk"] button:visible')
    on = page.locator('[data-log-switch="desk"] button:visible')
    expect(on).to_have_text("Stop recording")
    channel = site.readers["desk"].connect()
    answer = channel.transmit(GET_UID)
    expect(page.locator("[data-bytes] tr").first).to_contain_text(f"← {answer.hex(' ').upper()}")


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
@pytest.mark.parametrize("width", [1280, 960])
def test_nothing_runs_over_its_edge(page: Page, address: str, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{address}/panel/?lang={language}")
    expect(page.locator("[data-cards] [data-card]")).to_have_count(3)
    over = page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll(
             ".panel-head, .panel-foot, .place, .wallet, .piece, .reader-side, .printer-side")]
           .filter((node) => node.scrollWidth > node.clientWidth + 1)
           .map((node) => node.className)"""
    )
    page.set_viewport_size({"width": 1280, "height": 800})
    assert over == []


def test_the_tour_fits_beside_the_panel(browser_page: Page, address: str) -> None:
    browser_page.goto(address)
    assert browser_page.locator(".steps > li").count() == 6
    browser_page.set_viewport_size({"width": 640, "height": 800})
    width = browser_page.evaluate("document.documentElement.scrollWidth")
    browser_page.set_viewport_size({"width": 1280, "height": 800})
    browser_page.goto("about:blank")
    assert width == 640
