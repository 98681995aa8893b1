"""Signatures between a gate and its centre: what is signed, and how it is written in headers.

A gate signs every request with a key of its own (Ed25519, RFC 8032), made on the gate and never
anywhere else. The centre signs every answer to such a request with the estate's signing key, whose
public half a gate has with its reading keys. An answer names the request it belongs to, so that
none can be kept and given later, in another order or to another gate (GB/T 37078-2018, 6.6).
"""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cardserver.domain.errors import DomainError

SCHEME: Final = "YikaGate"
ANSWER_HEADER: Final = "X-Yika-Answer"
FRESH: Final = timedelta(seconds=60)
"""A request signed longer ago, or so far ahead, is not taken; the answer says what time it is."""

NONCE_SIZE: Final = 16
SIGNATURE_SIZE: Final = 64
_MAX_HEADER: Final = 600
_REQUEST: Final = "yika-gate-request-1"
_ANSWER: Final = "yika-gate-answer-1"
_MAX_STATION: Final = 60
_NUMBER: Final = re.compile(r"[0-9]{1,19}")
_HEX_NONCE: Final = re.compile(r"[0-9a-f]{32}")
_HEX_KEY_ID: Final = re.compile(r"[0-9a-f]{16}")
_BASE64: Final = re.compile(r"[A-Za-z0-9_-]*")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class GateSignatureInvalid(DomainError):
    """A signature that is missing, garbled or does not fit; `reason` says which."""

    code = "gate-signature-invalid"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """What a gate signs. `at` is UTC to the microsecond, `target` path and query as they are sent.

    `record_keys` is the newest version of the estate's keys that the gate has: an answer signed
    with a later one could not be verified there.
    """

    site: str
    station: str
    key_id: str
    at: datetime
    nonce: str
    record_keys: int
    method: str
    target: str
    body: bytes

    def message(self) -> bytes:
        """The bytes under the signature."""
        return _lines(
            _REQUEST,
            self.site,
            self.station,
            self.key_id,
            _micros(self.at),
            self.nonce,
            self.record_keys,
            self.method,
            self.target,
            hashlib.sha256(self.body).hexdigest(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """The ``Authorization`` header of a signed request, unproven."""

    station: str
    key_id: str
    at: datetime
    nonce: str
    record_keys: int
    signature: bytes

    def header(self) -> str:
        """As it stands in the header."""
        station = _b64(self.station.encode())
        fields = (station, self.key_id, _micros(self.at), self.nonce, self.record_keys)
        return f"{SCHEME} {'.'.join(map(str, fields))}.{_b64(self.signature)}"

    @classmethod
    def read(cls, header: str) -> Self:
        """From the header. Raises GateSignatureInvalid ``garbled``."""
        scheme, _, rest = header.partition(" ")
        fields = rest.split(".")
        if scheme.lower() != SCHEME.lower() or len(fields) != 6 or len(header) > _MAX_HEADER:  # noqa: PLR2004
            raise GateSignatureInvalid("garbled")
        station, key_id, at, nonce, record_keys, signature = fields
        if not _HEX_NONCE.fullmatch(nonce) or not _HEX_KEY_ID.fullmatch(key_id):
            raise GateSignatureInvalid("garbled")
        return cls(
            station=_station(station),
            key_id=key_id,
            at=_instant(at),
            nonce=nonce,
            record_keys=_number(record_keys),
            signature=_signature(signature),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSeal:
    """The centre's signature under one answer, with what binds it to its request.

    `target` is the path and query that was asked. `at` is the centre's time as it answered, in
    UTC. `key_version` is the estate's key that signed.
    """

    site: str
    station: str
    nonce: str
    target: str
    at: datetime
    key_version: int
    status: int
    signature: bytes = b""

    def message(self, body: bytes) -> bytes:
        """The bytes under the signature; `body` as it is before any compression."""
        digest = hashlib.sha256(body).hexdigest()
        asked = (self.site, self.station, self.nonce, self.target)
        return _lines(_ANSWER, *asked, _micros(self.at), self.key_version, self.status, digest)

    def header(self) -> str:
        """What goes with the answer; all else the gate knows itself."""
        return f"{self.key_version}.{_micros(self.at)}.{_b64(self.signature)}"

    @classmethod
    def read(
        cls, header: str, *, site: str, station: str, nonce: str, target: str, status: int
    ) -> Self:
        """From the header of the answer to our request. Raises GateSignatureInvalid."""
        fields = header.split(".")
        if len(fields) != 3 or len(header) > _MAX_HEADER:  # noqa: PLR2004
            raise GateSignatureInvalid("garbled")
        return cls(
            site=site,
            station=station,
            nonce=nonce,
            target=target,
            at=_instant(fields[1]),
            key_version=_number(fields[0]),
            status=status,
            signature=_signature(fields[2]),
        )


def check(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Raise GateSignatureInvalid ``forged`` unless this key signed this message."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise GateSignatureInvalid("forged") from None


def key_id_of(public_key: bytes) -> str:
    """Short name of a public key: the first 8 bytes of its SHA-256, 16 hexadecimal digits."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def read_public_key(text: str) -> bytes:
    """A gate's public key as `yika gate enrol` prints it. Raises GateSignatureInvalid."""
    key = _bytes(text.strip())
    try:
        Ed25519PublicKey.from_public_bytes(key)
    except ValueError:
        raise GateSignatureInvalid("no-public-key") from None
    return key


def write_public_key(key: bytes) -> str:
    """A public key in 43 characters that may be read out over the telephone."""
    return _b64(key)


def _lines(*fields: str | int) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _instant(text: str) -> datetime:
    try:
        return _EPOCH + _number(text) * _MICROSECOND
    except OverflowError:
        raise GateSignatureInvalid("garbled") from None


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise GateSignatureInvalid("garbled")
    return int(text)


def _station(text: str) -> str:
    try:
        station = _bytes(text).decode()
    except UnicodeDecodeError:
        raise GateSignatureInvalid("garbled") from None
    if not 0 < len(station) <= _MAX_STATION or not station.isprintable():
        raise GateSignatureInvalid("garbled")
    return station


def _signature(text: str) -> bytes:
    signature = _bytes(text)
    if len(signature) != SIGNATURE_SIZE:
        raise GateSignatureInvalid("garbled")
    return signature


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        if not _BASE64.fullmatch(text):
            raise GateSignatureInvalid("garbled")
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise GateSignatureInvalid("garbled") from None
    if _b64(data) != text:  # one way of writing it, so that what is signed has one form
        raise GateSignatureInvalid("garbled")
    return data
