"""The pages of desk, kiosk and gate against nonsense, strangers and size; without a browser.

Behind the pages stands the whole demo site: the real server, virtual devices.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardserver.client import CardServerClient
from cardserver.domain.admission import Decision, Reason
from cardserver.domain.rights import RightKind
from cardserver.domain.schedules import Span
from kiosk.desk.business import Phase
from kiosk.desk.pending import Pending, look
from kiosk.gate.lane import Shown
from kiosk.gate.views import Face, sign_of, theme_at
from kiosk.selfservice.flow import Event, Screen
from kiosk.station.clock import ESTATE_ZONE
from kiosk.station.web import POLICY
from simulators.site import Site

FACES = ("desk", "kiosk", "gate")
FIRST_PAGE_LIMIT = 100_000
NONSENSE = [
    "",
    "abc",
    "-1",
    "0",
    "999",
    "1e9",
    "NaN",
    "inf",
    "٣",
    "1;DROP TABLE",
    "\x00",
    "9" * 500,
]


@pytest.fixture
def desk(site: Site) -> Iterator[FlaskClient]:
    """The desk's pages; no business is left open afterwards."""
    client = site.stations["desk"].app.test_client()
    yield client
    client.post("/act/cancel")
    client.post("/home")


@pytest.fixture
def kiosk(site: Site) -> FlaskClient:
    """The kiosk's pages."""
    return site.stations["kiosk"].app.test_client()


@pytest.fixture
def gate(site: Site) -> FlaskClient:
    """The gate's pages."""
    return site.stations["gate"].app.test_client()


def client_of(site: Site, face: str) -> FlaskClient:
    return site.stations[face].app.test_client()


def words_of(client: FlaskClient, path: str = "/") -> str:
    """What a page says, without its tags."""
    return re.sub(r"<[^>]*>", " ", client.get(path).text)


# --- every face: headers, strangers, apologies ---------------------------------------------------


@pytest.mark.parametrize("face", FACES)
def test_every_answer_bears_the_safe_headers(site: Site, face: str) -> None:
    client = client_of(site, face)
    for path in ("/", "/no-such-page", "/state.json", "/static/yika.css"):
        with client.get(path) as answer:
            headers = answer.headers
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    assert client.get("/").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("face", FACES)
def test_a_browser_keeps_what_pages_are_made_of_until_its_content_changes(
    site: Site, face: str
) -> None:
    client = client_of(site, face)
    assets = _Assets()
    assets.feed(client.get("/").text)
    for path in {urljoin("/", found) for found in assets.found}:
        bare, mark = path.split("?as=")
        kept = {path: True, bare: False, f"{bare}?as={mark[::-1]}": False}
        for address, for_long in kept.items():
            with client.get(address) as answer:
                assert ("immutable" in answer.headers["Cache-Control"]) is for_long, address
    with client.get("/static/no-such-file?as=12345678") as answer:
        assert answer.status_code == 404
        assert "Cache-Control" not in answer.headers


def test_the_policy_allows_no_inline_script_or_style_and_no_other_host() -> None:
    rules = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert rules["default-src"] == "'self'"
    assert not {"script-src", "style-src", "connect-src"} & rules.keys()
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


@pytest.mark.parametrize("face", FACES)
def test_no_page_holds_an_inline_script_style_or_handler(site: Site, face: str) -> None:
    text = client_of(site, face).get("/").text
    assert re.search(r"<script(?![^>]*\bsrc=)", text) is None
    assert re.search(r"<style|\bstyle=|\bon[a-z]+=\"", text) is None


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://[half"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_another_origin_is_refused(
    site: Site, face: str, headers: dict[str, str]
) -> None:
    answer = client_of(site, face).post("/act/cancel", headers=headers)
    assert answer.status_code == 403
    assert "来自别的网站" in answer.text


