"""What the tests of the barrier drivers share."""

from collections.abc import Callable
from weakref import WeakValueDictionary

import pytest
import serial

from drivers.barriers import modbus_line
from simulators.stream import StreamDevice
from tests.unit.drivers.barriers.memory_serial import MemorySerial


@pytest.fixture(autouse=True)
def _fresh_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of another test is still known under its port."""
    monkeypatch.setattr(modbus_line, "_lines", WeakValueDictionary())


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Callable[[StreamDevice], MemorySerial]:
    """Puts a device behind whatever port is opened next."""

    def plug_in(device: StreamDevice) -> MemorySerial:
        port = MemorySerial(device)
        monkeypatch.setattr(serial, "serial_for_url", lambda *_, **__: port)
        return port

    return plug_in
