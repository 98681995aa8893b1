"""What stands on no list: the cashier decides, the agent takes the money, a receipt is owed."""

import pytest

from cardserver.domain.document import DocumentKind, PrintResult
from cardserver.domain.permits import Action, Role
from cardserver.domain.receiptbook import BookKind, VoidOutcome
from cardserver.domain.sale import SaleState
from cardserver.services import (
    accounts,
    beginning,
    charging,
    closing,
    documents,
    papers,
    receiptbooks,
    selling,
    waiting,
)
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller
from cardserver.wire_charges import ChargeView, PutCharge, SettleCharge
from cardserver.wire_documents import PrintReport
from cardserver.wire_papers import SettleBookRequest, VoidPaperRequest
from cardserver.wire_sales import CancelRequest, ChangeRequest, RefundRequest
from tests.databases import bookwork, tillwork
from tests.databases.frontdesk import DESK, KIOSK, FrontDesk, blank, new_id, refused
from tests.databases.tillwork import CASHIER, allowed

BY_THE_CASHIER = allowed(DESK, Action.FREE_AMOUNT)
HER_OWN = Caller(
    station="desk-1", kind=DESK.kind, operator=CASHIER, roles=frozenset({Role.CASHIER})
)


def request(desk: FrontDesk, fen: int = 12_50) -> PutCharge:
    return PutCharge(
        charge_id=new_id(),
        holder_id=desk.owner,
        item="香港传真3页",
        reason="长途传真没有定价",
        amount_fen=fen,
    )


def put(desk: FrontDesk, fen: int = 12_50) -> ChargeView:
    return charging.put_charge(desk.estate, BY_THE_CASHIER, request(desk, fen))


def settle(desk: FrontDesk, view: ChargeView) -> ChargeView:
    body = SettleCharge(settle_id=new_id())
    return charging.settle_charge(desk.estate, DESK, view.sale.sale_id, body)


def settled(desk: FrontDesk, fen: int = 12_50) -> ChargeView:
    view = put(desk, fen)
    desk.pay(view.sale.sale_id, fen)
    return settle(desk, view)


def balances(desk: FrontDesk) -> dict[str, int]:
    return accounts.ledger_balances(desk.estate, DESK).accounts


def test_a_free_amount_is_the_cashiers_entry_with_name_and_reason_fee_36(desk: FrontDesk) -> None:
    with pytest.raises(NotPermitted):
        charging.put_charge(desk.estate, DESK, request(desk))
    assert charging.latest(desk.estate, DESK).charges == ()

    view = put(desk)
    assert (view.entered_by, view.operator) == (CASHIER, "张晓")
    assert (view.item, view.reason, view.amount_fen) == ("香港传真3页", "长途传真没有定价", 12_50)
    line = accounts.journal(desk.estate, DESK, 1).lines[0]
    assert (line.action, CASHIER in line.detail, "长途传真" in line.detail) == (
        "put-charge",
        True,
        True,
    )
    assert charging.put_charge(desk.estate, HER_OWN, request(desk)).entered_by == CASHIER


def test_nobody_is_charged_whose_name_is_not_on_file_fee_22(desk: FrontDesk) -> None:
    stranger = request(desk).model_copy(update={"holder_id": 999_999})
    with refused("payer-unknown", "FEE-22"):
        charging.put_charge(desk.estate, BY_THE_CASHIER, stranger)
    assert charging.latest(desk.estate, DESK).charges == ()
    assert "put-charge" not in {
        each.action for each in accounts.journal(desk.estate, DESK, 5).lines
    }


def test_its_money_gives_a_formal_receipt_of_the_drawn_book_without_a_card_fee_36(
    desk: FrontDesk,
) -> None:
    view = put(desk)
    sale_id = view.sale.sale_id
    with refused("not-paid", "FEE-36"):
        settle(desk, view)
    desk.pay(sale_id, 20_00)
    change = ChangeRequest(change_id=new_id(), amount_fen=7_50)
    selling.give_change(desk.estate, DESK, sale_id, change)
    done = settle(desk, view)

    [paper] = done.documents
    assert (paper.kind, paper.number, paper.operator) == (DocumentKind.FORMAL_RECEIPT, 1, "张晓")
    content = paper.content
    assert [(line.label, line.amount_fen) for line in content.lines] == [("香港传真3页", 12_50)]
    assert (content.total_fen, content.received_fen, content.change_fen) == (12_50, 20_00, 7_50)
    assert (content.card_number, content.operation_id, content.sale_id) == (0, None, sale_id)
    assert done.sale.state is SaleState.SETTLED
    assert balances(desk) == {"cash:desk-1": 12_50, "income:other": -12_50}


