"""The story of the first card, chapter by chapter, on one running site.

Pages, stations, server and drivers are the production code; each chapter goes on where the one
before it ended, so that they run in order and in one process.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulators.clock import DemoClock
from simulators.site import BRISK_NOTES, Site
from simulators.story import CHAPTERS
from simulators.teller import FIRST_DAY, Teller

pytestmark = pytest.mark.together("story")


@pytest.fixture(scope="module")
def tell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teller]:
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    folder: Path = tmp_path_factory.mktemp("story")
    with Site(folder, clock=clock, note_timing=BRISK_NOTES) as site:
        teller = Teller(site)
        yield teller
        teller.close()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_the_first_card(tell: Teller, chapter: Callable[[Teller], None]) -> None:
    chapter(tell)
    tell.money_agrees()
