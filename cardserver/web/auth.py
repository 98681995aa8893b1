"""Who is calling: a bearer token per station, the operator's session in a header.

A view says which action it is with `permit`. A view that says nothing is open to nobody.
"""

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, current_app, g, request

from cardserver.domain.permits import OF_PEOPLE, PERMITS, Action
from cardserver.domain.station import StationKind
from cardserver.services.errors import NotPermitted, NotSignedIn, NotSignedOn
from cardserver.services.refusals import keep_refusal
from cardserver.services.stations import sign_on
from cardserver.services.turn import Caller, Estate

SESSION_HEADER: Final = "X-Yika-Session"
LEAVE_HEADER: Final = "X-Yika-Leave"
SCHEME: Final = "bearer"
EXTENSION: Final = "yika"
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
    """Check every call before its view: known station, somebody signed in, permitted action."""

    @app.before_request
    def check() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or is_public(view):
            return
        action = view.__dict__.get("action")
        found = g.caller = _sign_on(action)
        if action not in PERMITS[found.kind]:
            _log.warning("%s (%s) tried %s", found.station, found.kind, action or request.path)
            raise NotPermitted(action or "unknown")
        if action is not Action.SIGN_IN:
            _check_person(found, action)


def _sign_on(action: Action | None) -> Caller:
    """Who asks. To sign in, or out, a session that has run out is no hindrance."""
    token, session = _token(), request.headers.get(SESSION_HEADER, "")
    try:
        return sign_on(estate(), token, session, request.headers.get(LEAVE_HEADER, ""))
    except NotSignedIn:
        if action is not Action.SIGN_IN:
            raise
        return sign_on(estate(), token)


def _check_person(found: Caller, action: Action) -> None:
    """Where people work, what is done has a name on it, and the name an office (IC-02, IC-14)."""
    if found.kind is StationKind.OFFICE and not found.operator and request.method != "POST":
        return  # a machine that only looks: the books on a screen
    if found.kind not in OF_PEOPLE:
        return
    if not found.operator:
        raise NotSignedIn
    found.authorised_by(action)


def keep_refused(action: str) -> None:
    """Put on record what was refused to a person who tried to do something."""
    found: Caller | None = g.get("caller")
    if found is not None and found.operator and request.method == "POST":
        _log.warning("%s at %s was refused %s", found.operator, found.station, action)
        keep_refusal(estate(), found, action, request.path)


def _token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME or not token:
        raise NotSignedOn
    return token.strip()
