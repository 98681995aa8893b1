"""The kiosk behind its door: who may, what is done there, and that nobody is served meanwhile."""

import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient

from cardserver.domain.signin import DEMO_PASSWORD
from kiosk.selfservice.journal import Entry, TillJournal
from kiosk.station.recentlog import RecentLog
from simulators.estate import CASHIER, OPERATOR
from simulators.site import Site
from simulators.teller import Teller
from tests.databases.sites import SettledSite

TECHNICIAN = "技术员"
NOTE = 100_00


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with SettledSite(tmp_path_factory.mktemp("estate")) as running:
        yield running


@pytest.fixture
def tell(site: Site) -> Iterator[Teller]:
    hands = Teller(site)
    yield hands
    hands.close()


@pytest.fixture
def door(site: Site, tell: Teller) -> Iterator[FlaskClient]:
    """The service page of an open kiosk, which serves again afterwards."""
    tell.until("the kiosk invites", lambda: tell.state("kiosk")["screen"] == "attract")
    page = site.stations["kiosk"].app.test_client()
    yield page
    page.post("/service/sign-out")


def sign_in(door: FlaskClient, name: str = TECHNICIAN, password: str = DEMO_PASSWORD) -> str:
    door.post("/service/sign-in", data={"name": name, "password": password})
    return door.get("/service/").text


def closed(tell: Teller) -> None:
    tell.until("nobody is served", lambda: tell.state("kiosk")["closed_reason"] == "in-service")


def put_in_the_box(site: Site, *notes: int) -> None:
    """Notes the kiosk took some time ago, as its journal tells of them."""
    for number, value in enumerate(notes):
        site.machine.journal.write(
            Entry.ENDED, tender_id=f"t{number}", sale_id="s", value_fen=value, state="credited"
        )
        site.machine.journal.write(Entry.TOLD, tender_id=f"t{number}")
    site.machine.journal.write(Entry.REST)


def test_behind_the_door_nobody_is_served_and_afterwards_everybody(
    door: FlaskClient, tell: Teller
) -> None:
    assert TECHNICIAN in sign_in(door)
    closed(tell)
    assert "工作人员正在维护" in tell.page("/kiosk/")
    door.post("/service/sign-out")
    tell.until("it serves again", lambda: tell.state("kiosk")["screen"] == "attract")


def test_a_wrong_password_opens_nothing(door: FlaskClient, tell: Teller) -> None:
    assert "sign-in-wrong" in sign_in(door, password="guess")
    assert tell.state("kiosk")["screen"] == "attract"


def test_an_agent_has_nothing_to_do_behind_the_door(door: FlaskClient, tell: Teller) -> None:
    assert "not-for-service" in sign_in(door, OPERATOR)
    assert tell.state("kiosk")["screen"] == "attract"
    assert door.get("/service/report.json").json == {"problem": "service-over"}


def test_a_test_page_comes_out(door: FlaskClient, tell: Teller) -> None:
    sign_in(door)
    closed(tell)
    door.post("/service/test-page")
    assert "测试页已打印" in door.get("/service/").text
    assert "本页不是收据" in tell.paper("kiosk")


def test_nothing_is_done_without_signing_in(door: FlaskClient, site: Site) -> None:
    before = len(site.printers["kiosk"].sheets)
    door.post("/service/test-page")
    assert "service-over" in door.get("/service/").text
    door.post("/service/box")
    assert "service-over" in door.get("/service/").text
    assert len(site.printers["kiosk"].sheets) == before


def test_the_cash_box_is_taken_out_with_what_the_machine_counted(
    door: FlaskClient, site: Site, tell: Teller
) -> None:
    put_in_the_box(site, NOTE, NOTE)
    page = sign_in(door, CASHIER)
    for counted in ("100.00</td>", ">2</td>", "200.00</td>", "共收进 0 张"):
        assert counted in page
    closed(tell)
    door.post("/service/box")
    page = door.get("/service/").text
    assert "请取出钱箱" in page
    assert "待清点" in page
    [box] = site.office.reconciliation.overview().boxes
    assert (box.taken_by, box.machine_fen) == (CASHIER, 2 * NOTE)
    assert site.machine.journal.in_the_box() == 0
    assert site.machine.journal.untold_box() is None


def test_the_button_pressed_twice_takes_one_box_out(
    door: FlaskClient, site: Site, tell: Teller
) -> None:
    put_in_the_box(site, NOTE)
    sign_in(door, CASHIER)
    closed(tell)
    before = len(site.office.reconciliation.overview().boxes)
    pressed = {"box_id": pressed_id(door.get("/service/").text)}
    kiosk = site.stations["kiosk"].app
    with ThreadPoolExecutor(3) as fingers:
        presses = [
            fingers.submit(kiosk.test_client().post, "/service/box", data=pressed) for _ in range(3)
        ]
    assert {press.result().status_code for press in presses} == {303}
    boxes = site.office.reconciliation.overview().boxes
    assert len(boxes) == before + 1
    assert site.machine.journal.box_fen(pressed["box_id"]) == NOTE


def pressed_id(page: str) -> str:
    found = re.search(r'name="box_id" value="([0-9a-f-]{36})"', page)
    assert found is not None
    return found.group(1)


def test_the_report_for_support_names_nobody(door: FlaskClient, tell: Teller) -> None:
    sign_in(door)
    closed(tell)
    answer = door.get("/service/report.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.get_json()["closed"] == "in-service"
    assert answer.get_json()["counters"]["stacked_ever"] == 0
    assert TECHNICIAN not in answer.text


def test_a_box_the_server_has_not_heard_of_is_told_of_again() -> None:
    journal = TillJournal()
    journal.write(Entry.BOX_TAKEN, box_id="b1", machine_fen=300)
    assert journal.untold_box() == ("b1", 300)
    journal.write(Entry.BOX_TOLD, box_id="b1")
    assert journal.untold_box() is None


def test_the_log_crosses_out_numbers_of_cards_and_people() -> None:
    log = RecentLog()
    log.start()
    try:
        logging.getLogger("kiosk.test").warning("card %s of %s: %s", "04A1B2C3D4", "13900001201", 7)
    finally:
        log.stop()
    assert log.lines[-1].endswith("card … of …: 7")
