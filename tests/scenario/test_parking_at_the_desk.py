"""Parking business through the desk's own pages, with cards, printer and kiosk behind it."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from cardserver.domain.admission import Direction
from cardserver.domain.permits import Action
from cardserver.domain.rights import RightKind
from simulators.clock import DemoClock
from simulators.estate import HEAD
from simulators.teller import FIRST_DAY, Teller
from tests.databases.sites import SettledSite

pytestmark = pytest.mark.together("site")

PAPERS = ("id-card", "driving-licence", "vehicle-licence")


@pytest.fixture
def tell(tmp_path: Path) -> Iterator[Teller]:
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with SettledSite(tmp_path, clock=clock) as site:
        teller = Teller(site)
        yield teller
        teller.money_agrees()
        teller.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teller]:
    """One desk for pages that change nothing."""
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with SettledSite(tmp_path_factory.mktemp("office"), clock=clock) as site:
        teller = Teller(site)
        yield teller
        teller.close()


def agreement_of(tell: Teller, holder_id: int) -> int:
    return tell.site.counter.server.holder(holder_id).agreements[0].agreement_id


def new_parking_card(tell: Teller, holder_id: int, name: str, received: str) -> None:
    """From the sheet to the blank card on the reader, everything paid."""
    agreement = agreement_of(tell, holder_id)
    tell.open_business(holder_id, "issue", agreement_id=agreement, months=1)
    tell.serve(PAPERS, received=received)
    tell.blank(name, "desfire-ev2")
    tell.lay(name, "desk")
    tell.post("/desk/act/write")
    tell.until("written", lambda: tell.business().get("phase") == "paper")


def leave_all_papers(tell: Teller) -> list[str]:
    """Every paper is handed over in its turn; the numbers of the papers, and the page cleared."""
    seen: list[str] = []
    while tell.business().get("phase") == "paper":
        if tell.business().get("invoices") is not None:
            tell.post("/desk/act/owe-invoices")
            continue
        tell.until("printed", lambda: tell.business().get("document_state") == "printed")
        business = tell.site.counter.business
        assert business is not None
        assert business.document is not None
        seen.append(business.document.kind.value)
        tell.post("/desk/paper/handed-over", sealed="yes", signed="paper")
    if tell.business().get("phase") == "explain":
        tell.post("/desk/explained")
    tell.post("/desk/act/cancel")
    tell.lift("desk")
    return seen


def parking_of(tell: Teller, name: str) -> date:
    return tell.card(name).rights[RightKind.PARKING].last


def test_a_new_parking_card_leaves_the_desk_with_two_papers_park_03_fee_10(tell: Teller) -> None:
    new_parking_card(tell, tell.site.people.owner, "owner", received="400")
    assert leave_all_papers(tell) == ["formal-receipt", "top-up-slip"]
    assert set(tell.card("owner").rights) == {RightKind.PARKING}
    printed = "".join(sheet.text for sheet in tell.site.printers["desk"].sheets)
    assert "贰拾元整" in printed
    together = "".join(printed.split())
    assert "合并付款320元,一共收您400元,找您80元" in together.replace("，", ",")


def take_over(tell: Teller, month: str, table: str) -> str:
    """The bank's file is looked at and taken over; what the preview showed."""
    page = tell.http.post(
        "/desk/parking/bank",
        data={"month": month},
        files={"file": ("托收.csv", table.encode("gb18030"))},
        follow_redirects=True,
    ).text
    (list_id,) = re.findall(r'name="list_id" value="([^"]+)"', page)
    tell.post("/desk/parking/bank/confirm", list_id=list_id)
    return page


def test_months_the_bank_collected_are_written_at_kiosk_and_desk_park_10a(tell: Teller) -> None:
    people = tell.site.people
    new_parking_card(tell, people.family, "family", received="100")
    leave_all_papers(tell)
    number = tell.site.counter.server.holder(people.family).agreements[0].number
    head = "协议编号,金额,结果\n"
    page = take_over(tell, "2025-05", f"{head}{number},80,成功\nXX-9,80,成功\n")
    assert "2025-07-08" in page
    assert "请核对协议编号" in page
    tell.lay("family", "kiosk")
    tell.until("it is written", lambda: tell.state("kiosk")["screen"] == "done")
    assert parking_of(tell, "family") == date(2025, 7, 8)
    tell.lift("kiosk")
    tell.travel(date(2025, 6, 15))
    take_over(tell, "2025-06", f"{head}{number},80,成功\n")
    tell.lay("family", "desk")
    (month,) = tell.site.counter.server.waiting_sales(card_number=tell.card("family").number)
    assert "/waiting/pay-out" not in tell.page("/desk/")
    before = tell.site.balances()
    tell.post("/desk/waiting/use", sale_id=month.sale.sale_id)
    assert "银行已托收" in tell.page("/desk/")
    assert "收您" not in tell.page("/desk/"), "no cash came in"
    tell.post("/desk/act/cancel")
    assert tell.business() == {}, "the clerk may leave it"
    assert tell.site.balances() == before, "and it goes on waiting (PARK-12b)"
    tell.post("/desk/waiting/use", sale_id=month.sale.sale_id)
    tell.post("/desk/act/write")
    tell.until("it is written", lambda: tell.business().get("phase") == "closed")
    assert parking_of(tell, "family") == date(2025, 8, 8)


