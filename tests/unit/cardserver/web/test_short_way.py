"""Plain calls go past the framework; nobody can tell by the answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from cardserver.domain.station import StationKind
from cardserver.web.app import CardServerApp
from tests.databases.frontdesk import FrontDesk, new_id
from tests.databases.stores import close_store, open_store
from tests.unit.cardserver.web.conftest import Sign

LONG_ONLY = {"gates", "metrics", "notices", "openapi", "payments"}
"""Blueprints with views that look at more of a call than they are given."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    store = open_store("sqlite", tmp_path)
    yield store
    close_store(store)


@pytest.fixture
def long(app: APIFlask) -> FlaskClient:
    """The same app without the short way."""
    assert isinstance(app, CardServerApp)
    other = CardServerApp.__new__(CardServerApp)
    other.__dict__.update(app.__dict__)
    other.short_way = None
    return other.test_client()


def both(
    http: FlaskClient, long: FlaskClient, method: str, path: str, **told: Any
) -> tuple[TestResponse, TestResponse]:
    long.environ_base.update(http.environ_base)
    return http.open(path, method=method, **told), long.open(path, method=method, **told)


def same(one: TestResponse, other: TestResponse) -> None:
    """The same to whoever made the call; texts of JSON may be spaced otherwise."""
    assert one.status == other.status
    assert one.get_json(silent=True) == other.get_json(silent=True)
    assert _headers(one) == _headers(other)


def _headers(answer: TestResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name != "Content-Length"}


def test_every_call_that_is_given_all_it_needs_has_a_short_way(app: APIFlask) -> None:
    assert isinstance(app, CardServerApp)
    assert app.short_way is not None
    every = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert {name.partition(".")[0] for name in every - app.short_way.endpoints} == LONG_ONLY


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/health", None),
        ("GET", "/api/holders/1", None),
        ("GET", "/api/holders/1000", None),
        ("GET", "/api/holders/007", None),
        ("GET", f"/api/holders/{2**63}", None),
        ("GET", f"/api/holders/{'9' * 5000}", None),
        ("GET", "/api/holders?query=1201&limit=3&limit=4", None),
        ("GET", "/api/holders?query=%E7%8E%8B", None),
        ("GET", "/api/holders?query=%FF", None),
        ("GET", "/api/holders?query=", None),
        ("GET", "/api/holders?limit=3", None),
        ("GET", "/api/cards?uid=04a1b2c3&number=1", None),
        ("GET", "/api/cards?uid=04a1b2c3", None),
        ("GET", "/api/sales/5f0c3b5e-0000-4000-8000-000000000001", None),
        ("GET", "/api/sales/5F0C3B5E-0000-4000-8000-000000000001", None),
        ("GET", "/api/sales/zzzzzzzz-0000-4000-8000-000000000001", None),
        ("GET", "/api/sales/waiting", None),
        ("HEAD", "/api/holders/1", None),
        ("DELETE", "/api/holders/1", None),
        ("GET", "/api/nothing/1", None),
        ("POST", "/api/verifications", {"holder_id": 1}),
        ("POST", "/api/verifications", [1]),
        ("POST", "/api/verifications", None),
        ("POST", "/api/quotes", {"request": {"kind": "issue", "holder_id": 1000}}),
        ("POST", "/api/quotes", {"request": {"kind": "top-up", "card_number": 9, "months": 1}}),
    ],
)
def test_both_ways_give_the_same_answer(
    http: FlaskClient, long: FlaskClient, method: str, path: str, body: object
) -> None:
    same(*both(http, long, method, path, **({} if body is None else {"json": body})))


@pytest.mark.parametrize("data", [b"", b"null", b"{", b"\xff", b"[" * 5000, b'{"a":' * 5000])
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "x/y", ""])
def test_a_body_that_is_none_is_refused_the_same_way(
    http: FlaskClient, long: FlaskClient, data: bytes, kind: str
) -> None:
    same(*both(http, long, "POST", "/api/verifications", data=data, content_type=kind))


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer x.y", "bearer  desk-1.x", "Basic x"]
)
@pytest.mark.parametrize("path", ["/api/holders/1", "/api/sales/waiting", "/api/health"])
def test_a_stranger_stands_before_the_same_door(
    http: FlaskClient, long: FlaskClient, authorization: str, path: str
) -> None:
    http.environ_base["HTTP_AUTHORIZATION"] = authorization
    same(*both(http, long, "GET", path))


@pytest.mark.parametrize("kind", [StationKind.KIOSK, StationKind.OFFICE])
def test_a_station_may_do_the_same_either_way(
    http: FlaskClient, long: FlaskClient, token: Sign, kind: StationKind
) -> None:
    http.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token(kind)}"
    del http.environ_base["HTTP_X_YIKA_SESSION"]
    for path in ("/api/ledger/trial", "/api/holders?query=1201", "/api/operations"):
        same(*both(http, long, "GET", path))
    body = {"request_id": new_id(), "reason": "x"}
    same(*both(http, long, "POST", "/api/cards/1/block", json=body))


def test_a_call_made_once_each_way_is_one_call(
    http: FlaskClient, long: FlaskClient, desk: FrontDesk
) -> None:
    """The id is the call's, whichever way it goes."""
    body = {"verification_id": new_id(), "holder_id": desk.owner, "method": "owner-record"}
    one, other = both(http, long, "POST", "/api/verifications", json=body)
    assert one.status_code == other.status_code == 200
    same(one, other)
    changed = {**body, "method": "phone"}
    same(*both(http, long, "POST", "/api/verifications", json=changed))


def test_a_fault_of_ours_leaves_no_trace_in_the_answer(
    http: FlaskClient, long: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("cardserver.services.holders.holder", broken)
    one, other = both(http, long, "GET", "/api/holders/1")
    assert one.status_code == 500
    assert "secret" not in one.text
    same(one, other)


def test_calls_are_counted_either_way(http: FlaskClient, long: FlaskClient, token: Sign) -> None:
    both(http, long, "GET", "/api/holders/1")
    http.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token(StationKind.OFFICE)}"
    del http.environ_base["HTTP_X_YIKA_SESSION"]
    told = http.get("/api/metrics").text
    assert 'yika_call_seconds_count{call="holders.holder",status="2xx"}' in told
