"""Two browsers for the folder; one site for each file, since a story changes its estate."""

import logging
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.served import (
    DESK_SIZE,
    KIOSK_SIZE,
    PATIENCE_MS,
    Served,
    Watched,
    serve,
    watched,
)
from tests.chromium import open_undrawn

LOOKED_AT = {"test_accessibility", "test_gate_from_three_metres"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A worker for what is looked at and one for what is done: a browser more would only wait."""
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
            looked_at = item.path.stem in LOOKED_AT
            item.add_marker(pytest.mark.together("browser, looking" if looked_at else "browser"))


@pytest.fixture(autouse=True, scope="session")
def patience() -> None:
    """A busy machine is waited for as long by an expectation as by a hand."""
    expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(autouse=True)
def quiet_lines() -> None:
    """Thousands of calls to a server in process are not worth a line each."""
    logging.getLogger("httpx").setLevel(logging.WARNING)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site of this file's own."""
    with serve(tmp_path_factory.mktemp("estate")) as site:
        yield site


@pytest.fixture(scope="session")
def undrawn(browser: Browser) -> Iterator[Browser]:
    """A browser for pages that are examined, or worked on with keys alone."""
    with open_undrawn(browser) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def desk_screen(request: pytest.FixtureRequest, served: Served) -> Iterator[Watched]:
    """A window as large as the counter's screen."""
    drawn = request.path.stem == "test_gate_from_three_metres"
    chromium: Browser = request.getfixturevalue("browser" if drawn else "undrawn")
    with watched(chromium, served.url, DESK_SIZE) as window:
        yield window


@pytest.fixture(scope="module")
def kiosk_screen(browser: Browser, served: Served) -> Iterator[Watched]:
    """A window as large as the kiosk's screen, to be touched by who wishes no motion.

    Frames of that size are drawn without a graphics card; the motion has a test of its own.
    """
    wishes = {"has_touch": True, "reduced_motion": "reduce"}
    with watched(browser, served.url, KIOSK_SIZE, **wishes) as window:
        yield window


@pytest.fixture
def desk_window(desk_screen: Watched) -> Iterator[Watched]:
    """The counter's window for one test: nothing open before, nothing to complain of after."""
    yield desk_screen
    desk_screen.must_have_been_quiet()


@pytest.fixture
def kiosk_window(kiosk_screen: Watched) -> Iterator[Watched]:
    """The kiosk's window for one test: nothing open before, nothing to complain of after."""
    yield kiosk_screen
    kiosk_screen.must_have_been_quiet()
