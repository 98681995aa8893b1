"""Per-card keys from master keys, after NXP AN10922 (AES-128), and what each key is for.

::

    M = UID (4 or 7) | application id (3) | estate id (8) | purpose label (8)
    diversified key = AES-CMAC(master, 01 | M)

AN10922 pads ``01 | M`` to 32 bytes always, while CMAC (NIST SP 800-38B) pads to the next whole
block only. For 17 to 32 bytes both mean the same two blocks with the same last-block rule (K2 when
padded, K1 when exactly full), so the plain CMAC of any library or hardware module (PKCS#11
``CKM_AES_CMAC``) gives AN10922's result. Ours is 24 or 27 bytes by construction. Shorter and longer
inputs are refused, never padded in some third way.

The estate id and the label have fixed lengths, so that no two (card, purpose) pairs share an input.
"""

import re
from enum import StrEnum, unique
from typing import Final, NewType

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC

from cardserver.domain.errors import DomainError

EstateId = NewType("EstateId", str)
"""Name of an estate in key derivation: 4 to 8 capital letters and digits, e.g. ``SUNNY01``."""

APPLICATION_ID: Final = bytes.fromhex("501EF5")
"""Our application on DESFire, F51E50, lowest byte first as on the wire and in AN10922's example.
On Classic it only keeps our keys apart from those of others who derive theirs the same way."""

MASTER_SIZE: Final = 16
CLASSIC_KEY_SIZE: Final = 6
UID_SIZES: Final = frozenset({4, 7})
MIN_INPUT: Final = 16
MAX_INPUT: Final = 31
_DIVERSIFY_AES128: Final = b"\x01"
_FIELD: Final = 8
_ESTATE: Final = re.compile(r"[A-Z0-9]{4,8}\Z", re.ASCII)


class VaultError(DomainError):
    """Root of everything that can go wrong with keys. No message ever holds a key."""

    code = "vault-error"


class KeyInputInvalid(VaultError):
    """A UID, estate id, version or message that no key can be derived from."""

    code = "key-input-invalid"


class WeakKey(VaultError):
    """The derived key happens to be a published default key. Use another card."""

    code = "weak-key"


class KeyVersionUnknown(VaultError):
    """There are no master keys of `version` here."""

    code = "key-version-unknown"

    def __init__(self, version: int) -> None:
        super().__init__(f"there are no keys of version {version} here")
        self.version = version


class DemoKeysRefused(VaultError):
    """The keys are the published demo keys, and this is not the demo."""

    code = "demo-keys-refused"

    def __init__(self) -> None:
        super().__init__("these are the published demo keys; they protect nothing outside the demo")


@unique
class KeyPurpose(StrEnum):
    """What a master key is for. Each has masters of its own; none can be derived from another."""

    CLASSIC_READ = "classic-read"
    CLASSIC_WRITE = "classic-write"
    CLASSIC_RECORD = "classic-record"  # the CMAC that seals a record on MIFARE Classic
    DESFIRE_PICC = "desfire-picc"
    DESFIRE_APP = "desfire-app"
    DESFIRE_READ = "desfire-read"
    DESFIRE_WRITE = "desfire-write"


GATE_PURPOSES: Final = (
    KeyPurpose.CLASSIC_READ,
    KeyPurpose.CLASSIC_RECORD,
    KeyPurpose.DESFIRE_READ,
)
"""What a gate holds: enough to read and verify, nothing that writes."""

LABELS: Final = {
    KeyPurpose.CLASSIC_READ: b"CL-READ",
    KeyPurpose.CLASSIC_WRITE: b"CL-WRITE",
    KeyPurpose.CLASSIC_RECORD: b"CL-RECRD",
    KeyPurpose.DESFIRE_PICC: b"DF-PICC",
    KeyPurpose.DESFIRE_APP: b"DF-APP",
    KeyPurpose.DESFIRE_READ: b"DF-READ",
    KeyPurpose.DESFIRE_WRITE: b"DF-WRITE",
}
"""The purpose as it stands in a diversification input, before padding with zeros to 8 bytes."""

IMAGE_LABEL: Final = b"PAPERS"
IMAGE_ID_SIZE: Final = 16
ACCOUNT_LABELS: Final = (b"PAYMENT1", b"PAYMENT2")
ACCOUNT_SALT_SIZE: Final = 16

