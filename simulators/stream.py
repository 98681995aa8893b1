"""Ports on which simulated serial devices sit: a pty and a TCP socket.

A simulated device is an object with one method, `receive(bytes) -> bytes`; the real driver opens
the other end (pyserial on the pty's path, a network transport on the socket). A `StreamFault`
cuts, delays nothing, doubles or garbles what passes, so that a dialogue can be broken at any byte.
"""

import contextlib
import os
import select
import socket
import threading
import tty
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Protocol


class StreamDevice(Protocol):
    """A device on a byte stream: takes what the host sent, returns what the device answers."""

    def receive(self, data: bytes) -> bytes:
        """Answer to `data`; both may be any part of a frame, and the answer may be empty."""


@unique
class StreamFaultKind(StrEnum):
    """What can happen to an answer on its way to the host."""

    SILENCE = "silence"  # nothing arrives from `at_byte` on
    GARBLE = "garble"  # the byte at `at_byte` arrives with all bits inverted
    DOUBLE = "double"  # the answer that holds `at_byte` arrives twice


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFault:
    """One fault, counted in bytes from the device to the host since the fault was set."""

    kind: StreamFaultKind
    at_byte: int = 0


@dataclass(slots=True)
class FaultyLine:
    """A device behind a line that can be told to fail. Clearing `fault` repairs it."""

    device: StreamDevice
    fault: StreamFault | None = None
    _sent: int = field(default=0, init=False)

    def break_line(self, fault: StreamFault | None) -> None:
        """Set or clear the fault and count its bytes from now."""
        self.fault = fault
        self._sent = 0

    def receive(self, data: bytes) -> bytes:
        """Pass `data` to the device and its answer through the fault."""
        answer = self.device.receive(data)
        start, self._sent = self._sent, self._sent + len(answer)
        if self.fault is None or self._sent <= self.fault.at_byte:
            return answer
        offset = max(0, self.fault.at_byte - start)
        match self.fault.kind:
            case StreamFaultKind.SILENCE:
                return answer[:offset]
            case StreamFaultKind.GARBLE if start <= self.fault.at_byte:
                bad = bytes([answer[offset] ^ 0xFF])
                return answer[:offset] + bad + answer[offset + 1 :]
            case StreamFaultKind.DOUBLE if start <= self.fault.at_byte:
                return answer + answer
            case _:
                return answer


class PtyPort:
    """A device on a pseudo terminal; `path` is what the driver opens as its serial port."""

    def __init__(self, device: StreamDevice) -> None:
        self._device = device
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._serve, name=f"pty {self.path}", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._master, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            try:
                data = os.read(self._master, 4096)
            except OSError:
                return
            answer = self._device.receive(data)
            if answer:
                os.write(self._master, answer)

    def send(self, data: bytes) -> None:
        """Send bytes the host did not ask for."""
        os.write(self._master, data)

    def close(self) -> None:
        """Take the device off the line."""
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"x")
        self._thread.join(timeout=2)
        for descriptor in (self._master, self._slave, self._wake_read, self._wake_write):
            with contextlib.suppress(OSError):
                os.close(descriptor)


class TcpPort:
    """A device on a loopback TCP port (0 picks a free one); one host at a time."""

    def __init__(self, device: StreamDevice, *, port: int = 0) -> None:
        self._device = device
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._open: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name=f"tcp {self.port}", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                self._open, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), self._open as host:
                while data := host.recv(4096):
                    if answer := self._device.receive(data):
                        host.sendall(answer)

    def close(self) -> None:
        """Hang up and stop listening."""
        for opened in (self._listener, self._open):
            if opened is not None:
                with contextlib.suppress(OSError):
                    opened.shutdown(socket.SHUT_RDWR)
                opened.close()
        self._thread.join(timeout=2)
