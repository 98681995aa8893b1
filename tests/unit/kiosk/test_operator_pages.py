"""The pages of log-ins over the demo site: kept by the administrator, and seen by nobody else."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.services import operators
from cardserver.services.setup import SETUP
from cardserver.wire_operators import OperatorView
from simulators import estate as demo_estate
from simulators.clock import DemoClock
from simulators.site import Site
from tests.databases.sites import SettledSite

GOOD = "three white herons"
ME = "系统管理员"
pytestmark = pytest.mark.usefixtures("light_passwords")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with SettledSite(tmp_path_factory.mktemp("estate"), clock=DemoClock()) as running:
        yield running


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    """The administrator is signed in."""
    return client(site, ME)


def client(site: Site, name: str) -> FlaskClient:
    site.counter.presence.take(demo_estate.sign_in(site.estate, demo_estate.DESK, name))
    return site.stations["desk"].app.test_client()


def seen(site: Site, name: str) -> OperatorView:
    everybody = operators.everybody(site.estate, SETUP).operators
    return next(each for each in everybody if each.name == name)


def send(desk: FlaskClient, path: str, **form: object) -> TestResponse:
    return desk.post(f"/log-ins/{path}", data=form, follow_redirects=True)


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_the_pages_open_in_every_language(site: Site, desk: FlaskClient, language: str) -> None:
    for path in ("", seen(site, "张晓").operator_id, seen(site, ME).operator_id):
        page = desk.get(f"/log-ins/{path}?lang={language}")
        assert page.status_code == 200
        assert "log-ins." not in re.sub(r"<[^>]*>", " ", page.text)


def test_the_menu_leads_there_for_the_administrator_alone_ic_14(
    site: Site, desk: FlaskClient
) -> None:
    assert 'href="/log-ins/"' in desk.get("/people/").text
    agent = client(site, demo_estate.OPERATOR)
    assert 'href="/log-ins/"' not in agent.get("/people/").text
    page = agent.get("/log-ins/")
    assert "not-permitted" in page.text
    assert ME not in page.text
    refused = send(agent, "", name="自来", password=GOOD, again=GOOD, role="front-desk-head")
    assert "not-permitted" in refused.text
    assert 'name="action"' not in refused.text  # nobody lends this right


def test_somebody_is_added_given_offices_let_go_and_let_in_again(
    site: Site, desk: FlaskClient
) -> None:
    added = send(desk, "", name="新来的", password=GOOD, again=GOOD, role=["agent", "guard"])
    assert "新来的" in added.text
    number = seen(site, "新来的").operator_id
    send(desk, f"{number}/offices", role="cash-responsible")
    assert seen(site, "新来的").roles == ("cash-responsible",)
    send(desk, f"{number}/end")
    assert not seen(site, "新来的").active
    send(desk, f"{number}/again")
    assert seen(site, "新来的").active


def test_a_doubled_click_adds_one(desk: FlaskClient) -> None:
    form = {"name": "只有一位", "password": GOOD, "again": GOOD}
    form["request_id"] = "7d2f0c62-5b0f-4b5e-9f6e-3f5f6f9d2a11"
    for _ in range(2):
        assert "name-taken" not in send(desk, "", **form).text


def test_a_password_is_asked_twice_and_never_said_again(site: Site, desk: FlaskClient) -> None:
    number = seen(site, "吴倩").operator_id
    differs = send(desk, f"{number}/password", password=GOOD, again=GOOD + "s")
    assert "password-differs" in differs.text
    poor = send(desk, "", name="某人", password="1234567890", again="1234567890")
    assert "password-common" in poor.text
    assert 'value="某人"' in poor.text
    assert "1234567890" not in poor.text
    changed = send(desk, f"{number}/password", password=GOOD, again=GOOD)
    assert GOOD not in changed.text
    assert site.counter.server.operators.sign_in("吴倩", GOOD).name == "吴倩"


def test_a_colleague_who_waits_is_let_in_at_once(site: Site, desk: FlaskClient) -> None:
    number = seen(site, "郑楠").operator_id
    presence = site.counter.presence
    for _ in range(3):
        desk.post("/sign-out")
        desk.post("/sign-in", data={"name": "郑楠", "password": "not this one"})
    desk = client(site, ME)
    assert f'action="/log-ins/{number}/unlock"' in desk.get(f"/log-ins/{number}").text
    send(desk, f"{number}/unlock")
    presence.sign_in("郑楠", DEMO_PASSWORD)
    assert presence.name == "郑楠"


def test_ones_own_offices_are_not_even_offered_and_are_refused_ic_14(
    site: Site, desk: FlaskClient
) -> None:
    me = seen(site, ME)
    assert f"{me.operator_id}/offices" not in desk.get(f"/log-ins/{me.operator_id}").text
    refused = send(desk, f"{me.operator_id}/offices", role=["administrator", "guard"])
    assert "own-offices" in refused.text
    assert "last-keeper" in send(desk, f"{me.operator_id}/end").text
    other = seen(site, "张晓").operator_id
    mixed = send(desk, f"{other}/offices", role=["administrator", "front-desk-head"])
    assert "offices-apart" in mixed.text
    assert seen(site, "张晓").roles == ("agent",)
    assert seen(site, ME).roles == ("administrator",)
