"""The app on a store, and a client for each kind of station."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from cardserver.client import CardServerClient, in_process
from cardserver.domain.station import StationKind
from cardserver.services.setup import register_station
from cardserver.web.app import create_app
from tests.databases.frontdesk import FrontDesk
from tests.databases.stores import sqlite_store

Sign = Callable[[StationKind], str]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """SQLite: what is tested here is the door. Where the store matters, a module has both."""
    store = sqlite_store(tmp_path)
    yield store
    store.dispose()


@pytest.fixture
def http(app: APIFlask, token: Sign) -> FlaskClient:
    """A plain HTTP client with the desk's token and an operator's name."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token(StationKind.DESK)}"
    client.environ_base["HTTP_X_YIKA_OPERATOR"] = "%E5%BC%A0"
    return client


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
