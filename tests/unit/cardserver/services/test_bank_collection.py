"""Spaces that the bank collects: the list, the month that waits for its card, the failed month."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cardserver.db.tables import SaleRow
from cardserver.domain.bankcollection import LineFate
from cardserver.domain.parking import SpaceKind
from cardserver.domain.permits import Action
from cardserver.domain.rights import RightKind
from cardserver.domain.sale import SaleState
from cardserver.domain.shift import SuspenseOutcome
from cardserver.services import (
    accounts,
    agreements,
    collecting,
    documents,
    ending,
    planning,
    selling,
    snapshots,
    suspense,
    waiting,
)
from cardserver.services.turn import Caller, writing
from cardserver.wire_cards import CardView, Period
from cardserver.wire_operations import AbandonRequest, VoidRequest
from cardserver.wire_requests import TopUpRequest
from cardserver.wire_sales import CancelRequest, WaitingSale
from cardserver.wire_suspense import SettleSuspense
from tests.databases.carpark import CarPark, line
from tests.databases.frontdesk import (
    DESK,
    GATE,
    KIOSK,
    FrontDesk,
    PlainCard,
    blank,
    new_id,
    refused,
)
from tests.databases.stores import open_store
from tests.databases.tillwork import allowed


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """One kind of store; a list on either is taken over in `test_parking`."""
    store = open_store("sqlite", tmp_path)
    yield store
    store.dispose()


@pytest.fixture
def park(desk: FrontDesk) -> CarPark:
    return CarPark(desk)


@pytest.fixture
def card() -> PlainCard:
    return blank()


@pytest.fixture
def view(park: CarPark, card: PlainCard) -> CardView:
    """A bought space, collected by the bank; the right runs from 9 June to 8 July."""
    park.signed("CW-9", SpaceKind.BOUGHT, bank_collected=True)
    agreement = agreements.agreement(park.desk.estate, DESK, 2).agreement
    return park.desk.do(park.new_card_request(agreement.agreement_id), card).card


def waits(park: CarPark, view: CardView, caller: Caller = DESK) -> tuple[WaitingSale, ...]:
    return waiting.waiting_sales(
        park.desk.estate, caller, card_number=view.number, station=None
    ).sales


def write(park: CarPark, found: WaitingSale, card: PlainCard) -> CardView:
    """Lay the card on the reader and let the month be written."""
    ticket = park.begin_paid(found.request, card, found.sale.sale_id)
    card.write(ticket)
    settled = park.desk.settle(ticket, card)
    assert settled.documents == ()  # invoiced with the property fee (FEE-14)
    return settled.card


def pending(park: CarPark) -> dict[RightKind, Period]:
    (only,) = snapshots.snapshot(park.desk.estate, GATE, None).cards
    return only.pending


@pytest.mark.parametrize("caller", [DESK, KIOSK])
def test_a_collected_month_waits_for_its_card_and_is_written_park_10a(
    park: CarPark, view: CardView, card: PlainCard, caller: Caller
) -> None:
    """On a desk or a kiosk, whichever comes first; the books hold the money meanwhile."""
    desk = park.desk
    desk.clock.forward(days=6)  # the 15th
    found = park.collect("2025-06", "CW-9")
    assert [(each.fate, each.until) for each in found.lines] == [
        (LineFate.EXTENDS, date(2025, 8, 8))
    ]
    trial = accounts.trial(desk.estate, DESK)
    assert (trial.balanced, trial.held_fen, trial.money_in_fen) == (True, 80_00, 180_00)
    (month,) = waits(park, view, caller)
    assert (month.collected, month.sale.state, month.sale.missing_fen) == (True, SaleState.OPEN, 0)
    desk.caller = caller
    after = write(park, month, card)
    assert after.rights[RightKind.PARKING].last == date(2025, 8, 8)
    assert waits(park, view, caller) == ()
    trial = accounts.trial(desk.estate, DESK)
    assert (trial.balanced, trial.held_fen, trial.settled_fen) == (True, 0, 180_00)
    assert documents.documents_owed(desk.estate, KIOSK, None).documents == ()
    *_, record = agreements.agreement(desk.estate, DESK, 2).records
    assert (record.event, record.amount_fen) == ("collected", 80_00)


def test_a_gate_honours_a_collected_month_at_once_park_10a(park: CarPark, view: CardView) -> None:
    before = snapshots.snapshot(park.desk.estate, GATE, None)
    park.collect("2025-06", "CW-9")
    later = snapshots.snapshot(park.desk.estate, GATE, before.version)
    assert [each.number for each in later.cards] == [view.number]
    assert pending(park) == {
        RightKind.PARKING: Period(first=date(2025, 6, 9), last=date(2025, 8, 8))
    }


def test_a_month_written_late_still_follows_the_old_end_park_10a(
    park: CarPark, view: CardView, card: PlainCard
) -> None:
    """The card comes after its old end; what the bank collected was the month after that end."""
    park.collect("2025-06", "CW-9")
    park.desk.clock.forward(days=40)  # 19 July
    (month,) = waits(park, view)
    after = write(park, month, card)
    parking = after.rights[RightKind.PARKING]
    assert (parking.last, parking.anchor) == (date(2025, 8, 8), 9)
    assert pending(park) == {}


def test_two_collected_months_wait_one_after_the_other_park_10a(
    park: CarPark, view: CardView, card: PlainCard
) -> None:
    park.collect("2025-06", "CW-9")
    park.desk.clock.forward(days=36)
    second = park.collect("2025-07", "CW-9")
    assert second.lines[0].until == date(2025, 9, 8)
    assert pending(park)[RightKind.PARKING].last == date(2025, 9, 8)
    for last in (date(2025, 8, 8), date(2025, 9, 8)):
        after = write(park, waits(park, view)[0], card)
        assert after.rights[RightKind.PARKING].last == last


def test_a_waiting_month_follows_the_card_that_replaced_the_old_one_park_10a(
    park: CarPark, view: CardView
) -> None:
    park.collect("2025-06", "CW-9")
    other = blank()
    moved = park.desk.do(park.desk.replace_request(view), other).card
    (month,) = waits(park, moved)
    after = write(park, month, other)
    assert after.rights[RightKind.PARKING].last == date(2025, 8, 8)


def test_a_month_is_collected_once_park_10a(park: CarPark, view: CardView) -> None:
    """The same list, the same list again in another file, and a line twice in one file."""
    estate = park.desk.estate
    request = park.bank_list("2025-06", line("CW-9"), line("CW-9"))
    found = collecting.confirm(estate, DESK, request)
    assert [each.fate for each in found.lines] == [LineFate.EXTENDS, LineFate.REPEATED]
    assert collecting.confirm(estate, DESK, request) == found
    again = park.collect("2025-06", "CW-9")
    assert [each.fate for each in again.lines] == [LineFate.REPEATED]
    assert len(waits(park, view)) == 1


def test_a_preview_tells_each_lines_fate_and_changes_nothing_park_10a(
    park: CarPark, view: CardView
) -> None:
    park.signed("CW-10", SpaceKind.SURFACE)
    park.signed("CW-11", SpaceKind.GIFTED, bank_collected=True)
    request = park.bank_list(
        "2025-06",
        line("CW-9"),
        line("CW-9", 79_00),
        line("CW-9", collected=False),
        line("CW-10"),
        line("CW-11", 60_00),
        line("XX-1"),
    )
    shown = collecting.preview(park.desk.estate, DESK, request)
    assert [each.fate for each in shown.lines] == [
        LineFate.EXTENDS,
        LineFate.OTHER_AMOUNT,
        LineFate.REMINDS,
        LineFate.NOT_BANK,
        LineFate.NO_CARD,
        LineFate.UNKNOWN,
    ]
    assert (shown.confirmed, waits(park, view)) == (False, ())
    assert accounts.trial(park.desk.estate, DESK).money_in_fen == 100_00


def test_a_list_that_says_nothing_or_comes_too_early_is_refused_park_10a(park: CarPark) -> None:
    for month, lines, reason in (
        ("2025-06", (), "list-empty"),
        ("2025-07", (line("CW-9"),), "month-to-come"),
        ("June", (line("CW-9"),), "month-unclear"),
    ):
        with refused(reason, "PARK-10a"):
            collecting.preview(park.desk.estate, DESK, park.bank_list(month, *lines))


def test_a_month_beyond_the_agreement_is_not_given_park_06a(park: CarPark) -> None:
    agreement = park.signed("CW-9", SpaceKind.BOUGHT, bank_collected=True, ends=date(2025, 8, 7))
    park.desk.do(park.new_card_request(agreement), blank())
    assert [each.fate for each in park.collect("2025-06", "CW-9").lines] == [LineFate.ENDED]


def test_collected_money_is_not_paid_out_park_12b(
    park: CarPark, view: CardView, card: PlainCard
) -> None:
    """Neither by giving the sale up nor by undoing the write: the month goes on waiting."""
    park.collect("2025-06", "CW-9")
    (month,) = waits(park, view)
    body = CancelRequest(cancel_id=new_id(), reason="x")
    with refused("bank-money", "PARK-12b"):
        selling.cancel_sale(park.desk.estate, DESK, month.sale.sale_id, body)
    ticket = park.begin_paid(month.request, card, month.sale.sale_id)
    evidence = card.evidence()
    undo = VoidRequest(evidence=evidence, reason="x")
    voided = ending.void(park.desk.estate, DESK, ticket.operation_id, undo)
    assert voided.refund_fen == 0
    (again,) = waits(park, view)
    assert again.sale.state is SaleState.OPEN
    assert write(park, again, card).rights[RightKind.PARKING].last == date(2025, 8, 8)


def test_what_the_bank_collects_is_not_sold_at_kiosk_or_desk_park_10(
    park: CarPark, view: CardView
) -> None:
    request = TopUpRequest(card_number=view.number, months=1)
    for caller in (DESK, KIOSK):
        with refused("bank-collected", "PARK-10"):
            planning.quote(park.desk.estate, caller, request)


def test_a_failed_collection_reminds_and_keeps_the_right_to_the_months_end_park_10a(
    park: CarPark, view: CardView, card: PlainCard
) -> None:
    """The July collection fails; the right of 8 July is kept to the 31st, then cash is taken."""
    desk = park.desk
    desk.clock.forward(days=36)  # 15 July
    shown = park.collect("2025-07", "CW-9", collected=False)
    assert [each.fate for each in shown.lines] == [LineFate.REMINDS]
    (reminder,) = collecting.reminders(desk.estate, DESK).reminders
    assert (reminder.holder_name, reminder.kept_until) == ("王秀兰", date(2025, 7, 31))
    assert (reminder.phone, reminder.note) == ("139****1201", "余额不足")
    assert pending(park)[RightKind.PARKING].last == date(2025, 7, 31)
    request = TopUpRequest(card_number=view.number, months=1)
    with refused("bank-collected", "PARK-10"):
        planning.quote(desk.estate, DESK, request)
    desk.clock.forward(days=17)  # 1 August
    assert pending(park) == {}
    with refused("bank-collected", "PARK-10"):
        planning.quote(desk.estate, KIOSK, request)
    parking = desk.do(request, card).card.rights[RightKind.PARKING]
    assert parking.last == date(2025, 8, 8)  # the kept days are among those paid
    assert collecting.reminders(desk.estate, DESK).reminders == ()
    with refused("bank-collected", "PARK-10"):
        planning.quote(desk.estate, DESK, request)


def test_a_second_try_of_the_bank_makes_a_failed_month_good_park_10a(
    park: CarPark, view: CardView
) -> None:
    park.collect("2025-06", "CW-9", collected=False)
    park.collect("2025-06", "CW-9")
    assert collecting.reminders(park.desk.estate, DESK).reminders == ()
    assert len(waits(park, view)) == 1


def test_collected_money_in_suspense_is_not_handed_back_from_the_drawer_park_12b(
    park: CarPark, view: CardView
) -> None:
    """However it got there: a cashier may find it earned or keep it, and pays nothing out."""
    park.collect("2025-06", "CW-9")
    (month,) = waits(park, view)
    with writing(park.desk.estate, DESK) as turn:
        selling.suspend(turn, turn.find(SaleRow, month.sale.sale_id, "sale"), "x")
    (item,) = suspense.suspense(park.desk.estate, DESK).items
    assert item.outcomes == (SuspenseOutcome.EARNED, SuspenseOutcome.KEPT)
    for outcome, refusal in (
        (SuspenseOutcome.HANDED_BACK, ("bank-money", "PARK-12b")),
        (SuspenseOutcome.RETURNED, ("outcome-unfit", "FEE-36")),
    ):
        with refused(*refusal):
            settle_suspense(park, item.sale_id, outcome)
    settle_suspense(park, item.sale_id, SuspenseOutcome.KEPT)
    assert suspense.suspense(park.desk.estate, DESK).items == ()


def settle_suspense(park: CarPark, sale_id: str, outcome: SuspenseOutcome) -> None:
    request = SettleSuspense(
        settlement_id=new_id(), sale_id=sale_id, outcome=outcome, evidence="银行来电"
    )
    cashier = allowed(DESK, Action.SETTLE_SUSPENSE)
    suspense.settle_suspense(park.desk.estate, cashier, request)


def test_a_collected_month_waits_for_the_next_card_where_its_own_never_comes_back_park_12b(
    park: CarPark, view: CardView, card: PlainCard
) -> None:
    park.collect("2025-06", "CW-9")
    (month,) = waits(park, view)
    ticket = park.begin_paid(month.request, card, month.sale.sale_id)
    gone = AbandonRequest(reason="card-not-returned")
    voided = ending.abandon(park.desk.estate, DESK, ticket.operation_id, gone)
    assert (voided.suspended_fen, voided.refund_fen) == (0, 0)
    assert suspense.suspense(park.desk.estate, DESK).items == ()
    chip = blank()
    park.desk.do(park.desk.replace_request(view), chip)
    (again,) = waits(park, view)
    assert again.sale.state is SaleState.OPEN
    assert write(park, again, chip).rights[RightKind.PARKING].last == date(2025, 8, 8)
