"""Gates at the door: a request is proven by its signature, and so is the answer to it.

Who gets no further than a wrong signature gets an answer that nobody signed.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, Response, g, request

from cardserver.domain.gatesignature import (
    ANSWER_HEADER,
    SCHEME,
    Credential,
    GateSignatureInvalid,
)
from cardserver.domain.keys import VaultError
from cardserver.services.errors import GateRefused, NotSignedOn
from cardserver.services.gatememory import Body
from cardserver.services.gatesigning import seal_answer, sign_on_gate
from cardserver.services.turn import Caller, Estate

_log = logging.getLogger(__name__)


def is_signed() -> bool:
    """True for a call that says it is signed by a gate."""
    return request.headers.get("Authorization", "").lower().startswith(f"{SCHEME.lower()} ")


def signed_gate(estate: Estate) -> Caller:
    """The gate that signed this call. Raises NotSignedOn, GateRefused."""
    try:
        credential = Credential.read(request.headers["Authorization"])
    except GateSignatureInvalid:
        raise NotSignedOn from None
    body = request.get_data()
    try:
        found = sign_on_gate(estate, credential, method=request.method, target=_target(), body=body)
    except GateRefused as refused:
        if refused.proven:
            g.gate_credential = credential
        ordinary = refused.reason == "not-fresh"  # a clock beside ours: it asks again at once
        _log.log(
            logging.INFO if ordinary else logging.WARNING,
            "gate %s: %s",
            credential.station,
            refused.reason,
        )
        raise
    g.gate_credential = credential
    return found


def long_answer(body: Body) -> Response:
    """An answer made once for many: packed where the gate can unpack it, signed as it is."""
    g.gate_body = body.plain
    if not body.packed or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return Response(body.plain, mimetype="application/json")
    response = Response(body.packed, mimetype="application/json")
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def seal_answers(app: Flask, estate_of: Callable[[], Estate]) -> None:
    """Sign every answer to a request whose signature was proven."""

    @app.after_request
    def seal(response: Response) -> Response:
        credential: Credential | None = g.get("gate_credential")
        if credential is None:
            return response
        body = g.get("gate_body") if response.status_code == HTTPStatus.OK else None
        plain = response.get_data() if body is None else body
        try:
            sealed = seal_answer(
                estate_of(),
                credential,
                target=_target(),
                status=response.status_code,
                body=plain,
            )
        except VaultError:
            _log.exception("an answer to gate %s went out unsigned", credential.station)
            return response
        response.headers[ANSWER_HEADER] = sealed.header()
        return response


def _target() -> str:
    """Path and query as they were sent."""
    query = request.query_string.decode("latin-1")
    return f"{request.path}?{query}" if query else request.path
