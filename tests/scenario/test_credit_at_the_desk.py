"""FEE-04a at the desk: a card's credit is seen, pays first, and is paid out on its return."""

from pathlib import Path
from uuid import uuid4

import pytest

from cardserver.domain.sale import TenderKind, TenderState
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest, TenderRequest
from simulators.teller import Teller
from tests.scenario.earlier import parking_card

pytestmark = pytest.mark.together("site")

PRICE, CREDIT = 300_00, 50_00


def kept_at_the_kiosk(tell: Teller, number: int) -> None:
    """A top-up paid 50 yuan too much at the kiosk, whose card was taken away before the writing."""
    kiosk, sale_id = tell.site.client("kiosk-1"), str(uuid4())
    request = TopUpRequest(card_number=number, months=1)
    kiosk.open_sale(SaleRequest(sale_id=sale_id, request=request, quoted_total_fen=PRICE))
    note = TenderRequest(
        tender_id=str(uuid4()),
        kind=TenderKind.CASH_NOTE,
        value_fen=PRICE + CREDIT,
        state=TenderState.ACCEPTING,
        checked=True,
        keep_rest=True,
    )
    kiosk.tender(sale_id, note)
    kiosk.tender(sale_id, note.model_copy(update={"state": TenderState.CREDITED}))
    tell.lay("owner", "desk")
    tell.post("/desk/waiting/use", sale_id=sale_id)
    assert "留在卡里的余额" in tell.page("/desk/")
    tell.write()


def test_a_cards_credit_is_seen_pays_first_and_is_paid_out_on_its_return(tmp_path: Path) -> None:
    with parking_card(tmp_path) as tell:
        number = tell.card("owner").number
        kept_at_the_kiosk(tell, number)
        assert tell.site.trial().credit_fen == CREDIT
        assert "下次充值自动先用" in tell.page("/desk/")

        tell.open_business(tell.card("owner").holder_id, "top-up", card_number=number, months=1)
        assert "您卡里有余额50元，这次还需要付250元。" in tell.page("/desk/")
        tell.post("/desk/agree")
        tell.post("/desk/money", received="200", checked="yes")
        assert tell.business()["phase"] == "money", "fifty are missing"
        tell.post("/desk/money", received="300", checked="yes")
        shown = tell.business()
        assert (shown["received_fen"], shown["change_fen"]) == (300_00, CREDIT)
        tell.post("/desk/act/cancel")
        assert tell.site.trial().credit_fen == CREDIT, "nothing came of it"

        paid_out(tell, number)


def paid_out(tell: Teller, number: int) -> None:
    """Not while the card is used; then all of it, on paper, in somebody's name."""
    form = {"card": number, "recipient": "王秀兰", "signed": "页 3 行 2"}
    tell.post("/desk/money/credit-back", id=str(uuid4()), **form)
    assert "请先收回并停用这张卡" in tell.page("/desk/money/cash")
    tell.post("/desk/block", card_number=number)
    drawer = tell.site.balances()["cash:desk-1"]
    tell.post("/desk/money/credit-back", id=str(uuid4()), **form)
    assert tell.site.balances()["cash:desk-1"] == drawer - CREDIT
    paper = tell.paper("desk")
    for words in ("卡内余额退付单", "王秀兰", "YE000001", "50.00"):
        assert words in paper.replace(" ", "")
    assert tell.site.trial().credit_fen == 0
    tell.money_agrees()
