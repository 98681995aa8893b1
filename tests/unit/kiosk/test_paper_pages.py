"""The pages of papers over the whole demo site: owed, found, void, exchanged, in the box."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from cardserver.domain.document import DocumentKind
from cardserver.wire import DocumentView
from simulators.clock import DemoClock
from simulators.estate import BOOKS, CASHIER
from simulators.site import Site
from simulators.story import FIRST_DAY, Teller, add_parking, issue_to_the_owner
from tests.databases.sites import SettledSite

FIRST = BOOKS[0][1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A morning on which one card was issued and one month sold."""
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with SettledSite(tmp_path_factory.mktemp("estate"), clock=clock) as running:
        teller = Teller(running)
        issue_to_the_owner(teller)
        add_parking(teller)
        teller.close()
        yield running


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    return site.stations["desk"].app.test_client()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def page(desk: FlaskClient, path: str) -> str:
    answer = desk.get(path, follow_redirects=True)
    assert answer.status_code == 200
    return words(answer.text)


def send(desk: FlaskClient, path: str, **form: str) -> str:
    answer = desk.post(path, data=form, follow_redirects=True)
    assert answer.status_code == 200
    return words(answer.text)


def papers(site: Site) -> list[DocumentView]:
    """All papers, oldest first."""
    return list(reversed(site.counter.server.papers.find()))


def test_nothing_is_owed_after_a_whole_visit_fee_32(desk: FlaskClient) -> None:
    assert page(desk, "/papers/").count("这里都办好了") == 3


@pytest.mark.parametrize("path", ["", "find", "find?card=1", "books", "box", "no/1", "no/99"])
def test_every_page_of_papers_opens(desk: FlaskClient, path: str) -> None:
    assert "票据" in page(desk, f"/papers/{path}")


def test_a_paper_is_found_by_its_number_or_by_the_code_of_its_slip_park_07a(
    desk: FlaskClient, site: Site
) -> None:
    slip = next(each for each in papers(site) if each.kind is DocumentKind.TOP_UP_SLIP)
    card, day = slip.content.card_number, slip.local_date
    found = desk.get(
        "/papers/find", query_string={"number": f"YIKA-SLIP 00000001 {card:08d} 30000 {day}"}
    )
    assert found.location == f"/papers/no/{slip.document_id}"
    assert f"No. {FIRST}" in page(desk, f"/papers/find?number={FIRST}")
    assert "还没有找到票据" in page(desk, "/papers/find?number=999")


def test_a_slip_that_says_other_than_the_record_is_not_exchanged_park_07a(
    desk: FlaskClient,
) -> None:
    forged = {"number": "YIKA-SLIP 00000001 00000001 90000 2025-05-09"}
    answer = desk.get("/papers/find", query_string=forged)
    assert "和登记的不一样" in words(answer.text)


@pytest.mark.parametrize("number", ["YIKA-SLIP x", "0x1", "-1", "9" * 60, "☃"])
def test_what_is_no_number_is_said_politely(desk: FlaskClient, number: str) -> None:
    answer = desk.get("/papers/find", query_string={"number": number})
    assert answer.status_code == 200
    assert "form-incomplete" in answer.text


def test_a_wrong_receipt_is_void_and_the_next_one_completed_fee_23_fee_32_fee_05(
    desk: FlaskClient, site: Site
) -> None:
    wrong = papers(site)[0]
    void = f"/papers/no/{wrong.document_id}/void"
    assert "何静" in send(desk, void, reason="改名"), "without the copy one of the heads is asked"
    assert f"No. {FIRST + 1}" in send(desk, void, reason="改名", all_copies="yes")
    assert "已作废" in page(desk, f"/papers/no/{wrong.document_id}")
    sheets = [sheet.text for sheet in site.printers["desk"].sheets]
    copies = [text for text in sheets if f"No. {FIRST + 1:06d}" in text]
    assert len(copies) == 3
    assert "第一联 存根联" in copies[0]
    assert "第二联 客户联" in copies[1]
    assert "第三联 记账联" in copies[2]

    new = papers(site)[-1]
    assert f"{FIRST + 1}" in page(desk, "/papers/")
    path = f"/papers/no/{new.document_id}/in-the-box"
    assert "请付款人在收据上签名" in send(desk, path)
    assert "第二联盖服务中心章" in send(desk, path, signed="paper")
    assert "放入票据收集箱" in send(desk, path, signed="paper", sealed="yes")
    assert page(desk, "/papers/").count("这里都办好了") == 3

    assert f"{FIRST + 1}" in page(desk, "/papers/box")
    assert "没有打勾" in send(desk, "/papers/box")
    assert "没有登记的票据" in send(desk, "/papers/box", found=str(new.document_id))


def test_a_book_is_drawn_with_the_cashiers_word_and_the_form_is_kept_fee_21(
    desk: FlaskClient, site: Site
) -> None:
    form = {"kind": "formal-receipt", "label": "收据 2025-032", "first": "310101", "last": "310150"}
    asked = send(desk, "/papers/books", **form)
    assert CASHIER in asked
    assert "收据 2025-032" in desk.get("/papers/books").text, "what was typed is still there"


def test_a_spoilt_invoice_is_entered_park_07(desk: FlaskClient, site: Site) -> None:
    number = BOOKS[1][1] + 3
    assert "请从在手发票的下一张开始" in send(
        desk, "/papers/books/spoilt", number=str(number + 5), reason="撕破"
    )
    send(desk, "/papers/books/spoilt", number=str(number), reason="撕破")
    book = next(each for each in site.counter.server.papers.books() if each.label == BOOKS[1][0])
    assert "撕破" in page(desk, f"/papers/books/{book.book_id}")
