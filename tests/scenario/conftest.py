"""Settings of the scenarios."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.clock import DemoClock
from simulators.site import BRISK_NOTES
from simulators.teller import FIRST_DAY, Teller
from tests.databases.sites import SettledSite


@pytest.fixture(autouse=True)
def quiet_lines() -> None:
    """Thousands of calls to a server in process are not worth a line each."""
    logging.getLogger("httpx").setLevel(logging.WARNING)


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Teller]:
    """A fresh estate in the morning of the story's first day, and everybody's hands and eyes."""
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with SettledSite(tmp_path, clock=clock, note_timing=BRISK_NOTES) as site:
        teller = Teller(site)
        yield teller
        teller.close()
