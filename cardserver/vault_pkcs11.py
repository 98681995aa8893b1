"""The keyring in a PKCS#11 token, described by a small file of format ``yika-token-keyring``.

::

    {
        "format": "yika-token-keyring",
        "version": 1,
        "head": {
            "estate": "SUNNY01",
            "token": "label of the token",
            "versions": [{"version": 1, "public_key": "...", "signing": ""}],
        },
        "tag": "...",
    }

The file holds no open key. Its tag is a CMAC by a key of the token, so that it cannot be changed
unseen. Keys in the token are labelled ``yika-SUNNY01-classic-read-001``. Where the token has no
Ed25519, ``signing`` is the private key as a sealed file whose secret the token computes: useless
without the token and its PIN, but in the memory of this process whenever it signs.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cardserver.domain.demokeys import any_demo
from cardserver.domain.gatekeys import PUBLIC_KEY_SIZE, read_estate
from cardserver.domain.keys import (
    GATE_PURPOSES,
    DemoKeysRefused,
    EstateId,
    KeyPurpose,
    KeyVersionUnknown,
)
from cardserver.domain.sealed import (
    FORMAT_VERSION,
    NONCE_SIZE,
    SALT_SIZE,
    KeyFile,
    Passphrase,
    SealedFileGarbled,
    Secret,
    WrongSecret,
    canonical,
    hex_bytes,
    parse_frame,
    seal,
    unseal,
    whole_number,
)
from cardserver.vault_disk import (
    create_file,
    one_writer,
    read_file,
    replace_file,
    require_absent,
)
from cardserver.vault_file import VersionKeys
from cardserver.vault_store import MAX_VERSION, StoreHead, TokenFault, next_version, states

if TYPE_CHECKING:  # python-pkcs11 is loaded only where a token is used
    from cardserver.vault_token import Token

FORMAT: Final = "yika-token-keyring"
_SIGNING_FORMAT: Final = "yika-signing-key"
_TAG_SIZE: Final = 16

# Nothing the seal key is asked for begins with 01 as a diversification does, nor like one another.
_TAG_INPUT: Final = b"yika-tag-1"
_KEY_FILE_INPUTS: Final = (b"yika-kek-1", b"yika-kek-2")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenVersion:
    """One version as described: the public key, and the sealed private one if not in the token."""

    version: int
    public_key: bytes
    signing: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the file says."""

    estate_id: EstateId
    token_label: str
    versions: tuple[TokenVersion, ...]

    def key_label(self, name: str, version: int) -> str:
        """Label of a key in the token."""
        return f"yika-{self.estate_id}-{name}-{version:03d}"

    @property
    def seal_label(self) -> str:
        """Label of the key that proves this file and opens its sealed parts."""
        return f"yika-{self.estate_id}-seal"


class TokenStore:
    """Master keys in a token."""

    __slots__ = ("_description", "_head", "_token", "_versions")

    def __init__(self, token: "Token", description: Description) -> None:
        self._token = token
        self._description = description
        self._versions = {each.version: each for each in description.versions}
        self._head = StoreHead(
            estate_id=description.estate_id, demo=False, versions=states(tuple(self._versions))
        )

    @property
    def head(self) -> StoreHead:
        """Estate and versions."""
        return self._head

    def cmac(self, purpose: KeyPurpose, version: int, message: bytes) -> bytes:
        """AES-CMAC inside the token."""
        self._of(version)
        return self._token.cmac(self._description.key_label(purpose, version), message)

    def sign(self, message: bytes, version: int) -> bytes:
        """Ed25519 signature, inside the token where it can."""
        signing = self._of(version).signing
        if not signing:
            return self._token.sign(self._description.key_label("signing", version), message)
        secret = _key_file(self._token, self._description)
        _, key = unseal(signing, secret, kind=_SIGNING_FORMAT)
        return Ed25519PrivateKey.from_private_bytes(key).sign(message)

    def public_key(self, version: int) -> bytes:
        """The raw public key."""
        return self._of(version).public_key

    def gate_masters(self, version: int) -> Mapping[KeyPurpose, bytes]:
        """The masters that were made exportable, because every gate holds them."""
        self._of(version)
        labels = [self._description.key_label(purpose, version) for purpose in GATE_PURPOSES]
        return dict(zip(GATE_PURPOSES, self._token.export(labels), strict=True))

    def close(self) -> None:
        """Log out of the token."""
        self._token.close()

    def _of(self, version: int) -> TokenVersion:
        found = self._versions.get(version)
        if found is None:
            raise KeyVersionUnknown(version)
        return found


def create_token_keyring(
    path: Path,
    secret: Secret,
    *,
    library: str,
    token_label: str,
    estate_id: EstateId,
    imported: VersionKeys | None = None,
    sign_in_token: bool = True,
) -> TokenStore:
    """Make version 1 in the token and write the description. The caller closes the store.

    `imported` brings in the keys of a file keyring's only version instead of making new ones.
    `sign_in_token` False keeps the signing key sealed in the file, as for tokens without Ed25519.
    Raises KeyringExists, KeyringUnwritable, TokenFault, WrongSecret, DemoKeysRefused.
    """
    if imported is not None and any_demo(imported.masters.values()):
        raise DemoKeysRefused
    require_absent(path)
    token = _open_token(library, token_label, secret, writable=True)
    try:
        with one_writer(path):
            empty = Description(estate_id=estate_id, token_label=token_label, versions=())
            token.ensure_aes(empty.seal_label, exportable=False)
            first = _make_version(token, empty, 1, imported=imported, inside=sign_in_token)
            full = Description(estate_id=estate_id, token_label=token_label, versions=(first,))
            create_file(path, encode(full, token))
    except BaseException:
        token.close()
        raise
    return TokenStore(token, full)


