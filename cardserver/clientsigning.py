"""A gate's own hand: it signs each call, and believes no answer that the centre did not sign.

This is an `httpx.Auth`, so every call of a client goes through it. The time in a signature is the
centre's, as the gate last heard it in a signed answer; a gate whose clock stopped is told the time
with the refusal and asks once more.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final, Protocol

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cardserver.domain.gatesignature import (
    ANSWER_HEADER,
    NONCE_SIZE,
    AnswerSeal,
    Credential,
    GateSignatureInvalid,
    SignedRequest,
    key_id_of,
)

_NONCE: Final = "yika_nonce"
"""Where a request keeps the nonce it was signed with."""


class EstateKeys(Protocol):
    """What a gate knows of its estate (`cardserver.domain.gatekeys.GateKeys`)."""

    @property
    def estate_id(self) -> str:
        """The estate's id."""

    @property
    def versions(self) -> tuple[int, ...]:
        """Key versions known here, newest first."""

    def check_signature(self, message: bytes, signature: bytes, version: int) -> None:
        """Raise GateSignatureInvalid unless the estate signed this."""


class AnswerNotProven(httpx.TransportError):
    """What came back is not the centre's word on this call: as good as no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateIdentity:
    """Who a gate is: its station name and its own key. The key never leaves the gate."""

    station: str
    key: Ed25519PrivateKey = field(repr=False)

    @property
    def public_key(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self.key.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """Its short name."""
        return key_id_of(self.public_key)


class GateSigner(httpx.Auth):
    """Signs calls and proves answers; safe to use from several threads."""

    requires_request_body = True
    requires_response_body = True

    def __init__(
        self,
        identity: GateIdentity,
        keys: EstateKeys,
        *,
        clock: Callable[[], datetime],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.identity = identity
        self.keys = keys
        self._clock = clock
        self._ticks = ticks
        self._told: tuple[datetime, float] | None = None

    @property
    def site(self) -> str:
        """The estate's id."""
        return str(self.keys.estate_id)

    @property
    def heard(self) -> datetime | None:
        """What time it was at the centre when it signed the last answer that came; None before."""
        return None if self._told is None else self._told[0]

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign, send, prove; once more where only the time was wrong."""
        known = self._told
        response = yield self._signed(request)
        self._prove(request, response)
        if response.status_code == HTTPStatus.UNAUTHORIZED and self._told != known:
            response = yield self._signed(request)
            self._prove(request, response)

    def _signed(self, request: httpx.Request) -> httpx.Request:
        asked = SignedRequest(
            site=self.site,
            station=self.identity.station,
            key_id=self.identity.key_id,
            at=self._centre_time(),
            nonce=secrets.token_hex(NONCE_SIZE),
            record_keys=max(self.keys.versions),
            method=request.method,
            target=target_of(request),
            body=request.content,
        )
        credential = Credential(
            station=asked.station,
            key_id=asked.key_id,
            at=asked.at,
            nonce=asked.nonce,
            record_keys=asked.record_keys,
            signature=self.identity.key.sign(asked.message()),
        )
        request.headers["Authorization"] = credential.header()
        request.extensions[_NONCE] = asked.nonce
        return request

    def _centre_time(self) -> datetime:
        """UTC to the microsecond, as it is signed."""
        if self._told is None:
            now = self._clock()
        else:
            at, ticks = self._told
            now = at + timedelta(seconds=self._ticks() - ticks)
        return now.astimezone(UTC)

    def _prove(self, request: httpx.Request, response: httpx.Response) -> None:
        """Raise AnswerNotProven for what the centre did not sign.

        A refusal may be unsigned: a proxy in between, or a centre that does not know this key.
        """
        if ANSWER_HEADER not in response.headers:
            if response.is_success:
                raise AnswerNotProven("the answer carries no signature", request=request)
            return
        try:
            seal = self.prove(proof_of(response), response.content)
        except GateSignatureInvalid as error:
            raise AnswerNotProven(f"the answer is {error.reason}", request=request) from error
        self._told = (seal.at, self._ticks())

    def prove(self, proof: "Proof", body: bytes) -> AnswerSeal:
        """The centre's signature under this answer to us. Raises GateSignatureInvalid."""
        seal = AnswerSeal.read(
            proof.seal,
            site=self.site,
            station=self.identity.station,
            nonce=proof.nonce,
            target=proof.target,
            status=proof.status,
        )
        self.keys.check_signature(seal.message(body), seal.signature, seal.key_version)
        return seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What proves an answer, now and when it is read back from the gate's disk."""

    seal: str
    nonce: str
    target: str
    status: int = HTTPStatus.OK


def proof_of(response: httpx.Response) -> Proof:
    """What came with an answer."""
    return Proof(
        seal=response.headers.get(ANSWER_HEADER, ""),
        nonce=str(response.request.extensions.get(_NONCE, "")),
        target=target_of(response.request),
        status=response.status_code,
    )


def target_of(request: httpx.Request) -> str:
    """Path and query as they are sent."""
    query = request.url.query.decode("latin-1")
    return f"{request.url.path}?{query}" if query else request.url.path


def fingerprint(public_key: bytes) -> str:
    """A public key's SHA-256 in groups of four, to be compared over the telephone."""
    digest = hashlib.sha256(public_key).hexdigest().upper()[:32]
    return " ".join(digest[place : place + 4] for place in range(0, 32, 4))
