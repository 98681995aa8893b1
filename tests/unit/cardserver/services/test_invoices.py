"""Quota invoices for parking money: equal value, in order, linked to the card, once."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cardserver.domain.document import DocumentKind
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.services import (
    beginning,
    clock,
    ending,
    invoices,
    papers,
    planning,
    receiptbooks,
    selling,
    tendering,
)
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller, reading
from cardserver.wire_documents import DocumentView
from cardserver.wire_papers import InvoicesRequest, SpoilInvoiceRequest, VoidPaperRequest
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import SaleRequest, TenderRequest
from tests.databases.bookwork import INVOICES
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
from tests.databases.stores import sqlite_store

HUNDREDS = INVOICES[100_00]
THREE = (HUNDREDS, HUNDREDS + 1, HUNDREDS + 2)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Rules of the business: one kind of store is enough (both are in test_receipt_books)."""
    store = sqlite_store(tmp_path)
    yield store
    store.dispose()


@pytest.fixture
def card() -> PlainCard:
    return blank()


@pytest.fixture
def slip(desk: FrontDesk, card: PlainCard) -> DocumentView:
    """One month at 300 yuan, paid at the desk."""
    view = desk.issue(desk.owner, card)
    [found] = desk.do(desk.parking_request(view), card).documents
    assert found.kind is DocumentKind.TOP_UP_SLIP
    return found


def again(desk: FrontDesk, slip: DocumentView, card: PlainCard) -> DocumentView:
    """One month more for the same card."""
    request = TopUpRequest(card_number=slip.content.card_number, months=1)
    [found] = desk.do(request, card).documents
    return found


def give(
    desk: FrontDesk, slip: DocumentView, numbers: tuple[int, ...], caller: Caller = DESK
) -> DocumentView:
    request = InvoicesRequest(handing_id=new_id(), numbers=numbers)
    return invoices.give_invoices(desk.estate, caller, slip.document_id, request)


def owed(desk: FrontDesk) -> list[int]:
    with reading(desk.estate, DESK) as turn:
        return [each.document_id for each in papers.papers_owed(turn).invoices]


def top_up_at_the_kiosk(desk: FrontDesk) -> DocumentView:
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    request = TopUpRequest(card_number=view.number, months=1)
    price = planning.quote(desk.estate, KIOSK, request).total_fen
    body = SaleRequest(sale_id=new_id(), request=request, quoted_total_fen=price)
    sale = selling.open_sale(desk.estate, KIOSK, body)
    for _ in range(3):
        note_id = new_id()
        for state in (TenderState.ACCEPTING, TenderState.CREDITED):
            note = TenderRequest(
                tender_id=note_id, kind=TenderKind.CASH_NOTE, value_fen=100_00, state=state
            )
            tendering.tender(desk.estate, KIOSK, sale.sale_id, note)
    begin = desk.begin_request(request, card, sale.sale_id)
    ticket = beginning.begin(desk.estate, KIOSK, begin)
    card.write(ticket)
    settled = ending.settle(desk.estate, KIOSK, ticket.operation_id, card.evidence())
    [found] = settled.documents
    return found


def test_a_top_up_is_owed_its_invoices_until_their_numbers_are_on_record_park_07(
    desk: FrontDesk, slip: DocumentView
) -> None:
    assert owed(desk) == [slip.document_id]
    assert give(desk, slip, THREE).invoices == THREE
    assert owed(desk) == []


@pytest.mark.parametrize(
    "numbers",
    [THREE[:2], (*THREE, HUNDREDS + 3), (*THREE, INVOICES[1_00])],
)
def test_the_invoices_are_worth_what_was_paid_park_07(
    desk: FrontDesk, slip: DocumentView, numbers: tuple[int, ...]
) -> None:
    with refused("invoices-differ", "PARK-07"):
        give(desk, slip, numbers)
    assert owed(desk) == [slip.document_id]


def test_each_invoice_is_linked_to_the_card_on_the_stub_list_park_07(
    desk: FrontDesk, slip: DocumentView
) -> None:
    tens = tuple(range(INVOICES[10_00], INVOICES[10_00] + 10))
    give(desk, slip, (*THREE[:2], *tens))
    with reading(desk.estate, DESK) as turn:
        held = {each.denomination_fen: each for each in receiptbooks.books_of(turn, "张晓")}
    lines = receiptbooks.stubs(desk.estate, DESK, held[10_00].book_id).lines
    assert [line.number for line in lines] == list(tens)
    assert {line.card_number for line in lines} == {slip.content.card_number}
    assert {line.slip for line in lines} == {slip.number}
    assert (held[100_00].used, held[100_00].total_fen) == (2, 200_00)


def test_a_slip_is_exchanged_once_only_park_07a(desk: FrontDesk, slip: DocumentView) -> None:
    give(desk, slip, THREE)
    with refused("invoices-given", "PARK-07a"):
        give(desk, slip, tuple(number + 3 for number in THREE))


