"""A printer in the same process: the station's channel, wired straight to a simulated device."""

import threading
from collections.abc import Callable

from printer.errors import PrinterOffline
from simulators.stream import StreamDevice


class PaperLine:
    """A `printer.channel.Channel` to `device`, without a port between.

    `wait` is called with the seconds a read has to wait in vain, so that a test can count them
    instead of spending them; by default they are spent.
    """

    def __init__(
        self, device: StreamDevice, *, wait: Callable[[float], object] | None = None
    ) -> None:
        self.device = device
        self.unplugged = False
        self._wait = threading.Event().wait if wait is None else wait
        self._answers = bytearray()

    def write(self, data: bytes, timeout_s: float) -> None:  # noqa: ARG002 - it takes no time
        """Hand `data` to the device.

        Raises:
            PrinterOffline: the line is unplugged.
        """
        if self.unplugged:
            raise PrinterOffline("the cable is out")
        self._answers += self.device.receive(data)

    def read(self, size: int, timeout_s: float) -> bytes:
        """What the device has said.

        Raises:
            PrinterOffline: the line is unplugged.
        """
        if self.unplugged:
            raise PrinterOffline("the cable is out")
        self._answers += self.device.receive(b"")
        if not self._answers:
            self._wait(timeout_s)
        heard = bytes(self._answers[:size])
        del self._answers[:size]
        return heard

    def close(self) -> None:
        """Nothing is held."""
