"""The counter's page: parse a form, call one act, show the page anew."""

import re
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.domain.card import REPLACEABLE
from cardserver.domain.denomination import notes_typed, total_of
from cardserver.domain.errors import RuleViolation
from cardserver.domain.operation import OperationKind
from cardserver.domain.parking import Gap
from cardserver.domain.rights import HolderClass
from cardserver.domain.tariff import ReplaceReason
from cardserver.domain.verification import Paper
from cardserver.wire_people import PersonView
from kiosk.desk import cardacts, choiceacts, moneyacts, paperacts, writeacts
from kiosk.desk.business import Business, Phase
from kiosk.desk.counter import WORK, Counter
from kiosk.desk.known import replaced_as
from kiosk.desk.needed import check_papers, papers_needed, rule_of
from kiosk.desk.paperacts import Handed
from kiosk.desk.paperwork import Ticks
from kiosk.desk.pending import Pending, look
from kiosk.desk.shown import Shown
from kiosk.desk.state import state_of
from kiosk.station.problems import problem_of
from kiosk.station.typed import yuan
from kiosk.station.web import back_to, nothing_new, shown_mark

_HOLDERS_SHOWN: Final = 12
_DIGITS: Final = re.compile(r"[0-9]{1,9}")
KEYS: Final = {
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
_GAPS: Final = frozenset({Gap.BACK_DATED, Gap.TEMPORARY, Gap.WAIVED})


def counter_page(counter: Counter) -> Blueprint:
    """The page at ``/``: search, the business at hand, the reader, what waits."""
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
            "papers": papers_needed(counter.business),
            "selected": _selected(counter),
            "rule_of": lambda phase: rule_of(counter.business, phase),
            "keys": KEYS.items(),
            "classes": set(HolderClass),
            "replaced_as": replaced_as,
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
        choiceacts.show(counter, _number("holder_id"))
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
            choiceacts.choose(counter, chosen)
        return _back()

    @desk.post("/block")
    def block() -> ResponseReturnValue:
        made = str(uuid4())
        cardacts.report(counter, request.form, report_id=made)
        return _back()

    @desk.post("/unblock")
    def unblock() -> ResponseReturnValue:
        cardacts.unblock(counter, _number("card_number"), request.form.get("looked", ""))
        return _back()


def _add_verifying(desk: Blueprint, counter: Counter) -> None:
    @desk.post("/full-period")
    def full_period() -> ResponseReturnValue:
        choiceacts.choose_full_period(counter, wanted=request.form.get("wanted") == "yes")
        return _back()

    @desk.post("/verify")
    def verify() -> ResponseReturnValue:
        seen = [Paper(name) for name in request.form.getlist("paper") if name in set(Paper)]
        try:
            check_papers(counter.business, seen)
            shown = Shown.of(request.form.to_dict(), tuple(seen))
        except RuleViolation as missing:
            counter.note(missing.reason, missing.rule)
        else:
            choiceacts.verify(counter, shown)
            if shown.owner_id is not None and "on_record" in request.form:
                cardacts.put_on_record(counter)
        return _back()


def _add_steps(desk: Blueprint, counter: Counter) -> None:
    @desk.post("/gap")
    def gap() -> ResponseReturnValue:
        chosen = request.form.get("gap", "")
        if chosen in _GAPS:
            choiceacts.choose_gap(counter, Gap(chosen))
        return _back()

    @desk.post("/agree")
    def agree() -> ResponseReturnValue:
        moneyacts.agree(counter)
        return _back()

    @desk.post("/money")
    def money() -> ResponseReturnValue:
        received, notes = _money_typed(request.form.get("received", ""))
        if received is not None:
            moneyacts.take_money(counter, received, checked="checked" in request.form, notes=notes)
        elif counter.business is not None and counter.business.phase is Phase.MONEY:
            counter.note("amount-invalid")
        return _back()

    @desk.post("/undo")
    def undo() -> ResponseReturnValue:
        writeacts.want_undo(counter, wanted=request.form.get("wanted") == "yes")
        return _back()

    plain = {
        "write": writeacts.write,
        "note-refused": moneyacts.refuse_note,
        "retry": writeacts.retry,
        "abandon": writeacts.abandon,
        "leave-owed": paperacts.leave_owed,
        "owe-invoices": paperacts.owe_invoices,
        "print": paperacts.print_paper,
        "cancel": moneyacts.cancel,
    }

    @desk.post("/act/<name>")
    def act(name: str) -> ResponseReturnValue:
        if name in plain:
            plain[name](counter)
        return _back()


def _add_papers(desk: Blueprint, counter: Counter) -> None:
    @desk.post("/papers/<int:document_id>/print")
    def print_owed(document_id: int) -> ResponseReturnValue:
        paperacts.print_owed(counter, document_id)
        return _back()

    @desk.post("/waiting/<how>")
    def waiting(how: str) -> ResponseReturnValue:
        act = {"use": moneyacts.use_waiting, "pay-out": moneyacts.pay_out}.get(how)
        if act is not None:
            act(counter, request.form.get("sale_id", ""))
        return back_to("desk.page")

    @desk.post("/paper/<how>")
    def paper(how: str) -> ResponseReturnValue:
        if how in set(Handed):
            paperacts.hand_over(counter, Handed(how), Ticks.of(request.form.to_dict()))
        return _back()

    @desk.post("/invoices")
    def invoices() -> ResponseReturnValue:
        paperacts.give_invoices(counter, request.form.get("numbers", ""))
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


def _money_typed(typed: str) -> tuple[int | None, dict[int, int] | None]:
    """Money as a clerk types it: an amount, or its notes (``100+20x2``), told by which (FEE-03)."""
    notes = notes_typed(typed)
    if notes is not None:
        return total_of(notes) or None, notes
    try:
        return yuan(typed) or None, None
    except RuleViolation:
        return None, None
