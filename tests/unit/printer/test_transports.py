"""Real ports to the virtual printer: pyserial on a pty, a TCP socket, a file.

USB cannot run without hardware; a small stand-in for pyusb's device shows what we make of it.
"""

import errno
import os
import socket
import time
from contextlib import closing
from pathlib import Path

import pytest

from printer.errors import PrinterOffline, ProfileInvalid
from printer.profile import load_profile
from printer.receipt import Receipt, Text
from printer.spool import UNPROVABLE, Outcome, ask_status, print_job
from printer.transports import UsbChannel, open_channel
from simulators.paper import VirtualPrinter
from simulators.stream import PtyPort, TcpPort

EPSON = load_profile("epson-tm-t82")
RECEIPT = Receipt(number="1", lines=(Text("张晓 ￥20.00"),))


def test_a_receipt_goes_over_a_serial_port_and_back_comes_its_proof() -> None:
    printer = VirtualPrinter()
    with closing(PtyPort(printer)) as port:
        settings = {"kind": "serial", "port": port.path, "baudrate": "115200"}
        with closing(open_channel(settings)) as channel:
            assert print_job(channel, EPSON, RECEIPT).outcome is Outcome.PRINTED
    assert printer.sheets[0].text == "张晓 ￥20.00\n"


def test_a_receipt_goes_over_the_network_and_back_comes_its_proof() -> None:
    printer = VirtualPrinter()
    with closing(TcpPort(printer)) as port:
        settings = {"kind": "network", "host": "127.0.0.1", "port": str(port.port)}
        with closing(open_channel(settings)) as channel:
            assert print_job(channel, EPSON, RECEIPT).outcome is Outcome.PRINTED
    assert printer.sheets[0].text == "张晓 ￥20.00\n"


def test_a_receipt_goes_into_a_file_and_nobody_knows_more(tmp_path: Path) -> None:
    target = tmp_path / "lp0"
    target.touch()
    channel = open_channel({"kind": "file", "path": str(target)})
    result = print_job(channel, load_profile("zjiang-58"), RECEIPT)
    channel.close()
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, UNPROVABLE)
    assert "张晓".encode("gb18030") in target.read_bytes()


def test_a_silent_serial_printer_is_given_up_in_time() -> None:
    printer = VirtualPrinter()
    printer.change(powered=False)
    with (
        closing(PtyPort(printer)) as port,
        closing(open_channel({"kind": "serial", "port": port.path})) as channel,
    ):
        started = time.monotonic()
        assert ask_status(channel).silent
        assert time.monotonic() - started < 1.0


def test_a_serial_port_that_takes_nothing_ends_the_write_and_lets_go() -> None:
    master, slave = os.openpty()
    try:
        channel = open_channel({"kind": "serial", "port": os.ttyname(slave)})
        started = time.monotonic()
        with pytest.raises(PrinterOffline):
            channel.write(bytes(1_000_000), 0.2)
        channel.close()
        channel.close()
        assert time.monotonic() - started < 1.0
    finally:
        os.close(master)
        os.close(slave)


def test_a_serial_port_that_disappears_is_offline() -> None:
    master, slave = os.openpty()
    channel = open_channel({"kind": "serial", "port": os.ttyname(slave)})
    os.close(slave)
    os.close(master)
    with pytest.raises(PrinterOffline):
        channel.read(1, 0.1)
    channel.close()


def test_a_network_printer_that_says_nothing_costs_only_the_time_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = {"kind": "network", "host": "127.0.0.1", "port": str(listener.getsockname()[1])}
        with closing(open_channel(settings)) as channel:
            assert channel.read(16, 0.0) == b""
            assert channel.read(16, 0.05) == b""


def test_a_network_printer_that_hangs_up_is_offline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = {"kind": "network", "host": "127.0.0.1", "port": str(listener.getsockname()[1])}
        with closing(open_channel(settings)) as channel:
            accepted, _ = listener.accept()
            accepted.close()
            with pytest.raises(PrinterOffline):
                channel.read(16, 1.0)


