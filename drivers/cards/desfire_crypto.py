"""The calculations DESFire uses: CBC, CMAC with a carried IV, CRC32, rotation and padding.

| name | source |
|---|---|
| CMAC | NIST SP 800-38B; EV1 starts the chain at the session's IV instead of zero |
| CRC32 | ISO 3309 polynomial, reflected, no final inversion, sent lowest byte first |
| padding 80 00… | ISO/IEC 9797-1, method 2 |

Key bytes stay inside `BlockCipher`; it has no readable representation.
"""

import zlib
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from drivers.errors import CardIntegrityError

AES_KEY_SIZE: Final = 16
DES_KEY_SIZE: Final = 8
# The constants by which a CMAC subkey is folded back, by block size (SP 800-38B, 5.3).
_FOLD: Final = {16: 0x87, 8: 0x1B}


class BlockCipher:
    """A block cipher under one key, in the two uses DESFire has for it: CBC and CMAC."""

    __slots__ = ("_algorithm", "_subkeys", "block_size")

    def __init__(self, algorithm: AES | TripleDES) -> None:
        self._algorithm = algorithm
        self.block_size: Final = algorithm.block_size // 8
        first = self._double(self.encrypt(self.zero_iv, self.zero_iv))
        self._subkeys = (first, self._double(first))

    @property
    def zero_iv(self) -> bytes:
        """A block of zeros."""
        return bytes(self.block_size)

    def encrypt(self, iv: bytes, data: bytes) -> bytes:
        """CBC encryption of whole blocks."""
        return Cipher(self._algorithm, modes.CBC(iv)).encryptor().update(data)

    def decrypt(self, iv: bytes, data: bytes) -> bytes:
        """CBC decryption of whole blocks."""
        return Cipher(self._algorithm, modes.CBC(iv)).decryptor().update(data)

    def cmac(self, message: bytes, iv: bytes | None = None) -> bytes:
        """Whole CMAC block of the message; `iv` continues an EV1 chain (None: plain CMAC)."""
        size = self.block_size
        whole = bool(message) and len(message) % size == 0
        padded = message if whole else pad_80(message, size)
        last = xor(padded[-size:], self._subkeys[0 if whole else 1])
        start = self.zero_iv if iv is None else iv
        return self.encrypt(start, padded[:-size] + last)[-size:]

    def _double(self, block: bytes) -> bytes:
        value = int.from_bytes(block, "big") << 1
        if value >> (8 * self.block_size):
            value ^= _FOLD[self.block_size]
        return (value % (1 << (8 * self.block_size))).to_bytes(self.block_size, "big")


def aes(key: bytes) -> BlockCipher:
    """AES-128. Raises ValueError unless the key has 16 bytes."""
    if len(key) != AES_KEY_SIZE:
        raise ValueError("an AES-128 key has 16 bytes")
    return BlockCipher(AES(key))


def single_des(key: bytes) -> BlockCipher:
    """DES, for the factory key and the sessions under it. Raises ValueError unless 8 bytes."""
    if len(key) != DES_KEY_SIZE:
        raise ValueError("a DES key has 8 bytes")
    return BlockCipher(TripleDES(key * 3))


def crc32(data: bytes) -> bytes:
    """Checksum of ciphered EV1 data and of new keys, as it stands on the wire (4 bytes)."""
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")


def xor(left: bytes, right: bytes) -> bytes:
    """Bitwise difference of two byte strings of one length."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def rotate_left(data: bytes) -> bytes:
    """First byte moved to the end: how each side proves that it deciphered a challenge."""
    return data[1:] + data[:1]


def pad_zero(data: bytes, block_size: int) -> bytes:
    """Filled up with zeros to whole blocks; whole blocks stay as they are."""
    return data + bytes(-len(data) % block_size)


def pad_80(data: bytes, block_size: int) -> bytes:
    """Filled up with 80 00…; whole blocks get a block more."""
    return pad_zero(data + b"\x80", block_size)


def unpad_80(data: bytes) -> bytes:
    """Data without its 80 00… padding. Raises CardIntegrityError when there is none."""
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80"):
        raise CardIntegrityError("the padding of a ciphered answer is wrong")
    return stripped[:-1]
