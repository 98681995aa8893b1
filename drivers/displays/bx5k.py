"""Text displays with an Onbon font card (仰邦 BX-5K1, 5K2, 5MK, 6K), the common lane display.

| asked | done |
|---|---|
| `show` | SEND REAL-TIME AREAS (A3 06): one area a line, which goes away after its time (mode 2) |
| `rest` | the same, with areas that stay (mode 0) |
| `check` | PING (A2 00) |

Every `show` and `rest` takes all earlier areas away, so two texts never mix. The time a text stands
is the card's own: when this program dies, it goes away, and the programme stored in the card with
the maker's tool stands there. A line that does not fit runs through from right to left.

Text is GB 2312, which every such card has in its font. A character it lacks becomes ``□``, a
backslash (with which the card's own codes begin) becomes ``/``. Colours: yellow, green, red; on a
display of one colour they make no difference.

**Sent once.** No text is repeated: it would come late. Source: see `bx5k_frame`.

Settings: ``port``; optional ``screen`` (number of the display, 1), ``rows`` (2, at most 4),
``columns`` (8: Latin characters of 8 pixels, a Chinese one takes two), ``font`` (height in pixels:
16, 24 or 32), ``baud`` (57600), ``parity``, ``stop_bits``, ``timeout_ms`` (500).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from drivers.api.displays import DisplayDriver, TextDisplay, Tone
from drivers.api.streams import ByteStream
from drivers.bytestream import LineSettings, line_settings, open_serial, whole_number
from drivers.displays.bx5k_frame import Answer, FrameInvalid, frame, read_answer
from drivers.errors import DeviceError, DeviceFault, DeviceTimeout, FrameError

LONGEST_TEXT: Final = 120
"""Bytes of a line; what is longer is cut."""
_GROUP: Final = 0xA3
_REAL_TIME: Final = 0x06
_ANSWERS: Final = 0xA0
_PING: Final = bytes([0xA2, 0x00, 0x01, 0, 0])
_PLEASE: Final = 0x01
_DELETE_ALL: Final = 0xFF
_LOOP, _UNTIL_TIME_OUT = 0, 2
_STATIC, _RUN_LEFT = 1, 3
_CENTRED: Final = 0x0A  # both ways
_PIXELS: Final = 0x8000  # this measure is in pixels, not in bytes of eight
_SPEED: Final = 4
_MISSING: Final = "□"
_COLOURS: Final[Mapping[Tone, bytes]] = {Tone.PLAIN: b"\\C3", Tone.GOOD: b"\\C2", Tone.BAD: b"\\C1"}
_FONTS: Final[Mapping[int, bytes]] = {16: b"\\FO000", 24: b"\\FO001", 32: b"\\FO002"}
_ERRORS: Final[Mapping[int, str]] = {
    0x01: "no such group of commands",
    0x02: "no such command",
    0x03: "it is busy",
    0x04: "its memory is full",
    0x05: "it heard another checksum",
    0x0C: "it has no such font; is `font` right?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """The display's size. `columns` are half a Chinese character wide."""

    rows: int
    columns: int
    font: int

    @property
    def width(self) -> int:
        """Pixels."""
        return self.columns * self.font // 2


def encode(line: str) -> bytes:
    """A line as the card takes it: GB 2312, no codes of its own, at most LONGEST_TEXT bytes."""
    kept = "".join(each if each.isprintable() else " " for each in line).replace("\\", "/")
    coded, size = [], 0
    for each in kept:
        data = _encode_one(each)
        size += len(data)
        if size > LONGEST_TEXT:
            break
        coded.append(data)
    return b"".join(coded)


def _encode_one(character: str) -> bytes:
    try:
        return character.encode("gb2312")
    except UnicodeEncodeError:
        return _MISSING.encode("gb2312")


def areas(lines: Sequence[str], face: Face, *, tone: Tone, for_s: int | None) -> bytes:
    """The data of SEND REAL-TIME AREAS: these lines in place of everything. None: they stay."""
    shown = list(lines[: face.rows])
    data = bytes([_GROUP, _REAL_TIME, _PLEASE, 1, 0, _DELETE_ALL, len(shown)])
    for row, line in enumerate(shown):
        area = _area(row, encode(line), face, tone=tone, for_s=for_s)
        data += len(area).to_bytes(2, "little") + area
    return data


