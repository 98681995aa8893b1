"""Who may call what, cell by cell: every route × every kind of station, on the running app."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from cardserver.domain.permits import OF_PEOPLE, PERMITS, Action, Role, role_permits
from cardserver.domain.station import StationKind
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller, Leave
from cardserver.wirebase import Refusal
from tests.databases.frontdesk import FrontDesk, new_id
from tests.databases.people_at_work import EVERY_ROLE, signed_in
from tests.unit.cardserver.web.conftest import Sign

DESK, KIOSK, GATE, OFFICE, PANEL = StationKind

# The table once more, by hand and the other way round: what is asked for, and who may.
EXPECTED = {
    ("GET", "/api/holders"): {DESK, OFFICE},
    ("GET", "/api/holders/1"): {DESK, OFFICE},
    ("GET", "/api/cards"): {DESK, KIOSK, OFFICE},
    ("GET", "/api/cards/laid"): {DESK, KIOSK},
    ("GET", "/api/cards/read-keys"): {DESK, KIOSK},
    ("POST", "/api/cards/1/block"): {DESK},
    ("POST", "/api/cards/1/unblock"): {DESK},
    ("POST", "/api/verifications"): {DESK},
    ("POST", "/api/quotes"): {DESK, KIOSK},
    ("POST", "/api/sales"): {DESK, KIOSK},
    ("GET", "/api/sales/waiting"): {DESK, KIOSK},
    ("GET", "/api/charges"): {DESK, OFFICE},
    ("GET", "/api/cards/1/handings"): {DESK, OFFICE},
    ("POST", "/api/cards/1/handings"): {DESK, OFFICE},
    ("POST", "/api/drawer/repayments"): {DESK},
    ("POST", "/api/parking/tariffs/1/withdrawal"): {DESK},
    ("POST", "/api/charges"): {DESK},
    ("GET", "/api/charges/ID"): {DESK, OFFICE},
    ("POST", "/api/charges/ID/settlement"): {DESK},
    ("GET", "/api/sales/ID"): {DESK, KIOSK},
    ("POST", "/api/sales/ID/tenders"): {DESK, KIOSK},
    ("POST", "/api/sales/ID/change"): {DESK, KIOSK},
    ("POST", "/api/sales/ID/cancellation"): {DESK, KIOSK},
    ("POST", "/api/sales/ID/refunds"): {DESK},
    ("POST", "/api/sales/ID/codes"): {DESK, KIOSK},
    ("GET", "/api/payments/means"): {DESK, KIOSK},
    ("GET", "/api/payments/ID"): {DESK, KIOSK},
    ("POST", "/api/payments/ID/close"): {DESK, KIOSK},
    ("POST", "/api/payments/ID/check"): {DESK, KIOSK},
    ("POST", "/api/operations"): {DESK, KIOSK},
    ("GET", "/api/operations"): {DESK, OFFICE},
    ("GET", "/api/operations/open"): {DESK, KIOSK},
    ("GET", "/api/operations/ID"): {DESK, KIOSK},
    ("GET", "/api/operations/ID/keying"): {DESK, KIOSK},
    ("POST", "/api/operations/ID/keying"): {DESK, KIOSK},
    ("POST", "/api/operations/ID/settlement"): {DESK, KIOSK},
    ("POST", "/api/operations/ID/void"): {DESK, KIOSK},
    ("POST", "/api/operations/ID/abandonment"): {DESK},
    ("POST", "/api/operations/ID/explanation"): {DESK},
    ("POST", "/api/phone-records"): {DESK},
    ("GET", "/api/holders/1/phone-records"): {DESK, OFFICE},
    ("GET", "/api/holders/1/unit-cards"): {DESK, OFFICE},
    ("POST", "/api/holders/1/on-record"): {DESK},
    ("GET", "/api/applications"): {DESK, OFFICE},
    ("POST", "/api/applications"): {DESK, OFFICE},
    ("GET", "/api/applications/ID"): {DESK, OFFICE},
    ("POST", "/api/applications/ID/steps"): {DESK, OFFICE},
    ("GET", "/api/cards/1/appraisals"): {DESK, OFFICE},
    ("POST", "/api/cards/1/appraisals"): {DESK},
    ("POST", "/api/cards/1/reports"): {DESK},
    ("GET", "/api/documents/1"): {DESK, KIOSK},
    ("GET", "/api/documents/owed"): {DESK, KIOSK},
    ("POST", "/api/documents/1/prints"): {DESK, KIOSK},
    ("POST", "/api/documents/1/reprints"): {DESK, KIOSK},
    ("POST", "/api/documents/1/handover"): {DESK, KIOSK},
    ("GET", "/api/parking/spaces"): {DESK, OFFICE},
    ("POST", "/api/parking/spaces"): {DESK},
    ("GET", "/api/parking/tariffs"): {DESK, OFFICE},
    ("POST", "/api/parking/tariffs"): {DESK},
    ("POST", "/api/parking/agreements"): {DESK},
    ("GET", "/api/parking/agreements/1"): {DESK},
    ("POST", "/api/parking/agreements/1/change"): {DESK},
    ("POST", "/api/parking/agreements/1/end"): {DESK},
    ("POST", "/api/parking/bank-lists/file"): {DESK},
    ("POST", "/api/parking/bank-lists/preview"): {DESK},
    ("POST", "/api/parking/bank-lists"): {DESK},
    ("GET", "/api/parking/reminders"): {DESK, OFFICE},
    ("GET", "/api/parking/refund-requests"): {DESK, OFFICE},
    ("POST", "/api/parking/refund-requests"): {DESK},
    ("POST", "/api/sessions"): {DESK, KIOSK, GATE, OFFICE},
    ("POST", "/api/sessions/end"): {DESK, KIOSK, GATE, OFFICE},
    ("POST", "/api/leaves"): {DESK, KIOSK, GATE, OFFICE},
    ("GET", "/api/operators"): {DESK, KIOSK, GATE, OFFICE},
    ("GET", "/api/operators/all"): {DESK},
    ("POST", "/api/operators"): {DESK},
    ("POST", "/api/operators/1/roles"): {DESK},
    ("POST", "/api/operators/1/password"): {DESK},
    ("POST", "/api/operators/1/active"): {DESK},
    ("POST", "/api/operators/1/unlock"): {DESK},
    ("GET", "/api/notices"): {DESK},
    ("POST", "/api/notices/1/seen"): {DESK},
    ("GET", "/api/snapshot"): {GATE},
    ("POST", "/api/taps"): {GATE},
    ("GET", "/api/gate-rules"): {DESK},
    ("GET", "/api/gate-rules/history"): {DESK},
    ("POST", "/api/gate-rules/check"): {DESK},
    ("POST", "/api/gate-rules"): {DESK},
    ("GET", "/api/gates/feed"): {GATE},
    ("POST", "/api/gates/events"): {GATE},
    ("GET", "/api/gates/events/last"): {GATE},
    ("POST", "/api/gates/passages"): {GATE},
    ("GET", "/api/gates"): {DESK, OFFICE},
    ("GET", "/api/gates/reach"): {DESK, OFFICE},
    ("GET", "/api/gates/lines"): {DESK, OFFICE},
    ("GET", "/api/gates/alarms"): {DESK, OFFICE},
    ("POST", "/api/gates/alarms/seen"): {DESK, OFFICE},
    ("GET", "/api/gates/inside"): {DESK, OFFICE},
    ("GET", "/api/gates/refusals"): {DESK, OFFICE},
    ("POST", "/api/gates/traces"): {DESK, OFFICE},
    ("GET", "/api/gates/occupancy"): {DESK, OFFICE},
    ("GET", "/api/gates/denied"): {DESK, OFFICE},
    ("GET", "/api/gates/openings"): {DESK, OFFICE},
    ("GET", "/api/gates/checks"): {DESK, OFFICE},
    ("GET", "/api/gates/availability"): {DESK, OFFICE},
    ("GET", "/api/ledger/balances"): {DESK, OFFICE},
    ("GET", "/api/ledger/trial"): {DESK, OFFICE},
    ("GET", "/api/journal"): {DESK, OFFICE},
    ("GET", "/api/people"): {DESK, OFFICE},
    ("POST", "/api/people"): {DESK},
    ("GET", "/api/people/1"): {DESK, OFFICE},
    ("POST", "/api/people/1/changes"): {DESK},
    ("POST", "/api/people/1/end"): {DESK},
    ("POST", "/api/people/1/unmask"): {DESK},
    ("POST", "/api/people/1/copies"): {DESK},
    ("GET", "/api/people/1/images"): {DESK, OFFICE},
    ("POST", "/api/people/1/images"): {DESK},
    ("POST", "/api/images/ID/parts"): {DESK},
    ("POST", "/api/images/ID/looks"): {DESK},
    ("POST", "/api/images/ID/purge"): {DESK},
    ("GET", "/api/copies/unfiled"): {DESK, OFFICE},
    ("POST", "/api/copies/ID/filing"): {DESK},
    ("GET", "/api/units"): {DESK, OFFICE},
    ("POST", "/api/units"): {DESK},
    ("GET", "/api/units/1"): {DESK, OFFICE},
    ("POST", "/api/units/1/changes"): {DESK},
    ("GET", "/api/units/1/leaving"): {DESK, OFFICE},
    ("POST", "/api/units/1/transfer"): {DESK},
    ("GET", "/api/imports"): {DESK},
    ("POST", "/api/imports"): {DESK},
    ("GET", "/api/imports/ID"): {DESK},
    ("POST", "/api/imports/ID/parts"): {DESK},
    ("POST", "/api/imports/ID/preview"): {DESK},
    ("GET", "/api/imports/ID/lines"): {DESK},
    ("POST", "/api/imports/ID/takeover"): {DESK},
    ("POST", "/api/imports/ID/drop"): {DESK},
    ("GET", "/api/register"): {DESK},
    ("GET", "/api/register/open"): {DESK},
    ("GET", "/api/register/1"): {DESK},
    ("POST", "/api/register/1/signature"): {DESK},
    ("POST", "/api/register/1/corrections"): {DESK},
    ("GET", "/api/quarters/1/1"): {DESK},
    ("POST", "/api/quarters/1/1/reviews"): {DESK},
    ("GET", "/api/reviews/1"): {DESK},
    ("GET", "/api/reviews/1/lines"): {DESK},
    ("POST", "/api/reviews/1/decisions"): {DESK},
    ("POST", "/api/reviews/1/signature"): {DESK},
    ("POST", "/api/reviews/1/sight"): {DESK},
    ("GET", "/api/card-stock"): {DESK},
    ("POST", "/api/card-stock"): {DESK},
    ("GET", "/api/work-years/1"): {DESK},
    ("POST", "/api/work-years/1"): {DESK},
    ("GET", "/api/reminders"): {DESK, OFFICE},
    ("GET", "/api/reminders/counts"): {DESK, OFFICE},
    ("GET", "/api/figures"): {DESK, OFFICE},
    ("GET", "/api/queue-events"): {DESK},
    ("POST", "/api/queue-events"): {DESK},
    ("GET", "/api/receipt-books"): {DESK, OFFICE},
    ("POST", "/api/receipt-books"): {DESK},
    ("POST", "/api/receipt-books/1/settlement"): {DESK},
    ("GET", "/api/receipt-books/1/stubs"): {DESK, OFFICE},
    ("POST", "/api/unnumbered-papers/1/number"): {DESK},
    ("POST", "/api/documents/1/seal"): {DESK, KIOSK},
    ("POST", "/api/documents/1/signature"): {DESK, KIOSK},
    ("POST", "/api/documents/1/void"): {DESK},
    ("GET", "/api/documents/1/invoices/proposal"): {DESK},
    ("POST", "/api/documents/1/invoices"): {DESK},
    ("POST", "/api/spoilt-invoices"): {DESK},
    ("GET", "/api/papers"): {DESK, OFFICE},
    ("GET", "/api/papers/owed"): {DESK, OFFICE},
    ("GET", "/api/papers/box"): {DESK, OFFICE},
    ("GET", "/api/slip-keys"): {DESK, KIOSK, GATE, OFFICE},
    ("POST", "/api/papers/box/emptyings"): {DESK},
    ("GET", "/api/shifts"): {DESK, OFFICE},
    ("POST", "/api/shifts"): {DESK},
    ("GET", "/api/shifts/own"): {DESK, OFFICE},
    ("GET", "/api/shifts/ID/x"): {DESK},
    ("GET", "/api/shifts/ID/close"): {DESK},
    ("POST", "/api/shifts/ID/counts"): {DESK},
    ("POST", "/api/shifts/ID/close"): {DESK},
    ("POST", "/api/shifts/ID/hand-in"): {DESK},
    ("GET", "/api/z-reports"): {DESK, OFFICE},
    ("GET", "/api/z-reports/1"): {DESK, OFFICE},
    ("POST", "/api/z-reports/1/reprints"): {DESK, OFFICE},
    ("GET", "/api/drawer/movements"): {DESK, OFFICE},
    ("POST", "/api/drawer/drops"): {DESK},
    ("POST", "/api/drawer/loans"): {DESK},
    ("POST", "/api/drawer/credits"): {DESK},
    ("GET", "/api/credits"): {DESK, OFFICE},
    ("POST", "/api/drawer/counterfeits"): {DESK},
    ("GET", "/api/spot-checks"): {DESK, OFFICE},
    ("POST", "/api/spot-checks"): {DESK},
    ("GET", "/api/suspense"): {DESK, OFFICE},
    ("POST", "/api/suspense"): {DESK},
    ("GET", "/api/cash-boxes"): {DESK, KIOSK},
    ("POST", "/api/cash-boxes"): {DESK, KIOSK},
    ("POST", "/api/cash-boxes/ID/count"): {DESK},
    ("GET", "/api/reconciliation"): {DESK, OFFICE},
    ("GET", "/api/metrics"): {DESK, OFFICE},
    ("POST", "/api/differences/1/take"): {DESK},
    ("POST", "/api/differences/1/settle"): {DESK},
}
PUBLIC = {("GET", "/api/health"), ("GET", "/openapi.json")}
BY_SIGNATURE = {("POST", "/api/payments/1/notices")}
"""A payment provider has no token; see `tests.unit.cardserver.web.test_provider_notices`."""


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


def call(http: FlaskClient, method: str, path: str, token: str, session: str = "") -> int:
    headers = {"Authorization": f"Bearer {token}", "X-Yika-Session": session}
    where = path.replace("ID", new_id())
    if method == "POST":
        return http.post(where, headers=headers, json={}).status_code
    return http.get(where, headers=headers).status_code


def test_the_table_names_every_route(app: APIFlask) -> None:
    assert set(routes(app)) == set(EXPECTED) | PUBLIC | BY_SIGNATURE


@pytest.mark.parametrize("kind", StationKind)
def test_each_kind_of_station_reaches_exactly_what_it_may(
    http: FlaskClient, desk: FrontDesk, token: Sign, kind: StationKind
) -> None:
    """403 and nothing else where it may not; where it may, the empty body is what is wrong."""
    known = token(kind)
    reached, session = set(), ""
    for method, path in EXPECTED:
        if not session and kind in OF_PEOPLE:
            session = signed_in(desk.estate, f"{kind}-1", "张晓", EVERY_ROLE, kind=kind)
        if call(http, method, path, known, session) != 403:
            reached.add((method, path))
        if path == "/api/sessions/end":
            session = ""
    assert reached == {route for route, kinds in EXPECTED.items() if kind in kinds}


@pytest.mark.parametrize("kind", StationKind)
def test_no_office_carries_an_act_for_which_the_station_is_not_there(kind: StationKind) -> None:
    """Nor does anybody's leave: roles and leaves add to what a station may do, never widen it."""
    everyone = Caller(station="x", kind=kind, operator="何静", roles=frozenset(Role))
    for action in Action:
        lent = Leave(leave_id="1", action=action, name="宋梅")
        for caller in (everyone, replace(everyone, roles=frozenset(), leave=lent)):
            if action in PERMITS[kind] and (caller.leave or role_permits(frozenset(Role), action)):
                assert caller.authorised_by(action)
                continue
            with pytest.raises(NotPermitted):
                caller.authorised_by(action)


def test_at_an_office_applications_are_decided_and_alarms_seen_and_nothing_else_is_changed() -> (
    None
):
    looking = {
        Action.SIGN_IN,
        Action.FIND_HOLDERS,
        Action.READ_CARD,
        Action.LIST_OPERATIONS,
        Action.REPORTS,
        Action.TRACE_CARD,
        Action.GATE_REPORTS,
    }
    assert PERMITS[OFFICE] - looking == {
        Action.SEE_GATES,  # a guard's post: alarms are taken note of
        Action.CHECK_MERCHANT,
        Action.APPROVE_MERCHANT,
        Action.APPLY_STAFF_CARD,
        Action.APPROVE_STAFF_CARD,
    }


def test_no_route_is_open_without_a_token(http: FlaskClient, desk: FrontDesk) -> None:
    for method, path in EXPECTED:
        assert call(http, method, path, "desk-1.guess") == 401
        answer = http.open(path.replace("ID", new_id()), method=method)
        assert answer.status_code in {401, 415}
    for method, path in PUBLIC:
        assert http.open(path, method=method).status_code == 200
    for method, path in BY_SIGNATURE:  # no provider is set up here
        assert http.open(path, method=method).status_code == 404


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
