"""FEE-04a at the kiosk: the exact amount, or the rest of a note stays on the card as its credit.

The resident chooses before the note goes in; the rest pays the first part of the card's next
top-up, here or at the desk, and whatever breaks on the way, no fen is lost or made up.
"""

from collections.abc import Iterator

import pytest

from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest, TenderRequest
from kiosk.selfservice.flow import Event, Screen
from simulators.acceptor import YUAN
from simulators.acceptor_path import AT_ONCE
from simulators.cards.api import VirtualCard
from tests.scenario.ground import new_id
from tests.scenario.one_kiosk import NOTE, PRICE, OneKiosk, resident

FIFTY = 50 * YUAN


@pytest.fixture
def at_the_kiosk() -> Iterator[tuple[OneKiosk, VirtualCard]]:
    ground, card = resident().settled()
    yield OneKiosk(ground, timing=AT_ONCE), card
    ground.engine.dispose()


def put_in(kiosk: OneKiosk, *notes: int) -> None:
    for fen in notes:
        kiosk.offer(fen)
        kiosk.turn(8)


def overpay(kiosk: OneKiosk, card: VirtualCard) -> None:
    """A month, its last note half too much."""
    kiosk.begin_to_pay(card)
    kiosk.touch(Event.KEEP_REST)
    put_in(kiosk, NOTE, NOTE, FIFTY, NOTE)
    kiosk.until(Screen.DONE)


def credit(kiosk: OneKiosk) -> int:
    kiosk.check_money()
    return kiosk.ground.trial().credit_fen


def last_slip(kiosk: OneKiosk) -> str:
    kiosk.printer.tear_off()
    return kiosk.printer.sheets[-1].text


def test_the_rest_stays_on_the_card_and_pays_the_first_part_of_the_next_month(
    at_the_kiosk: tuple[OneKiosk, VirtualCard],
) -> None:
    kiosk, card = at_the_kiosk
    overpay(kiosk, card)
    assert kiosk.machine.visit.sale is not None
    assert kiosk.machine.visit.sale.keeps_fen == FIFTY
    assert "50元留作卡内余额" in last_slip(kiosk)
    kiosk.lift()
    assert (kiosk.in_the_box(), credit(kiosk)) == (PRICE + FIFTY, FIFTY)

    kiosk.begin_to_pay(card)
    visit = kiosk.machine.visit
    assert (visit.credit_fen, visit.keep_rest) == (FIFTY, False)
    assert visit.sale is not None
    assert (visit.sale.from_credit_fen, visit.sale.missing_fen) == (FIFTY, PRICE - FIFTY)
    put_in(kiosk, NOTE, NOTE, FIFTY)
    kiosk.until(Screen.DONE)
    assert "卡内余额：已付 50元" in last_slip(kiosk)
    assert (kiosk.in_the_box(), credit(kiosk)) == (2 * PRICE, 0)


def test_without_that_choice_a_note_beyond_the_price_is_not_taken(
    at_the_kiosk: tuple[OneKiosk, VirtualCard],
) -> None:
    kiosk, card = at_the_kiosk
    kiosk.begin_to_pay(card)
    put_in(kiosk, NOTE, NOTE, FIFTY)
    assert NOTE not in kiosk.machine.accepted_notes()
    assert not kiosk.slot_is_open(NOTE)
    kiosk.touch(Event.KEEP_REST)
    assert NOTE in kiosk.machine.accepted_notes()
    kiosk.touch(Event.EXACT_AMOUNT)
    assert not kiosk.slot_is_open(NOTE)
    put_in(kiosk, FIFTY)
    kiosk.until(Screen.DONE)
    assert credit(kiosk) == 0


def test_the_choice_means_something_only_while_paying_with_notes(
    at_the_kiosk: tuple[OneKiosk, VirtualCard],
) -> None:
    kiosk, card = at_the_kiosk
    for screen in (Screen.ATTRACT, Screen.MONTHS, Screen.CONFIRM):
        assert kiosk.screen is screen
        kiosk.touch(Event.KEEP_REST)
        assert not kiosk.machine.visit.keep_rest
        if screen is Screen.ATTRACT:
            kiosk.lay(card)
            kiosk.until(Screen.MONTHS)
        elif screen is Screen.MONTHS:
            kiosk.touch(Event.MONTHS_CHOSEN, 1)


def test_who_leaves_before_the_first_note_has_the_credit_as_it_was_and_no_slip(
    at_the_kiosk: tuple[OneKiosk, VirtualCard],
) -> None:
    kiosk, card = at_the_kiosk
    overpay(kiosk, card)
    kiosk.lift()
    papers = len(kiosk.printer.sheets)
    kiosk.begin_to_pay(card)
    kiosk.touch(Event.STOPPED)
    kiosk.until(Screen.SORRY)  # the card lies there still
    kiosk.lift()
    assert credit(kiosk) == FIFTY
    assert len(kiosk.printer.sheets) == papers


