"""The counter's page: parse a form, call one act, show the page anew."""

import re
import unicodedata
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from flask import Blueprint, Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.domain.card import REPLACEABLE
from cardserver.domain.denomination import notes_typed, total_of
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationKind
from cardserver.domain.parking import Gap
from cardserver.domain.rights import HolderClass
from cardserver.domain.tariff import ReplaceReason
from cardserver.domain.verification import (
    CARD_PAPERS,
    PARKING_PAPERS,
    Paper,
    check_card_papers,
    check_parking_papers,
)
from cardserver.wire import CardView
from cardserver.wire_people import PersonView
from kiosk.desk import approvals, cardacts, cashpages, papers, shiftpages
from kiosk.desk.business import Business, Phase
from kiosk.desk.chargepages import charge_pages
from kiosk.desk.counter import WORK, Counter, Handed
from kiosk.desk.gatepages import gate_pages
from kiosk.desk.imagepages import image_pages
from kiosk.desk.importpages import import_pages
from kiosk.desk.lookingafter import look_after
from kiosk.desk.operatorpages import operator_pages
from kiosk.desk.pages import PAGES
from kiosk.desk.paperwork import Ticks
from kiosk.desk.parking import parking_pages
from kiosk.desk.pending import Pending, look
from kiosk.desk.people import people_pages
from kiosk.desk.reconciliationpages import reconciliation_pages
from kiosk.desk.register import register_pages
from kiosk.desk.shown import Shown
from kiosk.desk.signin import guard_pages
from kiosk.desk.unitpages import unit_pages
from kiosk.desk.waiting import ALARM_AT
from kiosk.station.clock import ESTATE_ZONE, Clock, local_date
from kiosk.station.health import Device, Health, add_health
from kiosk.station.problems import problem_of
from kiosk.station.web import back_to, create_station_app, nothing_new, shown_mark

_HOLDERS_SHOWN: Final = 12
_YUAN: Final = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,2}))?")
"""An amount as a clerk types it. A million yuan over the counter is a slip of the finger."""

_DIGITS: Final = re.compile(r"[0-9]{1,9}")
_KEYS: Final = {
    "/": "search",
    "F2": "owner",
    "F3": "family",
    "F4": "tenant",
    "F5": "merchant",
    "F6": "parking",
    "F7": "extend",
    "F8": "replace",
    "F9": "loss",
    "F10": "staff",
    "F11": "lock",
    "F12": "sign",
    "Enter": "next",
    "Esc": "leave",
}
_PAPERED: Final = frozenset({OperationKind.ISSUE, OperationKind.EXTEND, OperationKind.ADD_PARKING})
"""A replacement needs the person, not the papers: its rights are those already given."""

_GAPS: Final = frozenset({Gap.BACK_DATED, Gap.TEMPORARY, Gap.WAIVED})
_RULES: Final = {
    Phase.PRICE: "FEE-01",
    Phase.MONEY: "FEE-03",
    Phase.PAPER: "IC-07",
    Phase.EXPLAIN: "IC-08",
}
_VERIFIED_BY: Final = {
    OperationKind.EXTEND: "IC-12a",
    OperationKind.REPLACE: "IC-10a",
}


def create_app(counter: Counter, *, clock: Clock, alarm_at: int = ALARM_AT) -> Flask:
    """The front desk's web application over one counter."""
    app = create_station_app("kiosk.desk", bell=counter.bell)
    guard_pages(app, counter)
    add_health(app, lambda: health_of(counter))
    app.register_blueprint(_blueprint(counter))
    app.register_blueprint(approvals.blueprint(counter, clock))
    app.register_blueprint(shiftpages.blueprint(counter))
    app.register_blueprint(cashpages.blueprint(counter))
    app.register_blueprint(reconciliation_pages(counter))
    app.register_blueprint(papers.blueprint(counter))
    app.register_blueprint(charge_pages(counter))
    app.register_blueprint(parking_pages(counter))
    app.register_blueprint(gate_pages(counter, clock))
    app.register_blueprint(register_pages(counter, clock))
    look_after(app, counter, clock, alarm_at=alarm_at)
    app.register_blueprint(image_pages(counter))
    app.register_blueprint(operator_pages(counter))
    app.register_blueprint(import_pages(counter))
    app.register_blueprint(people_pages(counter))
    app.register_blueprint(unit_pages(counter, clock))
    app.context_processor(
        lambda: {
            "counter": counter,
            "pages": PAGES,
            "now": clock().astimezone(ESTATE_ZONE),
            "today": local_date(clock()),
        }
    )
    return app


