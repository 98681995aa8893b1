"""Frames of Onbon's font-card protocol (仰邦 BX-5K, 5MK, 6K "字库卡" cards).

::

    A5 x 8 | escaped( header 14 | data n | CRC-16 2 ) | 5A
    header: to (2) from (2) 0 (6) device type, protocol version, n (2)     lowest byte first
    data of a command: group, command, 1 (answer, please), 0, 0, ..
    data of an answer: group, command, error, 0, 0, ..

Escapes: A5 is A6 02, A6 is A6 01, 5A is 5B 02, 5B is 5B 01. The CRC has polynomial A001h
(reflected) and begins with 0; it covers header and data, before escaping.

Source: Onbon, "BX-5K/6K 通讯协议用户版本" 1.4, doc.onbonbx.com/zh/k/potocol; frames with their CRC
are printed there and on deanled.cn (the tests hold them).
"""

from dataclasses import dataclass
from typing import Final

START: Final = b"\xa5" * 8
END: Final = 0x5A
ANY_DEVICE: Final = 0xFE
HOST: Final = 0x8000
HEADER: Final = 14
LONGEST: Final = 1024
"""What a card's buffer holds (bytes of a frame)."""
_VERSION: Final = 2
_ESCAPED: Final = {0xA5: b"\xa6\x02", 0xA6: b"\xa6\x01", 0x5A: b"\x5b\x02", 0x5B: b"\x5b\x01"}
_MEANT: Final = {pair: byte for byte, pair in _ESCAPED.items()}
_ESCAPES: Final = {0xA6, 0x5B}
_SHORTEST_ANSWER: Final = 5


class FrameInvalid(ValueError):
    """Bytes that are no frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a card says: the group and number of its command, and an error (0: none)."""

    group: int
    command: int
    error: int


def checksum(data: bytes) -> bytes:
    """CRC-16 with polynomial A001h reflected, beginning with 0; lowest byte first."""
    register = 0
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register.to_bytes(2, "little")


def escape(data: bytes) -> bytes:
    """Bytes as they go over the line."""
    return b"".join(_ESCAPED.get(byte, bytes([byte])) for byte in data)


def unescape(data: bytes) -> bytes:
    """The bytes that were meant. Raises FrameInvalid."""
    meant = bytearray()
    place = 0
    while place < len(data):
        byte = data[place]
        if byte in _ESCAPES:
            pair = data[place : place + 2]
            if pair not in _MEANT:
                raise FrameInvalid("an escape without its second byte")
            byte, place = _MEANT[pair], place + 1
        meant.append(byte)
        place += 1
    return bytes(meant)


def frame(data: bytes, *, screen: int) -> bytes:
    """A command's frame to one screen (1 to FFFDh)."""
    header = screen.to_bytes(2, "little") + HOST.to_bytes(2, "little") + bytes(6)
    header += bytes([ANY_DEVICE, _VERSION]) + len(data).to_bytes(2, "little")
    return START + escape(header + data + checksum(header + data)) + bytes([END])


def read_answer(held: bytes) -> Answer | None:
    """The answer in what came in; None when its end is still to come. Raises FrameInvalid.

    Bytes before the first A5 are noise of the line's turning.
    """
    start = held.find(START[:1])
    if start < 0 or END not in held[start:]:
        if len(held) > LONGEST:
            raise FrameInvalid("an answer without an end")
        return None
    body = unescape(held[start : held.index(END, start)].lstrip(START[:1]))
    if len(body) < HEADER + _SHORTEST_ANSWER + 2 or checksum(body[:-2]) != body[-2:]:
        raise FrameInvalid("an answer that is too short, or with a wrong CRC")
    data = body[HEADER:-2]
    if int.from_bytes(body[HEADER - 2 : HEADER], "little") != len(data):
        raise FrameInvalid("an answer of another length than it says")
    return Answer(group=data[0], command=data[1], error=data[2])
