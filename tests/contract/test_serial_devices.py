"""The serial drivers over real ports: pyserial and pymodbus on a pty and on a socket.

Times are real here, so waiting is done by the drivers' own timeouts and nothing sleeps.
"""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import serial
from pymodbus.client import ModbusSerialClient

from drivers.acceptors import id003, ssp
from drivers.api.acceptors import BillAcceptor, BillEvent, BillEventKind
from drivers.api.barriers import Inputs
from drivers.api.streams import ByteStream
from drivers.barriers import modbus_relay
from drivers.bytestream import LineSettings, line_settings, open_serial, port_names
from drivers.errors import DeviceBusy, DeviceFault, DeviceNotFound, DeviceTimeout
from simulators.acceptor import YUAN, VirtualAcceptor
from simulators.acceptor_path import AT_ONCE
from simulators.barrier import VirtualArm, VirtualBarrier
from simulators.barrier_board import Model, VirtualRelayBoard
from simulators.id003 import VirtualId003
from simulators.stream import FaultyLine, StreamFault, StreamFaultKind, TcpPort
from tests.contract.plugging import Plug


class Echo:
    def receive(self, data: bytes) -> bytes:
        return data


class Deaf:
    def receive(self, _: bytes) -> bytes:
        return b""


def line(port: str) -> LineSettings:
    return LineSettings(port=port, baud=9600, stop_bits=2)


def read_all(stream: ByteStream, size: int) -> bytes:
    data = b""
    while len(data) < size and (part := stream.read(size - len(data), 5.0)):
        data += part
    return data


# --- the line ------------------------------------------------------------------------------------


def test_bytes_of_every_value_pass_unchanged(plug: Plug) -> None:
    stream = open_serial(line(plug(Echo()).path))
    sent = bytes(range(256)) * 2
    stream.write(sent)
    assert read_all(stream, len(sent)) == sent
    stream.close()


def test_reading_gives_what_is_there_and_not_more_than_asked(plug: Plug) -> None:
    port = plug(Deaf())
    stream = open_serial(line(port.path))
    assert stream.read(10, 0.0) == b""
    assert stream.read(10, 0.01) == b""
    assert stream.read(0, 5.0) == b""
    port.send(b"abc")
    assert stream.read(1, 5.0) == b"a"
    assert read_all(stream, 2) == b"bc"
    stream.close()


def test_what_was_buffered_before_opening_is_dropped(plug: Plug) -> None:
    port = plug(Echo())
    port.send(b"yesterday")
    stream = open_serial(line(port.path))
    stream.write(b"today")
    assert read_all(stream, 5) == b"today"
    stream.close()


def test_a_port_that_is_not_there_is_not_found() -> None:
    with pytest.raises(DeviceNotFound) as caught:
        open_serial(line("COM98"), device="acceptor")
    assert caught.value.device == "acceptor"


