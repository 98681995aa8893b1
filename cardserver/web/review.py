"""The quarter's review, blank cards, working days, reminders, figures and the queue."""

from datetime import date
from typing import Annotated

from apiflask import APIBlueprint
from pydantic import Field

from cardserver.domain.permits import Action
from cardserver.domain.review import Part, Quarter
from cardserver.services import (
    blanks,
    figuring,
    queueing,
    reminding,
    reviewing,
    reviewviews,
    workcalendar,
)
from cardserver.web.auth import caller, estate, permit
from cardserver.web.params import YEAR, row
from cardserver.wire_figures import FiguresView
from cardserver.wire_queue import QueueLog, QueueRequest
from cardserver.wire_reminders import DueCounts, Reminders
from cardserver.wire_review import (
    MAX_LINES,
    ComputeRequest,
    DecideRequest,
    LineList,
    QuarterView,
    ReviewView,
    SeeRequest,
    SignRequest,
)
from cardserver.wire_stock import StockRequest, StockView, WorkYearRequest, WorkYearView
from cardserver.wirebase import Count, Wire

api = APIBlueprint("review", __name__, tag="Reviews and reminders")


class LinesQuery(Wire):
    """Which lines of a review's lists."""

    part: Part | None = None
    after: Count = 0
    limit: Annotated[int, Field(ge=1, le=MAX_LINES)] = 100


class RemindersQuery(Wire):
    """How many rows of each list."""

    limit: Annotated[int, Field(ge=1, le=MAX_LINES)] = 50


class RangeQuery(Wire):
    """Days, both included."""

    first: date
    last: date


@api.get(f"/quarters/{YEAR}/{row('number')}")
@permit(Action.READ_REGISTER)
@api.output(QuarterView)
def quarter(year: int, number: int) -> QuarterView:
    """Show a quarter with its computed and signed reviews."""
    return reviewviews.quarter(estate(), caller(), Quarter(year=year, number=number))


@api.post(f"/quarters/{YEAR}/{row('number')}/reviews")
@permit(Action.REVIEW_QUARTER)
@api.input(ComputeRequest)
@api.output(ReviewView)
def compute_review(year: int, number: int, json_data: ComputeRequest) -> ReviewView:
    """Compute the nine parts of form F2 and keep them."""
    asked = Quarter(year=year, number=number)
    return reviewing.compute_review(estate(), caller(), asked, json_data)


@api.get(f"/reviews/{row('review_id')}")
@permit(Action.READ_REGISTER)
@api.output(ReviewView)
def review(review_id: int) -> ReviewView:
    """Show one review."""
    return reviewviews.review(estate(), caller(), review_id)


@api.get(f"/reviews/{row('review_id')}/lines")
@permit(Action.READ_REGISTER)
@api.input(LinesQuery, location="query")
@api.output(LineList)
def review_lines(review_id: int, query_data: LinesQuery) -> LineList:
    """List cards, papers and rows that a part of the review names."""
    return reviewviews.review_lines(
        estate(),
        caller(),
        review_id,
        part=query_data.part,
        after=query_data.after,
        limit=query_data.limit,
    )


@api.post(f"/reviews/{row('review_id')}/decisions")
@permit(Action.REVIEW_QUARTER)
@api.input(DecideRequest)
@api.output(ReviewView)
def decide(review_id: int, json_data: DecideRequest) -> ReviewView:
    """Decide on cards of people who left: block them, or keep them."""
    return reviewing.decide(estate(), caller(), review_id, json_data)


@api.post(f"/reviews/{row('review_id')}/signature")
@permit(Action.REVIEW_QUARTER)
@api.input(SignRequest)
@api.output(ReviewView)
def sign(review_id: int, json_data: SignRequest) -> ReviewView:
    """Sign a review with the hand count and the explanations."""
    return reviewing.sign(estate(), caller(), review_id, json_data)


@api.post(f"/reviews/{row('review_id')}/sight")
@permit(Action.SEE_REVIEW)
@api.input(SeeRequest)
@api.output(ReviewView)
def see(review_id: int, json_data: SeeRequest) -> ReviewView:
    """Record that the department head has seen a signed review."""
    return reviewing.see(estate(), caller(), review_id, json_data)


@api.get("/card-stock")
@permit(Action.READ_REGISTER)
@api.output(StockView)
def stock() -> StockView:
    """Show how many blank cards ought to be there, and what moved by hand."""
    return blanks.stock(estate(), caller())


@api.post("/card-stock")
@permit(Action.REVIEW_QUARTER)
@api.input(StockRequest)
@api.output(StockView)
def move_stock(json_data: StockRequest) -> StockView:
    """Record blank cards received or thrown away."""
    return blanks.move(estate(), caller(), json_data)


@api.get(f"/work-years/{YEAR}")
@permit(Action.READ_REGISTER)
@api.output(WorkYearView)
def work_year(year: int) -> WorkYearView:
    """Show holidays and make-up days of a year."""
    return workcalendar.work_year(estate(), caller(), year)


@api.post(f"/work-years/{YEAR}")
@permit(Action.REVIEW_QUARTER)
@api.input(WorkYearRequest)
@api.output(WorkYearView)
def put_work_year(year: int, json_data: WorkYearRequest) -> WorkYearView:
    """Put a year of the working-day calendar on file, or put it right."""
    return workcalendar.put_work_year(estate(), caller(), year, json_data)


@api.get("/reminders")
@permit(Action.FIND_HOLDERS)
@api.input(RemindersQuery, location="query")
@api.output(Reminders)
def reminders(query_data: RemindersQuery) -> Reminders:
    """List what is about to end or has ended."""
    return reminding.reminders(estate(), caller(), query_data.limit)


@api.get("/reminders/counts")
@permit(Action.FIND_HOLDERS)
@api.output(DueCounts)
def due_counts() -> DueCounts:
    """Count what the counter's footer says."""
    return reminding.due_counts(estate(), caller())


@api.get("/figures")
@permit(Action.REPORTS)
@api.input(RangeQuery, location="query")
@api.output(FiguresView)
def figures(query_data: RangeQuery) -> FiguresView:
    """Count cards, expiries ahead and takings for the charts."""
    return figuring.figures(estate(), caller(), query_data.first, query_data.last)


@api.get("/queue-events")
@permit(Action.WORK_SHIFT)
@api.output(QueueLog)
def queue_log() -> QueueLog:
    """Show when the queue alarm rang and a second desk was opened."""
    return queueing.queue_log(estate(), caller())


@api.post("/queue-events")
@permit(Action.WORK_SHIFT)
@api.input(QueueRequest)
@api.output(QueueLog)
def note_queue(json_data: QueueRequest) -> QueueLog:
    """Log a queue alarm or the opening of a second desk."""
    return queueing.note_queue(estate(), caller(), json_data)
