r"""Ways to a printer, carried by python-escpos: serial, network, USB, file.

python-escpos opens the connection; what passes goes through its device object under our own time
limits, because its own calls wait without one (serial and USB writes), ask for sixteen bytes where
one comes (each status costs the whole timeout), or drain the line when closing. This is the only
module that imports it, and only when a connection is opened (0.3 s).

    kind     settings                                    answers
    serial   port, baudrate=9600, flow=none              yes
    network  host, port=9100                             yes
    usb      vendor, product, in=0x82, out=0x01          yes (needs pyusb and libusb)
    file     path                                        no: take a profile without status

A file is a parallel port, Linux's ``/dev/usb/lp0``, or on Windows a shared raw queue
(``\\localhost\receipts``); it is opened for each job, so that a spooler lets the job go. On
Windows only serial (COM3), network and USB give answers.
"""

import contextlib
import errno
import socket
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

from printer.channel import Channel
from printer.errors import PrinterOffline, ProfileInvalid

CONNECT_S: Final = 3.0
USB_PACKET: Final = 512  # a read must have room for a whole packet, or libusb reports an overflow
_PORTS: Final = range(1, 65536)
Way: TypeAlias = Callable[[], Channel]
_FLOWS: Final = ("none", "rtscts", "dsrdtr", "xonxoff")


def open_channel(settings: Mapping[str, str]) -> Channel:
    """Open the way that `settings` describe: `way_to` and its call in one.

    Raises ProfileInvalid, PrinterOffline.
    """
    return way_to(settings)()


def way_to(settings: Mapping[str, str]) -> Way:
    """The way that `settings` (a station's printer section) describe; see the table. Calling it
    opens it, and raises PrinterOffline where there is no printer at the other end.

    Raises ProfileInvalid: a setting is missing, unknown or malformed.
    """
    given = dict(settings)
    kind = given.pop("kind", "")
    if kind not in _KINDS:
        raise ProfileInvalid(f"no way of the kind {kind!r} to a printer", key="kind")
    way, known = _KINDS[kind]
    for key in given.keys() - known:
        raise ProfileInvalid(f"{kind} printer: unknown setting {key!r}", key=key)
    return way(given)


class SerialChannel:
    """A serial port, 8N1. DTR/DSR is not waited for: with the cable out it would never come."""

    def __init__(self, port: str, *, baudrate: int = 9600, flow: str = "none") -> None:
        from escpos.printer import Serial

        self._printer = Serial(  # kept: it closes the port when it is collected
            port, baudrate=baudrate, timeout=0, dsrdtr=flow == "dsrdtr", xonxoff=flow == "xonxoff"
        )
        self._device: Any = _opened(self._printer)
        with _offline_on_failure():
            self._device.rtscts = flow == "rtscts"

    def write(self, data: bytes, timeout_s: float) -> None:
        """See `Channel.write`."""
        with _offline_on_failure():
            self._device.write_timeout = timeout_s
            self._device.write(data)

    def read(self, size: int, timeout_s: float) -> bytes:
        """See `Channel.read`."""
        with _offline_on_failure():
            self._device.timeout = timeout_s
            first = bytes(self._device.read(1))
            waiting = min(size - 1, self._device.in_waiting) if first else 0
            return first + bytes(self._device.read(waiting))

    def close(self) -> None:
        """See `Channel.close`. python-escpos would first wait for the line to drain."""
        with contextlib.suppress(OSError):
            self._device.close()


class NetworkChannel:
    """A raw TCP port, usually 9100."""

    def __init__(self, host: str, *, port: int = 9100) -> None:
        from escpos.printer import Network

        with _offline_on_failure():  # python-escpos would leave the socket of a failure open
            self._socket = socket.create_connection((host, port), CONNECT_S)
        self._printer = Network(host, port=port)
        self._printer.device = self._socket

    def write(self, data: bytes, timeout_s: float) -> None:
        """See `Channel.write`."""
        with _offline_on_failure():
            self._socket.settimeout(timeout_s)
            self._socket.sendall(data)

    def read(self, size: int, timeout_s: float) -> bytes:
        """See `Channel.read`."""
        with _offline_on_failure():
            self._socket.settimeout(timeout_s)
            try:
                heard = self._socket.recv(size)
            except (TimeoutError, BlockingIOError):
                return b""
        if not heard:
            raise PrinterOffline("the printer closed the connection")
        return heard

    def close(self) -> None:
        """See `Channel.close`."""
        self._printer.close()


