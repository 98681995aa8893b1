"""libosdp as control panel, and the only place that knows its shapes (IEC 60839-11-5).

What a reader on the line says ends here as one of four values; what is malformed is `Nonsense`.
Every reader is set to ENFORCE_SECURE: libosdp keeps one that has no secure channel offline, and
neither the published key (SCBK-D) nor clear text is ever tried with it. libosdp's own log, which
can print packets, is switched off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import osdp_sys
from osdp import Channel, Command, CommandLEDColor, Event, EventNotification, LibFlag, PDInfo
from osdp.constants import CardFormat, LogLevel, StatusReportType

from drivers.api.streams import ByteStream
from drivers.errors import DeviceError, FrameError

_STUMBLES: Final = (SystemError, ValueError, TypeError, KeyError, OverflowError)
"""What its C code leaves behind when it can't make a Python value of what it got."""
_ADDRESS: Final = 0x7F
_START: Final = 0x53
_TENTHS: Final = 20
_TIMED: Final = 2  # of a lamp: the temporary state; of a buzzer: the default tone
_PAD: Final = {0x7F: "*", 0x0D: "#"} | {0x30 + digit: str(digit) for digit in range(10)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardBits:
    """Card data as ``0`` and ``1``; `wiegand` when the reader says that parity is among them."""

    bits: str = field(repr=False)
    wiegand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Digits typed on the pad."""

    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Housing:
    """The reader's housing was opened or closed."""

    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """libosdp took the reader online, or gave it up."""

    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonsense:
    """An event that makes no sense."""


Said: TypeAlias = CardBits | Keys | Housing | Line | Nonsense


def translate(event: Mapping[str, object]) -> Said | None:
    """What an event of libosdp says; None for one that we have no use for."""
    match event.get("event"), event.get("type"):
        case Event.CardRead, _:
            return _card(event)
        case Event.KeyPress, _:
            data = event.get("data")
            if not isinstance(data, bytes):
                return Nonsense()
            return Keys(digits="".join(_PAD.get(byte, "") for byte in data))
        case Event.Status, StatusReportType.Local:
            report = event.get("report")
            return Housing(opened=bool(report[0])) if isinstance(report, bytes) and report else None
        case Event.Notification, EventNotification.PeripheralDeviceStatus:
            return Line(up=bool(event.get("arg0")))
        case _:
            return None


def _card(event: Mapping[str, object]) -> Said:
    data, count, form = (event.get(name) for name in ("data", "length", "format"))
    if not isinstance(data, bytes) or not isinstance(count, int):
        return Nonsense()
    if not 0 < count <= len(data) * 8 or form not in {CardFormat.Wiegand, CardFormat.Unspecified}:
        return Nonsense()
    bits = f"{int.from_bytes(data, 'big'):0{len(data) * 8}b}"[:count]
    return CardBits(bits=bits, wiegand=form == CardFormat.Wiegand)


class Wire(Channel):  # type: ignore[misc]
    """What libosdp sees of the line: bytes that arrived, and where bytes are sent.

    `asked` is the address of the reader that was spoken to last: the next bytes are its answer.
    An error of the line waits in `trouble`, for it must not go through libosdp's own frames.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stream: ByteStream | None = None
        self.arrived = bytearray()
        self.asked = -1
        self.trouble: DeviceError | None = None

    def read(self, max_bytes: int) -> bytes:
        """Bytes that arrived, without waiting."""
        taken = bytes(self.arrived[:max_bytes])
        del self.arrived[:max_bytes]
        return taken

    def write(self, buf: bytes) -> int:
        """Send a packet."""
        place = buf.find(_START)
        if 0 <= place < len(buf) - 1:
            self.asked = buf[place + 1] & _ADDRESS
        try:
            if self.stream is not None:
                self.stream.write(bytes(buf))
        except DeviceError as error:
            self.trouble = error
        return len(buf)

    def flush(self) -> None:
        """Forget what arrived."""
        self.arrived.clear()


class Panel:
    """A control panel for the readers of one line, named by their place in `readers`."""

    def __init__(self, readers: Sequence[tuple[int, bytes]], wire: Wire) -> None:
        osdp_sys.set_loglevel(LogLevel.Emergency)
        flags = [LibFlag.EnforceSecure, LibFlag.EnableNotification]
        infos = [PDInfo(address, wire, scbk=key, flags=flags) for address, key in readers]
        self._happened: list[tuple[int, Mapping[str, Any]]] = []
        self._panel = osdp_sys.ControlPanel([info.get() for info in infos])
        self._panel.set_event_callback(self._note)

    def refresh(self) -> list[tuple[int, Said]]:
        """One round of libosdp; what the readers said in it.

        Raises:
            FrameError: libosdp stumbled over what came in; a new panel is the way on.
        """
        try:
            self._panel.refresh()
        except _STUMBLES as error:
            raise FrameError(f"libosdp can't go on: {error}") from error
        happened, self._happened = self._happened, []
        told = ((place, translate(event)) for place, event in happened)
        return [(place, said) for place, said in told if said is not None]

    def secure(self, place: int) -> bool:
        """Is the reader online with its secure channel up?"""
        return bool(self._panel.status() & self._panel.sc_status() & 1 << place)

    def give_up(self, place: int) -> bool:
        """Let go of a reader, so that it can be started anew. False when it can't be now."""
        return bool(self._panel.disable_pd(place))

    def begin(self, place: int) -> bool:
        """Start a reader anew. False while libosdp has not let go of it yet."""
        return not self._panel.is_pd_enabled(place) and bool(self._panel.enable_pd(place))

    def ask_housing(self, place: int) -> None:
        """Ask for the state of the reader's housing."""
        order = {"command": Command.Status, "type": StatusReportType.Local, "report": b""}
        self._panel.submit_command(place, order)

    def answer(self, place: int, *, granted: bool) -> None:
        """Green and one tone, or red and three."""
        colour = CommandLEDColor.Green if granted else CommandLEDColor.Red
        lamp = {"control_code": _TIMED, "on_count": _TENTHS, "off_count": 0, "timer_count": _TENTHS}
        lamp |= {"temporary": True, "on_color": colour, "off_color": CommandLEDColor.Black}
        tone = {"control_code": _TIMED, "on_count": 2, "off_count": 1, "rep_count": 1}
        if not granted:
            tone["rep_count"] = 3
        self._panel.submit_command(
            place, lamp | {"command": Command.LED, "reader": 0, "led_number": 0}
        )
        self._panel.submit_command(place, tone | {"command": Command.Buzzer, "reader": 0})

    def _note(self, place: int, event: Mapping[str, Any]) -> int:
        self._happened.append((place, event))
        return 0
