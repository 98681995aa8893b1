"""A figure is measured after garbage was looked for: here, only in what the test itself made."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def own_garbage() -> Iterator[None]:
    """All that stands before is put aside, and again after: one measurement takes it all back."""
    gc.freeze()
    yield
    gc.freeze()