def health_of(counter: Counter) -> Health:
    """The desk's reader and printer; it serves while it can read cards."""
    reader = Device(name="reader", trouble=counter.post.fault)
    printer = Device(name="printer", trouble="" if counter.paper.can_print else counter.paper.state)
    return Health(serving=not reader.trouble, devices=[reader, printer])


def _blueprint(counter: Counter) -> Blueprint:
    desk = Blueprint("desk", "kiosk.desk", template_folder="templates")
    pending = Pending()

    @desk.context_processor
    def everywhere() -> dict[str, object]:
        seen = shown_mark(counter.bell, WORK)
        return {
            "seen": seen,
            "business": counter.business,
            "holder": counter.holder,
            "laid": counter.laid,
            "pending": pending,
            "papers": _papers(counter.business),
            "selected": _selected(counter),
            "rule_of": lambda phase: rule_of(counter.business, phase),
            "keys": _KEYS.items(),
            "classes": set(HolderClass),
            "Phase": Phase,
        }

    @desk.get("/")
    def page() -> str:
        return render_template("desk/page.html", **_search(counter))

    @desk.get("/reader")
    def reader() -> str:
        return render_template("desk/reader.html")

    @desk.get("/work")
    def work() -> ResponseReturnValue:
        if nothing_new(counter.bell, WORK):
            return "", HTTPStatus.NO_CONTENT
        return render_template("desk/work.html", following=True)

    @desk.get("/link")
    def link() -> str:
        nonlocal pending
        pending = look(counter.server, pending)
        counter.slips.hold()
        return render_template("desk/follow.html")

    @desk.get("/search")
    def search() -> str:
        return render_template("desk/found.html", **_search(counter))

    @desk.get("/change")
    def change() -> str:
        business = counter.business
        due = business.to_pay_fen if business is not None else 0
        received, _ = _money_typed(request.args.get("received", ""))
        return render_template("desk/change.html", received=received, due=due)

    @desk.get("/state.json")
    def state() -> ResponseReturnValue:
        return jsonify(state_of(counter))

    _add_choices(desk, counter)
    _add_verifying(desk, counter)
    _add_steps(desk, counter)
    _add_papers(desk, counter)
    return desk


def _search(counter: Counter) -> dict[str, object]:
    """What was typed and who fits; a function key asks for one class of holders (IC-01)."""
    wanted = request.args.get("class", "")
    only = HolderClass(wanted) if wanted in set(HolderClass) else None
    query = request.args.get("q", "").strip()
    if only is not None and not query and counter.holder is not None:
        query = counter.holder.unit  # the others of this household
    found: tuple[PersonView, ...] = ()
    problem = ""
    if query:
        try:
            people = counter.server.people
            found = people.people(query, holder_class=only, limit=_HOLDERS_SHOWN).people
        except ServerError as error:
            problem = problem_of(error)
    return {"query": query, "found": found, "problem": problem, "only": only}


def _back() -> ResponseReturnValue:
    return back_to("desk.page", part="desk.work")


def _add_choices(desk: Blueprint, counter: Counter) -> None:
    @desk.post("/holder")
    def holder() -> ResponseReturnValue:
        counter.show(_number("holder_id"))
        return _back()

    @desk.post("/home")
    def home() -> ResponseReturnValue:
        with counter.lock:
            counter.holder, counter.notice = None, ""
        counter.bell.ring(WORK)
        return _back()

    @desk.post("/business")
    def business() -> ResponseReturnValue:
        chosen = _chosen(counter)
        if chosen is not None:
            counter.choose(chosen)
        return _back()

    @desk.post("/block")
    def block() -> ResponseReturnValue:
        made = str(uuid4())
        counter.attempt(lambda: cardacts.report(counter, request.form, report_id=made))
        return _back()

    @desk.post("/unblock")
    def unblock() -> ResponseReturnValue:
        counter.unblock(_number("card_number"))
        return _back()


