"""Money that waits for somebody is found again, by the desk, the kiosk, or another of them."""

from dataclasses import replace

import pytest

from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.services import accounts, beginning, ending, selling, tendering, waiting
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller
from cardserver.wire_cards import CardView
from cardserver.wire_operations import AbandonRequest, VoidRequest
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import CancelRequest, RefundRequest, SaleView, TenderRequest, WaitingSale
from tests.databases.frontdesk import (
    DESK,
    KIOSK,
    OTHER_DESK,
    FrontDesk,
    PlainCard,
    blank,
    new_id,
    refused,
)

OTHER_KIOSK = replace(KIOSK, station="kiosk-2")


@pytest.fixture
def chip() -> PlainCard:
    return blank()


@pytest.fixture
def card(desk: FrontDesk, chip: PlainCard) -> CardView:
    """A card with parking."""
    return desk.add_parking(desk.issue(desk.owner, chip), chip)


def month(card: CardView) -> TopUpRequest:
    return TopUpRequest(card_number=card.number, months=1)


def found(
    desk: FrontDesk, caller: Caller = DESK, number: int | None = None, station: str | None = None
) -> tuple[WaitingSale, ...]:
    sales = waiting.waiting_sales(desk.estate, caller, card_number=number, station=station)
    return sales.sales


def ids(sales: tuple[WaitingSale, ...]) -> list[str]:
    return [each.sale.sale_id for each in sales]


def paid_at(desk: FrontDesk, caller: Caller, card: CardView) -> str:
    desk.caller = caller
    sale_id = desk.paid_sale(month(card))
    desk.caller = DESK
    assert sale_id is not None
    return sale_id


def note(desk: FrontDesk, sale_id: str, tender_id: str, state: TenderState) -> SaleView:
    body = TenderRequest(
        tender_id=tender_id, kind=TenderKind.CASH_NOTE, value_fen=100_00, state=state
    )
    return tendering.tender(desk.estate, KIOSK, sale_id, body)


def cancel(desk: FrontDesk, sale_id: str) -> SaleView:
    request = CancelRequest(cancel_id=new_id(), reason="反悔")
    return selling.cancel_sale(desk.estate, DESK, sale_id, request)


def pay_out(desk: FrontDesk, caller: Caller, sale_id: str, fen: int) -> SaleView:
    request = RefundRequest(refund_id=new_id(), amount_fen=fen)
    return selling.pay_refund(desk.estate, caller, sale_id, request)


def test_a_paid_first_card_nobody_began_waits_with_all_that_is_needed(desk: FrontDesk) -> None:
    request = desk.issue_request(desk.owner)
    sale = desk.open_sale(request)
    assert found(desk) == ()
    desk.pay(sale.sale_id, 5_00)
    desk.pay(sale.sale_id, 15_00)
    (wait,) = found(desk, OTHER_DESK)
    assert wait.sale == selling.sale(desk.estate, DESK, sale.sale_id)
    assert (wait.request, wait.card_number) == (request, None)
    assert (wait.holder_id, wait.holder_name) == (desk.owner, "王秀兰")
    assert (wait.station, wait.opened_at) == ("desk-1", desk.clock.now)
    begun = desk.begin_request(wait.request, blank(), wait.sale.sale_id)
    assert beginning.begin(desk.estate, OTHER_DESK, begun).sale_id == sale.sale_id
    assert found(desk) == ()


def test_a_finished_sale_waits_no_more_and_owed_change_does(
    desk: FrontDesk, chip: PlainCard
) -> None:
    request = desk.issue_request(desk.owner)
    sale = desk.open_sale(request)
    desk.pay(sale.sale_id, 50_00)
    ticket = beginning.begin(desk.estate, DESK, desk.begin_request(request, chip, sale.sale_id))
    assert found(desk) == ()
    chip.write(ticket)
    card = desk.settle(ticket, chip).card
    (wait,) = found(desk)
    assert (wait.sale.state, wait.sale.change_fen) == (SaleState.SETTLED, 30_00)
    desk.add_parking(card, chip)
    assert len(found(desk)) == 1


def test_money_owed_back_waits_until_any_desk_has_paid_it_out(
    desk: FrontDesk, card: CardView
) -> None:
    sale_id = paid_at(desk, KIOSK, card)
    assert cancel(desk, sale_id).refundable_fen == 300_00
    assert ids(found(desk)) == [sale_id]
    with refused("refund-too-much"):
        pay_out(desk, OTHER_DESK, sale_id, 300_01)
    assert pay_out(desk, OTHER_DESK, sale_id, 100_00).refundable_fen == 200_00
    assert ids(found(desk)) == [sale_id]
    pay_out(desk, OTHER_DESK, sale_id, 200_00)
    assert found(desk) == ()
    balances = accounts.ledger_balances(desk.estate, DESK).accounts
    assert balances["cash:desk-2"] == -300_00
    assert balances["cash:kiosk-1"] == 300_00
    assert accounts.trial(desk.estate, DESK).balanced


def test_a_voided_operation_leaves_its_money_waiting(desk: FrontDesk, chip: PlainCard) -> None:
    ticket = desk.begin(desk.issue_request(desk.owner), chip)
    request = VoidRequest(evidence=chip.evidence(), reason="坏卡", keep_sale=True)
    ending.void(desk.estate, DESK, ticket.operation_id, request)
    assert [each.sale.state for each in found(desk)] == [SaleState.OPEN]


