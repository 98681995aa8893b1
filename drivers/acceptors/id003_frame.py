"""Frames of JCM's ID-003 protocol, bytes in and frames out (ID03-001E, section 3).

::

    FC    LENGTH        CODE   DATA ...       CRC low  CRC high
    SYNC  of all, 5 on         0 to 250 bytes over SYNC to DATA: Kermit (8408 reflected, seed 0)

Nothing is stuffed: FC may stand anywhere in a frame. So a frame whose CRC is wrong gives up its
first byte only, and the search for the next SYNC goes on inside of it. The two-byte lengths of
recyclers (length 0 and F0h extensions) are not spoken.
"""

from dataclasses import dataclass, field
from typing import Final

from drivers.errors import FrameError

SYNC: Final = 0xFC
SHORTEST: Final = 5
LONGEST_DATA: Final = 0xFF - SHORTEST

_HEAD: Final = 2  # SYNC and length

_POLYNOMIAL: Final = 0x8408


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: `code` is a command or a status, `data` 0 to 250 bytes."""

    code: int
    data: bytes = b""


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ _POLYNOMIAL if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC_TABLE: Final = _crc_table()


def crc16(data: bytes) -> int:
    """CRC-16 Kermit: polynomial 1021h, bits reflected, seed 0."""
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def encode(frame: Frame) -> bytes:
    """The frame as it goes over the line. Raises FrameError when no frame can hold it."""
    if frame.code not in range(0x100):
        raise FrameError(f"no ID-003 frame has code {frame.code}")
    if len(frame.data) > LONGEST_DATA:
        raise FrameError(f"an ID-003 frame holds {LONGEST_DATA} bytes, not {len(frame.data)}")
    body = bytes([SYNC, SHORTEST + len(frame.data), frame.code]) + frame.data
    return body + crc16(body).to_bytes(2, "little")


@dataclass(slots=True)
class Decoder:
    """Takes the line's bytes in any portions and gives the whole frames among them.

    Noise between frames is skipped. What looked like a frame and is none is counted in `damaged`.
    """

    damaged: int = 0
    _kept: bytearray = field(default_factory=bytearray, init=False)

    def feed(self, portion: bytes) -> list[Frame]:
        """The frames that `portion` completes, oldest first."""
        self._kept += portion
        frames = []
        while (found := self._next()) is not None:
            frames.append(found)
        return frames

    def settle(self) -> list[Frame]:
        """The frames behind one that broke off; to be asked for when the line has fallen silent."""
        frames = []
        while self._kept:
            self._drop()
            frames += self.feed(b"")
        return frames

    def _next(self) -> Frame | None:
        while True:
            start = self._kept.find(SYNC)
            del self._kept[: start if start >= 0 else len(self._kept)]
            if len(self._kept) < _HEAD:
                return None
            length = self._kept[1]
            if length < SHORTEST:
                self._drop()
                continue
            if len(self._kept) < length:
                return None
            whole = bytes(self._kept[:length])
            if crc16(whole[:-2]) != int.from_bytes(whole[-2:], "little"):
                self._drop()
                continue
            del self._kept[:length]
            return Frame(whole[2], whole[3:-2])

    def _drop(self) -> None:
        self.damaged += 1
        del self._kept[0]
