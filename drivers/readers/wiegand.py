"""Wiegand readers behind a converter on a serial line.

Two converters' lines are understood (setting ``format``):

| format | a line | parity | source |
|---|---|---|---|
| bits | the pulses as they came, ``1`` and ``0``, then CR or LF | checked here | below |
| hex | 6, 8, 12 or 14 hexadecimal digits, then CR | checked by the converter | Priority 1 Design,
data sheet of the WIE232-A ("XXYYZZ<crn>", 9600 8N1) |

``bits`` is plain on purpose: a microcontroller with two inputs (a pulse on DATA0 is ``0``, on DATA1
``1``, a line ends after 50 ms of rest) makes it in a page of code, and nothing is lost on the way:
a bit or a byte that changed on the line is found by the parity. Messages: `bitcode`.

Anything else on the line is counted as damaged and is no read. A card whose bits came while nobody
polled keeps the instant at which the line was last seen empty.

Settings: ``port``; optional ``format`` (bits), ``order`` (``sent``, or ``reversed`` for readers
that send the UID's last byte first), ``duress`` (digits typed before the card), ``baud`` (9600),
``parity``, ``stop_bits``.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from drivers.api.codes import CodeRead, CodeReader, CodeReaderDriver, ReaderLink
from drivers.api.streams import ByteStream
from drivers.bytestream import LineSettings, line_settings, open_serial
from drivers.errors import DeviceError, DeviceFault, DeviceNotFound
from drivers.readers.bitcode import Damaged, Identifier, Key, read_message
from drivers.readers.keypad import Keypad, duress_sign
from drivers.readers.retrying import QUICK_S, Pause

_log = logging.getLogger(__name__)

LONGEST_LINE: Final = 64
_HEX_DIGITS: Final = frozenset({6, 8, 12, 14})
_ENDS: Final = b"\r\n"
_CHUNK: Final = 256
_MOST_CHUNKS: Final = 64

Parse = Callable[[str], Identifier | Key]


def parse_bits(line: str) -> Identifier | Key:
    """A line of format ``bits``. Raises Damaged."""
    return read_message(line)


def parse_hex(line: str) -> Identifier | Key:
    """A line of format ``hex``. Raises Damaged."""
    if len(line) not in _HEX_DIGITS or not set(line) <= set("0123456789ABCDEFabcdef"):
        raise Damaged("no identifier")
    return Identifier(code=bytes.fromhex(line), bits=len(line) * 4)


FORMATS: Final[Mapping[str, Parse]] = {"bits": parse_bits, "hex": parse_hex}


@dataclass(slots=True)
class Lines:
    """Collects bytes into lines. What is longer than any line is one damaged line."""

    _held: bytes = b""
    _overlong: bool = False

    def feed(self, data: bytes) -> list[str | None]:
        """Lines that `data` completes; None for one that is no text or too long."""
        found: list[str | None] = []
        for byte in data:
            if byte in _ENDS:
                if self._held or self._overlong:
                    found.append(self._line())
                self._held, self._overlong = b"", False
            elif len(self._held) < LONGEST_LINE:
                self._held += bytes([byte])
            else:
                self._overlong = True
        return found

    def _line(self) -> str | None:
        if self._overlong or not self._held.isascii():
            return None
        return self._held.decode("ascii")


class WiegandReader:
    """A `drivers.api.codes.CodeReader`. `poll` belongs to one thread and opens the line."""

    def __init__(
        self,
        line: LineSettings,
        parse: Parse,
        *,
        backwards: bool = False,
        duress: str = "",
        device: str = "",
        ticks: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._line = line
        self._parse = parse
        self._backwards = backwards
        self._keypad = Keypad(duress)
        self._device = device or line.port
        self._ticks = ticks
        self._rest = rest
        self._stream: ByteStream | None = None
        self._lines = Lines()
        self._reads: deque[CodeRead] = deque(maxlen=_CHUNK)
        self._empty_at = 0.0
        self._pause = Pause(ticks)
        self._drops = 0
        self._damaged = 0

    def poll(self, timeout_s: float) -> CodeRead | None:
        """The next read. Raises DeviceNotFound, DeviceBusy, DeviceFault."""
        if self._stream is None:
            self._find_line(timeout_s)
        if not self._reads:
            self._gather(timeout_s)
        return self._reads.popleft() if self._reads else None

    def answer(self, *, granted: bool) -> None:
        """A converter of these kinds has no lamp."""

    def link(self) -> ReaderLink:
        """The converter says nothing by itself, so an open line is all that can be known."""
        return ReaderLink(up=self._stream is not None, drops=self._drops, damaged=self._damaged)

    def close(self) -> None:
        """Give the line back. Safe to call twice."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _find_line(self, timeout_s: float) -> None:
        if not self._pause.due():
            self._rest(min(timeout_s, QUICK_S))
            raise DeviceNotFound(f"{self._device} is still away", device=self._device)
        self._stream = open_serial(self._line, device=self._device)
        self._lines = Lines()
        self._empty_at = self._ticks()  # what the line held before is dropped with the opening
        self._pause.went_well()

    def _gather(self, timeout_s: float) -> None:
        deadline = self._ticks() + timeout_s
        for _ in range(_MOST_CHUNKS):  # what came while nobody polled
            data = self._read(0)
            self._take(data, read_at=self._empty_at)
            if len(data) < _CHUNK:
                break
        while not self._reads:
            now = self._empty_at = self._ticks()
            if now >= deadline:
                return
            data = self._read(deadline - now)
            self._empty_at = self._ticks()
            self._take(data, read_at=self._empty_at)

    def _read(self, timeout_s: float) -> bytes:
        if self._stream is None:
            raise DeviceNotFound(f"{self._device} is closed", device=self._device)
        try:
            return self._stream.read(_CHUNK, timeout_s)
        except DeviceError:
            self._drops += 1
            self.close()
            raise

    def _take(self, data: bytes, *, read_at: float) -> None:
        for line in self._lines.feed(data):
            try:
                said = self._parse(line) if line is not None else None
            except Damaged as wrong:
                _log.info("%s: %s", self._device, wrong)
                said = None
            match said:
                case None:
                    self._damaged += 1
                case Key():
                    self._keypad.press(said.digit, read_at)
                case Identifier():
                    self._reads.append(self._found(said, read_at))

    def _found(self, said: Identifier, read_at: float) -> CodeRead:
        code = said.code[::-1] if self._backwards else said.code
        return CodeRead(
            code=code, bits=said.bits, read_at=read_at, duress=self._keypad.duress(read_at)
        )


def _open(settings: Mapping[str, str]) -> CodeReader:
    name, order = settings.get("format", "bits"), settings.get("order", "sent")
    if name not in FORMATS:
        raise DeviceFault(f"format must be bits or hex, not {name!r}", status="setting")
    if order not in {"sent", "reversed"}:
        raise DeviceFault(f"order must be sent or reversed, not {order!r}", status="setting")
    try:
        duress = duress_sign(settings.get("duress", ""))
    except ValueError as error:
        raise DeviceFault(str(error), status="setting") from error
    return WiegandReader(
        line_settings(settings, baud=9600),
        FORMATS[name],
        backwards=order == "reversed",
        duress=duress,
        device=settings.get("name", ""),
    )


DRIVER: Final = CodeReaderDriver(name="wiegand", open=_open)
