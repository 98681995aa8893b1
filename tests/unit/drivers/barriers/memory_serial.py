"""A serial port in memory, so that pymodbus can be made to hear anything without waiting for it.

Only the port is replaced; the tests over real ports are in tests/contract/test_serial_devices.py.
"""

from dataclasses import dataclass, field

from serial import SerialException

from simulators.stream import StreamDevice


@dataclass
class MemorySerial:
    """What pymodbus and our own stream use of a `serial.Serial`."""

    device: StreamDevice
    sent: list[bytes] = field(default_factory=list)
    unplugged: bool = False
    timeout: float = 0.0
    inter_byte_timeout: float = 0.0
    is_open: bool = True
    _arrived: bytes = b""

    @property
    def in_waiting(self) -> int:
        self._check()
        return len(self._arrived)

    def read(self, size: int = 1) -> bytes:
        self._check()
        taken, self._arrived = self._arrived[:size], self._arrived[size:]
        return taken

    def write(self, data: bytes) -> int:
        self._check()
        self.sent.append(data)
        self._arrived += self.device.receive(data)
        return len(data)

    def close(self) -> None:
        self._arrived = b""

    def _check(self) -> None:
        if self.unplugged:
            raise SerialException("device disconnected")


@dataclass
class Script:
    """A board that answers everything with the same bytes."""

    answer: bytes

    def receive(self, _: bytes) -> bytes:
        return self.answer
