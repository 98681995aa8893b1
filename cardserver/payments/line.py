"""The line to a provider: one HTTP exchange with hard limits. The only module that uses requests.

Connecting takes `CONNECT_S` at most, a silence `READ_S`, everything together `WHOLE_S`; an answer
has at most `MAX_BYTES`. Nothing is followed (redirects), remembered (cookies) or tried again:
whether a second try is harmless, only the caller knows.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Final

import requests
from requests.adapters import HTTPAdapter

from cardserver.payments.api import ProviderName, ProviderUnavailable

CONNECT_S: Final = 3.0
READ_S: Final = 5.0
WHOLE_S: Final = 8.0
MAX_BYTES: Final = 16 << 20
"""A day's bill of a large estate has some hundred kilobytes."""
_CHUNK: Final = 1 << 16
_POOL: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, whatever its status. Header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """A status of 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class Line:
    """Exchanges with one provider, from any thread; connections are kept for the next one."""

    def __init__(
        self,
        provider: ProviderName,
        *,
        timeouts: tuple[float, float] = (CONNECT_S, READ_S),
        whole_s: float = WHOLE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.provider = provider
        self._timeouts = timeouts
        self._whole_s = whole_s
        self._monotonic = monotonic
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_POOL, max_retries=0))

    def send(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str]) -> Reply:
        """One question, one answer. Raises ProviderUnavailable."""
        until = self._monotonic() + self._whole_s
        try:
            with self._session.request(
                method,
                url,
                data=body or None,
                headers={"User-Agent": "yika", **headers},
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            ) as answer:
                return Reply(
                    status=answer.status_code,
                    headers={name.lower(): value for name, value in answer.headers.items()},
                    body=self._read(answer, until),
                )
        except requests.RequestException as fault:
            # The message of requests may hold the whole URL; the kind of fault is enough.
            raise ProviderUnavailable(self.provider, type(fault).__name__) from fault

    def _read(self, answer: requests.Response, until: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in answer.iter_content(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > MAX_BYTES:
                raise ProviderUnavailable(self.provider, "an answer far too long")
            if self._monotonic() > until:
                raise ProviderUnavailable(self.provider, "an answer that takes too long")
        return b"".join(parts)