def test_an_exchange_asked_for_twice_is_one_exchange(desk: FrontDesk, slip: DocumentView) -> None:
    request = InvoicesRequest(handing_id=new_id(), numbers=THREE)
    done = [invoices.give_invoices(desk.estate, DESK, slip.document_id, request) for _ in range(2)]
    assert done[0] == done[1]


def test_the_kiosks_slip_is_exchanged_at_the_desk_park_07a(desk: FrontDesk) -> None:
    slip = top_up_at_the_kiosk(desk)
    assert slip.station == "kiosk-1"
    assert slip.document_id in owed(desk)
    found = papers.find_papers(desk.estate, DESK, number=slip.number).documents
    [same] = [each for each in found if each.kind is DocumentKind.TOP_UP_SLIP]
    assert give(desk, same, THREE).invoices == THREE
    assert slip.document_id not in owed(desk)


def test_the_kiosks_slips_have_their_own_counter_fee_23(desk: FrontDesk) -> None:
    slip = top_up_at_the_kiosk(desk)
    assert (slip.kind, slip.number) == (DocumentKind.TOP_UP_SLIP, 2)
    card_cost = desk.do(desk.issue_request(desk.family), blank()).document
    assert card_cost is not None
    assert card_cost.number == 2


def test_another_agents_invoices_are_not_torn_off_park_07(
    desk: FrontDesk, slip: DocumentView
) -> None:
    with refused("not-your-invoice", "PARK-07"):
        give(desk, slip, THREE, OTHER_DESK)
    theirs = tuple(number + 10_000 for number in THREE)
    assert give(desk, slip, theirs, OTHER_DESK).invoices == theirs


def test_an_invoice_is_used_once_park_07(
    desk: FrontDesk, slip: DocumentView, card: PlainCard
) -> None:
    give(desk, slip, THREE)
    other = again(desk, slip, card)
    with refused("invoice-out-of-order", "PARK-07"):
        give(desk, other, THREE)


def test_a_receipt_takes_no_invoices_fee_09(desk: FrontDesk) -> None:
    paper = desk.do(desk.issue_request(desk.owner), blank()).document
    assert paper is not None
    with refused("no-invoices", "FEE-09"):
        give(desk, paper, THREE)


def test_a_spoilt_invoice_keeps_its_number_and_the_next_may_go_fee_29(
    desk: FrontDesk, slip: DocumentView
) -> None:
    request = SpoilInvoiceRequest(spoil_id=new_id(), number=HUNDREDS, reason="撕破")
    book = invoices.spoil_invoice(desk.estate, DESK, request)
    assert (book.used, book.void, book.next_number) == (0, 1, HUNDREDS + 1)
    assert invoices.spoil_invoice(desk.estate, DESK, request) == book
    with refused("invoice-out-of-order", "PARK-07"):
        give(desk, slip, THREE)
    give(desk, slip, tuple(number + 1 for number in THREE))


def test_dates_of_invoices_run_on_fee_28(
    desk: FrontDesk, slip: DocumentView, card: PlainCard
) -> None:
    desk.clock.forward(days=3)
    give(desk, slip, THREE)
    desk.clock.forward(days=-3)
    clock.mend_clock(desk.estate)
    other = again(desk, slip, card)
    assert other.local_date == date(2025, 6, 9)
    with refused("not-your-invoice", "PARK-07"):
        give(desk, other, tuple(number + 3 for number in THREE))


def test_what_is_proposed_can_be_torn_off_park_07(desk: FrontDesk, slip: DocumentView) -> None:
    numbers = invoices.propose(desk.estate, DESK, slip.document_id).numbers
    assert numbers == THREE
    assert give(desk, slip, numbers).invoices == THREE


def test_a_slip_that_was_exchanged_is_not_voided_fee_23(
    desk: FrontDesk, slip: DocumentView
) -> None:
    give(desk, slip, THREE)
    request = VoidPaperRequest(void_id=new_id(), reason="x", all_copies=True)
    with refused("invoices-given", "FEE-23"):
        papers.void_paper(desk.estate, DESK, slip.document_id, request)


def test_a_wrong_slip_is_void_and_the_next_number_stands_for_it_fee_23(
    desk: FrontDesk, slip: DocumentView
) -> None:
    request = VoidPaperRequest(void_id=new_id(), reason="车牌写法有变", all_copies=True)
    done = papers.void_paper(desk.estate, DESK, slip.document_id, request)
    assert done.replacement is not None
    assert done.replacement.number == slip.number + 1
    with refused("paper-void", "FEE-23"):
        give(desk, slip, THREE)
    assert owed(desk) == [done.replacement.document_id]


def test_a_kiosk_hands_out_no_invoices(desk: FrontDesk, slip: DocumentView) -> None:
    with pytest.raises(NotPermitted):
        give(desk, slip, THREE, KIOSK)
