"""The app: one blueprint per group of services, one door, one shape of refusals."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from apiflask import APIFlask
from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from cardserver.services.turn import Estate
from cardserver.web import (
    approvals,
    books,
    cardcredits,
    charges,
    documents,
    gatereports,
    gaterules,
    gates,
    holders,
    images,
    imports,
    laid,
    metrics,
    operations,
    operators,
    papers,
    parking,
    payments,
    people,
    reconciliation,
    register,
    review,
    sales,
    shifts,
)
from cardserver.web.auth import EXTENSION, guard
from cardserver.web.auth import estate as estate_of
from cardserver.web.description import describe
from cardserver.web.errors import handle_errors
from cardserver.web.gatesigned import seal_answers
from cardserver.web.payments import takes_anything
from cardserver.web.shortway import ShortWay

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY_BYTES: Final = 256 * 1024
"""Five hundred taps fit in half of it."""

PREFIX: Final = "/api"
_BLUEPRINTS: Final = (
    books,
    documents,
    gatereports,
    gaterules,
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
    images,
    payments,
    laid,
    charges,
    cardcredits,
    reconciliation,
    metrics,
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class CardServerApp(APIFlask):
    """The framework's app, with a short way for plain calls beside its own."""

    short_way: ShortWay | None = None

    def wsgi_app(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one call."""
        if self.short_way is not None:
            answer = self.short_way.answer(self, environ, start_response)
            if answer is not None:
                return answer
        return super().wsgi_app(environ, start_response)


def create_app(estate: Estate) -> APIFlask:
    """The WSGI app that serves one estate. Its description is at ``/openapi.json``."""
    app = CardServerApp(
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
    estate.gates.nonces.began(estate.clock())
    metrics.measure(app)
    handle_errors(app)
    seal_answers(app, estate_of)
    guard(app)
    describe(app)
    _only_json(app)
    _headers(app)
    for module in _BLUEPRINTS:
        app.register_blueprint(module.api, url_prefix=PREFIX)
    app.register_blueprint(payments.notices, url_prefix=PREFIX)
    app.view_functions["openapi.spec"].__dict__["public"] = True
    app.short_way = ShortWay(app, _HEADERS, longest=MAX_BODY_BYTES)
    return app


def _only_json(app: APIFlask) -> None:
    @app.before_request
    def check() -> None:
        view = app.view_functions.get(request.endpoint or "")
        ours = view is None or not takes_anything(view)
        if ours and request.method == "POST" and request.mimetype != "application/json":
            raise UnsupportedMediaType("send application/json")


def _headers(app: APIFlask) -> None:
    @app.after_request
    def add(response: Response) -> Response:
        response.headers.extend(_HEADERS)  # no view sets any of them by itself
        return response