def test_a_form_from_our_own_page_is_taken(desk: FlaskClient) -> None:
    for headers in ({"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {}):
        assert desk.post("/act/cancel", headers=headers).status_code == 303


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/no-such-page", 404), ("DELETE", "/", 405), ("GET", "/static/../views.py", 404)],
)
def test_what_is_not_there_is_an_apology_in_words_with_a_way_back(
    site: Site, face: str, method: str, path: str, status: int
) -> None:
    answer = client_of(site, face).open(path, method=method)
    assert answer.status_code == status
    assert "没有找到这个页面，请从首页再进一次。" in answer.text
    assert "回到首页" in answer.text


def test_an_apology_speaks_the_language_of_whoever_asked(gate: FlaskClient) -> None:
    gate.get("/?lang=en")
    assert "There is no such page." in gate.get("/lane/nowhere").text


def test_a_form_of_a_size_nobody_types_is_refused(desk: FlaskClient) -> None:
    answer = desk.post("/money", data={"received": "1" * 100_000})
    assert answer.status_code == 413
    assert "太多" in answer.text


# --- language ------------------------------------------------------------------------------------


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("wish", "found"), [("en", "en"), ("zh-Hant", "zh-Hant"), ("xx", "zh-Hans")]
)
def test_a_language_is_chosen_by_address_and_kept(
    site: Site, face: str, wish: str, found: str
) -> None:
    client = client_of(site, face)
    assert f'<html lang="{found}"' in client.get(f"/?lang={wish}").text
    assert f'<html lang="{found}"' in client.get("/").text


def test_a_choice_at_the_kiosk_is_not_the_desks(site: Site) -> None:
    """On one host in the demo, yet two faces: each keeps its own."""
    from werkzeug.test import Client

    browser = Client(site.wsgi())
    browser.get("/kiosk/?lang=en")
    assert '<html lang="en"' in browser.get("/kiosk/").text
    assert '<html lang="zh-Hans"' in browser.get("/desk/").text


# --- size ----------------------------------------------------------------------------------------


