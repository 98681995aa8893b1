"""The barrier driver against published frames, and against a line and a board that misbehave."""

from collections.abc import Callable

import pytest
import serial
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.api.barriers import BarrierDriver, Inputs, Lamp
from drivers.barriers.modbus_relay import DRIVER, ModbusRelay
from drivers.barriers.modbus_relay_boards import BOARDS
from drivers.errors import DeviceError, DeviceFault, DeviceNotFound, DeviceTimeout, FrameError
from simulators.barrier import VirtualBarrier
from simulators.barrier_board import VirtualRelayBoard
from simulators.stream import Direction, FaultyLine, StreamDevice, StreamFault, StreamFaultKind
from tests.unit.drivers.barriers.memory_serial import MemorySerial, Script

Plug = Callable[[StreamDevice], MemorySerial]

QUICK = {"port": "COM9", "timeout_ms": "20", "baud": "115200"}
WAVESHARE_D = QUICK | {"board": "waveshare-d", "arm_input": "1", "loop_input": "2"}

# What the makers and sellers print: settings, command, answer. (Only the R421A08's is put together
# from its published command words.)
PULSES = [
    (
        {"board": "waveshare", "relay": "1", "pulse_ms": "700"},
        "01 05 02 00 00 07 8D B0",
        "01 05 02 00 00 07 8D B0",
    ),
    (
        {"board": "waveshare", "relay": "2", "pulse_ms": "800"},
        "01 05 02 01 00 08 9C 74",
        "01 05 02 01 00 08 9C 74",
    ),
    (
        {"board": "lc", "relay": "1", "pulse_ms": "2000"},
        "FF 10 00 03 00 02 04 00 04 00 14 C5 9F",
        "FF 10 00 03 00 02 A4 16",
    ),
    (
        {"board": "dam0808", "relay": "1", "pulse_ms": "1000"},
        "FE 10 00 03 00 02 04 00 04 00 0A 41 6B",
        "FE 10 00 03 00 02 A5 C7",
    ),
    (
        {"board": "dam0808", "relay": "2", "pulse_ms": "1000"},
        "FE 10 00 08 00 02 04 00 04 00 0A 00 D8",
        "FE 10 00 08 00 02 D4 05",
    ),
    (
        {"board": "r421a08", "relay": "1", "pulse_ms": "1000"},
        "01 06 00 01 06 01 1A 6A",
        "01 06 00 01 06 01 1A 6A",
    ),
]


def relay(settings_: dict[str, str]) -> ModbusRelay:
    driver = DRIVER.open(settings_)
    assert isinstance(driver, ModbusRelay)
    return driver


@pytest.mark.parametrize(("chosen", "command", "answer"), PULSES)
def test_opening_sends_the_boards_own_timed_pulse(
    plug: Plug, chosen: dict[str, str], command: str, answer: str
) -> None:
    port = plug(Script(bytes.fromhex(answer)))
    relay(QUICK | chosen).open()
    assert port.sent == [bytes.fromhex(command)]


@pytest.mark.parametrize(
    ("board", "command", "answer", "first"),
    [
        ("dam0808", "FE 02 00 00 00 08 6D C3", "FE 02 01 00 91 9C", False),
        ("lc", "FF 02 00 00 00 08 6C 12", "FF 02 01 01 51 A0", True),
    ],
)
def test_the_published_input_exchanges_are_read(
    plug: Plug, board: str, command: str, answer: str, first: bool
) -> None:
    port = plug(Script(bytes.fromhex(answer)))
    driver = relay(QUICK | {"board": board, "arm_input": "1", "loop_input": "8"})
    assert driver.state() == Inputs(arm_up=first, vehicle_present=False)
    assert port.sent == [bytes.fromhex(command)]


def test_a_contact_that_is_closed_at_rest_is_read_the_other_way_round(plug: Plug) -> None:
    plug(Script(bytes.fromhex("FF 02 01 01 51 A0")))
    driver = relay(QUICK | {"board": "lc", "arm_input": "!1", "loop_input": "!8"})
    assert driver.state() == Inputs(arm_up=False, vehicle_present=True)


def test_inputs_that_are_not_wired_are_unknown_and_not_asked_for(plug: Plug) -> None:
    port = plug(Script(b""))
    driver = relay(QUICK | {"board": "r421a08"})
    assert driver.state() == Inputs()
    assert port.sent == []


