"""A store of each kind, and a front desk on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cardserver.domain import sealed
from cardserver.domain.sealed import Work
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


@pytest.fixture
def cheap() -> Work:
    """The least that argon2id takes: what is tested is not its strength."""
    return Work(memory_kib=8, iterations=1, lanes=1)


@pytest.fixture
def light(cheap: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """No passphrase of anybody's costs more; that they do is in test_sealed_files."""
    monkeypatch.setattr(sealed, "Work", lambda: cheap)
