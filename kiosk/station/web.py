"""What every page of a station has: words in three languages, safe headers, the live bell.

The station decides, never the browser: a form may only ask, and only from our own pages.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as WerkzeugResponse

from cardserver.domain.ids import card_number_text
from cardserver.domain.money import yuan_text
from kiosk.station.events import Bell, read_seen, seen_text, stream
from kiosk.station.i18n import LANGUAGE_NAMES, choose_language, text

_LANGUAGE_COOKIE = "yika-language"
_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
)
_MAX_FORM_BYTES = 64 * 1024


def language() -> str:
    """Language of the present request."""
    return str(g.language)


def t(key: str, /, **values: object) -> str:
    """Text `key` in the language of the present request."""
    return text(language(), key, **values)


def create_station_app(name: str, *, bell: Bell) -> Flask:
    """A Flask app with the station's common parts; the caller registers its own blueprint."""
    app = Flask(name, root_path=_package_root(), static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = _MAX_FORM_BYTES
    app.jinja_env.globals.update(
        t=t, t_in=text, languages=LANGUAGE_NAMES, yuan=yuan_text, card_number=card_number_text
    )
    app.jinja_env.filters["yuan_short"] = spoken_yuan
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.before_request(_choose_language)
    app.before_request(_same_origin_only)
    app.after_request(_safe_headers)
    _add_live_bell(app, bell)
    return app


def spoken_yuan(fen: int) -> str:
    """An amount as it is said: ``100``, but ``100.50``."""
    return yuan_text(fen).removesuffix(".00")


def _package_root() -> str:
    import kiosk

    return str(kiosk.__path__[0])


def _choose_language() -> None:
    g.language = choose_language(request.args.get("lang"), request.cookies.get(_LANGUAGE_COOKIE))


def _same_origin_only() -> ResponseReturnValue | None:
    """Refuse a form that another site posts into ours (a browser names its origin)."""
    origin = request.headers.get("Origin")
    if request.method in {"GET", "HEAD"} or origin is None:
        return None
    if urlsplit(origin).netloc == request.host:
        return None
    return Response(text(g.language, "error.other-origin"), status=403, mimetype="text/plain")


def _safe_headers(response: Response) -> Response:
    wished = request.args.get("lang")
    if wished in LANGUAGE_NAMES:
        response.set_cookie(_LANGUAGE_COOKIE, wished, samesite="Strict", httponly=True)
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _add_live_bell(app: Flask, bell: Bell) -> None:
    @app.get("/events")
    def events() -> Response:
        seen = read_seen(request.args.get("seen", ""))
        return Response(stream(bell, seen), mimetype="text/event-stream")

    @app.template_global()
    def events_url() -> str:
        return url_for("events", seen=seen_text(bell.counts()))


def back_to(endpoint: str) -> WerkzeugResponse:
    """After a form: show the page anew (post, redirect, get), so that "back" repeats nothing."""
    return redirect(url_for(endpoint), code=303)
