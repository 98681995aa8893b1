"""The vault: gives out one card's keys, seals and verifies records, signs. Masters never leave it.

Where the masters live is behind `cardserver.vault_store.KeyStore`: a sealed file, or a PKCS#11
token. Everything that can go wrong is a `VaultError`.
"""

import hashlib
import secrets
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cardserver.domain.gatekeys import (
    GateVersion,
    RecordKeyUnknown,
    load_public_key,
    record_key_version,
    seal_gate_keys,
)
from cardserver.domain.keys import (
    DemoKeysRefused,
    EstateId,
    KeyInputInvalid,
    KeyPurpose,
    KeyVersionUnknown,
    VaultError,
    WeakKey,
    account_key_inputs,
    card_key,
    diversification_input,
    image_key_input,
)
from cardserver.domain.record import (
    CardRecord,
    Medium,
    cmac_seal,
    open_classic,
    open_desfire,
    payload,
    sealed_message,
)
from cardserver.domain.sealed import (
    NONCE_SIZE,
    SALT_SIZE,
    KeyFile,
    Passphrase,
    SealedFileGarbled,
    Secret,
    Work,
    WrongSecret,
    parse_json,
)
from cardserver.vault_disk import read_file
from cardserver.vault_file import create_keyring, decode, demo_store, rotate_keyring
from cardserver.vault_pkcs11 import FORMAT as TOKEN_FORMAT
from cardserver.vault_pkcs11 import (
    create_token_keyring,
    open_token_keyring,
    rotate_token_keyring,
)
from cardserver.vault_store import (
    KeyringExists,
    KeyringMissing,
    KeyringUnwritable,
    KeyStore,
    KeyVersion,
    KeyVersionsExhausted,
    TokenFault,
    VersionState,
)

__all__ = [
    "DemoKeysRefused",
    "KeyFile",
    "KeyInputInvalid",
    "KeyVersion",
    "KeyVersionUnknown",
    "KeyVersionsExhausted",
    "KeyringExists",
    "KeyringMissing",
    "KeyringUnwritable",
    "Passphrase",
    "SealedFileGarbled",
    "Secret",
    "TokenFault",
    "Vault",
    "VaultError",
    "VersionState",
    "WeakKey",
    "WrongSecret",
    "create_vault",
    "create_vault_in_token",
    "demo_vault",
    "export_gate",
    "new_estate_id",
    "open_vault",
    "rotate_vault",
]

_CARD_PURPOSES: Final = {
    Medium.CLASSIC: (KeyPurpose.CLASSIC_READ, KeyPurpose.CLASSIC_WRITE),
    Medium.DESFIRE: (
        KeyPurpose.DESFIRE_PICC,
        KeyPurpose.DESFIRE_APP,
        KeyPurpose.DESFIRE_READ,
        KeyPurpose.DESFIRE_WRITE,
    ),
}
_CHECK_BLOCK: Final = bytes(16)
_CHECK_SIZE: Final = 3
_KEY_PRINT_SIZE: Final = 8
_ESTATE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_ESTATE_LENGTH: Final = 8


class Vault:
    """An opened keyring."""

    __slots__ = ("_store",)

    def __init__(self, store: KeyStore) -> None:
        self._store = store

    @property
    def estate_id(self) -> EstateId:
        """The estate whose keys these are."""
        return self._store.head.estate_id

    @property
    def demo(self) -> bool:
        """True for the published demo keys."""
        return self._store.head.demo

    @property
    def current_version(self) -> int:
        """The active version, with which cards are keyed now."""
        return max(each.version for each in self.versions())

    def versions(self) -> tuple[KeyVersion, ...]:
        """All versions with their states, oldest first."""
        return self._store.head.versions

    def diversified(self, purpose: KeyPurpose, uid: bytes, version: int) -> bytes:
        """One key of one card, 6 bytes for a Classic sector, else 16.

        Raises KeyVersionUnknown, KeyInputInvalid, WeakKey.
        """
        message = diversification_input(purpose, uid, self.estate_id)
        return card_key(purpose, self._store.cmac(purpose, version, message))

    def card_keys(self, uid: bytes, medium: Medium, version: int) -> dict[str, bytes]:
        """All keys of one card under the names of their roles (``classic-read``, ...).

        Raises KeyVersionUnknown, KeyInputInvalid, WeakKey.
        """
        purposes = _CARD_PURPOSES[medium]
        return {purpose.value: self.diversified(purpose, uid, version) for purpose in purposes}

    def seal_record(self, record: CardRecord, uid: bytes, medium: Medium) -> bytes:
        """The record as it is written to the card, sealed by the key version it names.

        Raises RecordInvalid for values that have no room, KeyVersionUnknown, KeyInputInvalid.
        """
        data = payload(record)
        if medium is Medium.DESFIRE:
            return data + self.sign(sealed_message(uid, data), record.key_version)
        key = self.diversified(KeyPurpose.CLASSIC_RECORD, uid, record.key_version)
        return data + cmac_seal(uid, data, key)

    def open_record(self, data: bytes, uid: bytes, medium: Medium) -> CardRecord:
        """Verify and read a record with the key version it names. Raises RecordInvalid."""
        version = record_key_version(data, medium)
        try:
            if medium is Medium.DESFIRE:
                return open_desfire(data, uid, self.public_key(version))
            key = self.diversified(KeyPurpose.CLASSIC_RECORD, uid, version)
        except KeyVersionUnknown:
            raise RecordKeyUnknown(version) from None
        return open_classic(data, uid, key)

    def sign(self, message: bytes, version: int) -> bytes:
        """Ed25519 signature, 64 bytes (RFC 8032). Raises KeyVersionUnknown."""
        return self._store.sign(message, version)

    def public_key(self, version: int) -> Ed25519PublicKey:
        """The key that proves signatures of this version. Raises KeyVersionUnknown."""
        return load_public_key(self._store.public_key(version))

    def image_key(self, image_id: bytes, version: int) -> bytes:
        """The AES-128 key of one stored picture of a paper, which the server alone ever holds.

        It follows from the ``desfire-app`` master, which is neither at a gate nor at a station, by
        an input longer than any card's. Raises KeyVersionUnknown, KeyInputInvalid.
        """
        return self._store.cmac(KeyPurpose.DESFIRE_APP, version, image_key_input(image_id))

    def account_key(self, salt: bytes, version: int) -> KeyFile:
        """The key that seals the payment accounts (`cardserver.payments.safe`).

        Both halves follow from the ``desfire-app`` master like `image_key`. Whoever opens the
        keyring opens them, nobody else. Raises KeyVersionUnknown, KeyInputInvalid.
        """
        halves = (
            self._store.cmac(KeyPurpose.DESFIRE_APP, version, each)
            for each in account_key_inputs(salt)
        )
        return KeyFile(b"".join(halves))

    def fingerprint(self, purpose: KeyPurpose, version: int) -> str:
        """Key check value of one master: AES-CMAC of a zero block, first 3 bytes, hexadecimal.

        No diversification input begins with 00, so no card's key shows in it.
        """
        return self._store.cmac(purpose, version, _CHECK_BLOCK)[:_CHECK_SIZE].hex().upper()

    def public_key_fingerprint(self, version: int) -> str:
        """First 8 bytes of SHA-256 over the raw public key, hexadecimal."""
        digest = hashlib.sha256(self._store.public_key(version)).digest()
        return digest[:_KEY_PRINT_SIZE].hex().upper()

    def gate_versions(self, since: int = 1) -> tuple[GateVersion, ...]:
        """What gates hold, for the versions from `since` on.

        Raises KeyVersionUnknown when there are none, TokenFault when a token keeps them to itself.
        """
        if since > self.current_version:
            raise KeyVersionUnknown(since)
        return tuple(
            GateVersion(
                version=each.version,
                masters=self._store.gate_masters(each.version),
                public_key=self._store.public_key(each.version),
            )
            for each in self.versions()
            if each.version >= since
        )

    def close(self) -> None:
        """Let go of the keys; a token is logged out."""
        self._store.close()