def _add_verifying(desk: Blueprint, counter: Counter) -> None:
    @desk.post("/full-period")
    def full_period() -> ResponseReturnValue:
        counter.choose_full_period(wanted=request.form.get("wanted") == "yes")
        return _back()

    @desk.post("/verify")
    def verify() -> ResponseReturnValue:
        seen = [Paper(name) for name in request.form.getlist("paper") if name in set(Paper)]
        try:
            _check_papers(counter.business, seen)
            shown = Shown.of(request.form.to_dict(), tuple(seen))
        except RuleViolation as missing:
            counter.note(missing.reason, missing.rule)
        else:
            counter.verify(shown)
            if shown.owner_id is not None and "on_record" in request.form:
                counter.attempt(lambda: cardacts.put_on_record(counter))
        return _back()


def _add_steps(desk: Blueprint, counter: Counter) -> None:
    @desk.post("/gap")
    def gap() -> ResponseReturnValue:
        chosen = request.form.get("gap", "")
        if chosen in _GAPS:
            counter.choose_gap(Gap(chosen))
        return _back()

    @desk.post("/agree")
    def agree() -> ResponseReturnValue:
        counter.agree()
        return _back()

    @desk.post("/money")
    def money() -> ResponseReturnValue:
        received, notes = _money_typed(request.form.get("received", ""))
        if received is not None:
            counter.take_money(received, checked="checked" in request.form, notes=notes)
        elif counter.business is not None and counter.business.phase is Phase.MONEY:
            counter.note("amount-invalid")
        return _back()

    @desk.post("/undo")
    def undo() -> ResponseReturnValue:
        counter.want_undo(wanted=request.form.get("wanted") == "yes")
        return _back()

    plain = {
        "write": counter.write,
        "note-refused": counter.refuse_note,
        "retry": counter.retry,
        "abandon": counter.abandon,
        "leave-owed": counter.leave_owed,
        "owe-invoices": counter.owe_invoices,
        "print": counter.print_paper,
        "cancel": counter.cancel,
    }

    @desk.post("/act/<name>")
    def act(name: str) -> ResponseReturnValue:
        if name in plain:
            plain[name]()
        return _back()


def _add_papers(desk: Blueprint, counter: Counter) -> None:
    @desk.post("/papers/<int:document_id>/print")
    def print_owed(document_id: int) -> ResponseReturnValue:
        counter.print_owed(document_id)
        return _back()

    @desk.post("/waiting/<how>")
    def waiting(how: str) -> ResponseReturnValue:
        act = {"use": counter.use_waiting, "pay-out": counter.pay_out}.get(how)
        if act is not None:
            act(request.form.get("sale_id", ""))
        return back_to("desk.page")

    @desk.post("/paper/<how>")
    def paper(how: str) -> ResponseReturnValue:
        if how in set(Handed):
            counter.hand_over(Handed(how), Ticks.of(request.form.to_dict()))
        return _back()

    @desk.post("/invoices")
    def invoices() -> ResponseReturnValue:
        counter.give_invoices(request.form.get("numbers", ""))
        return _back()


def _chosen(counter: Counter) -> Business | None:
    """The business a form asks for; None, with a notice, where the form makes no sense."""
    holder = counter.holder
    kind = request.form.get("kind", "")
    if holder is None or kind not in set(OperationKind):
        counter.note("nobody-chosen")
        return None
    number, agreement_id = _number("card_number"), _number("agreement_id")
    reason = request.form.get("reason", "")
    return Business(
        kind=OperationKind(kind),
        holder=holder,
        old_card=next((card for card in holder.cards if card.number == number), None),
        agreement=next((a for a in holder.agreements if a.agreement_id == agreement_id), None),
        months=min(max(_number("months"), 1), 12),
        reason=ReplaceReason(reason) if reason in set(ReplaceReason) else ReplaceReason.LOST,
    )


def _papered(business: Business) -> bool:
    return business.kind in _PAPERED or business.full_period


