"""GetVersion: what chip it is, before any key is used.

    hardware(7) | software(7) | UID(7) batch(5) week(BCD) year(BCD) [more on newer chips]
    hardware, software: vendor, type, subtype, major, minor, storage, protocol

Generations by hardware type and major number: NXP data sheets, proxmark3 cmdhfmfdes.c.
"""

from dataclasses import dataclass
from typing import Final

from drivers.api.cards import CardKind
from drivers.errors import CardIntegrityError

_SIZE: Final = 28
_NXP: Final = 0x04
_GENERATIONS: Final = {
    (0x01, 0x01): CardKind.DESFIRE_EV1,
    (0x01, 0x12): CardKind.DESFIRE_EV2,
    (0x01, 0x22): CardKind.DESFIRE_EV2,
    (0x81, 0x42): CardKind.DESFIRE_EV2,
    (0x01, 0x33): CardKind.DESFIRE_EV3,
    (0x81, 0x43): CardKind.DESFIRE_EV3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A chip's account of itself. `storage_bytes` is the nominal size, rounded down.

    `kind` is None for everything that is not DESFire EV1, EV2 or EV3. The UID is all zero on a card
    that answers readers with random ones.
    """

    kind: CardKind | None
    hardware: bytes
    software: bytes
    storage_bytes: int
    uid: bytes
    batch: bytes
    week: int
    year: int


def parse_version(answer: bytes) -> Version:
    """Read the joined data of the three frames. Raises CardIntegrityError when it is too short."""
    if len(answer) < _SIZE:
        raise CardIntegrityError(f"a version of {len(answer)} bytes")
    hardware = answer[:7]
    known = hardware[0] == _NXP
    return Version(
        kind=_GENERATIONS.get((hardware[1], hardware[3])) if known else None,
        hardware=hardware,
        software=answer[7:14],
        storage_bytes=1 << (hardware[5] >> 1),
        uid=answer[14:21],
        batch=answer[21:26],
        week=_bcd(answer[26]),
        year=2000 + _bcd(answer[27]),
    )


def _bcd(byte: int) -> int:
    """Number of two decimal digits; digits above nine count on, as no use is made of them."""
    return (byte >> 4) * 10 + (byte & 0x0F)
