"""A card laid down at a kiosk: one answer says what five questions said, as of one moment."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from cardserver.domain.ids import MAX_CARD_NUMBER
from cardserver.domain.permits import Role
from cardserver.domain.sale import TenderState
from cardserver.services import blocking, holders, planning, qrpayments, selling, waiting
from cardserver.services.errors import NotFound, NotPermitted
from cardserver.services.laid import card_laid
from cardserver.services.turn import Caller
from cardserver.web.errors import refused as told
from cardserver.wire_cards import BlockRequest, CardView
from cardserver.wire_laid import CardLaid
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest
from cardserver.wirebase import Refusal
from tests.databases.frontdesk import DESK, KIOSK, FrontDesk, blank, new_id


def laid(desk: FrontDesk, uid: bytes, caller: Caller = KIOSK) -> CardLaid:
    return card_laid(desk.estate, caller, uid, lambda error: told(error).refusal)


def refusal_of(ask: Callable[[], Any]) -> Refusal:
    with pytest.raises(Exception) as error:
        ask()
    return told(error.value).refusal


def one_month(view: CardView) -> TopUpRequest:
    return TopUpRequest(card_number=view.number, months=1)


def test_it_says_what_the_single_questions_say(desk: FrontDesk) -> None:
    """PARK-12a: card, price of a month, money that waits, who takes money, and the reading keys."""
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    found = laid(desk, card.uid)
    assert found.card == holders.card_by_uid(desk.estate, KIOSK, card.uid)
    assert found.quote == planning.quote(desk.estate, KIOSK, one_month(view))
    assert found.refusal is None
    assert found.read_keys == holders.read_keys(desk.estate, KIOSK, card.uid)
    assert found.means == qrpayments.means(desk.estate, KIOSK)
    assert found.waiting == waiting.waiting_sales(
        desk.estate, KIOSK, card_number=view.number, station=None
    )
    assert CardLaid.model_validate_json(found.model_dump_json()) == found


def test_money_that_waits_for_the_card_comes_with_it(desk: FrontDesk) -> None:
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    total = planning.quote(desk.estate, KIOSK, one_month(view)).total_fen
    sale = SaleRequest(sale_id=new_id(), request=one_month(view), quoted_total_fen=total)
    selling.open_sale(desk.estate, DESK, sale)
    desk.pay(sale.sale_id, total, TenderState.CREDITED)
    (wait,) = laid(desk, card.uid).waiting.sales
    assert (wait.sale.sale_id, wait.sale.missing_fen) == (sale.sale_id, 0)


def test_that_no_month_can_be_had_is_part_of_the_answer(desk: FrontDesk) -> None:
    """With the very words in which the price would be refused."""
    card, plain = blank(), blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    blocking.block(desk.estate, DESK, view.number, BlockRequest(request_id=new_id(), reason="lost"))
    door_only = desk.issue(desk.owner, plain)
    for chip, number in ((card, view.number), (plain, door_only.number)):
        found = laid(desk, chip.uid)
        assert found.card is not None
        assert found.quote is None
        request = TopUpRequest(card_number=number, months=1)
        assert found.refusal == refusal_of(partial(planning.quote, desk.estate, KIOSK, request))


def test_a_strange_chip_has_nothing_but_ways_to_pay(desk: FrontDesk) -> None:
    found = laid(desk, bytes(7))
    assert found == CardLaid(means=qrpayments.means(desk.estate, KIOSK))
    with pytest.raises(NotFound):
        planning.quote(desk.estate, KIOSK, TopUpRequest(card_number=MAX_CARD_NUMBER, months=1))


def test_a_person_needs_the_right_to_each_part_of_it(desk: FrontDesk) -> None:
    """The right to sell is asked for at the door, those to look at a card here."""
    _, card = desk.owners_card()
    assert laid(desk, card.uid, DESK).card is not None
    guard = Caller(station="desk-1", kind=DESK.kind, operator="门岗", roles=frozenset({Role.GUARD}))
    with pytest.raises(NotPermitted):
        laid(desk, card.uid, guard)