def test_who_leaves_in_the_middle_gets_notes_at_the_desk_and_the_credit_stays(
    at_the_kiosk: tuple[OneKiosk, VirtualCard],
) -> None:
    kiosk, card = at_the_kiosk
    overpay(kiosk, card)
    kiosk.lift()
    kiosk.begin_to_pay(card)
    put_in(kiosk, NOTE)
    kiosk.touch(Event.STOPPED)
    kiosk.until(Screen.OWED)
    assert "100.00" in last_slip(kiosk).replace(" ", "")
    assert credit(kiosk) == FIFTY
    assert kiosk.ground.trial().payable_fen == NOTE


def test_a_credit_that_is_large_enough_pays_the_month_alone(
    at_the_kiosk: tuple[OneKiosk, VirtualCard],
) -> None:
    kiosk, card = at_the_kiosk
    give_credit(kiosk, card)
    before = kiosk.in_the_box()
    kiosk.lay(card)
    kiosk.until(Screen.MONTHS)
    kiosk.touch(Event.MONTHS_CHOSEN, 1)
    kiosk.touch(Event.CONFIRMED)
    kiosk.until(Screen.DONE)
    assert kiosk.in_the_box() == before
    trial = kiosk.ground.trial()
    assert (trial.balanced, trial.credit_fen) == (True, 0)


def give_credit(kiosk: OneKiosk, card: VirtualCard) -> None:
    """Another kiosk's till took a month too much, as if there were such a note."""
    server = kiosk.ground.client(kiosk.station)
    request = TopUpRequest(card_number=kiosk.ground.card(card).number, months=1)
    sale = SaleRequest(sale_id=new_id(), request=request, quoted_total_fen=PRICE)
    server.open_sale(sale)
    tender = TenderRequest(
        tender_id=new_id(),
        kind=TenderKind.CASH_NOTE,
        value_fen=2 * PRICE,
        state=TenderState.ACCEPTING,
        checked=True,
        keep_rest=True,
    )
    server.tender(sale.sale_id, tender)
    server.tender(sale.sale_id, tender.model_copy(update={"state": TenderState.CREDITED}))
    kiosk.lay(card)
    kiosk.until(Screen.DONE)
    kiosk.lift()


@pytest.mark.parametrize("stop", range(4, 26, 3))
def test_a_kiosk_that_stops_anywhere_in_it_keeps_all_of_it(
    at_the_kiosk: tuple[OneKiosk, VirtualCard], stop: int
) -> None:
    """Both at once: the card has a credit of 50, and what is paid beside it is 50 too much."""
    kiosk, card = at_the_kiosk
    overpay(kiosk, card)
    kiosk.lift()
    kiosk.begin_to_pay(card)
    kiosk.touch(Event.KEEP_REST)
    for _ in range(stop):
        if kiosk.slot_is_open():
            kiosk.acceptor.insert_note(NOTE)
        kiosk.turn()
    kiosk.restart()
    kiosk.lift()
    kiosk.until(Screen.ATTRACT)
    goes_on(kiosk, card)
    assert credit(kiosk) == FIFTY
    assert [each.state for each in kiosk.sales()] == [SaleState.SETTLED] * 2
    assert kiosk.in_the_box() == 2 * PRICE + FIFTY


def goes_on(kiosk: OneKiosk, card: VirtualCard) -> None:
    """The card is laid down again, and its holder pays what is missing as before."""
    if all(each.state is SaleState.SETTLED for each in kiosk.sales()):
        return
    kiosk.lay(card)
    for _ in range(80):
        if kiosk.screen is Screen.PAY and not kiosk.machine.visit.keep_rest:
            kiosk.touch(Event.KEEP_REST)
        if kiosk.screen is Screen.DONE:
            return
        if kiosk.slot_is_open():
            kiosk.acceptor.insert_note(NOTE)
        kiosk.turn()
    raise AssertionError(kiosk.screen)


def test_the_tear_of_an_overpaid_card_leaves_the_rest_with_it(
    at_the_kiosk: tuple[OneKiosk, VirtualCard],
) -> None:
    kiosk, card = at_the_kiosk
    kiosk.begin_to_pay(card)
    kiosk.touch(Event.KEEP_REST)
    put_in(kiosk, NOTE, NOTE, FIFTY)
    kiosk.lift()  # money moves: the visit goes on
    put_in(kiosk, NOTE)
    kiosk.until(Screen.LAY_BACK)
    trial = kiosk.ground.trial()
    assert (trial.held_fen, trial.credit_fen) == (PRICE + FIFTY, 0)
    kiosk.lay(card)
    kiosk.until(Screen.DONE)
    assert credit(kiosk) == FIFTY