def test_the_desk_settles_days_in_which_the_car_stood_inside_park_05b(tell: Teller) -> None:
    lanes = {"carpark": Direction.ENTRY}
    tell.site.client("gate-1").post_taps((), journal=str(uuid4()), lanes=lanes)
    new_parking_card(tell, tell.site.people.owner, "owner", received="320")
    leave_all_papers(tell)
    tell.gate_knows()
    tell.tap("owner", "carpark")
    tell.gate_has_told()
    tell.travel(date(2025, 6, 20))
    tell.lay("owner", "desk")
    card = tell.card("owner").number
    tell.open_business(tell.site.people.owner, "top-up", card_number=card, months=1)
    assert "PARK-05b" in tell.page("/desk/")
    tell.post("/desk/agree")
    assert tell.business()["problem"] == "stayed-inside"
    tell.post("/desk/gap", gap="back-dated")
    tell.post("/desk/agree")
    tell.post("/desk/money", received="300", checked="yes")
    tell.post("/desk/act/write")
    tell.until("written", lambda: tell.business().get("phase") == "paper")
    leave_all_papers(tell)
    assert parking_of(tell, "owner") == date(2025, 7, 8)


def test_a_mistyped_tariff_is_withdrawn_on_its_page_park_06a(tell: Teller) -> None:
    form = {"kind": "surface", "fee": "1500", "first": "2025-08-01"}
    tell.step_up(HEAD, Action.EDIT_TARIFF)
    tell.post("/desk/parking/tariffs", **form)
    page = tell.page("/desk/parking/tariffs")
    found = re.search(r'action="([^"]*/tariffs/\d+/withdraw)"', page)
    assert found
    tell.post(found.group(1), reason="")
    assert found.group(1) in tell.page("/desk/parking/tariffs"), "a reason is asked for"
    tell.post(found.group(1), reason="多写一个零")
    shown = tell.page("/desk/parking/tariffs")
    assert found.group(1) not in shown
    assert "多写一个零" in shown
    tell.post("/desk/parking/tariffs", **{**form, "fee": "150"})
    assert "/withdraw" in tell.page("/desk/parking/tariffs")


def test_spaces_are_found_and_leafed_through_park_09(tell: Teller) -> None:
    everything = tell.page("/desk/parking/")
    assert "B117" in everything
    assert "J01" in everything
    found = tell.page("/desk/parking/?q=b117")
    assert "B117" in found
    assert "J01" not in found
    for strange in ("?q=%25", "?from=x", "?from=-5", "?from=99999999", "?q=" + "x" * 500):
        assert "</table>" in tell.page(f"/desk/parking/{strange}")
    assert "B118" in tell.page("/desk/parking/agreements?q=王&code=B118")


def test_a_family_members_door_card_carries_the_owners_agreement_park_04(tell: Teller) -> None:
    """The parking sheet of the family lists no agreement; the agreement finds their cards."""
    people = tell.site.people
    tell.open_business(people.family, "issue")
    tell.serve(received="20")
    tell.blank("family", "classic-1k")
    tell.lay("family", "desk")
    tell.write()
    tell.post("/desk/act/cancel")
    signed, number = agreement_of(tell, people.owner), tell.card("family").number
    address = f"/desk/parking/agreements/{signed}"
    assert f"{number:08d}" in tell.page(address)
    tell.post(f"{address}/carry", card_number=number, months=1)
    assert (tell.business()["kind"], tell.business()["phase"]) == ("add-parking", "verify")
    tell.serve(PAPERS, received="300")
    tell.post("/desk/act/write")
    tell.until("written", lambda: tell.business().get("phase") == "paper")
    leave_all_papers(tell)
    assert parking_of(tell, "family") == date(2025, 6, 8)
    assert 'name="card_number"' in tell.page(address), "the card that carries it now"
    assert "用这张门卡办理停车" not in tell.page(address)


@pytest.mark.parametrize(
    ("path", "form", "problem"),
    [
        ("tariffs", {"kind": "surface", "fee": "x", "first": "2025-06-01"}, "amount-unreadable"),
        ("tariffs", {"kind": "boat", "fee": "1", "first": "2025-06-01"}, "space-missing"),
        ("tariffs", {"kind": "surface", "fee": "1", "first": "soon"}, "day-unreadable"),
        ("agreements", {"number": "CW-1", "holder_id": "", "space_id": "1"}, "nobody-chosen"),
        ("agreements/1/end", {"last": "2020-01-01", "reason": "x"}, "end-in-past"),
        ("agreements/1/end", {"last": "2025-06-01", "reason": " "}, "reason-missing"),
        ("bank", {"month": "2025-05"}, "file-empty"),
        ("bank/confirm", {"list_id": "x"}, "list-forgotten"),
    ],
)
def test_a_form_that_makes_no_sense_is_answered_in_words(
    office: Teller, path: str, form: dict[str, str], problem: str
) -> None:
    page = office.http.post(f"/desk/parking/{path}", data=form, follow_redirects=True).text
    assert f'<span class="code">{problem}</span>' in page


def test_every_page_of_the_car_park_opens_park_09_park_11(office: Teller) -> None:
    for path in ("", "tariffs", "agreements", "agreements?q=王", "agreements/1", "bank"):
        assert "<h1>" in office.page(f"/desk/parking/{path}")
