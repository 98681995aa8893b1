"""The short way of a call: from the WSGI server to its service and back, past the framework.

A framework that can answer anything takes longer over a call than most services do over theirs. So
a call that is plain in every respect goes straight to its view: a station's token, a known address,
a JSON body or query that fits, a model as the answer. View, door, refusals, headers and figures are
the same. Whatever is not plain goes the long way, which says what is wrong with it.

Which calls there are, and what each takes and gives, is read from the description that the
framework makes of them, so the two ways can't come apart.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from inspect import unwrap
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Flask
from pydantic import ValidationError
from werkzeug.routing import Rule

from cardserver.domain.permits import Action
from cardserver.web.auth import (
    EXTENSION,
    SCHEME,
    Passing,
    check_permitted,
    is_public,
    passing,
    token_in,
    whose,
)
from cardserver.web.errors import refused
from cardserver.web.metrics import count
from cardserver.wirebase import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

JSON: Final = "application/json"
_PARAMETER: Final = re.compile(r"<(?P<kind>uuid|int(?:\(max=(?P<max>\d+)\))?):(?P<name>\w+)>")
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_PLAIN_QUERY: Final = re.compile(r"[\w.=&%+-]*", re.ASCII)
_HELD: Final = "*"

Convert = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One call: its view as it was written, what it takes, and who may make it."""

    endpoint: str
    view: Callable[..., Any]
    action: Action | None
    public: bool
    body: type[Wire] | None
    query: type[Wire] | None
    parameters: tuple[tuple[str, Convert], ...]


class _NotPlain(Exception):
    """This one goes the long way."""


