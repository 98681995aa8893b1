"""The desk's pages about people: the list, a person's sheet, filing, changing, ending, papers.

A refused form comes back with what was typed. A hidden field that was uncovered stands in the one
answer to that very act: it is in no address, and a page asked for anew does not show it.
"""

from typing import Any, Final
from uuid import UUID, uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.domain.rights import HolderClass
from cardserver.domain.verification import Paper
from cardserver.wire_copies import CopyRequest, FilingRequest
from cardserver.wire_people import (
    PAGE,
    ChangeHolderRequest,
    EndHolderRequest,
    FileHolderRequest,
    Standing,
    UnmaskRequest,
)
from kiosk.desk.asking import act_id, attempt, looked, typed_here, words
from kiosk.desk.counter import Counter
from kiosk.desk.peopleforms import details, number, reason_of
from kiosk.station.typed import day_or_none

_STANDINGS: Final[tuple[Standing, ...]] = ("current", "ended", "all")
_LAST_PAGE: Final = 100_000


def people_pages(counter: Counter) -> Blueprint:
    """The blueprint of ``/people``."""
    pages = Blueprint("people", __name__, url_prefix="/people", template_folder="templates")
    _add_list(pages, counter)
    _add_filing(pages, counter)
    _add_sheet(pages, counter)
    _add_changing(pages, counter)
    _add_papers(pages, counter)
    return pages


def page_number() -> int:
    """The page in the address, from 0."""
    return min(max(request.args.get("page", 0, type=int), 0), _LAST_PAGE)


def _chosen_class(word: str) -> HolderClass | None:
    return HolderClass(word) if word in set(HolderClass) else None


