"""The page of the shift: opened with a float, its account, the blind count, its end, X and Z."""

from typing import Final
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.domain.denomination import DENOMINATIONS
from cardserver.domain.document import PrintResult
from cardserver.domain.shift import HOLDING, ShiftState
from cardserver.wire_shifts import CloseShift, CountDrawer, OpenShift, ShiftView
from kiosk.desk.counter import Counter
from kiosk.desk.shiftforms import Drafts, Form, drafted, notes_of, number_of
from kiosk.desk.shiftpaper import x_paper, z_paper
from kiosk.station.paper import PaperDesk
from kiosk.station.problems import problem_of
from printer.receipt import Receipt, reprinted

_Z_SHOWN: Final = 12


def blueprint(counter: Counter) -> Blueprint:
    """The pages under ``/shift``."""
    pages = Blueprint("shift", __name__, url_prefix="/shift")
    drafts = drafted(pages, counter)

    @pages.context_processor
    def everywhere() -> dict[str, object]:
        return {"faces": DENOMINATIONS, "HOLDING": HOLDING}

    @pages.get("/")
    def page() -> ResponseReturnValue:
        try:
            own = counter.server.shifts.own()
        except ServerError as error:
            return _away(drafts, error)
        return _shift_page(counter, drafts, own)

    @pages.get("/<uuid:shift_id>")
    def other(shift_id: object) -> ResponseReturnValue:
        found = _recent(counter).get(str(shift_id))
        if found is None or found.state is ShiftState.CLOSED:
            return redirect(url_for("shift.page"), code=303)
        return _shift_page(counter, drafts, found)

    @pages.post("/open")
    def open_() -> ResponseReturnValue:
        def act(form: Form) -> None:
            request_ = OpenShift(shift_id=form["id"], notes=notes_of(form))
            counter.server.shifts.open(request_)

        drafts.attempt("open", request.form.to_dict(), act)
        return redirect(url_for("shift.page"), code=303)

    _add_closing(pages, counter, drafts)
    _add_reports(pages, counter, drafts)
    return pages


def _add_closing(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.post("/<uuid:shift_id>/count")
    def count(shift_id: object) -> ResponseReturnValue:
        def act(form: Form) -> None:
            request_ = CountDrawer(count_id=form["id"], notes=notes_of(form))
            counter.server.shifts.count(str(shift_id), request_)

        drafts.attempt(f"count-{shift_id}", request.form.to_dict(), act)
        return redirect(_address(counter, str(shift_id)), code=303)

    @pages.post("/<uuid:shift_id>/close")
    def close(shift_id: object) -> ResponseReturnValue:
        done: list[int] = []

        def act(form: Form) -> None:
            request_ = CloseShift(
                close_id=form["id"],
                count_id=form.get("count_id", ""),
                comment=form.get("comment", ""),
                books=number_of(form, "books"),
                seals=number_of(form, "seals"),
                locked="locked" in form,
                seen="seen" in form,
            )
            done.append(counter.server.shifts.close_shift(str(shift_id), request_).number)

        if drafts.attempt(f"close-{shift_id}", request.form.to_dict(), act):
            _print_z(counter, drafts, done[0], original=True)
            return redirect(url_for("shift.z", number=done[0]), code=303)
        return redirect(_address(counter, str(shift_id)), code=303)


def _add_reports(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.get("/<uuid:shift_id>/x")
    def x(shift_id: object) -> ResponseReturnValue:
        try:
            report = counter.server.shifts.x(str(shift_id))
        except ServerError as error:
            return _away(drafts, error)
        paper = counter.paper.preview_sheet(x_paper(counter.paper.letterhead, report))
        return render_template("desk/shifts/report.html", paper=paper, x=str(shift_id), z=None)

    @pages.post("/<uuid:shift_id>/x")
    def print_x(shift_id: object) -> ResponseReturnValue:
        try:
            report = counter.server.shifts.x(str(shift_id))
        except ServerError as error:
            return _away(drafts, error)
        send(counter.paper, drafts, x_paper(counter.paper.letterhead, report))
        return redirect(url_for("shift.x", shift_id=shift_id), code=303)

    @pages.get("/z/<int:number>")
    def z(number: int) -> ResponseReturnValue:
        try:
            found = counter.server.shifts.z(number)
        except ServerError as error:
            return _away(drafts, error)
        paper = counter.paper.preview_sheet(z_paper(counter.paper.letterhead, found))
        return render_template("desk/shifts/report.html", paper=paper, x=None, z=found)

    @pages.post("/z/<int:number>")
    def print_z(number: int) -> ResponseReturnValue:
        _print_z(counter, drafts, number, original=False)
        return redirect(url_for("shift.z", number=number), code=303)


def _shift_page(counter: Counter, drafts: Drafts, shift: ShiftView | None) -> str:
    shifts = counter.server.shifts
    try:
        holds = () if shift is None else shifts.before_close(shift.shift_id).holds
    except ServerError as error:
        drafts.notice, holds = problem_of(error), ()
    try:
        z_reports = shifts.z_reports(_Z_SHOWN)
    except ServerError:
        z_reports = None
    return render_template(
        "desk/shifts/shift.html",
        shift=shift,
        holds=holds,
        z_reports=z_reports,
        others=[
            each
            for each in _recent(counter).values()
            if each.state is ShiftState.OPEN and (shift is None or each.number != shift.number)
        ],
    )


def _recent(counter: Counter) -> dict[str, ShiftView]:
    try:
        return {each.shift_id: each for each in counter.server.shifts.recent(50)}
    except ServerError:
        return {}


def _address(counter: Counter, shift_id: str) -> str:
    """The page of this shift: the plain one for one's own, so that a step-up finds back."""
    try:
        own = counter.server.shifts.own()
    except ServerError:  # the page itself says that the server is away
        return url_for("shift.page")
    if own is not None and own.shift_id == shift_id:
        return url_for("shift.page")
    return url_for("shift.other", shift_id=shift_id)


def _print_z(counter: Counter, drafts: Drafts, number: int, *, original: bool) -> None:
    """Whether it says 补打 is the server's to tell, not the button's."""
    shifts = counter.server.shifts
    try:
        paper = z_paper(counter.paper.letterhead, shifts.z(number))
        if again := shifts.reprint_z(number, str(uuid4()), original=original):
            paper = reprinted(paper, again)
    except ServerError as error:
        drafts.notice = problem_of(error)
        return
    send(counter.paper, drafts, paper)


def send(desk: PaperDesk, drafts: Drafts, sheet: Receipt) -> None:
    """Print a paper; what became of it is told where it is not plain."""
    result = desk.print_sheet(sheet)
    if result is not PrintResult.PRINTED:
        surely = result is PrintResult.NOT_PRINTED
        drafts.notice = "report-not-printed" if surely else "report-unknown"


def _away(drafts: Drafts, error: ServerError) -> str:
    drafts.notice = problem_of(error)
    return render_template(
        "desk/shifts/shift.html", shift=None, holds=(), z_reports=None, others=[], away=True
    )
