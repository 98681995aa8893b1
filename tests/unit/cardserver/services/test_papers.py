"""Papers after they were issued: complete before they leave, void, owed, in the box."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine

from cardserver.db.paperbooks import not_printed
from cardserver.db.tables import HolderRow, OperationRow
from cardserver.domain.document import DocumentKind, PrintResult
from cardserver.domain.permits import Action
from cardserver.domain.receiptbook import BookKind, VoidOutcome
from cardserver.domain.signature import SignedHow
from cardserver.services import (
    accounts,
    blocking,
    closing,
    documents,
    papers,
    receiptbooks,
    selling,
    setup,
    shifts,
)
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller, Leave, reading, writing
from cardserver.wire_cards import BlockRequest
from cardserver.wire_documents import DocumentView, Handing, HandoverRequest, PrintReport
from cardserver.wire_papers import (
    EmptyBoxRequest,
    SealRequest,
    SignPaperRequest,
    VoidPaperRequest,
    VoidView,
)
from cardserver.wire_requests import IssueRequest
from cardserver.wire_sales import RefundRequest, SaleRequest
from tests.databases.bookwork import complete
from tests.databases.frontdesk import (
    DESK,
    HEAD_DESK,
    KIOSK,
    OTHER_DESK,
    FrontDesk,
    PlainCard,
    blank,
    new_id,
    refused,
)
from tests.databases.stores import sqlite_store

STROKES = "10,10 20,20 30,30 40,40 50,50;60,60 70,70 80,80 90,90"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Rules of the business: one kind of store is enough (both are in test_receipt_books)."""
    store = sqlite_store(tmp_path)
    yield store
    store.dispose()


def receipt(desk: FrontDesk, card: PlainCard | None = None) -> DocumentView:
    found = desk.do(desk.issue_request(desk.owner), card or blank()).document
    assert found is not None
    return found


def printed(desk: FrontDesk, card: PlainCard | None = None) -> DocumentView:
    paper = receipt(desk, card)
    report = PrintReport(print_id=new_id(), result=PrintResult.PRINTED)
    return documents.record_print(desk.estate, DESK, paper.document_id, report)


def hand(desk: FrontDesk, paper: DocumentView, how: Handing = "handed-over") -> DocumentView:
    body = HandoverRequest(handover_id=new_id(), how=how)
    return documents.hand_over(desk.estate, DESK, paper.document_id, body)


def boxed(desk: FrontDesk) -> DocumentView:
    paper = printed(desk)
    complete(desk, paper)
    return hand(desk, paper, "in-the-box")


def void(
    desk: FrontDesk,
    paper: DocumentView,
    *,
    all_copies: bool = True,
    outcome: VoidOutcome = VoidOutcome.WRONG_PAPER,
    caller: Caller = DESK,
) -> VoidView:
    request = VoidPaperRequest(
        void_id=new_id(), reason="姓名写法有变", all_copies=all_copies, outcome=outcome
    )
    return papers.void_paper(desk.estate, caller, paper.document_id, request)


# --- complete before it leaves -------------------------------------------------------------------


def test_a_receipt_without_signature_state_is_not_closed_fee_02(desk: FrontDesk) -> None:
    paper = printed(desk)
    documents.seal(desk.estate, DESK, paper.document_id, SealRequest(seal_id=new_id()))
    for how in ("handed-over", "in-the-box"):
        with refused("not-signed", "FEE-02"):
            hand(desk, paper, how)
    signed = SignPaperRequest(sign_id=new_id(), how=SignedHow.PAD, strokes=STROKES)
    assert documents.sign(desk.estate, DESK, paper.document_id, signed).signed is SignedHow.PAD
    assert hand(desk, paper).handed == "handed-over"


def test_a_pad_without_strokes_is_no_signature_fee_02(desk: FrontDesk) -> None:
    paper = printed(desk)
    for strokes, reason in (("", "signature-empty"), ("drop table", "signature-unreadable")):
        request = SignPaperRequest(sign_id=new_id(), how=SignedHow.PAD, strokes=strokes)
        with refused(reason):
            documents.sign(desk.estate, DESK, paper.document_id, request)
    assert documents.document(desk.estate, DESK, paper.document_id).signed == ""


