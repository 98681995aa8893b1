"""Virtual devices on real pseudo terminals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from simulators.stream import PtyPort, StreamDevice

Plug = Callable[[StreamDevice], PtyPort]
"""Puts a device on a port of its own."""


@contextmanager
def ports() -> Iterator[Plug]:
    """Ports for any number of devices, closed at the end."""
    opened: list[PtyPort] = []

    def plug_in(device: StreamDevice) -> PtyPort:
        opened.append(PtyPort(device))
        return opened[-1]

    yield plug_in
    for port in opened:
        port.close()
