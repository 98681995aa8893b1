"""A guard opens by hand, by name and with a reason, with the line to the centre or without it.

GATE-02a, GATE-05, GATE-07: the centre says who is a guard; a lost network sends nobody home.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient

from cardserver.client import ServerRefused
from cardserver.domain.admission import Decision, Direction, Reason
from cardserver.domain.gateevent import EventKind
from cardserver.domain.permits import Role
from cardserver.domain.signin import DEMO_PASSWORD
from kiosk.gate.guards import ON_DUTY_S, GuardPost, NoGuard, NotAGuard, UnknownWithoutLine
from kiosk.gate.lane import Shown
from simulators.clock import DemoClock
from simulators.estate import GUARD, OPERATOR
from simulators.site import Site
from simulators.teller import FIRST_DAY
from tests.databases.sites import SettledSite


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with SettledSite(tmp_path_factory.mktemp("estate"), clock=clock) as running:
        yield running


@pytest.fixture
def gate(site: Site) -> FlaskClient:
    return site.stations["gate"].app.test_client()


def told(gate: FlaskClient, address: str, **form: str) -> str:
    answer = gate.post(address, data=form, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def come(gate: FlaskClient, name: str = GUARD, password: str = DEMO_PASSWORD) -> str:
    return told(gate, "/guard/sign-in", name=name, password=password)


def lines(site: Site, kind: EventKind) -> list[tuple[str, str, str, int | None]]:
    found = site.lanes[0]._shared.journal.last(20, kind)
    return [(each.lane, each.by, each.detail, each.card_number) for each in found]


def test_gate_02a_a_guard_opens_with_name_and_reason(site: Site, gate: FlaskClient) -> None:
    lane = str(site.lanes[0].lane.lane_id)
    assert "nobody-on-duty" in told(gate, f"/guard/open/{lane}", reason="visitor")
    assert lines(site, EventKind.OPENED_BY_HAND) == []
    assert GUARD in come(gate)
    assert "reason-missing" in told(gate, f"/guard/open/{lane}", reason="other")
    shown = told(gate, f"/guard/open/{lane}", reason="visitor", words="王先生", card="7")
    assert "已放行，已登记" in shown
    assert lines(site, EventKind.OPENED_BY_HAND) == [(lane, GUARD, "访客登记：王先生", 7)]
    assert gate.post("/guard/open/nowhere").status_code == 404


def test_who_is_inside_is_forgotten_by_name_and_with_a_reason(
    site: Site, gate: FlaskClient
) -> None:
    assert "nobody-on-duty" in told(gate, "/guard/neutral", reason="device")
    come(gate)
    assert "reason-missing" in told(gate, "/guard/neutral")
    assert "card-number-unclear" in told(gate, "/guard/neutral", reason="device", card="x")
    assert lines(site, EventKind.NEUTRAL) == [], "a slip of the finger forgets nobody"
    assert "在内记录已重置" in told(gate, "/guard/neutral", reason="device", card="7")
    assert "在内记录已重置" in told(gate, "/guard/neutral", reason="device")
    assert lines(site, EventKind.NEUTRAL) == [
        ("", GUARD, "设备没有识别", None),
        ("", GUARD, "设备没有识别", 7),
    ]


def test_only_those_the_centre_names_may(gate: FlaskClient) -> None:
    assert "not-a-guard" in come(gate, OPERATOR)
    assert "下岗" not in come(gate, GUARD, "wrong password")
    assert "下岗" in come(gate)
    assert "上岗登录" in told(gate, "/guard/sign-out")


def test_who_leaves_is_not_welcomed_home(site: Site, gate: FlaskClient) -> None:
    each = site.lanes[0]
    each.shown = Shown(decision=Decision(reason=Reason.GRANTED), at=site.clock(), opened=True)
    address = f"/lane/{each.lane.lane_id}/sign"
    assert "欢迎回家" in gate.get(address).text
    each.lane = replace(each.lane, direction=Direction.EXIT)
    shown = gate.get(address).text
    assert "欢迎回家" not in shown
    assert "祝您一路平安" in shown


def test_a_name_that_nobody_can_have_is_told_in_words(gate: FlaskClient) -> None:
    for name in ("", " ", "王" * 61, "王\t卫国", "王\x00"):
        shown = come(gate, name)
        assert "请核对后再试一次" in shown
        assert "上岗登录" in shown


@contextmanager
def without_a_line(site: Site) -> Iterator[None]:
    app: Any = site.server_app
    whole = app.wsgi_app

    def dead(_environ: object, _start: object) -> object:
        raise httpx.ConnectError("the line is cut")

    app.wsgi_app = dead
    try:
        yield
    finally:
        app.wsgi_app = whole


def post_of(site: Site, ticks: list[float]) -> GuardPost:
    shared = site.lanes[0]._shared
    return GuardPost(
        site.client("gate-1"), shared.journal, clock=site.clock, ticks=lambda: ticks[0]
    )


def test_gate_07_without_the_line_whoever_was_here_lately_comes_on_duty(site: Site) -> None:
    ticks = [0.0]
    post = post_of(site, ticks)
    post.sign_in(GUARD, DEMO_PASSWORD)
    post.sign_out()
    with without_a_line(site):
        with pytest.raises(UnknownWithoutLine):
            post.sign_in(OPERATOR, DEMO_PASSWORD)
        with pytest.raises(UnknownWithoutLine):
            post.sign_in(GUARD, "wrong password")
        post.sign_in(GUARD, DEMO_PASSWORD)
        assert post_of(site, ticks).name == ""
        again = post_of(site, ticks)  # the gate was started anew
        again.sign_in(GUARD, DEMO_PASSWORD)
        assert again.name == GUARD
        site.clock.travel_to(site.clock() + timedelta(days=31))
        with pytest.raises(UnknownWithoutLine):
            again.sign_in(GUARD, DEMO_PASSWORD)


def test_whom_the_centre_no_longer_lets_in_is_forgotten_here(site: Site) -> None:
    ticks = [0.0]
    post = post_of(site, ticks)
    post.sign_in(GUARD, DEMO_PASSWORD)
    with pytest.raises(ServerRefused):
        post.sign_in(GUARD, "no longer this one")
    with without_a_line(site), pytest.raises(UnknownWithoutLine):
        post.sign_in(GUARD, DEMO_PASSWORD)


def test_a_shift_has_an_end_and_a_password_is_nowhere_in_the_journal(site: Site) -> None:
    ticks = [0.0]
    post = post_of(site, ticks)
    with pytest.raises(NotAGuard):
        post.sign_in(OPERATOR, DEMO_PASSWORD)
    post.sign_in(GUARD, DEMO_PASSWORD)
    assert post.require() == GUARD
    ticks[0] += ON_DUTY_S + 1
    with pytest.raises(NoGuard):
        post.require()
    kept = site.lanes[0]._shared.journal.mark("guards") or ""
    assert GUARD in kept
    assert DEMO_PASSWORD not in kept
    assert OPERATOR not in kept
    assert Role.GUARD not in kept
