"""What the tests of the barrier drivers share."""

from collections.abc import Callable

import pytest
import serial

from simulators.stream import StreamDevice
from tests.unit.drivers.barriers.memory_serial import MemorySerial


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Callable[[StreamDevice], MemorySerial]:
    """Puts a device behind whatever port is opened next."""

    def plug_in(device: StreamDevice) -> MemorySerial:
        port = MemorySerial(device)
        monkeypatch.setattr(serial, "serial_for_url", lambda *_, **__: port)
        return port

    return plug_in
