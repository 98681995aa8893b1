"""The pages of money beside sales: cash out, the cashier's spot check, and what is in suspense."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.domain.denomination import DENOMINATIONS
from cardserver.domain.shift import ShiftState, SuspenseOutcome
from cardserver.wire_cashmoves import (
    CashToCashier,
    MovementView,
    PayLoan,
    RepayClaim,
    ReportCounterfeit,
)
from cardserver.wire_credits import PayCreditBack
from cardserver.wire_spotchecks import SpotCheckRequest, SpotCheckView
from cardserver.wire_suspense import SettleSuspense
from kiosk.desk.counter import Counter
from kiosk.desk.shiftforms import Drafts, Form, FormIncomplete, drafted, fen_of, notes_of
from kiosk.desk.shiftpages import send
from kiosk.desk.shiftpaper import movement_number, slip, spot_check_paper
from kiosk.station.problems import problem_of
from kiosk.station.typed import row_of

TABS: Final = ("cash", "check", "suspense")


def blueprint(counter: Counter) -> Blueprint:
    """The pages under ``/money``."""
    pages = Blueprint("cash", __name__, url_prefix="/money")
    drafts = drafted(pages, counter)

    @pages.context_processor
    def everywhere() -> dict[str, object]:
        return {
            "faces": DENOMINATIONS,
            "tabs": TABS,
            "movement_number": movement_number,
        }

    @pages.get("/")
    def page() -> ResponseReturnValue:
        return redirect(url_for("cash.tab", name=TABS[0]), code=303)

    @pages.get("/<any(cash, check, suspense):name>")
    def tab(name: str) -> str:
        values: dict[str, object] = {"shifts": [], "own": None, "found": None, "kept": None}
        try:
            values |= _looked_up(counter, name)
        except ServerError as error:
            drafts.notice = problem_of(error)
        return render_template(f"desk/shifts/{name}.html", tab=name, **values)

    _add_cash(pages, counter, drafts)
    _add_check(pages, counter, drafts)
    _add_suspense(pages, counter, drafts)
    return pages


def _looked_up(counter: Counter, name: str) -> dict[str, object]:
    shifts = counter.server.shifts
    if name == "suspense":
        return {"found": shifts.suspense()}
    recent = shifts.recent(30)
    if name == "check":
        still_open = [each for each in recent if each.state is ShiftState.OPEN]
        return {"shifts": still_open, "found": shifts.spot_checks()}
    kept = counter.server.credits.all()
    return {"shifts": recent, "own": shifts.own(), "found": shifts.movements(), "kept": kept}


def _add_cash(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    def drop(form: Form) -> MovementView:
        request_ = CashToCashier(
            movement_id=form["id"],
            amount_fen=fen_of(form, "amount"),
            remark=form.get("remark", ""),
        )
        shift_id = form.get("shift_id", "")
        shifts = counter.server.shifts
        return shifts.hand_in(shift_id, request_) if shift_id else shifts.drop(request_)

    def loan(form: Form) -> MovementView:
        request_ = PayLoan(
            movement_id=form["id"],
            amount_fen=fen_of(form, "amount"),
            recipient=form.get("recipient", ""),
            reason=form.get("reason", ""),
            signed=form.get("signed", ""),
        )
        return counter.server.shifts.pay_loan(request_)

    def counterfeit(form: Form) -> MovementView:
        request_ = ReportCounterfeit(
            movement_id=form["id"],
            shift_id=form.get("shift_id", ""),
            face_fen=_face(form),
            remark=form.get("remark", ""),
            paper_number=_paper(form),
        )
        return counter.server.shifts.report_counterfeit(request_)

    def repayment(form: Form) -> MovementView:
        request_ = RepayClaim(
            movement_id=form["id"],
            person=form.get("person", ""),
            amount_fen=fen_of(form, "amount"),
            remark=form.get("remark", ""),
        )
        return counter.server.shifts.repay_claim(request_)

    def credit_back(form: Form) -> MovementView:
        number = row_of(form.get("card", ""))
        if number is None:
            raise FormIncomplete
        request_ = PayCreditBack(
            movement_id=form["id"],
            card_number=number,
            recipient=form.get("recipient", ""),
            signed=form.get("signed", ""),
        )
        return counter.server.credits.pay_back(request_)

    acts: dict[str, Callable[[Form], MovementView]] = {
        "credit-back": credit_back,
        "to-cashier": drop,
        "loan": loan,
        "counterfeit": counterfeit,
        "repayment": repayment,
    }

    @pages.post("/<any('to-cashier', loan, counterfeit, repayment, 'credit-back'):kind>")
    def move(kind: str) -> ResponseReturnValue:
        made: list[MovementView] = []

        def act(form: Form) -> None:
            made.append(acts[kind](form))

        if drafts.attempt(kind, request.form.to_dict(), act):
            send(counter.paper, drafts, slip(counter.paper.letterhead, made[0]))
        return redirect(url_for("cash.tab", name="cash"), code=303)


def _paper(form: Form) -> int | None:
    """The number of the receipt or slip, where it is known."""
    typed = form.get("paper", "").strip()
    number = row_of(typed)
    if typed and number is None:
        raise FormIncomplete
    return number


def _face(form: Form) -> int:
    typed = form.get("face", "")
    if typed not in {str(face) for face in DENOMINATIONS}:
        raise FormIncomplete
    return int(typed)


def _add_check(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.post("/check")
    def check() -> ResponseReturnValue:
        made: list[SpotCheckView] = []

        def act(form: Form) -> None:
            request_ = SpotCheckRequest(
                check_id=form["id"],
                shift_id=form.get("shift_id", ""),
                notes=notes_of(form),
                comment=form.get("comment", ""),
            )
            made.append(counter.server.shifts.spot_check(request_))

        if drafts.attempt("check", request.form.to_dict(), act):
            send(counter.paper, drafts, spot_check_paper(counter.paper.letterhead, made[0]))
        return redirect(url_for("cash.tab", name="check"), code=303)


def _add_suspense(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.post("/suspense")
    def settle() -> ResponseReturnValue:
        def act(form: Form) -> None:
            outcome = form.get("outcome", "")
            if outcome not in set(SuspenseOutcome):
                raise FormIncomplete
            request_ = SettleSuspense(
                settlement_id=form["id"],
                sale_id=form.get("sale_id", ""),
                tender_id=form.get("tender_id") or None,
                outcome=SuspenseOutcome(outcome),
                evidence=form.get("evidence", ""),
            )
            counter.server.shifts.settle_suspense(request_)

        name = f"settle-{request.form.get('sale_id', '')}-{request.form.get('tender_id', '')}"
        drafts.attempt(name[:90], request.form.to_dict(), act)
        return redirect(url_for("cash.tab", name="suspense"), code=303)
