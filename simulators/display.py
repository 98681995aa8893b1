"""A virtual lane display with an Onbon font card: real-time areas, their times, and answers.

    display = VirtualDisplay()
    port = PtyPort(display)
    display.lines                     # what stands there now, line for line

Written from the maker's protocol (doc.onbonbx.com/zh/k/potocol, "BX-5K/6K 通讯协议用户版本") and
judged by the frames that the maker and others print (tests/unit/simulators/test_display.py). It
leaves out programmes, pictures, brightness, and how long a running text takes.
"""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_TABLE: Final = []
for _number in range(256):
    _value = _number
    for _ in range(8):
        _value = _value >> 1 ^ (0xA001 if _value & 1 else 0)
    _TABLE.append(_value)
_CODE: Final = re.compile(rb"\\(FO\d{3}|FE\d{3}|C\d)")
_COLOURS: Final = {b"C1": "red", b"C2": "green", b"C3": "yellow"}
_ACK: Final = bytes([0xA0, 0x00])
_NACK: Final = bytes([0xA0, 0x01])


def crc(data: bytes) -> int:
    """CRC-16 by table, beginning with 0."""
    value = 0
    for byte in data:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 0xFF]
    return value


def on_the_line(packet: bytes) -> bytes:
    """A packet (header, data) with its CRC, escapes and ends."""
    whole = packet + crc(packet).to_bytes(2, "little")
    for byte, pair in ((0xA6, b"\xa6\x01"), (0x5B, b"\x5b\x01")):
        whole = whole.replace(bytes([byte]), pair)
    whole = whole.replace(b"\xa5", b"\xa6\x02").replace(b"\x5a", b"\x5b\x02")
    return b"\xa5" * 8 + whole + b"\x5a"


def off_the_line(escaped: bytes) -> bytes:
    """A packet without escapes and CRC; empty when the CRC is wrong."""
    whole = escaped.replace(b"\xa6\x02", b"\xa5").replace(b"\x5b\x02", b"\x5a")
    whole = whole.replace(b"\xa6\x01", b"\xa6").replace(b"\x5b\x01", b"\x5b")
    if len(whole) < 4 or crc(whole[:-2]) != int.from_bytes(whole[-2:], "little"):
        return b""
    return whole[:-2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A text on the display. `until` is None when it stays."""

    number: int
    top: int
    text: str
    colour: str
    runs: bool
    until: float | None


class VirtualDisplay:
    """The display; a `StreamDevice`. `stored` is the programme in the card's own memory."""

    def __init__(
        self,
        *,
        screen: int = 1,
        stored: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.screen = screen
        self.stored = stored
        self.refuses = 0
        self.mute = False
        self._clock = clock
        self._lock = threading.RLock()
        self._held = b""
        self._areas: dict[int, Area] = {}

    @property
    def areas(self) -> tuple[Area, ...]:
        """Texts that stand there now, from the top."""
        with self._lock:
            now = self._clock()
            standing = [each for each in self._areas.values() if _stands(each, now)]
            return tuple(sorted(standing, key=lambda each: each.top))

    @property
    def lines(self) -> tuple[str, ...]:
        """What a driver reads now."""
        return tuple(area.text for area in self.areas) or self.stored

    @property
    def colour(self) -> str:
        """Colour of the first line; ``""`` for the stored programme."""
        areas = self.areas
        return areas[0].colour if areas else ""

    def receive(self, data: bytes) -> bytes:
        """Obey and answer."""
        with self._lock:
            self._held = (self._held + data)[-4096:]
            answers = b""
            while b"\x5a" in self._held:
                sent, _, self._held = self._held.partition(b"\x5a")
                start = sent.rfind(b"\xa5")
                packet = off_the_line(sent[start + 1 :]) if start >= 0 else b""
                if packet and not self.mute:
                    answers += self._serve(packet)
            return answers

    def _serve(self, packet: bytes) -> bytes:
        screen, host = (int.from_bytes(packet[n : n + 2], "little") for n in (0, 2))
        data = packet[14:]
        if screen not in {self.screen, 0xFFFE} or len(data) < 5:
            return b""
        error = self.refuses or self._obey(data)
        if data[2] != 1:
            return b""
        said = (_NACK if error else _ACK) + bytes([error, 0, 0])
        head = host.to_bytes(2, "little") + screen.to_bytes(2, "little") + bytes(6) + b"\xfe\x02"
        return on_the_line(head + len(said).to_bytes(2, "little") + said)

    def _obey(self, data: bytes) -> int:
        match data[0], data[1]:
            case 0xA2, 0x00:  # ping
                return 0
            case 0xA3, 0x06:
                return self._show(data[5:])
            case 0xA3, 0x10:  # clear
                self._areas.clear()
                return 0
            case 0xA2 | 0xA3, _:
                return 2
            case _:
                return 1

    def _show(self, data: bytes) -> int:
        deleted, place = data[0], 1
        if deleted == 0xFF:
            self._areas.clear()
        else:
            for number in data[1 : 1 + deleted]:
                self._areas.pop(number, None)
            place += deleted
        count, place = data[place], place + 1
        for _ in range(count):
            size = int.from_bytes(data[place : place + 2], "little")
            area = data[place + 2 : place + 2 + size]
            if len(area) != size or size < 27:
                return 4
            self._place(area)
            place += 2 + size
        return 0

    def _place(self, area: bytes) -> None:
        seconds = int.from_bytes(area[12:14], "little")
        content = area[27 : 27 + int.from_bytes(area[23:27], "little")]
        codes = [code for code in _CODE.findall(content) if code in _COLOURS]
        self._areas[area[9]] = Area(
            number=area[9],
            top=int.from_bytes(area[3:5], "little") & 0x7FFF,
            text=_CODE.sub(b"", content).decode("gb2312", errors="replace"),
            colour=_COLOURS[codes[0]] if codes else "red",
            runs=area[19] != 1,
            until=self._clock() + seconds if area[11] == 2 else None,
        )


def _stands(area: Area, now: float) -> bool:
    return area.until is None or now < area.until