def test_a_network_printer_that_takes_nothing_ends_the_write() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = {"kind": "network", "host": "127.0.0.1", "port": str(listener.getsockname()[1])}
        with closing(open_channel(settings)) as channel, pytest.raises(PrinterOffline):
            channel.write(bytes(50_000_000), 0.2)


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "serial", "port": "no-such-port"},
        {"kind": "serial", "port": "with\0nul"},
        {"kind": "network", "host": "127.0.0.1", "port": "1"},
        {"kind": "usb", "vendor": "0x04b8", "product": "0x0e15"},
    ],
)
def test_a_printer_that_is_not_there_is_offline(settings: dict[str, str]) -> None:
    with pytest.raises(PrinterOffline):
        open_channel(settings)


def test_a_file_that_cannot_be_written_is_offline(tmp_path: Path) -> None:
    channel = open_channel({"kind": "file", "path": str(tmp_path)})
    with pytest.raises(PrinterOffline):
        channel.write(b"x", 1.0)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "kind"),
        ({"kind": "telepathy"}, "kind"),
        ({"kind": "serial"}, "port"),
        ({"kind": "serial", "port": "COM3", "baudrate": "fast"}, "baudrate"),
        ({"kind": "serial", "port": "COM3", "flow": "ebb"}, "flow"),
        ({"kind": "serial", "port": "COM3", "speed": "9600"}, "speed"),
        ({"kind": "network"}, "host"),
        ({"kind": "network", "host": "127.0.0.1", "port": "70000"}, "port"),
        ({"kind": "usb", "vendor": "0x04b8"}, "product"),
        ({"kind": "file"}, "path"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, str], key: str) -> None:
    with pytest.raises(ProfileInvalid) as refused:
        open_channel(settings)
    assert refused.value.key == key


class UsbDevice:
    """What pyusb's device does: takes at most a packet, times out with ETIMEDOUT."""

    def __init__(self) -> None:
        self.taken = b""
        self.packets = [bytes.fromhex("1212")]
        self.limits_ms: list[int] = []
        self.pulled_out = False

    def write(self, endpoint: int, data: bytes, timeout_ms: int) -> int:
        assert endpoint == 0x01
        self.limits_ms.append(timeout_ms)
        self.taken += data[:64]
        return len(data[:64])

    def read(self, endpoint: int, size: int, timeout_ms: int) -> bytes:
        assert (endpoint, size) == (0x82, 512)
        self.limits_ms.append(timeout_ms)
        if self.pulled_out:
            raise OSError(errno.ENODEV, "no such device")
        if not self.packets:
            raise OSError(errno.ETIMEDOUT, "timed out")
        return self.packets.pop()


@pytest.fixture
def usb_device(monkeypatch: pytest.MonkeyPatch) -> UsbDevice:
    device = UsbDevice()

    class Usb:
        def __init__(self, vendor: int, product: int, *, in_ep: int, out_ep: int) -> None:
            self.device = device

        @staticmethod
        def is_usable() -> bool:
            return True

        def open(self) -> None: ...

        def close(self) -> None: ...

    monkeypatch.setattr("escpos.printer.Usb", Usb)
    return device


def test_usb_sends_all_packets_and_reads_what_came(usb_device: UsbDevice) -> None:
    with closing(UsbChannel(0x04B8, 0x0E15)) as channel:
        channel.write(bytes(range(150)), 1.5)
        assert usb_device.taken == bytes(range(150))
        assert channel.read(1, 0.3) == b"\x12"
        assert channel.read(1, 0.3) == b"\x12"
        assert channel.read(1, 0.3) == b""
        assert channel.read(1, 0.0) == b""
    assert usb_device.limits_ms == [1500, 1500, 1500, 300, 300, 1]


def test_without_pyusb_a_usb_printer_is_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("escpos.printer.usb._DEP_USB", False)
    with pytest.raises(PrinterOffline, match="pyusb"):
        UsbChannel(0x04B8, 0x0E15)


def test_a_usb_printer_that_is_pulled_out_is_offline(usb_device: UsbDevice) -> None:
    usb_device.pulled_out = True
    with closing(UsbChannel(0x04B8, 0x0E15)) as channel, pytest.raises(PrinterOffline):
        channel.read(1, 0.1)
