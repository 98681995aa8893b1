"""The pages of papers: what is owed, one paper and all that may be done with it, books, the box."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.client import ServerError
from cardserver.domain.document import DocumentKind, PrintResult
from cardserver.domain.errors import DomainError, RuleViolation
from cardserver.domain.receiptbook import VoidOutcome, numbers_text
from cardserver.domain.slipcode import SlipFacts, is_code
from cardserver.wire_documents import DocumentView
from cardserver.wire_papers import VoidPaperRequest
from kiosk.desk.counter import Counter
from kiosk.desk.paperacts import Handed
from kiosk.desk.paperbooks import add_books, add_box
from kiosk.desk.paperforms import Scanned, forget_ticks, whole_of
from kiosk.desk.paperwork import Ticks, complete, give_invoices, proposed, wants_invoices
from kiosk.desk.shiftforms import Drafts, Form, drafted
from kiosk.station.problems import problem_of

CANCELLED: Final = VoidOutcome.CANCELLED_ISSUE
TABS: Final = ("owed", "find", "books", "box")
_SHOWN: Final = 50


def blueprint(counter: Counter) -> Blueprint:
    """The pages under ``/papers``."""
    pages = Blueprint("papers", __name__, url_prefix="/papers")
    drafts = drafted(pages, counter)

    @pages.context_processor
    def everywhere() -> dict[str, object]:
        return {
            "tabs": TABS,
            "numbers_text": numbers_text,
            "wants_invoices": wants_invoices,
            "VoidOutcome": VoidOutcome,
        }

    _add_looking(pages, counter, drafts)
    _add_paper(pages, counter, drafts)
    add_books(pages, counter, drafts)
    add_box(pages, counter, drafts)
    return pages


def _add_looking(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.get("/")
    def page() -> str:
        owed = None
        try:
            owed = counter.server.papers.owed(limit=_SHOWN)
        except ServerError as error:
            drafts.notice = problem_of(error)
        return render_template("desk/papers/owed.html", tab="owed", owed=owed)

    @pages.get("/find")
    def find() -> ResponseReturnValue:
        found: list[DocumentView] = []
        slip: SlipFacts | None = None
        typed = request.args.get("number", "")
        try:
            if is_code(typed):
                slip = counter.slips.check(typed)
                found = _of_slip(counter, slip)
            else:
                found = _found(counter, request.args)
        except (ServerError, DomainError) as error:
            drafts.notice = problem_of(error)
            drafts.rule = str(getattr(error, "rule", ""))
        if len(found) == 1 and typed:
            genuine = None if slip is None else "genuine"
            where = url_for("papers.paper", document_id=found[0].document_id, slip=genuine)
            return redirect(where, code=303)
        return render_template("desk/papers/find.html", tab="find", found=found, slip=slip)

    @pages.post("/unnumbered/<int:unnumbered_id>")
    def number(unnumbered_id: int) -> ResponseReturnValue:
        def act(form: Form) -> None:
            counter.server.papers.number(unnumbered_id, form["id"])

        drafts.attempt(f"number-{unnumbered_id}", request.form.to_dict(), act)
        return redirect(url_for("papers.page"), code=303)


def _of_slip(counter: Counter, slip: SlipFacts) -> list[DocumentView]:
    """The record of a genuine slip. Raises ServerError, RuleViolation ``slip-differs``."""
    found = [
        each
        for each in counter.server.papers.find(number=slip.number)
        if each.kind is DocumentKind.TOP_UP_SLIP
    ]
    for each in found:
        record = (each.content.card_number, each.content.total_fen)
        if record != (slip.card_number, slip.amount_fen):
            raise RuleViolation("slip-differs", rule="PARK-07a")
    return found


def _found(counter: Counter, asked: Form) -> list[DocumentView]:
    if asked.get("number"):
        scanned = Scanned.of(asked["number"])
        found = counter.server.papers.find(number=scanned.number)
        found = [each for each in found if scanned.fits(each)]
        for each in found:
            scanned.check(each)
        return found
    if asked.get("card"):
        return counter.server.papers.find(card_number=whole_of(asked, "card"))
    return counter.server.papers.find()


def _here(document_id: int) -> ResponseReturnValue:
    return redirect(url_for("papers.paper", document_id=document_id), code=303)


def _add_paper(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.get("/no/<int:document_id>")
    def paper(document_id: int) -> str:
        document, numbers = None, ""
        try:
            document = counter.server.document(document_id)
            if wants_invoices(document):
                numbers = proposed(counter.server, document)
        except ServerError as error:
            drafts.notice = problem_of(error)
        genuine = request.args.get("slip") == "genuine"
        return render_template(
            "desk/papers/paper.html", tab="find", paper=document, numbers=numbers, genuine=genuine
        )

    @pages.post("/no/<int:document_id>/print")
    def print_(document_id: int) -> ResponseReturnValue:
        def act(_: Form) -> None:
            _print(counter, drafts, counter.server.document(document_id))

        drafts.attempt(f"print-{document_id}", request.form.to_dict(), act)
        return _here(document_id)

    @pages.post("/no/<int:document_id>/<any('handed-over', 'in-the-box'):how>")
    def hand(document_id: int, how: str) -> ResponseReturnValue:
        def act(form: Form) -> None:
            complete(counter.server, counter.server.document(document_id), Ticks.of(dict(form)))
            counter.server.hand_over(document_id, form["id"], Handed(how).value)

        name = f"hand-{document_id}"
        forget_ticks(drafts, name, "sealed", "signed")
        drafts.attempt(name, request.form.to_dict(), act)
        return _here(document_id)

    _add_invoices(pages, counter, drafts)
    _add_void(pages, counter, drafts)


def _add_invoices(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.post("/no/<int:document_id>/invoices")
    def invoices(document_id: int) -> ResponseReturnValue:
        def act(form: Form) -> None:
            document = counter.server.document(document_id)
            give_invoices(counter.server, document, form.get("numbers", ""), form["id"])

        drafts.attempt(f"invoices-{document_id}", request.form.to_dict(), act)
        return _here(document_id)


def _add_void(pages: Blueprint, counter: Counter, drafts: Drafts) -> None:
    @pages.post("/no/<int:document_id>/void")
    def void(document_id: int) -> ResponseReturnValue:
        made: list[DocumentView] = []

        def act(form: Form) -> None:
            asked = VoidPaperRequest(
                void_id=form["id"],
                outcome=CANCELLED if form.get("outcome") == CANCELLED else VoidOutcome.WRONG_PAPER,
                reason=form.get("reason", ""),
                all_copies="all_copies" in form,
            )
            done = counter.server.papers.void(document_id, asked)
            if done.replacement is not None:
                made.append(done.replacement)

        name = f"void-{document_id}"
        forget_ticks(drafts, name, "all_copies")
        drafts.attempt(name, request.form.to_dict(), act)
        if made:
            _print(counter, drafts, made[0])
        return _here(made[0].document_id if made else document_id)


def _print(counter: Counter, drafts: Drafts, document: DocumentView) -> None:
    _, result = counter.paper.print_document(document)
    if result is not PrintResult.PRINTED:
        drafts.notice = f"paper-{result}"
