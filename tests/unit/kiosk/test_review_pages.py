"""The pages of review, reminders, charts and the queue over the demo site, without a browser."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from cardserver.domain.verification import Paper
from cardserver.wire_copies import CopyRequest, FilingRequest
from kiosk.desk import reminders
from kiosk.desk.waiting import WaitingNumber
from simulators import estate as demo_estate
from simulators.clock import DemoClock
from simulators.site import Site
from tests.databases.sites import SettledSite

REVIEW_DAY = datetime(2025, 7, 1, 2, tzinfo=UTC)
QUARTER = "/review/?year=2025&quarter=2"
PAGES = ("/review/", "/review/stock", "/review/work-years", "/reminders/", "/figures/")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    clock = DemoClock()
    clock.travel_to(REVIEW_DAY)
    with SettledSite(tmp_path_factory.mktemp("estate"), clock=clock) as running:
        yield running


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    return as_operator(site, demo_estate.HEAD)


def as_operator(site: Site, name: str) -> FlaskClient:
    """The desk's pages with somebody signed in."""
    site.counter.presence.take(demo_estate.sign_in(site.estate, demo_estate.DESK, name))
    return site.stations["desk"].app.test_client()


def said(desk: FlaskClient, path: str) -> str:
    answer = desk.get(path)
    assert answer.status_code == 200, path
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))


def send(desk: FlaskClient, path: str, **form: object) -> str:
    """Send a form and follow it; what the page says then."""
    answer = desk.post(path, data=form, follow_redirects=True)
    assert answer.status_code == 200, path
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))


def newest(desk: FlaskClient) -> str:
    found = re.search(r"/review/([0-9]+)\.pdf", desk.get(QUARTER).text)
    assert found
    return found.group(1)


def test_a_review_is_computed_counted_explained_signed_and_seen_ic_20a(site: Site) -> None:
    desk = as_operator(site, demo_estate.HEAD)
    assert "这个季度还没有计算" in said(desk, QUARTER)
    quarter = {"year": 2025, "quarter": 2}
    shown = send(desk, "/review/compute", **quarter)
    assert "期初 0 + 收入 0" in shown
    assert "季度结束后至今 +200" in shown
    assert "没有登记临时出入卡" in shown
    number = newest(desk)
    assert "count-missing" in send(desk, f"/review/{number}/sign", counted="", **quarter)
    assert "review-unexplained" in send(desk, f"/review/{number}/sign", counted="3", **quarter)
    words = {"stock": "旧库存三张", "gates": "门禁还没有接通"}
    signed = send(desk, f"/review/{number}/sign", counted="3", **words, **quarter)
    assert "何静 于 2025-07-01" in signed
    assert "请部门负责人在 2025-07-08 前审阅" in signed
    assert "not-permitted" in send(desk, f"/review/{number}/see", **quarter)
    head = as_operator(site, demo_estate.DEPARTMENT_HEAD)
    assert "孙涛 于 2025-07-01" in send(head, f"/review/{number}/see", remark="已阅", **quarter)


def test_the_form_prints_under_its_code_and_exports_what_it_shows_ic_20(desk: FlaskClient) -> None:
    send(desk, "/review/compute", year=2025, quarter=2)
    number = newest(desk)
    paper = desk.get(f"/review/{number}.pdf")
    assert paper.data.startswith(b"%PDF-")
    assert b"/FontFile" in paper.data
    lines = list(
        csv.reader(io.StringIO(desk.get(f"/review/{number}.csv").data.decode("utf-8-sig")))
    )
    assert lines[0][:2] == ["《IC卡季度整理表》", "7.5.1-G01-01-F2"]
    headings = [line[0][:2] for line in lines if line and line[0][1:2] == "、"]
    assert headings == [f"{each}、" for each in "一二三四五六七八九"]
    sheet = load_workbook(io.BytesIO(desk.get(f"/review/{number}.xlsx").data)).active
    assert sheet is not None
    assert sheet["B1"].value == "7.5.1-G01-01-F2"


def test_an_agents_computation_is_refused_with_a_way_on_and_nothing_is_kept(site: Site) -> None:
    desk = as_operator(site, demo_estate.OPERATOR)
    shown = send(desk, "/review/compute", year=2025, quarter=1)
    assert "not-permitted" in shown
    assert "这个季度还没有计算" in shown


