"""Bad input of any kind: one JSON shape, plain words, nothing done, no traceback."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry
from werkzeug.test import TestResponse

from cardserver.db.engine import store_fails
from cardserver.domain.station import StationKind
from cardserver.services import accounts
from cardserver.web.app import MAX_BODY_BYTES
from cardserver.wirebase import Refusal
from tests.databases.frontdesk import DESK, FrontDesk, new_id
from tests.databases.stores import STORES, close_store, open_store
from tests.unit.cardserver.web.conftest import Sign


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """SQLite, except where a value reaches the store and it might choke on it."""
    store = open_store(getattr(request, "param", "sqlite"), tmp_path)
    yield store
    close_store(store)


on_both_stores = pytest.mark.parametrize("engine", STORES, indirect=True)


def refused(answer: TestResponse, status: int, code: str) -> Refusal:
    """Check that it is a refusal and nothing else."""
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert "Traceback" not in answer.text
    refusal = Refusal.model_validate_json(answer.data)
    assert refusal.code == code
    return refusal


IDENTITY = "5f0c3b5e-0000-4000-8000-000000000001"


def verification(**changes: Any) -> dict[str, Any]:
    body = {"verification_id": new_id(), "holder_id": 1, "method": "phone"}
    return {**body, **changes}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"verification_id": "1"}, "verification_id"),
        ({"verification_id": new_id().upper()}, "verification_id"),
        ({"verification_id": None}, "verification_id"),
        ({"holder_id": 0}, "holder_id"),
        ({"holder_id": 2**63}, "holder_id"),
        ({"holder_id": "x"}, "holder_id"),
        ({"holder_id": 1.5}, "holder_id"),
        ({"method": "guess"}, "method"),
        ({"papers_seen": ["lease", "letter"]}, "papers_seen.1"),
        ({"papers_seen": ["lease"] * 21}, "papers_seen"),
        ({"note": ""}, "note"),
        ({"note": "x" * 401}, "note"),
        ({"note": "zero\u0000"}, "note"),
        ({"note": "\ud800"}, "note"),
        ({"operator": "somebody else"}, "operator"),
    ],
)
def test_a_field_that_does_not_fit_is_named(
    http: FlaskClient, changes: dict[str, Any], field: str
) -> None:
    answer = http.post("/api/verifications", json=verification(**changes))
    assert refused(answer, 422, "invalid").message.startswith(f"{field}:")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "http"),
        (b"{", 400, "http"),
        (b"\xff\xfe\x00", 400, "http"),
        (b"NaN", 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b'"text"', 422, "invalid"),
        (b"1" * 5000, 400, "http"),
        (b"[" * 100_000, 400, "invalid"),
        (b'{"a":' * 50_000, 400, "invalid"),
    ],
)
def test_a_body_that_is_no_object_is_refused(
    http: FlaskClient, body: bytes, status: int, code: str
) -> None:
    answer = http.post("/api/verifications", data=body, content_type="application/json")
    refused(answer, status, code)


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "application/xml"])
def test_only_json_is_read(http: FlaskClient, kind: str) -> None:
    answer = http.post("/api/verifications", data=b"{}", content_type=kind)
    refused(answer, 415, "http")


def test_a_body_beyond_the_limit_is_refused(http: FlaskClient) -> None:
    body = b" " * (MAX_BODY_BYTES + 1)
    refused(
        http.post("/api/taps", data=body, content_type="application/json"), 403, "not-permitted"
    )
    answer = http.post("/api/verifications", data=body, content_type="application/json")
    refused(answer, 413, "http")


@on_both_stores
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/",
        "/api/nothing",
        "/api/holders/x",
        "/api/holders/-1",
        f"/api/holders/{2**63}",
        f"/api/holders/{2**63 - 1}",
        f"/api/sales/{IDENTITY}",
        "/api/sales/1",
        "/api/sales/%00",
        "/api/documents/0",
        "/api/../etc/passwd",
        "/docs",
        "/static/x",
    ],
)
def test_what_is_not_there_is_not_found(http: FlaskClient, path: str) -> None:
    answer = http.get(path)
    known = path.startswith("/api/") and len(path.split("/")) == len(["", "api", "kind", "id"])
    code = "not-found" if known and path.endswith((IDENTITY, f"/{2**63 - 1}", "/0")) else "http"
    refused(answer, 404, code)


@on_both_stores
@pytest.mark.parametrize(
    "query",
    [
        "/api/cards",
        "/api/cards?uid=04&number=1",
        "/api/cards?uid=xyz",
        "/api/cards?uid=0401",
        "/api/cards?number=0",
        "/api/cards?number=1&more=2",
        "/api/holders",
        "/api/holders?query=",
        "/api/holders?query=%00",
        "/api/holders?query=x&limit=51",
        "/api/journal?limit=0",
        "/api/operations/open?uid=" + "00" * 11,
        "/api/documents/owed?station=",
        "/api/sales/waiting?card=0",
        "/api/sales/waiting?card=x",
        "/api/sales/waiting?station=",
        "/api/sales/waiting?kind=top-up",
        "/api/gates/lines?before=0001-01-01T00:00:00Z",
    ],
)
def test_a_query_that_does_not_fit_is_refused(http: FlaskClient, query: str) -> None:
    refused(http.get(query), 422, "invalid")


def test_a_method_a_path_does_not_know_is_refused(http: FlaskClient) -> None:
    refused(http.delete("/api/holders/1"), 405, "http")


@pytest.mark.parametrize("session", ["%ff", "x" * 5000, "a\tb", "\u00e9", "desk-1.secret"])
def test_a_strange_session_is_no_session(http: FlaskClient, session: str) -> None:
    environ = {"HTTP_X_YIKA_SESSION": session}
    answer = http.post("/api/verifications", json=verification(), environ_overrides=environ)
    refused(answer, 401, "not-signed-in")


@pytest.mark.parametrize("leave", ["%ff", "x" * 5000, "\u00e9", "0" * 36])
def test_a_strange_leave_is_no_leave(http: FlaskClient, leave: str) -> None:
    environ = {"HTTP_X_YIKA_LEAVE": leave}
    assert http.get("/api/ledger/trial", environ_overrides=environ).status_code == 200


def test_an_unexpected_fault_tells_nothing_of_the_inside(
    http: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(accounts, "trial", fail)
    answer = http.get("/api/ledger/trial")
    refused(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "secret of the house" in caplog.text


def test_a_damaged_file_says_so_and_is_no_fault_of_the_program(
    engine: Engine, http: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    file, page = Path(str(engine.url.database)), 4096
    engine.dispose()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = file.read_bytes()
    file.write_bytes(content[:page] + b"\xaa" * (len(content) - page))
    answer = http.post("/api/verifications", json=verification())
    refused(answer, 503, "store-failed")
    assert "Retry-After" not in answer.headers
    assert "malformed" in caplog.text


def test_a_full_disk_is_not_told_as_a_busy_server(
    desk: FrontDesk, engine: Engine, http: FlaskClient
) -> None:
    """To come back in a second would help nobody: it is a technician's matter."""

    @event.listens_for(engine, "connect")
    def fill(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA max_page_count = 1")  # as many as there are, and none more
        cursor.close()

    engine.dispose()

    def verify() -> TestResponse:
        return http.post("/api/verifications", json=verification(note="字" * 400))

    answer, before = verify(), accounts.journal(desk.estate, DESK, 1)
    while answer.status_code == 200:
        before = accounts.journal(desk.estate, DESK, 1)
        answer = verify()
    refused(answer, 503, "store-failed")
    assert "Retry-After" not in answer.headers
    assert accounts.journal(desk.estate, DESK, 1) == before
    assert http.get("/api/ledger/trial").status_code == 200


def test_both_stores_say_when_a_disk_is_at_fault() -> None:
    assert store_fails(psycopg.errors.DiskFull())
    assert store_fails(psycopg.errors.DataCorrupted())
    assert not store_fails(psycopg.errors.LockNotAvailable())
    assert not store_fails(sqlite3.OperationalError("database is locked"))


def test_a_clock_set_back_says_so(desk: FrontDesk, http: FlaskClient) -> None:
    request = desk.issue_request(desk.owner).model_dump(mode="json")
    desk.clock.forward(days=-1)
    body = {"sale_id": new_id(), "request": request, "quoted_total_fen": 2000}
    answer = http.post("/api/sales", json=body)
    assert refused(answer, 503, "clock-set-back").rule == "FEE-28a"
    assert "Retry-After" not in answer.headers


def test_a_rule_comes_with_its_reason_and_its_number(desk: FrontDesk, http: FlaskClient) -> None:
    request = {"kind": "issue", "holder_id": desk.owner}
    body = {"sale_id": new_id(), "request": request, "quoted_total_fen": 2000}
    answer = http.post("/api/sales", json=body)
    refusal = refused(answer, 422, "rule-violation")
    assert (refusal.reason, refusal.rule) == ("not-verified", "IC-02")


def test_every_answer_forbids_what_a_browser_might_do_with_it(http: FlaskClient) -> None:
    for path in ("/api/health", "/api/nothing", "/api/ledger/trial", "/openapi.json"):
        headers = http.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


TAP = {
    "sequence": 1,
    "at": "2025-06-09T01:00:00Z",
    "lane_id": "door",
    "uid": "01020304",
    "reason": "granted",
    "granted": True,
}


@pytest.fixture
def gate(app: APIFlask, token: Sign) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token(StationKind.GATE)}"
    return client


