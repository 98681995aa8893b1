"""The pages of books of numbered paper and of the collection box."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.domain.receiptbook import BookKind
from cardserver.wire_papers import (
    BookView,
    DrawBookRequest,
    EmptyBoxRequest,
    SettleBookRequest,
    SpoilInvoiceRequest,
)
from kiosk.desk.counter import Counter
from kiosk.desk.paperforms import whole_of
from kiosk.desk.shiftforms import Drafts, Form, FormIncomplete, fen_of
from kiosk.station.problems import problem_of
from kiosk.station.typed import rows_of


def add_books(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    """Books drawn, used, handed back; the stubs of each; an invoice that was spoilt."""

    @pages.get("/books")
    def books() -> str:
        held: list[BookView] = []
        try:
            held = counter.server.papers.books(settled=True)
        except ServerError as error:
            drafts.notice = problem_of(error)
        return render_template("desk/papers/books.html", tab="books", books=held, kinds=BookKind)

    @pages.get("/books/<int:book_id>")
    def stubs(book_id: int) -> ResponseReturnValue:
        try:
            lines = counter.server.papers.stubs(book_id)
        except ServerError as error:
            drafts.notice = problem_of(error)
            return _to_books()
        return render_template("desk/papers/stubs.html", tab="books", lines=lines)

    @pages.post("/books")
    def draw() -> ResponseReturnValue:
        def act(form: Form) -> None:
            kind = form.get("kind", "")
            if kind not in set(BookKind):
                raise FormIncomplete
            counter.server.papers.draw_book(
                DrawBookRequest(
                    draw_id=form["id"],
                    kind=BookKind(kind),
                    label=form.get("label", ""),
                    first=whole_of(form, "first"),
                    last=whole_of(form, "last"),
                    denomination_fen=fen_of(form, "value") if form.get("value") else 0,
                )
            )

        drafts.attempt("draw", request.form.to_dict(), act)
        return _to_books()

    _add_using_up(pages, counter, drafts)


def _add_using_up(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.post("/books/<int:book_id>/settlement")
    def settle(book_id: int) -> ResponseReturnValue:
        def act(form: Form) -> None:
            counted = SettleBookRequest(
                settle_id=form["id"],
                used=whole_of(form, "used"),
                void=whole_of(form, "void"),
                blank=whole_of(form, "blank"),
                total_fen=fen_of(form, "total"),
                note=form.get("note") or None,
            )
            counter.server.papers.settle_book(book_id, counted)

        drafts.attempt(f"settle-{book_id}", request.form.to_dict(), act)
        return _to_books()

    @pages.post("/books/spoilt")
    def spoil() -> ResponseReturnValue:
        def act(form: Form) -> None:
            number, reason = whole_of(form, "number"), form.get("reason", "")
            asked = SpoilInvoiceRequest(spoil_id=form["id"], number=number, reason=reason)
            counter.server.papers.spoil(asked)

        drafts.attempt("spoil", request.form.to_dict(), act)
        return _to_books()


def _to_books() -> ResponseReturnValue:
    return redirect(url_for("papers.books"), code=303)


def add_box(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    """The collection box and its list (FEE-05)."""

    @pages.get("/box")
    def box() -> str:
        found = None
        try:
            found = counter.server.papers.box()
        except ServerError as error:
            drafts.notice = problem_of(error)
        return render_template("desk/papers/box.html", tab="box", found=found)

    @pages.post("/box")
    def empty() -> ResponseReturnValue:
        ticked = request.form.getlist("found")

        def act(form: Form) -> None:
            asked = EmptyBoxRequest(
                emptying_id=form["id"], found=rows_of(ticked), note=form.get("note") or None
            )
            counter.server.papers.empty_box(asked)

        drafts.attempt("box", request.form.to_dict(), act)
        return redirect(url_for("papers.box"), code=303)