def test_a_pulse_is_never_shorter_than_asked(plug: Plug) -> None:
    port = plug(VirtualBarrier())
    relay(QUICK | {"board": "waveshare", "pulse_ms": "501"}).open()
    assert port.sent[0][4:6] == b"\x00\x06"


def test_a_command_taken_is_not_an_arm_moved(plug: Plug) -> None:
    barrier = VirtualBarrier()
    plug(barrier)
    driver = relay(WAVESHARE_D)
    driver.open()
    assert len(barrier.openings) == 1
    assert driver.state() == Inputs(arm_up=False, vehicle_present=False)


def outcome(call: Callable[[], object]) -> object:
    try:
        return call()
    except DeviceError as error:
        return type(error)


@pytest.mark.parametrize("kind", StreamFaultKind)
@pytest.mark.parametrize("direction", Direction)
def test_an_opening_is_sent_once_whatever_the_line_does(
    plug: Plug, kind: StreamFaultKind, direction: Direction
) -> None:
    for at_byte in range(8):
        barrier = VirtualBarrier()
        line = FaultyLine(barrier, StreamFault(kind=kind, at_byte=at_byte, direction=direction))
        port = plug(line)
        result = outcome(relay(WAVESHARE_D).open)
        assert len(port.sent) == 1, "never a second time"
        if direction is Direction.TO_HOST:
            assert len(barrier.openings) == 1
            assert result in {None, DeviceTimeout, FrameError}
            assert (result is None) == (kind is StreamFaultKind.DOUBLE)
        elif kind is StreamFaultKind.DOUBLE:
            assert 1 <= len(barrier.openings) <= 2
        else:
            assert (barrier.openings, result) == ((), DeviceTimeout)


@pytest.mark.parametrize("kind", [k for k in StreamFaultKind if k is not StreamFaultKind.DOUBLE])
def test_inputs_are_never_read_from_a_broken_answer(plug: Plug, kind: StreamFaultKind) -> None:
    for at_byte in range(6):
        plug(FaultyLine(VirtualBarrier(), StreamFault(kind=kind, at_byte=at_byte)))
        assert outcome(relay(WAVESHARE_D).state) in {DeviceTimeout, FrameError}


def test_silence_is_a_timeout_and_garbage_is_a_frame_error(plug: Plug) -> None:
    driver = relay(WAVESHARE_D)
    port = plug(Script(b""))
    with pytest.raises(DeviceTimeout) as caught:
        driver.open()
    assert caught.value.timeout_s == 0.02
    port.device = Script(b"\x00\xff\x00\xff")
    with pytest.raises(FrameError, match="00 ff 00 ff"):
        driver.open()


def test_a_late_answer_to_an_opening_is_not_taken_for_the_inputs(plug: Plug) -> None:
    late = FaultyLine(VirtualBarrier(), StreamFault(kind=StreamFaultKind.LATE))
    plug(late)
    driver = relay(WAVESHARE_D)
    with pytest.raises(DeviceTimeout):
        driver.open()
    with pytest.raises(FrameError, match="another question"):
        driver.state()
    assert driver.state() == Inputs(arm_up=False, vehicle_present=False)


@pytest.mark.parametrize(
    "answer",
    [
        "01 05 02 01 00 05 1D B1",
        "01 05 02 00 00 06 4C 70",
        "02 05 02 00 00 05 0C 42",
    ],
    ids=["another relay", "another time", "another unit"],
)
def test_an_answer_to_another_command_does_not_confirm_ours(plug: Plug, answer: str) -> None:
    plug(Script(bytes.fromhex(answer)))
    with pytest.raises(FrameError):
        relay(WAVESHARE_D).open()


@pytest.mark.parametrize(
    ("code", "crc", "words"),
    [(1, "83 50", "board"), (2, "C3 51", "no such relay"), (4, "43 53", "failed")],
)
def test_a_refusal_is_a_fault_with_its_reason(plug: Plug, code: int, crc: str, words: str) -> None:
    plug(Script(bytes([1, 0x85, code]) + bytes.fromhex(crc)))
    with pytest.raises(DeviceFault, match=words) as caught:
        relay(WAVESHARE_D).open()
    assert caught.value.status == f"{code:02X}"


