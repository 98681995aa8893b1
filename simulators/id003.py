"""A virtual banknote acceptor that speaks JCM's ID-003 over any byte line (ID03-001E rev. 05).

Judged by the published messages and by a second CRC (tests), and by an independent host, the
Python program Kopachris/py-id003 @ 6e521cb, over a pty.

It is as cruel as a real one: a credit stands until it is acknowledged and is forgotten with the
power; nothing counts the notes; switched on, it takes whatever comes; a host that is not there
when a note is given back hears nothing of it; and before RESET, or over a credit, it answers to
nothing else.

    acceptor = VirtualId003()
    port = PtyPort(acceptor)          # the driver opens port.path
    acceptor.insert_note(10 * YUAN)
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from simulators.acceptor import NOTES_FEN, YUAN
from simulators.acceptor_hands import AcceptorHands
from simulators.acceptor_path import PowerLost, Timing
from simulators.id003_path import Id003Path
from simulators.id003_wire import MessageReader, message

CHINA: Final = 0x2D
_FIRST_CODE: Final = 0x61

_STATUS, _RESET, _ACK, _INVALID = 0x11, 0x40, 0x50, 0x4B
_DENOMINATIONS, _INHIBIT, _VERSION, _TABLE = 0xC0, 0xC3, 0x88, 0x8A
_PAUSE_S: Final = 0.05  # longer than any inside of a message
_ECHOED: Final = {0xC1: 2, 0xC2: 1, 0xC4: 1, 0xC5: 2, 0xC6: 2, 0xC7: 1}
"""Settings without a meaning here, with the length of their data."""


class VirtualId003(AcceptorHands):
    """A `simulators.stream.StreamDevice`. Notes have the escrow codes 61h, 62h ... in their order.

    `settings_at_rest_only`: settings are refused while a note is on its way.
    """

    def __init__(
        self,
        *,
        notes_fen: Sequence[int] = NOTES_FEN,
        country: int = CHINA,
        version: str = "U(CHN)-05-SS ID003-05 V100-01 01JAN20 8C2F",
        settings_at_rest_only: bool = False,
        capacity: int = 600,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine = Id003Path(
            timing=timing or Timing(), clock=clock, capacity=capacity, places=len(notes_fen)
        )
        super().__init__(self._machine, notes_fen)
        self._country = country
        self._version = version.encode("ascii")
        self._settings_at_rest_only = settings_at_rest_only
        self._reader = MessageReader()
        self._clock = clock
        self._heard_at = 0.0
        self._questions: dict[int, Callable[[], bytes]] = {
            _STATUS: self._status,
            _VERSION: lambda: message(_VERSION, self._version),
            _TABLE: lambda: message(_TABLE, self._table()),
        }
        self._always = frozenset({_STATUS, _VERSION, _RESET})
        self._operations: dict[int, Callable[[], bool]] = {
            _RESET: self._reset,
            0x41: self._machine.stack,
            0x42: self._machine.stack,
            0x43: self._machine.return_note,
            0x44: self._machine.hold,
            0x45: self._machine.hold,
        }

    # --- the line --------------------------------------------------------------------------------

    def receive(self, data: bytes) -> bytes:
        """Answer what the host sent; nothing comes from a machine without power."""
        with self._lock:
            if not self._machine.powered:
                return b""
            if self._clock() - self._heard_at > _PAUSE_S:
                self._reader.forget()
            self._heard_at = self._clock()
            answers = b""
            try:
                for code, parameters in self._reader.read(data):
                    answers += self._answer(code, parameters)
            except PowerLost:
                return b""
            return answers

    def _answer(self, code: int, parameters: bytes) -> bytes:
        self._machine.advance()
        answer = self._execute(code, parameters)
        self._count_command()
        return answer

    def _execute(self, code: int, parameters: bytes) -> bytes:
        if code == _ACK:
            self._machine.acknowledge()
            return b""
        if code not in self._always and (self._machine.asleep or self._machine.vend_valid):
            return b""
        if code in self._questions and not parameters:
            return self._questions[code]()
        if code in self._operations and not parameters:
            return message(_ACK if self._operations[code]() else _INVALID)
        if self._set(code, parameters):
            return message(code, parameters)
        return message(_INVALID)

    def _status(self) -> bytes:
        status = self._machine.status()
        return message(status[0], status[1:])

    def _set(self, code: int, parameters: bytes) -> bool:
        if self._settings_at_rest_only and not self._machine.at_rest:
            return False
        if code == _INHIBIT and len(parameters) == 1:
            self._machine.switch(enabled=not parameters[0] & 1)
        elif code == _DENOMINATIONS and len(parameters) == 2:
            refused = int.from_bytes(parameters, "little")
            places = range(1, len(self._notes_fen) + 1)
            self._machine.open_only(
                frozenset(n for n in places if not refused >> (n - 1) & 1), tell=False
            )
        else:
            return _ECHOED.get(code) == len(parameters)
        return True

    def _table(self) -> bytes:
        rows = b""
        for place, value in enumerate(self._notes_fen):
            zeros, units = 0, value // YUAN
            while units > 0xFF or (units and units % 10 == 0):
                zeros, units = zeros + 1, units // 10
            rows += bytes([_FIRST_CODE + place, self._country, units, zeros])
        return rows

    def _reset(self) -> bool:
        self._machine.reset()
        return True

    def _forget_dialogue(self) -> None:
        self._reader.forget()
