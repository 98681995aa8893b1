"""Renewal after the end, with the car inside meanwhile: paid from the old end on, or waived."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cardserver.db.tables_parking import WaiverRow
from cardserver.domain.admission import Direction
from cardserver.domain.cardrules import CardRules
from cardserver.domain.parking import Gap
from cardserver.domain.permits import Action
from cardserver.domain.plan import QuoteNote
from cardserver.domain.rights import RightKind
from cardserver.domain.tariff import ChargeItem
from cardserver.services import accounts, planning
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller, Leave
from cardserver.wire_cards import CardView, Period
from cardserver.wire_requests import TopUpRequest
from tests.databases.carpark import CarPark
from tests.databases.frontdesk import DESK, HEAD_DESK, KIOSK, FrontDesk, PlainCard, blank, refused
from tests.databases.stores import open_store


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """These are rules of the business, not of the store: one kind of store is enough."""
    store = open_store("sqlite", tmp_path)
    yield store
    store.dispose()


@pytest.fixture
def park(desk: FrontDesk) -> CarPark:
    park = CarPark(desk)
    park.lane("in", Direction.ENTRY)
    park.lane("out", Direction.EXIT)
    return park


@pytest.fixture
def card() -> PlainCard:
    return blank()


@pytest.fixture
def lapsed(park: CarPark, card: PlainCard) -> CardView:
    """A right to 8 July; the car drove in on the 7th and stands there still on the 19th."""
    view = park.desk.do(park.new_card_request(park.signed("CW-9")), card).card
    park.drive(view, "in", date(2025, 7, 7))
    park.desk.clock.forward(days=40)
    return view


def asked(view: CardView, gap: Gap | None = None, months: int = 1) -> TopUpRequest:
    return TopUpRequest(card_number=view.number, months=months, gap=gap)


def test_the_desk_is_told_that_the_car_stayed_inside_park_05b(
    park: CarPark, lapsed: CardView
) -> None:
    estate = park.desk.estate
    assert planning.quote(estate, DESK, asked(lapsed)).notes == (QuoteNote.STAYED_INSIDE,)
    with refused("stayed-inside", "PARK-05b"):
        park.desk.open_sale(asked(lapsed))


def test_a_back_dated_renewal_begins_the_day_after_the_end_park_05b(
    park: CarPark, lapsed: CardView, card: PlainCard
) -> None:
    request = asked(lapsed, Gap.BACK_DATED, months=2)
    quote = planning.quote(park.desk.estate, DESK, request)
    assert quote.notes == (QuoteNote.BACK_DATED,)
    assert quote.added == Period(first=date(2025, 7, 9), last=date(2025, 9, 8))
    parking = park.desk.do(request, card).card.rights[RightKind.PARKING]
    assert (parking.last, parking.anchor) == (date(2025, 9, 8), 9)


def test_back_dated_months_reach_today_at_least_park_05b(park: CarPark, lapsed: CardView) -> None:
    park.desk.clock.forward(days=30)
    with refused("back-date-too-short", "PARK-05b"):
        planning.quote(park.desk.estate, DESK, asked(lapsed, Gap.BACK_DATED))
    request = asked(lapsed, Gap.BACK_DATED, months=2)
    assert planning.quote(park.desk.estate, DESK, request).total_fen == 600_00


@pytest.mark.parametrize(
    "caller",
    [
        HEAD_DESK,
        Caller(
            station=DESK.station,
            kind=DESK.kind,
            operator=DESK.operator,
            roles=DESK.roles,
            leave=Leave(leave_id="", action=Action.WAIVE, name="何静"),
        ),
    ],
)
def test_the_head_may_let_the_days_go_and_it_is_on_record_park_05b(
    park: CarPark, lapsed: CardView, card: PlainCard, caller: Caller
) -> None:
    park.desk.caller = caller
    request = asked(lapsed, Gap.WAIVED)
    parking = park.desk.do(request, card).card.rights[RightKind.PARKING]
    assert (parking.first, parking.anchor) == (date(2025, 7, 19), 19)
    with Session(park.desk.estate.engine) as session:
        row = session.scalars(select(WaiverRow)).one()
    assert (row.first, row.last) == (date(2025, 7, 9), date(2025, 7, 19))
    assert (row.waived_by, row.operator, row.card_number) == (
        "何静",
        caller.operator,
        lapsed.number,
    )


def test_an_agent_alone_waives_nothing_park_05b(park: CarPark, lapsed: CardView) -> None:
    with pytest.raises(NotPermitted) as caught:
        park.desk.open_sale(asked(lapsed, Gap.WAIVED))
    assert caught.value.reason == Action.WAIVE


def test_a_car_that_left_in_time_pays_from_today_park_05b(
    park: CarPark, lapsed: CardView, card: PlainCard
) -> None:
    park.drive(lapsed, "out", date(2025, 7, 8))
    assert planning.quote(park.desk.estate, DESK, asked(lapsed)).notes == (QuoteNote.STARTS_ANEW,)
    parking = park.desk.do(asked(lapsed), card).card.rights[RightKind.PARKING]
    assert parking.first == date(2025, 7, 19)


def test_lanes_nobody_described_say_nothing_park_05b(desk: FrontDesk) -> None:
    park = CarPark(desk)
    view = desk.do(park.new_card_request(park.signed("CW-9")), blank()).card
    park.drive(view, "in", date(2025, 7, 7))
    desk.clock.forward(days=40)
    assert planning.quote(desk.estate, DESK, asked(view)).notes == (QuoteNote.STARTS_ANEW,)


def test_a_kiosk_asks_nothing_and_may_not_back_date_park_05b(
    park: CarPark, lapsed: CardView
) -> None:
    park.desk.caller = KIOSK
    assert planning.quote(park.desk.estate, KIOSK, asked(lapsed)).notes == (QuoteNote.STARTS_ANEW,)
    for gap in Gap:
        with pytest.raises(NotPermitted):
            park.desk.open_sale(asked(lapsed, gap))


def test_a_desk_gives_no_month_that_only_the_bank_can_give_park_10a(
    park: CarPark, lapsed: CardView
) -> None:
    with pytest.raises(NotPermitted):
        park.desk.open_sale(asked(lapsed, Gap.COLLECTED))


@pytest.mark.parametrize("day", [date(2025, 7, 1), date(2025, 7, 8)])
def test_renewed_before_the_end_the_new_period_follows_it_park_05a(
    park: CarPark, card: PlainCard, day: date
) -> None:
    """Also on the last valid day; whether the car is inside then is nobody's question."""
    view = park.desk.do(park.new_card_request(park.signed("CW-9")), card).card
    park.drive(view, "in", date(2025, 6, 10))
    park.desk.clock.forward(days=(day - date(2025, 6, 9)).days)
    quote = planning.quote(park.desk.estate, DESK, asked(view))
    assert quote.notes == ()
    assert quote.added == Period(first=date(2025, 7, 9), last=date(2025, 8, 8))


