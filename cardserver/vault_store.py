"""The seam between the vault and the place where its master keys live (a sealed file, a token)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final, Protocol

from cardserver.domain.keys import EstateId, KeyPurpose, VaultError

MAX_VERSION: Final = 255
"""A key version is one byte on the card; 0 is what a factory card says."""


class KeyringMissing(VaultError):
    """There is no keyring at this path, or it cannot be read."""

    code = "keyring-missing"


class KeyringExists(VaultError):
    """A keyring is already there. It is never overwritten: its cards would be lost with it."""

    code = "keyring-exists"


class KeyringUnwritable(VaultError):
    """The keyring could not be written. What was there before still is."""

    code = "keyring-unwritable"


class KeyVersionsExhausted(VaultError):
    """All 255 versions are used."""

    code = "key-versions-exhausted"


class TokenFault(VaultError):
    """The PKCS#11 token is not there, or cannot do what is asked of it."""

    code = "token-fault"


@unique
class VersionState(StrEnum):
    """Active: cards are keyed with it. Retired: only cards that carry it are served."""

    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVersion:
    """One version of the keys, 1 to 255, and its state."""

    version: int
    state: VersionState


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHead:
    """What is known of a keyring without any key. Exactly one version is active."""

    estate_id: EstateId
    demo: bool
    versions: tuple[KeyVersion, ...]


class KeyStore(Protocol):
    """Where master keys live. An unknown version raises KeyVersionUnknown everywhere."""

    @property
    def head(self) -> StoreHead:
        """Estate, versions, demo mark."""

    def cmac(self, purpose: KeyPurpose, version: int, message: bytes) -> bytes:
        """AES-CMAC of the message under one master, 16 bytes."""

    def sign(self, message: bytes, version: int) -> bytes:
        """Ed25519 signature, 64 bytes."""

    def public_key(self, version: int) -> bytes:
        """The raw Ed25519 public key, 32 bytes."""

    def gate_masters(self, version: int) -> Mapping[KeyPurpose, bytes]:
        """The three masters that every gate holds. The others never leave the store."""

    def close(self) -> None:
        """Let go of the keys, e.g. log out of a token."""


def next_version(versions: tuple[KeyVersion, ...]) -> int:
    """The version after the highest. Raises KeyVersionsExhausted."""
    highest = max((each.version for each in versions), default=0)
    if highest >= MAX_VERSION:
        raise KeyVersionsExhausted("all 255 key versions are used")
    return highest + 1


def states(versions: tuple[int, ...]) -> tuple[KeyVersion, ...]:
    """The versions in order, the highest active, the others retired."""
    active = max(versions)
    return tuple(
        KeyVersion(
            version=version,
            state=VersionState.ACTIVE if version == active else VersionState.RETIRED,
        )
        for version in sorted(versions)
    )
