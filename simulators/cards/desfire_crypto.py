"""Ciphers, CMAC and CRC as DESFire uses them.

FIPS 197, SP 800-67 (TDEA in two- and three-key form, single DES as a special case), SP 800-38A
(CBC), SP 800-38B (CMAC, here with a chained start vector), CRC-32 without the final inversion.
"""

import zlib
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

CRC_SIZE: Final = 4
_CMAC_CONSTANT: Final = {8: 0x1B, 16: 0x87}


@unique
class KeyKind(StrEnum):
    """Key types; the DES kind is single DES when both halves of the key agree."""

    DES = "des"
    TDES3 = "3k3des"
    AES = "aes"


KEY_SIZE: Final = {KeyKind.DES: 16, KeyKind.TDES3: 24, KeyKind.AES: 16}
BLOCK_SIZE: Final = {KeyKind.DES: 8, KeyKind.TDES3: 8, KeyKind.AES: 16}
CHALLENGE_SIZE: Final = {KeyKind.DES: 8, KeyKind.TDES3: 16, KeyKind.AES: 16}


@dataclass(frozen=True, slots=True)
class Key:
    """A key on the card. DES keys carry their version in the lowest bits of their first 8 bytes."""

    kind: KeyKind
    value: bytes
    aes_version: int = 0

    @property
    def version(self) -> int:
        """Key version, 0 to 255."""
        if self.kind is KeyKind.AES:
            return self.aes_version
        return int("".join(str(byte & 1) for byte in self.value[:8]), 2)

    @property
    def block_size(self) -> int:
        """Block size of its cipher."""
        return BLOCK_SIZE[self.kind]

    @property
    def is_single_des(self) -> bool:
        """Whether a DES key degenerates to single DES, parity bits set aside."""
        effective = bytes(byte & 0xFE for byte in self.value)
        return self.kind is KeyKind.DES and effective[:8] == effective[8:]


def blank_key(kind: KeyKind) -> Key:
    """The all-zero key that new applications come with."""
    return Key(kind, bytes(KEY_SIZE[kind]))


def encrypt(key: Key, start: bytes, data: bytes) -> bytes:
    """CBC encryption of whole blocks."""
    cipher = Cipher(_algorithm(key), modes.CBC(start)).encryptor()
    return cipher.update(data) + cipher.finalize()


def decrypt(key: Key, start: bytes, data: bytes) -> bytes:
    """CBC decryption of whole blocks."""
    cipher = Cipher(_algorithm(key), modes.CBC(start)).decryptor()
    return cipher.update(data) + cipher.finalize()


def _algorithm(key: Key) -> AES | TripleDES:
    if key.kind is KeyKind.AES:
        return AES(key.value)
    return TripleDES((key.value + key.value[:8])[:24])


def cmac(key: Key, message: bytes, start: bytes | None = None) -> bytes:
    """CMAC over `message`; a start vector other than zero chains it to what went before."""
    size = key.block_size
    zero = bytes(size)
    first = _double(encrypt(key, zero, zero))
    if message and len(message) % size == 0:
        mask = first
    else:
        mask = _double(first)
        message += b"\x80"
        message += bytes(-len(message) % size)
    masked = message[:-size] + exclusive_or(message[-size:], mask)
    return encrypt(key, start or zero, masked)[-size:]


def _double(block: bytes) -> bytes:
    number = int.from_bytes(block, "big") << 1
    if block[0] & 0x80:
        number ^= (1 << len(block) * 8) | _CMAC_CONSTANT[len(block)]
    return number.to_bytes(len(block), "big")


def exclusive_or(left: bytes, right: bytes) -> bytes:
    """Byte by byte, of equal lengths."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def crc32(data: bytes) -> bytes:
    """CRC-32 as sent: not inverted at the end, least significant byte first."""
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(CRC_SIZE, "little")


def crc16(data: bytes) -> bytes:
    """CRC_A of ISO/IEC 14443-3 (preset 6363), least significant byte first."""
    register = 0x6363
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x8408 if register & 1 else 0)
    return register.to_bytes(2, "little")


def rotate_left(challenge: bytes) -> bytes:
    """Rotate by one byte, as both sides do to prove that they read the challenge."""
    return challenge[1:] + challenge[:1]


def zero_pad(data: bytes, size: int) -> bytes:
    """Fill the last block with zeros."""
    return data + bytes(-len(data) % size)
