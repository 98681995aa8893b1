"""Frames of the Smiley Secure Protocol, bytes in and frames out (ITL GA138, "Transport Layer").

::

    7F   SEQ|ADDRESS  LENGTH   DATA ...   CRC low  CRC high
    STX  bit 7 | 0-6  of DATA  1 to 255   over SEQ|ADDRESS to DATA, poly 8005, seed FFFF

Every 7F after the first is sent twice, the CRC's own included; a lone 7F inside a frame means that
a new frame begins there. The answer carries the address and the sequence bit of its command.
"""

from dataclasses import dataclass, field
from typing import Final

from drivers.errors import FrameError

STX: Final = 0x7F
HIGHEST_ADDRESS: Final = 0x7D
LONGEST_DATA: Final = 0xFF

_HEAD: Final = 2  # address and length
_TAIL: Final = 2  # CRC

_POLYNOMIAL: Final = 0x8005
_SEED: Final = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One packet: `sequence` is 0 or 1, `data` 1 to 255 bytes."""

    address: int
    sequence: int
    data: bytes


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ _POLYNOMIAL if crc & 0x8000 else crc << 1) & 0xFFFF
        table.append(crc)
    return tuple(table)


_CRC_TABLE: Final = _crc_table()


def crc16(data: bytes) -> int:
    """Forward CRC-16 with polynomial 8005h and seed FFFFh, most significant bit first."""
    crc = _SEED
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _CRC_TABLE[crc >> 8 ^ byte]
    return crc


def encode(frame: Frame) -> bytes:
    """The frame as it goes over the line. Raises FrameError when no frame can hold it."""
    if not 0 <= frame.address <= HIGHEST_ADDRESS or frame.sequence not in {0, 1}:
        raise FrameError(f"no SSP frame has address {frame.address}, sequence {frame.sequence}")
    if not 1 <= len(frame.data) <= LONGEST_DATA:
        raise FrameError(f"an SSP frame holds 1 to 255 bytes, not {len(frame.data)}")
    body = bytes([frame.sequence << 7 | frame.address, len(frame.data)]) + frame.data
    body += crc16(body).to_bytes(2, "little")
    return bytes([STX]) + body.replace(b"\x7f", b"\x7f\x7f")


@dataclass(slots=True)
class Decoder:
    """Takes the line's bytes in any portions and gives the whole frames among them.

    Noise between frames is skipped. A frame that is broken off, empty or has a wrong CRC is
    dropped and counted in `damaged`.
    """

    damaged: int = 0
    _body: bytearray | None = field(default=None, init=False)
    _after_stx: bool = field(default=False, init=False)

    def feed(self, portion: bytes) -> list[Frame]:
        """The frames that `portion` completes, oldest first."""
        return [frame for byte in portion if (frame := self._take(byte)) is not None]

    def _take(self, byte: int) -> Frame | None:
        if byte == STX and not self._after_stx:
            self._after_stx = True
            return None
        if self._after_stx:
            if byte == STX and self._body is None:
                return None
            self._after_stx = False
            if byte != STX:
                self._begin()
        if self._body is None:
            return None
        self._body.append(byte)
        if len(self._body) < _HEAD or len(self._body) < _HEAD + self._body[1] + _TAIL:
            return None
        whole, self._body = bytes(self._body), None
        return self._check(whole)

    def _begin(self) -> None:
        if self._body is not None:
            self.damaged += 1
        self._body = bytearray()

    def _check(self, whole: bytes) -> Frame | None:
        if whole[1] == 0 or crc16(whole[:-2]) != int.from_bytes(whole[-2:], "little"):
            self.damaged += 1
            return None
        return Frame(address=whole[0] & 0x7F, sequence=whole[0] >> 7, data=whole[2:-2])
