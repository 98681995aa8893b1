"""Money in suspense is listed with its story and ends by a person's word, balanced each time."""

import pytest

from cardserver.domain.errors import IllegalTransition
from cardserver.domain.permits import Action
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.domain.shift import SuspenseOutcome
from cardserver.services import accounts, beginning, closing, ending, selling, suspense, tendering
from cardserver.services.errors import NotFound, NotPermitted
from cardserver.wire_operations import AbandonRequest
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import TenderRequest
from cardserver.wire_suspense import InSuspense, SettleSuspense, SuspenseSettled
from tests.databases import tillwork
from tests.databases.frontdesk import DESK, KIOSK, FrontDesk, blank, new_id, refused
from tests.databases.tillwork import CASHIER, allowed


@pytest.fixture
def stuck(desk: FrontDesk) -> InSuspense:
    """A month of parking that was paid; its card was carried away half written."""
    card = blank()
    view = desk.issue(desk.owner, card)
    ticket = desk.begin(desk.parking_request(view), card)
    request = AbandonRequest(reason="card-not-returned")
    ending.abandon(desk.estate, DESK, ticket.operation_id, request)
    desk.clock.forward(days=2)
    return suspense.suspense(desk.estate, DESK).items[0]


def settle(
    desk: FrontDesk, item: InSuspense, outcome: SuspenseOutcome, evidence: str = "门口见到卡"
) -> SuspenseSettled:
    request = SettleSuspense(
        settlement_id=new_id(),
        sale_id=item.sale_id,
        tender_id=item.tender_id,
        outcome=outcome,
        evidence=evidence,
    )
    return suspense.settle_suspense(desk.estate, allowed(DESK, Action.SETTLE_SUSPENSE), request)


def balances(desk: FrontDesk) -> dict[str, int]:
    return accounts.ledger_balances(desk.estate, DESK).accounts


def test_what_stands_in_suspense_is_listed_with_its_story(
    desk: FrontDesk, stuck: InSuspense
) -> None:
    found = suspense.suspense(desk.estate, DESK)
    assert found.suspense_fen == stuck.amount_fen == 300_00
    assert (stuck.holder_name, stuck.card_number, stuck.age_days) == ("王秀兰", 1, 2)
    assert (stuck.request_kind, stuck.reason) == ("add-parking", "card-not-returned")
    assert stuck.operation_id is not None


def test_only_the_cashier_settles_it(desk: FrontDesk, stuck: InSuspense) -> None:
    request = SettleSuspense(
        settlement_id=new_id(),
        sale_id=stuck.sale_id,
        outcome=SuspenseOutcome.KEPT,
        evidence="x",
    )
    with pytest.raises(NotPermitted):
        suspense.settle_suspense(desk.estate, DESK, request)


def test_earned_after_evidence_and_its_paper_is_owed_fee_32(
    desk: FrontDesk, stuck: InSuspense
) -> None:
    made = settle(desk, stuck, SuspenseOutcome.EARNED)
    assert (made.settled_by, made.amount_fen, made.number) == (CASHIER, 300_00, 1)
    assert balances(desk)["income:parking"] == -300_00
    assert selling.sale(desk.estate, DESK, stuck.sale_id).state is SaleState.SETTLED
    assert accounts.trial(desk.estate, DESK).balanced
    till = tillwork.current(desk.estate, DESK)
    holds = closing.before_close(desk.estate, DESK, till.shift_id).holds
    assert "top-up-slip 000001" in [each.subject for each in holds]


def test_handed_back_out_of_the_drawer_of_who_pays_it(desk: FrontDesk, stuck: InSuspense) -> None:
    settle(desk, stuck, SuspenseOutcome.HANDED_BACK)
    assert balances(desk) == {"cash:desk-1": 20_00, "income:card-cost": -20_00}
    trial = accounts.trial(desk.estate, DESK)
    assert trial.balanced
    assert trial.returned_fen == 300_00
    till = tillwork.current(desk.estate, DESK)
    assert tillwork.count(desk.estate, DESK, till, 20_00).difference_fen == 0