def test_a_board_of_another_kind_refuses_and_nothing_moves(plug: Plug) -> None:
    barrier = VirtualBarrier()
    plug(barrier)
    with pytest.raises(DeviceFault):
        relay(QUICK | {"board": "r421a08"}).open()
    assert barrier.openings == ()


def test_an_adapter_that_is_pulled_out_and_put_back_works_again(plug: Plug) -> None:
    driver = relay(WAVESHARE_D)
    port = plug(VirtualBarrier())
    driver.state()
    port.unplugged = True
    with pytest.raises(DeviceNotFound):
        driver.open()
    port.unplugged = False
    assert driver.state() == Inputs(arm_up=False, vehicle_present=False)
    assert len(port.sent) == 2, "the opening of before is not made up for"
    driver.close()
    driver.close()


def test_a_port_that_takes_no_bytes_is_a_timeout(
    plug: Plug, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stuck(_: MemorySerial, __: bytes) -> int:
        raise serial.SerialTimeoutException("Write timeout")

    plug(VirtualBarrier())
    monkeypatch.setattr(MemorySerial, "write", stuck)
    with pytest.raises(DeviceTimeout):
        relay(WAVESHARE_D).open()


def test_an_answer_that_leaves_inputs_out_is_a_frame_error(plug: Plug) -> None:
    plug(Script(with_crc(b"\x01\x02\x00")))
    with pytest.raises(FrameError, match="left inputs out"):
        relay(WAVESHARE_D).state()


@given(answer=st.binary(max_size=40) | st.builds(lambda b: b"\x01\x02" + b, st.binary(max_size=9)))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hostile_answers_give_a_device_error(plug: Plug, answer: bytes) -> None:
    plug(Script(answer))
    driver = relay(WAVESHARE_D | {"timeout_ms": "10"})
    assert outcome(driver.state) in {DeviceTimeout, FrameError, DeviceFault}
    assert outcome(driver.open) in {DeviceTimeout, FrameError, DeviceFault}


def with_crc(body: bytes) -> bytes:
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return body + crc.to_bytes(2, "little")


@given(body=st.binary(min_size=1, max_size=20))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hostile_answers_with_a_right_crc_give_a_state_or_a_device_error(
    plug: Plug, body: bytes
) -> None:
    plug(Script(with_crc(b"\x01" + body)))
    driver = relay(WAVESHARE_D)
    result = outcome(driver.state)
    assert isinstance(result, Inputs) or result in {DeviceTimeout, FrameError, DeviceFault}
    if isinstance(result, Inputs):
        assert body[0] == 2


def test_the_driver_is_found_by_its_name_and_opens_no_line_by_itself() -> None:
    assert isinstance(DRIVER, BarrierDriver)
    driver = relay({"port": "COM98", "board": "lc", "timeout_ms": "10", "arm_input": "1"})
    with pytest.raises(DeviceNotFound):
        driver.open()
    with pytest.raises(DeviceNotFound):
        driver.state()


@pytest.mark.parametrize(
    "wrong",
    [
        {"board": ""},
        {"board": "esp"},
        {"port": ""},
        {"relay": "0"},
        {"relay": "9"},
        {"unit": "0"},
        {"unit": "256"},
        {"pulse_ms": "0"},
        {"pulse_ms": "10001"},
        {"arm_input": "9"},
        {"arm_input": "!"},
        {"loop_input": "one"},
        {"door_input": "9"},
        {"fire_input": "!!5"},
        {"tamper_input": "-"},
        {"go_relay": "0"},
        {"alarm_relay": "9"},
        {"board": "waveshare", "arm_input": "1"},
        {"arm_input": "2", "loop_input": "2"},
        {"door_input": "3", "fire_input": "!3"},
        {"timeout_ms": "0.5"},
        {"parity": "even"},
    ],
)
def test_wrong_settings_are_refused_before_anything_is_opened(wrong: dict[str, str]) -> None:
    with pytest.raises((DeviceFault, DeviceNotFound)):
        DRIVER.open({"port": "COM9", "board": "lc"} | wrong)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())
