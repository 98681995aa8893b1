"""The quarter's review in tests: who signs, who sees it, and each step as one call."""

from datetime import UTC, date, datetime

from cardserver.db.tables import HolderRow
from cardserver.domain.permits import Role
from cardserver.domain.review import Decision, Part, Quarter, StockMove
from cardserver.domain.station import StationKind
from cardserver.services import blanks, queueing, reviewing, reviewviews, setup
from cardserver.services.turn import Caller, writing
from cardserver.wire_queue import QueueRequest
from cardserver.wire_review import (
    ComputeRequest,
    DecideRequest,
    LineView,
    ReviewView,
    SeeRequest,
    SignRequest,
)
from cardserver.wire_stock import StockRequest, StockView
from tests.databases.frontdesk import HEAD_DESK, FrontDesk, blank, new_id

DEPARTMENT = Caller(
    station="desk-1",
    kind=StationKind.DESK,
    operator="沈国栋",
    roles=frozenset({Role.DEPARTMENT_HEAD}),
)
QUARTER = Quarter(year=2025, number=2)
"""The quarter in which `frontdesk` opens its doors."""

REVIEW_DAY = datetime(2025, 7, 1, 2, tzinfo=UTC)
"""Ten in the morning of its first working day after."""


def end_holder(desk: FrontDesk, holder: int, column: str, day: date) -> None:
    """The person is gone since a day."""
    with writing(desk.estate, setup.SETUP) as turn:
        setattr(turn.find(HolderRow, holder, "holder"), column, day)


def compute(desk: FrontDesk, quarter: Quarter = QUARTER) -> ReviewView:
    request = ComputeRequest(request_id=new_id())
    return reviewing.compute_review(desk.estate, HEAD_DESK, quarter, request)


def lines(desk: FrontDesk, review: ReviewView, part: Part) -> list[LineView]:
    found = reviewviews.review_lines(
        desk.estate, HEAD_DESK, review.review_id, part=part, after=0, limit=500
    )
    return list(found.lines)


def sign(
    desk: FrontDesk,
    review: ReviewView,
    *,
    counted: int | None = None,
    explanations: dict[Part, str] | None = None,
    refers_to: int | None = None,
    caller: Caller = HEAD_DESK,
) -> ReviewView:
    """Sign it; by default with a count that agrees and words for whatever else differs."""
    number = max(0, review.figures.stock.end) if counted is None else counted
    if explanations is None:
        explanations = dict.fromkeys(review.figures.differing(number), "已核对")
    request = SignRequest(
        request_id=new_id(), counted=number, explanations=explanations, refers_to=refers_to
    )
    return reviewing.sign(desk.estate, caller, review.review_id, request)


def see(desk: FrontDesk, review: ReviewView, caller: Caller = DEPARTMENT) -> ReviewView:
    request = SeeRequest(request_id=new_id(), remark="已阅")
    return reviewing.see(desk.estate, caller, review.review_id, request)


def decide(
    desk: FrontDesk, review: ReviewView, decision: Decision, *cards: int, caller: Caller = HEAD_DESK
) -> ReviewView:
    request = DecideRequest(request_id=new_id(), cards=cards, decision=decision, reason="租约到期")
    return reviewing.decide(desk.estate, caller, review.review_id, request)


def stock(desk: FrontDesk, move: StockMove, amount: int, day: date | None = None) -> StockView:
    local = desk.clock.now.astimezone(desk.estate.zone).date()
    request = StockRequest(
        request_id=new_id(), day=day or local, move=move, amount=amount, reason="新到一盒"
    )
    return blanks.move(desk.estate, HEAD_DESK, request)


def leave_review_rows(desk: FrontDesk) -> None:
    """A row in every append-only table of this topic, and the clock on the review's day."""
    stock(desk, StockMove.RECEIVED, 10)
    alarm = QueueRequest(request_id=new_id(), event="alarm", waiting=3, threshold=3)
    queueing.note_queue(desk.estate, HEAD_DESK, alarm)
    card = desk.issue(desk.staff, blank())
    end_holder(desk, desk.staff, "ends", date(2025, 6, 20))
    desk.clock.now = REVIEW_DAY
    review = compute(desk)
    decide(desk, review, Decision.KEEP, card.number)
    see(desk, sign(desk, review))
