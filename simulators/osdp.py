"""A virtual OSDP reader: the peripheral side of libosdp, on a line.

    reader = VirtualOsdp(address=1, key=key)
    port = PtyPort(reader)
    reader.hold(bytes.fromhex("89D41B81"))

Both ends of this line are libosdp, one as control panel and one as reader. So the frames, the
cryptography and the secure channel are judged by that library's own tests and by the readers it
has been tried with, not by us; what is judged here is how our driver behaves when a reader is cut
off, boots slowly, loses its secure channel, holds reads back, or has another key or none.
"""

import ctypes
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

import osdp_sys
from osdp import Capability, Channel, Command, Event, LibFlag, PDCapabilities, PDInfo
from osdp.constants import CardFormat, CommandLEDColor, LogLevel, StatusReportType

_ABLE: Final = PDCapabilities(
    [
        (Capability.CardDataFormat, 1, 1),
        (Capability.LEDControl, 1, 1),
        (Capability.AudibleControl, 1, 1),
    ]
)
_PAD: Final = {"*": 0x7F, "#": 0x0D}


class _Wire(Channel):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.arrived = bytearray()
        self.sent = bytearray()

    def read(self, max_bytes: int) -> bytes:
        taken = bytes(self.arrived[:max_bytes])
        del self.arrived[:max_bytes]
        return taken

    def write(self, buf: bytes) -> int:
        self.sent += buf
        return len(buf)

    def flush(self) -> None:
        self.arrived.clear()


class VirtualOsdp:
    """A reader; a `StreamDevice`. With `key` None it knows no secure channel at all.

    `shown` is what its lamp and buzzer were told, ``green`` or ``red`` and a number of tones.
    """

    def __init__(
        self,
        *,
        address: int = 1,
        key: bytes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address = address
        self.key = key
        self.shown: deque[str | int] = deque(maxlen=32)
        self.heard = 0
        self._clock = clock
        self._lock = threading.RLock()
        self._wire = _Wire()
        self._silent_until = 0.0
        self._opened = False
        self._reads: deque[dict[str, Any]] = deque()
        self._device = self._start()

    def receive(self, data: bytes) -> bytes:
        """Answer the panel."""
        with self._lock:
            self.heard += len(data)
            if self._clock() < self._silent_until:
                return b""
            self._wire.arrived += data
            while self._reads and self._ready() and self._device.submit_event(self._reads[0]):
                self._reads.popleft()
            for _ in range(3):
                self._device.refresh()
            sent, self._wire.sent = bytes(self._wire.sent), bytearray()
            return sent

    def hold(self, code: bytes, *, bits: str = "") -> None:
        """A card is held to the reader: a bare identifier, or the `bits` of a Wiegand message."""
        form = CardFormat.Wiegand if bits else CardFormat.Unspecified
        length = len(bits) or len(code) * 8
        data = int(bits.ljust(-(-length // 8) * 8, "0"), 2).to_bytes(-(-length // 8), "big")
        self._tell(
            {
                "event": Event.CardRead,
                "reader_no": 0,
                "format": form,
                "direction": 0,
                "length": length,
                "data": data if bits else code,
            }
        )

    def press(self, digits: str) -> None:
        """Keys of the pad."""
        data = bytes(_PAD.get(digit, ord(digit)) for digit in digits)
        self._tell({"event": Event.KeyPress, "reader_no": 0, "data": data})

    def open_housing(self, *, opened: bool = True) -> None:
        """Open the reader's housing, or close it again."""
        self._opened = opened
        self._tell(self._status())

    def reboot(self, after_s: float = 0.0) -> None:
        """Lose everything, the secure channel too, and be silent for a while."""
        with self._lock:
            self._silent_until = self._clock() + after_s
            self._device = self._start()

    def cut(self) -> None:
        """Cut the line; the reader keeps what it reads."""
        self._silent_until = float("inf")

    def mend(self) -> None:
        """Put the line back. The reader begins a new session, and tells what it kept."""
        self.reboot()

    @property
    def secure(self) -> bool:
        """Is the secure channel up, as the reader sees it?"""
        with self._lock:
            return bool(self._device.is_sc_active())

    def _start(self) -> Any:
        osdp_sys.set_loglevel(LogLevel.Emergency)
        self._wire = _Wire()
        flags = [LibFlag.EnforceSecure] if self.key is not None else []
        info = PDInfo(self.address, self._wire, scbk=self.key, flags=flags)
        device = osdp_sys.PeripheralDevice(info.get(), capabilities=_ABLE.get())
        device.set_command_callback(self._obey)
        return device

    def _ready(self) -> bool:
        """A reader keeps what it saw until somebody listens whom it trusts."""
        return self.key is None or bool(self._device.is_sc_active())

    def _tell(self, event: dict[str, Any]) -> None:
        with self._lock:
            self._reads.append(event)

    def _status(self) -> dict[str, Any]:
        report = bytes([self._opened, 0])
        return {"event": Event.Status, "type": StatusReportType.Local, "report": report}

    def _obey(self, command: Mapping[str, Any]) -> tuple[int, dict[str, Any] | None]:
        answer = self._answer(command)
        # libosdp 3.2 lets go of a reference to it that it was never given (`pd_command_cb` in its
        # osdp_sys/pd.c): without one to spare it is freed while something still points to it.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(answer))
        return 0, answer

    def _answer(self, command: Mapping[str, Any]) -> dict[str, Any] | None:
        match command["command"]:
            case Command.LED:
                green = command["on_color"] == CommandLEDColor.Green
                self.shown.append("green" if green else "red")
            case Command.Buzzer:
                self.shown.append(int(command["rep_count"]))
            case Command.Status:
                return {
                    "command": Command.Status,
                    "type": StatusReportType.Local,
                    "report": bytes([self._opened, 0]),
                }
            case _:
                pass
        return None