def test_suspended_money_waits_for_the_office_and_not_for_the_desk(
    desk: FrontDesk, chip: PlainCard
) -> None:
    ticket = desk.begin(desk.issue_request(desk.owner), chip)
    ending.abandon(desk.estate, DESK, ticket.operation_id, AbandonRequest(reason="不见了"))
    assert found(desk) == ()
    assert accounts.trial(desk.estate, DESK).suspense_fen == 20_00


def test_a_note_on_its_way_waits_and_is_counted_as_unknown(desk: FrontDesk, card: CardView) -> None:
    """A kiosk that lost its power between telling and taking: nobody knows where the note is."""
    desk.caller = KIOSK
    sale_id = desk.open_sale(month(card)).sale_id
    first, second = new_id(), new_id()
    note(desk, sale_id, first, TenderState.ACCEPTING)
    note(desk, sale_id, second, TenderState.ACCEPTING)
    assert [each.sale.open_tenders for each in found(desk)] == [(first, second)]
    trial = accounts.trial(desk.estate, DESK)
    assert (trial.unknown_fen, trial.balanced) == (200_00, True)
    note(desk, sale_id, first, TenderState.UNKNOWN)
    trial = accounts.trial(desk.estate, DESK)
    assert (trial.unknown_fen, trial.suspense_fen, trial.balanced) == (200_00, 100_00, True)
    note(desk, sale_id, second, TenderState.RETURNED)
    assert accounts.trial(desk.estate, DESK).unknown_fen == 100_00
    assert found(desk) == ()
    note(desk, sale_id, first, TenderState.CREDITED)
    assert accounts.trial(desk.estate, DESK).unknown_fen == 0
    assert [each.sale.credited_fen for each in found(desk)] == [100_00]


def test_what_waits_is_found_by_card_and_by_station(desk: FrontDesk, card: CardView) -> None:
    here = paid_at(desk, DESK, card)
    there = paid_at(desk, KIOSK, card)
    issue = desk.paid_sale(desk.issue_request(desk.family))
    assert sorted(ids(found(desk, number=card.number))) == sorted([here, there])
    assert ids(found(desk, station="kiosk-1")) == [there]
    assert sorted(ids(found(desk, station="desk-1"))) == sorted([here, str(issue)])
    assert ids(found(desk, number=card.number, station="desk-1")) == [here]
    assert found(desk, number=card.number + 1) == ()
    assert found(desk, station="desk-9") == ()


def test_a_kiosk_sees_its_own_sales_and_a_cards_top_ups(desk: FrontDesk, card: CardView) -> None:
    here = paid_at(desk, DESK, card)
    own = paid_at(desk, KIOSK, card)
    replacing = desk.paid_sale(desk.replace_request(card))
    assert replacing is not None
    assert ids(found(desk, KIOSK)) == [own]
    assert found(desk, OTHER_KIOSK) == ()
    by_card = found(desk, OTHER_KIOSK, card.number)
    assert sorted(ids(by_card)) == sorted([here, own])
    assert {each.holder_name for each in by_card} == {"王**"}
    assert sorted(ids(found(desk, number=card.number))) == sorted([here, own, replacing])
    with pytest.raises(NotPermitted):
        found(desk, OTHER_KIOSK, station="kiosk-1")


@pytest.mark.parametrize("finisher", [OTHER_KIOSK, DESK, OTHER_DESK])
def test_a_top_up_paid_at_one_kiosk_is_written_at_another_place(
    desk: FrontDesk, card: CardView, chip: PlainCard, finisher: Caller
) -> None:
    sale_id = paid_at(desk, KIOSK, card)
    assert selling.sale(desk.estate, finisher, sale_id).missing_fen == 0
    request = desk.begin_request(month(card), chip, sale_id)
    ticket = beginning.begin(desk.estate, finisher, request)
    chip.write(ticket)
    settled = ending.settle(desk.estate, finisher, ticket.operation_id, chip.evidence())
    assert settled.document is not None
    assert settled.document.station == finisher.station
    assert accounts.trial(desk.estate, DESK).balanced
    assert found(desk) == ()


def test_a_sale_pays_for_its_own_card_only(
    desk: FrontDesk, card: CardView, chip: PlainCard
) -> None:
    sale_id = paid_at(desk, KIOSK, card)
    other = blank()
    view = desk.issue(desk.family, other)
    desk.agreement = desk.sign("CW-2", desk.family)
    other_card = desk.add_parking(view, other)
    with refused("sale-differs"):
        beginning.begin(
            desk.estate, OTHER_KIOSK, desk.begin_request(month(other_card), other, sale_id)
        )
    with refused("other-card"):
        beginning.begin(desk.estate, OTHER_KIOSK, desk.begin_request(month(card), other, sale_id))


def test_another_kiosk_neither_adds_to_a_sale_nor_gives_it_up(
    desk: FrontDesk, card: CardView
) -> None:
    sale_id = paid_at(desk, KIOSK, card)
    request = CancelRequest(cancel_id=new_id(), reason="反悔")
    with pytest.raises(NotPermitted):
        selling.cancel_sale(desk.estate, OTHER_KIOSK, sale_id, request)
    desk.caller = OTHER_KIOSK
    with pytest.raises(NotPermitted):
        desk.pay(sale_id, 100)
