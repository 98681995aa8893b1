"""The gate's own key: made here, sealed here, and never anywhere else.

The file is a sealed one (`cardserver.domain.sealed`) of format ``yika-gate-identity``, opened by
the key file that opens the gate's reading keys too. Its head is ``{"estate", "station"}``, its body
``{"key": "32 bytes of Ed25519 private key"}``.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cardserver.clientsigning import GateIdentity
from cardserver.domain.sealed import (
    NONCE_SIZE,
    SALT_SIZE,
    KeyFile,
    SealedFileGarbled,
    hex_bytes,
    parse_json,
    seal,
    unseal,
)
from kiosk.station.config import ConfigInvalid

FORMAT: Final = "yika-gate-identity"
_KEY_SIZE: Final = 32


def open_identity(path: Path, secret: KeyFile, *, estate: str) -> GateIdentity:
    """The gate's identity. Raises ConfigInvalid where there is none or it is another estate's;
    VaultError for a file that does not open.
    """
    try:
        blob = path.read_bytes()
    except FileNotFoundError:
        words = f"{path}: this gate has no key of its own yet: run yika gate enrol"
        raise ConfigInvalid(words) from None
    except OSError as error:
        raise ConfigInvalid(f"{path}: {error.strerror or error}") from error
    head, body = unseal(blob, secret, kind=FORMAT)
    if head.get("estate") != estate:
        raise ConfigInvalid(f"{path}: this key is for another estate than gate.keys_file")
    station = head.get("station")
    if not isinstance(station, str) or not station:
        raise SealedFileGarbled("the file names no station")
    key = hex_bytes(parse_json(body).get("key"), _KEY_SIZE)
    return GateIdentity(station=station, key=Ed25519PrivateKey.from_private_bytes(key))


def create_identity(path: Path, secret: KeyFile, *, estate: str, station: str) -> GateIdentity:
    """Make a new key for this gate; an older file is kept beside it with ``.old`` at its name.

    Raises ConfigInvalid where it can't be written.
    """
    key = Ed25519PrivateKey.generate()
    blob = seal(
        json.dumps({"key": key.private_bytes_raw().hex()}).encode(),
        secret,
        kind=FORMAT,
        head={"estate": estate, "station": station},
        salt=secrets.token_bytes(SALT_SIZE),
        nonce=secrets.token_bytes(NONCE_SIZE),
    )
    try:
        _put(path, blob)
    except OSError as error:
        raise ConfigInvalid(f"{path}: {error.strerror or error}") from error
    return GateIdentity(station=station, key=key)


def _put(path: Path, blob: bytes) -> None:
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(blob)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        path.replace(path.with_name(f"{path.name}.old"))
    new.replace(path)
