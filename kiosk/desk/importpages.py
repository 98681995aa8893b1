"""The desk's page about owner data from a file: send it, look at every row's fate, take it over."""

from typing import Any, Final, get_args
from uuid import UUID, uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from cardserver.domain.errors import RuleViolation
from cardserver.wire_imports import FateWord, TakeOverRequest
from kiosk.desk.asking import act_id, attempt, looked
from kiosk.desk.counter import Counter
from kiosk.desk.people import page_number

_MAX_FILE: Final = 33 * 1024 * 1024
_FATES: Final = get_args(FateWord)


def import_pages(counter: Counter) -> Blueprint:
    """The blueprint of ``/people/import``."""
    pages = Blueprint("imports", __name__, url_prefix="/people/import", template_folder="templates")
    _add_sending(pages, counter)
    _add_preview(pages, counter)
    return pages


def _add_sending(pages: Blueprint, counter: Counter) -> None:
    @pages.before_request
    def room() -> None:
        if request.endpoint == "imports.send":  # this call alone carries a file
            request.max_content_length = _MAX_FILE

    @pages.get("/")
    def listed() -> str:
        facts: dict[str, Any] = {"imports": ()}

        def look() -> None:
            facts["imports"] = counter.server.people.imports().imports

        looked(counter, facts, look)
        return render_template("desk/people/imports.html", **facts)

    @pages.post("/")
    def send() -> ResponseReturnValue:
        sent: list[str] = []

        def act() -> None:
            name, data = _uploaded(request.files.get("file"))
            sent.append(counter.server.people.upload(name, data).import_id)

        if attempt(counter, act):
            return redirect(url_for("imports.show", import_id=sent[0]), code=303)
        return redirect(url_for("imports.listed"), code=303)


def _uploaded(file: FileStorage | None) -> tuple[str, bytes]:
    """Name and bytes of the file that was chosen. Raises RuleViolation."""
    if file is None or not file.filename:
        raise RuleViolation("file-missing")
    data = file.read()
    if not data:
        raise RuleViolation("file-empty")
    name = file.filename.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in name if each.isprintable())[-120:] or "file", data


def _add_preview(pages: Blueprint, counter: Counter) -> None:
    @pages.get("/<uuid:import_id>")
    def show(import_id: UUID) -> str:
        asked = request.args.get("fate", "")
        fate: FateWord | None = next((each for each in _FATES if each == asked), None)
        facts: dict[str, Any] = {"file": None, "rows": None}

        def look() -> None:
            calls = counter.server.people
            file = facts["file"] = calls.show_import(str(import_id))
            if file.state in {"previewed", "taken-over"} and not file.running:
                facts["rows"] = calls.import_lines(str(import_id), fate, page_number())

        looked(counter, facts, look)
        return render_template(
            "desk/people/import.html",
            fate=fate,
            fates=_FATES,
            page=page_number(),
            request_id=uuid4(),
            **facts,
        )

    @pages.post("/<uuid:import_id>/<how>")
    def act(import_id: UUID, how: str) -> ResponseReturnValue:
        calls, name = counter.server.people, str(import_id)

        def take_over() -> None:
            typed = request.form
            wanted = TakeOverRequest(
                request_id=act_id(typed),
                sha256=typed.get("sha256", ""),
                digest=typed.get("digest", ""),
            )
            calls.take_over(name, wanted)

        acts = {
            "take-over": take_over,
            "drop": lambda: calls.drop_import(name),
            "preview": lambda: calls.preview_import(name),
        }
        if how in acts:
            attempt(counter, acts[how])
        return redirect(url_for("imports.show", import_id=import_id), code=303)
