"""A line of bytes, serial or anything like it."""

from typing import Protocol


class ByteStream(Protocol):
    """A serial line or anything like it."""

    def write(self, data: bytes) -> None:
        """Send all bytes. Raises DeviceTimeout or DeviceNotFound."""

    def read(self, size: int, timeout_s: float) -> bytes:
        """Up to `size` bytes, as soon as some are there; ``b""`` when the time is over."""

    def close(self) -> None:
        """Give the line back."""
