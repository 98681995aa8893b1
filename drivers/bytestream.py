"""Serial lines through pyserial, the only module of ours that imports it.

A line is named as the operating system names it (``/dev/ttyUSB0``, ``COM3``) or by a URL of
pyserial's (``socket://192.168.1.9:4001`` for a serial server). It is taken exclusively: a second
program on the same line would tear both dialogues.

| what pyserial reports | becomes |
|---|---|
| no such port, unplugged, hung up | DeviceNotFound |
| port open in another program | DeviceBusy |
| no right to open it, impossible settings | DeviceFault |
| output not taken in time | DeviceTimeout |
"""

import contextlib
import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import serial
import serial.tools.list_ports

from drivers.api.streams import ByteStream
from drivers.errors import DeviceBusy, DeviceError, DeviceFault, DeviceNotFound, DeviceTimeout

WRITE_TIMEOUT_S: Final = 2.0

_LINE_ERRORS: tuple[type[Exception], ...] = (serial.SerialException, OSError)
with contextlib.suppress(ImportError):
    import termios

    # On POSIX pyserial lets this one through when a port vanishes while it is being set up.
    _LINE_ERRORS = (*_LINE_ERRORS, termios.error)

_BUSY: Final = frozenset({errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK})
_MOST_DIGITS: Final = 9
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """How a serial line is driven; eight data bits always. `parity` is N, E or O."""

    port: str
    baud: int
    parity: str = "N"
    stop_bits: int = 1


def line_settings(
    settings: Mapping[str, str], *, baud: int, parity: str = "N", stop_bits: int = 1
) -> LineSettings:
    """The line in a device's section of the configuration; the arguments are its defaults.

    Raises:
        DeviceNotFound: no ``port`` is named.
        DeviceFault: a value that no line can have.
    """
    port = settings.get("port", "").strip()
    if not port:
        raise DeviceNotFound("no serial port is configured (setting: port)")
    chosen = settings.get("parity", parity).strip().upper()
    if chosen not in {"N", "E", "O"}:
        raise DeviceFault(f"parity must be N, E or O, not {chosen!r}", status="setting")
    return LineSettings(
        port=port,
        baud=whole_number(settings, "baud", baud, 1200, 4_000_000),
        parity=chosen,
        stop_bits=whole_number(settings, "stop_bits", stop_bits, 1, 2),
    )


def whole_number(
    settings: Mapping[str, str], name: str, default: int, lowest: int, highest: int
) -> int:
    """A whole number among a device's settings. Raises DeviceFault outside its range."""
    text = settings.get(name, str(default)).strip()
    plain = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    if not plain or not lowest <= int(text) <= highest:
        raise DeviceFault(f"{name} must be {lowest} to {highest}, not {text!r}", status="setting")
    return int(text)


def open_serial(line: LineSettings, *, device: str = "") -> ByteStream:
    """Open a line and take it for ourselves; what it had buffered is dropped.

    Raises:
        DeviceNotFound: there is no such port.
        DeviceBusy: another program has it open.
        DeviceFault: we may not open it, or it cannot be driven like that.
    """
    device = device or line.port
    try:
        port = serial.serial_for_url(
            line.port,
            baudrate=line.baud,
            parity=line.parity,
            stopbits=line.stop_bits,
            timeout=0,
            write_timeout=WRITE_TIMEOUT_S,
            exclusive=True,
        )
    except ValueError as error:
        raise DeviceFault(
            f"{line.port} cannot be set up: {error}", device=device, status="setting"
        ) from error
    except _LINE_ERRORS as error:
        raise _refusal(error, line.port, device) from error
    return SerialStream(port, device)


def port_names() -> tuple[str, ...]:
    """Names of the serial ports the operating system knows, sorted."""
    return tuple(sorted(found.device for found in serial.tools.list_ports.comports()))


class SerialStream:
    """An open line as a `drivers.api.streams.ByteStream`. Belongs to one thread."""

    def __init__(self, port: serial.Serial, device: str) -> None:
        self._port = port
        self._device = device

    def write(self, data: bytes) -> None:
        """Send all bytes. Raises DeviceTimeout or DeviceNotFound."""
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise DeviceTimeout(
                f"{self._device} takes no bytes", device=self._device, timeout_s=WRITE_TIMEOUT_S
            ) from error
        except _LINE_ERRORS as error:
            raise self._gone() from error

    def read(self, size: int, timeout_s: float) -> bytes:
        """Up to `size` bytes, as soon as some are there; ``b""`` when the time is over."""
        if size <= 0:
            return b""
        try:
            self._port.timeout = max(0.0, timeout_s)
            first: bytes = self._port.read(1)
            waiting = min(size - 1, self._port.in_waiting) if first else 0
            return first + self._port.read(waiting) if waiting else first
        except _LINE_ERRORS as error:
            raise self._gone() from error

    def close(self) -> None:
        """Give the line back. Safe to call twice and after the device is gone."""
        with contextlib.suppress(*_LINE_ERRORS):
            self._port.close()

    def _gone(self) -> DeviceNotFound:
        return DeviceNotFound(f"{self._device} is gone", device=self._device)


def _refusal(error: Exception, port: str, device: str) -> DeviceError:
    number = getattr(error, "errno", None)
    # Windows gives no number; there, "access denied" means that the port is open elsewhere.
    if number in _BUSY or (number is None and "PermissionError" in str(error)):
        return DeviceBusy(f"{port} is in use by another program", device=device)
    if number in _FORBIDDEN:
        return DeviceFault(
            f"no right to open {port}; add the account to the group that owns it (often dialout)",
            device=device,
            status="permission",
        )
    return DeviceNotFound(f"{port} is not there: {error}", device=device)
