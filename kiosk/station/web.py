"""What every page of a station has: words in three languages, safe headers, the live bell.

The station decides, never the browser: a form may only ask, and only from our own pages.
"""

import hashlib
import secrets
from datetime import date
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

from flask import Flask, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as WerkzeugResponse

from cardserver.domain.ids import card_number_text
from cardserver.domain.money import yuan_text
from kiosk.station.events import Bell, read_seen, seen_text, stream
from kiosk.station.i18n import (
    DEFAULT_LANGUAGE,
    LANGUAGE_NAMES,
    choose_language,
    count_text,
    day_text,
    text,
    worded,
)
from kiosk.station.listening import GONE
from kiosk.station.origin import from_our_pages

LANGUAGE_COOKIE: Final = "yika-language"
POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
)
"""No inline style, no inline script, no other host: what a page may do is written in its files."""

_RUN: Final = secrets.token_hex(4)
"""Tells what a page saw in this run of the station from what it saw in an earlier one."""

_A_YEAR_S: Final = 365 * 24 * 3600
KEPT: Final = f"public, max-age={_A_YEAR_S}, immutable"
"""Of what has an address by its content: a browser never asks for it again."""

_OWN_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
"""Names under which a page may be asked for; `kiosk.station.running` adds the one it listens on.

A page of another site that lets its name point here (DNS rebinding) is refused by them.
"""

_MAX_FORM_BYTES: Final = 64 * 1024


def language() -> str:
    """Language of the present request."""
    return str(g.get("language", DEFAULT_LANGUAGE))


def t(key: str, /, **values: object) -> str:
    """Text `key` in the language of the present request."""
    return text(language(), key, **values)


def count(key: str, n: int) -> str:
    """`n` things in the language of the present request."""
    return count_text(language(), key, n)


def day(moment: date) -> str:
    """A day as people say it, in the language of the present request."""
    return day_text(language(), moment)


def words_for(table: str, code: str, /, **values: object) -> str:
    """What to say of a code, in the language of the present request."""
    return worded(language(), table, code, **values)


def create_station_app(name: str, *, bell: Bell) -> Flask:
    """A Flask app with the station's common parts; the caller registers its own blueprint."""
    app = Flask(name, root_path=_package_root(), static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = _MAX_FORM_BYTES
    app.config["TRUSTED_HOSTS"] = list(_OWN_NAMES)
    app.jinja_env.globals.update(
        t=t,
        t_in=text,
        count=count,
        day=day,
        words_for=words_for,
        language=language,
        languages=LANGUAGE_NAMES,
        yuan=yuan_text,
        card_number=lambda number: card_number_text(number) if number else "–",
    )
    app.jinja_env.filters["yuan_short"] = spoken_yuan
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_defaults(_as_it_is_now)
    app.before_request(_choose_language)
    app.before_request(_same_origin_only)
    app.after_request(_safe_headers)
    app.register_error_handler(HTTPException, _in_words)
    app.register_error_handler(SecurityError, _another_name)
    _add_live_bell(app, bell)
    return app


def spoken_yuan(fen: int) -> str:
    """An amount as it is said: ``100``, but ``100.50``."""
    return yuan_text(fen).removesuffix(".00")


def _package_root() -> str:
    import kiosk

    return str(kiosk.__path__[0])


def _choose_language() -> None:
    g.language = choose_language(request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE))


def _same_origin_only() -> ResponseReturnValue | None:
    if from_our_pages(request):
        return None
    return _page_of_words("other-origin", HTTPStatus.FORBIDDEN)


def _as_it_is_now(endpoint: str, values: dict[str, Any]) -> None:
    """Styles, scripts and pictures have an address by what is in them: a browser keeps each, and
    asks for it anew when a later release has another.
    """
    if endpoint == "static":
        values["as"] = _mark_of(values["filename"])


@cache
def _mark_of(filename: str) -> str:
    content = files("kiosk").joinpath("static", filename).read_bytes()
    return hashlib.sha256(content).hexdigest()[:8]


def _safe_headers(response: Response) -> Response:
    wished = request.args.get("lang")
    if wished in LANGUAGE_NAMES:
        # Of this face alone: the resident's choice at a kiosk is not the clerk's at the desk.
        response.set_cookie(
            LANGUAGE_COOKIE,
            wished,
            max_age=_A_YEAR_S,
            path=face_path(),
            samesite="Strict",
            httponly=True,
        )
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif response.status_code == HTTPStatus.OK and request.args.get("as") == _asked_mark():
        response.headers["Cache-Control"] = KEPT
    return response


def _asked_mark() -> str:
    return _mark_of(str((request.view_args or {})["filename"]))


def face_path() -> str:
    """Where this face lies on its host, for its own cookies."""
    return f"{request.script_root}/"


_WORDED: Final = {
    HTTPStatus.NOT_FOUND: "no-page",
    HTTPStatus.METHOD_NOT_ALLOWED: "no-page",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
}


def _another_name(_error: SecurityError) -> Response:
    """Asked for under a name that is not ours: no page can be drawn, as none has an address."""
    words = text(DEFAULT_LANGUAGE, "error.other-origin")
    return Response(words, status=HTTPStatus.BAD_REQUEST, mimetype="text/plain")


def _in_words(error: HTTPException) -> ResponseReturnValue:
    """Whatever Flask refuses, and a mistake of ours, is a page in plain words with a way back."""
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:  # a redirect
        return error
    status = HTTPStatus(error.code)
    return _page_of_words(_WORDED.get(status, "unexpected"), status)


def _page_of_words(word: str, status: HTTPStatus) -> Response:
    page = render_template("apology.html", word=word, status=status.value)
    return Response(page, status=status, mimetype="text/html")


def _add_live_bell(app: Flask, bell: Bell) -> None:
    @app.get("/events")
    def events() -> Response:
        seen = read_seen(request.args.get("seen", ""))
        gone = request.environ.get(GONE, lambda: False)
        return Response(stream(bell, seen, gone=gone), mimetype="text/event-stream")

    @app.template_global()
    def events_url() -> str:
        return url_for("events", seen=seen_text(bell.counts()))


def shown_mark(bell: Bell, topic: str) -> str:
    """How far a page has followed a topic: ``1f2e3d4c-17``. To be taken before its state is read.

    A part of a page bears it, sends it along when it asks for news, and keeps the newer of two
    answers by it (`static/live.js`).
    """
    return f"{_RUN}-{bell.counts().get(topic, 0)}"


def nothing_new(bell: Bell, topic: str) -> bool:
    """True when the page that asks shows the present state already."""
    return request.args.get("seen") == shown_mark(bell, topic)


def back_to(page: str, *, part: str = "", **values: Any) -> WerkzeugResponse:
    """After a form: show the page anew (post, redirect, get), so that "back" repeats nothing.

    A page that swaps only a `part` of itself is sent to that, with these values in its address.
    """
    if part and request.headers.get("HX-Request") == "true":
        return redirect(url_for(part, **values), code=303)
    return redirect(url_for(page), code=303)
