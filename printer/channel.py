"""The way to a printer: three calls, whatever the cable is."""

from typing import Protocol


class Channel(Protocol):
    """Bytes to and from one printer. It belongs to one thread, and every call is bounded."""

    def write(self, data: bytes, timeout_s: float) -> None:
        """Hand over all of `data` within `timeout_s` seconds.

        Raises:
            PrinterOffline: the way is gone or took too long; any part may have gone out.
        """

    def read(self, size: int, timeout_s: float) -> bytes:
        """What the printer said: 1 to `size` bytes, as soon as there are any; none after the time.

        Raises:
            PrinterOffline: the way is gone.
        """

    def close(self) -> None:
        """Let go of the way. Safe to call twice, and never waits for the printer."""
