"""Settings of the scenarios: thousands of calls to a server in process are not worth a line each."""

import logging

import pytest


@pytest.fixture(autouse=True)
def quiet_lines() -> None:
    """Say nothing of single HTTP calls."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
