"""What the tests of the stations' pages stand on."""

from collections.abc import Iterator

import pytest

from simulators.clock import DemoClock
from simulators.site import Site
from simulators.story import FIRST_DAY
from tests.databases.sites import SettledSite


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The running demo site on the story's first day, one for all tests of a file."""
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with SettledSite(tmp_path_factory.mktemp("estate"), clock=clock) as running:
        yield running
