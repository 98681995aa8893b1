"""The page of the gates' rules: what stands, a document to look through, a new version.

The document is text in TOML (docs/gate-rules.md): it is looked through as a whole, and a new
version counts at the gates within seconds. A version is never changed, only followed by another.
"""

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from cardserver.domain.ruledocument import MAX_DOCUMENT
from cardserver.wire_gates import SetRulesRequest
from kiosk.desk.asking import act_id, attempt, looked, words
from kiosk.desk.counter import Counter
from kiosk.station.typed import row_of

_CARRIED_AS: Final = len("%E5%8C%BA")
"""A form writes a character of Chinese in so many."""

_ROOM: Final = MAX_DOCUMENT * _CARRIED_AS + 64 * 1024
_SENT_TO: Final = frozenset({"gates.check", "gates.put"})


def add_rules(pages: Blueprint, counter: Counter) -> None:
    """``/gates/rules`` and what can be done there."""
    pages.before_request(_make_room)
    kept: dict[str, str] = {}  # what was typed and refused, once: for who comes back from a step-up

    def draw(document: str | None, note: str, checked: Any = None) -> str:
        facts: dict[str, Any] = {"tab": "rules", "document": document, "note": note}

        def look() -> None:
            calls = counter.server.gate_rules
            standing = calls.current()
            facts.update(standing=standing, history=calls.history(), checked=checked)
            if document is None:
                facts["document"] = "" if standing is None else standing.document

        looked(counter, facts, look)
        return render_template("desk/gates/rules.html", **facts)

    @pages.get("/rules")
    @pages.get("/rules/check")
    def rules() -> str:
        document, note = kept.pop("document", None), kept.pop("note", "")
        return draw(document, note)

    @pages.post("/rules/check")
    def check() -> ResponseReturnValue:
        document = _typed()
        found: list[Any] = []
        if not attempt(counter, lambda: found.append(counter.server.gate_rules.check(document))):
            kept.update(document=document, note=request.form.get("note", ""))
        return draw(document, request.form.get("note", ""), found[0] if found else None)

    @pages.post("/rules")
    def put() -> ResponseReturnValue:
        document, form = _typed(), request.form

        def act() -> None:
            body = SetRulesRequest(
                request_id=act_id(form),
                document=document,
                note=words(form.get("note", ""), "reason-missing"),
                after=row_of(form.get("after", "")) or 0,
            )
            counter.server.gate_rules.put(body)

        if attempt(counter, act):
            return redirect(url_for("gates.rules"), HTTPStatus.SEE_OTHER)
        # What was typed stays on the page, whatever was refused.
        kept.update(document=document, note=form.get("note", ""))
        return draw(document, form.get("note", ""))


def _make_room() -> None:
    """For a document as long as the server takes it: no other form of ours is so large."""
    if request.endpoint in _SENT_TO:
        request.max_content_length = request.max_form_memory_size = _ROOM


def _typed() -> str:
    """The document as typed, with line ends as files have them."""
    return request.form.get("document", "").replace("\r\n", "\n")
