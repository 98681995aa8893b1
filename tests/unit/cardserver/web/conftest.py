"""The app on a store, and a client for each kind of station."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask

from cardserver.client import CardServerClient, in_process
from cardserver.domain.station import StationKind
from cardserver.services.setup import register_station
from cardserver.web.app import create_app
from tests.databases.frontdesk import FrontDesk

Sign = Callable[[StationKind], str]


@pytest.fixture
def app(desk: FrontDesk) -> APIFlask:
    return create_app(desk.estate)


@pytest.fixture
def token(desk: FrontDesk) -> Sign:
    """A token of a station of this kind; the desk and the kiosk are those of `frontdesk`."""
    return lambda kind: register_station(desk.estate, f"{kind}-1", kind)


@pytest.fixture
def client(app: APIFlask, token: Sign) -> CardServerClient:
    """The desk's line to the server."""
    return in_process(app, token(StationKind.DESK), "张晓")
