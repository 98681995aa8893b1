"""The desk's door: nobody here, nothing shown; locked, and the business stays; a second person.

Behind the pages stands the whole demo site: the real server, virtual devices.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cardserver.db.tables import CardRow
from cardserver.domain.permits import Action
from cardserver.domain.record import Medium
from cardserver.domain.rights import CardStatus
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.services.setup import SETUP
from cardserver.services.turn import writing
from kiosk.desk.business import Phase
from kiosk.desk.presence import Presence
from simulators import estate as demo_estate
from simulators.site import Site
from simulators.tour import create_app as create_tour

OWNER = "王秀兰"
LOCAL = "http://localhost"


@pytest.fixture
def presence(site: Site) -> Presence:
    return site.counter.presence


@pytest.fixture
def desk(site: Site) -> Iterator[FlaskClient]:
    """张晓 is signed in, and no business is open."""
    here = site.counter.presence
    here.take(demo_estate.sign_in(site.estate, demo_estate.DESK))
    site.counter.business = site.counter.holder = None
    site.counter.notice = ""
    yield site.stations["desk"].app.test_client()
    site.counter.business = site.counter.holder = None


def words(client: FlaskClient, path: str) -> str:
    return re.sub(r"<[^>]*>", " ", client.get(path, follow_redirects=True).text)


def to_the_door(client: FlaskClient, method: str, path: str) -> bool:
    answer = client.open(path, method=method)
    if answer.status_code == 404:  # no page at all: the apology knows of nobody
        return OWNER not in answer.text
    return answer.status_code == 303 and "/sign-in" in answer.headers["Location"]


def open_owner(client: FlaskClient, site: Site) -> None:
    client.post("/holder", data={"holder_id": site.people.owner})
    client.post("/business", data={"kind": "issue"})


def every_page(site: Site) -> Iterator[tuple[str, str]]:
    """Every page and act of the desk, whichever topic it belongs to."""
    for rule in site.stations["desk"].app.url_map.iter_rules():
        path = re.sub(r"<[^>]*>", "1", rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield method, path


def test_while_nobody_is_here_every_page_leads_to_the_door(
    desk: FlaskClient, site: Site, presence: Presence
) -> None:
    open_owner(desk, site)
    presence.lock()
    closed = {
        (method, path)
        for method, path in every_page(site)
        if path not in {"/static/1", "/events", "/state.json", "/watch", "/health", "/metrics"}
        and not path.startswith(("/sign-", "/lock", "/step-up"))
    }
    assert len(closed) > 30
    assert {each for each in closed if not to_the_door(desk, *each)} == set()
    for path in ("/sign-in", "/state.json", "/health", "/metrics"):
        assert OWNER not in desk.get(path).text
    assert site.counter.business is not None


def test_a_part_of_a_page_sends_the_whole_page_to_the_door(
    desk: FlaskClient, presence: Presence
) -> None:
    presence.lock()
    headers = {"HX-Request": "true", "HX-Current-URL": f"{LOCAL}/?lang=en"}
    for path in ("/work", "/reader", "/link", "/watch"):
        answer = desk.get(path, headers=headers)
        assert answer.headers["HX-Redirect"] == "/sign-in?back=/"
        assert answer.text == ""


def test_unlocking_finds_the_business_as_it_was(
    desk: FlaskClient, site: Site, presence: Presence
) -> None:
    open_owner(desk, site)
    desk.post("/lock")
    assert presence.locked
    assert desk.get("/state.json").json == {
        **(desk.get("/state.json").json or {}),
        "business": None,
        "holder_id": None,
        "locked": True,
        "operator": "张晓",
    }
    page = words(desk, "/")
    assert "屏幕已锁定" in page
    assert "接着办" in page
    answer = desk.post("/sign-in", data={"name": "张晓", "password": "not this one"})
    assert answer.status_code == 422
    assert presence.locked
    answer = desk.post("/sign-in", data={"name": "张晓", "password": DEMO_PASSWORD, "back": "/"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert OWNER in words(desk, "/")
    assert site.counter.business is not None


def test_somebody_else_may_take_over_the_desk(desk: FlaskClient, presence: Presence) -> None:
    presence.lock()
    assert "何静" not in words(desk, "/sign-in")
    assert "何静" in words(desk, "/sign-in?other=yes")
    desk.post("/sign-in", data={"name": "何静", "password": DEMO_PASSWORD})
    assert presence.name == "何静"
    assert "何静" in words(desk, "/")


def test_signing_out_asks_for_a_name(desk: FlaskClient, presence: Presence) -> None:
    desk.post("/sign-out")
    assert not presence.signed_in
    assert presence.name == ""
    page = words(desk, "/")
    for name in demo_estate.OPERATORS:
        assert name in page


def test_a_session_ended_at_the_server_leads_to_the_door_and_keeps_the_business(
    desk: FlaskClient, site: Site, presence: Presence
) -> None:
    open_owner(desk, site)
    demo_estate.sign_in(site.estate, demo_estate.DESK, "何静")  # somewhere else, same station
    desk.post("/verify", data={})
    assert not presence.signed_in
    assert to_the_door(desk, "GET", "/")
    desk.post("/sign-in", data={"name": "张晓", "password": DEMO_PASSWORD})
    assert site.counter.business is not None
    assert site.counter.business.problem == "not-signed-in"


def lender(presence: Presence) -> str:
    return presence.leave.name if presence.leave is not None else ""


def test_an_agent_steps_up_with_a_head_and_the_same_button_works_ic_14(
    desk: FlaskClient, site: Site, presence: Presence
) -> None:
    desk.post("/holder", data={"holder_id": site.people.staff})
    desk.post("/business", data={"kind": "issue"})
    assert site.counter.notice == "not-permitted"
    page = words(desk, "/")
    assert "办理员工卡" in page
    assert "何静" in page
    assert "孙涛" not in page  # the department head has no such right
    form = {"action": Action.OPERATE_STAFF_CARD.value}
    desk.post("/step-up", data={**form, "name": "何静", "password": "not this one"})
    assert "密码对不上" in words(desk, "/")
    answer = desk.post(
        "/step-up",
        data={**form, "name": "何静", "password": DEMO_PASSWORD},
        headers={"Referer": f"{LOCAL}/"},
    )
    assert answer.headers["Location"] == "/"
    assert lender(presence) == "何静"
    assert presence.wanted is None
    desk.post("/business", data={"kind": "issue"})
    assert site.counter.business is not None
    desk.post("/step-up/end")
    assert lender(presence) == ""


def test_a_desk_holds_several_leaves_and_each_goes_by_itself_ic_14(
    desk: FlaskClient, presence: Presence
) -> None:
    for action, name in (("operate-staff-card", "何静"), ("spot-check", "吴倩")):
        form = {"action": action, "name": name, "password": DEMO_PASSWORD}
        desk.post("/step-up", data=form)
    assert [each.name for each in presence.leaves] == ["何静", "吴倩"]
    page = words(desk, "/")
    assert "+ 何静" in page
    assert "+ 吴倩" in page
    desk.post("/step-up/end", data={"action": "spot-check"})
    assert [each.action for each in presence.leaves] == [Action.OPERATE_STAFF_CARD]
    desk.post("/step-up", data={"action": "spot-check", "name": "吴倩", "password": DEMO_PASSWORD})
    desk.post("/step-up/end")
    assert presence.leaves == ()


def test_what_an_act_lacked_is_forgotten_with_the_next_act(
    desk: FlaskClient, site: Site, presence: Presence
) -> None:
    for way in ("/home", "/step-up/leave-it"):
        desk.post("/holder", data={"holder_id": site.people.staff})
        desk.post("/business", data={"kind": "issue"})
        assert presence.wanted is Action.OPERATE_STAFF_CARD
        desk.post(way)
        assert presence.wanted is None


def test_the_way_back_is_one_of_our_own_pages(desk: FlaskClient, presence: Presence) -> None:
    for back in ("//evil.example/", "https://evil.example/", "/\\evil", "javascript:x", "\n"):
        presence.lock()
        form = {"name": "张晓", "password": DEMO_PASSWORD, "back": back}
        assert desk.post("/sign-in", data=form).headers["Location"] == "/"


def test_nonsense_at_the_door_is_an_answer(desk: FlaskClient, presence: Presence) -> None:
    presence.lock()
    for name in ("", "x" * 5000, "\x00", "张晓\n"):
        answer = desk.post("/sign-in", data={"name": name, "password": "\x00" * 300})
        assert answer.status_code in {303, 422}
        assert "Traceback" not in answer.text
    for action in ("", "fly", "sign-in"):
        assert desk.post("/step-up", data={"action": action}).status_code == 303
    assert presence.locked


def test_the_tour_tells_visitors_the_names_and_the_password(site: Site) -> None:
    page = create_tour(site).test_client().get("/").text
    assert DEMO_PASSWORD in page
    for name in demo_estate.OPERATORS:
        assert name in page


def test_a_head_is_told_of_a_blocked_staff_card_at_sign_in_ic_14a(
    desk: FlaskClient, site: Site, presence: Presence
) -> None:
    site.counter.server.block(staff_card(site), "lost")
    assert "not-permitted" in words(desk, "/notices")  # an agent is no head
    for name in (demo_estate.HEAD, "罗敏"):
        presence.lock()
        answer = desk.post("/sign-in", data={"name": name, "password": DEMO_PASSWORD})
        assert answer.headers["Location"] == "/notices"
        assert "张晓 · desk-1" in words(desk, "/notices")
        assert "已挂失" in words(desk, "/notices")
        [seen] = re.findall(r'action="(/notices/\d+/seen)"', desk.get("/notices").text)
        assert desk.post(seen).status_code == 303
        assert "张晓 · desk-1" not in words(desk, "/notices")


def staff_card(site: Site) -> int:
    """Number of a staff card on file, put there without a reader."""
    with writing(site.estate, SETUP) as turn:
        turn.add(
            CardRow(
                number=9001,
                uid=bytes(7),
                medium=Medium.CLASSIC,
                card_kind="mifare-classic-1k",
                status=CardStatus.LIVE,
                status_reason="",
                holder_id=site.people.staff,
                key_version=1,
                issued_at=turn.now,
                bought_on=turn.today,
                version=1,
            )
        )
    return 9001


def test_who_writes_a_card_finishes_it(desk: FlaskClient, site: Site, presence: Presence) -> None:
    open_owner(desk, site)
    assert site.counter.business is not None
    site.counter.business.phase = Phase.WRITING
    desk.post("/sign-out")
    assert presence.locked  # and still signed in: the write goes on
    answer = desk.post("/sign-in", data={"name": "何静", "password": DEMO_PASSWORD})
    assert answer.status_code == 409
    assert presence.name == "张晓"
    session = presence._server.credentials.session
    desk.post("/sign-in", data={"name": "张晓", "password": DEMO_PASSWORD})
    assert presence.here
    assert presence._server.with_session(session).search(OWNER)  # a call on its way still counts


# --- the screen's own clock


class Ticks:
    """Seconds as a test wants them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def idle(site: Site, ticks: Ticks, tmp_path: Path) -> Presence:
    """Somebody signed in at a counter that locks after five minutes."""
    presence = Presence(site.client(demo_estate.DESK), tick=ticks)
    presence.take(demo_estate.sign_in(site.estate, demo_estate.DESK))
    return presence


def test_the_screen_locks_after_five_minutes_without_a_hand(idle: Presence, ticks: Ticks) -> None:
    ticks.now = 299.0
    assert idle.here
    idle.acted()
    ticks.now = 598.0
    assert idle.here
    ticks.now = 599.0
    assert idle.locked
    ticks.now = 600.0
    idle.acted()  # a late click unlocks nothing
    assert idle.locked
    assert idle.name == "张晓"


def test_a_locked_screen_still_writes(idle: Presence, site: Site) -> None:
    """What runs goes on: the session lives behind the locked screen."""
    idle.lock()
    assert idle._server.search(OWNER)
