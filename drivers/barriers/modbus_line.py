"""One RS-485 line with a Modbus RTU master (pymodbus), shared by all barriers that hang on it.

Two lanes on one relay board, or two boards on one pair of wires, name the same port in the
configuration. They get the same line here, and one question at a time goes over it.
"""

import logging
import threading
import weakref
from dataclasses import dataclass
from typing import Final, NamedTuple

from pymodbus.client import ModbusSerialClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ModbusPDU

from drivers.bytestream import LineSettings, open_serial
from drivers.errors import DeviceFault, DeviceNotFound, DeviceTimeout, FrameError

_log = logging.getLogger(__name__)

_REASONS: Final = {
    1: "it does not know this function; is `board` right?",
    2: "it has no such relay or input",
    3: "it does not allow this value",
    4: "it failed",
    6: "it is busy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineUse:
    """How a line is driven; everybody on it has to agree."""

    line: LineSettings
    timeout_s: float


Relay = tuple[int, int]
"""A relay on a line: the number of its board, and its own, counted from 0."""


class _Wired(NamedTuple):
    opens: Relay
    lights: frozenset[Relay]


@dataclass(slots=True)
class _Ear:
    """What came in since the last question. Apart from the line, so that nothing goes in circles
    and a line is gone as soon as nobody holds it.
    """

    heard: bytes = b""

    def listen(self, sending: bool, data: bytes) -> bytes:
        if not sending:
            self.heard = data
        return data


class ModbusLine:
    """The master of one line. `ask` may be called from any thread; it opens the line by itself."""

    def __init__(self, use: LineUse, pdus: tuple[type[ModbusPDU], ...]) -> None:
        self._use = use
        self._wired: weakref.WeakKeyDictionary[object, _Wired] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._ear = _Ear()
        self._client = ModbusSerialClient(
            use.line.port,
            baudrate=use.line.baud,
            parity=use.line.parity,
            stopbits=use.line.stop_bits,
            timeout=use.timeout_s,
            retries=0,
            trace_packet=self._ear.listen,
        )
        for pdu in pdus:
            self._client.register(pdu)

    @property
    def use(self) -> LineUse:
        """How the line is driven."""
        return self._use

    def wire(self, barrier: object, opens: Relay, lights: frozenset[Relay]) -> None:
        """Note with which relays a barrier opens and lights.

        Two may open with one relay (a door with a reader on each side), and the log says so.
        Raises DeviceFault where the lamp of one is what opens the other.
        """
        with self._lock:
            for other in self._wired.values():
                if opens in other.lights or other.opens in lights:
                    raise DeviceFault(
                        f"a lamp on {self._use.line.port} names the relay that opens another lane",
                        status="setting",
                    )
                if opens == other.opens:
                    _log.warning("two lanes open with one relay of %s", self._use.line.port)
            self._wired[barrier] = _Wired(opens, lights)

    def ask(self, request: ModbusPDU, device: str) -> ModbusPDU:
        """Send a request once and return the answer to it.

        Raises:
            DeviceTimeout: no answer; the request may or may not have been carried out.
            FrameError: the answer made no sense; the same holds.
            DeviceFault: the board refused.
            DeviceNotFound, DeviceBusy: the line cannot be used.
        """
        with self._lock:
            return self._ask(request, device)

    def leave(self, barrier: object) -> None:
        """`barrier` needs the line no more; the last one closes it. Safe to call twice."""
        with self._lock:
            self._wired.pop(barrier, None)
            if self._wired:
                return
            self._client.close()  # type: ignore[no-untyped-call]
        with _registry:
            if _lines.get(self._use.line.port) is self:
                del _lines[self._use.line.port]

    def _ask(self, request: ModbusPDU, device: str) -> ModbusPDU:
        self._make_sure_of_line(device)
        self._ear.heard = b""
        try:
            answer = self._client.execute(False, request)
        except ConnectionException as error:
            if self._client.connected:
                raise self._silent(device) from error
            raise DeviceNotFound(f"{device} is gone", device=device) from error
        except ModbusException as error:
            if not self._ear.heard:
                raise self._silent(device) from error
            heard = self._ear.heard.hex(" ")
            raise FrameError(f"{device} answered {heard}", device=device) from error
        if answer.isError():
            reason = _REASONS.get(answer.exception_code, "no reason that we know")
            raise DeviceFault(
                f"{device} refused: {reason}", device=device, status=f"{answer.exception_code:02X}"
            )
        if answer.function_code != request.function_code:
            raise FrameError(f"{device} answered another question", device=device)
        return answer

    def _make_sure_of_line(self, device: str) -> None:
        """Connect. pymodbus would not say why it could not, so we try the line before it does."""
        if self._client.connected:
            return
        open_serial(self._use.line, device=device).close()
        if not self._client.connect():
            raise DeviceNotFound(f"{self._use.line.port} is gone", device=device)

    def _silent(self, device: str) -> DeviceTimeout:
        return DeviceTimeout(
            f"{device} does not answer", device=device, timeout_s=self._use.timeout_s
        )


_lines: Final[weakref.WeakValueDictionary[str, ModbusLine]] = weakref.WeakValueDictionary()
_registry: Final = threading.Lock()


def shared_line(use: LineUse, *pdus: type[ModbusPDU]) -> ModbusLine:
    """The line of that port, for as long as somebody holds it; `pdus` are extra kinds of answer.

    Raises:
        DeviceFault: somebody in this process drives the same port in another way.
    """
    with _registry:
        line = _lines.get(use.line.port)
        if line is None:
            line = _lines[use.line.port] = ModbusLine(use, pdus)
        elif line.use != use:
            raise DeviceFault(
                f"{use.line.port} is named twice, and driven in two ways (baud, timeout_ms ..)",
                status="setting",
            )
        return line
