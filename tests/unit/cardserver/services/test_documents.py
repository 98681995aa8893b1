"""Papers: numbered without holes, owed until they came out, marked when they come out again."""

import pytest

from cardserver.domain.document import DocumentKind, DocumentState, PrintResult
from cardserver.domain.sale import TenderKind
from cardserver.services import documents
from cardserver.services.errors import NotFound, NotPermitted
from cardserver.wire_documents import (
    DocumentView,
    Handing,
    HandoverRequest,
    PrintReport,
    ReprintRequest,
)
from cardserver.wire_requests import TopUpRequest
from tests.databases.bookwork import complete
from tests.databases.frontdesk import (
    DESK,
    KIOSK,
    OTHER_DESK,
    FrontDesk,
    blank,
    new_id,
    refused,
)

PRINTED, NOT_PRINTED, UNKNOWN = (
    PrintResult.PRINTED,
    PrintResult.NOT_PRINTED,
    PrintResult.UNKNOWN,
)


@pytest.fixture
def paper(desk: FrontDesk) -> DocumentView:
    found = desk.do(desk.issue_request(desk.owner), blank()).document
    assert found is not None
    return found


def report(
    desk: FrontDesk, paper: DocumentView, result: PrintResult, print_id: str = ""
) -> DocumentView:
    body = PrintReport(print_id=print_id or new_id(), result=result)
    return documents.record_print(desk.estate, DESK, paper.document_id, body)


def again(desk: FrontDesk, paper: DocumentView, print_id: str = "") -> DocumentView:
    body = ReprintRequest(print_id=print_id or new_id())
    return documents.reprint(desk.estate, DESK, paper.document_id, body)


def owed(desk: FrontDesk, station: str | None = None) -> list[int]:
    found = documents.documents_owed(desk.estate, DESK, station).documents
    return [each.number for each in found]


def test_a_paper_is_owed_until_it_is_known_to_be_out(desk: FrontDesk, paper: DocumentView) -> None:
    """FEE-32: printer failure leaves it owed, never done."""
    assert paper.state is DocumentState.OWED
    assert report(desk, paper, NOT_PRINTED).state is DocumentState.NOT_PRINTED
    assert report(desk, paper, UNKNOWN).state is DocumentState.UNKNOWN
    assert owed(desk) == [paper.number]
    assert owed(desk, "desk-1") == [paper.number]
    assert owed(desk, "kiosk-1") == []
    assert report(desk, paper, PRINTED).state is DocumentState.PRINTED
    assert owed(desk) == []


def test_a_paper_that_came_out_stays_printed(desk: FrontDesk, paper: DocumentView) -> None:
    report(desk, paper, PRINTED)
    assert report(desk, paper, NOT_PRINTED).state is DocumentState.PRINTED


@pytest.mark.parametrize(
    ("result", "reprints"), [(None, 0), (NOT_PRINTED, 0), (UNKNOWN, 1), (PRINTED, 1)]
)
def test_a_second_paper_is_marked_where_a_first_may_exist(
    desk: FrontDesk, paper: DocumentView, result: PrintResult | None, reprints: int
) -> None:
    """FEE-24a: 补打 with its counter."""
    if result is not None:
        report(desk, paper, result)
    assert again(desk, paper).reprints == reprints


def test_the_counter_rises_with_each_reprint_and_not_with_a_repeated_call(
    desk: FrontDesk, paper: DocumentView
) -> None:
    report(desk, paper, PRINTED)
    job = new_id()
    assert [again(desk, paper, job).reprints for _ in range(2)] == [1, 1]
    assert report(desk, paper, PRINTED, job).reprints == 1
    assert again(desk, paper).reprints == 2


def test_a_job_that_begins_where_a_paper_may_exist_is_marked_though_nobody_asked_fee_24a(
    desk: FrontDesk, paper: DocumentView
) -> None:
    """Two clerks saw the same owed paper: the second one to print gets the mark."""
    first, second = new_id(), new_id()
    assert report(desk, paper, UNKNOWN, first).reprints == 0
    assert report(desk, paper, UNKNOWN, second).reprints == 1
    assert report(desk, paper, UNKNOWN, second).reprints == 1, "a repeated call"
    assert report(desk, paper, PRINTED, first).reprints == 1
    third = new_id()
    assert again(desk, paper, third).reprints == 2
    assert report(desk, paper, UNKNOWN, third).reprints == 2, "leave was given for it"


