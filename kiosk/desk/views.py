"""The counter's page: parse a form, call one act, show the page anew."""

from decimal import Decimal, InvalidOperation

from flask import Blueprint, Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.domain.operation import OperationKind
from cardserver.domain.rights import HolderClass
from cardserver.domain.tariff import ReplaceReason
from cardserver.domain.verification import CARD_PAPERS, PARKING_PAPERS, Paper
from cardserver.wire import CardView, HolderView
from kiosk.desk.business import Business, Phase
from kiosk.desk.counter import Counter
from kiosk.station.clock import ESTATE_ZONE, Clock, local_date
from kiosk.station.problems import problem_of
from kiosk.station.web import back_to, create_station_app

_HOLDERS_SHOWN = 12


def create_app(counter: Counter, *, clock: Clock) -> Flask:
    """The front desk's web application over one counter."""
    app = create_station_app("kiosk.desk", bell=counter.bell)
    app.register_blueprint(_blueprint(counter, clock))
    return app


def _blueprint(counter: Counter, clock: Clock) -> Blueprint:
    desk = Blueprint("desk", "kiosk.desk", template_folder="templates")

    @desk.context_processor
    def everywhere() -> dict[str, object]:
        return {
            "counter": counter,
            "business": counter.business,
            "holder": counter.holder,
            "laid": counter.laid,
            "today": local_date(clock()),
            "now": clock().astimezone(ESTATE_ZONE),
            "Phase": Phase,
        }

    @desk.get("/")
    def page() -> str:
        return render_template("desk/page.html", query="", found=[], papers=_papers(counter))

    @desk.get("/reader")
    def reader() -> str:
        return render_template("desk/reader.html")

    @desk.get("/work")
    def work() -> str:
        return render_template("desk/work.html", papers=_papers(counter))

    @desk.get("/state.json")
    def state() -> ResponseReturnValue:
        return jsonify(state_of(counter))

    @desk.get("/search")
    def search() -> str:
        query = request.args.get("q", "").strip()
        found: list[HolderView] = []
        problem = ""
        if query:
            try:
                found = counter.server.search(query, _HOLDERS_SHOWN)
            except ServerError as error:
                problem = problem_of(error)
        return render_template("desk/found.html", query=query, found=found, problem=problem)

    _add_choices(desk, counter)
    _add_steps(desk, counter)
    return desk


def _add_choices(desk: Blueprint, counter: Counter) -> None:
    @desk.post("/holder")
    def holder() -> ResponseReturnValue:
        counter.show(_number("holder_id"))
        return back_to("desk.page")

    @desk.post("/business")
    def business() -> ResponseReturnValue:
        chosen = _chosen(counter)
        if chosen is not None:
            counter.choose(chosen)
        return back_to("desk.page")

    @desk.post("/block")
    def block() -> ResponseReturnValue:
        counter.block(_number("card_number"))
        return back_to("desk.page")

    @desk.post("/unblock")
    def unblock() -> ResponseReturnValue:
        counter.unblock(_number("card_number"))
        return back_to("desk.page")


def _add_steps(desk: Blueprint, counter: Counter) -> None:
    @desk.post("/verify")
    def verify() -> ResponseReturnValue:
        papers = [Paper(name) for name in request.form.getlist("paper") if name in set(Paper)]
        counter.verify(papers)
        return back_to("desk.page")

    @desk.post("/agree")
    def agree() -> ResponseReturnValue:
        counter.agree()
        return back_to("desk.page")

    @desk.post("/money")
    def money() -> ResponseReturnValue:
        received = _yuan("received")
        if received is None:
            counter.note("amount-invalid")
        else:
            counter.take_money(received, checked="checked" in request.form)
        return back_to("desk.page")

    @desk.post("/undo")
    def undo() -> ResponseReturnValue:
        counter.want_undo(wanted=request.form.get("wanted") == "yes")
        return back_to("desk.page")

    @desk.post("/paper/<how>")
    def paper(how: str) -> ResponseReturnValue:
        if how in {"handed-over", "in-the-box"}:
            counter.hand_over(how)
        return back_to("desk.page")

    plain = {
        "write": counter.write,
        "retry": counter.retry,
        "abandon": counter.abandon,
        "print": counter.print_paper,
        "cancel": counter.cancel,
    }

    @desk.post("/act/<name>")
    def act(name: str) -> ResponseReturnValue:
        if name in plain:
            plain[name]()
        return back_to("desk.page")


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


def _papers(counter: Counter) -> list[Paper]:
    """Papers that must be seen for the business at hand, in a fixed order."""
    business = counter.business
    if business is None:
        return []
    holder_class = business.holder.holder_class
    if business.kind is OperationKind.ADD_PARKING:
        lease = {Paper.LEASE} if holder_class is HolderClass.TENANT else set()
        needed = PARKING_PAPERS | lease
    else:
        needed = CARD_PAPERS[holder_class][1]
    return [paper for paper in Paper if paper in needed]


def _number(field: str) -> int:
    try:
        return int(request.form.get(field, "0"))
    except ValueError:
        return 0


def _yuan(field: str) -> int | None:
    """An amount in yuan as typed, in fen; None when it is no amount."""
    try:
        amount = Decimal(request.form.get(field, "").strip())
        fen = int(amount * 100)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return fen if amount.is_finite() and fen == amount * 100 and fen > 0 else None


def state_of(counter: Counter) -> dict[str, object]:
    """The counter as JSON, for scripts that drive the demo and for tests."""
    business, laid = counter.business, counter.laid
    return {
        "operator": counter.operator,
        "station": counter.station,
        "notice": counter.notice,
        "holder_id": counter.holder.holder_id if counter.holder else None,
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
        "received_fen": business.received_fen,
        "change_fen": business.change_fen,
        "refund_fen": business.refund_fen,
        "problem": business.problem,
        "problem_rule": business.problem_rule,
        "card_number": card.number if card else None,
        "document": business.document.number if business.document else None,
        "document_state": business.document.state if business.document else None,
        "handed": business.handed,
    }