def test_a_port_that_is_open_elsewhere_is_busy(plug: Plug) -> None:
    path = plug(Echo()).path
    stream = open_serial(line(path))
    with pytest.raises(DeviceBusy):
        open_serial(line(path))
    stream.close()
    open_serial(line(path)).close()


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (serial.SerialException(errno.EACCES, "could not open port"), DeviceFault),
        (serial.SerialException(errno.EBUSY, "could not open port"), DeviceBusy),
        (serial.SerialException("could not open: PermissionError(13, 'denied')"), DeviceBusy),
        (serial.SerialException("could not open: FileNotFoundError(2, 'gone')"), DeviceNotFound),
        (OSError(errno.EIO, "input/output error"), DeviceNotFound),
        (ValueError("invalid baud rate"), DeviceFault),
    ],
    ids=["no right", "busy", "windows: busy", "windows: none", "dead", "impossible"],
)
def test_what_other_systems_refuse_has_the_same_names(
    monkeypatch: pytest.MonkeyPatch, refusal: Exception, expected: type[Exception]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    with pytest.raises(expected):
        open_serial(line("COM3"))


def test_a_file_that_is_no_port_is_not_found() -> None:
    with pytest.raises(DeviceNotFound):
        open_serial(line(os.devnull))


def test_an_unknown_kind_of_url_is_a_fault() -> None:
    with pytest.raises(DeviceFault):
        open_serial(line("nonsense://port"))


def test_a_device_that_is_pulled_out_is_not_found(plug: Plug) -> None:
    port = plug(Echo())
    stream = open_serial(line(port.path))
    port.close()
    with pytest.raises(DeviceNotFound):
        stream.read(1, 5.0)
    with pytest.raises(DeviceNotFound):
        stream.write(b"x")
    stream.close()
    stream.close()


def test_a_device_that_takes_nothing_is_a_timeout(
    plug: Plug, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.bytestream.WRITE_TIMEOUT_S", 0.05)
    port = plug(Deaf())
    port.stop_serving()
    stream = open_serial(line(port.path))
    with pytest.raises(DeviceTimeout):
        stream.write(bytes(1_000_000))
    stream.close()


def test_a_serial_server_is_a_line_like_any_other() -> None:
    port = TcpPort(Echo())
    stream = open_serial(line(f"socket://127.0.0.1:{port.port}"))
    stream.write(b"hello")
    assert read_all(stream, 5) == b"hello"
    port.close()
    with pytest.raises(DeviceNotFound):
        stream.read(1, 5.0)
    stream.close()


def test_the_ports_of_this_machine_can_be_listed() -> None:
    assert list(port_names()) == sorted(port_names())


def test_settings_of_a_line_have_the_devices_defaults() -> None:
    assert line_settings({"port": " COM3 "}, baud=9600, stop_bits=2) == LineSettings(
        port="COM3", baud=9600, parity="N", stop_bits=2
    )
    chosen = {"port": "COM3", "baud": "38400", "parity": "e", "stop_bits": "1"}
    assert line_settings(chosen, baud=9600) == LineSettings(port="COM3", baud=38400, parity="E")


# --- the acceptor --------------------------------------------------------------------------------


def poll_for(driver: BillAcceptor, kind: BillEventKind) -> list[BillEvent]:
    events: list[BillEvent] = []
    for _ in range(200):
        events += driver.poll()
        if any(event.kind is kind for event in events):
            return events
    pytest.fail(f"no {kind} among {events}")


def test_a_note_is_taken_over_a_real_port_although_the_line_stumbles(plug: Plug) -> None:
    acceptor = VirtualAcceptor(timing=AT_ONCE)
    stumbling = FaultyLine(acceptor)
    driver = ssp.DRIVER.open({"port": plug(stumbling).path, "timeout_ms": "500"})
    assert driver.start().currency == "CNY"
    driver.enable([10 * YUAN])
    acceptor.insert_note(10 * YUAN)
    poll_for(driver, BillEventKind.ESCROW)
    stumbling.break_line(StreamFault(kind=StreamFaultKind.GARBLE, at_byte=4))
    driver.stack()
    events = poll_for(driver, BillEventKind.STACKED)
    assert [event.value_fen for event in events if event.kind is BillEventKind.CREDITED] == [1000]
    driver.disable()
    assert not acceptor.view().enabled


def test_an_acceptor_that_is_unplugged_and_plugged_in_again_is_started_anew(
    plug: Plug, tmp_path: Path
) -> None:
    acceptor, name = VirtualAcceptor(timing=AT_ONCE), tmp_path / "acceptor"
    port = plug(acceptor)
    name.symlink_to(port.path)
    driver = ssp.DRIVER.open({"port": str(name), "timeout_ms": "500"})
    driver.start()
    port.close()
    with pytest.raises(DeviceNotFound):
        driver.poll()
    with pytest.raises(DeviceNotFound):
        driver.start()
    name.unlink()
    name.symlink_to(plug(acceptor).path)
    assert driver.start().stacked_count == 0
    assert driver.poll() == []


def test_a_note_is_taken_by_id003_over_a_real_port_although_the_line_stumbles(plug: Plug) -> None:
    acceptor = VirtualId003(timing=AT_ONCE)
    stumbling = FaultyLine(acceptor)
    # A pty carries no parity bit; over a socket and on a wire the driver's own 8E1 stands.
    settings = {"port": plug(stumbling).path, "parity": "N", "timeout_ms": "300"}
    driver = id003.DRIVER.open(settings)
    assert driver.start().currency == "CNY"
    driver.enable([10 * YUAN])
    acceptor.insert_note(10 * YUAN)
    poll_for(driver, BillEventKind.ESCROW)
    stumbling.break_line(StreamFault(kind=StreamFaultKind.GARBLE, at_byte=4))
    driver.stack()
    events = poll_for(driver, BillEventKind.STACKED)
    assert [event.value_fen for event in events if event.kind is BillEventKind.CREDITED] == [1000]
    driver.disable()
    assert not acceptor.view().enabled


def test_an_id003_acceptor_behind_a_serial_server_keeps_its_even_parity() -> None:
    port = TcpPort(VirtualId003(timing=AT_ONCE))
    where = f"socket://127.0.0.1:{port.port}"
    driver = id003.DRIVER.open({"port": where, "timeout_ms": "300"})
    assert driver.start().repeats_credit
    driver.close()  # type: ignore[attr-defined]
    port.close()


def test_a_silent_acceptor_is_a_timeout(plug: Plug) -> None:
    driver = ssp.DRIVER.open({"port": plug(Deaf()).path, "timeout_ms": "10", "tries": "3"})
    with pytest.raises(DeviceTimeout):
        driver.start()


# --- the barrier ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "board"),
    [(Model.WAVESHARE, "waveshare-d"), (Model.LC, "lc"), (Model.R421A08, "r421a08")],
)
def test_a_barrier_opens_over_a_real_port(plug: Plug, model: Model, board: str) -> None:
    barrier = VirtualBarrier(model=model, unit=9, arm=VirtualArm(rise_s=1e-6))
    wired = {} if board == "r421a08" else {"arm_input": "1", "loop_input": "2"}
    driver = modbus_relay.DRIVER.open(
        {"port": plug(barrier).path, "board": board, "unit": "9", "timeout_ms": "2000"} | wired
    )
    if wired:
        assert driver.state() == Inputs(arm_up=False, vehicle_present=False)
    driver.open()
    assert len(barrier.openings) == 1
    if wired:
        barrier.vehicle_present = True
        assert driver.state() == Inputs(arm_up=True, vehicle_present=True)
    driver.close()


def test_a_silent_board_is_a_timeout_and_the_command_went_out_once(plug: Plug) -> None:
    barrier = VirtualBarrier()
    mute = FaultyLine(barrier, StreamFault(kind=StreamFaultKind.SILENCE))
    driver = modbus_relay.DRIVER.open(
        {"port": plug(mute).path, "board": "waveshare", "timeout_ms": "50"}
    )
    with pytest.raises(DeviceTimeout):
        driver.open()
    driver.close()
    assert len(barrier.openings) <= 1


def test_a_port_in_use_and_one_that_went_away_and_came_back_are_told_apart(
    plug: Plug, tmp_path: Path
) -> None:
    barrier, name = VirtualBarrier(), tmp_path / "barrier"
    port = plug(barrier)
    name.symlink_to(port.path)
    settings = {"port": str(name), "board": "waveshare-d", "arm_input": "1", "timeout_ms": "2000"}
    first = modbus_relay.DRIVER.open(settings)
    other = open_serial(line_settings(settings, baud=9600))
    with pytest.raises(DeviceBusy):
        first.open()
    other.close()
    first.state()
    with pytest.raises(DeviceBusy):
        open_serial(line_settings(settings, baud=9600))
    port.close()
    with pytest.raises(DeviceNotFound):
        first.open()
    with pytest.raises(DeviceNotFound):
        first.state()
    name.unlink()
    name.symlink_to(plug(barrier).path)
    assert first.state() == Inputs(arm_up=False, vehicle_present=None)
    assert barrier.openings == (), "what could not be sent is not made up for"
    first.close()


def test_two_lanes_share_one_board_and_its_line(plug: Plug) -> None:
    barrier = VirtualBarrier()
    settings = {"port": plug(barrier).path, "board": "waveshare-d", "timeout_ms": "2000"}
    entry = modbus_relay.DRIVER.open(settings | {"relay": "1"})
    leave = modbus_relay.DRIVER.open(settings | {"relay": "2", "loop_input": "2"})
    with ThreadPoolExecutor() as lanes:
        for _ in range(5):
            openings = [lanes.submit(lane.open) for lane in (entry, leave)]
            assert leave.state().vehicle_present is False
            for opening in openings:
                opening.result()
    assert sorted(each.relay for each in barrier.board.openings) == [0] * 5 + [1] * 5
    with pytest.raises(DeviceFault, match="named twice"):
        modbus_relay.DRIVER.open(settings | {"relay": "3", "baud": "38400"})
    entry.close()
    leave.open()
    leave.close()


@pytest.mark.parametrize("model", [Model.WAVESHARE, Model.LC])
def test_the_virtual_board_understands_a_master_of_another_hand(plug: Plug, model: Model) -> None:
    board = VirtualRelayBoard(model=model, unit=5)
    board.inputs = [True, False, False, True, False, False, False, False]
    master = ModbusSerialClient(plug(board).path, baudrate=115200, timeout=2, retries=0)
    assert master.connect()
    assert not master.write_coil(2, True, device_id=5).isError()
    assert not master.write_coil(3, True, device_id=5).isError()
    assert not master.write_coil(2, False, device_id=5).isError()
    assert master.read_coils(0, count=8, device_id=5).bits == [n == 3 for n in range(8)]
    assert master.read_discrete_inputs(0, count=8, device_id=5).bits == board.inputs
    assert master.write_coils(0, [True] * 8, device_id=5).count == 8
    assert board.relays == (True,) * 8
    assert master.read_discrete_inputs(8, count=1, device_id=5).exception_code == 2
    assert master.read_input_registers(0, count=1, device_id=5).exception_code == 1
    master.close()  # type: ignore[no-untyped-call]