def test_kept_with_a_reason(desk: FrontDesk, stuck: InSuspense) -> None:
    settle(desk, stuck, SuspenseOutcome.KEPT, "业主放弃,有书面说明")
    assert balances(desk)["income:kept"] == -300_00
    assert accounts.trial(desk.estate, DESK).balanced
    assert suspense.suspense(desk.estate, DESK).items == ()


def test_it_is_settled_once(desk: FrontDesk, stuck: InSuspense) -> None:
    settle(desk, stuck, SuspenseOutcome.KEPT)
    with refused("nothing-in-suspense"):
        settle(desk, stuck, SuspenseOutcome.HANDED_BACK)
    with refused("outcome-unfit"):
        settle(desk, stuck, SuspenseOutcome.CREDITED)


def test_change_is_given_before_the_rest_is_handed_back_fee_04(desk: FrontDesk) -> None:
    card = blank()
    view = desk.issue(desk.owner, card)
    request = desk.parking_request(view)
    sale = desk.open_sale(request)
    desk.pay(sale.sale_id, 310_00)
    body = desk.begin_request(request, card, sale.sale_id)
    ticket = beginning.begin(desk.estate, DESK, body)
    ending.abandon(desk.estate, DESK, ticket.operation_id, AbandonRequest(reason="gone"))
    item = suspense.suspense(desk.estate, DESK).items[0]
    with refused("change-first", "FEE-04"):
        settle(desk, item, SuspenseOutcome.HANDED_BACK)


# --- notes whose fate nobody knows ---------------------------------------------------------------


@pytest.fixture
def lost(desk: FrontDesk) -> InSuspense:
    """A note of a hundred at the kiosk that nobody can find."""
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    desk.caller = KIOSK
    sale = desk.open_sale(TopUpRequest(card_number=view.number, months=1))
    tender_id = new_id()
    for state in (TenderState.ACCEPTING, TenderState.UNKNOWN):
        request = TenderRequest(
            tender_id=tender_id, kind=TenderKind.CASH_NOTE, value_fen=100_00, state=state
        )
        tendering.tender(desk.estate, KIOSK, sale.sale_id, request)
    desk.caller = DESK
    return suspense.suspense(desk.estate, DESK).items[0]


def test_a_note_nobody_can_find_is_listed_and_was_taken(desk: FrontDesk, lost: InSuspense) -> None:
    assert (lost.amount_fen, lost.station, lost.reason) == (100_00, "kiosk-1", "unknown")
    assert suspense.suspense(desk.estate, DESK).unknown_fen == 100_00
    settle(desk, lost, SuspenseOutcome.CREDITED, "开箱清点,多一张")
    found = suspense.suspense(desk.estate, DESK)
    assert (found.items, found.suspense_fen, found.unknown_fen) == ((), 0, 0)
    assert balances(desk)["cash:kiosk-1"] == 100_00
    trial = accounts.trial(desk.estate, DESK)
    assert trial.balanced
    assert trial.held_fen == 100_00


def test_a_note_nobody_can_find_had_gone_back(desk: FrontDesk, lost: InSuspense) -> None:
    settle(desk, lost, SuspenseOutcome.RETURNED, "业主说收回了")
    assert accounts.trial(desk.estate, DESK).balanced
    assert suspense.suspense(desk.estate, DESK).suspense_fen == 0
    with pytest.raises(IllegalTransition):
        settle(desk, lost, SuspenseOutcome.CREDITED)


def test_a_note_of_another_sale_is_not_found(desk: FrontDesk, lost: InSuspense) -> None:
    stranger = lost.model_copy(update={"tender_id": new_id()})
    with pytest.raises(NotFound):
        settle(desk, stranger, SuspenseOutcome.CREDITED)