def _add_list(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/")
    def listed() -> str:
        typed = request.args
        wanted: Standing = next((s for s in _STANDINGS if s == typed.get("standing")), "current")
        query = typed.get("q", "").strip()[:60]
        kind = _chosen_class(typed.get("class", ""))
        facts: dict[str, Any] = {"found": None}

        def look() -> None:
            facts["found"] = counter.server.people.people(
                query, holder_class=kind, standing=wanted, page=page_number()
            )

        looked(counter, facts, look)
        return render_template(
            "desk/people/list.html",
            query=query,
            kind=kind,
            standing=wanted,
            standings=_STANDINGS,
            kinds=HolderClass,
            page=page_number(),
            **facts,
        )


def _add_filing(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/new")
    def new() -> str:
        asked = {name: request.args[name] for name in ("class", "unit_id") if name in request.args}
        typed = typed_here(counter)
        if any(typed.get(name) != value for name, value in asked.items()):
            typed = asked
        return form(_chosen_class(typed.get("class", "")) or HolderClass.OWNER, typed)

    @pages.post("/new")
    def file() -> ResponseReturnValue:
        kind = _chosen_class(request.form.get("class", "")) or HolderClass.OWNER

        def act() -> None:
            filed = FileHolderRequest(
                request_id=act_id(request.form),
                details=details(request.form, kind),
                co_owner="co_owner" in request.form,
            )
            made.append(counter.server.people.file_holder(filed).holder_id)

        made: list[int] = []
        if attempt(counter, act):
            return redirect(url_for("people.sheet", holder_id=made[0]), code=303)
        return form(kind, typed_here(counter))

    def form(kind: HolderClass, typed: dict[str, str]) -> str:
        facts: dict[str, Any] = {"household": None}

        def look() -> None:
            unit_id = number(typed, "unit_id")
            if unit_id is not None:
                facts["household"] = counter.server.people.household(unit_id)

        looked(counter, facts, look)
        return render_template(
            "desk/people/form.html",
            kind=kind,
            kinds=HolderClass,
            typed=typed,
            person=None,
            request_id=typed.get("request_id") or uuid4(),
            **facts,
        )


def _add_sheet(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/<int:holder_id>")
    def sheet(holder_id: int) -> str:
        return _sheet(counter, holder_id)

    @pages.post("/<int:holder_id>/unmask")
    def unmask(holder_id: int) -> str:
        shown: dict[str, str] = {}

        def act() -> None:
            asked = UnmaskRequest.model_validate(
                {
                    "unmask_id": act_id(request.form),
                    "field": request.form.get("field", ""),
                    "agreement_id": number(request.form, "agreement_id"),
                }
            )
            found = counter.server.people.unmask(holder_id, asked)
            shown[f"{asked.field}{asked.agreement_id or ''}"] = found.value

        attempt(counter, act)
        return _sheet(counter, holder_id, shown)


def _add_changing(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/<int:holder_id>/edit")
    def edit(holder_id: int) -> str:
        return form(holder_id, typed_here(counter))

    @pages.post("/<int:holder_id>/edit")
    def change(holder_id: int) -> ResponseReturnValue:
        kind = _chosen_class(request.form.get("class", "")) or HolderClass.OWNER

        def act() -> None:
            changed = ChangeHolderRequest(
                request_id=act_id(request.form),
                version=number(request.form, "version") or 0,
                details=details(request.form, kind),
                reason=reason_of(request.form),
            )
            counter.server.people.change_holder(holder_id, changed)

        if attempt(counter, act):
            return redirect(url_for("people.sheet", holder_id=holder_id), code=303)
        return form(holder_id, typed_here(counter))

    @pages.post("/<int:holder_id>/end")
    def end(holder_id: int) -> ResponseReturnValue:
        def act() -> None:
            ended = EndHolderRequest(
                request_id=act_id(request.form),
                version=number(request.form, "version") or 0,
                last_day=day_or_none(request.form.get("last_day", "")),
                reason=reason_of(request.form),
            )
            counter.server.people.end_holder(holder_id, ended)

        attempt(counter, act)
        return redirect(url_for("people.sheet", holder_id=holder_id), code=303)

    def form(holder_id: int, typed: dict[str, str]) -> str:
        facts: dict[str, Any] = {"person": None, "household": None}

        def look() -> None:
            person = counter.server.people.sheet(holder_id).person
            facts["person"] = person
            if person.unit_id is not None:
                facts["household"] = counter.server.people.household(person.unit_id)

        looked(counter, facts, look)
        person = facts["person"]
        on_file = {} if person is None else _as_typed(person.model_dump(mode="json"))
        return render_template(
            "desk/people/form.html",
            kind=HolderClass.OWNER if person is None else person.holder_class,
            kinds=HolderClass,
            typed=typed or on_file,
            request_id=typed.get("request_id") or uuid4(),
            **facts,
        )


def _as_typed(on_file: dict[str, Any]) -> dict[str, Any]:
    """What a form shows of a file: never a phone or an ID number, not even masked."""
    hidden = {"phone", "id_number"}
    return {name: value for name, value in on_file.items() if value and name not in hidden}


def _sheet(counter: Counter, holder_id: int, shown: dict[str, str] | None = None) -> str:
    facts: dict[str, Any] = {"sheet": None, "images": None}

    def look() -> None:
        facts["sheet"] = counter.server.people.sheet(holder_id)
        facts["images"] = counter.server.images.of_holder(holder_id)

    looked(counter, facts, look)
    return render_template(
        "desk/people/sheet.html", shown=shown or {}, papers=Paper, request_id=uuid4(), **facts
    )


def _add_papers(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/unfiled")
    def unfiled() -> str:
        facts: dict[str, Any] = {"copies": (), "total": 0}

        def look() -> None:
            found = counter.server.people.unfiled(PAGE)
            facts.update(copies=found.copies, total=found.total)

        looked(counter, facts, look)
        return render_template("desk/people/unfiled.html", request_id=uuid4, **facts)

    @pages.post("/<int:holder_id>/copies")
    def copy(holder_id: int) -> ResponseReturnValue:
        def act() -> None:
            taken = CopyRequest.model_validate(
                {
                    "copy_id": act_id(request.form),
                    "paper": request.form.get("paper", ""),
                    "occasion": words(request.form.get("occasion", ""), "occasion-missing"),
                }
            )
            counter.server.people.record_copy(holder_id, taken)

        attempt(counter, act)
        return redirect(url_for("people.sheet", holder_id=holder_id), code=303)

    @pages.post("/copies/<uuid:copy_id>")
    def file_copy(copy_id: UUID) -> ResponseReturnValue:
        def act() -> None:
            folder = words(request.form.get("folder", ""), "folder-missing")[:60]
            filing = FilingRequest(filing_id=act_id(request.form), folder=folder)
            counter.server.people.file_copy(str(copy_id), filing)

        attempt(counter, act)
        holder_id = number(request.form, "holder_id")
        if holder_id is None:
            return redirect(url_for("people.unfiled"), code=303)
        return redirect(url_for("people.sheet", holder_id=holder_id), code=303)
