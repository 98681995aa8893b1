"""The acceptor's end of an ID-003 line: messages out of bytes and bytes out of messages.

Written apart from the driver's codec on purpose: the CRC here is the one of Python's binascii
(poly 1021h, most significant bit first), fed and read in a mirror, which is what Kermit's is.
"""

from binascii import crc_hqx
from dataclasses import dataclass, field
from typing import Final

_MIRROR: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def checksum(body: bytes) -> bytes:
    """CRC low byte, CRC high byte over everything from FC on."""
    seen_in_a_mirror = crc_hqx(body.translate(_MIRROR), 0)
    return bytes([_MIRROR[seen_in_a_mirror >> 8], _MIRROR[seen_in_a_mirror & 0xFF]])


def message(code: int, data: bytes = b"") -> bytes:
    """A whole message."""
    body = bytes([0xFC, len(data) + 5, code]) + data
    return body + checksum(body)


@dataclass(slots=True)
class MessageReader:
    """Collects bytes into messages: pairs of the code and the data.

    Bytes that cannot begin a message are passed over one at a time, and so is a message whose CRC
    is wrong. What a host left half said is forgotten when it begins anew (`forget`).
    """

    _bytes: bytes = field(default=b"", init=False)

    def read(self, data: bytes) -> list[tuple[int, bytes]]:
        """The messages that `data` completes."""
        self._bytes += data
        messages, at = [], 0
        while at + 5 <= len(self._bytes):
            length = self._bytes[at + 1]
            if self._bytes[at] != 0xFC or length < 5:
                at += 1
                continue
            whole = self._bytes[at : at + length]
            if len(whole) < length:
                break
            if checksum(whole[:-2]) == whole[-2:]:
                messages.append((whole[2], whole[3:-2]))
                at += length
            else:
                at += 1
        self._bytes = self._bytes[at:]
        return messages

    def forget(self) -> None:
        """Drop what was collected: the line was silent for longer than a message has pauses."""
        self._bytes = b""
