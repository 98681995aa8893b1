"""Gates at the desk: alarms noted by name, why a card was refused, reports, rules."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from cardserver.domain.gateevent import EventKind
from cardserver.domain.lanes import Direction
from cardserver.domain.ruledocument import MAX_DOCUMENT
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.domain.station import StationKind
from cardserver.services import enrolling, gatefeed, gatereports, gateviews
from cardserver.services.setup import SETUP
from cardserver.services.taps import put_lane
from cardserver.services.turn import Caller, writing
from kiosk.desk import gatepages
from simulators.clock import DemoClock
from simulators.estate import HEAD
from simulators.site import Site
from simulators.teller import FIRST_DAY
from tests.databases.frontdesk import new_id
from tests.databases.gatework import WritingGate
from tests.databases.sites import SettledSite

DAY = FIRST_DAY.date()
ADMINISTRATOR = "系统管理员"
RULES = """
clone = "block"

[[area]]
id = "park"
right = "parking"
limit = 40
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with SettledSite(tmp_path_factory.mktemp("estate"), clock=clock) as running:
        gate = WritingGate(estate=running.estate, station="gate-1", now=FIRST_DAY)
        gate.write(EventKind.STARTED)
        gate.tap(1)
        gate.tap(1, granted=False)
        gate.write(EventKind.OPENED_BY_HAND, by="保安 李", detail="搬家车辆")
        gate.write(EventKind.FORCED)
        gate.send()
        clock.travel_to(gate.now + timedelta(minutes=1))
        yield running


@pytest.fixture
def desk(site: Site) -> Iterator[FlaskClient]:
    client = site.stations["desk"].app.test_client()
    yield client
    client.post("/step-up/end")


def lend(desk: FlaskClient, action: str, name: str = HEAD) -> None:
    """The head of the front desk, or somebody else, gives a leave for it."""
    desk.post("/step-up", data={"name": name, "password": DEMO_PASSWORD, "action": action})


def text(answer: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer))


def page(desk: FlaskClient, address: str) -> str:
    answer = desk.get(address)
    assert answer.status_code == 200
    return text(answer.text)


def test_what_happened_last_and_who_was_refused_stand_on_the_first_page(desk: FlaskClient) -> None:
    shown = page(desk, "/gates/")
    assert "没有放行却被打开" in shown
    assert "expired" not in shown
    assert "已过期（GATE-02a）" in shown or "GATE-02a" in shown
    assert "gate-1" in shown


def test_an_alarm_is_noted_by_name_and_once(desk: FlaskClient) -> None:
    found = desk.get("/gates/").text
    hidden = dict(re.findall(r'name="(device|journal|sequence)" value="([^"]+)"', found))
    assert "请写一句处理说明" in text(
        desk.post(
            "/gates/alarms", data={**hidden, "request_id": new_id()}, follow_redirects=True
        ).text
    )
    form = {**hidden, "request_id": new_id(), "remark": "门已关好"}
    for _ in range(2):
        shown = text(desk.post("/gates/alarms", data=form, follow_redirects=True).text)
        assert "门已关好 张晓" in shown
        assert "alarm-seen" not in shown
    other = {**form, "request_id": new_id()}
    shown = text(desk.post("/gates/alarms", data=other, follow_redirects=True).text)
    assert "同事已经确认过这条报警" in shown


def test_a_card_that_was_refused_is_told_why(site: Site, desk: FlaskClient) -> None:
    shown = page(desk, "/gates/why?card=1")
    assert "最近一个月没有放行的记录" in shown
    assert shown.count("GATE-02a") >= 1


@pytest.mark.parametrize("card", ["", "x", "-1", "9" * 40, "☃"])
def test_what_is_no_card_number_is_no_card(desk: FlaskClient, card: str) -> None:
    assert desk.get("/gates/why", query_string={"card": card}).status_code == 200
    assert desk.post("/gates/why/trace", data={"card": card}).status_code == 303


def test_where_a_card_was_is_shown_for_a_purpose_only(desk: FlaskClient) -> None:
    form = {"card": "1", "first": str(DAY), "last": str(DAY)}
    assert "请写明查看的用途" in text(desk.post("/gates/why/trace", data=form).text)
    lend(desk, "trace-card")
    form = {**form, "purpose": "业主来问上周的通行"}
    assert "gate-1" in text(desk.post("/gates/why/trace", data=form).text)


