"""The one Chromium of the suite: Playwright's sync side can be started only once in a process."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

_SWITCHES: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that is seen once is over before its scripts have paid for being compiled well.
    "--js-flags=--no-opt --no-maglev --min-semi-space-size=16",
)


_NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str:
    """The browser to test with: CHROMIUM names one, else the system's. Skips where there is none.

    The one without windows is the same browser, and takes a third less of a processor's time.
    (Where ``CI`` is set, tests/conftest.py makes a failure of that skip.)
    """
    names = (os.environ.get("CHROMIUM", ""), *_NAMES)
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine; CHROMIUM may name one")
    return found


@contextmanager
def open_undrawn(beside: Browser) -> Iterator[Browser]:
    """Another Chromium, which lays pages out and draws no frame of them, in a third less time.

    Enough for who examines a page or presses keys on it; a finger and a mouse wait until what they
    touch has stood still for two frames, and a picture is made of frames.
    """
    args = [*_SWITCHES, "--disable-threaded-compositing"]
    chromium = beside.browser_type.launch(executable_path=find_chromium(), args=args)
    yield chromium
    chromium.close()


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """The system's own Chromium, without a window."""
    path = find_chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*_SWITCHES])
        yield chromium
        chromium.close()
