"""Charges that stand on no list: the cashier enters, the agent takes the money (FEE-36, FEE-18a).

Every call bears an id that follows from the charge or from the form, so that a doubled click or a
lost answer changes nothing twice; what a desk forgot stands on the server, and the page goes on
from there.
"""

from typing import Final
from uuid import UUID, uuid5

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.domain.denomination import notes_typed, total_of
from cardserver.domain.document import DocumentState, PrintResult
from cardserver.domain.money import change_due
from cardserver.domain.sale import SaleState, TenderKind, TenderState
from cardserver.wire_charges import ChargeView, PutCharge
from cardserver.wire_documents import DocumentView
from cardserver.wire_sales import SaleView, TenderRequest
from kiosk.desk.counter import Counter
from kiosk.desk.shiftforms import Drafts, Form, FormIncomplete, drafted, fen_of
from kiosk.station.problems import problem_of
from kiosk.station.typed import row_of

_PUT: Final = "put"


def charge_pages(counter: Counter) -> Blueprint:
    """The pages under ``/charges``."""
    pages = Blueprint("charges", __name__, url_prefix="/charges")
    drafts = drafted(pages, counter)
    _add_entering(pages, counter, drafts)
    _add_money(pages, counter, drafts)
    return pages


def _add_entering(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.get("/")
    def page() -> str:
        found: list[ChargeView] = []
        try:
            found = counter.server.charges.latest()
        except ServerError as error:
            drafts.notice = problem_of(error)
        return render_template("desk/charges/list.html", charges=found, payer=counter.holder)

    @pages.post("/")
    def put() -> ResponseReturnValue:
        made: list[str] = []

        def act(form: Form) -> None:
            holder_id = row_of(form.get("holder_id", ""))
            if holder_id is None:
                raise FormIncomplete
            asked = PutCharge(
                charge_id=form["id"],
                holder_id=holder_id,
                item=form.get("item", ""),
                reason=form.get("reason", ""),
                amount_fen=fen_of(form, "amount"),
            )
            made.append(counter.server.charges.put(asked).sale.sale_id)

        if drafts.attempt(_PUT, request.form.to_dict(), act):
            return _at(made[0])
        return redirect(url_for("charges.page"), code=303)


def _add_money(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.get("/<uuid:charge_id>")
    def charge(charge_id: UUID) -> ResponseReturnValue:
        try:
            found = counter.server.charges.charge(str(charge_id))
        except ServerError as error:
            drafts.notice = problem_of(error)
            return redirect(url_for("charges.page"), code=303)
        return render_template("desk/charges/charge.html", charge=found, SaleState=SaleState)

    @pages.post("/<uuid:charge_id>/<any(money, settle):step>")
    def money(charge_id: UUID, step: str) -> ResponseReturnValue:
        done: list[ChargeView] = []

        def act(form: Form) -> None:
            if step == "money":
                _take(counter, str(charge_id), form)
            done.append(_end(counter, str(charge_id)))

        ended = drafts.attempt(f"{step}-{charge_id}", request.form.to_dict(), act)
        if not ended or not done[0].documents:
            return _at(str(charge_id))
        paper = done[0].documents[0]
        _print(counter, drafts, paper)
        return redirect(url_for("papers.paper", document_id=paper.document_id), code=303)

    @pages.post("/<uuid:charge_id>/give-up")
    def give_up(charge_id: UUID) -> ResponseReturnValue:
        def act(_: Form) -> None:
            _give_up(counter, str(charge_id))

        drafts.attempt(f"give-up-{charge_id}", request.form.to_dict(), act)
        return _at(str(charge_id))


def _take(counter: Counter, charge_id: str, form: Form) -> None:
    """Cash counted in front of the customer; nothing where it was counted before (FEE-03).

    Raises AmountInvalid for too little, FormIncomplete, ServerError.
    """
    sale = counter.server.charges.charge(charge_id).sale
    if sale.credited_fen:
        return
    notes = notes_typed(form.get("received", ""))
    received = fen_of(form, "received") if notes is None else total_of(notes)
    if not received:
        raise FormIncomplete
    change_due(sale.due_fen, received)
    tender = TenderRequest(
        tender_id=form["id"],
        kind=TenderKind.CASH_DESK,
        value_fen=received,
        state=TenderState.CREDITED,
        checked="checked" in form,
        notes=notes,
    )
    counter.server.tender(charge_id, tender)


def _end(counter: Counter, charge_id: str) -> ChargeView:
    """Give what is too much back and settle; both are done once, however often they are asked."""
    found = counter.server.charges.charge(charge_id)
    sale = found.sale
    if sale.change_fen:
        counter.server.give_change(charge_id, own_id(sale, "change"), sale.change_fen)
    if sale.state is not SaleState.OPEN:
        return found
    return counter.server.charges.settle(charge_id, own_id(sale, "settle"))


def _print(counter: Counter, drafts: Drafts, paper: DocumentView) -> None:
    """The receipt comes out at once; what did not come out waits among the papers."""
    if paper.state is not DocumentState.OWED:
        return
    _, result = counter.paper.print_document(paper)
    if result is not PrintResult.PRINTED:
        drafts.notice = f"paper-{result}"


def _give_up(counter: Counter, charge_id: str) -> None:
    """Nothing comes of it; what was taken is handed back, once (FEE-38b)."""
    sale = counter.server.charges.charge(charge_id).sale
    if sale.state is SaleState.OPEN:
        sale = counter.server.cancel_sale(charge_id, own_id(sale, "cancel"), "charge-given-up")
    if sale.refundable_fen:
        counter.server.pay_refund(charge_id, own_id(sale, "refund"), sale.refundable_fen)


def own_id(sale: SaleView, act: str) -> str:
    """The id of an act that a charge sees once: the same whoever asks, and however often."""
    return str(uuid5(UUID(sale.sale_id), act))


def _at(charge_id: str) -> ResponseReturnValue:
    return redirect(url_for("charges.charge", charge_id=charge_id), code=303)
