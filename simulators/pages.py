"""What the demo's own pages share: words, safe headers, the stations' look, refusals as JSON.

A page here is plain Flask beside the stations' apps. Its looks come from `kiosk/static`, served
under ``static/``; what it adds lies in `simulators/static`, served under ``own/``. Either address
holds a mark of all that is in the folder, so that a browser keeps each file, the modules included
that a script asks for beside itself, and asks anew when a later release has another.
"""

import hashlib
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from kiosk.station.i18n import LANGUAGE_NAMES, choose_language
from kiosk.station.origin import from_our_pages
from kiosk.station.web import KEPT, POLICY
from simulators.words import section, word

LANGUAGE_COOKIE: Final = "yika-demo-language"  # of the demo's pages; a station keeps its own
BODY_LIMIT: Final = 64 * 1024
_CODES: Final = {
    HTTPStatus.NOT_FOUND: "no-such-call",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
}


def create_page_app(name: str, *, texts: str) -> Flask:
    """A Flask app of that name; `texts` is the catalogue its templates' ``t`` speaks from."""
    app = Flask(
        f"simulators.{name}",
        root_path=str(files("simulators")),
        static_folder=str(files("kiosk") / "static"),
        static_url_path=f"/static/{_mark_of('kiosk')}",
    )
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.register_blueprint(
        Blueprint(
            "own",
            "simulators.own",
            root_path=str(files("simulators")),
            static_folder="static",
            static_url_path=f"/own/{_mark_of('simulators')}",
        )
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        languages=LANGUAGE_NAMES,
        t=lambda key, **values: word(texts, g.language, key, **values),
        words_of=lambda prefix: section(texts, g.language, prefix),
    )
    app.before_request(_choose_language)
    app.before_request(_same_origin_only)
    app.after_request(_safe_headers)
    app.register_error_handler(HTTPException, _refuse)
    return app


@cache
def _mark_of(package: str) -> str:
    """What is in the folder of styles, scripts and pictures of a package, in eight digits."""
    folder = Path(str(files(package).joinpath("static")))
    found = hashlib.sha256()
    for name in sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.*")):
        found.update(name.encode() + b"\0" + (folder / name).read_bytes())
    return found.hexdigest()[:8]


def refusal(status: int, code: str, message: str) -> Response:
    """Every answer that is a no: a stable code and a sentence for the person reading a log."""
    answer = jsonify({"code": code, "message": message})
    answer.status_code = status
    return answer


def _choose_language() -> None:
    g.language = choose_language(request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE))


def _same_origin_only() -> ResponseReturnValue | None:
    if from_our_pages(request):
        return None
    return refusal(HTTPStatus.FORBIDDEN, "other-origin", "this call comes from another site's page")


def _safe_headers(response: Response) -> Response:
    wished = request.args.get("lang")
    if wished in LANGUAGE_NAMES:
        response.set_cookie(LANGUAGE_COOKIE, wished, samesite="Strict", httponly=True)
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if request.endpoint not in {"static", "own.static"}:
        response.headers.setdefault("Cache-Control", "no-store")
    elif response.status_code == HTTPStatus.OK:
        response.headers["Cache-Control"] = KEPT
    return response


def _refuse(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:  # a redirect
        return error
    status = HTTPStatus(error.code)
    answer = refusal(status, _CODES.get(status, "refused"), error.description or status.phrase)
    answer.headers.extend((k, v) for k, v in error.get_headers() if k == "Allow")
    return answer