@on_both_stores
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sequence": 0}, "sequence"),
        ({"sequence": 2**63}, "sequence"),
        ({"snapshot_version": -1}, "snapshot_version"),
        ({"snapshot_version": 2**63}, "snapshot_version"),
        ({"snapshot_version": 10**30}, "snapshot_version"),
        ({"card_number": 2**63}, "card_number"),
        ({"uid": "00" * 11}, "uid"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "at"),
        ({"at": "2025-06-09T01:00:00"}, "at"),
        ({"at": 10**30}, "at"),
    ],
)
def test_a_tap_no_database_could_keep_is_refused(
    gate: FlaskClient, changes: dict[str, Any], field: str
) -> None:
    body = {"journal": IDENTITY, "taps": [{**TAP, **changes}]}
    answer = gate.post("/api/taps", json=body)
    assert refused(answer, 422, "invalid").message.startswith(f"taps.0.{field}:")


@on_both_stores
@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": 2**63 - 1, "snapshot_version": 2**63 - 1},
        {"at": "0001-01-01T00:00:00Z"},
        {"at": "9999-12-31T23:59:59.999999Z"},
        {"lane_id": "门" * 60, "uid": ""},
    ],
)
def test_the_greatest_tap_there_can_be_is_kept(gate: FlaskClient, changes: dict[str, Any]) -> None:
    body = {"journal": IDENTITY, "taps": [{**TAP, **changes}]}
    for expected in ({"taken": 1, "repeated": 0}, {"taken": 0, "repeated": 1}):
        answer = gate.post("/api/taps", json=body)
        assert (answer.status_code, answer.json) == (200, expected)


def test_taps_without_their_journal_are_refused(gate: FlaskClient) -> None:
    answer = gate.post("/api/taps", json={"taps": [TAP]})
    assert refused(answer, 422, "invalid").message.startswith("journal:")


@pytest.mark.parametrize("number", [0, 2**32, 2**63 - 1, 2**63, 2**64, 10**30])
def test_a_number_in_an_address_that_no_row_can_have_breaks_nothing(
    http: FlaskClient, app: APIFlask, number: int
) -> None:
    """Every address with numbers, whatever its module: words, never a traceback."""
    for rule in app.url_map.iter_rules():
        path, changed = re.subn(r"<int[^>]*>", str(number), rule.rule)
        if changed and "<" not in path:
            answers = [http.get(path), http.post(path, json={})]
            assert all(400 <= answer.status_code < 500 for answer in answers), path