def test_a_trace_says_where_lines_were_left_off(
    desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lend(desk, "trace-card")
    form = {"card": "1", "first": str(DAY), "last": str(DAY), "purpose": "业主来问上周的通行"}
    left_off = "可以选短一些的日期再看"
    assert left_off not in desk.post("/gates/why/trace", data=form).text
    monkeypatch.setattr(gateviews, "MAX_LINES", 1)
    assert left_off in desk.post("/gates/why/trace", data=form).text


def test_who_is_inside_is_listed_as_far_as_a_page_goes(
    site: Site, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(site.estate, SETUP) as turn:
        put_lane(turn, "car-in", Direction.ENTRY)
    gate = WritingGate(estate=site.estate, station="gate-2", now=FIRST_DAY)
    for number in (31, 32, 33):
        gate.tap(number, lane="car-in")
    gate.send()
    shown = desk.get("/gates/").text
    assert "停车场 3" in text(shown)
    assert shown.count("<td>car-in</td>") == 3
    monkeypatch.setattr(gatepages, "_INSIDE", 2)
    shown = desk.get("/gates/").text
    assert shown.count("<td>car-in</td>") == 2
    assert "这里列出最近进入的 2 张卡" in text(shown)


def test_reports_are_the_heads_and_leave_as_files(desk: FlaskClient) -> None:
    days = {"first": str(DAY), "last": str(DAY)}
    assert "您的岗位不办理这一项" in page(desk, "/gates/reports")
    lend(desk, "gate-reports")
    answer = text(desk.get("/gates/reports", query_string=days).text)
    assert "搬家车辆" in answer
    assert "保安 李" in answer
    sheet = desk.get("/gates/reports.csv", query_string=days)
    assert "搬家车辆" in sheet.get_data(as_text=True)
    book = desk.get("/gates/reports.xlsx", query_string=days).data
    assert book[:2] == b"PK"
    assert desk.get("/gates/reports.exe").status_code == 404


def test_a_file_says_where_lines_were_left_off(
    desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lend(desk, "gate-reports")
    days = {"first": str(DAY), "last": str(DAY)}
    left_off = "可以选短一些的日期再看"
    assert left_off not in desk.get("/gates/reports.csv", query_string=days).get_data(as_text=True)
    monkeypatch.setattr(gatereports, "MAX_OPENINGS", 0)
    shown = desk.get("/gates/reports.csv", query_string=days).get_data(as_text=True)
    assert "搬家车辆" not in shown
    assert shown.count(left_off) == 1


@pytest.mark.parametrize(
    ("days", "word"),
    [
        ({"first": "soon", "last": "2025-06-30"}, "day-unreadable"),
        ({"first": "2025-07-01", "last": "2025-06-30"}, "days-turned"),
        ({"first": "2020-01-01", "last": "2025-06-30"}, "days"),
        ({"first": "9999-12-01", "last": "9999-12-31"}, "days-far-off"),
        ({"first": "0001-01-01", "last": "0001-01-02"}, "days-far-off"),
    ],
)
def test_days_that_are_none_are_told_in_words(
    desk: FlaskClient, days: dict[str, str], word: str
) -> None:
    lend(desk, "gate-reports")
    assert f'class="code">{word}<' in desk.get("/gates/reports", query_string=days).text


def test_a_document_as_long_as_the_server_takes_fits_into_the_form(desk: FlaskClient) -> None:
    """In a form a character of Chinese is nine bytes; no other form may be so large."""
    lend(desk, "read-gate-rules")
    document = "# " + "区" * (MAX_DOCUMENT - 2)
    answer = desk.post("/gates/rules/check", data={"document": document})
    assert answer.status_code == 200
    assert document in answer.text
    longer = desk.post("/gates/alarms", data={"remark": document})
    assert longer.status_code == 413


def test_rules_are_looked_through_saved_by_name_and_kept(site: Site, desk: FlaskClient) -> None:
    lend(desk, "read-gate-rules")
    flawed = text(desk.post("/gates/rules/check", data={"document": "clone = 7\nx = 1"}).text)
    assert "还有几处可以改" in flawed
    assert "没有这个项目名" in flawed
    good = desk.post("/gates/rules/check", data={"document": RULES, "note": "新车库"})
    assert "没有要改的地方" in text(good.text)
    assert "新车库" in good.text, "what was typed stays"
    form = {"document": RULES, "note": "新车库", "after": "0", "request_id": new_id()}
    refused = desk.post("/gates/rules", data=form)
    assert "请有权限的同事授权" in text(refused.text)
    lend(desk, "set-gate-rules", ADMINISTRATOR)
    saved = text(desk.post("/gates/rules", data=form, follow_redirects=True).text)
    assert f"现行第 1 版，{ADMINISTRATOR}" in saved
    rules = site.counter.server.gate_rules.current()
    assert rules is not None
    assert rules.document == RULES
    other = {**form, "request_id": new_id(), "document": "clone = 'off'"}
    assert "gate-rules-changed" in desk.post("/gates/rules", data=other).text


def test_a_page_without_leave_shows_no_rules(desk: FlaskClient) -> None:
    shown = desk.get("/gates/rules").text
    assert "not-permitted" in shown
    assert "<textarea" not in shown


# --- a second person's leave for what is only looked at


def wanted(desk: FlaskClient, address: str) -> str:
    """The right that the page asks a second person for, empty for none."""
    shown = desk.get(address).text
    found = re.search(r'"step-up-title".*?name="action" value="([^"]+)"', shown, re.DOTALL)
    return found.group(1) if found else ""


@pytest.mark.parametrize(
    ("address", "action", "lender"),
    [
        ("/gates/reports", "gate-reports", HEAD),
        ("/gates/rules", "read-gate-rules", ADMINISTRATOR),
    ],
)
def test_a_page_that_is_another_offices_asks_for_a_second_person_as_an_act_does(
    desk: FlaskClient, address: str, action: str, lender: str
) -> None:
    assert wanted(desk, address) == action
    assert wanted(desk, "/gates/") == ""  # elsewhere nobody is asked for it
    assert wanted(desk, address) == action
    form = {"name": lender, "password": "not mine", "action": action}
    came_from = {"Referer": f"http://localhost{address}"}
    answer = desk.post("/step-up", data=form, headers=came_from)
    assert answer.headers["Location"] == address
    shown = desk.get(address).text
    assert "sign-in-wrong" in shown
    assert f'value="{action}"' in shown
    lend(desk, action, lender)
    assert wanted(desk, address) == ""
    assert "not-permitted" not in desk.get(address).text


def test_who_may_not_export_is_asked_for_a_second_person_on_the_page(desk: FlaskClient) -> None:
    answer = desk.get("/gates/reports.csv")
    assert wanted(desk, answer.headers["Location"]) == "gate-reports"


def test_rules_that_were_typed_are_there_after_a_step_up(desk: FlaskClient) -> None:
    lend(desk, "read-gate-rules", ADMINISTRATOR)
    form = {"request_id": new_id(), "document": RULES, "note": "复制卡停用", "after": "0"}
    asked = desk.post("/gates/rules", data=form).text
    assert 'value="set-gate-rules"' in asked
    lend(desk, "set-gate-rules", ADMINISTRATOR)
    shown = desk.get("/gates/rules").text
    assert "limit = 40" in shown
    assert "复制卡停用" in shown


def test_back_from_a_step_up_for_a_trace_one_asks_anew(desk: FlaskClient) -> None:
    assert desk.get("/gates/why/trace").headers["Location"] == "/gates/why"
    assert desk.get("/gates/rules/check").status_code == 200


def test_a_gate_that_is_not_heard_stands_out(site: Site, desk: FlaskClient) -> None:
    gate = Caller(station="gate-9", kind=StationKind.GATE)
    enrolling.enrol(site.estate, SETUP, gate.station, bytes(32))
    for minutes, silent in ((0, False), (3, True)):
        site.clock.travel_to(site.clock.now() + timedelta(minutes=minutes))
        if not minutes:
            gatefeed.feed(site.estate, gate, gatefeed.FeedAsk(after=None))
        assert ("联系不上" in page(desk, "/gates/")) is silent
