"""A virtual relay board: eight relays, eight inputs, one unit address on a Modbus RTU line.

| model | own pulse | judged by |
|---|---|---|
| waveshare | function 05 at 0200h + relay, value in 0.1 s | the maker's example frames, pymodbus |
| lc | function 16 at 0003h + 5 x relay: 0004h, time in 0.1 s | seller's example frames, pymodbus |
| r421a08 | function 06 at 1 + relay: 06ssh, seconds | commands of Erriez' tool, pymodbus |

The first two also know 01 (relays), 02 (inputs), 05 with FF00h and 0000h, and 15; the last knows 03
(relays) and the other commands of its 06.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from simulators.barrier_wire import (
    Refusal,
    Refused,
    Request,
    RequestReader,
    answer_frame,
    refusal_frame,
)

RELAYS: Final = 8
INPUTS: Final = 8
BROADCAST: Final = 0


@unique
class Model(StrEnum):
    """Command sets of common boards."""

    WAVESHARE = "waveshare"
    LC = "lc"
    R421A08 = "r421a08"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A relay that closed: when, which (from 0), and for how long (None: until told)."""

    at_s: float
    relay: int
    for_s: float | None


class VirtualRelayBoard:
    """Eight relays and eight inputs behind one unit address; a `StreamDevice`."""

    def __init__(
        self,
        *,
        model: Model = Model.WAVESHARE,
        unit: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.model = model
        self.unit = unit
        self.inputs = [False] * INPUTS
        self.openings: list[Opening] = []
        self._clock = clock
        self._reader = RequestReader(clock=clock)
        self._closed_until: list[float] = [0.0] * RELAYS
        self._lock = threading.RLock()

    @property
    def relays(self) -> tuple[bool, ...]:
        """Which relays are closed now."""
        now = self._clock()
        return tuple(until > now for until in self._closed_until)

    def receive(self, data: bytes) -> bytes:
        """Carry out and answer the requests in `data`; others' and broken ones are ignored."""
        with self._lock:
            return b"".join(self._serve(request) for request in self._reader.read(data))

    def _serve(self, request: Request) -> bytes:
        if request.unit not in {self.unit, BROADCAST}:
            return b""
        try:
            answer = answer_frame(self.unit, request.function, self._execute(request))
        except Refused as refused:
            answer = refusal_frame(self.unit, request.function, refused.refusal)
        return b"" if request.unit == BROADCAST else answer

    def _execute(self, request: Request) -> bytes:
        address, value = (int.from_bytes(request.data[n : n + 2], "big") for n in (0, 2))
        match request.function, self.model:
            case 1, Model.WAVESHARE | Model.LC:
                return _bits(self.relays, address, value)
            case 3, Model.R421A08:
                return _registers(self.relays, address - 1, value)
            case 2, Model.WAVESHARE | Model.LC:
                return _bits(self.inputs, address, value)
            case 5, Model.WAVESHARE if address >> 8 == 0x02:
                self._close(address & 0xFF, _at_most(value, 0x7FFF) / 10)
            case 5, Model.WAVESHARE | Model.LC:
                self._set(address, value)
            case 6, Model.R421A08:
                self._command(address - 1, value >> 8, value & 0xFF)
            case 15, Model.WAVESHARE | Model.LC:
                self._set_all(request.data[5:])
                return request.data[:4]
            case 16, Model.LC:
                self._flash(address, request.data[5:])
                return request.data[:4]
            case _:
                raise Refused(Refusal.FUNCTION)
        return request.data

    def _close(self, relay: int, for_s: float | None) -> None:
        if not 0 <= relay < RELAYS:
            raise Refused(Refusal.ADDRESS)
        now = self._clock()
        self._closed_until[relay] = float("inf") if for_s is None else now + for_s
        self.openings.append(Opening(at_s=now, relay=relay, for_s=for_s))

    def _release(self, relay: int) -> None:
        if not 0 <= relay < RELAYS:
            raise Refused(Refusal.ADDRESS)
        self._closed_until[relay] = 0.0

    def _set(self, relay: int, value: int) -> None:
        match value:
            case 0xFF00:
                self._close(relay, None)
            case 0x0000:
                self._release(relay)
            case _:
                raise Refused(Refusal.VALUE)

    def _set_all(self, bits: bytes) -> None:
        if not bits:
            raise Refused(Refusal.VALUE)
        for relay in range(RELAYS):
            self._set(relay, 0xFF00 if bits[0] >> relay & 1 else 0)

    def _flash(self, address: int, values: bytes) -> None:
        relay, odd = divmod(address - 3, 5)
        if odd or len(values) != 4:
            raise Refused(Refusal.ADDRESS)
        if int.from_bytes(values[:2], "big") != 4:
            raise Refused(Refusal.VALUE)
        self._close(relay, int.from_bytes(values[2:], "big") / 10)

    def _command(self, relay: int, command: int, delay_s: int) -> None:
        match command:
            case 1:
                self._close(relay, None)
            case 2:
                self._release(relay)
            case 5:
                self._close(relay, 1.0)
            case 6:
                self._close(relay, float(delay_s))
            case _:
                raise Refused(Refusal.VALUE)


def _bits(states: Sequence[bool], address: int, count: int) -> bytes:
    if not 1 <= count <= 2000:
        raise Refused(Refusal.VALUE)
    if address + count > len(states):
        raise Refused(Refusal.ADDRESS)
    number = sum(1 << n for n, on in enumerate(states[address : address + count]) if on)
    packed = number.to_bytes((count + 7) // 8, "little")
    return bytes([len(packed)]) + packed


def _registers(states: Sequence[bool], first: int, count: int) -> bytes:
    if count < 1 or first < 0 or first + count > len(states):
        raise Refused(Refusal.ADDRESS)
    return bytes([2 * count]) + b"".join(
        int(on).to_bytes(2, "big") for on in states[first : first + count]
    )


def _at_most(value: int, limit: int) -> int:
    if value > limit:
        raise Refused(Refusal.VALUE)
    return value
