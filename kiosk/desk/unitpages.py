"""The desk's pages about units: the list, a household, and the change of owner (IC-22)."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.wire_units import ChangeUnitRequest, FileUnitRequest, TransferRequest
from kiosk.desk.asking import act_id, attempt, looked, typed_here, words
from kiosk.desk.counter import Counter
from kiosk.desk.people import page_number
from kiosk.desk.peopleforms import name_of, number, optional, reason_of, zones
from kiosk.station.clock import Clock, local_date
from kiosk.station.typed import day_or_none


def unit_pages(counter: Counter, clock: Clock) -> Blueprint:
    """The blueprint of ``/units``."""
    pages = Blueprint("units", __name__, url_prefix="/units", template_folder="templates")
    _add_list(pages, counter)
    _add_household(pages, counter)
    _add_transfer(pages, counter, clock)
    return pages


def _add_list(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/")
    def listed() -> str:
        query = request.args.get("q", "").strip()[:60]
        facts: dict[str, Any] = {"found": None}

        def look() -> None:
            facts["found"] = counter.server.people.units(query, page_number())

        looked(counter, facts, look)
        return render_template(
            "desk/people/units.html", query=query, page=page_number(), request_id=uuid4(), **facts
        )

    @pages.post("/")
    def file() -> ResponseReturnValue:
        made: list[int] = []

        def act() -> None:
            label = words(request.form.get("label", ""), "label-missing")[:60]
            filed = FileUnitRequest(
                request_id=act_id(request.form), label=label, zones=zones(request.form)
            )
            made.append(counter.server.people.file_unit(filed).unit_id)

        if attempt(counter, act):
            return redirect(url_for("units.household", unit_id=made[0]), code=303)
        return redirect(url_for("units.listed"), code=303)


def _add_household(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/<int:unit_id>")
    def household(unit_id: int) -> str:
        facts: dict[str, Any] = {"household": None}

        def look() -> None:
            facts["household"] = counter.server.people.household(unit_id)

        looked(counter, facts, look)
        return render_template("desk/people/unit.html", request_id=uuid4(), **facts)

    @pages.post("/<int:unit_id>")
    def change(unit_id: int) -> ResponseReturnValue:
        def act() -> None:
            changed = ChangeUnitRequest(
                request_id=act_id(request.form),
                version=number(request.form, "version") or 0,
                label=words(request.form.get("label", ""), "label-missing")[:60],
                zones=zones(request.form),
                reason=reason_of(request.form),
            )
            counter.server.people.change_unit(unit_id, changed)

        attempt(counter, act)
        return redirect(url_for("units.household", unit_id=unit_id), code=303)


def _add_transfer(pages: Blueprint, counter: Counter, clock: Clock) -> None:
    @pages.get("/<int:unit_id>/transfer")
    def transfer(unit_id: int) -> str:
        return form(unit_id)

    @pages.post("/<int:unit_id>/transfer")
    def carry_out(unit_id: int) -> ResponseReturnValue:
        def act() -> None:
            counter.server.people.transfer(unit_id, asked())

        if attempt(counter, act):
            return redirect(url_for("units.household", unit_id=unit_id), code=303)
        return form(unit_id)

    def asked() -> TransferRequest:
        typed = request.form
        return TransferRequest(
            transfer_id=act_id(typed),
            transferred_on=day_or_none(typed.get("transferred_on", "")) or local_date(clock()),
            rights_end=day_or_none(typed.get("rights_end", "")),
            household=_numbers(typed.getlist("household")),
            cards=_numbers(typed.getlist("cards")),
            name=name_of(typed),
            phone=optional(typed, "phone"),
            id_number=optional(typed, "id_number"),
            company="company" in typed,
        )

    def form(unit_id: int) -> str:
        facts: dict[str, Any] = {"leaving": None}
        typed = typed_here(counter) or {"transferred_on": local_date(clock()).isoformat()}

        def look() -> None:
            facts["leaving"] = counter.server.people.leaving(unit_id)

        looked(counter, facts, look)
        return render_template(
            "desk/people/transfer.html",
            typed=typed,
            request_id=typed.get("request_id") or uuid4(),
            **facts,
        )


def _numbers(texts: list[str]) -> tuple[int, ...]:
    found = (number({"n": text}, "n") for text in texts)
    return tuple(each for each in found if each is not None)
