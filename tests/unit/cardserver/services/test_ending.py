"""An operation ends on evidence: what was read back from the card, judged by the server."""

import pytest

from cardserver.domain.errors import IllegalTransition, RuleViolation
from cardserver.domain.operation import OperationState
from cardserver.domain.record import Medium
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.domain.sale import SaleState
from cardserver.services import (
    accounts,
    beginning,
    blocking,
    ending,
    holders,
    keying,
    recovering,
    selling,
)
from cardserver.services.errors import NotFound, NotPermitted
from cardserver.wire_cards import BlockRequest
from cardserver.wire_operations import (
    AbandonRequest,
    Evidence,
    KeyingRequest,
    KeyingState,
    Ticket,
    Voided,
    VoidRequest,
)
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import RefundRequest
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


@pytest.fixture
def card() -> PlainCard:
    return blank()


@pytest.fixture
def topping_up(desk: FrontDesk, card: PlainCard) -> Ticket:
    """A top-up that was paid and begun, its card not yet written."""
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    return desk.begin(TopUpRequest(card_number=view.number, months=1), card)


def void(desk: FrontDesk, ticket: Ticket, card: PlainCard, *, keep_sale: bool = False) -> Voided:
    request = VoidRequest(evidence=card.evidence(), reason="反悔", keep_sale=keep_sale)
    return ending.void(desk.estate, DESK, ticket.operation_id, request)


def abandon(desk: FrontDesk, ticket: Ticket, *, keep_sale: bool = False) -> Voided:
    request = AbandonRequest(reason="卡被拿走", keep_sale=keep_sale)
    return ending.abandon(desk.estate, DESK, ticket.operation_id, request)


def test_an_untouched_card_does_not_settle(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard
) -> None:
    with refused("evidence-old"):
        desk.settle(topping_up, card)
    assert accounts.trial(desk.estate, DESK).held_fen == 300_00


@pytest.mark.parametrize(("found", "reason"), [(None, "evidence-between"), (b"x", "card-differs")])
def test_torn_and_strange_bytes_neither_settle_nor_void(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard, found: bytes | None, reason: str
) -> None:
    card.slots[1] = found
    with refused(reason):
        desk.settle(topping_up, card)
    with refused(reason):
        void(desk, topping_up, card)


def test_a_slot_that_was_not_read_proves_nothing(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard
) -> None:
    card.write(topping_up)
    del card.slots[1]
    with refused("evidence-between"):
        desk.settle(topping_up, card)


def test_the_other_right_must_not_have_been_harmed(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard
) -> None:
    """PARK-04a."""
    card.write(topping_up)
    card.slots[0] = b""
    with refused("card-differs"):
        desk.settle(topping_up, card)


def test_settling_twice_gives_one_paper_and_the_same_answer(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard
) -> None:
    card.write(topping_up)
    first = desk.settle(topping_up, card)
    assert desk.settle(topping_up, card) == first
    trial = accounts.trial(desk.estate, DESK)
    assert trial.settled_fen == 620_00
    assert trial.balanced


def test_a_settled_operation_is_not_voided(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard
) -> None:
    before = dict(card.slots)
    card.write(topping_up)
    desk.settle(topping_up, card)
    card.slots = before
    with pytest.raises(IllegalTransition):
        void(desk, topping_up, card)
    with pytest.raises(IllegalTransition):
        abandon(desk, topping_up)


