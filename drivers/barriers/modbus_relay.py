"""Barriers and door strikes behind an RS-485 relay board, over Modbus RTU (pymodbus).

| asked | done |
|---|---|
| `open` | one write: the board's own timed pulse (`modbus_relay_boards`) |
| `state` | READ DISCRETE INPUTS: arm-up contact, loop detector's contact |

**Sent once.** A barrier must never move late, for somebody who is no longer there. So nothing is
ever sent a second time: an `open` whose answer is lost raises DeviceTimeout, and whether the arm
went up is a question for `state`. A confirmed `open` is a command taken, not an arm moved.

Settings: ``port``, ``board`` (a name in `modbus_relay_boards`), ``relay`` (1 is the first);
optional ``pulse_ms`` (500, at most 10000), ``arm_input`` and ``loop_input`` (number of the input,
with ``!`` before it for a contact that opens when the thing happens), ``unit``, ``baud``,
``parity``, ``stop_bits``, ``timeout_ms`` (500).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pymodbus.client import ModbusSerialClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import WriteMultipleRegistersRequest, WriteSingleRegisterRequest

from drivers.api import Barrier, BarrierDriver, BarrierState
from drivers.barriers.modbus_relay_boards import BOARDS, Board, Pulse
from drivers.bytestream import LineSettings, line_settings, open_serial, whole_number
from drivers.errors import DeviceFault, DeviceNotFound, DeviceTimeout, FrameError

LONGEST_PULSE_MS: Final = 10_000

_REASONS: Final = {
    1: "it does not know this function; is `board` right?",
    2: "it has no such relay or input",
    3: "it does not allow this value",
    4: "it failed",
    6: "it is busy",
}


class TimedCoil(ModbusPDU):
    """WRITE SINGLE COIL with a time for its value, which boards use for a pulse (code 05).

    The standard knows FF00h and 0000h only, and so does pymodbus; the answer echoes the request.
    """

    function_code = 5
    rtu_frame_size = 8

    def __init__(self, *, address: int = 0, value: int = 0, dev_id: int = 0) -> None:
        super().__init__(dev_id=dev_id, address=address)
        self.value = value

    def encode(self) -> bytes:
        """Address and time, as pymodbus wants them after the function code."""
        return struct.pack(">HH", self.address, self.value)

    def decode(self, data: bytes) -> None:
        """Take them from an answer."""
        self.address, self.value = struct.unpack(">HH", data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An input of the board, counted from 0; `inverted` when it is closed at rest."""

    number: int
    inverted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What of the board is wired to this barrier. `relay` counts from 0; None: not wired."""

    board: Board
    unit: int
    relay: int
    pulse_ms: int
    arm: Contact | None = None
    loop: Contact | None = None


class ModbusRelay:
    """A `drivers.api.Barrier`. Belongs to one thread; the line is opened by the first call."""

    def __init__(
        self, line: LineSettings, wiring: Wiring, *, timeout_s: float = 0.5, device: str = ""
    ) -> None:
        self._line = line
        self._wiring = wiring
        self._timeout_s = timeout_s
        self._device = device or line.port
        self._heard = b""
        self._client = ModbusSerialClient(
            line.port,
            baudrate=line.baud,
            parity=line.parity,
            stopbits=line.stop_bits,
            timeout=timeout_s,
            retries=0,
            trace_packet=self._listen,
        )
        self._client.register(TimedCoil)

    def open(self) -> None:
        """Ask for one opening.

        Raises:
            DeviceTimeout: no answer; the arm may or may not have moved. Nothing is sent again.
            FrameError: the answer made no sense; the same holds.
            DeviceFault: the board refused.
            DeviceNotFound, DeviceBusy: the line cannot be used.
        """
        request = pulse_request(self._wiring)
        answer = self._ask(request)
        if not _confirms(request, answer):
            raise FrameError(f"{self._device} confirmed another command", device=self._device)

    def state(self) -> BarrierState:
        """Read the inputs. Raises as `open` does."""
        arm, loop = self._wiring.arm, self._wiring.loop
        count = max((contact.number + 1 for contact in (arm, loop) if contact), default=0)
        if count == 0:
            return BarrierState(arm_up=None, vehicle_present=None)
        answer = self._ask(
            ReadDiscreteInputsRequest(address=0, count=count, dev_id=self._wiring.unit)
        )
        if len(answer.bits) < count:
            raise FrameError(f"{self._device} left inputs out", device=self._device)
        return BarrierState(arm_up=_closed(arm, answer), vehicle_present=_closed(loop, answer))

    def close(self) -> None:
        """Give the line back. Safe to call twice."""
        self._client.close()  # type: ignore[no-untyped-call]

    def _ask(self, request: ModbusPDU) -> ModbusPDU:
        self._make_sure_of_line()
        self._heard = b""
        try:
            answer = self._client.execute(False, request)
        except ConnectionException as error:
            if self._client.connected:
                raise self._silent() from error
            raise DeviceNotFound(f"{self._device} is gone", device=self._device) from error
        except ModbusException as error:
            if not self._heard:
                raise self._silent() from error
            raise FrameError(
                f"{self._device} answered {self._heard.hex(' ')}", device=self._device
            ) from error
        if answer.isError():
            reason = _REASONS.get(answer.exception_code, "no reason that we know")
            raise DeviceFault(
                f"{self._device} refused: {reason}",
                device=self._device,
                status=f"{answer.exception_code:02X}",
            )
        if answer.function_code != request.function_code:
            raise FrameError(f"{self._device} answered another question", device=self._device)
        return answer

    def _make_sure_of_line(self) -> None:
        """Connect. pymodbus would not say why it could not, so we try the line before it does."""
        if self._client.connected:
            return
        open_serial(self._line, device=self._device).close()
        if not self._client.connect():
            raise DeviceNotFound(f"{self._line.port} is gone", device=self._device)

    def _listen(self, sending: bool, data: bytes) -> bytes:
        if not sending:
            self._heard = data
        return data

    def _silent(self) -> DeviceTimeout:
        return DeviceTimeout(
            f"{self._device} does not answer", device=self._device, timeout_s=self._timeout_s
        )


def pulse_request(wiring: Wiring) -> ModbusPDU:
    """The one command that makes the board close the relay and open it again by itself."""
    board = wiring.board
    steps = -(-wiring.pulse_ms // board.step_ms)  # never shorter than asked
    address = board.first_address + wiring.relay * board.stride
    match board.pulse:
        case Pulse.COIL:
            return TimedCoil(address=address, value=steps, dev_id=wiring.unit)
        case Pulse.TWO_REGISTERS:
            return WriteMultipleRegistersRequest(
                address=address, registers=[board.mode, steps], dev_id=wiring.unit
            )
        case Pulse.ONE_REGISTER:
            return WriteSingleRegisterRequest(
                address=address, registers=[board.mode << 8 | steps], dev_id=wiring.unit
            )


def _confirms(request: ModbusPDU, answer: ModbusPDU) -> bool:
    if answer.address != request.address:
        return False
    match request, answer:
        case TimedCoil(value=asked), TimedCoil(value=echoed):
            return asked == echoed
        case WriteMultipleRegistersRequest(), _:
            return answer.count == request.count
        case _:
            return list(answer.registers) == list(request.registers)


def _closed(contact: Contact | None, answer: ModbusPDU) -> bool | None:
    if contact is None:
        return None
    return bool(answer.bits[contact.number]) != contact.inverted


def _open(settings: Mapping[str, str]) -> Barrier:
    name = settings.get("board", "")
    board = BOARDS.get(name)
    if board is None:
        raise DeviceFault(f"board must be one of {', '.join(BOARDS)}, not {name!r}", status="board")
    line = line_settings(settings, baud=board.baud)
    longest_ms = min(LONGEST_PULSE_MS, board.step_ms * board.most_steps)
    wiring = Wiring(
        board=board,
        unit=whole_number(settings, "unit", board.unit, 1, 255),
        relay=whole_number(settings, "relay", 1, 1, board.relays) - 1,
        pulse_ms=whole_number(settings, "pulse_ms", 500, 1, longest_ms),
        arm=_contact(settings, "arm_input", board),
        loop=_contact(settings, "loop_input", board),
    )
    timeout_s = whole_number(settings, "timeout_ms", 500, 10, 10_000) / 1000
    return ModbusRelay(line, wiring, timeout_s=timeout_s, device=settings.get("name", ""))


def _contact(settings: Mapping[str, str], name: str, board: Board) -> Contact | None:
    text = settings.get(name, "").strip()
    if not text:
        return None
    if board.inputs == 0:
        raise DeviceFault(f"{name}: board {board.name} has no inputs", status="setting")
    number = whole_number({name: text.removeprefix("!")}, name, 1, 1, board.inputs)
    return Contact(number=number - 1, inverted=text.startswith("!"))


DRIVER: Final = BarrierDriver(name="modbus_relay", open=_open)
