"""Money: told, taken, changed, given back; every fen is somewhere."""

import pytest

from cardserver.domain.errors import IllegalTransition
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.services import accounts, beginning, selling, tendering
from cardserver.services.errors import NotFound, NotPermitted
from cardserver.wire_requests import IssueRequest, TopUpRequest
from cardserver.wire_sales import (
    CancelRequest,
    ChangeRequest,
    RefundRequest,
    SaleRequest,
    SaleView,
    TenderRequest,
)
from tests.databases.frontdesk import DESK, KIOSK, FrontDesk, PlainCard, blank, new_id, refused

ACCEPTING = TenderState.ACCEPTING
CREDITED = TenderState.CREDITED
RETURNED = TenderState.RETURNED
UNKNOWN = TenderState.UNKNOWN


def note(fen: int = 100_00) -> TenderRequest:
    return TenderRequest(
        tender_id=new_id(), kind=TenderKind.CASH_NOTE, value_fen=fen, state=ACCEPTING
    )


def cash(fen: int, *, checked: bool = True) -> TenderRequest:
    return TenderRequest(
        tender_id=new_id(),
        kind=TenderKind.CASH_DESK,
        value_fen=fen,
        state=CREDITED,
        checked=checked,
    )


def step(desk: FrontDesk, sale_id: str, tender: TenderRequest, state: TenderState) -> SaleView:
    body = tender.model_copy(update={"state": state})
    return tendering.tender(desk.estate, desk.caller, sale_id, body)


def cancel(desk: FrontDesk, sale_id: str) -> SaleView:
    request = CancelRequest(cancel_id=new_id(), reason="反悔")
    return selling.cancel_sale(desk.estate, desk.caller, sale_id, request)


@pytest.fixture
def sale(desk: FrontDesk) -> str:
    """A card for 20 yuan at the desk."""
    return desk.open_sale(desk.issue_request(desk.owner)).sale_id


@pytest.fixture
def month(desk: FrontDesk) -> str:
    """A month for 300 yuan at the kiosk."""
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    desk.caller = KIOSK
    return desk.open_sale(TopUpRequest(card_number=view.number, months=1)).sale_id


def test_the_price_is_told_before_money_is_taken(desk: FrontDesk) -> None:
    """FEE-01: a sale opens only at the price that is true now."""
    request = desk.issue_request(desk.owner)
    for told in (1999, 2001, 0):
        with refused("price-changed", "FEE-01"):
            selling.open_sale(
                desk.estate,
                DESK,
                SaleRequest(sale_id=new_id(), request=request, quoted_total_fen=told),
            )


def test_what_is_free_is_not_sold(desk: FrontDesk) -> None:
    with refused("nothing-to-pay", "FEE-32"):
        desk.open_sale(desk.issue_request(desk.staff))


def test_change_is_what_was_received_beyond_the_price(desk: FrontDesk, sale: str) -> None:
    """FEE-04: 一共收您100元,找您80元。"""
    paid = desk.pay(sale, 100_00)
    assert (paid.missing_fen, paid.change_fen) == (0, 80_00)
    for too_much in (80_01, 100_00):
        with refused("change-too-much", "FEE-04"):
            selling.give_change(
                desk.estate, DESK, sale, ChangeRequest(change_id=new_id(), amount_fen=too_much)
            )
    change = ChangeRequest(change_id=new_id(), amount_fen=80_00)
    for _ in range(2):
        after = selling.give_change(desk.estate, DESK, sale, change)
        assert (after.change_fen, after.returned_fen, after.missing_fen) == (0, 80_00, 0)
    assert accounts.ledger_balances(desk.estate, DESK).accounts == {
        "cash:desk-1": 2000,
        f"customer:{sale}": -2000,
    }


def test_change_may_be_given_after_the_card_was_written(desk: FrontDesk) -> None:
    """FEE-04: it is handed over with the receipt, which says how much it was."""
    request, card = desk.issue_request(desk.owner), blank()
    sale = desk.open_sale(request).sale_id
    desk.pay(sale, 50_00)
    ticket = beginning.begin(desk.estate, DESK, desk.begin_request(request, card, sale))
    card.write(ticket)
    paper = desk.settle(ticket, card).document
    assert paper is not None
    assert (paper.content.received_fen, paper.content.change_fen) == (50_00, 30_00)
    change = ChangeRequest(change_id=new_id(), amount_fen=30_00)
    after = selling.give_change(desk.estate, DESK, sale, change)
    assert (after.state, after.change_fen) == (SaleState.SETTLED, 0)
    assert accounts.trial(desk.estate, DESK).balanced


