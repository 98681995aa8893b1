"""The page of charts: cards by holder and state, expiries ahead, takings by day, and tables."""

from collections.abc import Sequence
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.domain.rights import HolderClass
from cardserver.wire_figures import FiguresView
from kiosk.desk.asking import attempt, looked
from kiosk.desk.charts import Chart, stacked
from kiosk.desk.counter import Counter
from kiosk.desk.exports import KINDS, sent
from kiosk.station.clock import Clock, local_date
from kiosk.station.web import t
from printer.form import Align, Amount, Column, Form, Section, rows_of

STATES: Final = ("live", "expired", "blocked", "replaced", "returned", "scrapped")
"""States of a card as the chart stacks them: a live card past its last day is expired."""

TAKINGS: Final = ("cards", "parking", "other")
_DAYS: Final = 30
_LEAST_FEN: Final = 400_00
"""So that a day without takings has a scale people know."""


def figures_pages(counter: Counter, clock: Clock) -> Blueprint:
    """The blueprint of ``/figures``."""
    pages = Blueprint("figures", __name__, url_prefix="/figures", template_folder="templates")

    @pages.get("/")
    def page() -> str:
        first, last = _range(local_date(clock()))
        facts: dict[str, Any] = {"first": first, "last": last, "view": None, "kinds": KINDS}

        def look() -> None:
            view = counter.server.review.figures(first, last)
            facts.update(view=view, **_charts(view))

        looked(counter, facts, look)
        return render_template("desk/figures/page.html", **facts)

    @pages.get("/figures.<kind>")
    def export(kind: str) -> ResponseReturnValue:
        if kind not in KINDS:
            abort(HTTPStatus.NOT_FOUND)
        first, last = _range(local_date(clock()))
        found: list[ResponseReturnValue] = []

        def write() -> None:
            view = counter.server.review.figures(first, last)
            form = _form(view, counter.server.health().estate)
            found.append(sent(form, kind, f"{first} {last}", now=clock()))

        if attempt(counter, write):
            return found[0]
        where = url_for("figures.page", first=first, last=last)
        return redirect(where, HTTPStatus.SEE_OTHER)

    return pages


def _range(today: date) -> tuple[date, date]:
    """The days in the address; without them the last thirty."""
    return (
        _day(request.args.get("first", ""), today - timedelta(days=_DAYS - 1)),
        _day(request.args.get("last", ""), today),
    )


def _day(typed: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return otherwise


# --- charts --------------------------------------------------------------------------------------


def cards_table(view: FiguresView) -> list[tuple[HolderClass, list[int]]]:
    """A row a class of holders, a number a state."""
    found = {(each.holder_class, each.state): each.number for each in view.cards}
    return [
        (holder_class, [found.get((holder_class, state), 0) for state in STATES])
        for holder_class in HolderClass
    ]


def _charts(view: FiguresView) -> dict[str, Any]:
    table = cards_table(view)
    return {
        "cards_table": table,
        "states": STATES,
        "takings": TAKINGS,
        "cards_chart": _of_rows(
            [t(f"class.{each}") for each, _ in table], [row for _, row in table]
        ),
        "months_chart": _of_rows(
            [f"{each.month:%Y-%m}" for each in view.months],
            [[each.door, each.parking] for each in view.months],
        ),
        "days_chart": _of_rows(
            [f"{each.day:%m-%d}" for each in view.days],
            [[each.cards_fen, each.parking_fen, each.other_fen] for each in view.days],
            least=_LEAST_FEN,
        ),
    }


def _of_rows(labels: Sequence[str], rows: Sequence[Sequence[int]], *, least: int = 1) -> Chart:
    return stacked(labels, [list(values) for values in zip(*rows, strict=True)], least=least)


# --- the same as a file --------------------------------------------------------------------------


def _column(title: str) -> Column:
    return Column(title=title, align=Align.RIGHT)


def _form(view: FiguresView, estate: str) -> Form:
    """The three tables in the language of the page."""
    cards = Section(
        heading=t("figures.cards"),
        columns=(
            Column(title=t("figures.holder")),
            *(_column(t(f"figures.state.{state}")) for state in STATES),
        ),
        rows=rows_of((t(f"class.{each}"), *row) for each, row in cards_table(view)),
    )
    months = Section(
        heading=t("figures.months"),
        columns=(
            Column(title=t("figures.month")),
            _column(t("right.door")),
            _column(t("right.parking")),
        ),
        rows=rows_of((f"{each.month:%Y-%m}", each.door, each.parking) for each in view.months),
    )
    days = Section(
        heading=t("figures.days"),
        columns=(
            Column(title=t("figures.day")),
            *(_column(t(f"figures.taken.{word}")) for word in TAKINGS),
        ),
        rows=rows_of(
            (each.day, *map(_amount, (each.cards_fen, each.parking_fen, each.other_fen)))
            for each in view.days
        ),
    )
    return Form(
        title=t("figures.title"),
        code="",
        estate=estate,
        facts=((t("figures.day"), f"{view.first} – {view.last}"),),
        sections=(cards, months, days),
    )


def _amount(fen: int) -> Amount:
    return Amount(fen=fen)
