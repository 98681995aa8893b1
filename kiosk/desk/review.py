"""The pages of the quarter's review: compute, decide, count, explain, sign, see, print (IC-20a)."""

from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from cardserver.domain.errors import RuleViolation
from cardserver.domain.review import Business, Decision, Part, Quarter
from cardserver.domain.rights import HolderClass
from cardserver.wire_review import (
    ComputeRequest,
    DecideRequest,
    QuarterView,
    ReviewView,
    SeeRequest,
    SignRequest,
)
from kiosk.desk.asking import act_id, attempt, line_of, looked, whole, words
from kiosk.desk.counter import Counter
from kiosk.desk.exports import KINDS, sent
from kiosk.desk.quarterform import quarter_form
from kiosk.desk.reviewstock import add_stock, add_work_years
from kiosk.station.clock import ESTATE_ZONE, Clock, local_date
from kiosk.station.typed import row_of, rows_of

_EXPLAINED: Final = (Part.STOCK, Part.RECEIPTS, Part.GATES)
_LINES: Final = 100


def review_pages(counter: Counter, clock: Clock) -> Blueprint:
    """The blueprint of ``/review``."""
    pages = Blueprint("review", __name__, url_prefix="/review", template_folder="templates")
    _add_reading(pages, counter, clock)
    _add_papers(pages, counter, clock)
    _add_acts(pages, counter, clock)
    add_stock(pages, counter, clock)
    add_work_years(pages, counter, clock)
    return pages


# --- looking -------------------------------------------------------------------------------------


def _asked(clock: Clock) -> Quarter:
    """The quarter in the address; without one the last that is over."""
    year, number = request.values.get("year", ""), request.values.get("quarter", "")
    if not (year.isdecimal() and number.isdecimal()):
        return Quarter.of(local_date(clock())).before
    try:
        return Quarter(year=int(year[:5]), number=int(number[:2]))
    except RuleViolation:
        abort(HTTPStatus.NOT_FOUND)


def _chosen(view: QuarterView, review_id: int | None) -> ReviewView | None:
    """The review asked for, else the newest."""
    found = (each for each in view.reviews if review_id in {None, each.review_id})
    return next(found, None)


def _add_reading(pages: Blueprint, counter: Counter, clock: Clock) -> None:
    @pages.get("/")
    def page() -> str:
        asked = _asked(clock)
        around = [asked.before, asked]
        if asked < Quarter.of(local_date(clock())):
            around.append(Quarter.of(asked.after_last))
        facts: dict[str, Any] = {"asked": asked, "around": around, "view": None, "review": None}

        def look() -> None:
            view = counter.server.review.quarter(asked)
            facts["view"] = view
            facts["review"] = _chosen(view, request.args.get("review", type=int))

        looked(counter, facts, look)
        return render_template(
            "desk/review/page.html",
            parts=Part,
            explained=_EXPLAINED,
            kinds=KINDS,
            zone=ESTATE_ZONE,
            business=Business,
            classes=HolderClass,
            request_id=uuid4(),
            **facts,
        )

    @pages.get("/<int:review_id>/<part>")
    def part(review_id: int, part: str) -> str:
        if part not in set(Part):
            abort(HTTPStatus.NOT_FOUND)
        after = request.args.get("after", 0, type=int)
        facts: dict[str, Any] = {"part": Part(part), "review": None, "lines": (), "more": False}

        def look() -> None:
            calls = counter.server.review
            facts["review"] = calls.review(review_id)
            found = calls.lines(review_id, Part(part), after=max(0, after), limit=_LINES)
            facts["lines"], facts["more"] = found.lines, found.more

        looked(counter, facts, look)
        return render_template("desk/review/part.html", request_id=uuid4(), **facts)


def _add_papers(pages: Blueprint, counter: Counter, clock: Clock) -> None:
    @pages.get("/<int:review_id>.<kind>")
    def paper(review_id: int, kind: str) -> ResponseReturnValue:
        if kind not in KINDS:
            abort(HTTPStatus.NOT_FOUND)
        found: list[ResponseReturnValue] = []

        def write() -> None:
            calls = counter.server.review
            review = calls.review(review_id)
            view = calls.quarter(Quarter(year=review.year, number=review.quarter))
            form = quarter_form(
                review,
                calls.all_lines(review_id),
                estate=counter.server.health().estate,
                until=view.last,
            )
            name = f"{form.code} {review.year}Q{review.quarter} {review_id}"
            found.append(sent(form, kind, name, now=clock()))

        if attempt(counter, write):
            return found[0]
        return redirect(url_for("review.page"), HTTPStatus.SEE_OTHER)


# --- acts ----------------------------------------------------------------------------------------


def _to_review(review_id: int) -> ResponseReturnValue:
    form = request.form
    where = url_for(
        "review.page", year=form.get("year"), quarter=form.get("quarter"), review=review_id
    )
    return redirect(where, HTTPStatus.SEE_OTHER)


def _add_acts(pages: Blueprint, counter: Counter, clock: Clock) -> None:
    @pages.post("/compute")
    def compute() -> ResponseReturnValue:
        asked = _asked(clock)
        made = ComputeRequest(request_id=act_id(request.form))
        attempt(counter, lambda: counter.server.review.compute(asked, made))
        where = url_for("review.page", year=asked.year, quarter=asked.number)
        return redirect(where, HTTPStatus.SEE_OTHER)

    @pages.post("/<int:review_id>/sign")
    def sign(review_id: int) -> ResponseReturnValue:
        form = request.form
        attempt(counter, lambda: counter.server.review.sign(review_id, _signing(form)))
        return _to_review(review_id)

    @pages.post("/<int:review_id>/see")
    def see(review_id: int) -> ResponseReturnValue:
        form = request.form

        def act() -> None:
            seen = SeeRequest(request_id=act_id(form), remark=line_of(form.get("remark", "")))
            counter.server.review.see(review_id, seen)

        attempt(counter, act)
        return _to_review(review_id)

    @pages.post("/<int:review_id>/decide")
    def decide(review_id: int) -> ResponseReturnValue:
        form = request.form
        attempt(counter, lambda: counter.server.review.decide(review_id, _deciding(form)))
        where = url_for("review.part", review_id=review_id, part=Part.LEAVERS)
        return redirect(where, HTTPStatus.SEE_OTHER)


def _signing(form: "MultiDict[str, str]") -> SignRequest:
    explanations = {part: said for part in _EXPLAINED if (said := line_of(form.get(part, "")))}
    return SignRequest(
        request_id=act_id(form),
        counted=whole(form.get("counted", ""), "count-missing"),
        explanations=explanations,
        refers_to=row_of(form.get("refers_to", "")),
    )


def _deciding(form: "MultiDict[str, str]") -> DecideRequest:
    cards = rows_of(form.getlist("card"))
    decision = form.get("decision", "")
    if not cards or decision not in set(Decision):
        raise RuleViolation("no-card-ticked")
    return DecideRequest(
        request_id=act_id(form),
        cards=cards[:_LINES],
        decision=Decision(decision),
        reason=words(form.get("reason", ""), "reason-missing"),
    )
