"""Who may call what, cell by cell: every route × every kind of station, on the running app."""

from collections.abc import Iterator

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from cardserver.domain.permits import PERMITS, Action
from cardserver.domain.station import StationKind
from cardserver.wire import Refusal
from tests.databases.frontdesk import FrontDesk, new_id
from tests.unit.cardserver.web.conftest import Sign

DESK, KIOSK, GATE, OFFICE, PANEL = StationKind

# The table once more, by hand and the other way round: what is asked for, and who may.
EXPECTED = {
    ("GET", "/api/holders"): {DESK, OFFICE},
    ("GET", "/api/holders/1"): {DESK, OFFICE},
    ("GET", "/api/cards"): {DESK, KIOSK, OFFICE},
    ("GET", "/api/cards/read-keys"): {DESK, KIOSK},
    ("POST", "/api/cards/1/block"): {DESK},
    ("POST", "/api/cards/1/unblock"): {DESK},
    ("POST", "/api/verifications"): {DESK},
    ("POST", "/api/quotes"): {DESK, KIOSK},
    ("POST", "/api/sales"): {DESK, KIOSK},
    ("GET", "/api/sales/waiting"): {DESK, KIOSK},
    ("GET", "/api/sales/ID"): {DESK, KIOSK},
    ("POST", "/api/sales/ID/tenders"): {DESK, KIOSK},
    ("POST", "/api/sales/ID/change"): {DESK, KIOSK},
    ("POST", "/api/sales/ID/cancellation"): {DESK, KIOSK},
    ("POST", "/api/sales/ID/refunds"): {DESK},
    ("POST", "/api/operations"): {DESK, KIOSK},
    ("GET", "/api/operations"): {DESK, OFFICE},
    ("GET", "/api/operations/open"): {DESK, KIOSK},
    ("GET", "/api/operations/ID"): {DESK, KIOSK},
    ("GET", "/api/operations/ID/keying"): {DESK, KIOSK},
    ("POST", "/api/operations/ID/keying"): {DESK, KIOSK},
    ("POST", "/api/operations/ID/settlement"): {DESK, KIOSK},
    ("POST", "/api/operations/ID/void"): {DESK, KIOSK},
    ("POST", "/api/operations/ID/abandonment"): {DESK},
    ("GET", "/api/documents/1"): {DESK, KIOSK},
    ("GET", "/api/documents/owed"): {DESK, KIOSK},
    ("POST", "/api/documents/1/prints"): {DESK, KIOSK},
    ("POST", "/api/documents/1/reprints"): {DESK, KIOSK},
    ("POST", "/api/documents/1/handover"): {DESK, KIOSK},
    ("GET", "/api/snapshot"): {GATE},
    ("POST", "/api/taps"): {GATE},
    ("GET", "/api/ledger/balances"): {DESK, OFFICE},
    ("GET", "/api/ledger/trial"): {DESK, OFFICE},
    ("GET", "/api/journal"): {DESK, OFFICE},
}
PUBLIC = {("GET", "/api/health"), ("GET", "/openapi.json")}


def routes(app: APIFlask) -> Iterator[tuple[str, str]]:
    """Every method and path of the app, parameters filled in as above."""
    for rule in app.url_map.iter_rules():
        path = "/".join(
            part if not part.startswith("<") else ("ID" if "uuid" in part else "1")
            for part in rule.rule.split("/")
        )
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, path


@pytest.fixture
def http(app: APIFlask) -> FlaskClient:
    return app.test_client()


def call(http: FlaskClient, method: str, path: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "X-Yika-Operator": "x"}
    where = path.replace("ID", new_id())
    if method == "POST":
        return http.post(where, headers=headers, json={}).status_code
    return http.get(where, headers=headers).status_code


def test_the_table_names_every_route(app: APIFlask) -> None:
    assert set(routes(app)) == set(EXPECTED) | PUBLIC


@pytest.mark.parametrize("kind", StationKind)
def test_each_kind_of_station_reaches_exactly_what_it_may(
    http: FlaskClient, token: Sign, kind: StationKind
) -> None:
    """403 and nothing else where it may not; where it may, the empty body is what is wrong."""
    known = token(kind)
    reached = {
        (method, path) for method, path in EXPECTED if call(http, method, path, known) != 403
    }
    assert reached == {route for route, kinds in EXPECTED.items() if kind in kinds}


def test_no_route_is_open_without_a_token(http: FlaskClient, desk: FrontDesk) -> None:
    for method, path in EXPECTED:
        assert call(http, method, path, "desk-1.guess") == 401
        answer = http.open(path.replace("ID", new_id()), method=method)
        assert answer.status_code in {401, 415}
    for method, path in PUBLIC:
        assert http.open(path, method=method).status_code == 200


def test_the_panel_may_do_nothing_and_every_action_belongs_to_somebody() -> None:
    assert PERMITS[StationKind.PANEL] == frozenset()
    assert frozenset().union(*PERMITS.values()) == frozenset(Action)
    assert set(PERMITS) == set(StationKind)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic desk-1.secret",
        "desk-1.secret",
        "Bearer desk-1",
        "Bearer \u00e9",
        "Bearer " + "x" * 5000,
        "Bearer desk-1.\u0000",
    ],
)
def test_a_strange_authorisation_is_no_authorisation(http: FlaskClient, header: str) -> None:
    environ = {"HTTP_AUTHORIZATION": header}
    answer = http.get("/api/ledger/trial", environ_overrides=environ)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert Refusal.model_validate_json(answer.data).code == "not-signed-on"


def test_a_refused_attempt_is_logged(
    http: FlaskClient, token: Sign, caplog: pytest.LogCaptureFixture
) -> None:
    """IC-14: refused by the server, and the attempt is on record."""
    call(http, "POST", "/api/cards/1/block", token(StationKind.KIOSK))
    assert "kiosk-1 (kiosk) tried block" in caplog.text