def test_a_voided_operation_owes_the_money_back(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard
) -> None:
    """FEE-38b: and the card may be topped up again."""
    voided = void(desk, topping_up, card)
    assert voided.operation.state is OperationState.VOIDED
    assert (voided.refund_fen, voided.suspended_fen) == (300_00, 0)
    assert void(desk, topping_up, card) == voided
    sale_id = topping_up.sale_id
    assert sale_id is not None
    refund = RefundRequest(refund_id=new_id(), amount_fen=300_00)
    paid = selling.pay_refund(desk.estate, DESK, sale_id, refund)
    assert (paid.state, paid.refundable_fen, paid.returned_fen) == (
        SaleState.CANCELLED,
        0,
        300_00,
    )
    assert selling.pay_refund(desk.estate, DESK, sale_id, refund) == paid
    with refused("refund-too-much", "FEE-38a"):
        selling.pay_refund(
            desk.estate, DESK, sale_id, RefundRequest(refund_id=new_id(), amount_fen=1)
        )
    assert accounts.trial(desk.estate, DESK).balanced
    view = holders.card_by_uid(desk.estate, DESK, card.uid)
    assert desk.top_up(view, card).operation.state is OperationState.SETTLED


def test_a_voided_operation_does_not_settle(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard
) -> None:
    void(desk, topping_up, card)
    card.write(topping_up)
    with pytest.raises(IllegalTransition):
        desk.settle(topping_up, card)


def test_a_bad_blank_is_changed_without_a_second_fee(desk: FrontDesk) -> None:
    """IC-09a: the sale waits for another blank."""
    request = desk.issue_request(desk.owner)
    bad = blank()
    first = desk.begin(request, bad)
    voided = void(desk, first, bad, keep_sale=True)
    assert voided.sale is not None
    assert (voided.sale.state, voided.refund_fen) == (SaleState.OPEN, 0)
    again = desk.begin_request(request, blank(), first.sale_id)
    assert beginning.begin(desk.estate, DESK, again).sale_id == first.sale_id


def test_a_blank_given_up_half_written_is_scrapped_and_denied(desk: FrontDesk) -> None:
    """IC-09a: nobody knows what it carries, so its number goes on the list as dead."""
    request = desk.issue_request(desk.owner)
    bad = blank()
    first = desk.begin(request, bad)
    voided = abandon(desk, first, keep_sale=True)
    assert voided.card is not None
    assert (voided.card.number, voided.card.status) == (first.card_number, CardStatus.SCRAPPED)
    assert voided.sale is not None
    assert voided.sale.state is SaleState.OPEN
    with refused("format-first"):
        desk.begin(desk.issue_request(desk.staff), bad)
    good = blank()
    ticket = beginning.begin(desk.estate, DESK, desk.begin_request(request, good, first.sale_id))
    good.write(ticket)
    settled = desk.settle(ticket, good)
    assert settled.document is not None
    assert accounts.trial(desk.estate, DESK).settled_fen == 2000


def test_an_abandoned_card_is_denied_and_its_money_is_to_be_checked(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard
) -> None:
    """待核对: the card that left may carry the new month, so no gate takes it."""
    voided = abandon(desk, topping_up, keep_sale=True)
    assert voided.card is not None
    assert voided.card.status is CardStatus.BLOCKED
    assert (voided.refund_fen, voided.suspended_fen) == (0, 300_00)
    assert voided.sale is not None
    assert voided.sale.state is SaleState.SUSPENDED
    assert abandon(desk, topping_up, keep_sale=True) == voided
    order = BlockRequest(request_id=new_id(), reason="找到")
    with refused("card-abandoned"):
        blocking.unblock(desk.estate, DESK, voided.card.number, order)
    trial = accounts.trial(desk.estate, DESK)
    assert (trial.suspense_fen, trial.balanced) == (300_00, True)
    replaced = desk.do(desk.replace_request(voided.card), blank())
    assert RightKind.PARKING in replaced.card.rights


def test_an_open_operation_is_gone_on_with_at_any_desk(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard
) -> None:
    assert recovering.open_operation(desk.estate, OTHER_DESK, card.uid) == topping_up
    view = holders.card_by_uid(desk.estate, DESK, card.uid)
    assert view.open_operation == topping_up.operation_id
    listed = recovering.list_open(desk.estate, DESK).operations
    assert [row.operation_id for row in listed] == [topping_up.operation_id]
    card.write(topping_up)
    ending.settle(desk.estate, OTHER_DESK, topping_up.operation_id, card.evidence())
    with pytest.raises(NotFound):
        recovering.open_operation(desk.estate, OTHER_DESK, card.uid)
    assert recovering.list_open(desk.estate, DESK).operations == ()


