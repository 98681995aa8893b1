"""Books of receipts: drawn by two people, used in order, settled; no money without a number."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cardserver.db.engine import WRITER
from cardserver.domain.document import DocumentKind
from cardserver.domain.permits import Action, Role
from cardserver.domain.receiptbook import BookKind
from cardserver.domain.station import StationKind
from cardserver.services import clock, papers, receiptbooks
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller, Leave, reading
from cardserver.wire_documents import DocumentView
from cardserver.wire_papers import (
    BookView,
    NumberRequest,
    OwedPapers,
    SettleBookRequest,
)
from tests.databases.bookwork import CASHIER, asked, draw, with_cashier
from tests.databases.frontdesk import DESK, HEAD_DESK, OTHER_DESK, FrontDesk, blank, new_id, refused

WITH_CASHIER = with_cashier(DESK)
AT_OFFICE = Caller(
    station="desk-2",
    kind=StationKind.DESK,
    operator=CASHIER,
    roles=frozenset({Role.CASHIER}),
    leave=Leave(leave_id="2", action=Action.DRAW_BOOK, name="张晓"),
)


def books(desk: FrontDesk, operator: str = "张晓") -> list[BookView]:
    with reading(desk.estate, DESK) as turn:
        found = receiptbooks.books_of(turn, operator)
    return [each for each in found if each.kind is BookKind.FORMAL_RECEIPT]


def give_back(
    desk: FrontDesk,
    book: BookView,
    *,
    note: str | None = None,
    caller: Caller = WITH_CASHIER,
    counted: Mapping[str, int] = MappingProxyType({}),
) -> BookView:
    known = {name: getattr(book, name) for name in ("used", "void", "blank", "total_fen")}
    request = SettleBookRequest(settle_id=new_id(), note=note, **{**known, **counted})
    return receiptbooks.settle_book(desk.estate, caller, book.book_id, request)


def without_books(desk: FrontDesk) -> None:
    """All of the agent's books went back."""
    for book in books(desk):
        give_back(desk, book)


def owed(desk: FrontDesk) -> OwedPapers:
    with reading(desk.estate, DESK) as turn:
        return papers.papers_owed(turn, operator="张晓")


def receipt(desk: FrontDesk) -> DocumentView:
    found = desk.do(desk.issue_request(desk.owner), blank()).document
    assert found is not None
    return found


def test_a_draw_names_book_range_day_and_both_people_fee_21(desk: FrontDesk) -> None:
    drawn = draw(desk, asked())
    assert (drawn.label, drawn.first, drawn.last) == ("31", 310_001, 310_050)
    assert (drawn.handed_out_by, drawn.drawn_by) == (CASHIER, "张晓")
    assert drawn.drawn_on == date(2025, 6, 9)
    assert (drawn.next_number, drawn.blank, drawn.used) == (310_001, 50, 0)


def test_the_cashier_may_sit_at_the_desk_and_the_agent_give_his_word_fee_21(
    desk: FrontDesk,
) -> None:
    drawn = draw(desk, asked(), AT_OFFICE)
    assert (drawn.handed_out_by, drawn.drawn_by) == (CASHIER, "张晓")


def test_a_third_unsettled_book_is_refused_and_drawn_after_one_went_back_fee_21a(
    desk: FrontDesk,
) -> None:
    draw(desk, asked())
    with refused("two-books", "FEE-21"):
        draw(desk, asked("32", 310_051, 310_100))
    give_back(desk, books(desk)[0])
    assert draw(desk, asked("32", 310_051, 310_100)).drawn_by == "张晓"


def test_nobody_draws_a_book_alone_fee_21(desk: FrontDesk) -> None:
    with pytest.raises(NotPermitted):
        draw(desk, asked(), DESK)
    with pytest.raises(NotPermitted):
        draw(desk, asked(), replace(AT_OFFICE, leave=None))
    both = replace(DESK, roles=frozenset({Role.AGENT, Role.CASHIER}))
    with refused("book-two-people", "FEE-21"):
        draw(desk, asked(), both)
    assert len(books(desk)) == 1


