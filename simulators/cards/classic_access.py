"""Access bits of MIFARE Classic: which key may do what with a block.

NXP MF1S50YYX_V1, tables 6 to 8; the rows were compared with two independent decoders (libfreefare
and proxmark3). Bytes 6 to 8 of a sector trailer hold three bits C1 C2 C3 for each of four areas,
every bit also inverted:

    byte 6   not C2 of areas 3 to 0 | not C1 of areas 3 to 0
    byte 7       C1 of areas 3 to 0 | not C3 of areas 3 to 0
    byte 8       C3 of areas 3 to 0 |     C2 of areas 3 to 0
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

TRAILER_AREA: Final = 3


@unique
class KeySlot(StrEnum):
    """The two keys of a sector."""

    A = "A"
    B = "B"


_NEVER: Final[frozenset[KeySlot]] = frozenset()
_A: Final = frozenset({KeySlot.A})
_B: Final = frozenset({KeySlot.B})
_BOTH: Final = _A | _B


@dataclass(frozen=True, slots=True)
class DataRights:
    """Keys that may read, write, increment, and decrement (with transfer and restore)."""

    read: frozenset[KeySlot]
    write: frozenset[KeySlot]
    increment: frozenset[KeySlot]
    decrement: frozenset[KeySlot]


@dataclass(frozen=True, slots=True)
class TrailerRights:
    """Keys that may touch the parts of a sector trailer. Nobody may read key A."""

    write_key_a: frozenset[KeySlot]
    read_access: frozenset[KeySlot]
    write_access: frozenset[KeySlot]
    read_key_b: frozenset[KeySlot]
    write_key_b: frozenset[KeySlot]


DATA_RIGHTS: Final = {
    (0, 0, 0): DataRights(_BOTH, _BOTH, _BOTH, _BOTH),
    (0, 1, 0): DataRights(_BOTH, _NEVER, _NEVER, _NEVER),
    (1, 0, 0): DataRights(_BOTH, _B, _NEVER, _NEVER),
    (1, 1, 0): DataRights(_BOTH, _B, _B, _BOTH),
    (0, 0, 1): DataRights(_BOTH, _NEVER, _NEVER, _BOTH),
    (0, 1, 1): DataRights(_B, _B, _NEVER, _NEVER),
    (1, 0, 1): DataRights(_B, _NEVER, _NEVER, _NEVER),
    (1, 1, 1): DataRights(_NEVER, _NEVER, _NEVER, _NEVER),
}
TRAILER_RIGHTS: Final = {
    (0, 0, 0): TrailerRights(_A, _A, _NEVER, _A, _A),
    (0, 1, 0): TrailerRights(_NEVER, _A, _NEVER, _A, _NEVER),
    (1, 0, 0): TrailerRights(_B, _BOTH, _NEVER, _NEVER, _B),
    (1, 1, 0): TrailerRights(_NEVER, _BOTH, _NEVER, _NEVER, _NEVER),
    (0, 0, 1): TrailerRights(_A, _A, _A, _A, _A),
    (0, 1, 1): TrailerRights(_B, _BOTH, _B, _NEVER, _B),
    (1, 0, 1): TrailerRights(_NEVER, _BOTH, _B, _NEVER, _NEVER),
    (1, 1, 1): TrailerRights(_NEVER, _BOTH, _NEVER, _NEVER, _NEVER),
}


@dataclass(frozen=True, slots=True)
class AccessBits:
    """The rights of a sector. `areas` are the three data areas (one block, or five on large)."""

    areas: tuple[DataRights, DataRights, DataRights]
    trailer: TrailerRights

    @property
    def key_b_is_data(self) -> bool:
        """A key B that can be read is no key: it opens nothing."""
        return bool(self.trailer.read_key_b)


def decode(access: bytes) -> AccessBits | None:
    """Rights from bytes 6 to 8 of a trailer; None when a bit and its inverse agree."""
    inverted_c2, inverted_c1 = divmod(access[0], 16)
    c1, inverted_c3 = divmod(access[1], 16)
    c3, c2 = divmod(access[2], 16)
    if (c1 ^ inverted_c1, c2 ^ inverted_c2, c3 ^ inverted_c3) != (15, 15, 15):
        return None
    rows = [((c1 >> area) & 1, (c2 >> area) & 1, (c3 >> area) & 1) for area in range(4)]
    return AccessBits(
        (DATA_RIGHTS[rows[0]], DATA_RIGHTS[rows[1]], DATA_RIGHTS[rows[2]]),
        TRAILER_RIGHTS[rows[TRAILER_AREA]],
    )
