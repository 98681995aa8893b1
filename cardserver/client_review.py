"""Calls about reviews, blank cards, working days, reminders, figures and the queue."""

from collections.abc import Iterator
from datetime import date

from cardserver.clientbase import Calls
from cardserver.domain.review import Part, Quarter
from cardserver.wire_figures import FiguresView
from cardserver.wire_queue import QueueLog, QueueRequest
from cardserver.wire_reminders import DueCounts, Reminders
from cardserver.wire_review import (
    MAX_LINES,
    ComputeRequest,
    DecideRequest,
    LineList,
    LineView,
    QuarterView,
    ReviewView,
    SeeRequest,
    SignRequest,
)
from cardserver.wire_stock import StockRequest, StockView, WorkYearRequest, WorkYearView


class ReviewCalls(Calls):
    """What the desk asks for beside the business of the day."""

    def quarter(self, asked: Quarter) -> QuarterView:
        """A quarter with its computed and signed reviews."""
        return self._get(f"/api/quarters/{asked.year}/{asked.number}", QuarterView)

    def compute(self, asked: Quarter, request: ComputeRequest) -> ReviewView:
        """Compute the nine parts and keep them; seconds in a large estate."""
        path = f"/api/quarters/{asked.year}/{asked.number}/reviews"
        return self._post(path, request, ReviewView)

    def review(self, review_id: int) -> ReviewView:
        """One review. Refused with ``not-found``."""
        return self._get(f"/api/reviews/{review_id}", ReviewView)

    def lines(
        self, review_id: int, part: Part | None = None, *, after: int = 0, limit: int = 100
    ) -> LineList:
        """Lines of one part, or of all, that follow the line `after`."""
        params = {"after": str(after), "limit": str(limit)}
        if part is not None:
            params["part"] = part
        return self._get(f"/api/reviews/{review_id}/lines", LineList, params)

    def all_lines(self, review_id: int) -> Iterator[LineView]:
        """Every line of a review, a page at a time."""
        after, more = 0, True
        while more:
            page = self.lines(review_id, after=after, limit=MAX_LINES)
            yield from page.lines
            after, more = (page.lines[-1].line if page.lines else 0), page.more

    def decide(self, review_id: int, request: DecideRequest) -> ReviewView:
        """The head's decision on cards of part 5."""
        return self._post(f"/api/reviews/{review_id}/decisions", request, ReviewView)

    def sign(self, review_id: int, request: SignRequest) -> ReviewView:
        """Sign with the hand count; refused e.g. with reason ``review-unexplained``."""
        return self._post(f"/api/reviews/{review_id}/signature", request, ReviewView)

    def see(self, review_id: int, request: SeeRequest) -> ReviewView:
        """The department head has seen it."""
        return self._post(f"/api/reviews/{review_id}/sight", request, ReviewView)

    def stock(self) -> StockView:
        """Blank cards."""
        return self._get("/api/card-stock", StockView)

    def move_stock(self, request: StockRequest) -> StockView:
        """Blank cards came or were thrown away."""
        return self._post("/api/card-stock", request, StockView)

    def work_year(self, year: int) -> WorkYearView | None:
        """A year of the working-day calendar; None when it is not on file."""
        return self._find(f"/api/work-years/{year}", WorkYearView, {})

    def put_work_year(self, year: int, request: WorkYearRequest) -> WorkYearView:
        """Put a year on file."""
        return self._post(f"/api/work-years/{year}", request, WorkYearView)

    def reminders(self, limit: int = 50) -> Reminders:
        """What is about to end or has ended."""
        return self._get("/api/reminders", Reminders, {"limit": str(limit)})

    def due_counts(self) -> DueCounts:
        """What the counter's footer says."""
        return self._get("/api/reminders/counts", DueCounts)

    def figures(self, first: date, last: date) -> FiguresView:
        """What the charts show."""
        params = {"first": first.isoformat(), "last": last.isoformat()}
        return self._get("/api/figures", FiguresView, params)

    def queue_log(self) -> QueueLog:
        """When the queue alarm rang and a second desk was opened."""
        return self._get("/api/queue-events", QueueLog)

    def note_queue(self, request: QueueRequest) -> QueueLog:
        """Log a queue alarm, or that a second desk was opened."""
        return self._post("/api/queue-events", request, QueueLog)