def test_the_days_inside_are_paid_at_the_temporary_tariff_park_05b(
    park: CarPark, lapsed: CardView, card: PlainCard
) -> None:
    """From 9 to 18 July at 15 yuan a day; the new month counts from the day of top-up."""
    request = asked(lapsed, Gap.TEMPORARY)
    with refused("temporary-tariff-missing", "PARK-05b"):
        planning.quote(park.desk.estate, DESK, request)
    rules = CardRules(temporary_day_fen=15_00)
    park.desk.estate = replace(park.desk.estate, rules=rules)
    quote = planning.quote(park.desk.estate, DESK, request)
    lines = [(line.item, line.quantity, line.amount_fen) for line in quote.lines]
    assert lines == [(ChargeItem.PARKING, 1, 300_00), (ChargeItem.TEMPORARY, 10, 150_00)]
    assert QuoteNote.TEMPORARY in quote.notes
    done = park.desk.do(request, card)
    parking = done.card.rights[RightKind.PARKING]
    assert (parking.first, parking.anchor) == (date(2025, 7, 19), 19)
    [slip] = done.documents
    assert slip.content.total_fen == 450_00, "invoices of equal value for all of it (PARK-07)"
    accounts_now = accounts.ledger_balances(park.desk.estate, DESK).accounts
    assert accounts_now["income:temporary"] == -150_00
