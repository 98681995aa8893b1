"""The pages of papers over the whole demo site: owed, found, void, exchanged, in the box."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cardserver.client import ServerUnavailable
from cardserver.client_papers import PapersCalls
from cardserver.domain.document import DocumentKind
from cardserver.wire_documents import DocumentView
from cardserver.wire_papers import SlipKeys
from kiosk.desk.slips import SlipCheck
from kiosk.station.config import load_config
from simulators.clock import DemoClock
from simulators.deskstory import add_parking, issue_to_the_owner
from simulators.estate import BOOKS, CASHIER
from simulators.site import Site
from simulators.teller import FIRST_DAY, Teller
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


def slip_of(site: Site) -> DocumentView:
    return next(each for each in papers(site) if each.kind is DocumentKind.TOP_UP_SLIP)


def scan(desk: FlaskClient, code: str) -> str:
    answer = desk.get("/papers/find", query_string={"number": code}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def test_a_scanned_slip_is_ours_and_its_exchange_is_looked_up_park_07a(
    desk: FlaskClient, site: Site
) -> None:
    slip = slip_of(site)
    code = slip.content.slip_code
    assert f"{slip.number:08d}" in code
    seen = scan(desk, f"{code.lower()}\r\n")
    assert "这张凭条是本小区的" in words(seen)
    assert f"No. {slip.number:06d}" in words(seen)
    exchanged = "这张凭条已经换过发票" in words(seen)
    assert exchanged is bool(slip.invoices)


def test_a_forged_slip_and_one_of_another_estate_are_told_apart_park_07a(
    desk: FlaskClient, site: Site
) -> None:
    code = slip_of(site).content.slip_code
    forged = code.replace(" 30000 ", " 90000 ")
    assert forged != code
    assert "slip-not-ours" in scan(desk, forged)
    assert "slip-other-estate" in scan(desk, code.replace(" DEMO ", " SUNNY01 "))
    assert "slip-key-unknown" in scan(desk, code.replace(" DEMO 1 ", " DEMO 9 "))
    assert "slip-not-ours" in scan(desk, "YIKA-SLIP2 nonsense")
    assert "本小区的" not in words(scan(desk, forged)).replace("不是本小区的", "")


def test_a_slip_is_checked_while_the_link_is_down_by_the_keys_kept_park_07a(
    desk: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = slip_of(site).content.slip_code
    desk.get("/link")  # as a page does by itself: the keys are fetched and kept
    kept = site.folder / "slip-keys.json"
    assert '"estate": "DEMO"' in kept.read_text(encoding="utf-8")

    def away(*_args: object, **_kwargs: object) -> None:
        raise ServerUnavailable("no link")

    monkeypatch.setattr(PapersCalls, "find", away)
    monkeypatch.setattr(PapersCalls, "slip_keys", away)
    monkeypatch.setattr(site.counter, "slips", SlipCheck(site.counter.server, kept))
    seen = words(scan(desk, code))
    assert "这张凭条是本小区的" in seen
    assert "看不到是否换过发票" in seen
    assert "slip-not-ours" in scan(desk, code.replace(" 30000 ", " 90000 "))
    kept.write_text("{", encoding="utf-8")
    monkeypatch.setattr(site.counter, "slips", SlipCheck(site.counter.server, kept))
    assert "slip-key-unknown" in scan(desk, code)


def test_a_slip_signed_with_newer_keys_has_them_fetched_park_07a(
    desk: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = SlipKeys(estate="DEMO", keys=())
    path = site.folder / "old-keys.json"
    path.write_text(old.model_dump_json(), encoding="utf-8")
    monkeypatch.setattr(site.counter, "slips", SlipCheck(site.counter.server, path))
    assert "这张凭条是本小区的" in words(scan(desk, slip_of(site).content.slip_code))
    assert len(SlipKeys.model_validate_json(path.read_bytes()).keys) == 1


def test_the_keys_of_slips_lie_beside_the_desks_settings_park_07a(tmp_path: Path) -> None:
    settings = tmp_path / "desk.toml"
    words = {"name": "前台1", "server": "http://127.0.0.1:8700", "token_file": "t"}
    words |= {"company": "物业", "phone": "0755"}
    lines = "".join(f'{key} = "{value}"\n' for key, value in words.items())
    settings.write_text(f"[station]\n{lines}", encoding="utf-8")
    assert load_config(settings).station.slip_keys == tmp_path / "slip-keys.json"