def test_a_boards_longest_pulse_still_fits_its_command(board: object) -> None:
    name = next(name for name, each in BOARDS.items() if each is board)
    longest = min(10_000, BOARDS[name].step_ms * BOARDS[name].most_steps)
    DRIVER.open({"port": "COM9", "board": name, "pulse_ms": str(longest)})


EVERY_INPUT = QUICK | {
    "board": "waveshare-d",
    "arm_input": "1",
    "loop_input": "2",
    "door_input": "3",
    "exit_input": "4",
    "fire_input": "!5",
    "tamper_input": "!6",
}


@given(bits=st.integers(0, 0xFF))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_contact_is_read_into_its_own_field(plug: Plug, bits: int) -> None:
    board = VirtualRelayBoard()
    board.inputs = [bool(bits >> number & 1) for number in range(8)]
    plug(board)
    assert relay(EVERY_INPUT).state() == Inputs(
        arm_up=bool(bits & 1),
        vehicle_present=bool(bits & 2),
        door_open=bool(bits & 4),
        exit_button=bool(bits & 8),
        fire=not bits & 16,
        tamper=not bits & 32,
    )


@pytest.mark.parametrize(
    ("lamp", "for_s", "command"),
    [
        (Lamp.GO, 0.7, "01 05 02 02 00 07"),
        (Lamp.STOP, 3.0, "01 05 02 03 00 1E"),
        (Lamp.ALARM, 0.0, "01 05 02 04 00 01"),
        (Lamp.GO, 1e6, "01 05 02 02 09 C4"),
    ],
)
def test_a_lamp_is_lit_by_the_boards_own_pulse_and_never_for_ever(
    plug: Plug, lamp: Lamp, for_s: float, command: str
) -> None:
    port = plug(VirtualRelayBoard())
    lamps = {"go_relay": "3", "stop_relay": "4", "alarm_relay": "5"}
    relay(QUICK | {"board": "waveshare"} | lamps).light(lamp, for_s)
    assert [sent[:6] for sent in port.sent] == [bytes.fromhex(command)]


def test_a_lamp_that_is_not_wired_is_no_trouble(plug: Plug) -> None:
    port = plug(VirtualRelayBoard())
    relay(WAVESHARE_D).light(Lamp.GO, 3.0)
    assert port.sent == []


def test_a_lamp_on_the_relay_that_opens_is_refused() -> None:
    with pytest.raises(DeviceFault, match="relay that opens"):
        relay(WAVESHARE_D | {"relay": "2", "go_relay": "2"})


@pytest.mark.parametrize(
    ("one", "other"),
    [({"go_relay": "3"}, {"relay": "3"}), ({"relay": "1"}, {"relay": "2", "alarm_relay": "1"})],
)
def test_a_lamp_that_would_open_another_lane_is_refused(
    one: dict[str, str], other: dict[str, str]
) -> None:
    first = relay(WAVESHARE_D | one)
    with pytest.raises(DeviceFault, match="opens another lane"):
        relay(WAVESHARE_D | other)
    relay(WAVESHARE_D | other | {"unit": "2"}).close()  # on another board it is another relay
    first.close()
    relay(WAVESHARE_D | other).close()


def test_two_lanes_may_share_a_lamp_and_the_log_names_two_that_share_an_opening(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lamp = {"alarm_relay": "5"}
    first, second = (relay(WAVESHARE_D | lamp | {"relay": n}) for n in ("1", "2"))
    assert not caplog.records
    third = relay(WAVESHARE_D | {"relay": "2"})  # a door with a reader on each side
    assert "two lanes open with one relay" in caplog.text
    for each in (first, second, third):
        each.close()


def test_a_line_stays_for_a_lane_that_has_not_asked_yet(plug: Plug) -> None:
    plug(VirtualBarrier())
    first, second = relay(WAVESHARE_D), relay(WAVESHARE_D | {"relay": "2"})
    first.open()
    first.close()
    with pytest.raises(DeviceFault, match="named twice"):
        relay(WAVESHARE_D | {"baud": "9600"})
    second.open()
    second.close()
    relay(WAVESHARE_D | {"baud": "9600"}).close()


def test_a_port_that_is_driven_in_two_ways_is_refused() -> None:
    first = relay(WAVESHARE_D)
    with pytest.raises(DeviceFault, match="named twice"):
        relay(WAVESHARE_D | {"baud": "9600"})
    first.close()