class _Assets(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        wanted = {"script": "src", "link": "href", "img": "src"}.get(tag)
        if wanted and given.get(wanted):
            self.found.append(str(given[wanted]))


@pytest.mark.parametrize("face", FACES)
def test_the_first_page_with_all_it_needs_is_under_100_kb(site: Site, face: str) -> None:
    client = client_of(site, face)
    page = client.get("/")
    assets = _Assets()
    assets.feed(page.text)
    sizes = {"/": len(page.data)}
    for path in {urljoin("/", found) for found in assets.found}:
        assert path.startswith("/static/")
        with client.get(path) as asset:
            sizes[path] = len(asset.data)
    assert len(sizes) > 5
    assert sum(sizes.values()) < FIRST_PAGE_LIMIT, sizes


# --- the desk ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NONSENSE)
def test_a_number_that_names_nothing_leaves_the_desk_as_it_was(
    site: Site, desk: FlaskClient, number: str
) -> None:
    nobody, nothing = "请先查找并选择住户", "没有找到这条资料"
    for path, field, said in (
        ("/holder", "holder_id", nothing),
        ("/block", "card_number", nothing if number in {"0", "999"} else nobody),
        ("/unblock", "card_number", nothing),
    ):
        assert desk.post(path, data={field: number}).status_code == 303
        page = desk.get("/")
        assert page.status_code == 200
        assert said in page.text
    assert site.counter.business is None
    assert site.counter.holder is None


@pytest.mark.parametrize("months", ["999", "-3", "0", "", "abc", "٣", "1.5"])
def test_months_are_held_between_one_and_twelve(site: Site, desk: FlaskClient, months: str) -> None:
    people = site.people
    desk.post("/holder", data={"holder_id": people.owner})
    desk.post("/business", data={"kind": "issue", "months": months})
    assert site.counter.business is not None
    assert 1 <= site.counter.business.months <= 12


@pytest.mark.parametrize("kind", ["", "nonsense", "issue;format", "top-up", "format", "replace"])
def test_a_business_that_makes_no_sense_is_not_begun(
    site: Site, desk: FlaskClient, kind: str
) -> None:
    desk.post("/holder", data={"holder_id": site.people.owner})
    desk.post("/business", data={"kind": kind, "card_number": "999"})
    assert site.counter.business is None
    assert "请先查找并选择住户" in words_of(desk)


@pytest.mark.parametrize(
    "typed",
    ["abc", "", "NaN", "inf", "-100", "0", "0.00", "1e3", "19.999", "1" * 400, "20 yuan", "0x14"],
)
def test_an_amount_that_is_none_takes_no_money(site: Site, desk: FlaskClient, typed: str) -> None:
    at_the_money(site, desk)
    before = site.balances()
    desk.post("/money", data={"received": typed, "checked": "yes"})
    assert phase_at(site) is Phase.MONEY
    assert site.balances() == before
    assert "金额没有看懂" in words_of(desk)
    assert desk.get("/change", query_string={"received": typed}).text.strip() == ""


@pytest.mark.parametrize("typed", ["20", "20.0", "20.00", " 20 ", "２０", "100"])
def test_an_amount_is_read_as_people_type_it(site: Site, desk: FlaskClient, typed: str) -> None:
    at_the_money(site, desk)
    desk.post("/money", data={"received": typed, "checked": "yes"})
    assert phase_at(site) is Phase.CARD


def test_while_an_amount_is_typed_the_change_is_said(site: Site, desk: FlaskClient) -> None:
    at_the_money(site, desk)
    said = {
        typed: re.sub(r"<[^>]*>", "", desk.get(f"/change?received={typed}").text).strip()
        for typed in ("100", "5")
    }
    assert said == {"100": "一共收您100元，找您80元。", "5": "还差 15 元"}


def phase_at(site: Site) -> Phase | None:
    return site.counter.business.phase if site.counter.business else None


def at_the_money(site: Site, desk: FlaskClient) -> None:
    desk.post("/holder", data={"holder_id": site.people.owner})
    desk.post("/business", data={"kind": "issue"})
    desk.post("/verify")
    desk.post("/agree")
    assert phase_at(site) is Phase.MONEY


def test_a_paper_not_seen_is_asked_for_before_any_money(site: Site, desk: FlaskClient) -> None:
    desk.post("/holder", data={"holder_id": site.people.tenant})
    desk.post("/business", data={"kind": "issue"})
    desk.post("/verify", data={"paper": ["lease", "nonsense"]})
    assert phase_at(site) is Phase.VERIFY
    page = words_of(desk)
    assert "首先需要看过下面的资料" in page
    assert "IC-05" in page
    lease = {"lease_number": "ZL-7", "lease_first": "2025-01-01", "lease_last": "2026-12-31"}
    filed = {"copy_filed": "A-12", "lease_shown": "original"}
    desk.post("/verify", data={"paper": ["lease", "id-copy"], **lease, **filed})
    assert phase_at(site) is Phase.PRICE


@pytest.mark.parametrize("act", ["nonsense", "../state.json", "WRITE", "write%00", "__init__"])
def test_an_act_nobody_knows_is_ignored(site: Site, desk: FlaskClient, act: str) -> None:
    at_the_money(site, desk)
    assert desk.post(f"/act/{act}").status_code in {303, 404}
    assert desk.post(f"/paper/{act}").status_code in {303, 404}
    assert phase_at(site) is Phase.MONEY


def test_steps_out_of_their_order_change_nothing(site: Site, desk: FlaskClient) -> None:
    desk.post("/holder", data={"holder_id": site.people.owner})
    desk.post("/business", data={"kind": "issue"})
    for path in (
        "/agree",
        "/money",
        "/act/write",
        "/act/print",
        "/act/abandon",
        "/undo",
        "/paper/handed-over",
    ):
        desk.post(path, data={"received": "20", "wanted": "yes"})
    assert phase_at(site) is Phase.VERIFY


def test_a_name_made_of_markup_is_shown_as_the_letters_it_is(site: Site, desk: FlaskClient) -> None:
    from cardserver.domain.rights import HolderClass
    from cardserver.services.setup import register_holder, register_unit

    evil = '<script>alert("1")</script>'
    unit = register_unit(site.estate, '"><img src=x>', (0,))
    holder = register_holder(
        site.estate, evil, HolderClass.OWNER, unit_id=unit, phone="13900000000", id_number="1" * 18
    )
    for path in ("/search?q=%3Cscript", "/?q=%3Cscript"):
        found = desk.get(path).text
        assert evil not in found
        assert "&lt;script&gt;" in found
    desk.post("/holder", data={"holder_id": holder})
    desk.post("/business", data={"kind": "issue"})
    page = desk.get("/").text
    assert evil not in page
    assert "<img src=x>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("query", ["<script>", "'; --", "%", "_", "\\", "  ", "x" * 5000, "\x00"])
def test_any_search_is_answered_and_never_repeated_as_markup(desk: FlaskClient, query: str) -> None:
    answer = desk.get("/search", query_string={"q": query})
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_a_page_that_shows_the_present_state_is_told_so_in_no_bytes(
    site: Site, desk: FlaskClient
) -> None:
    mark = re.search(r'id="seen"[^>]* value="([^"]+)"', desk.get("/work").text)
    assert mark
    assert desk.get("/work", query_string={"seen": mark.group(1)}).status_code == 204
    desk.post("/holder", data={"holder_id": site.people.owner})
    fresh = desk.get("/work", query_string={"seen": mark.group(1)})
    assert fresh.status_code == 200
    assert "王秀兰" in fresh.text


def test_a_form_of_a_page_that_swaps_its_middle_gets_the_middle_only(desk: FlaskClient) -> None:
    whole = desk.post("/home", follow_redirects=True).text
    middle = desk.post("/home", follow_redirects=True, headers={"HX-Request": "true"}).text
    assert "<html" in whole
    assert "<html" not in middle
    assert 'id="seen"' in middle


def test_the_function_keys_mean_the_card_that_lies_there(site: Site, desk: FlaskClient) -> None:
    from simulators.teller import Teller

    tell = Teller(site)
    for name in ("one", "two"):
        tell.open_business(site.people.family, "issue")
        tell.serve(received="20")
        tell.blank(name, "classic-1k")
        tell.lay(name, "desk")
        tell.write()
        tell.lift("desk")
    for name in ("one", "two"):
        tell.lay(name, "desk")
        number = tell.card(name).number
        chosen = re.findall(r'<article id="card-(\d+)"[^>]* data-selected', desk.get("/").text)
        assert chosen == [str(number)]
        tell.lift("desk")
    tell.close()


def test_a_server_out_of_reach_is_said_by_its_light_and_takes_nothing_off_the_page(
    site: Site, desk: FlaskClient
) -> None:
    assert "服务器 已连接" in " ".join(words_of(desk, "/link").split())

    def silence(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    http = httpx.Client(transport=httpx.MockTransport(silence), base_url="http://nowhere")
    known = Pending(connected=True, cards=site.office.open_operations())
    seen = look(CardServerClient(http, attempts=1), known)
    assert seen == Pending(connected=False, cards=known.cards)


# --- the kiosk -----------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [*Event, "nonsense", "more-time", "PAID", "%00", "../large"])
def test_no_touch_moves_an_inviting_kiosk(site: Site, kiosk: FlaskClient, event: str) -> None:
    assert kiosk.post(f"/touch/{event}", data={"months": "3"}).status_code in {303, 404}
    assert site.machine.screen is Screen.ATTRACT
    assert site.machine.visit.sale is None


@pytest.mark.parametrize("months", NONSENSE)
def test_months_of_any_kind_are_taken_as_a_number_in_range(kiosk: FlaskClient, months: str) -> None:
    assert kiosk.post("/touch/months-chosen", data={"months": months}).status_code == 303


def test_the_kiosk_says_what_it_can_do_in_three_languages_and_whom_to_call(
    site: Site, kiosk: FlaskClient
) -> None:
    page = words_of(kiosk)
    for words in (
        "停车充值，请放卡",
        "停車充值，請放卡",
        "Parking top-up",
        "不找零",
        site.machine.phone,
    ):
        assert words in page
    for note in ("1", "5", "10", "20", "50", "100"):
        assert f" {note} " in page


def test_the_offices_hours_stand_on_the_kiosk_where_they_are_given(site: Site) -> None:
    from kiosk.selfservice.views import create_app

    client = create_app(site.machine, hours="8:30–21:00").test_client()
    assert "前台时间 8:30–21:00" in words_of(client)


def test_large_print_is_switched_on_and_off(kiosk: FlaskClient) -> None:
    assert 'class="kiosk"' in kiosk.get("/").text
    kiosk.post("/large")
    assert 'class="kiosk large"' in kiosk.get("/").text
    kiosk.post("/large")
    assert 'class="kiosk"' in kiosk.get("/").text


def test_the_next_resident_starts_in_the_house_language(kiosk: FlaskClient) -> None:
    kiosk.get("/?lang=en")
    kiosk.post("/large")
    still = kiosk.get("/screen?from=attract")
    assert "HX-Redirect" not in still.headers, "whoever chose has not begun yet"
    over = kiosk.get("/screen?from=done")
    assert over.headers["HX-Redirect"] == "/"
    page = kiosk.get("/").text
    assert '<html lang="zh-Hans"' in page
    assert 'class="kiosk"' in page


# --- the gate ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lane", ["nowhere", "door%00", "<script>", "..%2f..", "DOOR"])
def test_a_lane_that_is_not_there_is_not_there(gate: FlaskClient, lane: str) -> None:
    for path in (f"/lane/{lane}", f"/lane/{lane}/sign"):
        answer = gate.get(path)
        assert answer.status_code == 404
        assert "<script>" not in answer.text


def test_a_lane_invites_while_nobody_is_there(gate: FlaskClient) -> None:
    page = gate.get("/lane/door").text
    assert 'data-face="invite"' in page
    assert "请刷卡" in page


def test_a_lane_shows_a_fault_before_anything_else() -> None:
    now = datetime(2025, 6, 9, 12, tzinfo=ESTATE_ZONE)
    assert sign_of(None, "device-not-found", now).face is Face.AWAY


def test_who_is_not_let_into_the_car_park_is_offered_the_nearest_space_park_13(
    site: Site, gate: FlaskClient
) -> None:
    """GATE-05, ETIQ-21: no traffic police, always a way on."""
    lane = next(each for each in site.lanes if each.lane.right is RightKind.PARKING)
    decision = Decision(reason=Reason.UNKNOWN_CARD)
    lane.shown = Shown(decision=decision, at=site.clock())
    page = gate.get("/lane/carpark/sign").text
    lane.shown = None
    assert "离这里最近的停车位在东门外访客车位，请让我们为您指引，好吗？" in page
    assert "请到前台" in page


def test_a_worker_out_of_hours_reads_the_hours_and_a_word_of_thanks_etiq_19(
    site: Site, gate: FlaskClient
) -> None:
    """GATE-03, GATE-05: neighbours are resting, and the renovation hours are these."""
    lane = next(each for each in site.lanes if each.lane.right is RightKind.DOOR)
    hours = (Span(begins=480, ends=720), Span(begins=840, ends=1080))
    decision = Decision(reason=Reason.WORKER_HOURS, hours=hours)
    lane.shown = Shown(decision=decision, at=site.clock())
    page = gate.get(f"/lane/{lane.lane.lane_id}/sign").text
    lane.shown = None
    assert "小区的装修时间是08:00-12:00, 14:00-18:00，谢谢您的配合。" in page
    assert "现在您的邻居都还在休息" in page


@pytest.mark.parametrize(
    ("hour", "theme"), [(0, "night"), (6, "night"), (7, "day"), (18, "day"), (19, "night")]
)
def test_a_lane_is_bright_from_seven_to_seven(hour: int, theme: str) -> None:
    assert theme_at(datetime(2025, 6, 9, hour, tzinfo=ESTATE_ZONE)) == theme


# --- anything at all -----------------------------------------------------------------------------


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(
        ["/holder", "/business", "/verify", "/money", "/undo", "/block", "/unblock", "/home"]
    ),
    form=st.dictionaries(
        st.sampled_from(
            [
                "holder_id",
                "kind",
                "card_number",
                "agreement_id",
                "months",
                "reason",
                "received",
                "paper",
                "wanted",
                "checked",
            ]
        ),
        st.text(max_size=30),
        max_size=6,
    ),
)
def test_no_form_whatever_breaks_the_desk(
    desk: FlaskClient, path: str, form: dict[str, str]
) -> None:
    assert desk.post(path, data=form).status_code == 303
    assert desk.get("/").status_code == 200


def test_the_templates_come_with_the_package() -> None:
    import kiosk

    root = Path(kiosk.__path__[0])
    assert len(list(root.glob("**/templates/**/*.html"))) > 20