def test_copy_2_is_sealed_before_it_leaves_fee_24(desk: FrontDesk) -> None:
    paper = printed(desk)
    signed = SignPaperRequest(sign_id=new_id(), how=SignedHow.PAPER)
    documents.sign(desk.estate, DESK, paper.document_id, signed)
    with refused("not-sealed", "FEE-24"):
        hand(desk, paper)
    request = SealRequest(seal_id=new_id())
    for _ in range(2):
        assert documents.seal(desk.estate, DESK, paper.document_id, request).sealed
    assert hand(desk, paper).handed == "handed-over"


def test_handed_over_or_in_the_box_and_no_third_state_fee_05(desk: FrontDesk) -> None:
    for third in ("", "lost", "printed", "thrown-away"):
        with pytest.raises(ValidationError):
            HandoverRequest.model_validate({"handover_id": new_id(), "how": third})


# --- void ----------------------------------------------------------------------------------------


def test_a_void_paper_keeps_its_number_and_another_stands_for_the_money_fee_23(
    desk: FrontDesk,
) -> None:
    wrong = printed(desk)
    before = accounts.ledger_balances(desk.estate, DESK)
    done = void(desk, wrong)
    assert done.document.void
    assert (done.document.number, done.document.content) == (wrong.number, wrong.content)
    assert done.replacement is not None
    assert done.replacement.number == wrong.number + 1
    assert done.replacement.content == wrong.content
    assert accounts.ledger_balances(desk.estate, DESK) == before
    assert receipt(desk).number == wrong.number + 2
    shift = shifts.own(desk.estate, DESK).shift
    assert shift is not None
    (numbered,) = closing.x_report(desk.estate, DESK, shift.shift_id).papers
    assert (numbered.first, numbered.last) == (wrong.number, wrong.number + 2)
    assert (numbered.count, numbered.void) == (3, 1), "the shift's paper explains its money"


def test_the_replacement_bears_the_name_that_is_on_file_now_fee_23(desk: FrontDesk) -> None:
    wrong = printed(desk)
    with writing(desk.estate, setup.SETUP) as turn:
        turn.find(HolderRow, desk.owner, "holder").name = "王秀岚"
    done = void(desk, wrong)
    assert done.replacement is not None
    assert done.document.content.holder_name == "王秀兰"
    assert done.replacement.content.holder_name == "王秀岚"
    assert done.replacement.content.total_fen == wrong.content.total_fen


def test_a_void_paper_is_neither_printed_nor_handed_over_nor_voided_again_fee_23(
    desk: FrontDesk,
) -> None:
    paper = printed(desk)
    complete(desk, paper)
    void(desk, paper)
    with refused("paper-void", "FEE-23"):
        hand(desk, paper)
    with refused("paper-void", "FEE-23"):
        void(desk, paper)


def test_a_void_needs_all_copies_while_the_paper_is_at_the_desk_fee_23a(desk: FrontDesk) -> None:
    paper = printed(desk)
    with refused("copies-missing", "FEE-23"):
        void(desk, paper, all_copies=False)


def test_after_it_left_a_void_needs_the_copy_back_or_a_head_fee_23a(desk: FrontDesk) -> None:
    paper, other = printed(desk), printed(desk)
    for each in (paper, other):
        complete(desk, each)
        hand(desk, each)
    with pytest.raises(NotPermitted, match=Action.VOID_GIVEN_PAPER):
        void(desk, paper, all_copies=False)
    assert void(desk, paper, all_copies=True).document.void
    head = Leave(leave_id="1", action=Action.VOID_GIVEN_PAPER, name="何静")
    assert void(desk, other, all_copies=False, caller=replace(DESK, leave=head)).document.void


def test_a_head_voids_a_given_paper_without_the_copy_fee_23a(desk: FrontDesk) -> None:
    paper = printed(desk)
    complete(desk, paper)
    hand(desk, paper)
    assert void(desk, paper, all_copies=False, caller=HEAD_DESK).replacement is not None


