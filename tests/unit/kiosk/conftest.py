"""What the tests of the stations' pages stand on."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from cardserver.services import passwords
from simulators.clock import DemoClock
from simulators.site import Site
from simulators.teller import FIRST_DAY
from tests.databases.sites import SettledSite


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The running demo site on the story's first day, one for all tests of a file."""
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with SettledSite(tmp_path_factory.mktemp("estate"), clock=clock) as running:
        yield running


@pytest.fixture
def light_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a password costs little; that it costs more is in test_passwords."""
    hasher = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)