class ShortWay:
    """The plain calls of an app, with the headers of its answers and its longest body."""

    def __init__(self, app: Flask, headers: Mapping[str, str], *, longest: int) -> None:
        self._headers = [("Content-Type", JSON), *headers.items()]
        self._longest = longest
        self._calls = dict(_calls_of(app))

    @property
    def endpoints(self) -> frozenset[str]:
        """The calls that may go the short way."""
        return frozenset(call.endpoint for call in self._calls.values())

    def answer(
        self, app: Flask, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes] | None:
        """The answer to a plain call; None for another, which is then as it was."""
        try:
            return self._answer(app, environ, start_response)
        except _NotPlain:
            return None

    def _answer(
        self, app: Flask, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        began = time.perf_counter()
        call, given = self._found(environ)
        passed = Passing(app.extensions[EXTENSION], environ["REQUEST_METHOD"], environ["PATH_INFO"])
        status, headers = 200, self._headers
        before = passing.set(passed)
        try:
            if not call.public:
                _let_in(passed, call, environ)
            answer = call.view(**given, **self._read(call, environ))
            text = answer.model_dump_json(by_alias=True)
        except _NotPlain:
            raise
        except Exception as error:  # noqa: BLE001 - as the long way: none leaves as it is
            found = refused(error)
            status, text = found.status, found.refusal.model_dump_json()
            headers = [*headers, *found.headers.items()]
        finally:
            passing.reset(before)
        content = text.encode()
        count(app, call.endpoint, status, began)
        start_response(_LINES[status], [*headers, ("Content-Length", str(len(content)))])
        return [content]

    def _found(self, environ: "WSGIEnvironment") -> tuple[_Call, dict[str, Any]]:
        """The call and the values in its address. Raises _NotPlain."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        call = self._calls.get((method, path))
        if call is not None and _HELD not in path:
            return call, {}
        parts = path.split("/")
        values = []
        for place, part in enumerate(parts):
            if part.isdecimal() or len(part) == _UUID_SIZE:  # no word of an address looks like it
                values.append(part)
                parts[place] = _HELD
        call = self._calls.get((method, "/".join(parts)))
        if call is None or len(values) != len(call.parameters):
            raise _NotPlain
        pairs = zip(call.parameters, values, strict=True)
        return call, {name: convert(value) for (name, convert), value in pairs}

    def _read(self, call: _Call, environ: "WSGIEnvironment") -> dict[str, Wire]:
        """What it takes beside. Raises _NotPlain where that doesn't fit."""
        read: dict[str, Wire] = {}
        body = self._body(environ) if environ["REQUEST_METHOD"] == "POST" else b""
        try:
            if call.query is not None:
                read["query_data"] = call.query.model_validate(_query(environ))
            if call.body is not None:
                read["json_data"] = call.body.model_validate_json(body)
        except ValidationError as error:
            raise _NotPlain from error
        return read

    def _body(self, environ: "WSGIEnvironment") -> bytes:
        """The body; it can be read once more by who goes the long way."""
        length = environ.get("CONTENT_LENGTH") or ""
        if environ.get("CONTENT_TYPE") != JSON or not length.isdecimal():
            raise _NotPlain
        if int(length) > self._longest or "HTTP_TRANSFER_ENCODING" in environ:
            raise _NotPlain
        body: bytes = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = BytesIO(body)
        if len(body) != int(length):
            raise _NotPlain
        return body


_LINES: Final = {each.value: f"{each.value} {each.phrase.upper()}" for each in HTTPStatus}


def _let_in(passed: Passing, call: _Call, environ: "WSGIEnvironment") -> None:
    """The door of `cardserver.web.auth`; what a gate signed is looked at on the long way."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    if not authorization[: len(SCHEME)].lower() == SCHEME:
        raise _NotPlain
    session = environ.get("HTTP_X_YIKA_SESSION", "")
    leave = environ.get("HTTP_X_YIKA_LEAVE", "")
    token = token_in(authorization)
    found = passed.caller = whose(passed.estate, call.action, token, session, leave)
    check_permitted(found, call.action, passed.method, passed.path)


def _query(environ: "WSGIEnvironment") -> dict[str, str]:
    """What stands behind the question mark; of what is said twice the first."""
    text = environ.get("QUERY_STRING", "")
    if not _PLAIN_QUERY.fullmatch(text):
        raise _NotPlain
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise _NotPlain from error
    return dict(reversed(pairs))


# --- which calls there are ------------------------------------------------------------------------


def _calls_of(app: Flask) -> Iterator[tuple[tuple[str, str], _Call]]:
    """The calls of an app that can go the short way, by method and address."""
    for rule in app.url_map.iter_rules():
        call = _call(rule, app.view_functions[rule.endpoint])
        if call is not None:
            (method,) = {"GET", "POST"} & (rule.methods or set())
            yield (method, _PARAMETER.sub(_HELD, rule.rule)), call


def _call(rule: Rule, view: Callable[..., Any]) -> _Call | None:
    plain, told = unwrap(view), view.__dict__.get("_spec", {})
    answer = told.get("response", {})
    queries = [model for model, place in told.get("args", []) if place == "query"]
    if not (
        _as_written(view)
        and not _FRAMEWORK.intersection(plain.__globals__)
        and _is_model(answer.get("schema"))
        and plain.__annotations__.get("return") is answer["schema"]
        and answer["status_code"] == HTTPStatus.OK
        and len(queries) == len(told.get("args", [])) <= 1
        and told.get("content_type", JSON) == JSON
        and len({"GET", "POST"} & (rule.methods or set())) == 1
        and "<" not in _PARAMETER.sub(_HELD, rule.rule)
    ):
        return None
    return _Call(
        endpoint=rule.endpoint,
        view=plain,
        action=view.__dict__.get("action"),
        public=is_public(view),
        body=told.get("body"),
        query=queries[0] if queries else None,
        parameters=tuple(_parameter(each) for each in _PARAMETER.finditer(rule.rule)),
    )


_FRAMEWORK: Final = frozenset({"request", "current_app", "g"})
"""A view that looks at more of its call than it is given has these at hand."""


def _as_written(view: Callable[..., Any]) -> bool:
    """True where nothing but the framework stands around a view."""
    while hasattr(view, "__wrapped__"):
        if not view.__globals__["__name__"].startswith("apiflask."):
            return False
        view = view.__wrapped__
    return True


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Wire)


def _parameter(found: re.Match[str]) -> tuple[str, Convert]:
    if found["kind"] == "uuid":
        return found["name"], _uuid
    most = int(found["max"]) if found["max"] else _MOST
    return found["name"], partial(_number, most=most)


_MOST: Final = 2**63 - 1
_DIGITS: Final = len(str(_MOST))


_UUID_SIZE: Final = 36


def _uuid(part: str) -> UUID:
    if not _UUID.fullmatch(part):
        raise _NotPlain
    return UUID(part)


def _number(part: str, *, most: int) -> int:
    if not part.isdecimal() or len(part) > _DIGITS or int(part) > most:
        raise _NotPlain
    return int(part)
