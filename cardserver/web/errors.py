"""Every refusal becomes one JSON shape (`wirebase.Refusal`) with the status that fits."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from apiflask import APIFlask, HTTPError
from flask import Response
from werkzeug.exceptions import HTTPException

from cardserver.domain.errors import DomainError, IllegalTransition, RuleViolation
from cardserver.domain.keys import KeyInputInvalid, VaultError, WeakKey
from cardserver.services.errors import (
    ClockSetBack,
    Conflict,
    GateRefused,
    NotFound,
    NotPermitted,
    NotSignedIn,
    NotSignedOn,
    ServiceError,
    StoreBusy,
    StoreFailed,
)
from cardserver.web.auth import keep_refused
from cardserver.wirebase import Refusal

RETRY_AFTER_S: Final = 1
_ON_RECORD: Final = frozenset({"IC-14", "IC-14a"})
"""Rules of rights: an attempt against them is kept, as one without the right is."""

_log = logging.getLogger(__name__)

_STATUS: Final[tuple[tuple[type[Exception], int], ...]] = (
    (NotSignedOn, 401),
    (NotSignedIn, 401),
    (GateRefused, 401),
    (NotPermitted, 403),
    (NotFound, 404),
    (Conflict, 409),
    (IllegalTransition, 409),
    (ClockSetBack, 503),
    (StoreBusy, 503),
    (KeyInputInvalid, 422),
    (WeakKey, 422),
    (VaultError, 503),
    (DomainError, 422),
)
"""First match counts."""


def handle_errors(app: APIFlask) -> None:
    """Let no error leave the app in another shape, and no traceback at all."""
    app.error_processor(_invalid)  # first: it also takes what the handlers below are for
    app.register_error_handler(ServiceError, _answer_to)
    app.register_error_handler(DomainError, _answer_to)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RecursionError, _too_deep)
    app.register_error_handler(Exception, _answer_to)


def status_of(error: Exception) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal on its way out."""

    status: int
    refusal: Refusal
    headers: Mapping[str, str] = field(default_factory=dict)


def refused(error: Exception) -> Refused:
    """How any error of ours leaves the app."""
    if isinstance(error, ServiceError):
        return _service(error)
    return _domain(error) if isinstance(error, DomainError) else _unexpected(error)


def _answer(refusal: Refusal, status: int, headers: Mapping[str, str] | None = None) -> Response:
    text = refusal.model_dump_json()
    return Response(text, status=status, headers=headers, mimetype="application/json")


def _answer_to(error: Exception) -> Response:
    found = refused(error)
    return _answer(found.refusal, found.status, found.headers)


def _service(error: ServiceError) -> Refused:
    headers = {}
    if isinstance(error, StoreFailed):
        _log.error("the database fails: %s", error.__cause__)
    elif isinstance(error, StoreBusy):
        _log.warning("the database is busy: %s", error.__cause__)
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if isinstance(error, NotPermitted):
        keep_refused(error.reason)
    if isinstance(error, NotSignedOn | NotSignedIn | GateRefused):
        headers["WWW-Authenticate"] = "Bearer"
    refusal = Refusal(code=error.code, reason=error.reason, rule=error.rule, message=str(error))
    return Refused(status=status_of(error), refusal=refusal, headers=headers)


def _domain(error: DomainError) -> Refused:
    reason, rule = "", ""
    if isinstance(error, RuleViolation):
        reason, rule = error.reason, error.rule
        if rule in _ON_RECORD:
            keep_refused(reason)
    if isinstance(error, VaultError):
        _log.error("keys: %s", error)
    refusal = Refusal(code=error.code, reason=reason, rule=rule, message=str(error))
    return Refused(status=status_of(error), refusal=refusal)


def _unexpected(error: Exception) -> Refused:
    _log.error("unexpected error", exc_info=error)
    message = "the server has a fault; it was written to its log"
    return Refused(status=500, refusal=Refusal(code="internal", message=message))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    word = error.name.lower().replace(" ", "-")
    return _answer(Refusal(code="http", reason=word, message=error.description or ""), status)


def _too_deep(_error: RecursionError) -> Response:
    return _answer(Refusal(code="invalid", reason="body", message="nested too deeply"), 400)


def _invalid(error: HTTPError) -> tuple[dict[str, object], int]:
    """A body or a query that doesn't fit its model: which fields, and what is wrong with them."""
    parts: list[str] = []
    for fields in (error.detail or {}).values():
        parts += [f"{field}: {'; '.join(texts)}" for field, texts in fields.items()]
    message = ", ".join(parts) or error.message or ""
    refusal = Refusal(code="invalid", reason="fields", message=message)
    return refusal.model_dump(), error.status_code