def test_a_repeated_report_is_one_report(desk: FrontDesk, paper: DocumentView) -> None:
    job = new_id()
    assert report(desk, paper, UNKNOWN, job) == report(desk, paper, UNKNOWN, job)
    assert report(desk, paper, PRINTED, job).state is DocumentState.PRINTED
    other = desk.do(desk.issue_request(desk.owner), blank()).document
    assert other is not None
    with refused("id-reused"):
        report(desk, other, UNKNOWN, job)


def test_numbers_run_without_holes_for_each_kind(desk: FrontDesk) -> None:
    """FEE-23: a refused settlement takes no number."""
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    ticket = desk.begin(TopUpRequest(card_number=view.number, months=1), card)
    with refused("evidence-old"):
        desk.settle(ticket, card)
    card.write(ticket)
    desk.settle(ticket, card)
    desk.issue(desk.owner, blank())
    numbers: dict[DocumentKind, list[int]] = {}
    for each in documents.documents_owed(desk.estate, DESK, None).documents:
        numbers.setdefault(each.kind, []).append(each.number)
    assert numbers == {DocumentKind.FORMAL_RECEIPT: [1, 2], DocumentKind.TOP_UP_SLIP: [1, 2]}


def test_a_paper_names_who_issued_it_where_and_how_it_was_paid(paper: DocumentView) -> None:
    """FEE-13, FEE-37."""
    assert (paper.operator, paper.station) == ("张晓", "desk-1")
    assert paper.content.tender_kind is TenderKind.CASH_DESK
    assert (paper.content.holder_name, paper.content.unit) == ("王秀兰", "3-1201")
    assert (paper.content.received_fen, paper.content.change_fen) == (2000, 0)


def test_a_kiosk_sees_only_its_own_papers(desk: FrontDesk, paper: DocumentView) -> None:
    with pytest.raises(NotPermitted):
        documents.document(desk.estate, KIOSK, paper.document_id)
    with pytest.raises(NotPermitted):
        documents.documents_owed(desk.estate, KIOSK, "desk-1")
    assert documents.documents_owed(desk.estate, KIOSK, None).documents == ()
    assert documents.document(desk.estate, OTHER_DESK, paper.document_id) == paper


def test_an_unknown_paper_is_not_found(desk: FrontDesk) -> None:
    with pytest.raises(NotFound):
        documents.document(desk.estate, DESK, 99)


def hand(desk: FrontDesk, paper: DocumentView, how: Handing, handover_id: str = "") -> DocumentView:
    complete(desk, paper)
    body = HandoverRequest(handover_id=handover_id or new_id(), how=how)
    return documents.hand_over(desk.estate, DESK, paper.document_id, body)


@pytest.mark.parametrize("result", [None, NOT_PRINTED, UNKNOWN])
def test_what_is_not_known_to_have_come_out_is_not_handed_over(
    desk: FrontDesk, paper: DocumentView, result: PrintResult | None
) -> None:
    if result is not None:
        report(desk, paper, result)
    with refused("not-printed"):
        hand(desk, paper, "handed-over")
    assert documents.document(desk.estate, DESK, paper.document_id).handed == ""


def test_a_printed_paper_goes_into_the_box_and_later_to_its_owner(
    desk: FrontDesk, paper: DocumentView
) -> None:
    """FEE-32: never without hand-over; both steps stay on record."""
    assert report(desk, paper, PRINTED).handed == ""
    first = new_id()
    assert hand(desk, paper, "in-the-box", first).handed == "in-the-box"
    assert hand(desk, paper, "handed-over").handed == "handed-over"
    assert hand(desk, paper, "in-the-box", first).handed == "handed-over"
    with refused("id-reused"):
        hand(desk, paper, "handed-over", first)
    known = documents.document(desk.estate, DESK, paper.document_id)
    assert (known.state, known.reprints, known.handed) == (DocumentState.PRINTED, 0, "handed-over")
    assert owed(desk) == []


def test_a_copy_that_fails_later_takes_no_handover_back(
    desk: FrontDesk, paper: DocumentView
) -> None:
    report(desk, paper, PRINTED)
    hand(desk, paper, "handed-over")
    assert again(desk, paper).handed == "handed-over"
    assert report(desk, paper, NOT_PRINTED).state is DocumentState.PRINTED


def test_a_kiosk_hands_over_only_its_own_papers(desk: FrontDesk, paper: DocumentView) -> None:
    body = HandoverRequest(handover_id=new_id(), how="in-the-box")
    with pytest.raises(NotPermitted):
        documents.hand_over(desk.estate, KIOSK, paper.document_id, body)
