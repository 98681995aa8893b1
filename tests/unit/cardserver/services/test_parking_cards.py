"""First parking rights: papers, the owner's word, own card or new card, one card an agreement."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cardserver.domain.document import DocumentKind
from cardserver.domain.parking import SpaceKind
from cardserver.domain.rights import RightKind
from cardserver.domain.sale import SaleState
from cardserver.domain.verification import PARKING_PAPERS, Paper, VerificationMethod
from cardserver.services import accounts, agreements, planning, selling, snapshots, verifying
from cardserver.services.errors import NotFound
from cardserver.wire_cards import Period
from cardserver.wire_requests import AddParkingRequest, IssueRequest, TopUpRequest
from cardserver.wire_sales import ChangeRequest
from cardserver.wire_verifications import VerificationRequest
from tests.databases import paperwork
from tests.databases.carpark import CarPark
from tests.databases.frontdesk import DESK, GATE, FrontDesk, blank, new_id, refused
from tests.databases.stores import open_store


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """These are rules of the business, not of the store: one kind of store is enough."""
    store = open_store("sqlite", tmp_path)
    yield store
    store.dispose()


@pytest.fixture
def park(desk: FrontDesk) -> CarPark:
    return CarPark(desk)


def test_a_new_parking_card_is_two_charges_and_two_papers_park_03_fee_10(park: CarPark) -> None:
    """20 yuan on a formal receipt with the card's number, two months on a slip."""
    desk, agreement = park.desk, park.signed("CW-9")
    card = blank()
    request = park.new_card_request(agreement, months=2)
    quote = planning.quote(desk.estate, DESK, request)
    assert quote.total_fen == 620_00
    assert quote.document_kinds == (DocumentKind.FORMAL_RECEIPT, DocumentKind.TOP_UP_SLIP)
    settled = desk.do(request, card)
    receipt, slip = settled.documents
    assert (receipt.kind, receipt.content.total_fen) == (DocumentKind.FORMAL_RECEIPT, 20_00)
    assert receipt.content.card_number == settled.card.number
    assert (slip.kind, slip.content.total_fen) == (DocumentKind.TOP_UP_SLIP, 600_00)
    assert slip.content.added == Period(first=date(2025, 6, 9), last=date(2025, 8, 8))
    for paper in (receipt, slip):
        assert [line.amount_fen for line in paper.content.lines] == [paper.content.total_fen]
        assert (paper.content.payment_fen, paper.content.received_fen) == (620_00, 620_00)
    assert accounts.ledger_balances(desk.estate, DESK).accounts["income:card-cost"] == -20_00
    assert accounts.ledger_balances(desk.estate, DESK).accounts["income:parking"] == -600_00
    assert accounts.trial(desk.estate, DESK).balanced


def test_a_parking_card_opens_no_door_park_03(park: CarPark) -> None:
    desk, card = park.desk, blank()
    view = desk.do(park.new_card_request(park.signed("CW-9")), card).card
    assert set(view.rights) == {RightKind.PARKING}
    assert (card.slots[0], bool(card.slots[1])) == (b"", True)
    assert view.rights[RightKind.PARKING].zones == (7,)
    listed = snapshots.snapshot(desk.estate, GATE, None).cards
    assert [each.sequences for each in listed] == [{RightKind.PARKING: 1}]


def test_an_own_card_costs_nothing_beside_the_months_park_03(park: CarPark) -> None:
    desk, card = park.desk, blank()
    door = desk.issue(desk.owner, card)
    desk.agreement = park.signed("CW-9")
    quote = planning.quote(desk.estate, DESK, desk.parking_request(door, 3))
    assert [(line.item, line.amount_fen) for line in quote.lines] == [("parking", 900_00)]


def test_the_choice_of_card_is_recorded_in_the_spaces_file_park_03_park_08a(
    park: CarPark,
) -> None:
    desk, card = park.desk, blank()
    new = park.signed("CW-9")
    own = park.signed("CW-10", SpaceKind.SURFACE)
    parked = desk.do(park.new_card_request(new), blank()).card
    desk.agreement = own
    desk.add_parking(desk.issue(desk.owner, card), card)
    records = agreements.agreement(desk.estate, DESK, new).records
    assert [(each.event, each.card_number) for each in records] == [("new-card", parked.number)]
    records = agreements.agreement(desk.estate, DESK, own).records
    assert [(each.event, each.amount_fen) for each in records] == [("own-card", 150_00)]


