"""What a gate holds: keys that read cards and verify records, none that writes or signs.

The sealed file (`cardserver.domain.sealed`) of format ``yika-gate-keys`` has the head
``{"estate", "demo"}`` and the body::

    {
        "versions": [
            {
                "version": 1,
                "public_key": "...",
                "masters": {"classic-read": "...", "classic-record": "...", "desfire-read": "..."},
            }
        ]
    }

Masters of different purposes are independent random numbers, so nothing about the writing keys
follows from these. A gate can verify a Classic record because it can compute its CMAC: there, and
only there, it could also make one up (docs/security.md).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cardserver.domain.demokeys import any_demo
from cardserver.domain.errors import RecordInvalid
from cardserver.domain.gatesignature import GateSignatureInvalid
from cardserver.domain.keys import (
    GATE_PURPOSES,
    MASTER_SIZE,
    DemoKeysRefused,
    EstateId,
    KeyInputInvalid,
    KeyPurpose,
    KeyVersionUnknown,
    VaultError,
    check_estate_id,
    diversify,
)
from cardserver.domain.record import (
    SEALED_SIZE,
    CardRecord,
    Flaw,
    Medium,
    open_classic,
    open_desfire,
)
from cardserver.domain.sealed import (
    SealedFileGarbled,
    Secret,
    Work,
    hex_bytes,
    parse_json,
    seal,
    unseal,
    whole_number,
)

FORMAT: Final = "yika-gate-keys"
MAX_VERSION: Final = 255
PUBLIC_KEY_SIZE: Final = 32
_VERSION_AT: Final = 2  # offset of the key version in a record

_READ_PURPOSE: Final = {
    Medium.CLASSIC: KeyPurpose.CLASSIC_READ,
    Medium.DESFIRE: KeyPurpose.DESFIRE_READ,
}


class RecordKeyUnknown(RecordInvalid):
    """The record names a key version that is not here: a forgery, or a card newer than our keys."""

    code = "record-key-unknown"

    def __init__(self, version: int) -> None:
        super().__init__("key-version")
        self.version = version


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVersion:
    """One version of a gate's keys: three masters, and the raw public key that proves records."""

    version: int
    masters: Mapping[KeyPurpose, bytes] = field(repr=False)
    public_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GateKeys:
    """An opened gate file."""

    estate_id: EstateId
    demo: bool
    _masters: Mapping[int, Mapping[KeyPurpose, bytes]] = field(repr=False)
    _public_keys: Mapping[int, Ed25519PublicKey] = field(repr=False)

    @classmethod
    def open(cls, blob: bytes, secret: Secret, *, allow_demo: bool = False) -> Self:
        """Open a gate file. Raises WrongSecret, SealedFileGarbled, DemoKeysRefused (VaultError)."""
        head, body = unseal(blob, secret, kind=FORMAT)
        versions = _read_versions(parse_json(body).get("versions"))
        demo = head.get("demo") is not False or any(
            any_demo(each.masters.values()) for each in versions
        )
        if demo and not allow_demo:
            raise DemoKeysRefused
        return cls(
            estate_id=read_estate(head),
            demo=demo,
            _masters={each.version: each.masters for each in versions},
            _public_keys={each.version: load_public_key(each.public_key) for each in versions},
        )

    @property
    def versions(self) -> tuple[int, ...]:
        """Key versions, newest first: the order in which to try them on an unknown card."""
        return tuple(sorted(self._masters, reverse=True))

    def read_keys(self, uid: bytes, medium: Medium, version: int) -> dict[str, bytes]:
        """The reading key of one card under the name of its key role.

        Raises KeyVersionUnknown, KeyInputInvalid, WeakKey (all VaultError).
        """
        purpose = _READ_PURPOSE[medium]
        return {purpose.value: self._diversified(purpose, uid, version)}

    def open_record(self, data: bytes, uid: bytes, medium: Medium) -> CardRecord:
        """Verify and read a record with the key version it names. Raises RecordInvalid."""
        version = record_key_version(data, medium)
        if version not in self._masters:
            raise RecordKeyUnknown(version)
        if medium is Medium.DESFIRE:
            return open_desfire(data, uid, self._public_keys[version])
        try:
            key = self._diversified(KeyPurpose.CLASSIC_RECORD, uid, version)
        except VaultError:
            raise RecordInvalid(Flaw.SEAL) from None
        return open_classic(data, uid, key)

    def check_signature(self, message: bytes, signature: bytes, version: int) -> None:
        """Raise GateSignatureInvalid unless the estate's key of this version signed the message."""
        key = self._public_keys.get(version)
        if key is None:
            raise GateSignatureInvalid("key-unknown")
        try:
            key.verify(signature, message)
        except InvalidSignature:
            raise GateSignatureInvalid("forged") from None

    def _diversified(self, purpose: KeyPurpose, uid: bytes, version: int) -> bytes:
        masters = self._masters.get(version)
        if masters is None:
            raise KeyVersionUnknown(version)
        return diversify(purpose, masters[purpose], uid, self.estate_id)


