"""Pictures of papers at the desk: upload, look, let go.

A picture stands in the one answer to the look that was put on record: in no address, in no file of
this machine, and a page asked for anew does not show it.
"""

import base64
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from cardserver.domain.errors import RuleViolation
from cardserver.domain.paperimage import MAX_BYTES, MEDIA_TYPES, ImageKind
from cardserver.domain.verification import Paper
from cardserver.wire_images import LookedAt, PurgeRequest
from kiosk.desk.asking import act_id, attempt, words
from kiosk.desk.counter import Counter
from kiosk.desk.uploads import InMemory

_ROOM: Final = 4 * MAX_BYTES
"""What is somewhat too large comes in, so that it is refused in words that help."""


def image_pages(counter: Counter) -> Blueprint:
    """The blueprint of ``/people/<holder>/images``."""
    pages = Blueprint(
        "images", __name__, url_prefix="/people/<int:holder_id>/images", template_folder="templates"
    )

    @pages.record
    def in_memory(state: Any) -> None:
        state.app.request_class = InMemory

    @pages.before_request
    def room() -> None:
        if request.endpoint == "images.store":  # this call alone carries a picture
            request.max_content_length = _ROOM

    _add_storing(pages, counter)
    _add_looking(pages, counter)
    return pages


def _add_storing(pages: Blueprint, counter: Counter) -> None:
    @pages.post("/")
    def store(holder_id: int) -> ResponseReturnValue:
        def act() -> None:
            paper = request.form.get("paper", "")
            if paper not in set(Paper):
                raise RuleViolation("paper-missing")
            data = _uploaded(request.files.get("file"))
            counter.server.images.store(holder_id, Paper(paper), data, act_id(request.form))

        return _sheet(holder_id, done=attempt(counter, act))

    @pages.post("/<uuid:image_id>/purge")
    def purge(holder_id: int, image_id: UUID) -> ResponseReturnValue:
        def act() -> None:
            why = words(request.form.get("reason", ""), "reason-missing")
            asked = PurgeRequest(request_id=act_id(request.form), reason=why)
            counter.server.images.purge(str(image_id), asked)

        return _sheet(holder_id, done=attempt(counter, act))


def _add_looking(pages: Blueprint, counter: Counter) -> None:
    @pages.post("/<uuid:image_id>/look")
    def look(holder_id: int, image_id: UUID) -> ResponseReturnValue:
        found: list[LookedAt] = []

        def act() -> None:
            found.append(counter.server.images.look(str(image_id), act_id(request.form)))

        if not attempt(counter, act):
            return _sheet(holder_id)
        (picture,) = found
        if picture.kind is ImageKind.PDF:
            return Response(picture.data, mimetype=MEDIA_TYPES[picture.kind])
        source = (
            f"data:{MEDIA_TYPES[picture.kind]};base64,{base64.b64encode(picture.data).decode()}"
        )
        return render_template("desk/people/image.html", source=source, holder_id=holder_id)


def _uploaded(file: FileStorage | None) -> bytes:
    """The bytes of the file that was chosen; its name says nothing. Raises RuleViolation."""
    if file is None or not file.filename:
        raise RuleViolation("file-missing")
    return bytes(file.read())


def _sheet(holder_id: int, *, done: bool = False) -> ResponseReturnValue:
    """Back to where the clerk stood; what was refused is said at the top."""
    anchor = "pictures" if done else None
    return redirect(url_for("people.sheet", holder_id=holder_id, _anchor=anchor), code=303)
