"""Ports on which simulated serial devices sit: a pty and a TCP socket.

A simulated device is an object with one method, `receive(bytes) -> bytes`; the real driver opens
the other end (pyserial on the pty's path, a network transport on the socket). A `StreamFault`
cuts, doubles, garbles or keeps back what passes, so that a dialogue can be broken at any byte.
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
    """What can happen to bytes on their way. A transmission is what one side sends at once."""

    SILENCE = "silence"  # nothing arrives from `at_byte` on
    CUT = "cut"  # the transmission that holds `at_byte` ends there; later ones arrive whole
    GARBLE = "garble"  # the byte at `at_byte` arrives with all bits inverted
    DOUBLE = "double"  # the transmission that holds `at_byte` arrives twice
    LATE = "late"  # the transmission that holds `at_byte` arrives together with the next one


@unique
class Direction(StrEnum):
    """Which way the bytes go that a fault hits."""

    TO_HOST = "to-host"
    TO_DEVICE = "to-device"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFault:
    """One fault, counted in bytes of its direction since the fault was set."""

    kind: StreamFaultKind
    at_byte: int = 0
    direction: Direction = Direction.TO_HOST


@dataclass(slots=True)
class FaultyLine:
    """A device behind a line that can be told to fail. Clearing `fault` repairs it."""

    device: StreamDevice
    fault: StreamFault | None = None
    _passed: int = field(default=0, init=False)
    _kept_back: bytes = field(default=b"", init=False)

    def break_line(self, fault: StreamFault | None) -> None:
        """Set or clear the fault and count its bytes from now."""
        self.fault = fault
        self._passed = 0
        self._kept_back = b""

    def receive(self, data: bytes) -> bytes:
        """Pass `data` to the device and its answer back, either one through the fault."""
        arrived = self._through(data, Direction.TO_DEVICE)
        answer = self.device.receive(arrived) if arrived else b""
        return self._through(answer, Direction.TO_HOST)

    def _through(self, sent: bytes, direction: Direction) -> bytes:
        fault = self.fault
        if fault is None or fault.direction is not direction or not sent:
            return sent
        offset = fault.at_byte - self._passed
        self._passed += len(sent)
        if offset >= len(sent):
            return sent
        return self._hit(fault.kind, sent, offset) if offset >= 0 else self._after(fault.kind, sent)

    def _hit(self, kind: StreamFaultKind, sent: bytes, offset: int) -> bytes:
        match kind:
            case StreamFaultKind.SILENCE | StreamFaultKind.CUT:
                return sent[:offset]
            case StreamFaultKind.GARBLE:
                return sent[:offset] + bytes([sent[offset] ^ 0xFF]) + sent[offset + 1 :]
            case StreamFaultKind.DOUBLE:
                return sent + sent
            case StreamFaultKind.LATE:
                self._kept_back = sent
                return b""

    def _after(self, kind: StreamFaultKind, sent: bytes) -> bytes:
        if kind is StreamFaultKind.SILENCE:
            return b""
        kept_back, self._kept_back = self._kept_back, b""
        return kept_back + sent


class PtyPort:
    """A device on a pseudo terminal; `path` is what the driver opens as its serial port."""

    def __init__(self, device: StreamDevice) -> None:
        self._device = device
        self._closed = False
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
            try:
                self.send(self._device.receive(data))
            except OSError:
                return

    def send(self, data: bytes) -> None:
        """Send bytes, also ones the host did not ask for."""
        while data:
            data = data[os.write(self._master, data) :]

    def stop_serving(self) -> None:
        """Let the device take no more bytes: what the host sends piles up in the line."""
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"x")
        self._thread.join(timeout=2)

    def close(self) -> None:
        """Take the device off the line. Safe to call twice."""
        if self._closed:
            return
        self._closed = True  # the descriptors' numbers may soon belong to somebody else
        self.stop_serving()
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
