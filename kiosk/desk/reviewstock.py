"""Two pages beside the quarter's review: blank cards, and the working days of a year (CAL-04a)."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.domain.errors import RuleViolation
from cardserver.domain.review import StockMove
from cardserver.wire_stock import StockRequest, WorkYearRequest
from kiosk.desk.asking import act_id, attempt, looked, whole, words
from kiosk.desk.counter import Counter
from kiosk.station.clock import ESTATE_ZONE, Clock, local_date
from kiosk.station.typed import day

_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2999
_NAME_SIZE: Final = 60


def add_stock(pages: Blueprint, counter: Counter, clock: Clock) -> None:
    """``/review/stock``: blanks that ought to be there, and what moved by hand."""

    @pages.get("/stock")
    def stock() -> str:
        facts: dict[str, Any] = {"stock": None}

        def look() -> None:
            facts["stock"] = counter.server.review.stock()

        looked(counter, facts, look)
        return render_template(
            "desk/review/stock.html",
            moves=StockMove,
            day=local_date(clock()),
            zone=ESTATE_ZONE,
            request_id=uuid4(),
            **facts,
        )

    @pages.post("/stock")
    def move() -> ResponseReturnValue:
        form = request.form
        attempt(counter, lambda: counter.server.review.move_stock(_moving(form)))
        return redirect(url_for("review.stock"), HTTPStatus.SEE_OTHER)


def _moving(form: Mapping[str, str]) -> StockRequest:
    amount = whole(form.get("amount", ""), "count-missing")
    word = form.get("move", "")
    if amount == 0 or word not in set(StockMove):
        raise RuleViolation("count-missing")
    return StockRequest(
        request_id=act_id(form),
        day=day(form.get("day", "")),
        move=StockMove(word),
        amount=amount,
        reason=words(form.get("reason", ""), "reason-missing"),
    )


def add_work_years(pages: Blueprint, counter: Counter, clock: Clock) -> None:
    """``/review/work-years``: holidays and make-up days of a year, to be put right."""

    @pages.get("/work-years")
    def work_years() -> str:
        wished = request.args.get("year", type=int) or local_date(clock()).year
        year = min(max(wished, _FIRST_YEAR), _LAST_YEAR)
        facts: dict[str, Any] = {"year": year, "found": None}

        def look() -> None:
            facts["found"] = counter.server.review.work_year(year)

        looked(counter, facts, look)
        return render_template("desk/review/work_years.html", request_id=uuid4(), **facts)

    @pages.post("/work-years/<int:year>")
    def put_work_year(year: int) -> ResponseReturnValue:
        form = request.form
        attempt(counter, lambda: counter.server.review.put_work_year(year, _year(form)))
        return redirect(url_for("review.work_years", year=year), HTTPStatus.SEE_OTHER)


def _year(form: Mapping[str, str]) -> WorkYearRequest:
    return WorkYearRequest(
        request_id=act_id(form),
        source=words(form.get("source", ""), "source-missing"),
        holidays=_named_days(form.get("holidays", "")),
        make_ups=_named_days(form.get("make_ups", "")),
    )


def _named_days(typed: str) -> dict[date, str]:
    """One day a line, ``2027-01-01 元旦``. Raises RuleViolation ``work-days-unreadable``."""
    days: dict[date, str] = {}
    for line in filter(None, map(str.strip, typed.splitlines())):
        day, _, name = line.partition(" ")
        try:
            days[date.fromisoformat(day)] = name.strip()[:_NAME_SIZE] or day
        except ValueError:
            raise RuleViolation("work-days-unreadable", rule="CAL-04a") from None
    return days
