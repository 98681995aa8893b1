"""The MIFARE Application Directory, version 1 (NXP AN10787): which sector belongs to whom.

    sector 0, block 1   CRC | info | AID of sector 1 | .. | AID of sector 7      an AID is its
              block 2   AID of sector 8 | .. | AID of sector 15                  application code,
              trailer   key A = A0 A1 A2 A3 A4 A5, user byte = C1                then its cluster

The directory is public: anybody reads it with the public key A, the issuer writes it with key B.
A 4K card may carry a second one in sector 16; ours never uses the sectors that would need it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drivers.errors import FrameError

PUBLIC_KEY: Final = bytes.fromhex("A0A1A2A3A4A5")
USER_BYTE: Final = 0xC1
"""General purpose byte: directory present, more than one application, version 1."""
SIZE: Final = 32
SECTORS: Final = range(1, 16)

FREE: Final = 0x0000
OUR_AID: Final = 0x5459
"""Function cluster 54 (access control and security), code 59: not registered with NXP, and in no
published list (RfidResearchGroup/proxmark3, client/resources/mad.json). An estate whose cards carry
other registered applications should register one."""

_POLYNOMIAL: Final = 0x1D
_PRESET: Final = 0xC7


def crc8(data: bytes) -> int:
    """Checksum of a directory over its info byte and AIDs (x8+x4+x3+x2+1, preset C7)."""
    crc = _PRESET
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ _POLYNOMIAL) & 0xFF if crc & 0x80 else crc << 1
    return crc


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """AIDs by sector, free sectors left out. `publisher` is the issuer's sector, 0 for none."""

    aids: Mapping[int, int]
    publisher: int = 0

    def encode(self) -> bytes:
        """Return blocks 1 and 2 of sector 0.

        Raises:
            ValueError: a sector outside 1 to 15, or an AID that is not two bytes.
        """
        if not set(self.aids) <= set(SECTORS) or self.publisher not in {0, *SECTORS}:
            raise ValueError("the directory lists sectors 1 to 15")
        body = bytes([self.publisher]) + b"".join(
            self.aids.get(sector, FREE).to_bytes(2, "little") for sector in SECTORS
        )
        return bytes([crc8(body)]) + body


def decode(raw: bytes) -> Directory:
    """Read a directory from blocks 1 and 2 of sector 0.

    Raises:
        FrameError: not 32 bytes, or the checksum is wrong.
    """
    if len(raw) != SIZE or crc8(raw[1:]) != raw[0]:
        raise FrameError("these bytes are no MIFARE application directory")
    aids = {
        sector: int.from_bytes(raw[2 * sector : 2 * sector + 2], "little") for sector in SECTORS
    }
    return Directory(
        aids={sector: aid for sector, aid in aids.items() if aid != FREE}, publisher=raw[1] & 0x3F
    )