def test_voids_leave_no_holes_in_the_numbers_fee_23(desk: FrontDesk) -> None:
    for _ in range(3):
        void(desk, printed(desk))
    found = papers.find_papers(desk.estate, DESK).documents
    assert sorted(each.number for each in found) == [1, 2, 3, 4, 5, 6]
    with reading(desk.estate, DESK) as turn:
        held = receiptbooks.books_of(turn, "张晓")
    [book] = [each for each in held if each.kind is BookKind.FORMAL_RECEIPT]
    assert (book.used, book.void, book.blank, book.total_fen) == (3, 3, 994, 60_00)


def test_a_void_asked_for_twice_is_one_void(desk: FrontDesk) -> None:
    paper = printed(desk)
    request = VoidPaperRequest(void_id=new_id(), reason="x", all_copies=True)
    first = papers.void_paper(desk.estate, DESK, paper.document_id, request)
    assert papers.void_paper(desk.estate, DESK, paper.document_id, request) == first


def test_a_kiosk_voids_nothing(desk: FrontDesk) -> None:
    with pytest.raises(NotPermitted):
        void(desk, printed(desk), caller=KIOSK)


def blocked_and_formatted(desk: FrontDesk, card: PlainCard) -> DocumentView:
    """An issue to the owner that is undone again: the card is blank, the receipt still there."""
    paper = receipt(desk, card)
    with refused("issue-not-undone", "FEE-38b"):
        void(desk, paper, outcome=VoidOutcome.CANCELLED_ISSUE)
    number = paper.content.card_number
    request = BlockRequest(request_id=new_id(), reason="当场取消")
    desk.format(blocking.block(desk.estate, DESK, number, request), card)
    return paper


def test_a_cancelled_issue_gives_the_money_back_once_the_card_is_blank_fee_38b(
    desk: FrontDesk,
) -> None:
    paper = blocked_and_formatted(desk, blank())
    done = void(desk, paper, outcome=VoidOutcome.CANCELLED_ISSUE)
    assert (done.replacement, done.refund_fen) == (None, 2000)
    trial = accounts.trial(desk.estate, DESK)
    assert (trial.settled_fen, trial.payable_fen, trial.balanced) == (0, 2000, True)
    with reading(desk.estate, DESK) as turn:
        owing = papers.papers_owed(turn)
        sale_id = turn.find(OperationRow, paper.content.operation_id, "operation").sale_id or ""
    assert (owing.not_printed, owing.not_handed) == ((), ())
    refund = RefundRequest(refund_id=new_id(), amount_fen=2000)
    assert selling.pay_refund(desk.estate, DESK, sale_id, refund).returned_fen == 2000
    with refused("refund-too-much"):
        more = RefundRequest(refund_id=new_id(), amount_fen=1)
        selling.pay_refund(desk.estate, DESK, sale_id, more)
    trial = accounts.trial(desk.estate, DESK)
    assert (trial.payable_fen, trial.balanced) == (0, True)


def test_no_money_goes_back_for_an_issue_of_another_day_fee_38b(desk: FrontDesk) -> None:
    paper = blocked_and_formatted(desk, blank())
    desk.clock.forward(days=1)
    with refused("issue-not-undone", "FEE-38b"):
        void(desk, paper, outcome=VoidOutcome.CANCELLED_ISSUE)


# --- owed ----------------------------------------------------------------------------------------


def test_every_payment_has_a_paper_and_every_paper_a_hand_over_fee_32(desk: FrontDesk) -> None:
    def waiting() -> tuple[int, int]:
        with reading(desk.estate, DESK) as turn:
            found = papers.papers_owed(turn, operator="张晓", station="desk-1")
        return len(found.not_printed), len(found.not_handed)

    assert waiting() == (0, 0)
    owing = receipt(desk)
    assert waiting() == (1, 0)
    report = PrintReport(print_id=new_id(), result=PrintResult.PRINTED)
    documents.record_print(desk.estate, DESK, owing.document_id, report)
    assert waiting() == (0, 1)
    complete(desk, owing)
    hand(desk, owing)
    assert waiting() == (0, 0)


