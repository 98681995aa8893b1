"""The app: one blueprint per group of services, one door, one shape of refusals."""

from importlib.metadata import version
from typing import Final

from apiflask import APIFlask
from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from cardserver.services.turn import Estate
from cardserver.web import (
    approvals,
    books,
    documents,
    gates,
    holders,
    imports,
    operations,
    operators,
    papers,
    parking,
    people,
    register,
    review,
    sales,
    shifts,
)
from cardserver.web.auth import EXTENSION, guard
from cardserver.web.description import describe
from cardserver.web.errors import handle_errors

MAX_BODY_BYTES: Final = 256 * 1024
"""Five hundred taps fit in half of it."""

PREFIX: Final = "/api"
_BLUEPRINTS: Final = (
    books,
    documents,
    gates,
    holders,
    operations,
    operators,
    sales,
    register,
    review,
    approvals,
    parking,
    papers,
    shifts,
    people,
    imports,
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(estate: Estate) -> APIFlask:
    """The WSGI app that serves one estate. Its description is at ``/openapi.json``."""
    app = APIFlask(
        __name__,
        title="Yika card server",
        version=version("yika"),
        docs_path=None,
        spec_path="/openapi.json",
        static_folder=None,  # type: ignore[arg-type]  # Flask allows it, APIFlask forgot
    )
    app.config.update(
        AUTO_OPERATION_ID=True,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        VALIDATION_ERROR_STATUS_CODE=422,
    )
    app.extensions[EXTENSION] = estate
    handle_errors(app)
    guard(app)
    describe(app)
    _only_json(app)
    _headers(app)
    for module in _BLUEPRINTS:
        app.register_blueprint(module.api, url_prefix=PREFIX)
    app.view_functions["openapi.spec"].__dict__["public"] = True
    return app


def _only_json(app: APIFlask) -> None:
    @app.before_request
    def check() -> None:
        if request.method == "POST" and request.mimetype != "application/json":
            raise UnsupportedMediaType("send application/json")


def _headers(app: APIFlask) -> None:
    @app.after_request
    def add(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response
