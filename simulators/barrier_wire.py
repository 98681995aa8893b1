"""The slave's end of a Modbus RTU line: requests out of bytes, answers into bytes.

Sources: MODBUS Application Protocol V1.1b3 (functions, exceptions), MODBUS over Serial Line V1.02
(frame, CRC). Written by itself; pymodbus is the independent master that judges it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, unique
from typing import Final

FRAME_GAP_S: Final = 0.05
"""A pause in a request after which it is dropped. The standard says 3.5 characters (4 ms at 9600
baud); a pty has no such timing, so this is generous."""

_FIXED: Final = {1: 8, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8}  # whole request, by function
_COUNTED: Final = {15, 16}  # a byte count stands at offset 6
_SHORTEST: Final = 4


@unique
class Refusal(IntEnum):
    """Exception codes."""

    FUNCTION = 1
    ADDRESS = 2
    VALUE = 3


class Refused(Exception):
    """A request the device does not carry out."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.name)
        self.refusal = refusal


def checksum(frame: bytes) -> bytes:
    """CRC-16 of the serial line, low byte first (polynomial A001h reflected, seed FFFFh)."""
    register = 0xFFFF
    for byte in frame:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register.to_bytes(2, "little")


def answer_frame(unit: int, function: int, data: bytes) -> bytes:
    """A whole answer."""
    body = bytes([unit, function]) + data
    return body + checksum(body)


def refusal_frame(unit: int, function: int, refusal: Refusal) -> bytes:
    """A whole exception answer."""
    return answer_frame(unit, function | 0x80, bytes([refusal]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: `data` is what stands between function code and CRC."""

    unit: int
    function: int
    data: bytes


@dataclass(slots=True)
class RequestReader:
    """Collects bytes into requests. A bad CRC or a pause drops what was collected."""

    clock: Callable[[], float]
    _collected: bytes = field(default=b"", init=False)
    _heard_at: float = field(default=0.0, init=False)

    def read(self, data: bytes) -> list[Request]:
        """The requests that `data` completes."""
        now = self.clock()
        if now - self._heard_at > FRAME_GAP_S:
            self._collected = b""
        self._heard_at = now
        self._collected += data
        requests = []
        while (length := self._length()) is not None and len(self._collected) >= length:
            frame, self._collected = self._collected[:length], self._collected[length:]
            if checksum(frame[:-2]) != frame[-2:]:
                self._collected = b""
                break
            requests.append(Request(unit=frame[0], function=frame[1], data=frame[2:-2]))
        return requests

    def _length(self) -> int | None:
        """Length of the request that has begun; None when too little of it is here."""
        held = self._collected
        if len(held) < _SHORTEST:
            return None
        if held[1] in _COUNTED:
            return 9 + held[6] if len(held) > 6 else None
        # What we cannot measure is taken to end with what we have: it will be refused.
        return _FIXED.get(held[1], len(held))
