"""F2 《IC卡季度整理表》: computed, decided on, signed, seen, frozen (IC-20, IC-20a)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from cardserver.db.engine import WRITER
from cardserver.db.listing import gate_rules
from cardserver.domain.review import Business, Decision, Leaving, Part, Quarter, StockMove
from cardserver.domain.rights import CardStatus, HolderClass
from cardserver.domain.station import StationKind
from cardserver.services import (
    blanks,
    blocking,
    ending,
    holders,
    reviewing,
    reviewviews,
    setup,
    snapshots,
    taps,
)
from cardserver.services.errors import NotFound, NotPermitted
from cardserver.services.gaterulerows import add_version
from cardserver.services.turn import writing
from cardserver.wire_cards import BlockRequest
from cardserver.wire_operations import AbandonRequest
from cardserver.wire_review import ComputeRequest, DecideRequest, SignRequest
from cardserver.wire_taps import TapReport, TapsRequest
from tests.databases.frontdesk import DESK, GATE, HEAD_DESK, FrontDesk, blank, new_id, refused
from tests.databases.reviewed import (
    DEPARTMENT,
    QUARTER,
    REVIEW_DAY,
    compute,
    decide,
    end_holder,
    lines,
    see,
    sign,
    stock,
)
from tests.databases.stores import sqlite_store

NEXT = Quarter(year=2025, number=3)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """SQLite here; the same on both stores: test_review_on_both_stores.py."""
    store = sqlite_store(tmp_path)
    yield store
    store.dispose()


def at_review(desk: FrontDesk) -> None:
    desk.clock.now = REVIEW_DAY


def tap(desk: FrontDesk, number: int | None, version: int, *, granted: bool = True) -> None:
    report = TapReport.model_validate(
        {
            "sequence": 1,
            "at": desk.clock.now,
            "lane_id": "door",
            "uid": bytes(7),
            "card_number": number,
            "reason": "granted" if granted else "blocked",
            "granted": granted,
            "snapshot_version": version,
        }
    )
    taps.take_taps(desk.estate, GATE, TapsRequest(journal=new_id(), taps=(report,)))


# --- part 1: blank cards -------------------------------------------------------------------------


def test_part_1_blanks_are_start_and_received_without_issued_and_scrapped(
    desk: FrontDesk,
) -> None:
    """IC-20a (1): received by hand, issued and spoilt by operations, made again by a format."""
    stock(desk, StockMove.RECEIVED, 50)
    stock(desk, StockMove.SCRAPPED, 2)
    old = blank()
    owned = desk.issue(desk.owner, old)
    desk.do(desk.replace_request(owned), blank())
    staff = blank()
    worn = desk.issue(desk.staff, staff)
    desk.format(worn, staff)
    torn = desk.begin(desk.issue_request(desk.family), blank())
    order = AbandonRequest(reason="写坏了")
    ending.abandon(desk.estate, DESK, torn.operation_id, order)
    at_review(desk)
    figures = compute(desk).figures.stock
    assert (figures.start, figures.received, figures.made_blank) == (0, 51, 1)
    assert (figures.issued, figures.scrapped) == (3, 3)
    assert figures.end == 51 - 3 - 3
    assert figures.since == 0
    assert blanks.stock(desk.estate, DESK).expected == 45


def test_the_next_quarter_starts_from_the_count_that_was_signed_ic_20a(desk: FrontDesk) -> None:
    stock(desk, StockMove.RECEIVED, 50)
    at_review(desk)
    stock(desk, StockMove.RECEIVED, 7)
    review = compute(desk)
    assert (review.figures.stock.end, review.figures.stock.since) == (50, 7)
    sign(desk, review, counted=49)
    desk.clock.now = datetime(2025, 10, 9, 2, tzinfo=UTC)
    following = compute(desk, NEXT).figures.stock
    assert (following.start, following.received, following.end) == (49, 7, 56)


def test_blanks_cannot_move_on_a_day_to_come_below_nothing_or_under_a_signed_count(
    desk: FrontDesk,
) -> None:
    with refused("stock-day-ahead"):
        stock(desk, StockMove.RECEIVED, 5, date(2025, 6, 10))
    with refused("stock-too-few"):
        stock(desk, StockMove.SCRAPPED, 1)
    at_review(desk)
    sign(desk, compute(desk))
    with refused("stock-day-signed"):
        stock(desk, StockMove.RECEIVED, 5, date(2025, 6, 30))
    assert stock(desk, StockMove.RECEIVED, 5).expected == 5


def test_only_the_front_desk_head_moves_blanks_and_a_movement_bears_the_name(
    desk: FrontDesk,
) -> None:
    shown = stock(desk, StockMove.RECEIVED, 5)
    assert [(move.amount, move.done_by) for move in shown.moves] == [(5, "何静")]
    with pytest.raises(NotPermitted):
        reviewing.compute_review(desk.estate, DESK, QUARTER, ComputeRequest(request_id=new_id()))


# --- parts 2 and 3: business and receipts --------------------------------------------------------


def test_part_2_counts_business_by_holder_class_within_the_quarter(desk: FrontDesk) -> None:
    """IC-20a (2)."""
    first, second = blank(), blank()
    owned = desk.issue(desk.owner, first)
    desk.issue(desk.owner, blank())
    desk.issue(desk.tenant, second)
    desk.do(desk.replace_request(owned), blank())
    desk.issue(desk.staff, blank())
    desk.clock.now = datetime(2025, 6, 30, 16, 0, tzinfo=UTC)  # midnight of 1 July in the estate
    desk.issue(desk.owner, blank())
    at_review(desk)
    found = {
        (each.business, each.holder_class): each.number
        for each in compute(desk).figures.business
        if each.business in {Business.ISSUE, Business.REPLACE}
    }
    assert found == {
        (Business.ISSUE, HolderClass.OWNER): 2,
        (Business.ISSUE, HolderClass.TENANT): 1,
        (Business.ISSUE, HolderClass.STAFF): 1,
        (Business.REPLACE, HolderClass.OWNER): 1,
    }


def test_part_3_sets_receipts_against_chargeable_cards_and_the_ledger(desk: FrontDesk) -> None:
    """IC-20a (3): free cards are none, and a chargeable card without a paper is listed."""
    owned = desk.issue(desk.owner, blank())
    desk.issue(desk.staff, blank())
    at_review(desk)
    agreed = compute(desk).figures.receipts
    assert (agreed.chargeable, agreed.free, agreed.receipts) == (1, 1, 1)
    assert (agreed.receipts_fen, agreed.earned_fen) == (20_00, 20_00)
    assert not agreed.differs
    # A paper that never was numbered for a card of this quarter cannot happen by our hands.
    with desk.estate.engine.connect().execution_options(**{WRITER: True}) as line, line.begin():
        line.execute(text("DROP TRIGGER keep_document_update"))
        line.execute(text("UPDATE document SET kind = 'top-up-slip'"))
    review = compute(desk)
    assert review.figures.receipts.differs
    (line_,) = lines(desk, review, Part.RECEIPTS)
    assert (line_.card_number, line_.reason) == (owned.number, "without-receipt")
    assert review.figures.differing(review.figures.stock.end) == [Part.RECEIPTS]


# --- parts 4 to 8: lists -------------------------------------------------------------------------


def test_part_4_lists_cards_that_ended_in_the_quarter_and_were_not_extended(
    desk: FrontDesk,
) -> None:
    """IC-20a (4): ended 8 June 2027; older ones are a number."""
    lapsed = desk.issue(desk.owner, blank())
    desk.issue(desk.tenant, blank())  # ended with the lease on 31 January 2026
    kept = blank()
    extended = desk.issue(desk.family, kept)
    desk.clock.now = datetime(2027, 6, 8, 2, tzinfo=UTC)
    desk.do(desk.extend_request(extended), kept)
    desk.clock.now = datetime(2027, 7, 1, 2, tzinfo=UTC)
    review = compute(desk, Quarter(year=2027, number=2))
    assert (review.figures.expired, review.figures.expired_before) == (1, 1)
    (line,) = lines(desk, review, Part.EXPIRED)
    assert (line.card_number, line.day) == (lapsed.number, date(2027, 6, 8))
    assert (line.name, line.unit) == ("王秀兰", "3-1201")


def test_part_5_lists_live_cards_of_people_who_are_gone_with_the_reason(desk: FrontDesk) -> None:
    """IC-20a (5)."""
    owned = desk.issue(desk.owner, blank())
    rented = desk.issue(desk.tenant, blank())
    worked = desk.issue(desk.staff, blank())
    desk.issue(desk.merchant, blank())  # whose application names a contract that runs
    desk.issue(desk.family, blank())
    at_review(desk)
    gone = date(2025, 6, 20)
    end_holder(desk, desk.owner, "ends", gone)
    end_holder(desk, desk.tenant, "lease_end", gone)
    end_holder(desk, desk.staff, "ends", gone)
    review = compute(desk)
    found = {line.card_number: line.reason for line in lines(desk, review, Part.LEAVERS)}
    assert found == {
        owned.number: Leaving.HOUSEHOLD_LEFT,
        rented.number: Leaving.LEASE_ENDED,
        worked.number: Leaving.STAFF_LEFT,
    }
    assert {each.reason: each.number for each in review.figures.leavers} == dict.fromkeys(
        found.values(), 1
    )


def test_part_5_leaves_a_merchant_with_a_running_contract_and_lists_an_ended_one(
    desk: FrontDesk,
) -> None:
    desk.issue(desk.merchant, blank())
    at_review(desk)
    end_holder(desk, desk.merchant, "lease_end", date(2025, 7, 1))
    assert lines(desk, compute(desk), Part.LEAVERS) == []
    end_holder(desk, desk.merchant, "lease_end", date(2025, 6, 30))
    (line,) = lines(desk, compute(desk), Part.LEAVERS)
    assert line.reason == Leaving.CONTRACT_ENDED


_PASSES = """
[schedule.work]
workday = ["08:00-18:00"]
weekend = []
{}"""
_WORKER = """
[[worker]]
card = {}
filing = "2025-017"
first = 2025-04-01
last = {}
zones = [1]
schedule = "work"
"""


def name_passes(desk: FrontDesk, *passes: tuple[int, str]) -> None:
    """The rules of the gates name these cards, each until a day, and no others."""
    document = _PASSES.format("".join(_WORKER.format(number, last) for number, last in passes))
    with writing(desk.estate, desk.caller) as turn:
        standing = gate_rules(turn.session, desk.estate.site)
        after = 0 if standing is None else standing.version
        add_version(turn, document=document, note="", by="吴倩", after=after)


def test_part_6_has_no_figure_while_the_rules_name_no_workers_pass(desk: FrontDesk) -> None:
    name_passes(desk)
    at_review(desk)
    assert compute(desk).figures.passes_out is None


def test_part_6_lists_workers_passes_that_ended_and_were_not_brought_back_ic_20a(
    desk: FrontDesk,
) -> None:
    """IC-20a (6): forgotten by the rules since, still out; extended, lost and brought ones not."""
    chips = [blank() for _ in range(5)]
    out, extended, lost, back, suspected = (desk.issue(desk.owner, chip) for chip in chips)
    ends = "2025-06-20"
    cards = (out, extended, lost, back, suspected)
    name_passes(desk, *((each.number, ends) for each in cards))
    name_passes(desk, (extended.number, "2025-07-31"), (back.number, ends))
    name_passes(desk, *((each.number, ends) for each in cards))  # by mistake, and put right
    name_passes(desk, (extended.number, "2025-07-31"), (back.number, ends))
    for card, reason in ((lost, "lost"), (back, "returned"), (suspected, "clone-suspected")):
        request = BlockRequest(request_id=new_id(), reason=reason)
        blocking.block(desk.estate, DESK, card.number, request)
    desk.format(back, chips[3])
    at_review(desk)
    review = compute(desk)
    assert review.figures.passes_out == 2
    found = lines(desk, review, Part.PASSES)
    assert [(each.card_number, each.reason, each.day, each.note) for each in found] == [
        (each.number, "pass-out", date(2025, 6, 20), "2025-017") for each in (out, suspected)
    ]


def test_part_7_lists_parking_rights_whose_agreement_is_over(desk: FrontDesk) -> None:
    """IC-20a (7)."""
    card = blank()
    view = desk.issue(desk.owner, card)
    desk.add_parking(view, card, months=2)
    at_review(desk)
    assert compute(desk).figures.parking == 0
    with desk.estate.engine.connect().execution_options(**{WRITER: True}) as line, line.begin():
        line.execute(text("UPDATE agreement SET ends = '2025-06-30'"))
    review = compute(desk)
    (shown,) = lines(desk, review, Part.PARKING)
    assert (shown.card_number, shown.reason, shown.note) == (view.number, "agreement-ended", "CW-1")


def test_part_8_lists_register_rows_nobody_signed(desk: FrontDesk) -> None:
    """IC-20a (8): of the quarter and before it; a later one waits for the next form."""
    card = desk.issue(desk.owner, blank())
    desk.clock.now = datetime(2025, 6, 30, 16, 0, tzinfo=UTC)
    desk.issue(desk.owner, blank())
    at_review(desk)
    review = compute(desk)
    (line,) = lines(desk, review, Part.UNSIGNED)
    assert (line.card_number, line.note) == (card.number, "F1 000001")
    assert line.day == date(2025, 6, 9)
    assert review.figures.unsigned == 1


# --- part 9: gates -------------------------------------------------------------------------------


def test_part_9_shows_a_gate_that_lags_and_one_never_heard(desk: FrontDesk) -> None:
    """IC-20a (9): by the version of the list under which the gate decided last."""
    for station in ("gate-1", "gate-2"):
        setup.register_station(desk.estate, station, StationKind.GATE)
    view = desk.issue(desk.owner, blank())
    version = snapshots.snapshot(desk.estate, GATE, None).version
    tap(desk, view.number, version)
    desk.issue(desk.family, blank())
    at_review(desk)
    review = compute(desk)
    near, never = review.figures.gates
    assert (near.station, near.version, near.behind) == ("gate-1", version, 1)
    assert (never.station, never.heard_at) == ("gate-2", None)
    assert review.figures.list_version > version
    assert review.figures.differing(review.figures.stock.end) == [Part.GATES]


def test_part_9_lists_what_opened_against_the_gates_own_list(desk: FrontDesk) -> None:
    view = desk.issue(desk.owner, blank())
    tap(desk, view.number, snapshots.snapshot(desk.estate, GATE, None).version)
    order = BlockRequest(request_id=new_id(), reason="遗失")
    blocking.block(desk.estate, DESK, view.number, order)
    version = snapshots.snapshot(desk.estate, GATE, None).version
    tap(desk, view.number, version, granted=False)
    setup.register_station(desk.estate, "gate-1", StationKind.GATE)
    at_review(desk)
    assert compute(desk).figures.let_in_denied == 0
    desk.clock.now = REVIEW_DAY - timedelta(days=3)
    tap(desk, view.number, version)
    tap(desk, None, version)
    at_review(desk)
    review = compute(desk)
    assert (review.figures.let_in_denied, review.figures.let_in_unknown) == (1, 1)
    (line,) = lines(desk, review, Part.GATES)
    assert (line.card_number, line.note, line.status) == (
        view.number,
        "gate-1",
        CardStatus.BLOCKED,
    )


# --- decisions -----------------------------------------------------------------------------------


def test_a_listed_card_is_blocked_only_by_the_heads_decision_ic_20a(desk: FrontDesk) -> None:
    rented = desk.issue(desk.tenant, blank())
    at_review(desk)
    end_holder(desk, desk.tenant, "lease_end", date(2025, 6, 20))
    review = compute(desk)
    assert holders.card_by_number(desk.estate, DESK, rented.number).status is CardStatus.LIVE
    with pytest.raises(NotPermitted):
        decide(desk, review, Decision.BLOCK, rented.number, caller=DESK)
    decide(desk, review, Decision.KEEP, rented.number)
    (line,) = lines(desk, review, Part.LEAVERS)
    assert (line.decision, line.decided_by, line.status) == (
        Decision.KEEP,
        "何静",
        CardStatus.LIVE,
    )
    before = snapshots.snapshot(desk.estate, GATE, None).version
    decide(desk, review, Decision.BLOCK, rented.number)
    (line,) = lines(desk, review, Part.LEAVERS)
    assert (line.decision, line.status) == (Decision.BLOCK, CardStatus.BLOCKED)
    (told,) = snapshots.snapshot(desk.estate, GATE, before).cards
    assert (told.number, told.status) == (rented.number, CardStatus.BLOCKED)


def test_a_card_that_is_not_listed_is_not_decided_on_and_nothing_is_half_done(
    desk: FrontDesk,
) -> None:
    rented = desk.issue(desk.tenant, blank())
    owned = desk.issue(desk.owner, blank())
    at_review(desk)
    end_holder(desk, desk.tenant, "lease_end", date(2025, 6, 20))
    review = compute(desk)
    with refused("card-not-listed", "IC-20a"):
        decide(desk, review, Decision.BLOCK, rented.number, owned.number)
    assert holders.card_by_number(desk.estate, DESK, rented.number).status is CardStatus.LIVE


def test_a_decision_sent_twice_is_one_decision(desk: FrontDesk) -> None:
    rented = desk.issue(desk.tenant, blank())
    at_review(desk)
    end_holder(desk, desk.tenant, "lease_end", date(2025, 6, 20))
    review = compute(desk)
    request = DecideRequest(
        request_id=new_id(), cards=(rented.number,), decision=Decision.BLOCK, reason="租约到期"
    )
    for _ in range(2):
        reviewing.decide(desk.estate, HEAD_DESK, review.review_id, request)
    with desk.estate.engine.connect() as line:
        assert line.scalar(text("SELECT count(*) FROM card_decision")) == 1


# --- signed, seen, frozen ------------------------------------------------------------------------


def test_a_review_is_signed_with_the_hand_count_and_differences_explained_ic_20a(
    desk: FrontDesk,
) -> None:
    stock(desk, StockMove.RECEIVED, 50)
    at_review(desk)
    review = compute(desk)
    with refused("review-unexplained", "IC-20a"):
        sign(desk, review, counted=49, explanations={})
    signed = sign(desk, review, counted=49, explanations={Part.STOCK: "一张在抽屉后面"}).signature
    assert signed is not None
    assert (signed.version, signed.counted, signed.signed_by) == (1, 49, "何静")
    assert signed.explanations == {Part.STOCK: "一张在抽屉后面"}


def test_a_quarter_that_runs_is_not_signed_ic_20a(desk: FrontDesk) -> None:
    review = compute(desk)
    with refused("quarter-not-over", "IC-20a"):
        sign(desk, review)
    at_review(desk)
    with refused("quarter-not-over", "IC-20a"):
        sign(desk, review)


def test_only_the_front_desk_head_signs_and_only_the_department_head_sees_ic_20a(
    desk: FrontDesk,
) -> None:
    at_review(desk)
    review = compute(desk)
    for caller in (DESK, DEPARTMENT):
        with pytest.raises(NotPermitted):
            sign(desk, review, caller=caller)
    with refused("review-not-signed"):
        see(desk, review)
    sign(desk, review)
    for caller in (DESK, HEAD_DESK):
        with pytest.raises(NotPermitted):
            see(desk, review, caller)
    seen = see(desk, review).seen
    assert seen is not None
    assert (seen.seen_by, seen.late, seen.remark) == ("沈国栋", False, "已阅")
    with refused("review-seen"):
        see(desk, review)


@pytest.mark.parametrize(("day", "late"), [(8, False), (9, True)])
def test_it_is_seen_within_five_working_days_or_marked_late_ic_20a(
    desk: FrontDesk, day: int, late: bool
) -> None:
    """Signed Tuesday 1 July 2025: 2, 3, 4, 7 and 8 July are the five."""
    at_review(desk)
    review = sign(desk, compute(desk))
    assert review.signature is not None
    assert review.signature.see_by == date(2025, 7, 8)
    desk.clock.now = datetime(2025, 7, day, 2, tzinfo=UTC)
    seen = see(desk, review).seen
    assert seen is not None
    assert seen.late is late


def test_a_missing_calendar_year_stops_the_signature_and_is_shown_cal_04a(
    desk: FrontDesk,
) -> None:
    desk.clock.now = datetime(2027, 1, 4, 2, tzinfo=UTC)
    last = Quarter(year=2026, number=4)
    shown = reviewviews.quarter(desk.estate, HEAD_DESK, last)
    assert (shown.due, shown.problem) == (None, "work-year-missing")
    with refused("work-year-missing", "CAL-04a"):
        sign(desk, compute(desk, last))


def test_the_review_is_due_on_the_first_working_day_after_the_quarter_ic_20a(
    desk: FrontDesk,
) -> None:
    """1 to 8 October 2025 are free; so are 1 to 3 January 2026, and the 4th is worked."""
    for number, due in ((2, date(2025, 7, 1)), (3, date(2025, 10, 9)), (4, date(2026, 1, 4))):
        shown = reviewviews.quarter(desk.estate, DESK, Quarter(year=2025, number=number))
        assert shown.due == due


def test_a_second_version_refers_to_the_first_ic_20a(desk: FrontDesk) -> None:
    at_review(desk)
    first = sign(desk, compute(desk))
    with refused("review-signed"):
        sign(desk, first, refers_to=first.review_id)
    second = compute(desk)
    with refused("review-exists", "IC-20a"):
        sign(desk, second)
    again = sign(desk, second, refers_to=first.review_id).signature
    assert again is not None
    assert first.signature is not None
    assert (again.version, again.refers_to) == (2, first.review_id)
    assert again.digest != first.signature.digest
    shown = reviewviews.quarter(desk.estate, DESK, QUARTER)
    assert [each.signature and each.signature.version for each in shown.reviews] == [2, 1]


def test_what_was_computed_stays_as_it_was_whatever_happens_later_ic_20a(
    desk: FrontDesk,
) -> None:
    stock(desk, StockMove.RECEIVED, 50)
    desk.issue(desk.owner, blank())
    at_review(desk)
    review = sign(desk, compute(desk))
    desk.issue(desk.owner, blank())
    kept = reviewviews.review(desk.estate, DESK, review.review_id)
    assert (kept.figures, kept.digest) == (review.figures, review.digest)


def test_an_altered_row_is_found_out_before_it_is_signed_ic_20a(desk: FrontDesk) -> None:
    desk.issue(desk.tenant, blank())
    at_review(desk)
    end_holder(desk, desk.tenant, "lease_end", date(2025, 6, 20))
    review = compute(desk)
    altered = "UPDATE quarter_line SET content = replace(content, 'lease-ended', 'staff-left')"
    with desk.estate.engine.connect().execution_options(**{WRITER: True}) as line, line.begin():
        line.execute(text("DROP TRIGGER keep_quarter_line_update"))
        line.execute(text(altered))
    with refused("review-altered", "IC-20a"):
        sign(desk, review)


def test_a_computation_asked_for_twice_is_made_once(desk: FrontDesk) -> None:
    at_review(desk)
    request = ComputeRequest(request_id=new_id())
    first = reviewing.compute_review(desk.estate, HEAD_DESK, QUARTER, request)
    desk.issue(desk.owner, blank())
    assert reviewing.compute_review(desk.estate, HEAD_DESK, QUARTER, request) == first


def test_a_signature_sent_twice_is_one_signature(desk: FrontDesk) -> None:
    at_review(desk)
    review = compute(desk)
    request = SignRequest(request_id=new_id(), counted=0, explanations={})
    answers = [reviewing.sign(desk.estate, HEAD_DESK, review.review_id, request) for _ in range(2)]
    assert answers[0] == answers[1]


def test_an_unknown_review_is_not_found(desk: FrontDesk) -> None:
    with pytest.raises(NotFound):
        reviewviews.review(desk.estate, DESK, 99)


def test_lists_are_shown_a_page_at_a_time(desk: FrontDesk) -> None:
    numbers = [desk.issue(desk.tenant, blank()).number for _ in range(3)]
    at_review(desk)
    end_holder(desk, desk.tenant, "lease_end", date(2025, 6, 20))
    review = compute(desk)
    first = reviewviews.review_lines(
        desk.estate, DESK, review.review_id, part=Part.LEAVERS, after=0, limit=2
    )
    assert first.more
    rest = reviewviews.review_lines(
        desk.estate,
        DESK,
        review.review_id,
        part=Part.LEAVERS,
        after=first.lines[-1].line,
        limit=50,
    )
    assert not rest.more
    assert [line.card_number for line in (*first.lines, *rest.lines)] == numbers


# --- many cards ----------------------------------------------------------------------------------


def test_each_card_is_looked_up_and_never_a_whole_table_for_each(
    desk: FrontDesk, engine: Engine
) -> None:
    """SQLite had once chosen to look through all receipts for every card of the quarter."""
    desk.issue(desk.owner, blank())
    at_review(desk)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        asked.append((statement, given))

    event.listen(engine, "before_cursor_execute", note)
    compute(desk)
    event.remove(engine, "before_cursor_execute", note)
    plans = [plan_of(engine, *each) for each in asked if "EXISTS" in each[0]]
    looked_up = [line for plan in plans for line in plan if " document " in f"{line} "]
    assert any("ix_document_operation_id" in line for line in looked_up)
    within = [line for plan in plans for line in below_each_row(plan)]
    assert [line for line in within if line.startswith("SCAN") or "(kind=?)" in line] == []


def plan_of(engine: Engine, statement: str, given: Any) -> list[str]:
    """The steps of a statement, those of one row indented below it as SQLite nests them."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
    nested: dict[int, int] = {}
    steps = []
    for number, parent, _, step in rows:
        nested[number] = nested.get(parent, -1) + 1
        steps.append("  " * nested[number] + step)
    return steps


def below_each_row(plan: list[str]) -> list[str]:
    """What is done once for every row: the steps of correlated questions."""
    found, depth = [], None
    for line in plan:
        step = line.lstrip()
        here = len(line) - len(step)
        if depth is not None and here <= depth:
            depth = None
        if depth is not None:
            found.append(step)
        elif step.startswith("CORRELATED"):
            depth = here
    return found
