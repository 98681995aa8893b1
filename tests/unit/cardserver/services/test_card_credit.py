"""FEE-04a: what a note is beyond the price becomes the card's credit, and pays its next top-up.

There is no change at a kiosk. The payer agrees before the note goes in; nothing of it is ever lost:
money in = credited + returned + suspense + credit, whatever ends the sale and whoever asks twice.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardserver.domain.drawer import DrawerKind
from cardserver.domain.errors import RuleViolation
from cardserver.domain.sale import SaleState, TenderKind, TenderState, rest_of
from cardserver.services import (
    accounts,
    beginning,
    blocking,
    cardcredits,
    ending,
    planning,
    suspense,
    tendering,
    waiting,
)
from cardserver.services.errors import NotPermitted
from cardserver.wire_cards import BlockRequest, CardView
from cardserver.wire_credits import PayCreditBack
from cardserver.wire_operations import AbandonRequest, Settled, VoidRequest
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleView, TenderRequest
from tests.databases.frontdesk import DESK, KIOSK, OTHER_DESK, FrontDesk, blank, new_id, refused
from tests.databases.phonework import NOTE, PRICE, Kiosk, open_kiosk, with_a_card

FIFTY = 50_00


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    opened = open_kiosk(tmp_path)
    yield opened
    opened.estate.engine.dispose()


@pytest.fixture
def everywhere(desk: FrontDesk) -> Kiosk:
    """The same on a store of each kind."""
    return Kiosk(desk, *with_a_card(desk))


def word(tender: str, state: TenderState, fen: int = NOTE, *, keep: bool = True) -> TenderRequest:
    accepting = state is TenderState.ACCEPTING
    return TenderRequest(
        tender_id=tender,
        kind=TenderKind.CASH_NOTE,
        value_fen=fen,
        state=state,
        checked=True,
        keep_rest=keep and accepting,
    )


def say(kiosk: Kiosk, request: TenderRequest) -> SaleView:
    return tendering.tender(kiosk.estate, KIOSK, kiosk.sale_id, request)


def put_in(kiosk: Kiosk, fen: int = NOTE) -> SaleView:
    """A note whose payer wants to keep what is too much."""
    tender = new_id()
    say(kiosk, word(tender, TenderState.ACCEPTING, fen))
    return say(kiosk, word(tender, TenderState.CREDITED, fen))


def overpay(kiosk: Kiosk) -> SaleView:
    """Half a note too much: 250 yuan, then one more hundred."""
    for fen in (NOTE, NOTE, FIFTY):
        kiosk.note(fen)
    return put_in(kiosk)


def credit(kiosk: Kiosk) -> int:
    found = waiting.waiting_sales(
        kiosk.estate, KIOSK, card_number=kiosk.request.card_number, station=None
    )
    return found.credit_fen


def next_sale(kiosk: Kiosk) -> SaleView:
    kiosk.sale_id = new_id()
    kiosk.sell(kiosk.sale_id)
    return kiosk.sale()


def trial_is_whole(kiosk: Kiosk, credit_fen: int) -> None:
    trial = accounts.trial(kiosk.estate, DESK)
    assert trial.balanced
    assert trial.credit_fen == credit_fen


# --- kept and used -------------------------------------------------------------------------------


def test_the_rest_of_a_note_is_kept_and_pays_the_first_part_of_the_next_top_up_fee_04a(
    everywhere: Kiosk,
) -> None:
    kiosk = everywhere
    assert kiosk.sale().may_keep_rest
    paid = overpay(kiosk)
    assert (paid.missing_fen, paid.keeps_fen, paid.change_fen) == (0, FIFTY, 0)
    assert credit(kiosk) == 0  # it is money of this sale until the card is written
    slip = kiosk.write().documents[0].content
    assert (slip.received_fen, slip.kept_fen, slip.change_fen) == (PRICE + FIFTY, FIFTY, 0)
    assert credit(kiosk) == FIFTY
    trial_is_whole(kiosk, FIFTY)

    assert planning.quote(kiosk.estate, KIOSK, kiosk.request).credit_fen == FIFTY
    following = next_sale(kiosk)
    assert (following.from_credit_fen, following.missing_fen) == (FIFTY, PRICE - FIFTY)
    assert credit(kiosk) == 0
    for fen in (NOTE, NOTE, FIFTY):
        kiosk.note(fen)
    slip = kiosk.write().documents[0].content
    assert (slip.received_fen, slip.from_credit_fen, slip.change_fen) == (PRICE - FIFTY, FIFTY, 0)
    assert slip.tender_kind is TenderKind.CASH_NOTE
    trial_is_whole(kiosk, 0)
    assert kiosk.balances()["cash:kiosk-1"] == 2 * PRICE


def test_a_note_beyond_the_price_goes_back_unless_its_payer_has_agreed_fee_04(
    kiosk: Kiosk,
) -> None:
    for fen in (NOTE, NOTE, FIFTY):
        kiosk.note(fen)
    with refused("more-than-missing", "FEE-04"):
        say(kiosk, word(new_id(), TenderState.ACCEPTING, keep=False))
    put_in(kiosk)
    with refused("nothing-missing", "FEE-04"):
        say(kiosk, word(new_id(), TenderState.ACCEPTING))


def test_where_the_estate_keeps_no_rest_none_is_kept_though_the_kiosk_says_so(
    kiosk: Kiosk,
) -> None:
    kiosk.estate = replace(kiosk.estate, keep_rest_as_credit=False)
    for fen in (NOTE, NOTE, FIFTY):
        kiosk.note(fen)
    assert not kiosk.sale().may_keep_rest
    with refused("more-than-missing", "FEE-04"):
        put_in(kiosk)


def test_no_station_can_pay_with_credit_by_its_own_word(kiosk: Kiosk) -> None:
    body = word(new_id(), TenderState.CREDITED).model_copy(update={"kind": TenderKind.CREDIT})
    with refused("provider-decides"):
        say(kiosk, body)


@given(value=st.integers(1, 200_00), missing=st.integers(-100_00, 200_00), keep=st.booleans())
@settings(max_examples=60)
def test_what_is_kept_is_always_less_than_the_note_and_only_by_agreement(
    value: int, missing: int, *, keep: bool
) -> None:
    try:
        rest = rest_of(value, missing, keep=keep)
    except RuleViolation:
        assert missing <= 0 or (value > missing and not keep)
    else:
        assert rest == max(0, value - missing)
        assert rest < value
        assert keep or not rest


def test_a_price_below_the_credit_is_paid_by_it_alone(kiosk: Kiosk) -> None:
    overpay(kiosk)
    kiosk.write()
    with_more(kiosk, PRICE)
    sale = next_sale(kiosk)
    assert (sale.missing_fen, sale.from_credit_fen) == (0, PRICE)
    slip = kiosk.write().documents[0].content
    assert (slip.tender_kind, slip.received_fen) == (TenderKind.CREDIT, 0)
    assert credit(kiosk) == FIFTY
    trial_is_whole(kiosk, FIFTY)


def with_more(kiosk: Kiosk, fen: int) -> None:
    """As if one note had been so large."""
    sale = next_sale(kiosk)
    put_in(kiosk, sale.missing_fen + fen + sale.from_credit_fen)
    kiosk.write()


# --- whatever ends the sale ----------------------------------------------------------------------


def test_a_sale_given_up_before_its_first_note_leaves_the_credit_as_it_was(kiosk: Kiosk) -> None:
    overpay(kiosk)
    kiosk.write()
    next_sale(kiosk)
    given_up = kiosk.cancel()
    assert (given_up.refundable_fen, given_up.from_credit_fen) == (0, 0)
    assert credit(kiosk) == FIFTY
    trial_is_whole(kiosk, FIFTY)


def test_a_sale_given_up_in_part_gives_notes_at_the_desk_and_credit_to_the_card(
    kiosk: Kiosk,
) -> None:
    overpay(kiosk)
    kiosk.write()
    next_sale(kiosk)
    kiosk.note(NOTE)
    assert kiosk.cancel().refundable_fen == NOTE
    assert credit(kiosk) == FIFTY
    trial_is_whole(kiosk, FIFTY)


def test_an_overpaid_sale_that_comes_to_nothing_gives_all_of_it_back(kiosk: Kiosk) -> None:
    overpay(kiosk)
    given_up = kiosk.cancel()
    assert (given_up.refundable_fen, given_up.keeps_fen) == (PRICE + FIFTY, 0)
    trial_is_whole(kiosk, 0)


def test_a_voided_operation_gives_all_of_it_back_too(kiosk: Kiosk) -> None:
    overpay(kiosk)
    ticket = begun(kiosk)
    body = VoidRequest(evidence=kiosk.card.evidence(), reason="card-not-returned")
    voided = ending.void(kiosk.estate, DESK, ticket, body)
    assert voided.refund_fen == PRICE + FIFTY
    trial_is_whole(kiosk, 0)


def begun(kiosk: Kiosk) -> str:
    request = kiosk.desk.begin_request(kiosk.request, kiosk.card, kiosk.sale_id)
    return beginning.begin(kiosk.estate, KIOSK, request).operation_id


def test_a_card_that_never_came_back_leaves_its_price_in_suspense_and_keeps_the_rest(
    kiosk: Kiosk,
) -> None:
    overpay(kiosk)
    body = AbandonRequest(reason="card-not-returned")
    ended = ending.abandon(kiosk.estate, DESK, begun(kiosk), body)
    assert ended.suspended_fen == PRICE
    (item,) = suspense.suspense(kiosk.estate, DESK).items
    assert item.amount_fen == PRICE
    trial_is_whole(kiosk, FIFTY)


def test_a_note_long_lost_that_comes_after_all_is_owed_back_whole(kiosk: Kiosk) -> None:
    """What its payer agreed to was for a sale that was paid otherwise and written meanwhile."""
    for fen in (NOTE, NOTE, FIFTY):
        kiosk.note(fen)
    lost = new_id()
    say(kiosk, word(lost, TenderState.ACCEPTING))
    say(kiosk, word(lost, TenderState.UNKNOWN))
    kiosk.note(FIFTY)
    kiosk.write()
    found = say(kiosk, word(lost, TenderState.CREDITED))
    assert (found.state, found.refundable_fen) == (SaleState.SETTLED, NOTE)
    trial_is_whole(kiosk, 0)


def test_a_note_that_goes_back_keeps_nothing(kiosk: Kiosk) -> None:
    for fen in (NOTE, NOTE, FIFTY):
        kiosk.note(fen)
    tender = new_id()
    say(kiosk, word(tender, TenderState.ACCEPTING))
    back = say(kiosk, word(tender, TenderState.RETURNED))
    assert (back.missing_fen, back.keeps_fen) == (FIFTY, 0)
    trial_is_whole(kiosk, 0)


def test_a_word_said_twice_counts_once(kiosk: Kiosk) -> None:
    for fen in (NOTE, NOTE, FIFTY):
        kiosk.note(fen)
    tender = new_id()
    for state in (TenderState.ACCEPTING, TenderState.CREDITED):
        assert say(kiosk, word(tender, state)) == say(kiosk, word(tender, state))
    request = kiosk.desk.begin_request(kiosk.request, kiosk.card, kiosk.sale_id)
    ticket = beginning.begin(kiosk.estate, KIOSK, request)
    kiosk.card.write(ticket)
    for _ in range(2):
        ending.settle(kiosk.estate, KIOSK, ticket.operation_id, kiosk.card.evidence())
    assert credit(kiosk) == FIFTY
    trial_is_whole(kiosk, FIFTY)


def test_late_money_by_phone_beside_a_note_on_its_way_goes_back(kiosk: Kiosk) -> None:
    for fen in (NOTE, NOTE, FIFTY):
        kiosk.note(fen)
    view = kiosk.shown()
    kiosk.close(view)
    tender = new_id()
    say(kiosk, word(tender, TenderState.ACCEPTING))
    assert kiosk.provider.scan_and_pay(view.number)
    kiosk.settle_all()
    say(kiosk, word(tender, TenderState.CREDITED))
    kiosk.settle_all()
    kiosk.write()
    kiosk.check()
    assert credit(kiosk) == FIFTY
    trial_is_whole(kiosk, FIFTY)


# --- another card, and the desk ------------------------------------------------------------------


def kept(kiosk: Kiosk) -> Settled:
    overpay(kiosk)
    return kiosk.write()


def replaced(kiosk: Kiosk, old: CardView) -> CardView:
    desk, card = kiosk.desk, blank()
    new = desk.do(desk.replace_request(old), card).card
    kiosk.card, kiosk.request = card, TopUpRequest(card_number=new.number, months=1)
    return new


def test_the_credit_follows_a_card_to_the_one_that_replaces_it(kiosk: Kiosk) -> None:
    new = replaced(kiosk, kept(kiosk).card)
    assert credit(kiosk) == FIFTY
    assert next_sale(kiosk).from_credit_fen == FIFTY
    kiosk.cancel()
    replaced(kiosk, new)
    assert credit(kiosk) == FIFTY
    (listed,) = cardcredits.card_credits(kiosk.estate, DESK).credits
    assert (listed.card_number, listed.credit_fen) == (kiosk.request.card_number, FIFTY)


def test_the_desk_uses_it_first_as_well_and_gives_change_beyond_it(kiosk: Kiosk) -> None:
    kept(kiosk)
    desk = kiosk.desk
    sale = desk.open_sale(kiosk.request)
    assert (sale.from_credit_fen, sale.missing_fen) == (FIFTY, PRICE - FIFTY)
    paid = desk.pay(sale.sale_id, PRICE)
    assert (paid.change_fen, paid.keeps_fen, paid.may_keep_rest) == (FIFTY, 0, True)
    trial_is_whole(kiosk, 0)


def pay_back(card_number: int, recipient: str = "王秀兰") -> PayCreditBack:
    return PayCreditBack(
        movement_id=new_id(), card_number=card_number, recipient=recipient, signed="页 3 行 2"
    )


def taken_back(kiosk: Kiosk, number: int) -> None:
    body = BlockRequest(request_id=new_id(), reason="returned")
    blocking.block(kiosk.estate, DESK, number, body)


def test_a_returned_cards_credit_is_paid_out_to_a_named_person_who_signs_fee_38a(
    kiosk: Kiosk,
) -> None:
    number = kept(kiosk).card.number
    with refused("card-still-used", "FEE-38a"):
        cardcredits.pay_credit_back(kiosk.estate, DESK, pay_back(number))
    taken_back(kiosk, number)
    in_the_drawer = kiosk.balances()["cash:desk-1"]
    request = pay_back(number)
    paid = cardcredits.pay_credit_back(kiosk.estate, DESK, request)
    assert cardcredits.pay_credit_back(kiosk.estate, DESK, request) == paid  # its answer was lost
    assert (paid.kind, paid.number, paid.amount_fen) == (DrawerKind.CREDIT_BACK, 1, FIFTY)
    assert (paid.person, paid.approved_by, paid.signed) == ("王秀兰", "张晓", "页 3 行 2")
    assert kiosk.balances()["cash:desk-1"] == in_the_drawer - FIFTY
    assert cardcredits.card_credits(kiosk.estate, DESK).credits == ()
    with refused("no-credit", "FEE-38a"):
        cardcredits.pay_credit_back(kiosk.estate, DESK, pay_back(number))
    trial_is_whole(kiosk, 0)


def test_no_more_leaves_the_drawer_than_lies_in_it_fee_38(kiosk: Kiosk) -> None:
    number = kept(kiosk).card.number
    taken_back(kiosk, number)
    with refused("drawer-short", "FEE-38"):  # nothing was taken at that desk
        cardcredits.pay_credit_back(kiosk.estate, OTHER_DESK, pay_back(number))


def test_a_kiosk_pays_nothing_out(kiosk: Kiosk) -> None:
    number = kept(kiosk).card.number
    taken_back(kiosk, number)
    with pytest.raises(NotPermitted):
        cardcredits.pay_credit_back(kiosk.estate, KIOSK, pay_back(number))
