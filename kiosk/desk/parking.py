"""The car park's pages: spaces and agreements, tariffs, the bank's lists."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.domain.errors import RuleViolation
from cardserver.domain.parking import SpaceKind
from cardserver.wire_parking import (
    ChangeAgreementRequest,
    EndAgreementRequest,
    RefundAsked,
    SignRequest,
    SpaceRequest,
    TariffRequest,
    TermsRequest,
    WithdrawTariffRequest,
)
from kiosk.desk import choiceacts
from kiosk.desk.asking import act_id, attempt, looked, whole, words
from kiosk.desk.bankpages import add_bank
from kiosk.desk.business import Business
from kiosk.desk.carrying import business_of, carriers
from kiosk.desk.counter import Counter
from kiosk.station.clock import ESTATE_ZONE
from kiosk.station.typed import day, row_of, yuan

_FOUND: Final = 8
_PAGE: Final = 50
"""Spaces on a page."""

_NAME: Final = 60
_FAR: Final = 1_000_000


def parking_pages(counter: Counter) -> Blueprint:
    """The blueprint of ``/parking``."""
    pages = Blueprint("parking", __name__, url_prefix="/parking", template_folder="templates")
    pages.context_processor(lambda: {"local": lambda at: at.astimezone(ESTATE_ZONE)})
    _add_spaces(pages, counter)
    _add_tariffs(pages, counter)
    _add_signing(pages, counter)
    _add_agreement(pages, counter)
    _add_carrying(pages, counter)
    add_bank(pages, counter)
    return pages


def _add_spaces(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/")
    def page() -> str:
        facts: dict[str, Any] = {"spaces": (), "total": 0, "reminders": (), "refunds": ()}
        query = request.args.get("q", "").strip()[:_NAME]
        start = max(0, request.args.get("from", 0, type=int))

        def look() -> None:
            parking = counter.server.parking
            found = parking.spaces(query, offset=min(start, _FAR), limit=_PAGE)
            facts["spaces"], facts["total"] = found.spaces, found.total
            facts["reminders"] = parking.reminders().reminders
            facts["refunds"] = parking.refund_requests().requests

        looked(counter, facts, look)
        return render_template(
            "desk/parking/spaces.html",
            kinds=SpaceKind,
            request_id=uuid4(),
            query=query,
            start=start,
            page_size=_PAGE,
            **facts,
        )

    @pages.post("/spaces")
    def add_space() -> ResponseReturnValue:
        form = request.form

        def act() -> None:
            body = SpaceRequest(
                request_id=act_id(form),
                code=words(form.get("code", ""), "space-missing"),
                kind=_kind(form),
                zone=whole(form.get("zone", ""), "zone-missing"),
            )
            counter.server.parking.add_space(body)

        attempt(counter, act)
        return _back("parking.page")


def _add_tariffs(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/tariffs")
    def tariffs() -> str:
        facts: dict[str, Any] = {"table": None}

        def look() -> None:
            facts["table"] = counter.server.parking.tariffs()

        looked(counter, facts, look)
        return render_template(
            "desk/parking/tariffs.html",
            kinds=SpaceKind,
            request_id=uuid4(),
            fresh_id=uuid4,
            **facts,
        )

    @pages.post("/tariffs")
    def add_tariff() -> ResponseReturnValue:
        form = request.form

        def act() -> None:
            body = TariffRequest(
                request_id=act_id(form),
                kind=_kind(form),
                monthly_fee_fen=yuan(form.get("fee", "")),
                first=day(form.get("first", "")),
            )
            counter.server.parking.add_tariff(body)

        attempt(counter, act)
        return _back("parking.tariffs")

    @pages.post("/tariffs/<int:tariff_id>/withdraw")
    def withdraw_tariff(tariff_id: int) -> ResponseReturnValue:
        form = request.form

        def act() -> None:
            reason = words(form.get("reason", ""), "reason-missing")
            body = WithdrawTariffRequest(request_id=act_id(form), reason=reason)
            counter.server.parking.withdraw_tariff(tariff_id, body)

        attempt(counter, act)
        return _back("parking.tariffs")


def _add_signing(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/agreements")
    def agreements() -> str:
        """A new agreement: about which space, and with whom."""
        facts: dict[str, Any] = {"free": (), "found": ()}
        query = request.args.get("q", "").strip()
        code = request.args.get("code", "").strip()[:_NAME]

        def look() -> None:
            facts["free"] = counter.server.parking.spaces(code, free=True).spaces
            facts["found"] = counter.server.search(query, _FOUND) if query else ()

        looked(counter, facts, look)
        return render_template(
            "desk/parking/signing.html",
            query=query,
            code=code,
            chosen=request.args.get("space", type=int),
            request_id=uuid4(),
            **facts,
        )

    @pages.post("/agreements")
    def sign() -> ResponseReturnValue:
        form = request.form
        made: list[int] = []

        def act() -> None:
            body = SignRequest(
                request_id=act_id(form),
                number=words(form.get("number", ""), "agreement-missing"),
                holder_id=_chosen(form, "holder_id"),
                space_id=_chosen(form, "space_id"),
                begins=day(form.get("begins", "")),
                terms=_terms(form),
            )
            made.append(counter.server.parking.sign(body).agreement.agreement_id)

        if attempt(counter, act):
            return _back("parking.agreement", agreement_id=made[0])
        return _back("parking.agreements", q=form.get("q", ""), space=form.get("space_id", ""))


def _add_carrying(pages: Blueprint, counter: Counter) -> None:
    @pages.post("/agreements/<int:agreement_id>/carry")
    def carry(agreement_id: int) -> ResponseReturnValue:
        """Onto a door card of the household (PARK-04b): the counter goes on from here."""
        form = request.form
        found: list[Business] = []

        def act() -> None:
            line = counter.server.parking.agreement(agreement_id).agreement
            months = min(max(whole(form.get("months", ""), "count-missing"), 1), 12)
            found.append(business_of(counter, line, _chosen(form, "card_number"), months))

        if not attempt(counter, act):
            return _back("parking.agreement", agreement_id=agreement_id)
        choiceacts.show(counter, found[0].holder.holder_id)
        choiceacts.choose(counter, found[0])
        return _back("desk.page")


def _add_agreement(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/agreements/<int:agreement_id>")
    def agreement(agreement_id: int) -> str:
        facts: dict[str, Any] = {"file": None, "carriers": ()}

        def look() -> None:
            facts["file"] = counter.server.parking.agreement(agreement_id)
            facts["carriers"] = carriers(counter, facts["file"].agreement)

        looked(counter, facts, look)
        return render_template("desk/parking/agreement.html", request_id=uuid4(), **facts)

    @pages.post("/agreements/<int:agreement_id>/change")
    def change(agreement_id: int) -> ResponseReturnValue:
        form = request.form

        def act() -> None:
            body = ChangeAgreementRequest(
                request_id=act_id(form),
                terms=_terms(form),
                reason=words(form.get("reason", ""), "reason-missing"),
            )
            counter.server.parking.change(agreement_id, body)

        attempt(counter, act)
        return _back("parking.agreement", agreement_id=agreement_id)

    @pages.post("/agreements/<int:agreement_id>/end")
    def end(agreement_id: int) -> ResponseReturnValue:
        form = request.form

        def act() -> None:
            body = EndAgreementRequest(
                request_id=act_id(form),
                last=day(form.get("last", "")),
                reason=words(form.get("reason", ""), "reason-missing"),
            )
            counter.server.parking.end(agreement_id, body)

        attempt(counter, act)
        return _back("parking.agreement", agreement_id=agreement_id)

    @pages.post("/agreements/<int:agreement_id>/refund-request")
    def ask_refund(agreement_id: int) -> ResponseReturnValue:
        form = request.form

        def act() -> None:
            body = RefundAsked(
                request_id=act_id(form),
                card_number=_chosen(form, "card_number"),
                months=min(max(whole(form.get("months", ""), "count-missing"), 1), 12),
                reason=words(form.get("reason", ""), "reason-missing"),
            )
            counter.server.parking.ask_refund(body)

        attempt(counter, act)
        return _back("parking.agreement", agreement_id=agreement_id)


def _back(endpoint: str, **values: Any) -> ResponseReturnValue:
    return redirect(url_for(endpoint, **values), HTTPStatus.SEE_OTHER)


def _chosen(form: Mapping[str, str], field: str) -> int:
    """A row that was chosen in a form. Raises RuleViolation ``nobody-chosen``."""
    chosen = row_of(form.get(field, ""))
    if not chosen:
        raise RuleViolation("nobody-chosen")
    return chosen


def _terms(form: Mapping[str, str]) -> TermsRequest:
    ends: date = day(form.get("ends", ""))
    stated = form.get("stated", "").strip()
    return TermsRequest(
        plate=words(form.get("plate", ""), "plate-missing"),
        ends=ends,
        stated_fee_fen=yuan(stated) if stated else 0,
        bank_collected=form.get("bank") == "yes",
    )


def _kind(form: Mapping[str, str]) -> SpaceKind:
    """The kind of space that was chosen. Raises RuleViolation ``space-missing``."""
    chosen = form.get("kind", "")
    if chosen not in set(SpaceKind):
        raise RuleViolation("space-missing")
    return SpaceKind(chosen)
