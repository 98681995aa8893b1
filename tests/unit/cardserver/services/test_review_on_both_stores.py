"""What the review, the reminders and the charts ask the database, on SQLite and on PostgreSQL."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cardserver.domain.review import Business, Decision, Part, StockMove
from cardserver.domain.rights import CardStatus, HolderClass
from cardserver.domain.station import StationKind
from cardserver.services import figuring, queueing, reminding, setup, snapshots, workcalendar
from cardserver.services.errors import NotFound, NotPermitted
from cardserver.wire_queue import QueueRequest
from cardserver.wire_reminders import ReminderWord
from cardserver.wire_stock import WorkYearRequest
from tests.databases.frontdesk import DESK, GATE, HEAD_DESK, FrontDesk, blank, new_id, refused
from tests.databases.reviewed import (
    REVIEW_DAY,
    compute,
    decide,
    end_holder,
    lines,
    see,
    sign,
    stock,
)


def test_a_whole_review_from_the_count_to_the_department_heads_sight_ic_20(
    desk: FrontDesk,
) -> None:
    stock(desk, StockMove.RECEIVED, 20)
    setup.register_station(desk.estate, "gate-1", StationKind.GATE)
    owned = blank()
    view = desk.issue(desk.owner, owned)
    desk.add_parking(view, owned, months=2)
    worked = desk.issue(desk.staff, blank())
    end_holder(desk, desk.staff, "ends", date(2025, 6, 20))
    desk.clock.now = REVIEW_DAY
    review = compute(desk)
    figures = review.figures
    assert (figures.stock.end, figures.receipts.chargeable, figures.receipts.free) == (18, 1, 1)
    assert (figures.receipts.receipts, figures.receipts.earned_fen) == (1, 20_00)
    assert figures.business[0].business is Business.ISSUE
    assert [gate.heard_at for gate in figures.gates] == [None]
    (line,) = lines(desk, review, Part.LEAVERS)
    decide(desk, review, Decision.BLOCK, worked.number)
    (decided,) = lines(desk, review, Part.LEAVERS)
    assert (line.status, decided.status) == (CardStatus.LIVE, CardStatus.BLOCKED)
    signed = sign(desk, review, counted=17, explanations={Part.STOCK: "x", Part.GATES: "y"})
    assert signed.signature is not None
    assert see(desk, review).seen is not None
    assert snapshots.snapshot(desk.estate, GATE, None).version == figures.list_version + 1


# --- reminders -----------------------------------------------------------------------------------


def listed(desk: FrontDesk, word: ReminderWord) -> list[tuple[int | None, date]]:
    found = {each.word: each for each in reminding.reminders(desk.estate, DESK, 50).lists}
    assert found[word].total == len(found[word].rows)
    return [(row.card_number, row.day) for row in found[word].rows]


DAYS_BEFORE: dict[int, ReminderWord | None] = {
    31: None,
    30: "in-30-days",
    16: "in-30-days",
    15: "in-15-days",
    8: "in-15-days",
    7: "in-7-days",
    0: "in-7-days",
    -1: "expired",
    -90: "expired",
    -91: None,
}


def test_a_card_stands_in_the_list_of_its_days_and_in_no_other_ic_12c(desk: FrontDesk) -> None:
    """The last day of a card issued 9 June 2025 is 8 June 2027."""
    card = desk.issue(desk.owner, blank())
    last = date(2027, 6, 8)
    for days, word in DAYS_BEFORE.items():
        desk.clock.now = datetime(2027, 6, 8, 2, tzinfo=UTC) - timedelta(days=days)
        for each in reminding.reminders(desk.estate, DESK, 50).lists:
            expected = [(card.number, last)] if each.word == word else []
            assert [(row.card_number, row.day) for row in each.rows] == expected, (days, each.word)
        expiring = reminding.due_counts(desk.estate, DESK).expiring
        assert expiring == (1 if word == "in-7-days" else 0), days


def test_an_ended_lease_and_an_ending_contract_are_reminded_of(desk: FrontDesk) -> None:
    rented = desk.issue(desk.tenant, blank())
    end_holder(desk, desk.tenant, "lease_end", date(2025, 6, 8))
    assert listed(desk, "lease-ended") == [(rented.number, date(2025, 6, 8))]
    assert listed(desk, "contract-ending") == []
    first = reminding.reminders(desk.estate, DESK, 1).lists
    assert all(len(each.rows) <= 1 for each in first)


# --- charts --------------------------------------------------------------------------------------


def test_the_charts_count_cards_expiries_and_takings_of_the_estates_own_days(
    desk: FrontDesk,
) -> None:
    card = blank()
    desk.add_parking(desk.issue(desk.owner, card), card, months=1)
    desk.clock.now = datetime(2025, 6, 10, 16, 30, tzinfo=UTC)  # half past midnight on the 11th
    desk.issue(desk.family, blank())
    shown = figuring.figures(desk.estate, DESK, date(2025, 6, 9), date(2025, 6, 11))
    assert [(day.cards_fen, day.parking_fen) for day in shown.days] == [
        (20_00, 300_00),
        (0, 0),
        (20_00, 0),
    ]
    assert {(each.holder_class, each.state, each.number) for each in shown.cards} == {
        (HolderClass.OWNER, "live", 1),
        (HolderClass.FAMILY, "live", 1),
    }
    months = {each.month: (each.door, each.parking) for each in shown.months}
    assert len(months) == figuring.MONTHS_AHEAD
    assert months[date(2025, 7, 1)] == (0, 1)
    desk.clock.now = datetime(2027, 7, 1, tzinfo=UTC)
    later = figuring.figures(desk.estate, DESK, date(2027, 7, 1), date(2027, 7, 1))
    assert {each.state for each in later.cards} == {"expired"}


def test_a_range_that_is_turned_or_too_long_is_refused(desk: FrontDesk) -> None:
    with refused("range-turned"):
        figuring.figures(desk.estate, DESK, date(2025, 6, 9), date(2025, 6, 8))
    with refused("range-too-long"):
        figuring.figures(desk.estate, DESK, date(2024, 6, 9), date(2025, 6, 10))


# --- working days and the queue ------------------------------------------------------------------


def test_a_year_put_on_file_goes_before_the_one_that_is_known_cal_04a(desk: FrontDesk) -> None:
    with pytest.raises(NotFound):
        workcalendar.work_year(desk.estate, DESK, 2027)
    assert not workcalendar.work_year(desk.estate, DESK, 2026).own
    request = WorkYearRequest(
        request_id=new_id(),
        source="放假通知",
        holidays={date(2027, 1, 1): "元旦"},
        make_ups={},
    )
    with pytest.raises(NotPermitted):
        workcalendar.put_work_year(desk.estate, DESK, 2027, request)
    workcalendar.put_work_year(desk.estate, HEAD_DESK, 2027, request)
    put = workcalendar.put_work_year(desk.estate, HEAD_DESK, 2027, request)
    assert (put.own, put.holidays) == (True, {date(2027, 1, 1): "元旦"})
    with refused("work-day-of-another-year", "CAL-04a"):
        again = request.model_copy(update={"request_id": new_id()})
        workcalendar.put_work_year(desk.estate, HEAD_DESK, 2028, again)
    empty = WorkYearRequest(request_id=new_id(), source="x", holidays={}, make_ups={})
    with refused("work-year-empty", "CAL-04a"):
        workcalendar.put_work_year(desk.estate, HEAD_DESK, 2028, empty)


def test_the_queue_alarm_and_the_second_desk_are_logged_with_their_times_fee_06a(
    desk: FrontDesk,
) -> None:
    alarm = QueueRequest(request_id=new_id(), event="alarm", waiting=3, threshold=3)
    for _ in range(2):
        queueing.note_queue(desk.estate, DESK, alarm)
    rang = desk.clock.now
    desk.clock.forward(minutes=4)
    opened = QueueRequest(request_id=new_id(), event="second-desk", waiting=4, threshold=3)
    log = queueing.note_queue(desk.estate, DESK, opened).events
    assert [(each.event, each.waiting, each.at) for each in log] == [
        ("second-desk", 4, desk.clock.now),
        ("alarm", 3, rang),
    ]