@pytest.mark.parametrize(("fen", "needed"), [(50_00, False), (50_01, True), (100_00, True)])
def test_notes_above_fifty_yuan_count_only_when_checked(
    desk: FrontDesk, sale: str, fen: int, needed: bool
) -> None:
    """FEE-03."""
    if needed:
        with refused("note-not-checked", "FEE-03"):
            tendering.tender(desk.estate, DESK, sale, cash(fen, checked=False))
        assert selling.sale(desk.estate, DESK, sale).credited_fen == 0
    else:
        tendering.tender(desk.estate, DESK, sale, cash(fen, checked=False))
    assert tendering.tender(desk.estate, DESK, sale, cash(fen)).credited_fen >= fen


def test_money_is_booked_only_where_such_money_is_taken_fee_33(
    desk: FrontDesk, sale: str, month: str
) -> None:
    """A desk has no acceptor, a kiosk no drawer: neither says that it took the other's money."""
    with refused("taken-elsewhere", "FEE-33"):
        tendering.tender(desk.estate, DESK, sale, note())
    with refused("taken-elsewhere", "FEE-33"):
        tendering.tender(desk.estate, KIOSK, month, cash(100_00))
    assert selling.sale(desk.estate, DESK, sale).open_tenders == ()
    assert selling.sale(desk.estate, DESK, month).credited_fen == 0


def test_a_note_counts_when_it_is_credited_and_once(desk: FrontDesk, month: str) -> None:
    tender = note()
    accepting = tendering.tender(desk.estate, KIOSK, month, tender)
    assert accepting.credited_fen == 0
    assert accepting.open_tenders == (tender.tender_id,)
    for _ in range(3):
        credited = step(desk, month, tender, CREDITED)
        assert (credited.credited_fen, credited.open_tenders) == (100_00, ())
        step(desk, month, tender, ACCEPTING)


def test_a_note_given_back_was_never_money(desk: FrontDesk, month: str) -> None:
    tender = note()
    step(desk, month, tender, ACCEPTING)
    assert step(desk, month, tender, RETURNED).credited_fen == 0
    with pytest.raises(IllegalTransition):
        step(desk, month, tender, CREDITED)
    assert accounts.trial(desk.estate, DESK).money_in_fen == 320_00


def test_a_note_is_not_reported_with_another_value(desk: FrontDesk, month: str) -> None:
    tender = note()
    step(desk, month, tender, ACCEPTING)
    with refused("tender-differs"):
        step(desk, month, tender.model_copy(update={"value_fen": 50_00}), CREDITED)


def test_a_note_is_not_reported_for_another_sale(desk: FrontDesk, month: str) -> None:
    tender = note()
    step(desk, month, tender, ACCEPTING)
    other = desk.open_sale(TopUpRequest(card_number=1, months=1)).sale_id
    with refused("tender-differs"):
        step(desk, other, tender, CREDITED)


def test_the_same_id_with_another_body_is_refused(desk: FrontDesk, month: str) -> None:
    tender = note()
    step(desk, month, tender, ACCEPTING)
    with refused("id-reused"):
        step(desk, month, tender.model_copy(update={"value_fen": 50_00}), ACCEPTING)


@pytest.mark.parametrize("outcome", [CREDITED, RETURNED])
def test_a_note_nobody_can_find_is_to_be_checked_until_it_is_found(
    desk: FrontDesk, month: str, outcome: TenderState
) -> None:
    """待核对: a power cut while stacking; the counters tell later."""
    tender = note()
    step(desk, month, tender, ACCEPTING)
    view = step(desk, month, tender, UNKNOWN)
    assert (view.credited_fen, view.open_tenders) == (0, ())
    balances = accounts.ledger_balances(desk.estate, DESK).accounts
    assert balances["unconfirmed:kiosk-1"] == 100_00
    assert accounts.trial(desk.estate, DESK).balanced
    desk.caller = DESK  # the desk finds out; the note lies in the kiosk
    found = step(desk, month, tender, outcome)
    assert found.credited_fen == (100_00 if outcome is CREDITED else 0)
    balances = accounts.ledger_balances(desk.estate, DESK).accounts
    assert "unconfirmed:kiosk-1" not in balances
    assert "suspense" not in balances
    assert balances.get("cash:kiosk-1", 0) == found.credited_fen
    assert accounts.trial(desk.estate, DESK).balanced


