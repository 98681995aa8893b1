"""Access bits and sector trailers of MIFARE Classic (NXP MF1S50yyX/V1, clauses 8.6.3 and 8.7).

    trailer   key A (6) | byte 6 | byte 7 | byte 8 | user byte (1) | key B (6)

    bit          7   6   5   4      3   2   1   0
    byte 6     /C2 of trailer..0  /C1 of trailer..0       / means inverted; the inverse copies are
    byte 7      C1 of trailer..0  /C3 of trailer..0       how the card detects a damaged trailer,
    byte 8      C3 of trailer..0   C2 of trailer..0       and it then blocks the sector for ever

Each of the four groups of a sector (three data groups, then the trailer) has a condition C1 C2 C3,
here one number 0 to 7 with C1 as its highest bit. In a sector of four blocks a group is a block.

A trailer that could never be changed again is refused by default: one typing mistake would lock the
sector of every card issued that day (pokusew/nfc-pcsc#119, ikarus23/MifareClassicTool#162).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Flag, IntEnum, unique
from typing import ClassVar, Final

from drivers.errors import CardError

KEY_SIZE: Final = 6
BLOCK_SIZE: Final = 16
FACTORY_KEY: Final = b"\xff" * KEY_SIZE
FACTORY_ACCESS: Final = bytes.fromhex("FF0780")
FACTORY_USER_BYTE: Final = 0x69
LOCKED_ACCESS: Final = bytes.fromhex("787788")
"""Data blocks: key A and B read, key B writes. Trailer: key B writes keys and access bits."""


class TrailerRefused(CardError):
    """A sector trailer that would block its sector now, or could never be changed again."""

    code: ClassVar[str] = "trailer-refused"


@unique
class KeyType(IntEnum):
    """The two keys of a sector, by their code in an authentication command."""

    A = 0x60
    B = 0x61


class Keys(Flag):
    """Which key may do something."""

    NONE = 0
    A = 1
    B = 2
    AB = 3


@dataclass(frozen=True, slots=True)
class DataRights:
    """What the keys may do with a data block; `decrement` includes transfer and restore."""

    read: Keys
    write: Keys
    increment: Keys
    decrement: Keys


@dataclass(frozen=True, slots=True)
class TrailerRights:
    """What the keys may do with a trailer. Key A can never be read."""

    key_a_write: Keys
    access_read: Keys
    access_write: Keys
    key_b_read: Keys
    key_b_write: Keys

    @property
    def key_b_is_data(self) -> bool:
        """True where key B can be read: it then holds data and opens nothing."""
        return self.key_b_read is not Keys.NONE

    @property
    def changeable(self) -> bool:
        """True when keys and access bits can all be written again later."""
        return Keys.NONE not in {self.key_a_write, self.access_write, self.key_b_write}


_O, _A, _B, _AB = Keys.NONE, Keys.A, Keys.B, Keys.AB

DATA_RIGHTS: Final = (
    DataRights(_AB, _AB, _AB, _AB),  # 000, factory
    DataRights(_AB, _O, _O, _AB),  # 001
    DataRights(_AB, _O, _O, _O),  # 010
    DataRights(_B, _B, _O, _O),  # 011
    DataRights(_AB, _B, _O, _O),  # 100
    DataRights(_B, _O, _O, _O),  # 101
    DataRights(_AB, _B, _B, _AB),  # 110
    DataRights(_O, _O, _O, _O),  # 111
)
TRAILER_RIGHTS: Final = (
    TrailerRights(_A, _A, _O, _A, _A),  # 000
    TrailerRights(_A, _A, _A, _A, _A),  # 001, factory
    TrailerRights(_O, _A, _O, _A, _O),  # 010
    TrailerRights(_B, _AB, _B, _O, _B),  # 011
    TrailerRights(_B, _AB, _O, _O, _B),  # 100
    TrailerRights(_O, _AB, _B, _O, _O),  # 101
    TrailerRights(_O, _AB, _O, _O, _O),  # 110
    TrailerRights(_O, _AB, _O, _O, _O),  # 111
)


def encode_access(conditions: Sequence[int]) -> bytes:
    """Bytes 6 to 8 of a trailer for four conditions (three data groups, then the trailer).

    Raises:
        ValueError: not four conditions of 0 to 7.
    """
    if len(conditions) != 4 or not all(0 <= condition <= 7 for condition in conditions):  # noqa: PLR2004
        raise ValueError(f"{list(conditions)} are not four access conditions of 0 to 7")
    c1, c2, c3 = (_nibble(conditions, bit) for bit in (2, 1, 0))
    return bytes([(~c2 & 15) << 4 | (~c1 & 15), c1 << 4 | (~c3 & 15), c3 << 4 | c2])


def _nibble(conditions: Sequence[int], bit: int) -> int:
    return sum((condition >> bit & 1) << group for group, condition in enumerate(conditions))


def decode_access(access: bytes) -> tuple[int, int, int, int]:
    """Return the four conditions held by bytes 6 to 8 of a trailer.

    Raises:
        TrailerRefused: not three bytes, or an inverse copy does not match its bits.
    """
    if len(access) != 3:  # noqa: PLR2004 - bytes 6, 7 and 8
        raise TrailerRefused(f"{len(access)} bytes are not access bits")
    c1, c2, c3 = access[1] >> 4, access[2] & 15, access[2] >> 4
    if (access[0] >> 4, access[0] & 15, access[1] & 15) != (c2 ^ 15, c1 ^ 15, c3 ^ 15):
        raise TrailerRefused(f"access bits {access.hex()} contradict their inverse copies")
    first, second, third, trailer = (
        (c1 >> group & 1) << 2 | (c2 >> group & 1) << 1 | (c3 >> group & 1) for group in range(4)
    )
    return first, second, third, trailer


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailer:
    """The last block of a sector. Keys never appear in `repr`."""

    key_a: bytes = field(repr=False)
    access: bytes
    user_byte: int = FACTORY_USER_BYTE
    key_b: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Return the 16 bytes to write.

        Raises:
            TrailerRefused: the access bits contradict themselves, or nobody could ever change
                keys and access bits again.
            ValueError: a key is not 6 bytes long or the user byte is not a byte.
        """
        trailer_condition = decode_access(self.access)[3]
        if not TRAILER_RIGHTS[trailer_condition].changeable:
            raise TrailerRefused(f"access bits {self.access.hex()} could never be changed again")
        if len(self.key_a) != KEY_SIZE or len(self.key_b) != KEY_SIZE:
            raise ValueError("a MIFARE Classic key is 6 bytes long")
        return self.key_a + self.access + bytes([self.user_byte]) + self.key_b


FACTORY_TRAILER: Final = Trailer(key_a=FACTORY_KEY, access=FACTORY_ACCESS, key_b=FACTORY_KEY)
