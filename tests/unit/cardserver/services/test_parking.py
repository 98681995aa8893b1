"""The parking right: added to a door card, topped up, and never harming the door right."""

from datetime import date

import pytest

from cardserver.domain.bankcollection import LineFate
from cardserver.domain.document import DocumentKind
from cardserver.domain.parking import SpaceKind
from cardserver.domain.plan import QuoteNote
from cardserver.domain.rights import RightKind
from cardserver.domain.verification import PARKING_PAPERS, Paper
from cardserver.services import accounts, beginning, planning, waiting
from cardserver.services.errors import NotPermitted
from cardserver.wire_cards import Period
from cardserver.wire_requests import AddParkingRequest, TopUpRequest
from tests.databases.carpark import CarPark
from tests.databases.frontdesk import DESK, KIOSK, FrontDesk, blank, refused


def test_a_parking_right_is_added_without_touching_the_door_right(desk: FrontDesk) -> None:
    """PARK-03, PARK-04: its own slot, its own dates; the door's bytes stay as they are."""
    before, card = desk.owners_card()
    door = card.slots[0]
    ticket = desk.begin(desk.parking_request(before), card)
    assert [change.slot for change in ticket.changes] == [1]
    card.write(ticket)
    after = desk.settle(ticket, card).card
    assert card.slots[0] == door
    assert after.rights[RightKind.DOOR] == before.rights[RightKind.DOOR]
    parking = after.rights[RightKind.PARKING]
    assert (parking.first, parking.last) == (date(2025, 6, 9), date(2025, 7, 8))
    assert (parking.anchor, parking.zones) == (9, (7,))
    assert after.parking is not None
    assert after.parking.plate == "粤B****34"


def test_a_month_runs_from_9_june_to_8_july(desk: FrontDesk) -> None:
    """CAL-01, PARK-05a: the next one goes on from there and loses no day."""
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    desk.clock.forward(days=15)
    settled = desk.top_up(view, card)
    parking = settled.card.rights[RightKind.PARKING]
    assert (parking.first, parking.last) == (date(2025, 6, 9), date(2025, 8, 8))
    assert parking.sequence == 2
    paper = settled.document
    assert paper is not None
    assert paper.kind is DocumentKind.TOP_UP_SLIP
    assert paper.content.added == Period(first=date(2025, 7, 9), last=date(2025, 8, 8))
    assert paper.content.plate == "粤B·A1234"


def test_a_lapsed_right_starts_on_the_day_of_the_top_up(desk: FrontDesk) -> None:
    """PARK-05b: new anchor, the gap is not charged."""
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    desk.clock.forward(days=52)  # 31 July
    request = TopUpRequest(card_number=view.number, months=1)
    quote = planning.quote(desk.estate, DESK, request)
    assert quote.notes == (QuoteNote.STARTS_ANEW,)
    parking = desk.do(request, card).card.rights[RightKind.PARKING]
    assert (parking.first, parking.last) == (date(2025, 7, 31), date(2025, 8, 30))
    assert parking.anchor == 31


def test_the_price_is_the_fee_times_whole_months(desk: FrontDesk) -> None:
    """PARK-06."""
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    quote = planning.quote(desk.estate, DESK, TopUpRequest(card_number=view.number, months=2))
    assert quote.total_fen == 600_00
    assert quote.after[RightKind.PARKING].last == date(2025, 9, 8)


def test_the_term_never_goes_beyond_the_agreement(desk: FrontDesk) -> None:
    """PARK-06a: the agreement ends 2025-08-08, exactly two months after the start."""
    desk.agreement = desk.sign("CW-2", desk.owner, ends=date(2025, 8, 8))
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    for months, allowed in ((1, True), (2, False)):
        request = TopUpRequest(card_number=view.number, months=months)
        if allowed:
            planning.quote(desk.estate, DESK, request)
        else:
            with refused("beyond-agreement", "PARK-06a"):
                planning.quote(desk.estate, DESK, request)
    desk.clock.forward(days=61)
    with refused("agreement-ended"):
        planning.quote(desk.estate, DESK, TopUpRequest(card_number=view.number, months=1))


@pytest.mark.parametrize("missing", sorted(PARKING_PAPERS))
def test_each_missing_paper_alone_stops_a_parking_right(desk: FrontDesk, missing: Paper) -> None:
    """PARK-01."""
    view, _ = desk.owners_card()
    papers = tuple(paper for paper in Paper if paper is not missing)
    request = AddParkingRequest(
        card_number=view.number,
        agreement_id=desk.agreement,
        months=1,
        verification_id=desk.verify(desk.owner, papers=papers),
    )
    with refused("paper-missing", "PARK-01"):
        desk.open_sale(request)


