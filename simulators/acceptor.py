"""A virtual banknote acceptor that speaks ITL's SSP over any byte line (GA138).

Judged by the manual's packets (tests) and by an independent host, the npm package
encrypted-smiley-secure-protocol 0.0.11, over a pty.

It is as cruel as a real one: the POLL after the report of a note accepts it; a credit is reported
in one answer only; a power cut forgets what was not fetched, and then only the counters tell.

    acceptor = VirtualAcceptor()
    port = PtyPort(acceptor)          # the driver opens port.path
    acceptor.insert_note(10 * YUAN)
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

from simulators.acceptor_hands import AcceptorHands
from simulators.acceptor_path import NotePath, PowerLost, RejectReason, Stage, Timing
from simulators.acceptor_wire import PacketReader, packet

YUAN: Final = 100
"""Fen in a yuan: acceptors name their notes in yuan."""

NOTES_FEN: Final = (1 * YUAN, 5 * YUAN, 10 * YUAN, 20 * YUAN, 50 * YUAN, 100 * YUAN)

_OK, _UNKNOWN, _WRONG_COUNT, _OUT_OF_RANGE, _CANNOT, _FAIL = 0xF0, 0xF2, 0xF3, 0xF4, 0xF5, 0xF8
_SYNC: Final = 0x11
_LOWEST_PROTOCOL: Final = 4


class VirtualAcceptor(AcceptorHands):
    """A `simulators.stream.StreamDevice`. The panel may call it while a port's thread does."""

    def __init__(
        self,
        *,
        notes_fen: Sequence[int] = NOTES_FEN,
        country: str = "CNY",
        serial: int = 1_873_452,
        firmware: str = "0433",
        address: int = 0,
        highest_protocol: int = 8,
        counters: bool = True,
        capacity: int = 600,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            NotePath(timing=timing or Timing(), clock=clock, capacity=capacity), notes_fen
        )
        self._country = country.encode("ascii")
        self._serial = serial
        self._firmware = firmware.encode("ascii")
        self._address = address
        self._highest_protocol = highest_protocol
        self._reader = PacketReader()
        self._last: tuple[int, bytes] | None = None  # sequence bit, answer
        self._protocol = _LOWEST_PROTOCOL
        self._commands: dict[int, tuple[range, Callable[[bytes], bytes]]] = {
            0x01: (range(1), self._reset),
            0x02: (range(1, 4), self._inhibit),
            0x05: (range(1), lambda _: bytes([_OK]) + self._setup_data()),
            0x06: (range(1, 2), self._set_protocol),
            0x07: (range(1), lambda _: bytes([_OK]) + self._path.fetch_report()),
            0x08: (range(1), self._reject),
            0x09: (range(1), lambda _: self._switch(enabled=False)),
            0x0A: (range(1), lambda _: self._switch(enabled=True)),
            0x0C: (range(2), lambda _: bytes([_OK]) + self._serial.to_bytes(4, "big")),
            0x17: (range(1), lambda _: bytes([_OK, self._path.last_reject])),
            0x18: (range(1), self._hold),
            0x20: (range(1), lambda _: bytes([_OK]) + b"NV0200" + self._firmware + b"000000"),
            0x21: (range(1), lambda _: bytes([_OK]) + self._country + b"01600"),
        }
        if counters:
            self._commands[0x58] = (range(1), self._counters)

    # --- the line --------------------------------------------------------------------------------

    def receive(self, data: bytes) -> bytes:
        """Answer what the host sent; nothing comes from a machine without power."""
        with self._lock:
            if not self._path.powered:
                return b""
            answers = b""
            try:
                for head, command in self._reader.read(data):
                    answers += self._answer(head, command)
            except PowerLost:
                return b""
            return answers

    def _answer(self, head: int, command: bytes) -> bytes:
        if head & 0x7F != self._address or not command:
            return b""
        if command[0] == _SYNC:
            self._last = (1, bytes([_OK]))
        elif self._last is None or self._last[0] != head >> 7:
            self._last = (head >> 7, self._execute(command))
        return packet(head, self._last[1])

    def _execute(self, command: bytes) -> bytes:
        self._path.advance()
        known = self._commands.get(command[0])
        if known is None:
            answer = bytes([_UNKNOWN])
        elif len(command) - 1 not in known[0]:
            answer = bytes([_WRONG_COUNT])
        else:
            answer = known[1](command[1:])
        self._path.hear_host()
        self._count_command()
        return answer

    def _reset(self, _: bytes) -> bytes:
        self._path.power_off()
        self._path.power_on()
        self._protocol = _LOWEST_PROTOCOL
        return bytes([_OK])

    def _inhibit(self, mask: bytes) -> bytes:
        bits = int.from_bytes(mask, "little")
        channels = frozenset(n + 1 for n in range(len(self._notes_fen)) if bits >> n & 1)
        self._path.open_only(channels, tell=self._protocol >= 7)
        return bytes([_OK])

    def _set_protocol(self, wanted: bytes) -> bytes:
        if not _LOWEST_PROTOCOL <= wanted[0] <= self._highest_protocol:
            return bytes([_FAIL])
        self._protocol = wanted[0]
        return bytes([_OK])

    def _switch(self, *, enabled: bool) -> bytes:
        if enabled and self._path.stage is Stage.JAMMED:
            return bytes([_CANNOT])
        self._path.switch(enabled=enabled)
        return bytes([_OK])

    def _reject(self, _: bytes) -> bytes:
        if self._path.stage is not Stage.ESCROW:
            return bytes([_CANNOT])
        self._path.give_back(RejectReason.BY_HOST)
        return bytes([_OK])

    def _hold(self, _: bytes) -> bytes:
        return bytes([_OK if self._path.stage is Stage.ESCROW else _CANNOT])

    def _counters(self, _: bytes) -> bytes:
        counts = (self._path.stacked_count, 0, 0, 0, self._path.rejected_count)
        return bytes([_OK, len(counts)]) + b"".join(
            (count % 2**32).to_bytes(4, "little") for count in counts
        )

    def _setup_data(self) -> bytes:
        notes = [value // YUAN for value in self._notes_fen]
        data = b"\x00" + self._firmware + self._country + (1).to_bytes(3, "big")
        data += bytes([len(notes)]) + bytes(notes) + bytes([2] * len(notes))
        data += YUAN.to_bytes(3, "big") + bytes([self._protocol])
        if self._protocol >= 6:
            data += self._country * len(notes)
            data += b"".join(value.to_bytes(4, "little") for value in notes)
        return data

    def _forget_dialogue(self) -> None:
        self._reader = PacketReader()
        self._last = None
        self._protocol = _LOWEST_PROTOCOL
