"""The gates at the desk: now, why a card was refused, the manager's reports, the rules.

What is shown is what the lanes wrote down; a gate out of reach goes on alone and tells later.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.domain.errors import RuleViolation
from cardserver.domain.gateevent import EventKind
from cardserver.wire_gatereports import SeeAlarm, TraceRequest
from kiosk.desk.asking import act_id, attempt, line_of, looked, words
from kiosk.desk.counter import Counter
from kiosk.desk.exports import KINDS, sent
from kiosk.desk.gatefigures import area_name, figures_of, percent, report_form
from kiosk.desk.gaterulepages import add_rules
from kiosk.station.ages import how_long
from kiosk.station.clock import ESTATE_ZONE, Clock, local_date
from kiosk.station.typed import day, row_of

_TAPS: Final = 30
_INSIDE: Final = 300
_DAYS: Final = 7
TABS: Final = ("now", "why", "reports", "rules")


def gate_pages(counter: Counter, clock: Clock) -> Blueprint:
    """The blueprint of ``/gates``."""
    pages = Blueprint("gates", __name__, url_prefix="/gates", template_folder="templates")

    @pages.context_processor
    def everywhere() -> dict[str, object]:
        return {
            "tabs": TABS,
            "local": local_text,
            "stood_for": lambda since: how_long("for", clock() - since),
            "new_id": lambda: str(uuid4()),
            "percent": percent,
            "area_name": area_name,
        }

    _add_now(pages, counter)
    _add_why(pages, counter, clock)
    _add_reports(pages, counter, clock)
    add_rules(pages, counter)
    return pages


def local_text(instant: datetime) -> str:
    """An instant to the second, in the estate's time: a gate's seconds matter."""
    return f"{instant.astimezone(ESTATE_ZONE):%Y-%m-%d %H:%M:%S}"


# --- now -----------------------------------------------------------------------------------------


def _add_now(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/")
    def now() -> str:
        facts: dict[str, Any] = {"tab": "now", "alarms": None, "listed": _INSIDE}

        def look() -> None:
            reports = counter.server.gate_reports
            facts.update(
                alarms=reports.alarms().alarms,
                inside=reports.inside(),
                taps=reports.lines(EventKind.TAP, limit=_TAPS).lines,
                gates=counter.server.gates.everyone(),
            )

        looked(counter, facts, look)
        return render_template("desk/gates/now.html", **facts)

    @pages.post("/alarms")
    def see() -> ResponseReturnValue:
        def act() -> None:
            form = request.form
            body = SeeAlarm(
                request_id=act_id(form),
                device=form.get("device", ""),
                journal=form.get("journal", ""),
                sequence=row_of(form.get("sequence", "")) or 0,
                remark=words(form.get("remark", ""), "remark-missing"),
            )
            counter.server.gate_reports.see_alarm(body)

        attempt(counter, act)
        return redirect(url_for("gates.now"), HTTPStatus.SEE_OTHER)


# --- why was this card refused -------------------------------------------------------------------


def _add_why(pages: Blueprint, counter: Counter, clock: Clock) -> None:
    @pages.get("/why")
    def why() -> str:
        number = row_of(request.args.get("card", "")) or counter_card(counter)
        facts: dict[str, Any] = {"tab": "why", "number": number, "lines": None, "reach": None}
        if number:
            looked(counter, facts, lambda: _look_up(counter, number, facts))
        return render_template("desk/gates/why.html", **facts)

    @pages.get("/why/trace")
    def traced() -> ResponseReturnValue:
        """Back from a step-up: what was asked for is asked for anew, with its purpose."""
        return redirect(url_for("gates.why"), HTTPStatus.SEE_OTHER)

    @pages.post("/why/trace")
    def trace() -> ResponseReturnValue:
        form, today = request.form, local_date(clock())
        number = row_of(form.get("card", "")) or 0
        facts: dict[str, Any] = {"tab": "why", "number": number, "lines": None, "reach": None}

        def look() -> None:
            body = TraceRequest(
                request_id=act_id(form),
                card_number=number,
                first=day(form.get("first", "") or str(today - timedelta(days=_DAYS))),
                last=day(form.get("last", "") or str(today)),
                purpose=words(form.get("purpose", ""), "purpose-missing"),
            )
            found = counter.server.gate_reports.trace(body)
            facts.update(trace=found.lines, more=found.more)

        if not number:
            return redirect(url_for("gates.why"), HTTPStatus.SEE_OTHER)
        looked(counter, facts, look)
        return render_template("desk/gates/why.html", **facts)


def counter_card(counter: Counter) -> int:
    """The card that lies on the counter's reader, 0 for none of ours."""
    business = counter.business
    card = None if business is None else business.card
    return 0 if card is None else card.number


def _look_up(counter: Counter, number: int, facts: dict[str, Any]) -> None:
    """Its refusals first: a number that is no card of ours was refused as well."""
    facts["lines"] = counter.server.gate_reports.refusals(number).lines
    facts["reach"] = counter.server.gates.reach_of_card(number)


# --- the manager's reports -----------------------------------------------------------------------


def _add_reports(pages: Blueprint, counter: Counter, clock: Clock) -> None:
    @pages.get("/reports")
    def reports() -> str:
        facts: dict[str, Any] = {"tab": "reports", "found": None, "kinds": KINDS}

        def look() -> None:
            first, last = _span(clock)
            facts.update(first=first, last=last)
            facts["found"] = figures_of(counter.server.gate_reports, first, last)

        looked(counter, facts, look)
        return render_template("desk/gates/reports.html", **facts)

    @pages.get("/reports.<kind>")
    def export(kind: str) -> ResponseReturnValue:
        if kind not in KINDS:
            abort(HTTPStatus.NOT_FOUND)
        found: list[ResponseReturnValue] = []

        def write() -> None:
            first, last = _span(clock)
            figures = figures_of(counter.server.gate_reports, first, last)
            form = report_form(figures, counter.server.health().estate)
            found.append(sent(form, kind, f"gates {first} {last}", now=clock()))

        if attempt(counter, write):
            return found[0]
        return redirect(url_for("gates.reports"), HTTPStatus.SEE_OTHER)


def _span(clock: Clock) -> tuple[Any, Any]:
    """The days in the address; without them the last week. Raises RuleViolation."""
    today = local_date(clock())
    first = day(line_of(request.args.get("first", "")) or str(today - timedelta(days=_DAYS - 1)))
    last = day(line_of(request.args.get("last", "")) or str(today))
    if first > last:
        raise RuleViolation("days-turned")
    return first, last