def test_each_top_up_adds_a_record_to_the_spaces_file_park_08(park: CarPark) -> None:
    desk, card = park.desk, blank()
    agreement = park.signed("CW-9")
    view = desk.do(park.new_card_request(agreement), card).card
    desk.clock.forward(days=3)
    desk.top_up(view, card, months=2)
    *_, last = agreements.agreement(desk.estate, DESK, agreement).records
    assert (last.event, last.amount_fen, last.operator) == ("top-up", 600_00, DESK.operator)
    assert last.paid == Period(first=date(2025, 7, 9), last=date(2025, 9, 8))


def test_exactly_two_copies_are_kept_park_02(park: CarPark) -> None:
    """ID card and vehicle licence; the driving licence was seen, and nobody copies it."""
    desk = park.desk
    agreement = park.signed("CW-9")
    papers = tuple(PARKING_PAPERS)
    request = IssueRequest(
        holder_id=desk.owner,
        verification_id=desk.verify(desk.owner, papers=papers),
        agreement_id=agreement,
        months=1,
    )
    desk.do(request, blank())
    copies = agreements.agreement(desk.estate, DESK, agreement).copies
    assert {each.paper for each in copies} == {Paper.ID_CARD, Paper.VEHICLE_LICENCE}
    assert len(copies) == 2


@pytest.mark.parametrize("missing", sorted(PARKING_PAPERS))
def test_each_missing_paper_alone_stops_a_parking_card_park_01(
    park: CarPark, missing: Paper
) -> None:
    papers = tuple(paper for paper in Paper if paper is not missing)
    request = IssueRequest(
        holder_id=park.desk.owner,
        verification_id=park.desk.verify(park.desk.owner, papers=papers),
        agreement_id=park.signed("CW-9"),
        months=1,
    )
    with refused("paper-missing", "PARK-01"):
        park.desk.open_sale(request)


def test_a_tenant_shows_the_lease_park_01(park: CarPark) -> None:
    desk = park.desk
    agreement = park.signed("CW-9", holder=desk.tenant)

    def asked(papers: tuple[Paper, ...]) -> IssueRequest:
        verification = desk.verify(desk.tenant, method=VerificationMethod.LEASE, papers=papers)
        return IssueRequest(
            holder_id=desk.tenant, verification_id=verification, agreement_id=agreement, months=1
        )

    with refused("paper-missing", "PARK-01"):
        desk.open_sale(asked(tuple(PARKING_PAPERS)))
    assert desk.open_sale(asked((*PARKING_PAPERS, Paper.LEASE))).state is SaleState.OPEN


def test_a_licence_in_another_name_asks_for_the_owners_word_park_01a(park: CarPark) -> None:
    desk, agreement = park.desk, park.signed("CW-9")

    def asked(**proof: object) -> IssueRequest:
        body = VerificationRequest.model_validate(
            {
                "verification_id": new_id(),
                "holder_id": desk.family,
                "papers_seen": tuple(PARKING_PAPERS),
                "licence_holder": "王建国",
                **proof,
            }
        )
        verification = verifying.verify(desk.estate, DESK, body).verification_id
        return IssueRequest(
            holder_id=desk.family, verification_id=verification, agreement_id=agreement, months=1
        )

    with refused("owner-call-missing", "PARK-01a"):
        desk.open_sale(asked(method=VerificationMethod.OWNER_RECORD))
    with refused("phone-record-missing"):
        desk.open_sale(asked(method=VerificationMethod.PHONE))
    call = paperwork.called(desk.estate, desk.family, desk.owner)
    for proof in (
        {"method": VerificationMethod.PHONE, "phone_record_id": call},
        {"method": VerificationMethod.OWNER_PRESENT, "owner_id": desk.owner},
    ):
        assert desk.open_sale(asked(**proof)).due_fen == 320_00


def test_no_parking_right_without_an_agreement_park_03(park: CarPark) -> None:
    desk = park.desk
    card = desk.issue(desk.owner, blank())
    for request in (
        IssueRequest(holder_id=desk.owner, agreement_id=99, months=1),
        AddParkingRequest(card_number=card.number, agreement_id=99, months=1),
    ):
        with pytest.raises(NotFound):
            planning.quote(desk.estate, DESK, request)
    with pytest.raises(ValueError, match="agreement"):
        IssueRequest(holder_id=desk.owner, months=1)