def rotate_token_keyring(path: Path, secret: Secret, *, library: str) -> TokenStore:
    """Make the next version in the token and describe it. The caller closes the store."""
    with one_writer(path):
        description, tag = decode(read_file(path))
        token = _open_token(library, description.token_label, secret, writable=True)
        try:
            _check_tag(token, description, tag)
            version = next_version(states(tuple(each.version for each in description.versions)))
            inside = not description.versions[-1].signing
            fresh = _make_version(token, description, version, imported=None, inside=inside)
            full = Description(
                estate_id=description.estate_id,
                token_label=description.token_label,
                versions=(*description.versions, fresh),
            )
            replace_file(path, encode(full, token))
        except BaseException:
            token.close()
            raise
    return TokenStore(token, full)


def open_token_keyring(blob: bytes, secret: Secret, *, library: str) -> TokenStore:
    """Open the token that a description names, with its user PIN. The caller closes the store.

    Raises SealedFileGarbled, WrongSecret, TokenFault.
    """
    description, tag = decode(blob)
    token = _open_token(library, description.token_label, secret, writable=False)
    try:
        _check_tag(token, description, tag)
    except BaseException:
        token.close()
        raise
    return TokenStore(token, description)


def encode(description: Description, token: "Token") -> bytes:
    """The description as a file, with its tag."""
    head = _head(description)
    frame = {"format": FORMAT, "version": FORMAT_VERSION, "head": head}
    tag = _tag(token, description)
    return json.dumps({**frame, "tag": tag.hex()}, indent=1).encode() + b"\n"


def decode(blob: bytes) -> tuple[Description, bytes]:
    """The description, unproven, and its tag. Raises SealedFileGarbled."""
    frame = parse_frame(blob, kind=FORMAT)
    head = frame["head"]
    if not isinstance(head, dict):
        raise SealedFileGarbled("the file is cut off or garbled")
    label, entries = head.get("token"), head.get("versions")
    if not isinstance(label, str) or not isinstance(entries, list) or not entries:
        raise SealedFileGarbled("the file describes no keys")
    description = Description(
        estate_id=read_estate(head),
        token_label=label,
        versions=tuple(_read_version(entry) for entry in entries),
    )
    return description, hex_bytes(frame.get("tag"), _TAG_SIZE)


def _make_version(
    token: "Token",
    description: Description,
    version: int,
    *,
    imported: VersionKeys | None,
    inside: bool,
) -> TokenVersion:
    for purpose in KeyPurpose:
        token.ensure_aes(
            description.key_label(purpose, version),
            exportable=purpose in GATE_PURPOSES,
            value=imported.masters[purpose] if imported else None,
        )
    label = description.key_label("signing", version)
    if inside and token.signs and imported is None:
        return TokenVersion(version=version, public_key=token.ensure_ed25519(label))
    private = secrets.token_bytes(32) if imported is None else imported.signing_key
    public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    if inside and token.signs:
        token.import_ed25519(label, private)
        return TokenVersion(version=version, public_key=public)
    signing = seal(
        private,
        _key_file(token, description),
        kind=_SIGNING_FORMAT,
        head={"estate": description.estate_id, "version": version},
        salt=secrets.token_bytes(SALT_SIZE),
        nonce=secrets.token_bytes(NONCE_SIZE),
    )
    return TokenVersion(version=version, public_key=public, signing=signing)


def _open_token(library: str, label: str, secret: Secret, *, writable: bool) -> "Token":
    if not isinstance(secret, Passphrase):
        raise WrongSecret("a token is opened by its PIN, not by a key file")
    try:
        from cardserver.vault_token import Token
    except ImportError:
        raise TokenFault("python-pkcs11 is not installed here") from None
    return Token.open(library, label, secret.text, writable=writable)


def _key_file(token: "Token", description: Description) -> KeyFile:
    return KeyFile(b"".join(token.cmac(description.seal_label, each) for each in _KEY_FILE_INPUTS))


def _check_tag(token: "Token", description: Description, tag: bytes) -> None:
    if not hmac.compare_digest(tag, _tag(token, description)):
        raise SealedFileGarbled("the file was changed, or it belongs to another token")


def _tag(token: "Token", description: Description) -> bytes:
    digest = hashlib.sha256(canonical(_head(description))).digest()
    return token.cmac(description.seal_label, _TAG_INPUT + digest)


def _head(description: Description) -> dict[str, object]:
    return {
        "estate": description.estate_id,
        "token": description.token_label,
        "versions": [
            {
                "version": each.version,
                "public_key": each.public_key.hex(),
                "signing": each.signing.hex(),
            }
            for each in description.versions
        ],
    }


def _read_version(entry: object) -> TokenVersion:
    if not isinstance(entry, dict):
        raise SealedFileGarbled("the file is cut off or garbled")
    signing = entry.get("signing")
    return TokenVersion(
        version=whole_number(entry.get("version"), 1, MAX_VERSION),
        public_key=hex_bytes(entry.get("public_key"), PUBLIC_KEY_SIZE),
        signing=hex_bytes(signing) if signing else b"",
    )