def test_the_card_must_be_of_the_agreements_unit(desk: FrontDesk) -> None:
    """PARK-04b."""
    view = desk.issue(desk.tenant, blank())
    with refused("other-unit", "PARK-04b"):
        desk.open_sale(desk.parking_request(view))


def test_a_live_parking_right_is_topped_up_not_added_again(desk: FrontDesk) -> None:
    """PARK-04."""
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    with refused("has-parking"):
        desk.open_sale(desk.parking_request(view))
    desk.clock.forward(days=40)
    renewed = desk.add_parking(view, card)
    assert renewed.rights[RightKind.PARKING].sequence == 2


def test_a_card_without_parking_cannot_be_topped_up(desk: FrontDesk) -> None:
    view, _ = desk.owners_card()
    with refused("no-parking-right"):
        planning.quote(desk.estate, DESK, TopUpRequest(card_number=view.number, months=1))


def test_a_kiosk_tops_up_and_does_nothing_else(desk: FrontDesk) -> None:
    """PARK-12."""
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    issue = desk.issue_request(desk.owner)
    begin = desk.begin_request(issue, blank(), None)
    desk.caller = KIOSK
    settled = desk.top_up(view, card)
    assert settled.document is not None
    assert settled.document.station == "kiosk-1"
    with pytest.raises(NotPermitted):
        planning.quote(desk.estate, KIOSK, issue)
    with pytest.raises(NotPermitted):
        beginning.begin(desk.estate, KIOSK, begin)


def test_a_kiosk_sells_no_month_that_the_bank_collects(desk: FrontDesk) -> None:
    """PARK-10: nor does the desk, unless a collection failed (`test_bank_collection`)."""
    desk.agreement = desk.sign("CW-3", desk.owner, bank_collected=True)
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    request = TopUpRequest(card_number=view.number, months=1)
    for caller in (DESK, KIOSK):
        with refused("bank-collected", "PARK-10"):
            planning.quote(desk.estate, caller, request)


def test_a_collected_month_is_booked_once_and_written_on_either_store(desk: FrontDesk) -> None:
    """PARK-10a: the rest of the rule is in `test_bank_collection`."""
    park, card = CarPark(desk), blank()
    agreement = park.signed("CW-9", SpaceKind.BOUGHT, bank_collected=True)
    view = desk.do(park.new_card_request(agreement), card).card
    for fate in (LineFate.EXTENDS, LineFate.REPEATED):
        assert [each.fate for each in park.collect("2025-06", "CW-9").lines] == [fate]
    (month,) = waiting.waiting_sales(desk.estate, DESK, card_number=view.number, station=None).sales
    ticket = park.begin_paid(month.request, card, month.sale.sale_id)
    card.write(ticket)
    settled = desk.settle(ticket, card)
    assert settled.card.rights[RightKind.PARKING].last == date(2025, 8, 8)
    trial = accounts.trial(desk.estate, DESK)
    assert (trial.balanced, trial.settled_fen) == (True, 180_00)


def test_card_cost_and_parking_money_are_two_papers_and_two_incomes(desk: FrontDesk) -> None:
    """FEE-09, FEE-10."""
    card = blank()
    desk.add_parking(desk.issue(desk.owner, card), card)
    assert accounts.ledger_balances(desk.estate, DESK).accounts == {
        "cash:desk-1": 320_00,
        "income:card-cost": -2000,
        "income:parking": -300_00,
    }


def test_another_card_on_the_reader_is_noticed(desk: FrontDesk) -> None:
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    request = TopUpRequest(card_number=view.number, months=1)
    other = blank()
    other.slots = dict(card.slots)
    with refused("other-card"):
        desk.begin(request, other)


@pytest.mark.parametrize("slot", [0, 1])
@pytest.mark.parametrize("found", [b"", b"bytes nobody knows", None])
def test_a_card_that_differs_from_the_books_is_not_written(
    desk: FrontDesk, slot: int, found: bytes | None
) -> None:
    view, card = desk.owners_card()
    view = desk.add_parking(view, card)
    card.slots[slot] = found
    with refused("card-differs"):
        desk.begin(TopUpRequest(card_number=view.number, months=1), card)
