"""A payment by QR from the kiosk's button to the ledger and back: no fen lost, none made up.

The provider is one in memory (`tests.databases.payers`): what lies there is the truth that the
books have to meet, whatever was not heard, not answered, late, double or of another amount.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cardserver.db.payments import provider_lines
from cardserver.domain.permits import Action
from cardserver.domain.qrpayment import CODE_LIFE, EXPIRED_FOR_SURE, REFUSALS_BORNE, QrState
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.domain.shift import SuspenseOutcome
from cardserver.payments.api import NoticeReason, NoticeRefused
from cardserver.services import (
    accounts,
    beginning,
    ending,
    qrpayments,
    suspense,
    tendering,
    waiting,
)
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import reading
from cardserver.wire_operations import AbandonRequest, VoidRequest
from cardserver.wire_payments import QrRequest
from cardserver.wire_sales import TenderRequest
from cardserver.wire_suspense import SettleSuspense
from tests.databases.frontdesk import DESK, KIOSK, FrontDesk, new_id, refused
from tests.databases.phonework import NOTE, PRICE, Kiosk, notice, open_kiosk, with_a_card
from tests.databases.tillwork import allowed


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    opened = open_kiosk(tmp_path)
    yield opened
    opened.estate.engine.dispose()


@pytest.fixture
def everywhere(desk: FrontDesk) -> Kiosk:
    """The same on a store of each kind."""
    return Kiosk(desk, *with_a_card(desk))


def test_a_code_is_shown_paid_and_written(everywhere: Kiosk) -> None:
    kiosk = everywhere
    view = kiosk.shown()
    assert (view.state, view.amount_fen, view.code) == (
        QrState.WAITING,
        PRICE,
        f"weixin://pay/{view.number}",
    )
    assert view.seconds_left == CODE_LIFE.seconds
    assert kiosk.provider.scan_and_pay(view.number)
    kiosk.settler.turn()
    paid = kiosk.look(view)
    assert (paid.state, paid.code, paid.sale.missing_fen) == (QrState.PAID, "", 0)
    settled = kiosk.write()
    assert kiosk.sale().state is SaleState.SETTLED
    slip = settled.documents[0].content
    assert (slip.tender_kind, slip.providers) == (TenderKind.QR, ("wechat",))
    assert (slip.received_fen, slip.change_fen) == (PRICE, 0)
    kiosk.check()
    assert kiosk.balances()["provider:wechat"] == PRICE


def test_no_station_can_make_money_by_its_own_word(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    for state in TenderState:
        with refused("provider-decides"):
            body = TenderRequest(
                tender_id=view.payment_id, kind=TenderKind.QR, value_fen=PRICE, state=state
            )
            tendering.tender(kiosk.estate, KIOSK, kiosk.sale_id, body)
    kiosk.check()


def test_the_rest_that_notes_left_is_paid_by_qr(kiosk: Kiosk) -> None:
    kiosk.note()
    view = kiosk.shown()
    assert view.amount_fen == PRICE - NOTE
    kiosk.provider.scan_and_pay(view.number)
    kiosk.settler.turn()
    slip = kiosk.write().documents[0].content
    assert (slip.tender_kind, slip.providers) == (TenderKind.CASH_NOTE, ("wechat",))
    kiosk.check()
    assert kiosk.balances()["cash:kiosk-1"] == NOTE


def test_one_code_at_a_time_and_none_while_a_note_is_on_its_way(kiosk: Kiosk) -> None:
    body = TenderRequest(
        tender_id=new_id(),
        kind=TenderKind.CASH_NOTE,
        value_fen=NOTE,
        state=TenderState.ACCEPTING,
        checked=True,
    )
    tendering.tender(kiosk.estate, KIOSK, kiosk.sale_id, body)
    with refused("tender-open"):
        kiosk.ask()
    back = body.model_copy(update={"state": TenderState.RETURNED})
    tendering.tender(kiosk.estate, KIOSK, kiosk.sale_id, back)
    kiosk.shown()
    with refused("code-open"):
        kiosk.ask()


def test_the_same_question_twice_is_one_payment(kiosk: Kiosk) -> None:
    request = QrRequest(payment_id=new_id(), provider="wechat")
    first = qrpayments.ask_code(kiosk.estate, KIOSK, kiosk.sale_id, request)
    kiosk.settle_all(2)
    again = qrpayments.ask_code(kiosk.estate, KIOSK, kiosk.sale_id, request)
    assert first.payment_id == again.payment_id
    assert len(kiosk.provider.orders) == 1


def test_what_is_paid_or_closed_takes_no_code(kiosk: Kiosk) -> None:
    for _ in range(3):
        kiosk.note()
    with refused("nothing-missing"):
        kiosk.ask()
    kiosk.cancel()
    with refused("sale-closed"):
        kiosk.ask()


def test_a_provider_that_is_not_set_up_is_not_asked(kiosk: Kiosk) -> None:
    with refused("provider-unknown"):
        qrpayments.ask_code(
            kiosk.estate,
            KIOSK,
            kiosk.sale_id,
            QrRequest(payment_id=new_id(), provider="alipay"),
        )
    assert qrpayments.means(kiosk.estate, KIOSK).ready == ("wechat",)


# --- ends without money --------------------------------------------------------------------------


def test_back_to_notes_closes_the_order_first(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    assert kiosk.close(view).state is QrState.CLOSING
    kiosk.settler.turn()
    assert kiosk.look(view).state is QrState.CLOSED
    assert not kiosk.provider.scan_and_pay(view.number)
    kiosk.note()
    kiosk.check()
    assert kiosk.sale().open_codes == ()


def test_paid_in_the_moment_of_closing_counts(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    kiosk.close(view)
    kiosk.provider.scan_and_pay(view.number)
    kiosk.settler.turn()
    assert kiosk.look(view).state is QrState.PAID
    assert kiosk.sale().missing_fen == 0
    kiosk.check()


def test_a_code_that_nobody_paid_is_closed_when_its_time_is_over(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    kiosk.desk.clock.now += CODE_LIFE
    kiosk.settle_all(3)
    assert kiosk.look(view).state is QrState.CLOSED
    assert (kiosk.sale().state, kiosk.sale().credited_fen) == (SaleState.OPEN, 0)
    kiosk.check()


def test_a_certain_no_is_told_and_leaves_nothing(kiosk: Kiosk) -> None:
    kiosk.provider.refuses["create"] = 1
    view = kiosk.shown()
    assert (view.state, view.refused, view.sale.open_codes) == (QrState.CLOSED, True, ())
    assert kiosk.shown().state is QrState.WAITING
    kiosk.check()


@pytest.mark.parametrize("heard", [False, True])
def test_an_order_of_which_nothing_is_known_shows_no_code_and_is_ended(
    kiosk: Kiosk, heard: bool
) -> None:
    (kiosk.provider.deaf if heard else kiosk.provider.silent)["create"] = 1
    view = kiosk.shown()
    assert (view.state, view.code) == (QrState.CLOSING, "")
    assert qrpayments.means(kiosk.estate, KIOSK).away == ("wechat",)
    kiosk.settle_all(2)
    ended = kiosk.look(view).state
    assert ended is (QrState.CLOSED if heard else QrState.CLOSING)
    kiosk.desk.clock.now += CODE_LIFE + EXPIRED_FOR_SURE
    kiosk.settle_all(2)
    assert kiosk.look(view).state is QrState.CLOSED
    kiosk.check()


@pytest.mark.parametrize("call", ["query", "close"])
@pytest.mark.parametrize("fault", ["silent", "deaf", "refuses"])
def test_a_lost_answer_is_asked_for_again(kiosk: Kiosk, fault: str, call: str) -> None:
    view = kiosk.shown()
    if call == "close":
        kiosk.close(view)
    kiosk.provider.scan_and_pay(view.number)
    getattr(kiosk.provider, fault)[call] = 3
    kiosk.settle_all()
    assert kiosk.look(view).state is QrState.PAID
    kiosk.check()


def test_what_no_provider_can_be_asked_about_for_a_day_is_shown_to_a_person(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    kiosk.provider.silent = {"query": 1000, "close": 1000}
    kiosk.settle_all(3)
    assert kiosk.in_suspense() == ()
    kiosk.close(view)
    kiosk.desk.clock.forward(days=2)
    kiosk.settle_all(4)
    (item,) = kiosk.in_suspense()
    assert (item.tender_id, item.amount_fen, item.reason) == (view.payment_id, PRICE, "unknown")
    assert item.outcomes == suspense.OF_NOTES
    assert [(order.provider, order.number) for order in item.orders] == [("wechat", view.number)]
    assert accounts.trial(kiosk.estate, DESK).balanced
    kiosk.provider.scan_and_pay(view.number)
    kiosk.provider.silent = {}
    kiosk.settle_all(2)
    assert kiosk.look(view).state is QrState.PAID
    assert kiosk.in_suspense() == ()
    kiosk.check()


@pytest.mark.parametrize("outcome", suspense.OF_NOTES)
def test_a_person_with_the_bill_in_hand_decides_it(kiosk: Kiosk, outcome: SuspenseOutcome) -> None:
    view = kiosk.shown()
    kiosk.provider.silent = {"query": 1000, "close": 1000}
    kiosk.close(view)
    kiosk.desk.clock.forward(days=2)
    kiosk.settle_all(4)
    settle(kiosk, outcome, view.payment_id)
    credited = outcome is SuspenseOutcome.CREDITED
    assert kiosk.look(view).state is (QrState.PAID if credited else QrState.CLOSED)
    assert kiosk.sale().credited_fen == (PRICE if credited else 0)
    assert accounts.trial(kiosk.estate, DESK).balanced
    assert kiosk.balances().get("unconfirmed:wechat") is None


def settle(kiosk: Kiosk, outcome: SuspenseOutcome, tender_id: str | None = None) -> None:
    request = SettleSuspense(
        settlement_id=new_id(),
        sale_id=kiosk.sale_id,
        tender_id=tender_id,
        outcome=outcome,
        evidence="账单",
    )
    suspense.settle_suspense(kiosk.estate, allowed(DESK, Action.SETTLE_SUSPENSE), request)


# --- late, double and odd money ------------------------------------------------------------------


def cancelled(kiosk: Kiosk) -> None:
    kiosk.cancel()


def paid_with_notes(kiosk: Kiosk) -> None:
    for _ in range(3):
        kiosk.note()


def written(kiosk: Kiosk) -> None:
    paid_with_notes(kiosk)
    kiosk.write()


@pytest.mark.parametrize("meanwhile", [cancelled, paid_with_notes, written])
def test_money_that_comes_too_late_goes_back_the_way_it_came(
    kiosk: Kiosk, meanwhile: Callable[[Kiosk], None]
) -> None:
    view = kiosk.shown()
    kiosk.close(view)
    kiosk.settler.turn()
    meanwhile(kiosk)
    state = kiosk.sale().state
    kiosk.provider.pay_though_closed(view.number)
    notice(kiosk, view)
    assert kiosk.provider.balance_fen == PRICE
    assert accounts.trial(kiosk.estate, DESK).payable_fen == PRICE
    assert kiosk.sale().change_fen == kiosk.sale().refundable_fen == 0
    kiosk.settle_all(2)
    assert kiosk.provider.balance_fen == 0
    assert kiosk.sale().state is state
    assert kiosk.sale().refunding_fen == 0
    kiosk.check()


def test_a_second_payment_of_the_same_sale_goes_back(everywhere: Kiosk) -> None:
    kiosk = everywhere
    first = kiosk.shown()
    kiosk.close(first)
    second = kiosk.ask()
    kiosk.provider.scan_and_pay(first.number)  # before the closing reached the provider
    kiosk.settle_all(2)
    kiosk.provider.scan_and_pay(second.number)
    kiosk.settle_all(4)
    assert kiosk.sale().missing_fen == 0
    assert kiosk.provider.balance_fen == PRICE
    kiosk.check()
    kiosk.write()
    assert kiosk.sale().change_fen == 0


def a_note(state: TenderState, tender_id: str) -> TenderRequest:
    return TenderRequest(
        tender_id=tender_id, kind=TenderKind.CASH_NOTE, value_fen=NOTE, state=state, checked=True
    )


def test_no_note_goes_in_for_what_a_given_up_code_paid_meanwhile(everywhere: Kiosk) -> None:
    kiosk = everywhere
    view = kiosk.shown()
    kiosk.close(view)
    kiosk.provider.scan_and_pay(view.number)  # before the closing reached the provider
    kiosk.settle_all(2)
    with refused("nothing-missing"):
        kiosk.note()
    assert kiosk.balances().get("cash:kiosk-1", 0) == 0
    kiosk.write()
    kiosk.check()


def test_no_note_goes_in_that_is_more_than_is_missing(kiosk: Kiosk) -> None:
    kiosk.note(50_00)
    kiosk.note()
    kiosk.note()
    with refused("more-than-missing"):
        kiosk.note()
    assert kiosk.sale().missing_fen == 50_00


def test_a_code_paid_while_a_note_is_on_its_way_goes_back(kiosk: Kiosk) -> None:
    view, tender = kiosk.shown(), new_id()
    kiosk.close(view)
    tendering.tender(kiosk.estate, KIOSK, kiosk.sale_id, a_note(TenderState.ACCEPTING, tender))
    kiosk.provider.scan_and_pay(view.number)
    kiosk.settle_all(4)
    tendering.tender(kiosk.estate, KIOSK, kiosk.sale_id, a_note(TenderState.CREDITED, tender))
    sale = kiosk.sale()
    assert (sale.missing_fen, sale.change_fen) == (PRICE - NOTE, 0)
    assert kiosk.provider.balance_fen == 0
    kiosk.check()


def test_a_note_found_after_the_rest_was_paid_otherwise_is_owed_back(kiosk: Kiosk) -> None:
    tender = new_id()
    for state in (TenderState.ACCEPTING, TenderState.UNKNOWN):
        tendering.tender(kiosk.estate, KIOSK, kiosk.sale_id, a_note(state, tender))
    kiosk.provider.scan_and_pay(kiosk.shown().number)
    kiosk.settler.turn()
    slip = kiosk.write().documents[0].content
    assert (slip.received_fen, slip.change_fen) == (PRICE, 0)
    tendering.tender(kiosk.estate, KIOSK, kiosk.sale_id, a_note(TenderState.CREDITED, tender))
    sale = kiosk.sale()
    assert (sale.refundable_fen, sale.change_fen) == (NOTE, 0)
    trial = accounts.trial(kiosk.estate, DESK)
    assert (trial.held_fen, trial.payable_fen, trial.suspense_fen) == (0, NOTE, 0)
    kiosk.check()


def test_a_cancelled_sale_gives_qr_money_back_by_qr_and_notes_at_the_desk(kiosk: Kiosk) -> None:
    kiosk.note()
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number)
    kiosk.settler.turn()
    sale = kiosk.cancel()
    assert (sale.refundable_fen, sale.refunding_fen) == (NOTE, PRICE - NOTE)
    kiosk.settle_all(2)
    assert kiosk.provider.balance_fen == 0
    assert kiosk.sale().refundable_fen == NOTE
    kiosk.check()


def test_a_sale_left_with_its_code_open_ends_and_what_is_paid_after_goes_back(
    kiosk: Kiosk,
) -> None:
    view = kiosk.shown()
    assert kiosk.cancel().state is SaleState.CANCELLED
    kiosk.provider.scan_and_pay(view.number)
    kiosk.settle_all(4)
    assert kiosk.provider.balance_fen == 0
    kiosk.check()


def test_a_voided_operation_gives_qr_money_back_by_qr(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number)
    kiosk.settler.turn()
    body = kiosk.desk.begin_request(kiosk.request, kiosk.card, kiosk.sale_id)
    ticket = beginning.begin(kiosk.estate, KIOSK, body)
    void = VoidRequest(evidence=kiosk.card.evidence(), reason="undone")
    voided = ending.void(kiosk.estate, KIOSK, ticket.operation_id, void)
    assert voided.refund_fen == 0
    kiosk.settle_all(2)
    assert kiosk.provider.balance_fen == 0
    kiosk.check()


@pytest.mark.parametrize("fault", ["silent", "deaf"])
def test_a_refund_of_which_nothing_is_known_is_asked_about_and_happens_once(
    kiosk: Kiosk, fault: str
) -> None:
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number)
    kiosk.settler.turn()
    kiosk.cancel()
    getattr(kiosk.provider, fault).update(refund=2, query_refund=2)
    kiosk.settle_all()
    assert kiosk.provider.balance_fen == 0
    kiosk.check()


def test_a_refund_that_the_provider_does_not_make_is_for_a_person(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number)
    kiosk.settler.turn()
    kiosk.cancel()
    kiosk.provider.refuses["refund"] = 100
    kiosk.settle_all(REFUSALS_BORNE + 1)
    (item,) = kiosk.in_suspense()
    assert (item.amount_fen, item.outcomes) == (PRICE, suspense.OF_STRAYS)
    with refused("outcome-unfit"):
        settle(kiosk, SuspenseOutcome.EARNED)
    settle(kiosk, SuspenseOutcome.HANDED_BACK)
    assert kiosk.in_suspense() == ()
    assert kiosk.sale().state is SaleState.CANCELLED
    kiosk.check()


def test_another_amount_than_was_ordered_is_for_a_person(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number, PRICE - 1)
    kiosk.settle_all(2)
    assert kiosk.look(view).state is QrState.ODD
    assert kiosk.sale().missing_fen == PRICE
    (item,) = kiosk.in_suspense()
    assert item.amount_fen == PRICE - 1
    kiosk.check()
    settle(kiosk, SuspenseOutcome.KEPT)
    assert kiosk.sale().state is SaleState.OPEN
    kiosk.check()


def test_what_is_in_suspense_with_its_card_goes_back_by_qr(kiosk: Kiosk) -> None:
    kiosk.note()
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number)
    kiosk.settler.turn()
    body = kiosk.desk.begin_request(kiosk.request, kiosk.card, kiosk.sale_id)
    ticket = beginning.begin(kiosk.estate, KIOSK, body)
    request = AbandonRequest(reason="card-not-returned")
    ending.abandon(kiosk.estate, DESK, ticket.operation_id, request)
    settle(kiosk, SuspenseOutcome.HANDED_BACK)
    kiosk.settle_all(2)
    assert kiosk.provider.balance_fen == 0
    assert kiosk.balances()["cash:desk-1"] == kiosk.before.settled_fen - NOTE
    assert kiosk.sale().state is SaleState.CANCELLED
    kiosk.check()


# --- notices -------------------------------------------------------------------------------------


def test_a_notice_and_an_answer_race_and_count_once(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number)
    notice(kiosk, view)
    assert kiosk.look(view).state is QrState.PAID
    for _ in range(3):
        notice(kiosk, view)
        notice(kiosk, view, Notice="n-2")
        kiosk.settler.turn()
    assert kiosk.sale().credited_fen == PRICE
    kiosk.check()


def test_a_forged_notice_changes_nothing_and_an_old_one_is_a_reason_to_ask(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number)
    with pytest.raises(NoticeRefused) as forged:
        notice(kiosk, view, Signature="mine")
    assert forged.value.reason is NoticeReason.FORGED
    with pytest.raises(NoticeRefused):
        notice(kiosk, view, Age="old")
    assert kiosk.look(view).state is QrState.WAITING
    kiosk.settler.turn()
    assert kiosk.look(view).state is QrState.PAID
    kiosk.check()


def test_a_notice_about_nothing_of_ours_is_put_on_record(kiosk: Kiosk) -> None:
    told = {"Signature": "genuine", "Notice": "n-9"}
    qrpayments.take_notice(kiosk.estate, kiosk.provider, told, b"P-of-somebody-else")
    assert "qr-notice-unknown" in [
        line.action for line in accounts.journal(kiosk.estate, DESK, 5).lines
    ]


# --- power cuts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["asked", "sent", "waiting", "closing", "refund"])
def test_a_server_that_starts_again_goes_on_where_it_was(kiosk: Kiosk, state: str) -> None:
    view = kiosk.ask()
    if state == "sent":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kiosk.provider, "create", no_more)
            with pytest.raises(SystemExit):
                kiosk.settler.turn()
    elif state != "asked":
        kiosk.settler.turn()
    if state == "closing":
        kiosk.close(view)
    if state == "refund":
        kiosk.provider.scan_and_pay(view.number)
        kiosk.settler.turn()
        kiosk.cancel()
    kiosk.settler = kiosk.new_settler()
    kiosk.settle_all(2)
    kiosk.provider.scan_and_pay(view.number)
    kiosk.desk.clock.now += CODE_LIFE + EXPIRED_FOR_SURE
    kiosk.settle_all()
    ends = {"asked": QrState.PAID, "waiting": QrState.PAID, "refund": QrState.PAID}
    assert kiosk.look(view).state is ends.get(state, QrState.CLOSED)
    assert kiosk.sale().open_codes == ()
    kiosk.check()


def no_more(_order: object) -> str:
    raise SystemExit


# --- whose it is ---------------------------------------------------------------------------------


def test_a_top_up_paid_by_qr_waits_for_its_card_anywhere(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number)
    kiosk.settler.turn()
    found = waiting.waiting_sales(
        kiosk.estate, DESK, card_number=kiosk.request.card_number, station=None
    )
    assert [each.sale.sale_id for each in found.sales] == [kiosk.sale_id]
    body = kiosk.desk.begin_request(kiosk.request, kiosk.card, kiosk.sale_id)
    ticket = beginning.begin(kiosk.estate, DESK, body)
    kiosk.card.write(ticket)
    ending.settle(kiosk.estate, DESK, ticket.operation_id, kiosk.card.evidence())
    assert kiosk.sale().state is SaleState.SETTLED
    kiosk.check()


def test_a_kiosk_sees_top_ups_and_nobody_elses_payments(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    other = replace(KIOSK, station="kiosk-2")
    assert qrpayments.payment(kiosk.estate, other, view.payment_id).state is QrState.WAITING
    issue = kiosk.desk.open_sale(kiosk.desk.issue_request(kiosk.desk.owner))
    request = QrRequest(payment_id=new_id(), provider="wechat")
    with pytest.raises(NotPermitted):
        qrpayments.ask_code(kiosk.estate, KIOSK, issue.sale_id, request)


def test_a_day_at_a_provider_is_told_line_by_line_for_its_bill(kiosk: Kiosk) -> None:
    view = kiosk.shown()
    kiosk.provider.scan_and_pay(view.number)
    kiosk.settler.turn()
    kiosk.desk.clock.forward(days=1)
    kiosk.cancel()
    kiosk.settle_all(2)
    begin, noon = kiosk.desk.clock.now - timedelta(days=2), kiosk.desk.clock.now
    with reading(kiosk.estate, DESK) as turn:
        first = provider_lines(turn.session, "wechat", begin, noon)
        second = provider_lines(turn.session, "wechat", noon, noon + timedelta(days=1))
    assert [(line.number, line.amount_fen, line.refund) for line in first] == [
        (view.number, PRICE, False)
    ]
    assert [(line.payment_number, line.amount_fen, line.refund) for line in second] == [
        (view.number, PRICE, True)
    ]
