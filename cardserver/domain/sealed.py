"""Sealed files: JSON with an open head and an encrypted body (the keyring, a gate's keys).

::

    {"format": "yika-keyring", "version": 1,
     "head":  {...},       readable by everyone, changeable by no one
     "lock":  {"kind": "passphrase", "memory_kib": 65536, "iterations": 3, "lanes": 4,
               "salt": "..."}        or  {"kind": "keyfile", "salt": "..."},
     "nonce": "...", "body": "..."}

The body is AES-256-GCM (NIST SP 800-38D) under argon2id of a passphrase (RFC 9106) or HKDF-SHA-256
of a key file (RFC 5869). Its additional data are all other members as canonical JSON, so a changed
head or weakened parameters do not pass. Bytes are written in hexadecimal. Salt and nonce are given
by the caller, for there is no randomness here; both must be fresh for every sealing.
"""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cardserver.domain.keys import VaultError

FORMAT_VERSION: Final = 1
SALT_SIZE: Final = 16
NONCE_SIZE: Final = 12
KEY_FILE_SIZE: Final = 32
MAX_FILE_SIZE: Final = 1 << 20
"""255 versions of keys take some 150 kB; anything over a megabyte is not ours."""

MEMORY_KIB: Final = 65536
ITERATIONS: Final = 3
LANES: Final = 4
"""argon2id, second recommended option of RFC 9106 section 4; above OWASP's minimum (19 MiB, 2)."""

# A file from a stranger must not be able to ask for all the memory or an hour of work.
_MAX_MEMORY_KIB: Final = 1 << 20
_MAX_ITERATIONS: Final = 16
_MAX_LANES: Final = 16
_INFO: Final = b"yika sealed file 1"


class SealedFileGarbled(VaultError):
    """The bytes are not a sealed file of ours: cut off, garbled, or something else."""

    code = "sealed-file-garbled"


class WrongSecret(VaultError):
    """The passphrase or key file does not open it, or someone changed the file."""

    code = "wrong-secret"


@dataclass(frozen=True, slots=True)
class Passphrase:
    """What a person types; `text` never appears in `repr`."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The content of a key file, 32 random bytes; never in `repr`. Raises VaultError."""

    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.data) != KEY_FILE_SIZE:
            raise SealedFileGarbled(f"a key file has {KEY_FILE_SIZE} bytes")


Secret = Passphrase | KeyFile
Head = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How much work argon2id is. The default is for people's passphrases; less is for tests."""

    memory_kib: int = MEMORY_KIB
    iterations: int = ITERATIONS
    lanes: int = LANES


def seal(
    body: bytes,
    secret: Secret,
    *,
    kind: str,
    head: Head,
    salt: bytes,
    nonce: bytes,
    work: Work | None = None,
) -> bytes:
    """Seal `body` as a file of format `kind`. `salt` is 16 and `nonce` 12 fresh random bytes."""
    lock: dict[str, object] = {"kind": "keyfile", "salt": salt.hex()}
    if isinstance(secret, Passphrase):
        cost = work or Work()
        lock = {
            "kind": "passphrase",
            "memory_kib": cost.memory_kib,
            "iterations": cost.iterations,
            "lanes": cost.lanes,
            "salt": salt.hex(),
        }
    frame: dict[str, object] = {
        "format": kind,
        "version": FORMAT_VERSION,
        "head": dict(head),
        "lock": lock,
        "nonce": nonce.hex(),
    }
    sealed = AESGCM(_key(lock, secret)).encrypt(nonce, body, canonical(frame))
    return json.dumps({**frame, "body": sealed.hex()}, indent=1).encode() + b"\n"


def unseal(blob: bytes, secret: Secret, *, kind: str) -> tuple[Head, bytes]:
    """The head and the body. Raises SealedFileGarbled or WrongSecret, nothing else."""
    frame = parse_frame(blob, kind=kind)
    sealed = hex_bytes(frame.pop("body", None))
    nonce = hex_bytes(frame.get("nonce"), NONCE_SIZE)
    key = _key(_mapping(frame.get("lock")), secret)
    try:
        body = AESGCM(key).decrypt(nonce, sealed, canonical(frame))
    except InvalidTag:
        raise WrongSecret(
            "the passphrase or key file does not open this file, or the file was changed"
        ) from None
    return _mapping(frame["head"]), body


def parse_frame(blob: bytes, *, kind: str) -> dict[str, object]:
    """The open members of a file of format `kind`, unproven. Raises SealedFileGarbled."""
    frame = parse_json(blob)
    if frame.get("format") != kind:
        raise SealedFileGarbled(f"this is no {kind} file")
    if frame.get("version") != FORMAT_VERSION:
        raise SealedFileGarbled(f"this {kind} file was written by another version of the program")
    _mapping(frame.get("head"))
    return frame


def parse_json(blob: bytes) -> dict[str, object]:
    """A JSON object. Raises SealedFileGarbled."""
    if len(blob) > MAX_FILE_SIZE:
        raise SealedFileGarbled("the file is far too long")
    try:
        value: object = json.loads(blob)
    except (ValueError, RecursionError):
        raise SealedFileGarbled("the file is cut off or garbled") from None
    return _mapping(value)


def canonical(value: Mapping[str, object]) -> bytes:
    """The one spelling of a JSON object that a seal is computed over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def hex_bytes(value: object, size: int | None = None) -> bytes:
    """Bytes of `size` written in hexadecimal. Raises SealedFileGarbled."""
    if isinstance(value, str):
        try:
            data = bytes.fromhex(value)
        except ValueError:
            data = b""
        if data and size in (None, len(data)):
            return data
    raise SealedFileGarbled("the file is cut off or garbled")


def whole_number(value: object, least: int, most: int) -> int:
    """A whole number within limits. Raises SealedFileGarbled."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise SealedFileGarbled(f"a number in the file is not between {least} and {most}")


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise SealedFileGarbled("the file is cut off or garbled")
    return cast("dict[str, object]", value)


def _key(lock: Mapping[str, object], secret: Secret) -> bytes:
    salt = hex_bytes(lock.get("salt"), SALT_SIZE)
    match lock.get("kind"), secret:
        case "passphrase", Passphrase(text):
            lanes = whole_number(lock.get("lanes"), 1, _MAX_LANES)
            return Argon2id(
                salt=salt,
                length=32,
                iterations=whole_number(lock.get("iterations"), 1, _MAX_ITERATIONS),
                lanes=lanes,
                memory_cost=whole_number(lock.get("memory_kib"), 8 * lanes, _MAX_MEMORY_KIB),
            ).derive(unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass"))
        case "keyfile", KeyFile(data):
            return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=_INFO).derive(data)
        case "passphrase", _:
            raise WrongSecret("this file is opened by a passphrase, not by a key file")
        case "keyfile", _:
            raise WrongSecret("this file is opened by a key file, not by a passphrase")
        case _:
            raise SealedFileGarbled("the file is cut off or garbled")
