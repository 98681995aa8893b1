"""The pages of the card register over the demo site, without a browser."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pypdfium2
import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from cardserver.domain.register import RegisterEntry, RegisterKind
from cardserver.domain.rights import HolderClass
from cardserver.domain.signature import Signer
from cardserver.domain.station import StationKind
from cardserver.services.registering import enter
from cardserver.services.turn import Caller, writing
from kiosk.station.web import LANGUAGE_COOKIE
from simulators import estate as demo_estate
from simulators.clock import DemoClock
from simulators.site import Site
from tests.databases.registerwork import DRAWN
from tests.databases.sites import SettledSite

DAY = datetime(2025, 6, 9, 1, tzinfo=UTC)
CLERK = Caller(station="desk-1", kind=StationKind.DESK, operator=demo_estate.OPERATOR)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    clock = DemoClock()
    clock.travel_to(DAY)
    with SettledSite(tmp_path_factory.mktemp("estate"), clock=clock) as running:
        yield running


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    session = demo_estate.sign_in(site.estate, demo_estate.DESK, demo_estate.OPERATOR)
    site.counter.presence.take(session)
    return site.stations["desk"].app.test_client()


def entered(site: Site, name: str = "王秀兰", **changes: object) -> int:
    """A new row: a card for this person, to be signed."""
    values = {
        "kind": RegisterKind.NEW_ISSUE,
        "holder_name": name,
        "holder_class": HolderClass.OWNER,
        "unit": "3-1201",
        "card_number": 7,
        "fee_fen": 2000,
        "receipt": "310001",
    }
    with writing(site.estate, CLERK) as turn:
        return enter(turn, RegisterEntry(**(values | changes))).number  # type: ignore[arg-type]


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def said(desk: FlaskClient, path: str) -> str:
    answer = desk.get(path)
    assert answer.status_code == 200, path
    return plain(answer.text)


def send(desk: FlaskClient, path: str, **form: object) -> str:
    answer = desk.post(path, data=form, follow_redirects=True)
    assert answer.status_code == 200, path
    return plain(answer.text)


def test_a_row_is_open_until_signed_on_the_pad_ic_07(site: Site, desk: FlaskClient) -> None:
    number = entered(site)
    assert "待签名" in said(desk, f"/register/{number}")
    shown = send(desk, f"/register/{number}/sign", how="pad", signed_by="王秀兰", strokes=DRAWN)
    assert "王秀兰 已签名" in shown
    assert desk.get(f"/register/{number}").text.count("<polyline") == 3
    again = send(desk, f"/register/{number}/sign", how="pad", signed_by="王秀兰", strokes=DRAWN)
    assert "already-signed" in again


def test_a_row_is_signed_on_paper_without_a_script_ic_07a(site: Site, desk: FlaskClient) -> None:
    number = entered(site)
    page = desk.get(f"/register/{number}").text
    assert re.search(r"data-pad=\"[^\"]+\" hidden", page), "without a script there is no pad"
    form = {"how": "paper", "signed_by": "王秀兰", "signer": "representative"}
    assert "page-and-line" in send(desk, f"/register/{number}/sign", **form, page="3")
    shown = send(desk, f"/register/{number}/sign", **form, page="3", line="14")
    assert "纸质登记，第 3 页第 14 行" in shown
    assert "代领人" in shown


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({}, "signature-empty"),
        ({"how": "thumb"}, "signature-empty"),
        ({"how": "pad", "strokes": ""}, "signature-empty"),
        ({"how": "pad", "strokes": "1,1"}, "signature-empty"),
        ({"how": "pad", "strokes": "9999,1 " * 9}, "signature-unreadable"),
        ({"how": "pad", "strokes": "<svg>"}, "invalid"),
        ({"how": "pad", "strokes": "1,1 " * 9000}, "invalid"),
        ({"how": "paper", "page": "0", "line": "1"}, "page-and-line"),
        ({"how": "paper", "page": "１２", "line": "9" * 30}, "page-and-line"),
    ],
)
def test_a_signature_that_is_none_is_refused_and_the_row_stays_open_ic_07a(
    site: Site, desk: FlaskClient, form: dict[str, str], problem: str
) -> None:
    number = entered(site)
    assert problem in send(desk, f"/register/{number}/sign", signed_by="王秀兰", **form)
    assert "待签名" in said(desk, f"/register/{number}")


def test_a_sections_card_is_signed_for_by_its_head_alone_ic_15a(
    site: Site, desk: FlaskClient
) -> None:
    number = entered(
        site, kind=RegisterKind.STAFF_ISSUE, signer=Signer.SECTION_HEAD, recipient="刘勇"
    )
    form = {"how": "pad", "strokes": DRAWN}
    other = send(desk, f"/register/{number}/sign", signed_by="赵强", signer="holder", **form)
    assert "other-signer" in other
    shown = send(desk, f"/register/{number}/sign", signed_by="刘勇", signer="section-head", **form)
    assert "刘勇 已签名" in shown


def test_a_correction_is_entered_as_a_row_of_its_own_ic_19d(site: Site, desk: FlaskClient) -> None:
    number = entered(site)
    path = f"/register/{number}/correct"
    assert "correction-incomplete" in send(desk, path, column="unit", after="", reason="x")
    assert "correction-incomplete" in send(desk, path, column="hash", after="x", reason="x")
    shown = send(desk, path, column="unit", after="3-1202", reason="写成了隔壁")
    assert "后续的行" in shown
    assert "3-1201 → 3-1202" in said(desk, f"/register/{number + 1}")


def test_the_list_filters_and_prints_what_it_shows_ic_19d(site: Site, desk: FlaskClient) -> None:
    entered(site, name="=HYPERLINK(1)", unit="9-0909", card_number=77)
    number = entered(site, name="赵㼆", unit="9-0909", kind=RegisterKind.LOSS_REPORT)
    shown = said(desk, "/register/?unit=9-0909")
    assert "赵㼆" in shown
    assert "王秀兰" not in shown
    assert "赵㼆" not in said(desk, "/register/?unit=9-0909&card=0000 0077")
    assert "=HYPERLINK" not in said(desk, "/register/?unit=9-0909&abnormal=yes")
    assert "赵㼆" not in said(desk, "/register/?unit=9-0909&open=yes")

    paper = desk.get("/register/pdf?unit=9-0909").data
    text = pypdfium2.PdfDocument(paper)[0].get_textpage().get_text_bounded()
    flat = "".join(text.split())
    for words in ("《IC卡发放(异常)情况记录表》", "7.5.1-G01-01-F1", "挂失", "赵㼆", "第1页共1页"):
        assert words in flat
    assert f"登记链第{number}行" in flat
    lines = csv.reader(io.StringIO(desk.get("/register/csv?unit=9-0909").data.decode("utf-8-sig")))
    cells = [cell for line in lines for cell in line]
    assert "'=HYPERLINK(1)" in cells
    assert "异常\n遗失" in cells
    sheet = load_workbook(io.BytesIO(desk.get("/register/xlsx?unit=9-0909").data)).worksheets[0]
    assert sheet["B1"].value == "7.5.1-G01-01-F1"


@pytest.mark.parametrize(
    ("remark", "on_paper", "in_english"),
    [
        ("holder 王秀兰", "持卡人 王秀兰", "The holder 王秀兰"),
        ("finder 陈立 在电梯里", "拾到者 陈立 在电梯里", "The finder 陈立 在电梯里"),
        ("man-made: 折断", "人为损坏：折断", "Man-made damage：折断"),
        ("issue: undone-by-clerk", "发卡：前台撤销", "Issue a card：Undone at the desk"),
        ("写成了隔壁", "写成了隔壁", "写成了隔壁"),
    ],
)
def test_a_remark_is_chinese_on_paper_and_in_the_pages_language_on_the_screen_ic_19b(
    site: Site, desk: FlaskClient, remark: str, on_paper: str, in_english: str
) -> None:
    number = entered(site, unit="8-0808", remark=remark)
    desk.set_cookie(LANGUAGE_COOKIE, "en")
    assert in_english in said(desk, f"/register/{number}")
    lines = desk.get("/register/csv?unit=8-0808").data.decode("utf-8-sig")
    assert on_paper in lines


@pytest.mark.parametrize(
    "query",
    ["day=x", "day=2025-02-30", "card=%00", "card=" + "9" * 40, "unit=" + "x" * 300, "after=-1"],
)
def test_a_strange_address_is_a_page_all_the_same(desk: FlaskClient, query: str) -> None:
    assert desk.get(f"/register/?{query}").status_code == 200


def test_a_row_that_is_not_there_is_said_in_words(desk: FlaskClient) -> None:
    assert "not-found" in said(desk, "/register/999999")
    assert desk.get("/register/exe").status_code == 404


def test_open_rows_of_today_stand_at_the_desks_foot_ic_07a(site: Site, desk: FlaskClient) -> None:
    entered(site)
    desk.get("/link")
    assert re.search(r"今日 \d+ 行待签名", said(desk, "/"))
