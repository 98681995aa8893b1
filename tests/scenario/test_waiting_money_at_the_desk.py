"""Money that a broken-off visit at the kiosk left with us is met again at the desk (PARK-12a)."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from cardserver.domain.rights import RightKind
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest, TenderRequest
from simulators.clock import DemoClock
from simulators.deskstory import add_parking, issue_to_the_owner
from simulators.teller import FIRST_DAY, Teller
from tests.databases.sites import SettledSite

pytestmark = pytest.mark.together("site")


@pytest.fixture
def tell(tmp_path: Path) -> Iterator[Teller]:
    clock = DemoClock()
    clock.travel_to(FIRST_DAY)
    with SettledSite(tmp_path, clock=clock) as site:
        teller = Teller(site)
        issue_to_the_owner(teller)
        add_parking(teller)
        yield teller
        teller.money_agrees()
        teller.close()


def paid_at_the_kiosk(tell: Teller, notes: int) -> str:
    """A top-up of one month with so many 100-yuan notes in it; then the resident walked away."""
    kiosk = tell.site.client("kiosk-1")
    sale_id = str(uuid4())
    request = TopUpRequest(card_number=tell.numbers["owner"], months=1)
    kiosk.open_sale(SaleRequest(sale_id=sale_id, request=request, quoted_total_fen=30000))
    for _ in range(notes):
        tender_id = str(uuid4())
        for state in (TenderState.ACCEPTING, TenderState.CREDITED):
            tender = TenderRequest(
                tender_id=tender_id,
                kind=TenderKind.CASH_NOTE,
                value_fen=10000,
                state=state,
                checked=True,
            )
            kiosk.tender(sale_id, tender)
    return sale_id


def test_a_top_up_paid_at_the_kiosk_is_written_at_the_desk_without_paying_again(tell: Teller):
    sale_id = paid_at_the_kiosk(tell, notes=3)
    tell.lay("owner", "desk")
    assert "300" in tell.page("/desk/")
    tell.post("/desk/waiting/use", sale_id=sale_id)
    tell.write()
    assert tell.card("owner").rights[RightKind.PARKING].last.isoformat() == "2025-07-08"
    assert not tell.site.counter.server.waiting_sales(card_number=tell.numbers["owner"])


def test_money_paid_in_part_is_handed_back_at_the_desk(tell: Teller):
    sale_id = paid_at_the_kiosk(tell, notes=1)
    before = tell.site.balances()["cash:desk-1"]
    tell.lay("owner", "desk")
    tell.post("/desk/waiting/use", sale_id=sale_id)
    assert tell.business() == {}, "a part payment buys nothing"
    tell.post("/desk/waiting/pay-out", sale_id=sale_id)
    assert tell.site.balances()["cash:desk-1"] == before - 10000
    tell.post("/desk/waiting/pay-out", sale_id=sale_id)
    assert tell.site.balances()["cash:desk-1"] == before - 10000, "and only once"


def test_a_waiting_sale_of_another_card_can_not_be_touched(tell: Teller):
    sale_id = paid_at_the_kiosk(tell, notes=1)
    tell.post("/desk/waiting/pay-out", sale_id=sale_id)
    assert tell.site.trial().held_fen == 10000


def test_a_sale_with_a_note_on_its_way_can_be_left_and_waits_on_the_list_fee_38b(tell: Teller):
    sale_id = paid_at_the_kiosk(tell, notes=2)
    stuck = TenderRequest(
        tender_id=str(uuid4()),
        kind=TenderKind.CASH_NOTE,
        value_fen=10000,
        state=TenderState.ACCEPTING,
        checked=True,
    )
    tell.site.client("kiosk-1").tender(sale_id, stuck)
    rest = TenderRequest(
        tender_id=str(uuid4()),
        kind=TenderKind.CASH_DESK,
        value_fen=10000,
        state=TenderState.CREDITED,
        checked=True,
    )
    tell.site.counter.server.tender(sale_id, rest)
    tell.lay("owner", "desk")
    tell.post("/desk/waiting/use", sale_id=sale_id)
    before = tell.site.balances()
    tell.post("/desk/act/cancel")
    assert tell.business() == {}
    assert tell.site.balances() == before
    assert "还有一张纸币在机器里" in tell.page("/desk/")
    (still,) = tell.site.counter.server.waiting_sales(card_number=tell.numbers["owner"])
    assert still.sale.sale_id == sale_id