def _area(row: int, text: bytes, face: Face, *, tone: Tone, for_s: int | None) -> bytes:
    measures = (_PIXELS, row * face.font, _PIXELS | face.width, face.font)
    where = b"".join(measure.to_bytes(2, "little") for measure in measures)
    content = _FONTS[face.font] + _COLOURS[tone] + text
    fits = len(text) <= face.columns
    return b"".join(
        (
            b"\x00",
            where,
            bytes([row, 0, _LOOP if for_s is None else _UNTIL_TIME_OUT]),
            (for_s or 0).to_bytes(2, "little"),
            bytes([0, 0, _CENTRED, 1, 1, _STATIC if fits else _RUN_LEFT, 0, _SPEED, 0]),
            len(content).to_bytes(4, "little"),
            content,
        )
    )


class Bx5kDisplay:
    """A `drivers.api.displays.TextDisplay` of one thread. The first call opens the line."""

    def __init__(
        self,
        line: LineSettings,
        face: Face,
        *,
        screen: int = 1,
        timeout_s: float = 0.5,
        device: str = "",
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line = line
        self._face = face
        self._screen = screen
        self._timeout_s = timeout_s
        self._device = device or line.port
        self._ticks = ticks
        self._stream: ByteStream | None = None

    @property
    def rows(self) -> int:
        """Lines it has."""
        return self._face.rows

    @property
    def columns(self) -> int:
        """Columns of a line."""
        return self._face.columns

    def show(self, lines: Sequence[str], *, tone: Tone = Tone.PLAIN, for_s: int = 10) -> None:
        """Show lines for a time.

        Raises:
            DeviceTimeout, FrameError: no answer, or none that makes sense. Nothing is sent again.
            DeviceFault: the display refused.
            DeviceNotFound, DeviceBusy: the line cannot be used.
        """
        self._send(areas(lines, self._face, tone=tone, for_s=min(max(for_s, 1), 255)))

    def rest(self, lines: Sequence[str]) -> None:
        """Show lines until the next `show`. Raises as it does."""
        self._send(areas(lines, self._face, tone=Tone.PLAIN, for_s=None))

    def check(self) -> None:
        """Ask whether it is there (PING). Raises as `show` does."""
        self._send(_PING)

    def close(self) -> None:
        """Give the line back. Safe to call twice."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _send(self, data: bytes) -> None:
        try:
            answer = self._ask(frame(data, screen=self._screen))
        except DeviceError:
            self.close()  # what still comes of an old answer must not be taken for a new one
            raise
        if answer.group != _ANSWERS:
            self.close()
            raise FrameError(f"{self._device} answered another question", device=self._device)
        if answer.error or answer.command:
            why = _ERRORS.get(answer.error, "no reason that we know")
            raise DeviceFault(
                f"{self._device} refused: {why}", device=self._device, status=f"{answer.error:02X}"
            )

    def _ask(self, command: bytes) -> Answer:
        if self._stream is None:
            self._stream = open_serial(self._line, device=self._device)
        self._stream.write(command)
        deadline = self._ticks() + self._timeout_s
        held = b""
        while (left_s := deadline - self._ticks()) > 0:
            held += self._stream.read(256, left_s)
            try:
                answer = read_answer(held)
            except FrameInvalid as error:
                raise FrameError(f"{self._device}: {error}", device=self._device) from error
            if answer is not None:
                return answer
        raise DeviceTimeout(
            f"{self._device} does not answer", device=self._device, timeout_s=self._timeout_s
        )


def _open(settings: Mapping[str, str]) -> TextDisplay:
    face = Face(
        rows=whole_number(settings, "rows", 2, 1, 4),
        columns=whole_number(settings, "columns", 8, 4, 64),
        font=whole_number(settings, "font", 16, 16, 32),
    )
    if face.font not in _FONTS:
        raise DeviceFault(f"font must be 16, 24 or 32, not {face.font}", status="setting")
    return Bx5kDisplay(
        line_settings(settings, baud=57600),
        face,
        screen=whole_number(settings, "screen", 1, 1, 0xFFFD),
        timeout_s=whole_number(settings, "timeout_ms", 500, 10, 10_000) / 1000,
        device=settings.get("name", ""),
    )


DRIVER: Final = DisplayDriver(name="bx5k", open=_open)