def record_key_version(data: bytes, medium: Medium) -> int:
    """The key version a record names, unproven. Raises RecordInvalid for a wrong length."""
    if len(data) != SEALED_SIZE[medium]:
        raise RecordInvalid(Flaw.LENGTH)
    return data[_VERSION_AT]


def seal_gate_keys(
    versions: Sequence[GateVersion],
    secret: Secret,
    *,
    estate_id: EstateId,
    demo: bool,
    salt: bytes,
    nonce: bytes,
    work: Work | None = None,
) -> bytes:
    """The gate file. `salt` is 16 and `nonce` 12 fresh random bytes."""
    body = {
        "versions": [
            {
                "version": each.version,
                "public_key": each.public_key.hex(),
                "masters": {
                    purpose.value: each.masters[purpose].hex() for purpose in GATE_PURPOSES
                },
            }
            for each in versions
        ]
    }
    return seal(
        json.dumps(body).encode(),
        secret,
        kind=FORMAT,
        head={"estate": estate_id, "demo": demo},
        salt=salt,
        nonce=nonce,
        work=work,
    )


def read_masters(value: object, purposes: Sequence[KeyPurpose]) -> dict[KeyPurpose, bytes]:
    """Masters of exactly these purposes from their JSON. Raises SealedFileGarbled."""
    if not isinstance(value, dict) or set(value) != {purpose.value for purpose in purposes}:
        raise SealedFileGarbled("the file does not hold the keys it should")
    return {purpose: hex_bytes(value[purpose.value], MASTER_SIZE) for purpose in purposes}


def read_estate(head: Mapping[str, object]) -> EstateId:
    """The estate id in the head of a file. Raises SealedFileGarbled."""
    try:
        return check_estate_id(str(head.get("estate")))
    except KeyInputInvalid:
        raise SealedFileGarbled("the file names no estate") from None


def load_public_key(data: bytes) -> Ed25519PublicKey:
    """An Ed25519 public key from its 32 bytes. Raises SealedFileGarbled."""
    try:
        return Ed25519PublicKey.from_public_bytes(data)
    except ValueError:
        raise SealedFileGarbled("the file holds something that is no public key") from None


def _read_versions(value: object) -> list[GateVersion]:
    if not isinstance(value, list) or not value:
        raise SealedFileGarbled("the file holds no keys")
    versions = []
    for entry in value:
        if not isinstance(entry, dict):
            raise SealedFileGarbled("the file is cut off or garbled")
        versions.append(
            GateVersion(
                version=whole_number(entry.get("version"), 1, MAX_VERSION),
                masters=read_masters(entry.get("masters"), GATE_PURPOSES),
                public_key=hex_bytes(entry.get("public_key"), PUBLIC_KEY_SIZE),
            )
        )
    return versions
