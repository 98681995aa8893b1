"""Pages of applications, step by step, and the acts around a card at the counter.

A page parses a form and calls the server; who may do a step is the server's to say, and a refusal
for want of a right brings the step-up form.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.domain.application import APPLICATION_OF, ApplicationKind, CardForm, Step
from cardserver.domain.cardreport import Reporter, ReportKind
from cardserver.domain.rights import HolderClass
from cardserver.domain.verification import Paper
from cardserver.wire_approvals import (
    ApplicationList,
    ApplicationRequest,
    HandOnRequest,
    StepRequest,
)
from cardserver.wire_cards import HolderView
from kiosk.desk import cardacts
from kiosk.desk.cardacts import word
from kiosk.desk.counter import Counter
from kiosk.desk.people import page_number
from kiosk.desk.shiftforms import Drafts, Form
from kiosk.station.clock import ESTATE_ZONE, Clock
from kiosk.station.problems import problem_of
from kiosk.station.typed import day_or_none, id_of
from kiosk.station.web import back_to

_TEXT_SIZE: Final = 400
_FOUND: Final = 20
_PAGE: Final = 50
_FAR: Final = 1_000_000
_SHOWN_OF_UNIT: Final = 50


def blueprint(counter: Counter, clock: Clock) -> Blueprint:
    """All pages and acts of this topic over one counter."""
    pages = Blueprint("approvals", __name__)
    pages.app_context_processor(lambda: {"local": _local})
    _add_lists(pages, counter)
    _add_applying(pages, counter)
    _add_steps(pages, counter)
    _add_card_page(pages, counter)
    _add_acts(pages, counter, clock)
    return pages


def _local(at: datetime) -> datetime:
    """An instant as the estate's wall clock shows it."""
    return at.astimezone(ESTATE_ZONE)


