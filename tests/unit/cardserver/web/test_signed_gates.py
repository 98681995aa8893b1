"""Gates at the door: who signs comes in, once, while the key is good; and each answer is proven."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx
import pytest
from apiflask import APIFlask
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardserver.client import CardServerClient, ServerRefused, ServerUnavailable, in_process
from cardserver.clientsigning import GateIdentity, GateSigner
from cardserver.domain.gateevent import GENESIS, EventKind, GateEvent, link
from cardserver.domain.gatekeys import GateKeys
from cardserver.domain.sealed import KeyFile
from cardserver.domain.station import StationKind
from cardserver.services import enrolling
from cardserver.services.errors import Conflict, NotFound
from cardserver.services.gatememory import GateMemory
from cardserver.services.setup import SETUP, register_station
from cardserver.vault import export_gate
from cardserver.wire_gatesync import EventLine
from tests.databases.frontdesk import FrontDesk
from tests.databases.servers import server_of

_SECRET = KeyFile(bytes(32))
MINUTE = timedelta(minutes=1)
JOURNAL = "00000000-0000-4000-8000-000000000001"


def identity(number: int, station: str = "gate-7") -> GateIdentity:
    seed = number.to_bytes(32, "big")
    return GateIdentity(station=station, key=Ed25519PrivateKey.from_private_bytes(seed))


@dataclass(slots=True)
class Wire(httpx.BaseTransport):
    """The net between gate and centre, with somebody in it."""

    way: httpx.BaseTransport
    seen: list[httpx.Request] = field(default_factory=list)
    answers: list[httpx.Response] = field(default_factory=list)
    on_request: Callable[[httpx.Request], httpx.Request] = lambda request: request
    on_answer: Callable[[httpx.Response], httpx.Response] = lambda answer: answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self.way.handle_request(self.on_request(request))
        answer.read()
        self.answers.append(answer)
        return self.on_answer(answer)


@dataclass(slots=True)
class Centre:
    desk: FrontDesk
    app: APIFlask
    keys: GateKeys
    wire: Wire

    def gate(self, who: GateIdentity, *, ahead: timedelta = timedelta(0)) -> CardServerClient:
        signer = GateSigner(who, self.keys, clock=lambda: self.desk.clock() + ahead)
        http = httpx.Client(transport=self.wire, base_url="http://centre", auth=signer)
        return CardServerClient(http, wait=lambda _s: None, attempts=1)

    def enrolled(self, number: int = 1, station: str = "gate-7") -> CardServerClient:
        who = identity(number, station)
        enrolling.enrol(self.desk.estate, SETUP, station, who.public_key)
        return self.gate(who)


@pytest.fixture
def centre(desk: FrontDesk) -> Centre:
    keys = GateKeys.open(export_gate(desk.estate.vault, _SECRET), _SECRET, allow_demo=True)
    app = server_of(replace(desk.estate, gates=GateMemory()))
    return Centre(desk, app, keys, Wire(httpx.WSGITransport(app=app)))


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ServerRefused) as refused:
        call()
    return refused.value.reason or refused.value.code


def line(sequence: int, centre: Centre) -> GateEvent:
    return GateEvent(
        sequence=sequence, at=centre.desk.clock(), lane="door", kind=EventKind.TAP, reason="granted"
    )


# --- who comes in


def test_a_gate_whose_key_is_on_file_comes_in_and_no_other(centre: Centre) -> None:
    gate = centre.enrolled()
    assert gate.gates.feed(None).view.complete
    assert refusal(lambda: centre.gate(identity(2)).gates.feed(None)) == "not-signed-on"
    stranger = GateIdentity(station="gate-8", key=identity(1).key)
    assert refusal(lambda: centre.gate(stranger).gates.feed(None)) == "not-signed-on"


def test_a_revoked_key_is_refused_from_the_next_call_on_and_never_comes_back(
    centre: Centre,
) -> None:
    gate = centre.enrolled()
    gate.gates.feed(None)
    (gone,) = enrolling.revoke(centre.desk.estate, SETUP, "gate-7")
    assert gone == identity(1).key_id
    assert refusal(lambda: gate.gates.feed(None)) == "revoked"
    with pytest.raises(Conflict, match="revoked"):
        enrolling.enrol(centre.desk.estate, SETUP, "gate-7", identity(1).public_key)
    with pytest.raises(NotFound):
        enrolling.revoke(centre.desk.estate, SETUP, "gate-7")


def test_a_gate_goes_over_to_a_new_key_while_the_old_one_is_good(centre: Centre) -> None:
    old, new = centre.enrolled(1), centre.enrolled(2)
    old.gates.feed(None)
    new.gates.feed(None)
    enrolling.revoke(centre.desk.estate, SETUP, "gate-7", identity(1).key_id)
    new.gates.feed(None)
    assert refusal(lambda: old.gates.feed(None)) == "revoked"


def test_a_gates_token_ends_when_it_has_a_key(centre: Centre) -> None:
    token = register_station(centre.desk.estate, "gate-7", StationKind.GATE)
    lenient = server_of(replace(centre.desk.estate, bearer_gates=True))
    assert in_process(lenient, token).snapshot().complete
    assert refusal(lambda: in_process(centre.app, token).snapshot()) == "sign"
    centre.enrolled()
    assert refusal(lambda: in_process(lenient, token).snapshot()) == "not-signed-on"
    renewed = register_station(centre.desk.estate, "gate-7", StationKind.GATE)
    assert refusal(lambda: in_process(lenient, renewed).snapshot()) == "sign"


def test_a_key_is_one_gates_and_a_desk_gets_none(centre: Centre) -> None:
    centre.enrolled(1, "gate-7")
    key = identity(1).public_key
    with pytest.raises(Conflict, match="gate-7"):
        enrolling.enrol(centre.desk.estate, SETUP, "gate-8", key)
    register_station(centre.desk.estate, "desk-9", StationKind.DESK)
    with pytest.raises(Conflict, match="desk"):
        enrolling.enrol(centre.desk.estate, SETUP, "desk-9", identity(3).public_key)


def test_a_gate_may_do_nothing_but_a_gates_work(centre: Centre) -> None:
    assert refusal(lambda: centre.enrolled().card(number=1)) == "read-card"


# --- time


@pytest.mark.parametrize("minutes", [-1_000_000, -2, 2, 1_000_000])
def test_a_gate_whose_clock_stopped_learns_the_time_and_comes_in(
    centre: Centre, minutes: int
) -> None:
    """And only from an answer that the centre signed."""
    centre.enrolled()
    gate = centre.gate(identity(1), ahead=minutes * MINUTE)
    assert gate.gates.feed(None).view.complete
    assert [answer.status_code for answer in centre.wire.answers] == [401, 200]
    gate.gates.feed(None)
    assert len(centre.wire.answers) == 3


def test_s6_a_strangers_word_on_the_time_is_not_taken(centre: Centre) -> None:
    centre.enrolled()

    def tampered(answer: httpx.Response) -> httpx.Response:
        version, _, signature = answer.headers["X-Yika-Answer"].split(".")
        answer.headers["X-Yika-Answer"] = f"{version}.4102444800000000.{signature}"
        return answer

    centre.wire.on_answer = tampered
    gate = centre.gate(identity(1), ahead=9 * MINUTE)
    with pytest.raises(ServerUnavailable, match="forged"):
        gate.gates.feed(None)
    assert len(centre.wire.seen) == 1


def test_a_request_kept_for_later_is_refused(centre: Centre) -> None:
    gate = centre.enrolled()
    gate.gates.feed(None)
    (kept,) = centre.wire.seen
    centre.desk.clock.now += 2 * MINUTE
    again = centre.wire.way.handle_request(kept)
    again.read()
    assert again.json()["reason"] == "not-fresh"


# --- replayed, reordered, forged


def test_a_request_sent_twice_is_taken_once(centre: Centre) -> None:
    gate = centre.enrolled()
    gate.gates.feed(None)
    (kept,) = centre.wire.seen
    again = centre.wire.way.handle_request(kept)
    again.read()
    assert (again.status_code, again.json()["reason"]) == (401, "replayed")


def test_after_a_restart_nothing_signed_before_it_is_taken(centre: Centre) -> None:
    """The nonces of before are forgotten, so the time decides."""
    gate = centre.enrolled()
    gate.gates.feed(None)
    (kept,) = centre.wire.seen
    centre.desk.clock.now += timedelta(seconds=1)
    fresh = server_of(replace(centre.desk.estate, gates=GateMemory()))
    centre.wire.way = httpx.WSGITransport(app=fresh)
    again = centre.wire.way.handle_request(kept)
    again.read()
    assert again.json()["reason"] == "not-fresh"
    assert gate.gates.feed(None).view.complete


@pytest.mark.parametrize("part", ["body", "target", "method", "header"])
def test_s6_a_batch_changed_on_its_way_is_refused_and_nothing_stored(
    centre: Centre, part: str
) -> None:
    gate = centre.enrolled()

    def changed(request: httpx.Request) -> httpx.Request:
        body, url, method = request.content, request.url, request.method
        headers = dict(request.headers)
        if part == "body":
            body = body.replace(b"granted", b"blocked")
        if part == "target":
            url = url.copy_with(query=b"x=1")
        if part == "method":
            method, url = "GET", httpx.URL("http://centre/api/gates/feed")
        if part == "header":
            headers["authorization"] = headers["authorization"][:-4] + "AAAA"
        return httpx.Request(method, url, headers=headers, content=body)

    centre.wire.on_request = changed
    event = line(1, centre)
    code = refusal(lambda: gate.gates.post_events([event], journal=JOURNAL, before=GENESIS))
    assert code == "not-signed-on"
    centre.wire.on_request = lambda request: request
    assert gate.gates.last_event(JOURNAL) == 0


def test_s6_a_batch_out_of_turn_or_of_another_chain_is_refused(centre: Centre) -> None:
    gate = centre.enrolled()
    first, second, third = (line(number, centre) for number in (1, 2, 3))
    at_first = link(GENESIS, JOURNAL, first)
    at_second = link(at_first, JOURNAL, second)

    def post(event: GateEvent, before: bytes) -> int:
        return gate.gates.post_events([event], journal=JOURNAL, before=before).sequence

    assert refusal(lambda: post(second, at_first)) == "gap"
    assert post(first, GENESIS) == 1
    assert refusal(lambda: post(third, at_second)) == "gap"
    assert refusal(lambda: post(second, GENESIS)) == "chain-broken"
    assert refusal(lambda: post(first._replace(reason="blocked"), GENESIS)) == "event-differs"
    assert post(first, GENESIS) == 1
    assert post(second, at_first) == 2
    assert gate.gates.last_event(JOURNAL) == 2


def test_a_journal_is_its_own_gates(centre: Centre) -> None:
    one, other = centre.enrolled(1, "gate-7"), centre.enrolled(2, "gate-8")
    one.gates.post_events([line(1, centre)], journal=JOURNAL, before=GENESIS)
    assert other.gates.last_event(JOURNAL) == 0


@pytest.mark.parametrize("part", ["body", "seal", "no seal", "an older answer", "another's answer"])
def test_s6_an_answer_changed_or_replayed_is_as_good_as_none(centre: Centre, part: str) -> None:
    """Above all the word that lines are committed: without it the gate keeps them waiting."""
    gate, other = centre.enrolled(1, "gate-7"), centre.enrolled(2, "gate-8")
    gate.gates.last_event(JOURNAL)
    other.gates.last_event(JOURNAL)
    before, foreign = centre.wire.answers

    def changed(answer: httpx.Response) -> httpx.Response:
        headers, body = dict(answer.headers), answer.content
        if part == "body":
            body = body.replace(b'"sequence":0', b'"sequence":9')
        if part == "seal":
            headers["x-yika-answer"] = headers["x-yika-answer"][:-4] + "AAAA"
        if part == "no seal":
            del headers["x-yika-answer"]
        if part == "an older answer":
            headers, body = dict(before.headers), before.content
        if part == "another's answer":
            headers, body = dict(foreign.headers), foreign.content
        return httpx.Response(answer.status_code, headers=headers, content=body)

    centre.wire.on_answer = changed
    with pytest.raises(ServerUnavailable, match=r"forged|no signature"):
        gate.gates.last_event(JOURNAL)


def test_a_long_list_comes_packed_and_proven(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cardserver.services.gatememory._WORTH_PACKING", 1)
    fed = centre.enrolled().gates.feed(None)
    assert centre.wire.answers[-1].headers["content-encoding"] == "gzip"
    assert json.loads(fed.body)["complete"] is True


# --- the books of who enforces what


def test_every_gate_is_listed_with_what_it_enforces(centre: Centre) -> None:
    gate = centre.enrolled()
    version = gate.gates.feed(None).view.version
    gate.gates.feed(version)
    token = register_station(centre.desk.estate, "office-1", StationKind.OFFICE)
    office = in_process(centre.app, token)
    (seen,) = office.gates.everyone().gates
    assert (seen.station, seen.version, seen.key_ids) == (
        "gate-7",
        version,
        (identity(1).key_id,),
    )
    assert office.gates.reach_of_version(version).everywhere_at == centre.desk.clock()
    assert refusal(lambda: office.gates.reach_of_card(999_999)) == "card"


# --- what a stranger with a key may send

whatever = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3)
    ),
    max_leaves=8,
)
garbled_lines = st.fixed_dictionaries(
    {},
    optional={
        name: whatever | st.sampled_from(["tap", "2025-06-09T09:00:00+08:00", "00" * 7, 1, 2**63])
        for name in (*EventLine.model_fields, "stranger")
    },
)
garbled_batches = whatever | st.fixed_dictionaries(
    {},
    optional={
        "journal": whatever | st.just(JOURNAL),
        "before": whatever | st.just("00" * 32),
        "events": whatever | st.lists(garbled_lines, max_size=3),
        "lanes": whatever,
        "known": whatever | st.dictionaries(st.just(JOURNAL), st.integers(), max_size=1),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=garbled_batches, path=st.sampled_from(["events", "passages"]))
def test_whatever_a_gate_sends_the_centre_does_not_fail_and_stores_nothing_half(
    centre: Centre, body: object, path: str
) -> None:
    http = centre.enrolled()._http
    answer = http.post(
        f"/api/gates/{path}",
        content=json.dumps(body, allow_nan=True),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code < 500
    assert answer.is_success or answer.json()["code"] in {"invalid", "conflict", "http"}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from(["after", "whole", "wait_s", "drift_ms", "waiting", "program", "x"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=70)
        | st.integers(-(2**70), 2**70).map(str)
        | st.sampled_from(["true", "nan", "inf", "-0.0", "1e400"]),
        max_size=4,
    ).filter(lambda query: query.get("wait_s") in {None, "nan", "inf", "1e400", "-0.0"})
)
def test_whatever_a_gate_asks_the_centre_does_not_fail(
    centre: Centre, query: dict[str, str]
) -> None:
    answer = centre.enrolled()._http.get("/api/gates/feed", params=query)
    assert answer.status_code in {200, 422}


@given(body=st.binary(max_size=300))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_that_are_no_json_are_refused(centre: Centre, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = centre.enrolled()._http.post("/api/gates/events", content=body, headers=headers)
    assert 400 <= answer.status_code < 500