def test_an_agreement_that_begins_later_gives_no_right_today_park_03(park: CarPark) -> None:
    desk = park.desk
    request = park.sign_request("CW-9", SpaceKind.SURFACE, begins=date(2025, 7, 1))
    signed = agreements.sign(desk.estate, DESK, request).agreement.agreement_id
    with refused("agreement-to-come", "PARK-03"):
        planning.quote(desk.estate, DESK, park.new_card_request(signed))
    desk.clock.forward(days=22)
    assert planning.quote(desk.estate, DESK, park.new_card_request(signed)).total_fen == 170_00


def test_a_blocked_or_foreign_card_is_no_own_card_park_04b(park: CarPark) -> None:
    desk, card = park.desk, blank()
    desk.agreement = park.signed("CW-9")
    view = desk.issue(desk.owner, card)
    stranger = AddParkingRequest(card_number=9999, agreement_id=desk.agreement, months=1)
    with pytest.raises(NotFound):
        planning.quote(desk.estate, DESK, stranger)
    desk.format(desk.issue(desk.staff, staff := blank()), staff)
    with refused("other-unit", "PARK-04b"):
        request = park.new_card_request(desk.agreement)
        request = request.model_copy(update={"holder_id": desk.tenant})
        planning.quote(desk.estate, DESK, request)
    assert planning.quote(desk.estate, DESK, desk.parking_request(view)).total_fen == 300_00


def test_one_card_at_a_time_carries_an_agreements_right_park_09(park: CarPark) -> None:
    desk = park.desk
    agreement = park.signed("CW-9")
    desk.do(park.new_card_request(agreement), blank())
    with refused("agreement-has-card", "PARK-09"):
        planning.quote(desk.estate, DESK, park.new_card_request(agreement))
    desk.clock.forward(days=30)
    assert planning.quote(desk.estate, DESK, park.new_card_request(agreement)).total_fen == 320_00


@pytest.mark.parametrize(("received", "change", "last"), [(300_00, 0, 8), (450_00, 150_00, 8)])
def test_money_buys_whole_months_and_change_park_06(
    park: CarPark, received: int, change: int, last: int
) -> None:
    """Tariff 300, paid 450: one month and 150 back, never a month and a half."""
    desk, card = park.desk, blank()
    view = desk.do(park.new_card_request(park.signed("CW-9")), card).card
    request = TopUpRequest(card_number=view.number, months=1)
    sale = desk.open_sale(request)
    assert desk.pay(sale.sale_id, received).change_fen == change
    if change:
        body = ChangeRequest(change_id=new_id(), amount_fen=change)
        selling.give_change(desk.estate, DESK, sale.sale_id, body)
    ticket = park.begin_paid(request, card, sale.sale_id)
    card.write(ticket)
    settled = desk.settle(ticket, card)
    assert settled.card.rights[RightKind.PARKING].last == date(2025, 8, last)


def test_too_little_money_writes_nothing_park_06(park: CarPark) -> None:
    desk, card = park.desk, blank()
    view = desk.do(park.new_card_request(park.signed("CW-9")), card).card
    request = TopUpRequest(card_number=view.number, months=2)
    sale = desk.open_sale(request)
    assert desk.pay(sale.sale_id, 450_00).missing_fen == 150_00
    with refused("not-paid"):
        park.begin_paid(request, card, sale.sale_id)


def test_a_replacement_moves_the_parking_right_and_its_months_park_04a(park: CarPark) -> None:
    desk, card = park.desk, blank()
    agreement = park.signed("CW-9")
    view = desk.do(park.new_card_request(agreement, months=2), card).card
    other = blank()
    moved = desk.do(desk.replace_request(view), other).card
    before, after = view.rights[RightKind.PARKING], moved.rights[RightKind.PARKING]
    assert (after.first, after.last, after.anchor) == (before.first, before.last, before.anchor)
    *_, record = agreements.agreement(desk.estate, DESK, agreement).records
    assert (record.event, record.card_number) == ("moved", moved.number)