def _add_lists(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/approvals")
    def listed() -> str:
        everything = request.args.get("all") == "yes"
        page = page_number()
        start = min(page * _PAGE, _FAR)
        found = ApplicationList(applications=(), total=0)
        people: list[HolderView] = []
        query, problem = request.args.get("q", "").strip(), ""
        try:
            found = counter.server.approvals.applications(
                waiting=not everything, offset=start, limit=_PAGE
            )
            if query:
                people = _applicants(counter, query)
        except ServerError as error:
            problem = problem_of(error)
        return render_template(
            "desk/approvals/list.html",
            applications=found.applications,
            total=found.total,
            page=page,
            more=start + len(found.applications) < found.total,
            everything=everything,
            people=people,
            query=query,
            problem=problem,
        )


def _add_applying(pages: Blueprint, counter: Counter) -> None:
    drafts = Drafts()

    @pages.before_request
    def whose() -> None:
        drafts.belong_to(counter.operator)

    @pages.get("/approvals/new/<int:holder_id>")
    def new(holder_id: int) -> ResponseReturnValue:
        return _new_page(counter, drafts, holder_id)

    @pages.post("/approvals/new/<int:holder_id>")
    def apply(holder_id: int) -> ResponseReturnValue:
        made: list[str] = []

        def act(form: Form) -> None:
            body = _application(holder_id, form["id"])
            made.append(counter.server.approvals.apply(body).application_id)

        done = drafts.attempt(_draft(holder_id), request.form.to_dict(), act)
        if not done and drafts.notice:
            return _new_page(counter, drafts, holder_id), 422
        filed = made[0] if made else id_of(request.form.get("id", ""))  # or a doubled click
        return redirect(url_for("approvals.show", application_id=filed), code=303)


def _draft(holder_id: int) -> str:
    return f"apply-{holder_id}"


def _applicants(counter: Counter, query: str) -> list[HolderView]:
    found = counter.server.search(query, _FOUND)
    return [each for each in found if each.holder_class in APPLICATION_OF]


def _new_page(counter: Counter, drafts: Drafts, holder_id: int) -> str:
    """What was typed stays until it is on file, so that nobody types it again after a step-up."""
    holder = _holder(counter, holder_id)
    if holder.holder_class not in APPLICATION_OF:
        abort(404)
    return render_template(
        "desk/approvals/new.html",
        person=holder,
        problem=drafts.take()[0],
        form=drafts.of(_draft(holder_id)),
    )


def _holder(counter: Counter, holder_id: int) -> HolderView:
    try:
        return counter.server.holder(holder_id)
    except ServerError:
        abort(404)


def _application(holder_id: int, application_id: str) -> ApplicationRequest:
    """The application as typed. Raises RuleViolation for what is no day."""
    form = request.form
    kind = ApplicationKind(form["kind"]) if form.get("kind") in set(ApplicationKind) else None
    if kind is None:
        abort(400)
    seen = tuple(Paper(name) for name in form.getlist("paper") if name in set(Paper))
    return ApplicationRequest(
        application_id=application_id,
        kind=kind,
        holder_id=holder_id,
        dated=_day("dated") or date.max,
        applicant=word(form, "applicant"),
        form=CardForm(form["form"]) if form.get("form") in set(CardForm) else CardForm.PERSONAL,
        section=word(form, "section"),
        papers=seen,
        purpose=word(form, "purpose", _TEXT_SIZE),
    )


def _day(name: str) -> date | None:
    return day_or_none(request.form.get(name, ""))


def _fresh() -> str:
    return str(uuid4())


def _add_steps(pages: Blueprint, counter: Counter) -> None:
    drafts = Drafts()

    @pages.before_request
    def whose() -> None:
        drafts.belong_to(counter.operator)

    @pages.get("/approvals/<uuid:application_id>")
    def show(application_id: UUID) -> str:
        return _step_page(counter, drafts, str(application_id))

    @pages.post("/approvals/<uuid:application_id>")
    def step(application_id: UUID) -> ResponseReturnValue:
        name = request.form.get("step", "")
        if name not in set(Step):
            abort(400)

        def act(form: Form) -> None:
            body = _step(Step(name), form["id"])
            counter.server.approvals.decide(str(application_id), body)

        form = request.form.to_dict()
        done = drafts.attempt(_step_draft(str(application_id), name), form, act)
        if not done and drafts.notice:
            return _step_page(counter, drafts, str(application_id)), 422
        return redirect(url_for("approvals.show", application_id=application_id), code=303)


def _step_draft(application_id: str, step: str) -> str:
    return f"{step}-{application_id}"


def _step(step: Step, step_id: str) -> StepRequest:
    """A step as typed. Raises RuleViolation for what is no day."""
    return StepRequest(
        step_id=step_id,
        step=step,
        remark=word(request.form, "remark", _TEXT_SIZE),
        contract_ends=_day("contract_ends"),
        last_day=_day("last_day"),
        length_reason=word(request.form, "length_reason", _TEXT_SIZE),
    )


def _step_page(counter: Counter, drafts: Drafts, application_id: str) -> str:
    """The next step; what was typed stays through the step-up of whoever it is asked of."""
    try:
        found = counter.server.approvals.application(application_id)
    except ServerError:
        abort(404)
    return render_template(
        "desk/approvals/application.html",
        application=found,
        problem=drafts.take()[0],
        draft=lambda step: drafts.of(_step_draft(application_id, step)),
    )


def _add_card_page(pages: Blueprint, counter: Counter) -> None:
    drafts = Drafts()

    @pages.before_request
    def whose() -> None:
        drafts.belong_to(counter.operator)

    @pages.post("/approvals/card/<int:number>/hand-on")
    def hand_on(number: int) -> ResponseReturnValue:
        """A section's card inside its section (IC-15a)."""

        def act(form: Form) -> None:
            body = HandOnRequest(
                handing_id=form["id"],
                given_to=form.get("given_to", ""),
                remark=word(form, "remark", _TEXT_SIZE),
            )
            counter.server.approvals.hand_on(number, body)

        drafts.attempt(f"hand-on-{number}", request.form.to_dict(), act)
        return redirect(url_for("approvals.card", number=number), code=303)

    @pages.get("/approvals/card/<int:number>")
    def card(number: int) -> str:
        try:
            found = counter.server.card(number=number)
            if found is None:
                abort(404)
            household = _household(counter, counter.server.holder(found.holder_id))
            appraisals = counter.server.approvals.appraisals(number).appraisals
            section = counter.server.approvals.section_card(number)
        except ServerError:
            abort(404)
        return render_template(
            "desk/approvals/card.html",
            card=found,
            household=household,
            appraisals=appraisals,
            section=section,
            draft=drafts.of(f"hand-on-{number}"),
            said=drafts.take()[0],
            kinds=[ReportKind.RETURNED, ReportKind.SWAPPED, ReportKind.FOUND],
            reporters=list(Reporter),
            id=_fresh(),
        )


def _household(counter: Counter, holder: HolderView) -> list[HolderView]:
    """The others of the holder's unit, who may be given the card instead."""
    if not holder.unit or holder.holder_class is HolderClass.STAFF:
        return []
    found = counter.server.search(holder.unit, _SHOWN_OF_UNIT)
    mine = holder.unit, holder.holder_id
    return [each for each in found if each.unit == mine[0] and each.holder_id != mine[1]]


def _add_acts(pages: Blueprint, counter: Counter, clock: Clock) -> None:
    def act(name: str, doing: Callable[[], None]) -> None:
        def view() -> ResponseReturnValue:
            doing()
            return back_to("desk.page", part="desk.work")

        pages.add_url_rule(f"/{name}", name, view, methods=["POST"])

    act("inspect", lambda: cardacts.inspect(counter, request.form))
    act("call", lambda: cardacts.call_owner(counter, request.form))
    act("explained", partial(cardacts.explained, counter))
    act("card-slip", lambda: cardacts.print_slip(counter, clock()))
    act("on-record", partial(cardacts.take_on_record, counter))

    @pages.post("/report")
    def report() -> ResponseReturnValue:
        made = id_of(request.form.get("id", ""))
        cardacts.report(counter, request.form, report_id=made)
        return back_to("desk.page", part="desk.work")