def _papers(business: Business | None) -> list[Paper]:
    """Papers that must be seen for the business at hand, in a fixed order."""
    if business is None or not _papered(business):
        return []
    holder_class = business.holder.holder_class
    if business.first_parking:
        lease = {Paper.LEASE} if holder_class is HolderClass.TENANT else set()
        needed = PARKING_PAPERS | lease
    else:
        needed = CARD_PAPERS[holder_class][1]
    return [paper for paper in Paper if paper in needed]


def _check_papers(business: Business | None, seen: list[Paper]) -> None:
    """Raise RuleViolation while a paper is missing: before money is taken, not after."""
    if business is None or business.phase is not Phase.VERIFY or not _papered(business):
        return
    if business.first_parking:
        check_parking_papers(business.holder.holder_class, seen)
    else:
        check_card_papers(business.holder.holder_class, seen)


def rule_of(business: Business | None, phase: Phase) -> str:
    """The requirement behind a step of this business; empty where there is none to name."""
    if business is None:
        return ""
    if phase is Phase.VERIFY:
        if business.first_parking or business.full_period:
            return "PARK-01" if business.first_parking else "IC-11a"
        first_issue = CARD_PAPERS[business.holder.holder_class][0]
        return _VERIFIED_BY.get(business.kind, first_issue)
    if phase is Phase.INSPECT:
        return "IC-16" if business.holder.holder_class is HolderClass.STAFF else "IC-10a"
    if phase is Phase.CARD and business.kind is OperationKind.FORMAT:
        return "IC-18"
    return _RULES.get(phase, "")


def _selected(counter: Counter) -> int | None:
    """Number of the holder's card that the function keys mean: the one that lies there, first."""
    cards = counter.holder.cards if counter.holder is not None else ()
    laid = counter.laid.card.number if counter.laid and counter.laid.card else None
    usable = [card.number for card in cards if card.status in REPLACEABLE]
    return laid if laid in usable else next(iter(usable), None)


def _number(field: str) -> int:
    """A row or card number of a form; 0, which nothing bears, where it is none."""
    match = _DIGITS.fullmatch(request.form.get(field, ""))
    return int(match.group()) if match else 0


def _fen(typed: str) -> int | None:
    """An amount in yuan as typed, in fen; None when it is no amount."""
    match = _YUAN.fullmatch(unicodedata.normalize("NFKC", typed).strip())
    if match is None:
        return None
    yuan, cents = match.groups(default="")
    return int(yuan) * 100 + int(cents.ljust(2, "0")) or None


def _money_typed(typed: str) -> tuple[int | None, dict[int, int] | None]:
    """Money as a clerk types it: an amount, or its notes (``100+20x2``), told by which (FEE-03)."""
    notes = notes_typed(typed)
    return (_fen(typed), None) if notes is None else (total_of(notes) or None, notes)


def state_of(counter: Counter) -> dict[str, object]:
    """The counter as JSON, for scripts that drive the demo and for tests."""
    here = counter.presence.here
    business = counter.business if here else None
    laid, holder = (counter.laid, counter.holder) if here else (None, None)
    return {
        "operator": counter.operator,
        "station": counter.station,
        "notice": counter.notice,
        "locked": counter.presence.locked,
        "holder_id": holder.holder_id if holder else None,
        "reader": {
            "fault": counter.post.fault,
            "uid": laid.identity.uid.hex() if laid and laid.identity else None,
            "card": laid.identity.name if laid and laid.identity else None,
            "card_number": laid.card.number if laid and laid.card else None,
            "problem": laid.problem if laid else "",
        },
        "business": None if business is None else _business_state(business),
    }


def _business_state(business: Business) -> dict[str, object]:
    card: CardView | None = business.card
    return {
        "kind": business.kind,
        "phase": business.phase,
        "step": business.step,
        "due_fen": business.due_fen,
        "credit_fen": business.credit_fen,
        "received_fen": business.received_fen,
        "change_fen": business.change_fen,
        "refund_fen": business.refund_fen,
        "problem": business.problem,
        "problem_rule": business.problem_rule,
        "card_number": card.number if card else None,
        "document": business.document.number if business.document else None,
        "document_state": business.document.state if business.document else None,
        "handed": business.handed,
        "invoices": business.invoices,
    }
