"""What was typed and refused stands in its fields again, for who typed it and nobody else."""

import re

import pytest
from flask.testing import FlaskClient

from kiosk.desk.kept import KEPT_S, KeptForms
from simulators import estate as demo_estate
from simulators.site import Site

MARK = "写了很久的一句话"
HEAD = demo_estate.HEAD
FORMS = [
    ("/parking/tariffs", "/parking/tariffs", {"fee": "三百", "first": "2031-02-01"}, "2031-02-01"),
    ("/parking/spaces", "/parking/", {"code": MARK, "kind": "bought", "zone": "x"}, MARK),
    ("/units/", "/units/", {"label": MARK, "zones": "99"}, MARK),
    ("/units/1", "/units/1", {"label": "3栋1201", "zones": "", "reason": MARK}, MARK),
    ("/people/1/copies", "/people/1", {"paper": "none", "occasion": MARK}, MARK),
    ("/people/1/end", "/people/1", {"last_day": "明天", "reason": MARK}, MARK),
    ("/people/1/edit", "/people/1/edit", {"class": "owner", "name": MARK}, MARK),
    ("/people/new", "/people/new", {"class": "staff", "name": MARK}, MARK),
    ("/review/stock", "/review/stock", {"amount": "几张", "reason": MARK}, MARK),
    ("/review/work-years/2031", "/review/work-years?year=2031", {"holidays": MARK}, MARK),
]


def sign_in(site: Site, name: str = demo_estate.OPERATOR) -> FlaskClient:
    site.counter.presence.take(demo_estate.sign_in(site.estate, demo_estate.DESK, name))
    return site.stations["desk"].app.test_client()


def fields(html: str) -> dict[str, str]:
    """The last value of each named field with a value on the page."""
    return dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]*? value="([^"]*)"', html))


@pytest.mark.parametrize(("action", "page", "form", "typed"), FORMS)
def test_a_refused_form_comes_back_as_it_was_typed(
    site: Site, action: str, page: str, form: dict[str, str], typed: str
) -> None:
    desk = sign_in(site, HEAD)
    bears = {"request_id": "0b8f8f0c-5b0b-4a53-8f2b-3f6f7c1d2e3a", **form}
    desk.post(action, data=bears)
    shown = desk.get(page).text
    assert typed in shown
    assert bears["request_id"] in shown  # sent again it is the same act
    assert typed not in sign_in(site, "罗敏").get(page).text
    assert typed not in sign_in(site, HEAD).get(page).text  # and it was not kept behind her back


def test_a_form_that_was_taken_is_empty_again(site: Site) -> None:
    desk = sign_in(site, HEAD)
    desk.post("/units/", data={"label": "8栋0808", "zones": "?"})
    assert "8栋0808" in desk.get("/units/?q=nobody").text
    desk.post("/units/", data={"label": "8栋0808", "zones": "0"})
    assert "8栋0808" not in desk.get("/units/?q=nobody").text


@pytest.mark.parametrize("how", ["lock", "session"])
def test_what_was_sent_after_the_screen_was_covered_is_there_after_the_door(
    site: Site, how: str
) -> None:
    desk, presence = sign_in(site, HEAD), site.counter.presence
    if how == "lock":
        presence.lock()
    else:
        site.counter.server.credentials.session = ""
    form = {"label": MARK, "zones": "0"}
    page = "http://localhost/units/"
    door = desk.post("/units/", data=form, headers={"Referer": page}).headers["Location"]
    assert door.endswith("/sign-in?back=/units/")
    assert MARK not in desk.get(door).text
    shown = sign_in(site, HEAD).get("/units/").text
    assert MARK in shown
    assert "not-sent-yet" in shown
    assert MARK not in sign_in(site).get("/units/").text


def test_a_form_that_found_the_session_ended_at_the_server_is_kept(site: Site) -> None:
    desk = sign_in(site, HEAD)
    site.counter.server.credentials.session = "run.out"
    desk.post("/people/new", data={"class": "staff", "name": f"{MARK}二", "section": "一班"})
    assert not site.counter.presence.here
    assert f"{MARK}二" in sign_in(site, HEAD).get("/people/new?class=staff").text


def test_a_draft_that_was_sent_to_a_covered_screen_stands_in_its_fields(site: Site) -> None:
    desk, presence = sign_in(site), site.counter.presence
    action = "/money/to-cashier"
    [form] = re.findall(rf'action="{action}"(.*?)</form>', desk.get("/money/cash").text, re.DOTALL)
    presence.lock()
    desk.post(action, data={"id": fields(form)["id"], "amount": "12.50", "remark": MARK})
    shown = sign_in(site).get("/money/cash").text
    assert "not-sent-yet" in shown
    assert 'value="12.50"' in shown
    assert MARK in shown
    assert "not-sent-yet" not in desk.get("/money/cash").text
    assert site.counter.notice == ""


def test_what_stood_half_written_when_the_screen_was_covered_is_kept_and_not_done(
    site: Site,
) -> None:
    desk, presence = sign_in(site, HEAD), site.counter.presence
    half = {"label": f"{MARK}的一半", "zones": "0"}
    assert desk.post("/sign-in/unsent?to=/units/", data=half).status_code == 204
    assert half["label"] not in desk.get("/units/").text  # nobody had covered it
    presence.lock()
    for way in ("/units/", "https://evil.example/", "//x"):
        assert desk.post(f"/sign-in/unsent?to={way}", data=half).status_code == 204
    shown = sign_in(site, HEAD).get("/units/").text
    assert f'value="{half["label"]}"' in shown
    assert f"{half['label']}</a>" not in shown


def test_a_file_that_is_sent_to_a_covered_screen_leads_to_the_door(site: Site) -> None:
    desk = sign_in(site)
    site.counter.presence.lock()
    kind = "multipart/form-data; boundary=x"
    answer = desk.post("/people/import/", data=b"--x" + b"y" * 70_000, content_type=kind)
    assert "/sign-in" in answer.headers["Location"]


def test_the_same_form_is_not_refused_for_ever_for_a_colleagues_change(site: Site) -> None:
    desk = sign_in(site, HEAD)
    stale = {"label": "3栋1201", "zones": "0", "reason": MARK, "version": "999"}
    desk.post("/units/1", data=stale)
    shown = desk.get("/units/1").text
    assert MARK in shown
    assert fields(shown)["version"] != "999"


def test_a_word_that_nothing_can_carry_is_a_refusal_and_no_fault(site: Site) -> None:
    desk = sign_in(site, HEAD)
    answer = desk.post("/review/1/see", data={"remark": "\x00"}, follow_redirects=True)
    assert answer.status_code == 200


def test_a_password_is_never_kept_nor_more_than_a_few_forms_nor_for_long() -> None:
    now = [0.0]
    kept = KeptForms(tick=lambda: now[0])
    kept.keep(
        "张晓", "/log-ins/", {"name": "李明", "password": "geheim", "password_again": "geheim"}
    )
    assert kept.of("张晓", "/log-ins/") == {"name": "李明"}
    for number in range(8):
        kept.keep("张晓", f"/{number}", {"a": "b" * 20_001, "c": "d"})
    assert kept.of("张晓", "/log-ins/") == {}
    assert kept.of("张晓", "/7") == {"c": "d"}
    now[0] = KEPT_S
    assert kept.of("张晓", "/7") == {}
