"""A gate whose key was revoked goes on, and says so to whoever looks at it (GATE-07)."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from cardserver.client import ServerRefused, ServerUnavailable
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.services import enrolling, gateseen
from cardserver.services.setup import SETUP
from kiosk.gate.guards import GuardPost, UnknownAndWithdrawn
from kiosk.gate.registration import WITHDRAWN, withdrawn_since
from kiosk.gate.views import health_of
from simulators import estate as demo_estate
from simulators.clock import DemoClock
from simulators.estate import GUARD
from simulators.site import Site
from simulators.teller import FIRST_DAY
from tests.databases.sites import SettledSite
from tests.scenario.ground import MORNING
from tests.unit.kiosk.gate.conftest import Gate
from tests.unit.kiosk.gate.test_uplink import issued

HOUR = timedelta(hours=1)


def revoke(gate: Gate) -> None:
    enrolling.revoke(gate.ground.estate, SETUP, demo_estate.GATE)


def turned_away(gate: Gate) -> None:
    with pytest.raises(ServerRefused) as refused:
        gate.uplink.round()
    assert refused.value.reason == "revoked"


def test_it_knows_since_when_and_goes_on_with_its_list(gate: Gate) -> None:
    issued(gate.ground)
    gate.uplink.round()
    known = gate.uplink.snapshot()
    revoke(gate)
    gate.clock.now = gate.ground.clock.now = MORNING + HOUR
    turned_away(gate)
    gate.clock.now = gate.ground.clock.now = MORNING + 2 * HOUR
    turned_away(gate)
    assert gate.uplink.registration.withdrawn_since == MORNING + HOUR
    assert (gate.uplink.withdrawn, gate.uplink.answers) == (True, True)
    assert gate.uplink.snapshot().cards == known.cards
    assert not gate.uplink.held_up, "that its lines wait is no second trouble"


def test_it_knows_so_after_a_restart_without_the_line(gate: Gate) -> None:
    gate.uplink.round()
    revoke(gate)
    turned_away(gate)
    gate.restart(at=MORNING + HOUR)
    gate.lose_the_server()
    with pytest.raises(ServerUnavailable):
        gate.uplink.round()
    assert (gate.uplink.withdrawn, gate.uplink.answers) == (True, False)
    assert gate.uplink.registration.withdrawn_since == MORNING
    assert withdrawn_since(gate.journal, "another key") is None, "it was enrolled anew"


def test_a_refusal_that_nobody_signed_is_no_news(gate: Gate) -> None:
    """Anybody on the way could say so."""
    gate.uplink.round()

    def forge(request: httpx.Request) -> None:
        raise ServerRefused("gate-refused", "said somebody", reason="revoked", status=401)

    gate.ground.line.before = forge
    turned_away(gate)
    assert (gate.uplink.withdrawn, gate.uplink.answers) == (False, False)


def test_a_gate_that_is_let_in_again_says_no_more_of_it(gate: Gate) -> None:
    gate.uplink.round()
    revoke(gate)
    turned_away(gate)
    gate.lose_the_server()
    with pytest.raises(ServerUnavailable):
        gate.uplink.round()
    known = [gate.uplink.withdrawn]  # a lost line is no new word
    gate.find_the_server()
    forget_the_revocation(gate)
    gate.uplink.round()
    known.append(gate.uplink.withdrawn)
    gate.restart()
    assert [*known, gate.uplink.withdrawn] == [True, False, False]


def forget_the_revocation(gate: Gate) -> None:
    """The centre was restored from a copy of the day before."""
    with gate.ground.engine.connect() as connection:
        raw = connection.connection.cursor()
        raw.execute("UPDATE gate_credential SET revoked_at = NULL")
        connection.connection.commit()


def test_the_desk_tells_a_gate_without_a_key_from_one_that_had_one(gate: Gate) -> None:
    gate.uplink.round()
    revoke(gate)
    (shown,) = gateseen.gates(gate.ground.estate, SETUP).gates
    assert (shown.key_ids, shown.revoked_at) == ((), MORNING)


# --- what people and watchers read there ---------------------------------------------------------


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with SettledSite(tmp_path_factory.mktemp("estate"), clock=clock) as running:
        yield running


def test_guard_and_watchers_read_what_is_so_and_whom_to_ask(site: Site) -> None:
    app = site.stations["gate"].app.test_client()
    come = {"name": GUARD, "password": DEMO_PASSWORD}
    assert "下岗" in app.post("/guard/sign-in", data=come, follow_redirects=True).text
    app.post("/guard/sign-out")
    enrolling.revoke(site.estate, SETUP, demo_estate.GATE)
    with pytest.raises(ServerRefused):
        site.uplink.round()
    shown = app.get("/").text
    assert "本门岗在服务器上的登记已撤销，2" in shown
    assert "读卡照常按手上的名单放行" in shown
    assert "请联系技术员" in shown
    assert "暂时连不上" not in shown.split('id="live"')[1].split('class="lanes"')[0]
    assert "服务器 登记已撤销" in shown
    devices = {each.name: each.trouble for each in health_of(site.lanes, site.uplink).devices}
    assert (devices["server"], devices["registration"]) == ("", WITHDRAWN)
    assert 'yika_device_up{device="registration"} 0.0' in app.get("/metrics").text
    back = app.post("/guard/sign-in", data=come, follow_redirects=True).text
    assert "下岗" in back, "who was here lately opens by hand as on any day without the line"


def test_a_guard_who_was_never_here_is_told_that_it_is_the_gate(site: Site) -> None:
    enrolling.revoke(site.estate, SETUP, demo_estate.GATE)
    shared = site.lanes[0]._shared
    server = site.client(demo_estate.GATE)
    post = GuardPost(server, shared.journal, clock=site.clock, ticks=lambda: 0.0)
    with pytest.raises(UnknownAndWithdrawn):
        post.sign_in(GUARD, DEMO_PASSWORD)
