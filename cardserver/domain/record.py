"""The record on the card: one right of one card, 20 bytes and a seal (docs/card-format.md).

::

    0      format version (high nibble, 1) | right kind (low nibble: 1 door, 2 parking)
    1      holder class (1 owner, 2 family, 3 tenant, 4 merchant, 5 staff)
    2      key version, 1-255
    3      0
    4-7    card number
    8-11   zones, bit n = zone n
    12-13  first day, days since 2020-01-01
    14-15  last day, inclusive
    16-19  sequence number, 1 at issue, +1 at each write of this right
    20-    seal: CMAC (8 bytes) on MIFARE Classic, Ed25519 signature (64 bytes) on DESFire

Numbers are big endian. The seal covers a fixed tag, the card's UID and bytes 0 to 19, so a record
copied to another card fails (IC-21a).
"""

import struct
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, unique
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC

from cardserver.domain.errors import RecordInvalid
from cardserver.domain.ids import MAX_CARD_NUMBER, CardNumber
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.domain.validity import ValidityPeriod

FORMAT_VERSION: Final = 1
PAYLOAD_SIZE: Final = 20
CMAC_SIZE: Final = 8
SIGNATURE_SIZE: Final = 64
CLASSIC_SIZE: Final = PAYLOAD_SIZE + CMAC_SIZE
DESFIRE_SIZE: Final = PAYLOAD_SIZE + SIGNATURE_SIZE

EPOCH: Final = date(2020, 1, 1)
_MAX_DAYS: Final = 0xFFFF
_MAX_SEQUENCE: Final = 0xFFFFFFFF
_TAG: Final = b"yika-record-1"
_PAYLOAD: Final = struct.Struct(">BBBBIIHHI")

_KIND_CODES: Final = {RightKind.DOOR: 1, RightKind.PARKING: 2}
_KINDS: Final = {code: kind for kind, code in _KIND_CODES.items()}
_CLASS_CODES: Final = {
    HolderClass.OWNER: 1,
    HolderClass.FAMILY: 2,
    HolderClass.TENANT: 3,
    HolderClass.MERCHANT: 4,
    HolderClass.STAFF: 5,
}
_CLASSES: Final = {code: holder_class for holder_class, code in _CLASS_CODES.items()}


@unique
class Medium(StrEnum):
    """Card family, which decides the seal."""

    CLASSIC = "classic"
    DESFIRE = "desfire"


SEALED_SIZE: Final = {Medium.CLASSIC: CLASSIC_SIZE, Medium.DESFIRE: DESFIRE_SIZE}


@unique
class Flaw(StrEnum):
    """Why bytes are not a record of ours."""

    LENGTH = "length"
    VERSION = "version"
    FIELDS = "fields"
    SEAL = "seal"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """One right as written on a card. `zones` is a 32-bit mask, `sequence` starts at 1."""

    kind: RightKind
    holder_class: HolderClass
    key_version: int
    card_number: CardNumber
    zones: int
    period: ValidityPeriod
    sequence: int


def payload(record: CardRecord) -> bytes:
    """The 20 bytes that the seal covers. Raises RecordInvalid for values that have no room."""
    first = (record.period.first - EPOCH).days
    last = (record.period.last - EPOCH).days
    fits = (
        1 <= record.key_version <= 0xFF  # noqa: PLR2004 - one byte
        and 1 <= record.card_number <= MAX_CARD_NUMBER
        and 0 <= record.zones <= 0xFFFFFFFF  # noqa: PLR2004 - four bytes
        and 0 <= first <= last <= _MAX_DAYS
        and 1 <= record.sequence <= _MAX_SEQUENCE
    )
    if not fits:
        raise RecordInvalid(Flaw.FIELDS)
    return _PAYLOAD.pack(
        FORMAT_VERSION << 4 | _KIND_CODES[record.kind],
        _CLASS_CODES[record.holder_class],
        record.key_version,
        0,
        record.card_number,
        record.zones,
        first,
        last,
        record.sequence,
    )


def parse_payload(data: bytes) -> CardRecord:
    """Read the first 20 bytes without looking at the seal. Raises RecordInvalid."""
    if len(data) < PAYLOAD_SIZE:
        raise RecordInvalid(Flaw.LENGTH)
    head, cls, key_version, zero, number, zones, first, last, sequence = _PAYLOAD.unpack_from(data)
    if head >> 4 != FORMAT_VERSION:
        raise RecordInvalid(Flaw.VERSION)
    kind, holder_class = _KINDS.get(head & 0x0F), _CLASSES.get(cls)
    if kind is None or holder_class is None or zero or not (key_version and number and sequence):
        raise RecordInvalid(Flaw.FIELDS)
    if last < first:
        raise RecordInvalid(Flaw.FIELDS)
    return CardRecord(
        kind=kind,
        holder_class=holder_class,
        key_version=key_version,
        card_number=CardNumber(number),
        zones=zones,
        period=ValidityPeriod(
            first=EPOCH + timedelta(days=first), after_last=EPOCH + timedelta(days=last + 1)
        ),
        sequence=sequence,
    )


def sealed_message(uid: bytes, data: bytes) -> bytes:
    """What the seal is computed over: tag, UID with its length, payload."""
    return _TAG + bytes([len(uid)]) + uid + data[:PAYLOAD_SIZE]


def cmac_seal(uid: bytes, data: bytes, key: bytes) -> bytes:
    """First 8 bytes of AES-CMAC (NIST SP 800-38B) under the card's own record key."""
    mac = CMAC(algorithms.AES(key))
    mac.update(sealed_message(uid, data))
    return mac.finalize()[:CMAC_SIZE]


def _check_frame(data: bytes, size: int) -> None:
    """Length and version first: a record of a later format is not called a forgery."""
    if len(data) != size:
        raise RecordInvalid(Flaw.LENGTH)
    if data[0] >> 4 != FORMAT_VERSION:
        raise RecordInvalid(Flaw.VERSION)


def open_classic(data: bytes, uid: bytes, key: bytes) -> CardRecord:
    """Verify and read a record from MIFARE Classic. Raises RecordInvalid."""
    _check_frame(data, CLASSIC_SIZE)
    # A plain comparison would leak how many bytes matched; reader timing hides it, but it is free.
    expected = cmac_seal(uid, data, key)
    difference = 0
    for mine, theirs in zip(expected, data[PAYLOAD_SIZE:], strict=True):
        difference |= mine ^ theirs
    if difference:
        raise RecordInvalid(Flaw.SEAL)
    return parse_payload(data)


def open_desfire(data: bytes, uid: bytes, key: Ed25519PublicKey) -> CardRecord:
    """Verify and read a record from DESFire. Raises RecordInvalid."""
    _check_frame(data, DESFIRE_SIZE)
    try:
        key.verify(data[PAYLOAD_SIZE:], sealed_message(uid, data))
    except InvalidSignature:
        raise RecordInvalid(Flaw.SEAL) from None
    return parse_payload(data)