def test_a_kiosk_is_not_given_the_keys_of_a_desks_operation(desk: FrontDesk) -> None:
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    card.write(ticket)
    with pytest.raises(NotPermitted):
        recovering.open_operation(desk.estate, KIOSK, card.uid)
    with pytest.raises(NotPermitted):
        ending.settle(desk.estate, KIOSK, ticket.operation_id, card.evidence())
    with pytest.raises(NotPermitted):
        keying.steps(desk.estate, KIOSK, ticket.operation_id)


def test_a_blocked_card_stays_blocked_when_its_operation_settles(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard
) -> None:
    order = BlockRequest(request_id=new_id(), reason="遗失")
    blocking.block(desk.estate, OTHER_DESK, topping_up.card_number, order)
    card.write(topping_up)
    assert desk.settle(topping_up, card).card.status is CardStatus.BLOCKED


def test_a_card_is_not_talked_down_to_a_weaker_channel(desk: FrontDesk) -> None:
    """Recorded per card: it spoke EV2 before, so EV1 is an attack or a fault."""
    card = blank(Medium.DESFIRE)
    ticket = desk.begin(desk.issue_request(desk.staff), card)
    card.write(ticket)
    weaker = card.evidence().model_copy(update={"secure_channel": "ev1"})
    with refused("secure-channel-lowered"):
        ending.settle(desk.estate, DESK, ticket.operation_id, weaker)
    view = desk.settle(ticket, card).card
    begun = desk.begin_request(desk.extend_request(view), card, None)
    desk.clock.forward(days=360)
    with refused("secure-channel-lowered"):
        beginning.begin(desk.estate, DESK, begun.model_copy(update={"secure_channel": "ev1"}))


def test_unknown_operations_are_not_found(desk: FrontDesk) -> None:
    nothing = Evidence(uid=bytes(7), found={})
    with pytest.raises(NotFound):
        ending.settle(desk.estate, DESK, new_id(), nothing)
    with pytest.raises(NotFound):
        keying.record_step(
            desk.estate, DESK, new_id(), KeyingRequest(step="x", state=KeyingState.BEGUN)
        )


def test_nothing_is_settled_when_the_card_cannot_be_written_down(
    desk: FrontDesk, topping_up: Ticket, card: PlainCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction: a failure after the money leaves the operation open and the money held."""

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(ending, "owe_documents", fail)
    card.write(topping_up)
    with pytest.raises(RuntimeError):
        desk.settle(topping_up, card)
    monkeypatch.undo()
    assert recovering.open_operation(desk.estate, DESK, card.uid) == topping_up
    assert accounts.trial(desk.estate, DESK).held_fen == 300_00
    settled = desk.settle(topping_up, card)
    assert settled.document is not None
    assert settled.document.number == 2


def test_a_refused_begin_leaves_the_sale_as_it_was(desk: FrontDesk) -> None:
    request = desk.issue_request(desk.owner)
    sale_id = desk.paid_sale(request)
    dirty = blank()
    dirty.slots[0] = b"x"
    with refused("card-differs"):
        beginning.begin(desk.estate, DESK, desk.begin_request(request, dirty, sale_id))
    assert sale_id is not None
    assert selling.sale(desk.estate, DESK, sale_id).state is SaleState.OPEN


def test_a_format_refused_by_the_rules_leaves_no_trace(desk: FrontDesk, card: PlainCard) -> None:
    view = desk.issue(desk.owner, card)
    with pytest.raises(RuleViolation):
        desk.format(view, card)
    assert recovering.list_open(desk.estate, DESK).operations == ()
