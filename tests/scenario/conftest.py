"""Settings of the scenarios."""

import logging

import pytest


@pytest.fixture(autouse=True)
def quiet_lines() -> None:
    """Thousands of calls to a server in process are not worth a line each."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
