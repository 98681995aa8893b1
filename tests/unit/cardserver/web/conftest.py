"""The app on a store, and a client for each kind of station."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from cardserver.client import CardServerClient, in_process
from cardserver.domain.station import StationKind
from cardserver.services.setup import register_station
from tests.databases.frontdesk import FrontDesk
from tests.databases.people_at_work import EVERY_ROLE, signed_in
from tests.databases.servers import server_of
from tests.databases.stores import sqlite_store

Sign = Callable[[StationKind], str]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """SQLite: what is tested here is the door. Where the store matters, a module has both."""
    store = sqlite_store(tmp_path)
    yield store
    store.dispose()


@pytest.fixture
def http(app: APIFlask, token: Sign, session: str) -> FlaskClient:
    """A plain HTTP client with the desk's token and an operator's session."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token(StationKind.DESK)}"
    client.environ_base["HTTP_X_YIKA_SESSION"] = session
    return client


@pytest.fixture
def app(desk: FrontDesk) -> APIFlask:
    """Gates come in with tokens here, as those of an earlier version may: see test_signed_gates."""
    return server_of(replace(desk.estate, bearer_gates=True))


@pytest.fixture
def token(desk: FrontDesk) -> Sign:
    """A token of a station of this kind; the desk and the kiosk are those of `frontdesk`."""
    return lambda kind: register_station(desk.estate, f"{kind}-1", kind)


@pytest.fixture
def session(desk: FrontDesk) -> str:
    """Somebody who may do everything is signed in at the desk: what is tested here is the door."""
    return signed_in(desk.estate, "desk-1", "张晓", EVERY_ROLE)


@pytest.fixture
def client(app: APIFlask, token: Sign, session: str) -> CardServerClient:
    """The desk's line to the server."""
    return in_process(app, token(StationKind.DESK), session)