class UsbChannel:
    """A USB printer by its numbers. The operating system's own printer driver is put aside."""

    def __init__(
        self, vendor: int, product: int, *, in_endpoint: int = 0x82, out_endpoint: int = 0x01
    ) -> None:
        from escpos.printer import Usb

        if not Usb.is_usable():  # it would raise when it is collected, too
            raise PrinterOffline("no USB printer without pyusb (python-escpos[usb])")
        self._printer = Usb(vendor, product, in_ep=in_endpoint, out_ep=out_endpoint)
        self._device: Any = _opened(self._printer)
        self._in, self._out = in_endpoint, out_endpoint
        self._spare = b""

    def write(self, data: bytes, timeout_s: float) -> None:
        """See `Channel.write`."""
        with _offline_on_failure():
            while data:
                data = data[self._device.write(self._out, data, _milliseconds(timeout_s)) :]

    def read(self, size: int, timeout_s: float) -> bytes:
        """See `Channel.read`."""
        if not self._spare:
            with _offline_on_failure():
                try:
                    packet = self._device.read(self._in, USB_PACKET, _milliseconds(timeout_s))
                except OSError as error:
                    if error.errno != errno.ETIMEDOUT:
                        raise
                    return b""
            self._spare = bytes(packet)
        heard, self._spare = self._spare[:size], self._spare[size:]
        return heard

    def close(self) -> None:
        """See `Channel.close`."""
        with contextlib.suppress(OSError):
            self._printer.close()


class FileChannel:
    """A device file or a shared queue: takes bytes and says nothing. A write has no time limit."""

    def __init__(self, path: str) -> None:
        self._path = path

    def write(self, data: bytes, timeout_s: float) -> None:  # noqa: ARG002 - files have no limit
        """See `Channel.write`."""
        from escpos.printer import File

        printer = File(self._path)
        device = _opened(printer)
        try:
            with _offline_on_failure():
                device.write(data)
        finally:
            with _offline_on_failure():
                printer.close()

    def read(self, size: int, timeout_s: float) -> bytes:  # noqa: ARG002 - a file says nothing
        """Nothing, at once."""
        return b""

    def close(self) -> None:
        """Nothing is open between jobs."""


def _opened(printer: Any) -> Any:
    """The device object of a python-escpos printer after opening it."""
    from escpos.exceptions import Error

    try:
        printer.open()
    except (Error, OSError, ValueError) as error:  # ValueError: libusb is missing, NUL in a path
        raise PrinterOffline(f"no printer: {error}") from error
    return printer.device


@contextlib.contextmanager
def _offline_on_failure() -> Iterator[None]:
    """Errors of pyserial, sockets, pyusb and files are all OSError; a host's name may be none."""
    try:
        yield
    except (OSError, UnicodeError) as error:
        raise PrinterOffline(f"the way to the printer failed: {error}") from error


def _milliseconds(timeout_s: float) -> int:
    """For libusb, where 0 would mean for ever."""
    return max(1, round(timeout_s * 1000))


def _text(given: Mapping[str, str], key: str) -> str:
    if not given.get(key):
        raise ProfileInvalid(f"printer setting {key!r} is missing", key=key)
    return given[key]


def _number(given: Mapping[str, str], key: str, default: int | None = None) -> int:
    """A number in decimal or, with 0x, in hexadecimal."""
    if default is not None and key not in given:
        return default
    text = _text(given, key)
    try:
        return int(text, 0)
    except ValueError as error:
        message = f"printer setting {key!r} is no number: {text!r}"
        raise ProfileInvalid(message, key=key) from error


def _serial(given: Mapping[str, str]) -> Way:
    flow = given.get("flow", "none")
    if flow not in _FLOWS:
        raise ProfileInvalid(f"flow is {flow!r}, not one of {', '.join(_FLOWS)}", key="flow")
    baudrate = _number(given, "baudrate", 9600)
    return partial(SerialChannel, _text(given, "port"), baudrate=baudrate, flow=flow)


def _network(given: Mapping[str, str]) -> Way:
    port = _number(given, "port", 9100)
    if port not in _PORTS:
        raise ProfileInvalid(f"printer setting 'port' is no TCP port: {port}", key="port")
    return partial(NetworkChannel, _text(given, "host"), port=port)


def _usb(given: Mapping[str, str]) -> Way:
    return partial(
        UsbChannel,
        _number(given, "vendor"),
        _number(given, "product"),
        in_endpoint=_number(given, "in", 0x82),
        out_endpoint=_number(given, "out", 0x01),
    )


def _file(given: Mapping[str, str]) -> Way:
    return partial(FileChannel, _text(given, "path"))


_KINDS: Final[dict[str, tuple[Callable[[Mapping[str, str]], Way], frozenset[str]]]] = {
    "serial": (_serial, frozenset({"port", "baudrate", "flow"})),
    "network": (_network, frozenset({"host", "port"})),
    "usb": (_usb, frozenset({"vendor", "product", "in", "out"})),
    "file": (_file, frozenset({"path"})),
}
