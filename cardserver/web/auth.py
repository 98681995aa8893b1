"""Who is calling: a bearer token per station, the operator's session in a header; gates sign.

A view says which action it is with `permit`. A view that says nothing is open to nobody.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import Flask, current_app, g, request

from cardserver.domain.permits import OF_PEOPLE, PERMITS, Action
from cardserver.domain.station import StationKind
from cardserver.services.errors import NotPermitted, NotSignedIn, NotSignedOn
from cardserver.services.gatesigning import check_may_use_token
from cardserver.services.refusals import keep_refusal
from cardserver.services.stations import sign_on
from cardserver.services.turn import Caller, Estate
from cardserver.web.gatesigned import is_signed, signed_gate

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


@dataclass(slots=True)
class Passing:
    """A call that goes the short way (`cardserver.web.shortway`), past the framework."""

    estate: Estate
    method: str
    path: str
    caller: Caller | None = None

    @property
    def known(self) -> Caller:
        """The caller, once it was let in. Raises NotSignedOn."""
        if self.caller is None:
            raise NotSignedOn
        return self.caller


passing: Final[ContextVar[Passing | None]] = ContextVar("yika-passing", default=None)
"""The call that goes the short way just now, for what is asked below."""


def estate() -> Estate:
    """The estate this app serves."""
    call = passing.get()
    if call is not None:
        return call.estate
    found: Estate = current_app.extensions[EXTENSION]
    return found


def caller() -> Caller:
    """The station that asks, once it was let in."""
    call = passing.get()
    found: Caller = g.caller if call is None else call.known
    return found


def guard(app: Flask) -> None:
    """Check every call before its view: known station, somebody signed in, permitted action."""

    @app.before_request
    def check() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or is_public(view):
            return
        action = view.__dict__.get("action")
        if is_signed():
            found = signed_gate(estate())
        else:
            token = token_in(request.headers.get("Authorization", ""))
            session = request.headers.get(SESSION_HEADER, "")
            leave = request.headers.get(LEAVE_HEADER, "")
            found = whose(estate(), action, token, session, leave)
        g.caller = found
        check_permitted(found, action, request.method, request.path)


def whose(
    of: Estate, action: Action | None, token: str, session: str = "", leave: str = ""
) -> Caller:
    """Who asks. To sign in, or out, a session that has run out is no hindrance.

    Raises NotSignedOn, NotSignedIn, GateRefused.
    """
    try:
        found = sign_on(of, token, session, leave)
    except NotSignedIn:
        if action is not Action.SIGN_IN:
            raise
        found = sign_on(of, token)
    if found.kind is StationKind.GATE:
        check_may_use_token(of, found)
    return found


def check_permitted(found: Caller, action: Action | None, method: str, path: str) -> None:
    """Raise NotPermitted, or NotSignedIn, unless this caller may do what the view is marked with.

    A view without a mark is open to nobody.
    """
    if action is None or action not in PERMITS[found.kind]:
        _log.warning("%s (%s) tried %s", found.station, found.kind, action or path)
        raise NotPermitted(action or "unknown")
    if action is not Action.SIGN_IN:
        _check_person(found, action, looks=method != "POST")


def _check_person(found: Caller, action: Action, *, looks: bool) -> None:
    """Where people work, what is done has a name on it, and the name an office (IC-02, IC-14)."""
    if found.kind is StationKind.OFFICE and not found.operator and looks:
        return  # a machine that only looks: the books on a screen
    if found.kind not in OF_PEOPLE:
        return
    if not found.operator:
        raise NotSignedIn
    found.authorised_by(action)


def keep_refused(action: str) -> None:
    """Put on record what was refused to a person who tried to do something."""
    call = passing.get()
    if call is None:
        call = Passing(estate(), request.method, request.path, g.get("caller"))
    found = call.caller
    if found is not None and found.operator and call.method == "POST":
        _log.warning("%s at %s was refused %s", found.operator, found.station, action)
        keep_refusal(call.estate, found, action, call.path)


def token_in(authorization: str) -> str:
    """The token of a station in such a header. Raises NotSignedOn."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != SCHEME or not token:
        raise NotSignedOn
    return token.strip()
