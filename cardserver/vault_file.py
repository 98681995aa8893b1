"""The keyring as a sealed file: `cardserver.domain.sealed` of format ``yika-keyring``.

Head ``{"estate", "demo"}``, body::

    {"versions": [{"version": 1, "signing": "32 bytes of Ed25519 private key",
                   "masters": {"classic-read": "16 bytes", ... one for each purpose}}]}

The highest version is the active one. Masters are independent random numbers.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cardserver.domain.demokeys import DEMO_ESTATE, any_demo, demo_master, demo_signing_key
from cardserver.domain.gatekeys import read_estate, read_masters
from cardserver.domain.keys import (
    GATE_PURPOSES,
    MASTER_SIZE,
    EstateId,
    KeyPurpose,
    KeyVersionUnknown,
    aes_cmac,
)
from cardserver.domain.sealed import (
    NONCE_SIZE,
    SALT_SIZE,
    SealedFileGarbled,
    Secret,
    Work,
    hex_bytes,
    parse_json,
    seal,
    unseal,
    whole_number,
)
from cardserver.vault_disk import create_file, one_writer, read_file, replace_file
from cardserver.vault_store import MAX_VERSION, StoreHead, next_version, states

FORMAT: Final = "yika-keyring"
SIGNING_KEY_SIZE: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionKeys:
    """All secrets of one version; none of them in `repr`."""

    version: int
    masters: Mapping[KeyPurpose, bytes] = field(repr=False)
    signing_key: bytes = field(repr=False)


class FileStore:
    """Master keys in memory, from an opened keyring file."""

    __slots__ = ("_head", "_keys")

    def __init__(self, keys: Sequence[VersionKeys], *, estate_id: EstateId, demo: bool) -> None:
        self._keys = {each.version: each for each in keys}
        self._head = StoreHead(
            estate_id=estate_id,
            demo=demo or any(any_demo(each.masters.values()) for each in keys),
            versions=states(tuple(self._keys)),
        )

    @property
    def head(self) -> StoreHead:
        """Estate, versions, demo mark."""
        return self._head

    @property
    def keys(self) -> tuple[VersionKeys, ...]:
        """All versions in order."""
        return tuple(self._keys[version] for version in sorted(self._keys))

    def cmac(self, purpose: KeyPurpose, version: int, message: bytes) -> bytes:
        """AES-CMAC under one master."""
        return aes_cmac(self._of(version).masters[purpose], message)

    def sign(self, message: bytes, version: int) -> bytes:
        """Ed25519 signature."""
        return Ed25519PrivateKey.from_private_bytes(self._of(version).signing_key).sign(message)

    def public_key(self, version: int) -> bytes:
        """The raw public key."""
        key = Ed25519PrivateKey.from_private_bytes(self._of(version).signing_key)
        return key.public_key().public_bytes_raw()

    def gate_masters(self, version: int) -> Mapping[KeyPurpose, bytes]:
        """The three masters that every gate holds."""
        masters = self._of(version).masters
        return {purpose: masters[purpose] for purpose in GATE_PURPOSES}

    def close(self) -> None:
        """Forget the keys, as far as Python can."""
        self._keys.clear()

    def _of(self, version: int) -> VersionKeys:
        keys = self._keys.get(version)
        if keys is None:
            raise KeyVersionUnknown(version)
        return keys


def new_keys(version: int, *, demo: bool = False) -> VersionKeys:
    """Fresh random keys for one version, or the published demo ones."""
    if demo:
        return VersionKeys(
            version=version,
            masters={purpose: demo_master(purpose, version) for purpose in KeyPurpose},
            signing_key=demo_signing_key(version),
        )
    return VersionKeys(
        version=version,
        masters={purpose: secrets.token_bytes(MASTER_SIZE) for purpose in KeyPurpose},
        signing_key=secrets.token_bytes(SIGNING_KEY_SIZE),
    )


def demo_store(version: int = 1) -> FileStore:
    """The demo's keys, versions 1 to `version`, in memory only."""
    keys = [new_keys(each, demo=True) for each in range(1, version + 1)]
    return FileStore(keys, estate_id=DEMO_ESTATE, demo=True)


def create_keyring(
    path: Path, secret: Secret, *, estate_id: EstateId, demo: bool = False, work: Work | None = None
) -> FileStore:
    """Write a new keyring with version 1. Raises KeyringExists, KeyringUnwritable."""
    store = FileStore([new_keys(1, demo=demo)], estate_id=estate_id, demo=demo)
    with one_writer(path):
        create_file(path, encode(store, secret, work=work))
    return store


def load_keyring(path: Path, secret: Secret) -> FileStore:
    """Open a keyring file. Raises KeyringMissing, SealedFileGarbled, WrongSecret."""
    return decode(read_file(path), secret)


def rotate_keyring(path: Path, secret: Secret, *, work: Work | None = None) -> FileStore:
    """Add the next version and retire the others; nothing is taken away.

    Raises KeyVersionsExhausted, KeyringUnwritable and what `load_keyring` raises.
    """
    with one_writer(path):
        old = load_keyring(path, secret)
        fresh = new_keys(next_version(old.head.versions), demo=old.head.demo)
        head = old.head
        store = FileStore([*old.keys, fresh], estate_id=head.estate_id, demo=head.demo)
        replace_file(path, encode(store, secret, work=work))
    return store


def encode(store: FileStore, secret: Secret, *, work: Work | None = None) -> bytes:
    """The keyring file, freshly sealed."""
    body = {
        "versions": [
            {
                "version": each.version,
                "signing": each.signing_key.hex(),
                "masters": {purpose.value: key.hex() for purpose, key in each.masters.items()},
            }
            for each in store.keys
        ]
    }
    return seal(
        json.dumps(body).encode(),
        secret,
        kind=FORMAT,
        head={"estate": store.head.estate_id, "demo": store.head.demo},
        salt=secrets.token_bytes(SALT_SIZE),
        nonce=secrets.token_bytes(NONCE_SIZE),
        work=work,
    )


def decode(blob: bytes, secret: Secret) -> FileStore:
    """Open the bytes of a keyring file. Raises SealedFileGarbled, WrongSecret."""
    head, body = unseal(blob, secret, kind=FORMAT)
    entries = parse_json(body).get("versions")
    if not isinstance(entries, list) or not entries:
        raise SealedFileGarbled("the keyring holds no keys")
    return FileStore(
        [_read_version(entry) for entry in entries],
        estate_id=read_estate(head),
        demo=head.get("demo") is not False,
    )


def _read_version(entry: object) -> VersionKeys:
    if not isinstance(entry, dict):
        raise SealedFileGarbled("the keyring is cut off or garbled")
    return VersionKeys(
        version=whole_number(entry.get("version"), 1, MAX_VERSION),
        masters=read_masters(entry.get("masters"), tuple(KeyPurpose)),
        signing_key=hex_bytes(entry.get("signing"), SIGNING_KEY_SIZE),
    )
