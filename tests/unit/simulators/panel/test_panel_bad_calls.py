"""Calls without sense: each is refused with a code and a sentence, and nothing has happened."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from simulators.panel import create_app
from tests.unit.simulators.panel.bench_site import BenchSite, ask

BAD: list[tuple[str, dict[str, Any], int, str]] = [
    # path, body, status, code
    ("cards", {}, 400, "missing-field"),
    ("cards", {"kind": "spoon"}, 400, "card-not-made"),
    ("cards", {"kind": 1}, 400, "bad-value"),
    ("cards", {"kind": "classic-1k", "uid": "xyz"}, 400, "bad-value"),
    ("cards", {"kind": "classic-1k", "uid": "04" * 5}, 400, "card-not-made"),
    ("cards", {"kind": "classic-1k", "uid": "00" * 40}, 400, "bad-value"),
    ("cards", {"kind": "classic-1k", "label": "\ud800"}, 400, "card-not-made"),
    ("cards", {"kind": "classic-1k", "label": ""}, 400, "bad-value"),
    ("cards", {"kind": "classic-1k", "colour": "red"}, 400, "unknown-field"),
    ("cards", {"kind": "classic-1k", "uid": "5F1A2B3C"}, 409, "uid-taken"),
    ("readers/roof/lay", {"card": "card-1"}, 404, "no-such-reader"),
    ("readers/desk/lay", {"card": "card-7"}, 404, "no-such-card"),
    ("readers/desk/lay", {"card": ["card-1"]}, 400, "bad-value"),
    ("readers/desk/lay", {}, 400, "missing-field"),
    ("readers/roof/lift", {}, 404, "no-such-reader"),
    ("readers/desk/lift", {"card": "card-1"}, 400, "unknown-field"),
    ("readers/roof/plan", {"faults": []}, 404, "no-such-reader"),
    ("readers/desk/plan", {"faults": {}}, 400, "bad-value"),
    ("readers/desk/plan", {"faults": [7]}, 400, "not-json"),
    ("readers/desk/plan", {"faults": [{"kind": "tear-after"}]}, 400, "missing-field"),
    ("readers/desk/plan", {"faults": [{"kind": "power-cut", "at": 0}]}, 400, "bad-value"),
    ("readers/desk/plan", {"faults": [{"kind": "silence", "at": -1}]}, 400, "bad-value"),
    ("readers/desk/plan", {"faults": [{"kind": "silence", "at": True}]}, 400, "bad-value"),
    ("readers/desk/plan", {"faults": [{"kind": "silence", "at": 1.5}]}, 400, "bad-value"),
    ("readers/desk/plan", {"faults": [{"kind": "silence", "at": 0, "x": 1}]}, 400, "unknown-field"),
    ("readers/desk/plan", {"faults": [{"kind": "silence", "at": 0}] * 21}, 400, "bad-value"),
    ("readers/desk/cable", {"plugged": "no"}, 400, "bad-value"),
    ("readers/roof/cable", {"plugged": True}, 404, "no-such-reader"),
    ("readers/roof/log", {"on": True}, 404, "no-such-reader"),
    ("readers/desk/log", {"on": 1}, 400, "bad-value"),
    ("clock/travel", {}, 400, "missing-field"),
    ("clock/travel", {"date": "9 June"}, 400, "bad-value"),
    ("clock/travel", {"date": "2026-02-30"}, 400, "bad-value"),
    ("clock/travel", {"date": "0001-01-01"}, 400, "bad-value"),
    ("clock/travel", {"date": "9999-12-31"}, 400, "bad-value"),
    ("clock/travel", {"date": "2026-06-09", "time": "25:00"}, 400, "bad-value"),
    ("clock/travel", {"date": "2026-06-09", "time": "08:00Z"}, 400, "bad-value"),
    ("clock/travel", {"next": "13-01"}, 400, "bad-value"),
    ("clock/travel", {"next": "06-09", "date": "2026-06-09"}, 400, "unknown-field"),
    ("clock/advance", {"days": 36500, "months": 1200}, 400, "bad-value"),
    ("clock/advance", {"days": 10**30}, 400, "bad-value"),
    ("clock/advance", {"years": 1}, 400, "unknown-field"),
    ("clock/present", {"now": True}, 400, "unknown-field"),
    ("printers/desk/condition", {}, 400, "missing-field"),
    ("printers/desk/condition", {"cover_open": 1}, 400, "bad-value"),
    ("printers/desk/condition", {"on_fire": True}, 400, "unknown-field"),
    ("printers/desk/condition", {"mute": True, "on_fire": True}, 400, "unknown-field"),
    ("printers/attic/condition", {"mute": True}, 404, "no-such-printer"),
    ("printers/desk/paper-ends", {"after_bytes": -1}, 400, "bad-value"),
    ("printers/attic/paper-ends", {"after_bytes": 1}, 404, "no-such-printer"),
    ("printers/attic/refill", {}, 404, "no-such-printer"),
    ("printers/attic/tear-off", {}, 404, "no-such-printer"),
    ("acceptor/insert", {}, 400, "missing-field"),
    ("acceptor/insert", {"fen": 0}, 400, "bad-value"),
    ("acceptor/insert", {"fen": 10**9}, 400, "bad-value"),
    ("acceptor/insert", {"fen": 1000, "foreign": True}, 400, "unknown-field"),
    ("acceptor/insert", {"foreign": False}, 400, "missing-field"),
    ("acceptor/cashbox", {}, 400, "missing-field"),
    ("acceptor/power", {"on": False, "at_stage": "moon"}, 400, "bad-value"),
    ("acceptor/power", {"on": False, "after_commands": 0}, 400, "bad-value"),
    ("acceptor/power", {"on": True, "at_stage": "safe"}, 400, "unknown-field"),
    (
        "acceptor/power",
        {"on": False, "at_stage": "safe", "after_commands": 1},
        400,
        "unknown-field",
    ),
    ("acceptor/jam", {"safe": "yes"}, 400, "bad-value"),
    ("lanes/roof/vehicle", {"present": True}, 404, "no-such-lane"),
    ("lanes/roof/arm", {"stuck": True}, 404, "no-such-lane"),
    ("lanes/carpark/vehicle", {"present": None}, 400, "bad-value"),
    ("lanes/carpark/arm", {}, 400, "missing-field"),
    ("spoons", {}, 404, "no-such-call"),
]


@pytest.fixture
def client(site: BenchSite) -> FlaskClient:
    site.box.add("classic-1k", bytes.fromhex("5F1A2B3C"))
    return create_app(site).test_client()


def still(client: FlaskClient) -> Any:
    """The state without what changes by itself."""
    state = ask(client, "/state.json?money=no")
    return state | {"clock": state["clock"]["days_ahead"]}


@pytest.mark.parametrize(("path", "body", "status", "code"), BAD)
def test_a_call_without_sense_is_refused_and_does_nothing(
    client: FlaskClient, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    before = still(client)
    answer = client.post(f"/api/{path}", data=json.dumps(body))
    assert (answer.status_code, answer.json and answer.json["code"]) == (status, code)
    assert answer.json
    assert answer.json["message"]
    assert still(client) == before


@pytest.mark.parametrize(
    "content",
    [b"{", b"\xff", b"[" * 60_000, b'"text"', b"[]", b"7", b"null", b"NaN", b"{}{}", b"a=1&b=2"],
)
def test_a_body_that_is_not_one_object_is_refused(client: FlaskClient, content: bytes) -> None:
    answer = client.post("/api/readers/desk/lift", data=content)
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "not-json")


@pytest.mark.parametrize("content", [b"", b" \n", b"{}"])
def test_an_empty_body_is_an_empty_object(client: FlaskClient, content: bytes) -> None:
    assert client.post("/api/readers/desk/lift", data=content).status_code == 200


def test_a_body_beyond_64_kilobytes_is_refused(client: FlaskClient) -> None:
    answer = client.post("/api/readers/desk/lift", data=b" " * 65_537)
    assert (answer.status_code, answer.json and answer.json["code"]) == (413, "too-large")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/readers/roof/log", 404, "no-such-reader"),
        ("/api/readers/desk/log?after=x", 400, "bad-value"),
        ("/api/readers/desk/log?after=-1", 400, "bad-value"),
        pytest.param("/api/readers/desk/log?after=" + "9" * 5000, 400, "bad-value", id="long"),
        ("/api/printers/attic/sheets/1.png", 404, "no-such-printer"),
        ("/api/printers/desk/sheets/1.png", 404, "no-such-sheet"),
        ("/api/printers/desk/sheets/0.txt", 404, "no-such-sheet"),
        ("/api/printers/desk/sheets/-1.txt", 404, "no-such-sheet"),
        pytest.param(f"/api/printers/desk/sheets/{'9' * 5000}.txt", 404, "no-such-sheet", id="big"),
        ("/api/printers/desk/sheets/1.pdf", 404, "no-such-call"),
        ("/api/acceptor/insert", 405, "method-not-allowed"),
        ("/api/../../etc", 404, "no-such-call"),
    ],
)
def test_a_question_without_sense_is_refused(
    client: FlaskClient, path: str, status: int, code: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json and answer.json["code"]) == (status, code)


def test_a_wrong_method_says_which_is_right(client: FlaskClient) -> None:
    assert "POST" in client.get("/api/acceptor/insert").headers["Allow"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "localhost"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_call_from_another_sites_page_is_refused(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    before = still(client)
    answer = client.post("/api/readers/desk/lay", json={"card": "card-1"}, headers=headers)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "other-origin")
    assert still(client) == before


def test_a_call_from_our_own_page_is_done(client: FlaskClient) -> None:
    own = {"Origin": "http://localhost"}
    answer = client.post("/api/readers/desk/lay", json={"card": "card-1"}, headers=own)
    assert answer.status_code == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(sorted({name for _, body, *_ in BAD for name in body}))
PATHS = sorted({path for path, *_ in BAD})


@given(path=st.sampled_from(PATHS), body=st.dictionaries(FIELDS, JSON, max_size=3))
def test_no_body_whatever_breaks_the_panel(path: str, body: dict[str, Any]) -> None:
    client = create_app(BenchSite()).test_client()
    answer = client.post(f"/api/{path}", data=json.dumps(body))
    assert answer.status_code in {200, 201, 400, 404, 409}
    assert answer.json is not None
    assert client.get("/state.json").status_code == 200
