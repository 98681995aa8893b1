"""A store of each kind, and a front desk on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.databases.frontdesk import FrontDesk, open_desk
from tests.databases.stores import STORES, close_store, open_store


@pytest.fixture(params=STORES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    store = open_store(request.param, tmp_path)
    yield store
    close_store(store)


@pytest.fixture
def desk(engine: Engine) -> FrontDesk:
    return open_desk(engine)