SIX_BYTE_PURPOSES: Final = frozenset({KeyPurpose.CLASSIC_READ, KeyPurpose.CLASSIC_WRITE})

DEFAULT_CLASSIC_KEYS: Final = frozenset(
    bytes.fromhex(key)
    for key in (
        "FFFFFFFFFFFF",  # transport key of a factory card
        "A0A1A2A3A4A5",  # MAD key A (AN10787)
        "D3F7D3F7D3F7",  # NFC Forum sectors (AN1304)
        "B0B1B2B3B4B5",
        "000000000000",
        "4B791BEA7BCC",  # signature sector of Classic EV1
        "4D3A99C351DD",
        "1A982C7E459A",
        "AABBCCDDEEFF",
        "714C5C886E97",
        "587EE5F9350F",
        "A0478CC39091",
        "533CB6C723F6",
        "8FD0A4F256E9",
    )
)
"""Keys every copying tool tries first."""


def check_estate_id(text: str) -> EstateId:
    """The text as an estate id. Raises KeyInputInvalid."""
    if not _ESTATE.match(text):
        raise KeyInputInvalid("an estate id is 4 to 8 capital letters and digits")
    return EstateId(text)


def diversification_input(purpose: KeyPurpose, uid: bytes, estate: EstateId) -> bytes:
    """``01 | M`` for one card and purpose, 24 or 27 bytes. Raises KeyInputInvalid."""
    if len(uid) not in UID_SIZES:
        raise KeyInputInvalid(f"a UID of {len(uid)} bytes; cards of ours have 4 or 7")
    system = check_estate_id(estate).encode().ljust(_FIELD, b"\0")
    label = LABELS[purpose].ljust(_FIELD, b"\0")
    return cmac_input(uid + APPLICATION_ID + system + label)


def image_key_input(image_id: bytes) -> bytes:
    """``01 | M`` for one stored picture of a paper, 25 bytes: no card's input is so long.

    M is the picture's id (16) and a label (8). Raises KeyInputInvalid for another id.
    """
    if len(image_id) != IMAGE_ID_SIZE:
        raise KeyInputInvalid("a picture's id has 16 bytes")
    return cmac_input(image_id + IMAGE_LABEL.ljust(_FIELD, b"\0"))


def account_key_inputs(salt: bytes) -> tuple[bytes, ...]:
    """``01 | M`` for both halves of the key that seals payment accounts, 25 bytes each.

    M is a salt (16) and a label (8), so that no card's and no picture's input is the same. Raises
    KeyInputInvalid for another salt.
    """
    if len(salt) != ACCOUNT_SALT_SIZE:
        raise KeyInputInvalid("the salt of payment accounts has 16 bytes")
    return tuple(cmac_input(salt + label) for label in ACCOUNT_LABELS)


def cmac_input(message: bytes) -> bytes:
    """AN10922's AES-128 input for M of 16 to 31 bytes. Raises KeyInputInvalid outside of them."""
    if not MIN_INPUT <= len(message) <= MAX_INPUT:
        raise KeyInputInvalid(f"{len(message)} bytes to diversify; 16 to 31 are possible")
    return _DIVERSIFY_AES128 + message


def aes_cmac(key: bytes, message: bytes) -> bytes:
    """AES-128 CMAC, 16 bytes (NIST SP 800-38B, RFC 4493). Raises KeyInputInvalid for other keys."""
    if len(key) != MASTER_SIZE:
        raise KeyInputInvalid("an AES-128 key has 16 bytes")
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def card_key(purpose: KeyPurpose, diversified: bytes) -> bytes:
    """The 16 diversified bytes as the card takes them: 6 for a Classic sector, else all.

    Raises WeakKey for a published default key: some 14 in 2^48, but never on a card of ours.
    """
    if purpose not in SIX_BYTE_PURPOSES:
        if not any(diversified):  # the DESFire factory key
            raise WeakKey("this card's key would be the factory key; use another card")
        return diversified
    key = diversified[:CLASSIC_KEY_SIZE]
    if key in DEFAULT_CLASSIC_KEYS:
        raise WeakKey("this card's key would be a published default key; use another card")
    return key


def diversify(purpose: KeyPurpose, master: bytes, uid: bytes, estate: EstateId) -> bytes:
    """The key of one card for one purpose, 6 or 16 bytes. Raises KeyInputInvalid, WeakKey."""
    return card_key(purpose, aes_cmac(master, diversification_input(purpose, uid, estate)))
