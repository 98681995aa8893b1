"""Pages of what stands on no list: the cashier's word, the money, the receipt, lost answers."""

import re

import pytest
from flask.testing import FlaskClient

from cardserver.client import ServerUnavailable
from cardserver.domain.sale import SaleState
from cardserver.domain.signin import DEMO_PASSWORD
from cardserver.wire_charges import ChargeView
from cardserver.wire_sales import TenderRequest
from simulators.estate import CASHIER
from simulators.site import Site

FAX = {"item": "香港传真", "reason": "没有定价", "amount": "12.5"}


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    client = site.stations["desk"].app.test_client()
    client.post("/holder", data={"holder_id": site.people.owner})
    return client


def text(answer: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer))


def send(desk: FlaskClient, address: str, form: dict[str, str]) -> str:
    answer = desk.post(address, data=form, follow_redirects=True)
    assert answer.status_code == 200
    return text(answer.text)


def cash(site: Site) -> int:
    return site.balances().get("cash:desk-1", 0)


def latest(site: Site) -> ChargeView:
    return site.counter.server.charges.latest()[0]


@pytest.fixture
def charge(site: Site, desk: FlaskClient) -> ChargeView:
    """A charge that the cashier has just entered at the agent's desk."""
    form = {**FAX, "holder_id": str(site.people.owner)}
    desk.post(
        "/step-up", data={"name": CASHIER, "password": DEMO_PASSWORD, "action": "free-amount"}
    )
    send(desk, "/charges/", form)
    desk.post("/step-up/end")
    return latest(site)


def test_the_agent_asks_and_the_cashier_enters_what_was_typed_fee_36(
    site: Site, desk: FlaskClient
) -> None:
    form = {**FAX, "holder_id": str(site.people.owner)}
    assert "请有权限的同事授权" in send(desk, "/charges/", form)
    assert site.counter.server.charges.latest() == []
    kept = desk.get("/charges/").text
    assert 'value="香港传真"' in kept, "what was typed is kept for the cashier"

    desk.post(
        "/step-up", data={"name": CASHIER, "password": DEMO_PASSWORD, "action": "free-amount"}
    )
    own = re.search(r'name="id" value="([^"]+)"', kept)
    assert own
    shown = send(desk, "/charges/", {**form, "id": own.group(1)})
    desk.post("/step-up/end")
    assert "12.50" in shown
    assert latest(site).entered_by == CASHIER
    assert "香港传真" in text(desk.get("/charges/").text)


def test_money_change_and_receipt_in_one_step_fee_36(
    site: Site, desk: FlaskClient, charge: ChargeView
) -> None:
    before = cash(site)
    address = f"/charges/{charge.sale.sale_id}/money"
    assert "金额" in send(desk, address, {"received": "10"}), "too little is told"
    assert latest(site).sale.credited_fen == 0
    shown = send(desk, address, {"received": "20"})
    assert "香港传真" in shown
    done = latest(site)
    assert (done.sale.state, done.sale.returned_fen) == (SaleState.SETTLED, 7_50)
    [paper] = done.documents
    assert paper.state == "printed"
    assert "香港传真" in site.printers["desk"].sheets[-1].text.replace(" ", "")
    assert cash(site) == before + 12_50
    done_again = {"received": "20", "id": charge.sale.sale_id}
    send(desk, address, done_again)
    assert cash(site) == before + 12_50, "the back button pays nothing twice"
    assert latest(site).documents == done.documents


def test_a_lost_answer_is_asked_for_again_and_pays_once_fee_36(
    site: Site, desk: FlaskClient, charge: ChargeView, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cash(site)
    calls = type(site.counter.server.charges)
    settle = calls.settle

    def lost(self: object, charge_id: str, settle_id: str) -> ChargeView:
        settle(site.counter.server.charges, charge_id, settle_id)
        raise ServerUnavailable("the line broke")

    monkeypatch.setattr(calls, "settle", lost)
    address = f"/charges/{charge.sale.sale_id}/money"
    send(desk, address, {"received": "15"})
    monkeypatch.undo()
    send(desk, address, {"received": "15"})
    done = latest(site)
    assert (done.sale.state, len(done.documents)) == (SaleState.SETTLED, 1)
    assert done.documents[0].state == "printed"
    assert cash(site) == before + 12_50


def test_paid_and_forgotten_by_the_desk_it_goes_on_from_the_server_fee_36(
    site: Site, desk: FlaskClient, charge: ChargeView
) -> None:
    paid = {"tender_id": charge.sale.sale_id, "kind": "cash-desk", "value_fen": 20_00}
    tender = TenderRequest.model_validate({**paid, "state": "credited", "checked": True})
    site.counter.server.tender(charge.sale.sale_id, tender)
    page = desk.get(f"/charges/{charge.sale.sale_id}").text
    assert "请找零 7.50 元" in text(page)
    send(desk, f"/charges/{charge.sale.sale_id}/settle", {})
    done = latest(site).sale
    assert (done.state, done.returned_fen) == (SaleState.SETTLED, 7_50)


def test_a_charge_is_given_up_and_what_was_paid_handed_back_fee_36(
    site: Site, desk: FlaskClient, charge: ChargeView
) -> None:
    assert "已放弃" in send(desk, f"/charges/{charge.sale.sale_id}/give-up", {})
    send(desk, f"/charges/{charge.sale.sale_id}/give-up", {})
    assert latest(site).sale.state is SaleState.CANCELLED


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"holder_id": "x"}, "请把表格填写完整"),
        ({"amount": "-1"}, "请用数字填写金额"),
        ({"item": ""}, "请把表格填写完整"),
        ({"amount": "0"}, "请把表格填写完整"),
        ({"reason": "\x00"}, "请把表格填写完整"),
    ],
)
def test_nonsense_in_an_entry_is_told_kindly(
    site: Site, desk: FlaskClient, form: dict[str, str], said: str
) -> None:
    before = len(site.counter.server.charges.latest())
    known = {**FAX, "holder_id": str(site.people.owner)}
    assert said in send(desk, "/charges/", {**known, **form})
    assert len(site.counter.server.charges.latest()) == before


def test_a_payer_nobody_knows_is_told_kindly_and_nothing_is_booked_fee_22(
    site: Site, desk: FlaskClient
) -> None:
    before = len(site.counter.server.charges.latest())
    stepped = {"name": CASHIER, "password": DEMO_PASSWORD, "action": "free-amount"}
    desk.post("/step-up", data=stepped)
    said = send(desk, "/charges/", {**FAX, "holder_id": "999999"})
    desk.post("/step-up/end")
    assert "档案里没有这位交款人" in said
    assert len(site.counter.server.charges.latest()) == before


def test_without_a_payer_the_page_says_where_to_find_one(desk: FlaskClient) -> None:
    desk.post("/home")
    assert "请先在柜台找到交款人" in text(desk.get("/charges/").text)
    assert desk.get("/charges/00000000-0000-0000-0000-000000000000").status_code == 303