def test_the_short_list_of_unprinted_papers_says_what_the_papers_say_fee_32(
    desk: FrontDesk,
) -> None:
    out, failed, never, wrong = (receipt(desk) for _ in range(4))
    for paper, result in ((out, PrintResult.PRINTED), (failed, PrintResult.NOT_PRINTED)):
        for told in (result, PrintResult.UNKNOWN):
            report = PrintReport(print_id=new_id(), result=told)
            documents.record_print(desk.estate, DESK, paper.document_id, report)
    again = void(desk, wrong).replacement
    assert again is not None
    with reading(desk.estate, DESK) as turn:
        listed = [row.id for row in not_printed(turn.session)]
    assert listed == [failed.document_id, never.document_id, again.document_id]


def test_what_is_owed_is_asked_for_by_agent_and_station_fee_32(desk: FrontDesk) -> None:
    receipt(desk)
    desk.caller = OTHER_DESK
    receipt(desk)
    for caller, expected in ((DESK, 1), (OTHER_DESK, 10_001)):
        with reading(desk.estate, DESK) as turn:
            [mine] = papers.papers_owed(turn, operator=caller.operator).not_printed
            [here] = papers.papers_owed(turn, station=caller.station).not_printed
        assert mine == here
        assert mine.number == expected


def test_papers_are_found_by_number_and_by_card(desk: FrontDesk) -> None:
    first, second = receipt(desk), receipt(desk)
    assert papers.find_papers(desk.estate, DESK, number=first.number).documents == (first,)
    number = second.content.card_number
    assert papers.find_papers(desk.estate, DESK, card_number=number).documents == (second,)
    assert papers.find_papers(desk.estate, DESK).documents == (second, first)
    assert papers.find_papers(desk.estate, DESK, number=99).documents == ()


# --- the box -------------------------------------------------------------------------------------


def test_the_box_is_emptied_against_its_list_fee_05(desk: FrontDesk) -> None:
    first, second = boxed(desk), boxed(desk)
    listed = papers.box(desk.estate, DESK).documents
    assert [each.number for each in listed] == [first.number, second.number]
    request = EmptyBoxRequest(emptying_id=new_id(), found=(first.document_id, second.document_id))
    for _ in range(2):
        assert papers.empty_box(desk.estate, DESK, request).documents == ()
    with refused("box-empty", "FEE-05"):
        papers.empty_box(desk.estate, DESK, EmptyBoxRequest(emptying_id=new_id(), found=()))


def test_a_paper_missing_in_the_box_stays_on_its_list_fee_05(desk: FrontDesk) -> None:
    first, second = boxed(desk), boxed(desk)
    found = (first.document_id,)
    with refused("box-differs", "FEE-05"):
        papers.empty_box(desk.estate, DESK, EmptyBoxRequest(emptying_id=new_id(), found=found))
    noted = EmptyBoxRequest(emptying_id=new_id(), found=found, note="少一张，正在找")
    left = papers.empty_box(desk.estate, DESK, noted).documents
    assert [each.number for each in left] == [second.number]


def test_a_paper_fetched_from_the_box_is_on_its_list_no_more_fee_05(desk: FrontDesk) -> None:
    paper = boxed(desk)
    hand(desk, paper)
    assert papers.box(desk.estate, DESK).documents == ()
    request = EmptyBoxRequest(emptying_id=new_id(), found=(paper.document_id,))
    with refused("not-in-the-box", "FEE-05"):
        papers.empty_box(desk.estate, DESK, request)


# --- prices --------------------------------------------------------------------------------------


def test_an_agent_charges_only_listed_items_at_their_price_fee_36(desk: FrontDesk) -> None:
    request = desk.issue_request(desk.owner)
    for typed in (1, 1999, 2001):
        body = SaleRequest(sale_id=new_id(), request=request, quoted_total_fen=typed)
        with refused("price-changed"):
            selling.open_sale(desk.estate, DESK, body)
    with pytest.raises(ValidationError):
        IssueRequest.model_validate({"holder_id": 1, "amount_fen": 500})


def test_a_receipt_names_payer_item_way_of_payment_amount_and_card_fee_22(desk: FrontDesk) -> None:
    paper = receipt(desk)
    assert paper.kind is DocumentKind.FORMAL_RECEIPT
    [line] = paper.content.lines
    assert (line.item, line.amount_fen, paper.content.total_fen) == ("card-cost", 2000, 2000)
    assert (paper.content.holder_name, paper.content.tender_kind) == ("王秀兰", "cash-desk")
    assert paper.content.card_number >= 1