def test_blanks_and_working_days_are_put_on_file_and_nonsense_is_answered_in_words(
    site: Site, desk: FlaskClient
) -> None:
    day = "2025-07-01"
    before = site.counter.server.review.stock().expected
    send(desk, "/review/stock", move="received", amount="12", day=day, reason="新到一盒")
    assert f"现在应有空白卡 {before + 12} 张" in said(desk, "/review/stock")
    for amount in ("", "0", "-1", "x", "１２", "9" * 50):
        form = {"move": "received", "amount": amount, "day": day, "reason": "x"}
        assert "count-missing" in send(desk, "/review/stock", **form)
    form = {"move": "scrapped", "amount": "1", "day": "2025-02-30", "reason": "x"}
    assert "day-unreadable" in send(desk, "/review/stock", **form)
    assert "reason-missing" in send(desk, "/review/stock", **(form | {"day": day, "reason": " "}))
    assert "还没有填写" in said(desk, "/review/work-years?year=2027")
    year = {"source": "放假通知", "holidays": "2027-01-01 元旦", "make_ups": "2027-01-03 元旦"}
    assert "2027-01-03 元旦" in send(desk, "/review/work-years/2027", **year)
    broken = year | {"holidays": "元旦放假"}
    assert "work-days-unreadable" in send(desk, "/review/work-years/2028", **broken)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_stands_for_every_role_and_says_what_it_may_not_show(site: Site, path: str) -> None:
    for name in (demo_estate.OPERATOR, demo_estate.DEPARTMENT_HEAD, "技术员"):
        assert as_operator(site, name).get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/review/?year=0&quarter=1",
        "/review/?year=2025&quarter=9",
        "/review/?year=99999999999999999999&quarter=1",
        "/review/1/nothing",
        "/review/1.exe",
        "/figures/figures.exe",
    ],
)
def test_an_address_that_means_nothing_is_an_apology(desk: FlaskClient, path: str) -> None:
    assert desk.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/review/?year=x&quarter=y",
        "/review/999999/leavers",
        "/review/999999/leavers?after=-5",
        "/review/work-years?year=99999",
        "/figures/?first=2025-02-30&last=x",
        "/figures/?first=2025-06-09&last=2025-06-01",
        "/figures/?first=1900-01-01&last=2025-06-01",
    ],
)
def test_a_strange_address_is_a_page_all_the_same(desk: FlaskClient, path: str) -> None:
    assert desk.get(path).status_code == 200


def test_forms_with_nonsense_are_refused_in_words(desk: FlaskClient) -> None:
    send(desk, "/review/compute", year=2025, quarter=2)
    number = newest(desk)
    assert "no-card-ticked" in send(desk, f"/review/{number}/decide", decision="block", reason="x")
    form = {"decision": "block", "card": "7", "reason": "x", "request_id": "no id"}
    assert "card-not-listed" in send(desk, f"/review/{number}/decide", **form)
    assert "invalid" in send(desk, f"/review/{number}/decide", **(form | {"reason": "a\x00b"}))


def test_charts_come_with_their_tables_and_as_files_without_a_script(desk: FlaskClient) -> None:
    page = desk.get("/figures/").text
    assert page.count('role="img"') == 3
    assert page.count("<table") == 3
    assert not re.search(r"\bstyle=|<script(?![^>]*\bsrc=)", page)
    rows = desk.get("/figures/figures.csv?first=2025-06-01&last=2025-06-30").data.decode()
    assert rows.count("2025-06-") == 32  # thirty days, and the range above them
    assert desk.get("/figures/figures.pdf").data.startswith(b"%PDF-")


# --- the queue -----------------------------------------------------------------------------------


def test_the_alarm_rings_at_three_and_thanks_for_the_patience_fee_06a(site: Site) -> None:
    desk = as_operator(site, demo_estate.OPERATOR)
    for number in (1, 2):
        shown = send(desk, "/waiting-number/more")
        assert "谢谢您的耐心等待" not in shown, number
    shown = send(desk, "/waiting-number/more")
    assert "谢谢您的耐心等待" in shown
    assert "久等" not in shown
    element = desk.post(
        "/waiting-number/more", headers={"HX-Request": "true"}, follow_redirects=True
    ).text
    assert "等候 4" in element
    assert "<html" not in element
    shown = send(desk, "/waiting-number/second-desk")
    assert "谢谢您的耐心等待" not in shown
    log = site.counter.server.review.queue_log().events
    assert [(each.event, each.waiting, each.operator) for each in log] == [
        ("second-desk", 4, demo_estate.OPERATOR),
        ("alarm", 3, demo_estate.OPERATOR),
    ]


def test_the_number_never_falls_below_nobody_and_the_threshold_is_a_setting() -> None:
    waiting = WaitingNumber(alarm_at=2)
    assert not waiting.change(-1)
    assert waiting.number == 0
    assert [waiting.change(1) for _ in range(3)] == [False, True, False]
    assert waiting.open_second_desk()
    assert not waiting.open_second_desk()
    waiting.change(-2)
    assert not waiting.second_desk
    assert waiting.change(1)
    for _ in range(200):
        waiting.change(1)
    assert waiting.number == 99


def test_of_a_long_list_the_page_shows_the_oldest_and_says_how_many_there_are_ic_12c(
    site: Site, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "_SHOWN", 1)
    for paper in (Paper.ID_CARD, Paper.VEHICLE_LICENCE):
        copy = CopyRequest(copy_id=str(uuid4()), paper=paper, occasion="补件")
        site.counter.server.people.record_copy(site.people.tenant, copy)
    waiting = site.counter.server.people.unfiled(10).copies
    try:
        assert f"显示前 1 条，共 {len(waiting)} 条。" in said(desk, "/reminders/")
        assert len(waiting) == 2
    finally:
        for each in waiting:
            filed = FilingRequest(filing_id=str(uuid4()), folder="A-1")
            site.counter.server.people.file_copy(each.copy_id, filed)


def test_a_copy_taken_in_the_morning_waits_since_that_day_of_the_estate_cal_01c(
    site: Site,
) -> None:
    """07:30 here is the evening before in UTC. The last test: time only goes forward."""
    desk = as_operator(site, demo_estate.HEAD)
    site.clock.travel_to(datetime(2025, 7, 2, 23, 30, tzinfo=UTC))
    copy = CopyRequest(copy_id=str(uuid4()), paper=Paper.ID_CARD, occasion="晨间")
    site.counter.server.people.record_copy(site.people.staff, copy)
    assert "2025-07-03" in said(desk, "/reminders/")
    assert "2025-07-02" not in said(desk, "/reminders/")