@pytest.mark.parametrize(
    ("label", "first", "last", "reason"),
    [
        ("1", 500, 599, "book-known"),
        ("31", 1000, 1001, "numbers-known"),
        ("31", 9_990, 10_001, "numbers-known"),
    ],
)
def test_no_number_is_in_two_books_fee_21(
    desk: FrontDesk, label: str, first: int, last: int, reason: str
) -> None:
    with refused(reason, "FEE-21"):
        draw(desk, asked(label, first, last))


def test_a_number_that_is_on_a_paper_is_in_no_new_book_fee_23(desk: FrontDesk) -> None:
    """A store of an earlier version: its receipts were numbered without books."""
    receipt(desk)
    older = "SELECT kind, 777001, operation_id, local_date, content, at, station, operator"
    columns = "kind, number, operation_id, local_date, content, at, station, operator"
    insert = text(f"INSERT INTO document ({columns}) {older} FROM document")
    with desk.estate.engine.connect().execution_options(**{WRITER: True}) as link, link.begin():
        link.execute(insert)
    with refused("numbers-known", "FEE-21"):
        draw(desk, asked("77", 777_000, 777_049))


def test_a_draw_asked_for_twice_is_one_draw(desk: FrontDesk) -> None:
    request = asked()
    assert draw(desk, request) == draw(desk, request)
    assert len(books(desk)) == 2


def test_numbers_are_used_in_order_and_then_from_the_next_book_fee_23(desk: FrontDesk) -> None:
    without_books(desk)
    draw(desk, asked("31", 310_001, 310_002))
    draw(desk, asked("32", 310_051, 310_100))
    assert [receipt(desk).number for _ in range(3)] == [310_001, 310_002, 310_051]


def test_each_agent_uses_his_own_book_fee_21(desk: FrontDesk) -> None:
    assert receipt(desk).number == 1
    desk.caller = OTHER_DESK
    assert receipt(desk).number == 10_001
    desk.caller = HEAD_DESK
    assert receipt(desk).number == 20_001


def test_no_money_is_taken_without_a_receipt_for_it_fee_21(desk: FrontDesk) -> None:
    without_books(desk)
    request = desk.issue_request(desk.owner)
    with refused("no-receipt-book", "FEE-21"):
        desk.open_sale(request)
    draw(desk, asked("31", 310_001, 310_001))
    sale = desk.open_sale(request)
    with refused("no-receipt-book", "FEE-21"):
        desk.open_sale(desk.issue_request(desk.family))
    assert desk.pay(sale.sale_id, 2000).missing_fen == 0


def test_parking_needs_no_book_of_receipts_fee_09(desk: FrontDesk) -> None:
    card = blank()
    view = desk.issue(desk.owner, card)
    without_books(desk)
    settled = desk.do(desk.parking_request(view), card)
    assert [each.kind for each in settled.documents] == [DocumentKind.TOP_UP_SLIP]


def test_a_sale_left_open_since_yesterday_without_money_takes_no_number(desk: FrontDesk) -> None:
    without_books(desk)
    draw(desk, asked("31", 310_001, 310_001))
    desk.open_sale(desk.issue_request(desk.owner))
    desk.clock.forward(days=1)
    assert desk.open_sale(desk.issue_request(desk.family)).missing_fen == 2000


def paid_and_without_books(desk: FrontDesk, *, settle: bool = True) -> None:
    """Settled by an agent who has no book: his colleague opened the sale."""
    desk.caller = OTHER_DESK
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    card.write(ticket)
    desk.caller = DESK
    without_books(desk)
    settled = desk.settle(ticket, card)
    assert settled.documents == ()
    assert settled.card.number == ticket.card_number


