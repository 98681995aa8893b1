"""What must hold whatever store is behind the door: no fault, and nothing half-done."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from cardserver.services import accounts
from cardserver.services.stations import NOBODY
from cardserver.services.turn import writing
from cardserver.wirebase import Refusal
from tests.databases.frontdesk import DESK, FrontDesk, new_id
from tests.databases.servers import server_of
from tests.databases.stores import STORES, close_store, impatient, open_store


@pytest.fixture(params=STORES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    store = open_store(request.param, tmp_path)
    yield store
    close_store(store)


def test_a_locked_database_asks_to_come_back_and_does_nothing(
    desk: FrontDesk, http: FlaskClient
) -> None:
    answers: list[TestResponse] = []
    engine = impatient(desk.estate.engine)
    client = server_of(replace(desk.estate, engine=engine, bearer_gates=True)).test_client()
    client.environ_base.update(http.environ_base)
    body = {"verification_id": new_id(), "holder_id": desk.owner, "method": "phone"}

    def ask() -> None:
        answers.append(client.post("/api/verifications", json=body))

    before = accounts.journal(desk.estate, DESK, 50)
    with writing(desk.estate, NOBODY):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    engine.dispose()
    assert answers[0].status_code == 503
    assert Refusal.model_validate_json(answers[0].data).code == "busy"
    assert answers[0].headers["Retry-After"] == "1"
    assert accounts.journal(desk.estate, DESK, 50) == before


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["issue", "04010203", "0", "2025-06-09", "1", "desfire"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "request", "uid", "found", "0", "1", "evidence", "taps"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JUNK, index=st.integers(0, 99))
def test_no_json_whatever_makes_the_server_fail(
    http: FlaskClient, app: APIFlask, body: Any, index: int
) -> None:
    paths = [
        rule.rule.replace("<uuid:sale_id>", new_id()).replace("<uuid:operation_id>", new_id())
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set()) and "<int" not in rule.rule
        # Signing out says nothing, so that there is nothing wrong with whatever it says.
        if not rule.rule.endswith("/sessions/end")
    ]
    text = json.dumps(body)
    answer = http.post(paths[index % len(paths)], data=text, content_type="application/json")
    assert 400 <= answer.status_code < 500
    assert Refusal.model_validate_json(answer.data).message
