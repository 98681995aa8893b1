"""The slave's end of an SSP line: packets out of bytes and bytes out of packets (ITL GA138).

Written apart from the driver's codec on purpose, from the manual and its examples, so that a
mistake in one is not hidden by the same mistake in the other.
"""

from dataclasses import dataclass, field
from functools import lru_cache


@lru_cache(maxsize=4096)
def checksum(body: bytes) -> bytes:
    """CRC low byte, CRC high byte, worked out bit by bit as the manual describes it."""
    register = 0xFFFF
    for byte in body:
        for place in range(7, -1, -1):
            feedback = (register >> 15) ^ (byte >> place & 1)
            register = (register << 1 ^ (0x8005 if feedback else 0)) & 0xFFFF
    return bytes([register & 0xFF, register >> 8])


def packet(sequence_and_address: int, data: bytes) -> bytes:
    """A whole packet, stuffed."""
    body = bytes([sequence_and_address, len(data)]) + data
    sent = bytearray(b"\x7f")
    for byte in body + checksum(body):
        sent.append(byte)
        if byte == 0x7F:
            sent.append(byte)
    return bytes(sent)


@dataclass(slots=True)
class PacketReader:
    """Collects bytes into packets: pairs of the sequence-and-address byte and the data.

    As the manual asks of a slave, a lone 7F drops what was collected and a bad CRC is ignored.
    """

    _open: bool = field(default=False, init=False)
    _marked: bool = field(default=False, init=False)
    _collected: list[int] = field(default_factory=list, init=False)

    def read(self, data: bytes) -> list[tuple[int, bytes]]:
        """The packets that `data` completes."""
        packets = []
        for byte in data:
            self._collect(byte)
            if self._open and len(self._collected) >= 2:
                wanted = self._collected[1] + 4
                if len(self._collected) == wanted:
                    whole = bytes(self._collected)
                    self._open = False
                    if checksum(whole[:-2]) == whole[-2:]:
                        packets.append((whole[0], whole[2:-2]))
        return packets

    def _collect(self, byte: int) -> None:
        if self._marked:
            self._marked = False
            if byte == 0x7F and self._open:
                self._collected.append(0x7F)
                return
            self._open = byte != 0x7F
            self._marked = byte == 0x7F
            self._collected = [] if self._marked else [byte]
        elif byte == 0x7F:
            self._marked = True
        elif self._open:
            self._collected.append(byte)
