"""What the tests of the virtual acceptor share."""

from collections.abc import Callable
from typing import Any

import pytest

from simulators.acceptor import VirtualAcceptor
from tests.unit.simulators.acceptor.ssp_host import Host, TurnedClock


@pytest.fixture
def make_host() -> Callable[..., Host]:
    """Makes a host with an enabled acceptor; takes what `VirtualAcceptor` takes, and `mask`."""

    def make(*, mask: int = 0xFFFF, **options: Any) -> Host:
        clock = TurnedClock()
        host = Host(VirtualAcceptor(clock=clock, **options), clock)
        host.begin(mask=mask)
        return host

    return make


@pytest.fixture
def host(make_host: Callable[..., Host]) -> Host:
    return make_host()
