"""The way of a call to the server: send, repeat a lost answer, understand what came back.

Every call carries an id the station made, so every call may be repeated; a call whose answer was
lost is repeated here. Only two errors come out: ServerUnavailable (nothing is known, ask again)
and ServerRefused (the server said no, and why).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar

import httpx
from pydantic import ValidationError

from cardserver.domain.permits import Action
from cardserver.wirebase import Refusal, Wire

SESSION_HEADER: Final = "X-Yika-Session"
LEAVE_HEADER: Final = "X-Yika-Leave"
OWN_CARD: Final = "own-card"
ATTEMPTS: Final = 3
_PAUSE_S: Final = 0.2

A = TypeVar("A", bound=Wire)


class ServerError(Exception):
    """Root of what a station sees from the seam."""


class ServerUnavailable(ServerError):
    """No answer, or none that can be understood: nothing is known about the call's effect."""

    code = "server-unavailable"


class StoreFailed(ServerUnavailable):
    """The server is there, its store is not: disk full or damaged. Nothing was done."""

    code = "store-failed"


class ServerRefused(ServerError):
    """The server said no. `code` and `reason` are stable words, `rule` a requirement id."""

    def __init__(
        self, code: str, detail: str, *, reason: str = "", rule: str = "", status: int = 0
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.reason = reason
        self.rule = rule
        self.status = status


@dataclass(slots=True)
class Credentials:
    """Who is signed in on this line, and what second persons lent, an id for each action.

    All groups of calls on a line share it: who signs in is signed in for every one of them, and a
    session the server no longer takes is gone for every one. `wanted` is the right that the last
    act was refused for, so that somebody who has it may step up.
    """

    session: str = ""
    leaves: dict[str, str] = field(default_factory=dict)
    wanted: str = ""

    def headers(self) -> dict[str, str]:
        """What goes with every call."""
        leaves = ",".join(self.leaves.copy().values())
        named = {SESSION_HEADER: self.session, LEAVE_HEADER: leaves}
        return {name: value for name, value in named.items() if value}

    def refused(self, error: "ServerRefused", session: str, *, act: bool) -> None:
        """Learn from a refusal of a call that was made in this session."""
        if error.code == "not-signed-in" and self.session == session:
            self.session = ""
            self.leaves.clear()
        if act and error.code == "not-permitted":
            self.wanted = error.reason
        if act and error.reason == OWN_CARD:
            self.wanted = Action.OPERATE_STAFF_CARD


class Calls:
    """One group of calls on one connection. Thread-safe as far as `httpx.Client` is.

    Every call raises ServerUnavailable and ServerRefused, and nothing else.
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        credentials: Credentials | None = None,
        attempts: int = ATTEMPTS,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self.credentials = credentials or Credentials()
        self._attempts = attempts
        self._wait = wait

    def _get(self, path: str, answer: type[A], params: Mapping[str, str] | None = None) -> A:
        return self._understood(self._send("GET", path, params=params), answer, act=False)

    def _find(self, path: str, answer: type[A], params: Mapping[str, str]) -> A | None:
        try:
            return self._get(path, answer, params)
        except ServerRefused as refused:
            if refused.code == "not-found":
                return None
            raise

    def _post(self, path: str, body: Wire, answer: type[A]) -> A:
        sent = self._send("POST", path, content=body.model_dump_json())
        return self._understood(sent, answer, act=True)

    def _understood(self, response: httpx.Response, answer: type[A], *, act: bool) -> A:
        try:
            return understood(response, answer)
        except ServerRefused as refused:
            session = response.request.headers.get(SESSION_HEADER, "")
            self.credentials.refused(refused, session, act=act)
            raise

    def _request(
        self, method: str, path: str, params: Mapping[str, str] | None, content: str | None
    ) -> httpx.Request:
        """What httpx would make of it, without merging what is always the same."""
        http = self._http
        headers = http.headers.copy()
        if content is not None:
            headers["Content-Type"] = "application/json"
        for name, value in self.credentials.headers().items():
            headers[name] = value
        return httpx.Request(
            method,
            _address(http.base_url, path, tuple((params or {}).items())),
            headers=headers,
            content=content,
            extensions={"timeout": http.timeout.as_dict()},
        )

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: str | None = None,
    ) -> httpx.Response:
        last = ""
        for attempt in range(self._attempts):
            if attempt:
                self._wait(_PAUSE_S * attempt)
            try:
                response = self._http.send(self._request(method, path, params, content))
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                last = str(error) or type(error).__name__
                continue
            if not _busy(response):
                return response
            last = "the server is busy"
        raise ServerUnavailable(last)


@lru_cache(maxsize=256)
def _address(base: httpx.URL, path: str, params: tuple[tuple[str, str], ...]) -> httpx.URL:
    """Where a call goes: the same addresses all day long, and one takes long to take apart."""
    whole = f"{str(base).rstrip('/')}/{path.lstrip('/')}"
    return httpx.URL(whole, params=params) if params else httpx.URL(whole)


def _busy(response: httpx.Response) -> bool:
    """A locked database or a gateway in between: worth another try, nothing was done."""
    code = response.status_code
    if code == httpx.codes.SERVICE_UNAVAILABLE:
        return "Retry-After" in response.headers
    return code in {httpx.codes.BAD_GATEWAY, httpx.codes.GATEWAY_TIMEOUT}


def understood(response: httpx.Response, answer: type[A]) -> A:
    """What the server said. Raises ServerRefused, and ServerUnavailable for what is no answer."""
    try:
        if response.is_success:
            return answer.model_validate_json(response.content)
        refusal = Refusal.model_validate_json(response.content)
    except ValidationError as error:
        raise ServerUnavailable(f"answer not understood ({response.status_code})") from error
    if response.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
        raise ServerUnavailable(refusal.message)
    if refusal.code == StoreFailed.code:
        raise StoreFailed(refusal.message)
    raise ServerRefused(
        refusal.code,
        refusal.message,
        reason=refusal.reason,
        rule=refusal.rule,
        status=response.status_code,
    )
