"""Classic cards of both sizes, and keys of two versions."""

from collections.abc import Callable

import pytest

from drivers.api.cards import KeyRole, KeySet
from tests.unit.drivers.classic.classic_desk import Desk, MemoryJournal, key_set


@pytest.fixture(params=["1k", "4k"])
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(size: str) -> Desk:
    return Desk(size)


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def new_journal() -> Callable[[], MemoryJournal]:
    return MemoryJournal


@pytest.fixture
def keys() -> KeySet:
    return key_set(1)


@pytest.fixture
def next_keys() -> KeySet:
    return key_set(2)


@pytest.fixture
def reading_keys(keys: KeySet) -> KeySet:
    """What a gate holds."""
    return KeySet(keys.version, {KeyRole.CLASSIC_READ: keys[KeyRole.CLASSIC_READ]})
