"""The pages of the card register F1: find rows, look at one, sign it, correct it, print it."""

import unicodedata
from datetime import date
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.domain.appraisal import Finding
from cardserver.domain.cardreport import Reporter
from cardserver.domain.operation import OperationKind
from cardserver.domain.register import Correctable
from cardserver.domain.signature import PAD_HEIGHT, PAD_WIDTH, Signer
from cardserver.wire_register import RegisterPage, RegisterRowView, RowQuery
from kiosk.desk.asking import act_id, attempt, looked
from kiosk.desk.counter import WORK, Counter
from kiosk.desk.exports import KINDS, sent
from kiosk.desk.registerform import MAX_PRINTED, register_form, said_remark
from kiosk.desk.registerrow import correcting, signing
from kiosk.station.clock import ESTATE_ZONE, Clock, local_date
from kiosk.station.web import back_to, t

_FILTERS: Final = ("day", "last_day", "unit", "card", "open", "abnormal")
_CARD_DIGITS: Final = 9


REMARKS: Final = {
    "undone-by-clerk",
    "customer-left",
    "card-not-returned",
    "being replaced",
    "card-full",
    "card-foreign",
    "clone-suspected",
    "holder-ended",
}
"""Reasons of stations and the server that have words of their own in a remark."""

_WORDS: Final = {
    **{str(kind): f"business.{kind}" for kind in OperationKind},
    **{str(finding): f"finding.{finding}" for finding in Finding},
    **{str(reporter): f"reporter.{reporter}" for reporter in Reporter},
    **{word: f"register.remark.{word.replace(' ', '-')}" for word in REMARKS},
}


def _in_words(word: str) -> str:
    """A reason in the language of the page; what people wrote as it stands."""
    return t(_WORDS[word]) if word in _WORDS else word


def register_pages(counter: Counter, clock: Clock) -> Blueprint:
    """The blueprint of ``/register``."""
    pages = Blueprint("register", __name__, url_prefix="/register", template_folder="templates")

    @pages.app_context_processor
    def shapes() -> dict[str, object]:
        return {
            "pad_width": PAD_WIDTH,
            "pad_height": PAD_HEIGHT,
            "signers": (Signer.HOLDER, Signer.REPRESENTATIVE),
            "said_remark": lambda remark: said_remark(remark, _in_words),
            "new_id": lambda: str(uuid4()),
            "estate_zone": ESTATE_ZONE,
        }

    _add_reading(pages, counter, clock)
    _add_papers(pages, counter, clock)
    _add_acts(pages, counter)
    return pages


def asked(today: date) -> RowQuery:
    """The filters of the address; without any, today's rows."""
    given = {name: request.args.get(name, "").strip() for name in _FILTERS}
    card = unicodedata.normalize("NFKC", given["card"]).replace(" ", "")
    number = int(card) if card.isascii() and card.isdigit() and len(card) <= _CARD_DIGITS else 0
    narrowed = any(given[name] for name in ("unit", "card", "open"))
    day = _day(given["day"]) or (None if narrowed or "day" in request.args else today)
    return RowQuery.model_construct(
        day=day,
        last_day=_day(given["last_day"]) if day else None,
        unit=given["unit"][:60] or None,
        card=number or None,
        station=None,
        operation_id=None,
        open_only=bool(given["open"]),
        abnormal_only=bool(given["abnormal"]),
        after=max(0, request.args.get("after", 0, type=int)),
        limit=RowQuery.model_fields["limit"].default,
    )


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _add_reading(pages: Blueprint, counter: Counter, clock: Clock) -> None:
    @pages.get("/")
    def page() -> str:
        query = asked(local_date(clock()))
        facts: dict[str, Any] = {"page": None}

        def look() -> None:
            facts["page"] = counter.server.register.rows(query)

        looked(counter, facts, look)
        kept = {name: request.args[name] for name in _FILTERS if request.args.get(name)}
        if query.day is not None:
            kept["day"] = query.day.isoformat()
        return render_template(
            "desk/register/list.html", query=query, kept=kept, kinds=KINDS, **facts
        )

    @pages.get("/<int:number>")
    def row(number: int) -> str:
        facts: dict[str, Any] = {"row": None}

        def look() -> None:
            facts["row"] = counter.server.register.row(number)

        looked(counter, facts, look)
        return render_template("desk/register/row.html", columns=Correctable, **facts)


def _add_papers(pages: Blueprint, counter: Counter, clock: Clock) -> None:
    @pages.get("/<any(pdf, xlsx, csv):kind>")
    def paper(kind: str) -> ResponseReturnValue:
        query = asked(local_date(clock()))
        found: list[ResponseReturnValue] = []

        def write() -> None:
            rows, head = _gathered(counter, query)
            form = register_form(
                rows, query, estate=counter.server.health().estate, head=head, now=clock()
            )
            name = f"{form.code} {query.day or local_date(clock())}"
            found.append(sent(form, kind, name, now=clock()))

        if attempt(counter, write):
            return found[0]
        return redirect(url_for("register.page"), HTTPStatus.SEE_OTHER)


def _gathered(counter: Counter, query: RowQuery) -> tuple[list[RegisterRowView], RegisterPage]:
    """The rows to print, and the chain's head as of the first of them."""
    calls = counter.server.register
    head = page = calls.rows(query)
    rows = list(page.rows)
    while page.more and len(rows) < MAX_PRINTED:
        page = calls.rows(query.model_copy(update={"after": rows[-1].number}))
        rows += page.rows
    return rows, head


def _add_acts(pages: Blueprint, counter: Counter) -> None:
    @pages.post("/<int:number>/sign")
    def sign(number: int) -> ResponseReturnValue:
        form = request.form.to_dict()
        if form.get("back") == "counter":
            return _sign_at_counter(counter, number, form)

        def act() -> None:
            calls = counter.server.register
            calls.sign(number, signing(calls.row(number), form, act_id(form)))

        attempt(counter, act)
        return redirect(url_for("register.row", number=number), HTTPStatus.SEE_OTHER)

    @pages.post("/<int:number>/correct")
    def correct(number: int) -> ResponseReturnValue:
        form = request.form.to_dict()
        attempt(
            counter, lambda: counter.server.register.correct(number, correcting(form, act_id(form)))
        )
        return redirect(url_for("register.row", number=number), HTTPStatus.SEE_OTHER)


def _sign_at_counter(counter: Counter, number: int, form: dict[str, str]) -> ResponseReturnValue:
    """The recipient signs while his business is still on the counter's page."""
    business = counter.business
    row = None if business is None else business.row
    if business is None or row is None or row.number != number:
        abort(HTTPStatus.NOT_FOUND)

    def act() -> None:
        made = signing(row, form, act_id(form))
        business.row = counter.server.register.sign(number, made)
        business.problem = business.problem_rule = ""

    counter.attempt(act)
    counter.bell.ring(WORK)
    return back_to("desk.page", part="desk.work")