def test_settling_never_fails_for_lack_of_a_number_and_the_paper_is_owed_fee_32(
    desk: FrontDesk,
) -> None:
    paid_and_without_books(desk)
    [waiting] = owed(desk).unnumbered
    assert (waiting.kind, waiting.operator) == (DocumentKind.FORMAL_RECEIPT, "张晓")
    assert waiting.content.total_fen == 2000
    draw(desk, asked())
    assert owed(desk).unnumbered == ()
    [paper] = owed(desk).not_printed
    assert (paper.number, paper.content) == (310_001, waiting.content)


def test_a_paper_owed_without_number_gets_one_from_a_colleagues_book_fee_32(
    desk: FrontDesk,
) -> None:
    paid_and_without_books(desk)
    [waiting] = owed(desk).unnumbered
    request = NumberRequest(number_id=new_id())
    with refused("no-receipt-book", "FEE-21"):
        receiptbooks.number_paper(desk.estate, DESK, waiting.unnumbered_id, request)
    made = [
        receiptbooks.number_paper(desk.estate, OTHER_DESK, waiting.unnumbered_id, request)
        for _ in range(2)
    ]
    assert [paper.number for paper in made] == [10_001, 10_001]
    assert owed(desk).unnumbered == ()


def test_a_clock_put_right_never_dates_a_receipt_before_the_last_fee_28a(desk: FrontDesk) -> None:
    desk.clock.forward(days=30)
    assert receipt(desk).local_date == date(2025, 7, 9)
    desk.clock.forward(days=-30)
    clock.mend_clock(desk.estate)
    with refused("receipt-date", "FEE-28a"):
        desk.open_sale(desk.issue_request(desk.owner))
    draw(desk, asked())
    paper = receipt(desk)
    assert (paper.number, paper.local_date) == (310_001, date(2025, 6, 9))


# --- back to the cashier -------------------------------------------------------------------------


def test_settling_compares_used_void_and_blank_with_range_and_money_fee_25(
    desk: FrontDesk,
) -> None:
    receipt(desk)
    receipt(desk)
    [book] = books(desk)
    assert (book.used, book.void, book.blank, book.total_fen) == (2, 0, 998, 40_00)
    assert book.used + book.void + book.blank == book.last - book.first + 1
    for wrong in ({"used": 1}, {"void": 1}, {"blank": 997}, {"total_fen": 20_00}):
        with refused("book-differs", "FEE-25"):
            give_back(desk, book, counted=wrong)
    settled = give_back(desk, book)
    assert (settled.settled_by, settled.settled_on) == (CASHIER, date(2025, 6, 9))
    assert books(desk) == []
    with refused("book-settled", "FEE-25"):
        give_back(desk, book)


def test_a_difference_is_settled_with_a_note_that_stays_fee_25(desk: FrontDesk) -> None:
    [book] = books(desk)
    settled = give_back(desk, book, counted={"blank": 999}, note="缺一张，已报失")
    assert (settled.blank, settled.note) == (1000, "缺一张，已报失")


def test_the_drawer_of_a_book_does_not_settle_it_fee_25(desk: FrontDesk) -> None:
    [book] = books(desk)
    with pytest.raises(NotPermitted):
        give_back(desk, book, caller=DESK)
    both = replace(DESK, roles=frozenset({Role.AGENT, Role.CASHIER}))
    with refused("book-two-people", "FEE-25"):
        give_back(desk, book, caller=both)


def test_a_book_an_open_sale_counts_on_stays_with_the_agent_fee_32(desk: FrontDesk) -> None:
    desk.open_sale(desk.issue_request(desk.owner))
    [book] = books(desk)
    with refused("book-needed", "FEE-32"):
        give_back(desk, book)
    draw(desk, asked())
    assert give_back(desk, book).settled_by == CASHIER


def test_the_issuer_of_a_paper_can_not_be_changed_fee_37(desk: FrontDesk) -> None:
    paper = receipt(desk)
    assert paper.operator == "张晓"
    change = text("UPDATE document SET operator = '别人'")
    link = desk.estate.engine.connect().execution_options(**{WRITER: True})
    with link, pytest.raises(DBAPIError), link.begin():
        link.execute(change)
