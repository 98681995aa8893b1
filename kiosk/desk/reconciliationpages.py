"""The page of the reconciliation: ledger, counted cash boxes, bills of providers, differences."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.domain.denomination import DENOMINATIONS
from cardserver.wire_reconciliation import CountBox, SettleDifference, TakeDifference
from kiosk.desk.counter import Counter
from kiosk.desk.shiftforms import Drafts, Form, drafted, notes_of
from kiosk.station.problems import problem_of


def reconciliation_pages(counter: Counter) -> Blueprint:
    """The pages under ``/reconciliation``."""
    pages = Blueprint("reconciliation", __name__, url_prefix="/reconciliation")
    drafts = drafted(pages, counter)

    @pages.get("/")
    def page() -> str:
        found = None
        try:
            found = counter.server.reconciliation.overview()
        except ServerError as error:
            drafts.notice = problem_of(error)
        return render_template("desk/reconciliation/page.html", found=found, faces=DENOMINATIONS)

    _add_acts(pages, counter, drafts)
    return pages


def _add_acts(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.post("/boxes/<uuid:box_id>")
    def count(box_id: object) -> ResponseReturnValue:
        def act(form: Form) -> None:
            request_ = CountBox(notes=notes_of(form), comment=form.get("comment", ""))
            counter.server.reconciliation.count_box(str(box_id), request_)

        drafts.attempt(f"box-{box_id}", request.form.to_dict(), act)
        return redirect(url_for("reconciliation.page"), code=303)

    @pages.post("/differences/<int:difference_id>/take")
    def take(difference_id: int) -> ResponseReturnValue:
        def act(form: Form) -> None:
            request_ = TakeDifference(request_id=form["id"])
            counter.server.reconciliation.take(difference_id, request_)

        drafts.attempt(f"take-{difference_id}", request.form.to_dict(), act)
        return redirect(url_for("reconciliation.page"), code=303)

    @pages.post("/differences/<int:difference_id>/settle")
    def settle(difference_id: int) -> ResponseReturnValue:
        def act(form: Form) -> None:
            request_ = SettleDifference(request_id=form["id"], remark=form.get("remark", ""))
            counter.server.reconciliation.settle(difference_id, request_)

        drafts.attempt(f"settle-{difference_id}", request.form.to_dict(), act)
        return redirect(url_for("reconciliation.page"), code=303)
