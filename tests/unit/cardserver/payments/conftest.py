"""Both providers of this machine, asked by the adapters; one server for all tests."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cardserver.payments.api import PaymentProvider, ProviderName
from tests.unit.cardserver.payments.payhouse import PayHouse


@pytest.fixture(scope="session")
def open_house() -> Iterator[PayHouse]:
    house = PayHouse(datetime(2026, 6, 9, 10, 0, 0, tzinfo=UTC))
    yield house
    house.close()


@pytest.fixture
def house(open_house: PayHouse) -> Iterator[PayHouse]:
    open_house.refresh()
    yield open_house
    assert not open_house.sim.faults.waiting, "a planned fault never came"


@pytest.fixture(params=[*ProviderName])
def provider(house: PayHouse, request: pytest.FixtureRequest) -> PaymentProvider:
    return house.providers[request.param]
