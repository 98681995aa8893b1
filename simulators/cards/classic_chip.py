"""The chip of a MIFARE Classic: memory, authentication per sector, value blocks.

NXP MF1S50YYX_V1 and MF1S70YYX_V1. The radio cipher is left out: a PC/SC host never sees it.
A chip that was shown a wrong key is silent until it is activated anew.
"""

import struct
from enum import StrEnum, unique
from functools import reduce
from operator import xor
from typing import Final, NoReturn

from simulators.cards.classic_access import AccessBits, DataRights, KeySlot, decode

BLOCK_SIZE: Final = 16
KEY_SIZE: Final = 6
TRANSPORT_TRAILER: Final = bytes.fromhex("FFFFFFFFFFFFFF078069FFFFFFFFFFFF")
SMALL_SECTORS: Final = 32
LARGE_SECTORS_FROM_BLOCK: Final = 128
VALUE_RANGE: Final = range(-(2**31), 2**31)


@unique
class Size(StrEnum):
    """The two sizes on sale."""

    K1 = "1k"
    K4 = "4k"


BLOCKS: Final = {Size.K1: 64, Size.K4: 256}


class Refused(Exception):
    """The chip said no, or nothing at all."""


class NoSuchBlock(Refused):
    """The block is beyond the memory."""


def sector_of(block: int) -> int:
    """The sector that holds a block."""
    if block < LARGE_SECTORS_FROM_BLOCK:
        return block // 4
    return SMALL_SECTORS + (block - LARGE_SECTORS_FROM_BLOCK) // 16


def trailer_of(sector: int) -> int:
    """The block number of a sector's trailer."""
    if sector < SMALL_SECTORS:
        return sector * 4 + 3
    return LARGE_SECTORS_FROM_BLOCK + (sector - SMALL_SECTORS) * 16 + 15


def area_of(block: int) -> int:
    """Which of the three data areas of its sector a data block belongs to."""
    if block < LARGE_SECTORS_FROM_BLOCK:
        return block % 4
    return (block % 16) // 5


def pack_value(value: int, address: int) -> bytes:
    """A value block: value, inverted, value, then address and its inverse twice."""
    number = struct.pack("<i", value)
    inverted = bytes(byte ^ 0xFF for byte in number)
    return number + inverted + number + bytes([address, address ^ 0xFF] * 2)


def unpack_value(block: bytes) -> tuple[int, int] | None:
    """Value and address; None when the copies disagree."""
    value, address = struct.unpack("<i", block[:4])[0], block[12]
    return (value, address) if block == pack_value(value, address) else None


class ClassicChip:
    """Memory and state of one chip. Methods raise Refused where the chip answers with a NAK."""

    def __init__(self, uid: bytes, size: Size, sak: int, atqa: bytes) -> None:
        self.blocks = [bytes(BLOCK_SIZE) for _ in range(BLOCKS[size])]
        for sector in range(sector_of(len(self.blocks) - 1) + 1):
            self.blocks[trailer_of(sector)] = TRANSPORT_TRAILER
        self.blocks[0] = _manufacturer_block(uid, sak, atqa)
        self.power_off()

    def power_off(self) -> None:
        """Forget the authentication and the silence."""
        self._sector: int | None = None
        self._key: KeySlot | None = None
        self._silent = False

    def authenticate(self, block: int, slot: KeySlot, key: bytes) -> None:
        """Open the sector of `block`; every other sector is closed by trying."""
        self._sector = self._key = None
        if self._silent:
            raise Refused("silent")
        if block >= len(self.blocks):
            raise NoSuchBlock
        sector = sector_of(block)
        access = self._access(sector)
        if key != self._stored_key(sector, slot) or (slot is KeySlot.B and access.key_b_is_data):
            self._silent = True
            raise Refused("wrong key")
        self._sector, self._key = sector, slot

    def read(self, block: int) -> bytes:
        """Sixteen bytes, with what nobody may read as zeros."""
        sector, key = self._opened(block)
        if block == trailer_of(sector):
            return self._read_trailer(block, key)
        self._demand(key in self._data_rights(block).read)
        return self.blocks[block]

    def write(self, block: int, data: bytes) -> None:
        """Replace the block, or those parts of a trailer that the key may write."""
        sector, key = self._opened(block)
        if block == trailer_of(sector):
            self._write_trailer(block, key, data)
            return
        self._demand(key in self._data_rights(block).write and block != 0)
        self.blocks[block] = data

    def add(self, block: int, amount: int) -> None:
        """Increment a value block in place, or decrement it by a negative amount."""
        _, key = self._opened(block)
        self._demand(block != trailer_of(sector_of(block)))
        rights = self._data_rights(block)
        # The result comes back by a transfer, which is bound to the right to decrement.
        keys = rights.decrement & rights.increment if amount > 0 else rights.decrement
        self._demand(key in keys)
        stored = unpack_value(self.blocks[block])
        if stored is None or stored[0] + amount not in VALUE_RANGE:
            self._deny()
        self.blocks[block] = pack_value(stored[0] + amount, stored[1])

    def value(self, block: int) -> int:
        """The number in a value block."""
        stored = unpack_value(self.read(block))
        if stored is None:
            self._deny()
        return stored[0]

    # Rights.

    def _opened(self, block: int) -> tuple[int, KeySlot]:
        if block >= len(self.blocks):
            raise NoSuchBlock
        if self._key is None or self._sector != sector_of(block):
            self._deny()
        return self._sector, self._key

    def _demand(self, allowed: bool) -> None:
        if not allowed:
            self._deny()

    def _deny(self) -> NoReturn:
        """A NAK ends the authentication (MF1S50YYX_V1, figure 5)."""
        self._sector = self._key = None
        raise Refused("not allowed")

    def _access(self, sector: int) -> AccessBits:
        access = decode(self.blocks[trailer_of(sector)][6:9])
        if access is None:
            self._silent = True
            raise Refused("sector locked by invalid access bits")
        return access

    def _data_rights(self, block: int) -> DataRights:
        return self._access(sector_of(block)).areas[area_of(block)]

    # Trailers.

    def _stored_key(self, sector: int, slot: KeySlot) -> bytes:
        trailer = self.blocks[trailer_of(sector)]
        return trailer[:KEY_SIZE] if slot is KeySlot.A else trailer[-KEY_SIZE:]

    def _read_trailer(self, block: int, key: KeySlot) -> bytes:
        rights = self._access(sector_of(block)).trailer
        stored = self.blocks[block]
        self._demand(key in rights.read_access)
        key_b = stored[10:] if key in rights.read_key_b else bytes(KEY_SIZE)
        return bytes(KEY_SIZE) + stored[6:10] + key_b

    def _write_trailer(self, block: int, key: KeySlot, data: bytes) -> None:
        rights = self._access(sector_of(block)).trailer
        stored = self.blocks[block]
        parts = (
            (rights.write_key_a, slice(0, 6)),
            (rights.write_access, slice(6, 10)),
            (rights.write_key_b, slice(10, 16)),
        )
        self._demand(any(key in keys for keys, _ in parts))
        self.blocks[block] = b"".join(
            (data if key in keys else stored)[place] for keys, place in parts
        )


def _manufacturer_block(uid: bytes, sak: int, atqa: bytes) -> bytes:
    """Block 0: a 4-byte identifier is followed by its check byte (NUID, MF1S50YYX_V1 8.6.1)."""
    check = bytes([reduce(xor, uid)]) if len(uid) == 4 else b""
    return (uid + check + bytes([sak]) + atqa).ljust(BLOCK_SIZE, b"\x00")