def open_vault(
    path: Path, secret: Secret, *, allow_demo: bool = False, pkcs11_library: str = ""
) -> Vault:
    """Open the keyring at `path`, a sealed file or the description of a token's keys.

    For a token `secret` is the user PIN as a Passphrase and `pkcs11_library` the path of the
    module that speaks to it.

    Raises:
        KeyringMissing: nothing there, or not readable.
        SealedFileGarbled: not a keyring.
        WrongSecret: it does not open, or it was changed.
        DemoKeysRefused: demo keys, and `allow_demo` is not set.
        TokenFault: the token is not there or refuses.
    """
    blob = read_file(path)
    store: KeyStore
    if _in_token(blob):
        store = open_token_keyring(blob, secret, library=pkcs11_library)
    else:
        store = decode(blob, secret)
    if store.head.demo and not allow_demo:
        raise DemoKeysRefused
    return Vault(store)


def create_vault(path: Path, secret: Secret, *, estate_id: EstateId, demo: bool = False) -> Vault:
    """A new sealed file with key version 1, random or the demo's.

    Raises KeyringExists, KeyringUnwritable.
    """
    return Vault(create_keyring(path, secret, estate_id=estate_id, demo=demo))


def create_vault_in_token(
    path: Path, pin: Secret, *, estate_id: EstateId, pkcs11_library: str, token_label: str
) -> Vault:
    """New keys of version 1 in a PKCS#11 token, described by a file at `path`.

    Raises KeyringExists, KeyringUnwritable, WrongSecret, TokenFault.
    """
    store = create_token_keyring(
        path, pin, library=pkcs11_library, token_label=token_label, estate_id=estate_id
    )
    return Vault(store)


def rotate_vault(path: Path, secret: Secret, *, pkcs11_library: str = "") -> Vault:
    """Add a key version and make it the active one; older ones stay for the cards that carry them.

    A server that is running goes on with what it has opened until it is started again.
    Raises KeyVersionsExhausted, KeyringUnwritable and what `open_vault` raises.
    """
    if _in_token(read_file(path)):
        return Vault(rotate_token_keyring(path, secret, library=pkcs11_library))
    return Vault(rotate_keyring(path, secret))


def new_estate_id() -> EstateId:
    """A random estate id, without letters and digits that look alike."""
    return EstateId("".join(secrets.choice(_ESTATE_LETTERS) for _ in range(_ESTATE_LENGTH)))


def _in_token(blob: bytes) -> bool:
    return parse_json(blob).get("format") == TOKEN_FORMAT


def demo_vault(version: int = 1) -> Vault:
    """The demo's vault with versions 1 to `version`, in memory only."""
    return Vault(demo_store(version))


def export_gate(vault: Vault, secret: Secret, *, since: int = 1, work: Work | None = None) -> bytes:
    """The sealed file from which `GateKeys.open` reads: reading and verifying only.

    It holds the versions from `since` on; cards of older ones are then refused by that gate.
    Raises KeyVersionUnknown, and TokenFault when a token does not let the gates' masters out.
    """
    return seal_gate_keys(
        vault.gate_versions(since),
        secret,
        estate_id=vault.estate_id,
        demo=vault.demo,
        salt=secrets.token_bytes(SALT_SIZE),
        nonce=secrets.token_bytes(NONCE_SIZE),
        work=work,
    )
