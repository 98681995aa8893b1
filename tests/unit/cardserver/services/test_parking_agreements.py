"""Spaces, tariffs and agreements on file: entered, changed, ended, and never two at once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from cardserver.db.engine import WRITER
from cardserver.domain.parking import SpaceKind, SpaceState
from cardserver.domain.permits import Role
from cardserver.domain.rights import RightKind
from cardserver.services import agreements, holders, planning, refundrequests, spaces, tariffs
from cardserver.services.errors import NotPermitted
from cardserver.services.turn import Caller
from cardserver.wire_parking import (
    ChangeAgreementRequest,
    EndAgreementRequest,
    RefundAsked,
    SpaceRequest,
    TariffRequest,
    TermsRequest,
    WithdrawTariffRequest,
)
from cardserver.wire_requests import TopUpRequest
from tests.databases.carpark import FAR, TARIFFS, CarPark
from tests.databases.frontdesk import DESK, HEAD_DESK, FrontDesk, blank, new_id, refused
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


def new_tariff(kind: SpaceKind, fen: int, first: date) -> TariffRequest:
    return TariffRequest(request_id=new_id(), kind=kind, monthly_fee_fen=fen, first=first)


# --- tariffs and spaces --------------------------------------------------------------------------


def test_the_price_of_the_payment_day_holds_for_all_months_paid_then_park_06a(
    park: CarPark,
) -> None:
    """From 1 July on a month is 320: twelve months paid on 30 June are twelve at 300."""
    desk, card = park.desk, blank()
    view = desk.do(park.new_card_request(park.signed("CW-9")), card).card
    request = new_tariff(SpaceKind.UNDERGROUND, 320_00, date(2025, 7, 1))
    tariffs.add_tariff(desk.estate, HEAD_DESK, request)
    desk.clock.forward(days=21)  # 30 June
    top_up = TopUpRequest(card_number=view.number, months=11)
    assert planning.quote(desk.estate, DESK, top_up).total_fen == 11 * 300_00
    sale = desk.open_sale(top_up)
    desk.pay(sale.sale_id, sale.due_fen)
    desk.clock.forward(days=1)
    assert planning.quote(desk.estate, DESK, top_up).total_fen == 11 * 320_00
    ticket = park.begin_paid(top_up, card, sale.sale_id)
    card.write(ticket)
    settled = desk.settle(ticket, card)
    assert settled.card.rights[RightKind.PARKING].last == date(2026, 6, 8)
    assert settled.document is not None
    assert settled.document.content.total_fen == 11 * 300_00


def test_the_tariff_table_shows_when_each_price_ends_park_06a(park: CarPark) -> None:
    request = new_tariff(SpaceKind.SURFACE, 160_00, date(2025, 8, 1))
    table = tariffs.add_tariff(park.desk.estate, HEAD_DESK, request)
    again = tariffs.add_tariff(park.desk.estate, HEAD_DESK, request)
    assert table == again
    surface = [each for each in table.tariffs if each.kind is SpaceKind.SURFACE]
    assert [(each.monthly_fee_fen, each.last) for each in surface] == [
        (150_00, date(2025, 7, 31)),
        (160_00, None),
    ]
    assert {each.kind for each in table.tariffs} == set(SpaceKind)
    assert (table.card_cost_fen, table.today) == (20_00, date(2025, 6, 9))


def test_a_tariff_is_a_heads_to_set_park_06(park: CarPark) -> None:
    request = new_tariff(SpaceKind.SURFACE, 160_00, date(2025, 8, 1))
    with pytest.raises(NotPermitted):
        tariffs.add_tariff(park.desk.estate, DESK, request)
    for fen, first, reason in (
        (0, date(2025, 8, 1), "tariff-zero"),
        (160_00, date(2025, 6, 8), "tariff-in-past"),
        (160_00, date(2024, 1, 1), "tariff-in-past"),
    ):
        with refused(reason, "PARK-06a"):
            request = new_tariff(SpaceKind.SURFACE, fen, first)
            tariffs.add_tariff(park.desk.estate, HEAD_DESK, request)


def test_each_space_has_one_kind_and_each_kind_a_tariff_park_09(park: CarPark) -> None:
    request = SpaceRequest(request_id=new_id(), code="B 200", kind=SpaceKind.GIFTED, zone=3)
    spaces.add_space(park.desk.estate, HEAD_DESK, request)
    with refused("space-known", "PARK-09"):
        other = {"request_id": new_id(), "kind": SpaceKind.SURFACE}
        spaces.add_space(park.desk.estate, HEAD_DESK, request.model_copy(update=other))
    for kind, fee in TARIFFS.items():
        agreement = park.signed(f"CW-{kind}", kind)
        quote = planning.quote(park.desk.estate, DESK, park.new_card_request(agreement))
        assert quote.lines[-1].unit_price_fen == fee
        desk_view = holders.holder(park.desk.estate, DESK, park.desk.owner)
        shown = next(a for a in desk_view.agreements if a.agreement_id == agreement)
        assert (shown.monthly_fee_fen, shown.space_kind) == (fee, kind)


def test_an_agreement_older_than_the_tariffs_keeps_its_fee_park_06(park: CarPark) -> None:
    """What was on file before there was a table states a fee, and that fee goes on to count."""
    desk, card = park.desk, blank()
    desk.agreement = desk.sign("CW-OLD", desk.owner, fee_fen=275_00)
    view = desk.issue(desk.owner, card)
    assert planning.quote(desk.estate, DESK, desk.parking_request(view)).total_fen == 275_00
    assert agreements.agreement(desk.estate, DESK, desk.agreement).agreement.fee_fen == 275_00


# --- agreements ----------------------------------------------------------------------------------


def test_an_agreement_is_entered_by_kind_park_11(park: CarPark) -> None:
    for kind, word in ((SpaceKind.SURFACE, "rent"), (SpaceKind.BOUGHT, "service")):
        request = park.sign_request(f"CW-{kind}", kind)
        found = agreements.sign(park.desk.estate, DESK, request)
        assert found == agreements.sign(park.desk.estate, DESK, request)
        assert found.agreement.type == word
        assert [(each.event, each.operator) for each in found.history] == [
            ("signed", DESK.operator)
        ]


def test_two_agreements_on_one_space_at_once_are_refused_park_09(park: CarPark) -> None:
    park.signed("CW-9", SpaceKind.SURFACE, ends=date(2025, 12, 31))
    with refused("space-taken", "PARK-09"):
        begins = {"begins": date(2025, 12, 31)}
        request = park.sign_request("CW-10", SpaceKind.SURFACE, **begins)
        agreements.sign(park.desk.estate, DESK, request)
    request = park.sign_request("CW-10", SpaceKind.SURFACE, begins=date(2026, 1, 1))
    agreements.sign(park.desk.estate, DESK, request)


def test_an_agreement_number_is_used_once_park_11(park: CarPark) -> None:
    park.signed("CW-9", SpaceKind.SURFACE)
    with refused("agreement-known", "PARK-11"):
        request = park.sign_request("CW-9", SpaceKind.GIFTED)
        agreements.sign(park.desk.estate, DESK, request)


def test_an_agreement_that_is_over_is_not_entered_park_03(park: CarPark) -> None:
    begins = date(2024, 1, 1)
    request = park.sign_request("CW-9", SpaceKind.GIFTED, begins=begins, ends=date(2025, 6, 8))
    with refused("agreement-ended", "PARK-03"):
        agreements.sign(park.desk.estate, DESK, request)


def test_changes_stand_beside_what_they_changed_park_11(park: CarPark) -> None:
    estate = park.desk.estate
    agreement = park.signed("CW-9", SpaceKind.BOUGHT, ends=date(2025, 12, 31))
    terms = TermsRequest(plate="粤B·Z9999", ends=FAR, stated_fee_fen=95_00, bank_collected=True)
    request = ChangeAgreementRequest(request_id=new_id(), terms=terms, reason="续签")
    found = agreements.change(estate, DESK, agreement, request)
    assert found == agreements.change(estate, DESK, agreement, request)
    assert (found.agreement.fee_fen, found.agreement.bank_collected) == (95_00, True)
    assert [(each.event, each.plate, each.ends) for each in found.history] == [
        ("signed", "粤B·A1234", date(2025, 12, 31)),
        ("changed", "粤B·Z9999", FAR),
    ]
    assert found.history[-1].reason == "续签"


def test_a_rent_agreement_states_no_fee_of_its_own_park_06(park: CarPark) -> None:
    request = park.sign_request("CW-9", SpaceKind.SURFACE, stated_fee_fen=1_00)
    with refused("fee-by-tariff", "PARK-06"):
        agreements.sign(park.desk.estate, DESK, request)


def test_an_agreement_ends_and_its_space_is_free_park_11(park: CarPark) -> None:
    desk = park.desk
    agreement = park.signed("CW-9", SpaceKind.SURFACE)
    request = EndAgreementRequest(request_id=new_id(), last=date(2025, 6, 9), reason="搬走")
    ended = agreements.end(desk.estate, DESK, agreement, request)
    assert (ended.agreement.ends, ended.history[-1].event) == (date(2025, 6, 9), "ended")
    desk.clock.forward(days=1)
    with refused("agreement-ended", "PARK-03"):
        planning.quote(desk.estate, DESK, park.new_card_request(agreement))
    states = {each.kind: each.state for each in spaces.space_list(desk.estate, DESK).spaces}
    assert states[SpaceKind.SURFACE] is SpaceState.FREE
    signed = agreements.sign(
        desk.estate, DESK, park.sign_request("CW-10", SpaceKind.SURFACE, begins=date(2025, 6, 10))
    )
    assert signed.agreement.number == "CW-10"


@pytest.mark.parametrize(
    ("last", "reason"), [(date(2025, 6, 8), "end-in-past"), (date(2036, 1, 1), "end-later")]
)
def test_an_end_lies_between_today_and_the_last_day_park_11(
    park: CarPark, last: date, reason: str
) -> None:
    request = EndAgreementRequest(request_id=new_id(), last=last, reason="搬走")
    with refused(reason, "PARK-11"):
        agreements.end(park.desk.estate, DESK, park.signed("CW-9"), request)


def test_the_list_shows_how_each_space_stands_park_09(park: CarPark) -> None:
    desk, card = park.desk, blank()
    desk.do(park.new_card_request(park.signed("CW-9")), card)
    park.signed("CW-10", SpaceKind.SURFACE)
    bank = park.signed("CW-11", SpaceKind.BOUGHT, bank_collected=True)
    desk.do(park.new_card_request(bank), blank())

    def states() -> dict[SpaceKind, SpaceState]:
        return {each.kind: each.state for each in spaces.space_list(desk.estate, DESK).spaces}

    assert states() == {
        SpaceKind.UNDERGROUND: SpaceState.RENTED,
        SpaceKind.SURFACE: SpaceState.NO_CARD,
        SpaceKind.BOUGHT: SpaceState.BANK,
        SpaceKind.GIFTED: SpaceState.FREE,
        SpaceKind.RAISED_FLOOR: SpaceState.FREE,
    }
    desk.clock.forward(days=40)
    assert states()[SpaceKind.UNDERGROUND] is SpaceState.EXPIRED
    shown = next(e for e in spaces.space_list(desk.estate, DESK).spaces if e.agreement)
    assert shown.agreement is not None
    assert shown.agreement.plate == "粤B****34"


def test_who_may_not_edit_agreements_signs_none_park_11(park: CarPark) -> None:
    guard = Caller(
        station=DESK.station, kind=DESK.kind, operator="高山", roles=frozenset({Role.GUARD})
    )
    request = park.sign_request("CW-9", SpaceKind.SURFACE)
    with pytest.raises(NotPermitted):
        agreements.sign(park.desk.estate, guard, request)


def test_an_agreements_history_is_never_rewritten_park_11(park: CarPark) -> None:
    park.signed("CW-9")
    engine = park.desk.estate.engine
    with (
        engine.connect().execution_options(**{WRITER: True}) as connection,
        connection.begin(),
        pytest.raises(DatabaseError, match="append-only"),
    ):
        connection.execute(text("UPDATE agreement_event SET reason = 'x'"))


# --- refunds -------------------------------------------------------------------------------------


def test_unused_months_are_a_request_to_the_head_of_the_centre_park_12b(park: CarPark) -> None:
    """Recorded, and not a fen leaves the drawer (FEE-38)."""
    desk, card = park.desk, blank()
    agreement = park.signed("CW-9")
    view = desk.do(park.new_card_request(agreement, months=6), card).card
    request = RefundAsked(request_id=new_id(), card_number=view.number, months=4, reason="车已卖出")
    found = refundrequests.ask_refund(desk.estate, DESK, request)
    assert found == refundrequests.ask_refund(desk.estate, DESK, request)
    asked = found.requests[0]
    assert (asked.months, asked.operator, asked.reason) == (4, DESK.operator, "车已卖出")
    assert agreements.agreement(desk.estate, DESK, agreement).refunds_asked == ("车已卖出",)
    desk.clock.forward(days=200)
    with refused("nothing-unused", "PARK-12b"):
        again = request.model_copy(update={"request_id": new_id()})
        refundrequests.ask_refund(desk.estate, DESK, again)


# --- a mistyped tariff, and many spaces ----------------------------------------------------------


def withdrawal(reason: str = "金额写错") -> WithdrawTariffRequest:
    return WithdrawTariffRequest(request_id=new_id(), reason=reason)


def test_a_mistyped_tariff_is_withdrawn_before_its_first_day_and_kept_park_06a(
    park: CarPark,
) -> None:
    desk, first = park.desk, date(2025, 8, 1)
    wrong = new_tariff(SpaceKind.SURFACE, 1600_00, first)
    [coming] = tariffs.add_tariff(desk.estate, HEAD_DESK, wrong).to_come
    with pytest.raises(NotPermitted):
        tariffs.withdraw_tariff(desk.estate, DESK, coming.tariff_id, withdrawal())

    asked = withdrawal()
    table, again = (
        tariffs.withdraw_tariff(desk.estate, HEAD_DESK, coming.tariff_id, asked) for _ in range(2)
    )
    assert table == again
    assert table.to_come == ()
    [kept] = table.withdrawn
    assert (kept.monthly_fee_fen, kept.reason, kept.withdrawn_by) == (1600_00, "金额写错", "何静")
    with refused("tariff-withdrawn", "PARK-06a"):
        tariffs.withdraw_tariff(desk.estate, HEAD_DESK, coming.tariff_id, withdrawal())

    right = new_tariff(SpaceKind.SURFACE, 160_00, first)
    [coming] = tariffs.add_tariff(desk.estate, HEAD_DESK, right).to_come
    assert coming.monthly_fee_fen == 160_00
    desk.clock.forward(days=60)
    with refused("tariff-begun", "PARK-06a"):
        tariffs.withdraw_tariff(desk.estate, HEAD_DESK, coming.tariff_id, withdrawal())


def test_spaces_are_found_by_code_plate_agreement_or_name_a_page_at_a_time_park_09(
    park: CarPark,
) -> None:
    desk = park.desk
    park.signed("CW-77", SpaceKind.SURFACE)

    def found(words: str = "", **how: Any) -> list[SpaceKind]:
        wanted = replace(spaces.EVERY_SPACE, words=words, **how)
        return [each.kind for each in spaces.space_list(desk.estate, DESK, wanted).spaces]

    assert found("cw-77") == found("1234") == found("王秀") == [SpaceKind.SURFACE]
    assert found("%") == []
    everything = spaces.space_list(desk.estate, DESK)
    assert everything.total == len(everything.spaces) == len(SpaceKind)
    assert found(everything.spaces[1].code)[0] is everything.spaces[1].kind
    assert SpaceKind.SURFACE not in found(free=True)
    pages = [found(offset=start, limit=2) for start in (0, 2, 4)]
    assert [len(each) for each in pages] == [2, 2, 1]
    assert [kind for each in pages for kind in each] == [e.kind for e in everything.spaces]
