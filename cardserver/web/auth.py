"""Who is calling: a bearer token per station, the operator's name in a header.

A view says which action it is with `permit`. A view that says nothing is open to nobody.
"""

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import unquote_to_bytes

from flask import Flask, current_app, g, request
from werkzeug.exceptions import BadRequest

from cardserver.domain.permits import PERMITS, Action
from cardserver.domain.station import StationKind
from cardserver.services.errors import NotPermitted, NotSignedOn
from cardserver.services.stations import sign_on
from cardserver.services.turn import Caller, Estate

OPERATOR_HEADER: Final = "X-Yika-Operator"
SCHEME: Final = "bearer"
EXTENSION: Final = "yika"
_MAX_OPERATOR: Final = 60
_log = logging.getLogger(__name__)

V = TypeVar("V", bound=Callable[..., Any])


def permit(action: Action) -> Callable[[V], V]:
    """Mark a view with the action it is."""

    def mark(view: V) -> V:
        view.__dict__["action"] = action
        return view

    return mark


def public(view: V) -> V:
    """Mark a view that needs no token."""
    view.__dict__["public"] = True
    return view


def is_public(view: Callable[..., Any]) -> bool:
    """True for a view that needs no token."""
    return bool(view.__dict__.get("public"))


def estate() -> Estate:
    """The estate this app serves."""
    found: Estate = current_app.extensions[EXTENSION]
    return found


def caller() -> Caller:
    """The station that asks, once `guard` let it in."""
    found: Caller = g.caller
    return found


def guard(app: Flask) -> None:
    """Check every call before its view: known station, permitted action, named operator."""

    @app.before_request
    def check() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or is_public(view):
            return
        found = sign_on(estate(), _token(), _operator())
        action = view.__dict__.get("action")
        if action not in PERMITS[found.kind]:
            _log.warning("%s (%s) tried %s", found.station, found.kind, action or request.path)
            raise NotPermitted(action or "unknown")
        if found.kind is StationKind.DESK and request.method == "POST" and not found.operator:
            # IC-02, FEE-34: what a desk does has a name on it.
            raise NotPermitted("without-operator")
        g.caller = found


def _token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME or not token:
        raise NotSignedOn
    return token.strip()


def _operator() -> str:
    raw = request.headers.get(OPERATOR_HEADER, "")
    try:
        name = unquote_to_bytes(raw).decode().strip()
    except UnicodeDecodeError:
        raise BadRequest("the operator's name is not percent-encoded UTF-8") from None
    if len(name) > _MAX_OPERATOR or not name.isprintable():
        raise BadRequest("the operator's name is too long or not printable")
    return name
