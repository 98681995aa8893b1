"""Barriers and door strikes behind an RS-485 relay board, over Modbus RTU (pymodbus).

| asked | done |
|---|---|
| `open` | one write: the board's own timed pulse (`modbus_relay_boards`) |
| `light` | the same for a lamp's or sounder's relay: it goes out by itself |
| `state` | READ DISCRETE INPUTS: the contacts that are wired |

**Sent once.** A barrier must never move late, for somebody who is no longer there. So nothing is
ever sent a second time: an `open` whose answer is lost raises DeviceTimeout, and whether the arm
went up is a question for `state`. A confirmed `open` is a command taken, not an arm moved.

**Fire.** The fire alarm's contact frees exits by its own wiring, also with this program stopped;
the input only lets us know of it. Wire it to open on alarm and name it with ``!``: then a cut wire
reads as fire, too.

Settings: ``port``, ``board`` (a name in `modbus_relay_boards`), ``relay`` (1 is the first);
optional ``pulse_ms`` (500, at most 10000); ``arm_input``, ``loop_input``, ``door_input``,
``exit_input``, ``fire_input``, ``tamper_input`` (number of the input, with ``!`` before it for a
contact that opens when the thing happens); ``go_relay``, ``stop_relay``, ``alarm_relay``; ``unit``,
``baud``, ``parity``, ``stop_bits``, ``timeout_ms`` (500). Lanes that name the same port share it
(`modbus_line`).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import WriteMultipleRegistersRequest, WriteSingleRegisterRequest

from drivers.api.barriers import Barrier, BarrierDriver, Inputs, Lamp
from drivers.barriers.modbus_line import LineUse, ModbusLine, shared_line
from drivers.barriers.modbus_relay_boards import BOARDS, Board, Pulse
from drivers.bytestream import line_settings, whole_number
from drivers.errors import DeviceFault, FrameError

LONGEST_PULSE_MS: Final = 10_000
LONGEST_LIGHT_MS: Final = 250_000

CONTACTS: Final[Mapping[str, str]] = {
    "arm_input": "arm_up",
    "loop_input": "vehicle_present",
    "door_input": "door_open",
    "exit_input": "exit_button",
    "fire_input": "fire",
    "tamper_input": "tamper",
}
"""Setting of each contact, and the field of `Inputs` that it is read into."""


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
    """What of the board is wired to this barrier. `relay` and those of `lamps` count from 0.

    `contacts` are named by the field of `Inputs` that they are read into.
    """

    board: Board
    unit: int
    relay: int
    pulse_ms: int
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    lamps: Mapping[Lamp, int] = field(default_factory=dict)


class ModbusRelay:
    """A `drivers.api.barriers.Barrier` of one thread. The first call opens the line."""

    def __init__(self, line: ModbusLine, wiring: Wiring, *, device: str = "") -> None:
        self._line = line
        self._wiring = wiring
        self._device = device or line.use.line.port

    def open(self) -> None:
        """Ask for one opening.

        Raises:
            DeviceTimeout: no answer; the arm may or may not have moved. Nothing is sent again.
            FrameError: the answer made no sense; the same holds.
            DeviceFault: the board refused.
            DeviceNotFound, DeviceBusy: the line cannot be used.
        """
        self._pulse(self._wiring.relay, self._wiring.pulse_ms)

    def light(self, lamp: Lamp, for_s: float) -> None:
        """Light a lamp for a time, at most 250 s. Raises as `open` does."""
        relay = self._wiring.lamps.get(lamp)
        if relay is not None:
            longest_ms = min(LONGEST_LIGHT_MS, _longest_ms(self._wiring.board))
            self._pulse(relay, max(1, min(round(for_s * 1000), longest_ms)))

    def state(self) -> Inputs:
        """Read the inputs. Raises as `open` does."""
        contacts = self._wiring.contacts
        count = max((contact.number + 1 for contact in contacts.values()), default=0)
        if count == 0:
            return Inputs()
        answer = self._line.ask(
            ReadDiscreteInputsRequest(address=0, count=count, dev_id=self._wiring.unit),
            self._device,
        )
        if len(answer.bits) < count:
            raise FrameError(f"{self._device} left inputs out", device=self._device)
        return Inputs(**{name: _closed(contact, answer) for name, contact in contacts.items()})

    def close(self) -> None:
        """Give the line back. Safe to call twice."""
        self._line.leave(self)

    def _pulse(self, relay: int, pulse_ms: int) -> None:
        wiring = self._wiring
        request = pulse_request(wiring.board, unit=wiring.unit, relay=relay, pulse_ms=pulse_ms)
        answer = self._line.ask(request, self._device)
        if not _confirms(request, answer):
            raise FrameError(f"{self._device} confirmed another command", device=self._device)


def pulse_request(board: Board, *, unit: int, relay: int, pulse_ms: int) -> ModbusPDU:
    """The one command that makes the board close the relay and open it again by itself."""
    steps = -(-pulse_ms // board.step_ms)  # never shorter than asked
    address = board.first_address + relay * board.stride
    match board.pulse:
        case Pulse.COIL:
            return TimedCoil(address=address, value=steps, dev_id=unit)
        case Pulse.TWO_REGISTERS:
            return WriteMultipleRegistersRequest(
                address=address, registers=[board.mode, steps], dev_id=unit
            )
        case Pulse.ONE_REGISTER:
            return WriteSingleRegisterRequest(
                address=address, registers=[board.mode << 8 | steps], dev_id=unit
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


def _closed(contact: Contact, answer: ModbusPDU) -> bool:
    return bool(answer.bits[contact.number]) != contact.inverted


def _longest_ms(board: Board) -> int:
    return board.step_ms * board.most_steps


def _open(settings: Mapping[str, str]) -> Barrier:
    name = settings.get("board", "")
    board = BOARDS.get(name)
    if board is None:
        raise DeviceFault(f"board must be one of {', '.join(BOARDS)}, not {name!r}", status="board")
    line = line_settings(settings, baud=board.baud)
    longest_ms = min(LONGEST_PULSE_MS, _longest_ms(board))
    wiring = Wiring(
        board=board,
        unit=whole_number(settings, "unit", board.unit, 1, 255),
        relay=whole_number(settings, "relay", 1, 1, board.relays) - 1,
        pulse_ms=whole_number(settings, "pulse_ms", 500, 1, longest_ms),
        contacts=_contacts(settings, board),
        lamps=_lamps(settings, board),
    )
    if wiring.relay in wiring.lamps.values():
        raise DeviceFault("a lamp names the relay that opens", status="setting")
    timeout_s = whole_number(settings, "timeout_ms", 500, 10, 10_000) / 1000
    shared = shared_line(LineUse(line=line, timeout_s=timeout_s), TimedCoil)
    relay = ModbusRelay(shared, wiring, device=settings.get("name", ""))
    lights = frozenset((wiring.unit, each) for each in wiring.lamps.values())
    shared.wire(relay, (wiring.unit, wiring.relay), lights)
    return relay


def _contacts(settings: Mapping[str, str], board: Board) -> dict[str, Contact]:
    found: dict[str, Contact] = {}
    for setting, name in CONTACTS.items():
        text = settings.get(setting, "").strip()
        if not text:
            continue
        if board.inputs == 0:
            raise DeviceFault(f"{setting}: board {board.name} has no inputs", status="setting")
        number = whole_number({setting: text.removeprefix("!")}, setting, 1, 1, board.inputs)
        if number - 1 in {each.number for each in found.values()}:
            raise DeviceFault(f"{setting} names an input that has a name already", status="setting")
        found[name] = Contact(number=number - 1, inverted=text.startswith("!"))
    return found


def _lamps(settings: Mapping[str, str], board: Board) -> dict[Lamp, int]:
    return {
        lamp: whole_number(settings, f"{lamp}_relay", 1, 1, board.relays) - 1
        for lamp in Lamp
        if settings.get(f"{lamp}_relay", "").strip()
    }


DRIVER: Final = BarrierDriver(name="modbus_relay", open=_open)
