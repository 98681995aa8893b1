"""A clock set back stops issuing and money, and nothing else (FEE-28a)."""

from datetime import datetime, timedelta

import pytest

from cardserver.domain.rights import CardStatus
from cardserver.domain.sale import TenderKind, TenderState
from cardserver.services import accounts, blocking, ending, snapshots, stations, tendering
from cardserver.services.clock import mend_clock
from cardserver.services.errors import ClockSetBack
from cardserver.wire_cards import BlockRequest
from cardserver.wire_operations import VoidRequest
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import TenderRequest
from tests.databases.frontdesk import DESK, GATE, KIOSK, FrontDesk, blank, new_id


def test_a_clock_set_back_opens_no_sale(desk: FrontDesk) -> None:
    request = desk.issue_request(desk.owner)
    desk.clock.now -= timedelta(minutes=1)
    with pytest.raises(ClockSetBack):
        desk.open_sale(request)
    assert not stations.health(desk.estate).clock_ok
    desk.clock.forward(minutes=1)
    assert desk.open_sale(request).due_fen == 2000


def test_a_small_step_back_is_forgiven_and_time_stands_still(desk: FrontDesk) -> None:
    known = stations.health(desk.estate).time
    desk.clock.now -= timedelta(seconds=5)
    sale = desk.open_sale(desk.issue_request(desk.owner))
    assert sale.due_fen == 2000
    assert accounts.journal(desk.estate, DESK, 1).lines[0].at == known


def test_a_clock_set_back_begins_nothing_and_settles_what_was_begun(desk: FrontDesk) -> None:
    request = desk.issue_request(desk.staff)
    card = blank()
    desk.clock.now -= timedelta(days=1)
    with pytest.raises(ClockSetBack):
        desk.begin(request, card)
    desk.clock.forward(days=1)
    ticket = desk.begin(request, card)
    card.write(ticket)
    desk.clock.now -= timedelta(days=1)
    assert desk.settle(ticket, card).card.status is CardStatus.LIVE


def test_money_already_on_its_way_is_recorded_whatever_the_clock_says(desk: FrontDesk) -> None:
    card = blank()
    view = desk.add_parking(desk.issue(desk.owner, card), card)
    desk.caller = KIOSK
    sale = desk.open_sale(TopUpRequest(card_number=view.number, months=1)).sale_id
    note = TenderRequest(
        tender_id=new_id(),
        kind=TenderKind.CASH_NOTE,
        value_fen=100_00,
        state=TenderState.ACCEPTING,
    )
    tendering.tender(desk.estate, KIOSK, sale, note)
    desk.clock.now -= timedelta(days=400)
    with pytest.raises(ClockSetBack):
        tendering.tender(desk.estate, KIOSK, sale, note.model_copy(update={"tender_id": new_id()}))
    credited = note.model_copy(update={"state": TenderState.CREDITED})
    assert tendering.tender(desk.estate, KIOSK, sale, credited).credited_fen == 100_00


def test_a_lost_card_is_blocked_whatever_the_clock_says(desk: FrontDesk) -> None:
    view = desk.issue(desk.owner, blank())
    before = snapshots.snapshot(desk.estate, GATE, None)
    desk.clock.now = datetime(1970, 1, 1, tzinfo=desk.clock.now.tzinfo)
    order = BlockRequest(request_id=new_id(), reason="遗失")
    assert blocking.block(desk.estate, DESK, view.number, order).status is CardStatus.BLOCKED
    after = snapshots.snapshot(desk.estate, GATE, before.version)
    assert [card.status for card in after.cards] == [CardStatus.BLOCKED]
    assert after.time_floor == before.time_floor


def test_an_operation_is_undone_whatever_the_clock_says(desk: FrontDesk) -> None:
    card = blank()
    ticket = desk.begin(desk.issue_request(desk.owner), card)
    desk.clock.now -= timedelta(days=1)
    request = VoidRequest(evidence=card.evidence(), reason="反悔")
    voided = ending.void(desk.estate, DESK, ticket.operation_id, request)
    assert voided.refund_fen == 20_00


def test_a_floor_pushed_ahead_by_a_wrong_clock_is_mended_and_says_so(desk: FrontDesk) -> None:
    true = desk.clock.now
    desk.clock.forward(days=3650)
    desk.issue(desk.staff, blank())
    desk.clock.now = true + timedelta(hours=1)
    request = desk.issue_request(desk.owner)
    with pytest.raises(ClockSetBack):
        desk.open_sale(request)
    before, after = mend_clock(desk.estate)
    assert (before, after) == (true + timedelta(days=3650), true + timedelta(hours=1))
    assert stations.health(desk.estate).clock_ok
    line = accounts.journal(desk.estate, DESK, 1).lines[0]
    assert (line.action, line.at) == ("mend-clock", after)
    assert desk.open_sale(request).due_fen == 20_00
    # From here on the floor keeps watch again.
    desk.clock.now -= timedelta(minutes=1)
    with pytest.raises(ClockSetBack):
        desk.open_sale(desk.issue_request(desk.family))


def test_mending_a_clock_that_is_right_changes_nothing_that_matters(desk: FrontDesk) -> None:
    before, after = mend_clock(desk.estate)
    assert before == after == desk.clock.now
    assert desk.open_sale(desk.issue_request(desk.owner)).due_fen == 20_00
