"""The real PC/SC daemon with vsmartcard's virtual reader, and real ports, for all who need them."""

import os
from collections.abc import Generator, Iterator
from typing import NoReturn

import pytest

from simulators.pcscd import Pcscd, PcscdUnavailable, open_pcscd
from tests.contract.plugging import Plug, ports


def unavailable(reason: str) -> NoReturn:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def pcscd() -> Iterator[Pcscd]:
    """The running daemon with two virtual reader slots."""
    try:
        with open_pcscd() as daemon:
            yield daemon
    except PcscdUnavailable as error:
        unavailable(str(error))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Generator[None, object, object]:
    """A daemon that somebody else runs can't be ended by a test."""
    try:
        return (yield)
    except PcscdUnavailable as error:
        unavailable(str(error))


@pytest.fixture
def plug() -> Iterator[Plug]:
    """Puts virtual devices on ports."""
    with ports() as plug_in:
        yield plug_in