def test_the_shift_its_z_and_the_books_contain_it_fee_36(desk: FrontDesk) -> None:
    shift = tillwork.current(desk.estate, DESK)
    view = put(desk)
    desk.pay(view.sale.sale_id, 12_50)
    held = closing.before_close(desk.estate, DESK, shift.shift_id)
    assert not held.may_close, "money without a paper (FEE-32)"
    [paper] = settle(desk, view).documents
    report = PrintReport(print_id=new_id(), result=PrintResult.PRINTED)
    documents.record_print(desk.estate, DESK, paper.document_id, report)
    tillwork.give_paper(desk.estate, DESK, documents.document(desk.estate, DESK, paper.document_id))
    z = tillwork.finish(desk.estate, DESK, shift, 12_50)
    assert {each.item: each.amount_fen for each in z.report.earned} == {"other": 12_50}
    assert [each.count for each in z.report.papers] == [1]


def test_a_doubled_entry_payment_or_end_is_one_fee_36(desk: FrontDesk) -> None:
    asked = request(desk)
    view, again = (charging.put_charge(desk.estate, BY_THE_CASHIER, asked) for _ in range(2))
    assert view == again
    desk.pay(view.sale.sale_id, 12_50)
    body = SettleCharge(settle_id=new_id())
    both = [
        charging.settle_charge(desk.estate, DESK, view.sale.sale_id, body).documents
        for _ in range(2)
    ]
    assert both[0] == both[1]
    assert len(charging.latest(desk.estate, DESK).charges) == 1
    with refused("sale-closed"):
        settle(desk, view)


def test_given_up_before_it_is_settled_the_money_goes_back_fee_36(desk: FrontDesk) -> None:
    view = put(desk)
    desk.pay(view.sale.sale_id, 12_50)
    given_up = CancelRequest(cancel_id=new_id(), reason="cancelled")
    sale = selling.cancel_sale(desk.estate, DESK, view.sale.sale_id, given_up)
    assert sale.refundable_fen == 12_50
    back = RefundRequest(refund_id=new_id(), amount_fen=12_50)
    selling.pay_refund(desk.estate, DESK, view.sale.sale_id, back)
    assert balances(desk) == {}
    with refused("sale-closed"):
        settle(desk, view)


def test_its_receipt_is_voided_for_another_or_in_the_same_visit_with_the_cashier_fee_36(
    desk: FrontDesk,
) -> None:
    [first] = settled(desk).documents
    wrong = VoidPaperRequest(
        void_id=new_id(), outcome=VoidOutcome.WRONG_PAPER, reason="项目写错", all_copies=True
    )
    second = papers.void_paper(desk.estate, DESK, first.document_id, wrong).replacement
    assert second is not None
    assert second.number == first.number + 1
    assert second.content == first.content

    again = wrong.model_copy(update={"void_id": new_id(), "outcome": VoidOutcome.CANCELLED_ISSUE})
    with pytest.raises(NotPermitted):
        papers.void_paper(desk.estate, DESK, second.document_id, again)
    back = papers.void_paper(desk.estate, BY_THE_CASHIER, second.document_id, again)
    assert back.refund_fen == 12_50
    found = charging.latest(desk.estate, DESK).charges[0]
    assert (found.sale.refundable_fen, found.documents) == (12_50, ())
    assert balances(desk) == {"cash:desk-1": 12_50, "refund-payable": -12_50}


def test_without_a_number_left_its_receipt_is_owed_and_numbered_later_fee_32(
    desk: FrontDesk,
) -> None:
    view = charging.put_charge(desk.estate, HER_OWN, request(desk))
    for book in receiptbooks.books(desk.estate, DESK).books:
        if book.kind is BookKind.FORMAL_RECEIPT:
            counted = {each: getattr(book, each) for each in ("used", "void", "blank", "total_fen")}
            back = SettleBookRequest(settle_id=new_id(), **counted)
            cashier = bookwork.with_cashier(DESK)
            receiptbooks.settle_book(desk.estate, cashier, book.book_id, back)
    desk.pay(view.sale.sale_id, 12_50)
    done = settle(desk, view)
    assert (done.documents, done.number_owed) == ((), True)
    assert len(papers.owed(desk.estate, DESK).unnumbered) == 1
    bookwork.draw(desk, bookwork.asked())
    [paper] = papers.owed(desk.estate, DESK).not_printed
    assert paper.content.lines[0].label == "香港传真3页"
    found = charging.charge(desk.estate, DESK, view.sale.sale_id)
    assert (found.documents, found.number_owed) == ((paper,), False)


def test_no_card_is_written_for_it_and_no_machine_meets_it_fee_36(desk: FrontDesk) -> None:
    view = put(desk)
    desk.pay(view.sale.sale_id, 12_50)
    asked = desk.begin_request(desk.issue_request(desk.owner), blank(), view.sale.sale_id)
    with refused("sale-differs"):
        beginning.begin(desk.estate, DESK, asked)
    for caller, station in ((DESK, None), (KIOSK, "kiosk-1")):
        found = waiting.waiting_sales(desk.estate, caller, card_number=None, station=station)
        assert found.sales == ()