def test_a_sale_is_not_cancelled_while_a_note_is_on_its_way(desk: FrontDesk, month: str) -> None:
    tender = note()
    step(desk, month, tender, ACCEPTING)
    with refused("tender-open"):
        cancel(desk, month)
    step(desk, month, tender, CREDITED)
    cancelled = cancel(desk, month)
    assert (cancelled.state, cancelled.refundable_fen) == (SaleState.CANCELLED, 100_00)
    assert (cancelled.missing_fen, cancelled.change_fen) == (0, 0)


def test_a_note_credited_after_all_is_owed_back(desk: FrontDesk, month: str) -> None:
    """Money that arrives after the sale was given up is never kept and never ignored."""
    tender = note()
    step(desk, month, tender, ACCEPTING)
    step(desk, month, tender, UNKNOWN)
    assert cancel(desk, month).refundable_fen == 0
    assert step(desk, month, tender, CREDITED).refundable_fen == 100_00
    assert accounts.trial(desk.estate, DESK).balanced


def test_a_cancelled_sale_takes_no_money_and_pays_for_nothing(desk: FrontDesk, sale: str) -> None:
    desk.pay(sale, 10_00)
    cancelled = cancel(desk, sale)
    assert cancelled.refundable_fen == 10_00
    with refused("sale-closed"):
        desk.pay(sale, 10_00)
    with refused("sale-closed"):
        cancel(desk, sale)
    refund = RefundRequest(refund_id=new_id(), amount_fen=10_00)
    assert selling.pay_refund(desk.estate, DESK, sale, refund).refundable_fen == 0
    assert accounts.ledger_balances(desk.estate, DESK).accounts == {}
    trial = accounts.trial(desk.estate, DESK)
    assert (trial.money_in_fen, trial.returned_fen) == (10_00, 10_00)


def test_nothing_is_refunded_of_a_running_sale(desk: FrontDesk, sale: str) -> None:
    desk.pay(sale, 20_00)
    with refused("refund-too-much", "FEE-38a"):
        selling.pay_refund(desk.estate, DESK, sale, RefundRequest(refund_id=new_id(), amount_fen=1))


def test_a_sale_in_use_is_not_cancelled(desk: FrontDesk) -> None:
    ticket = desk.begin(desk.issue_request(desk.owner), blank())
    assert ticket.sale_id is not None
    assert selling.sale(desk.estate, DESK, ticket.sale_id).state is SaleState.IN_USE
    with refused("sale-closed"):
        cancel(desk, ticket.sale_id)


def test_a_repeated_sale_is_the_same_sale(desk: FrontDesk) -> None:
    request = desk.issue_request(desk.owner)
    body = SaleRequest(sale_id=new_id(), request=request, quoted_total_fen=2000)
    views = [selling.open_sale(desk.estate, DESK, body) for _ in range(2)]
    assert views[0] == views[1]
    other = body.model_copy(update={"request": desk.issue_request(desk.family)})
    with refused("id-reused"):
        selling.open_sale(desk.estate, DESK, other)


def test_a_kiosk_touches_only_its_own_sales(desk: FrontDesk, sale: str) -> None:
    desk.caller = KIOSK
    with pytest.raises(NotPermitted):
        selling.sale(desk.estate, KIOSK, sale)
    with pytest.raises(NotPermitted):
        step(desk, sale, note(), ACCEPTING)


def test_an_unknown_sale_is_not_found(desk: FrontDesk) -> None:
    with pytest.raises(NotFound):
        selling.sale(desk.estate, DESK, new_id())


def test_a_price_that_rises_meanwhile_does_not_touch_what_was_paid(desk: FrontDesk) -> None:
    """PARK-06a: the price of the payment day holds."""
    request: IssueRequest = desk.issue_request(desk.owner)
    sale_id = desk.paid_sale(request)
    desk.clock.forward(days=3)
    card: PlainCard = blank()
    ticket = beginning.begin(desk.estate, DESK, desk.begin_request(request, card, sale_id))
    card.write(ticket)
    paper = desk.settle(ticket, card).document
    assert paper is not None
    assert paper.content.total_fen == 2000
