"""The virtual relay board against published frames and the standard's own examples.

Sources of the frames: the maker's wiki (waveshare), the seller's sheet (lc), Erriez' tool
(r421a08); MODBUS over Serial Line V1.02 for the CRC. pymodbus, a master by another hand, drives it
over a port in tests/contract/test_serial_devices.py.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.barrier_board import Model, Opening, VirtualRelayBoard
from simulators.barrier_wire import checksum


class TurnedClock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def wire(text: str) -> bytes:
    return bytes.fromhex(text)


def sealed(text: str) -> bytes:
    return wire(text) + checksum(wire(text))


PRINTED = [
    (Model.WAVESHARE, 1, "01 05 02 00 00 07 8D B0", "01 05 02 00 00 07 8D B0"),
    (Model.WAVESHARE, 1, "01 05 02 01 00 08 9C 74", "01 05 02 01 00 08 9C 74"),
    (Model.LC, 255, "FF 10 00 03 00 02 04 00 04 00 14 C5 9F", "FF 10 00 03 00 02 A4 16"),
    (Model.LC, 255, "FF 05 00 00 FF 00 99 E4", "FF 05 00 00 FF 00 99 E4"),
    (Model.LC, 255, "FF 05 00 01 00 00 89 D4", "FF 05 00 01 00 00 89 D4"),
    (Model.LC, 255, "FF 0F 00 00 00 08 01 FF 30 1D", "FF 0F 00 00 00 08 41 D3"),
    (Model.LC, 255, "FF 0F 00 00 00 08 01 00 70 5D", "FF 0F 00 00 00 08 41 D3"),
    (Model.LC, 254, "FE 10 00 08 00 02 04 00 04 00 0A 00 D8", "FE 10 00 08 00 02 D4 05"),
    (Model.LC, 254, "FE 02 00 00 00 08 6D C3", "FE 02 01 00 91 9C"),
    (Model.R421A08, 1, "01 06 00 01 01 00 D9 9A", "01 06 00 01 01 00 D9 9A"),
]


@pytest.mark.parametrize(("model", "unit", "command", "answer"), PRINTED)
def test_a_printed_command_gets_the_printed_answer(
    model: Model, unit: int, command: str, answer: str
) -> None:
    assert VirtualRelayBoard(model=model, unit=unit).receive(wire(command)) == wire(answer)


def test_the_printed_answers_to_relays_and_inputs_that_are_on() -> None:
    board = VirtualRelayBoard(model=Model.LC, unit=0xFF)
    board.receive(wire("FF 05 00 00 FF 00 99 E4"))
    board.inputs[0] = True
    assert board.receive(wire("FF 01 00 00 00 08 28 12")) == wire("FF 01 01 01 A1 A0")
    assert board.receive(wire("FF 02 00 00 00 08 6C 12")) == wire("FF 02 01 01 51 A0")


def test_the_crc_of_the_standards_example() -> None:
    assert checksum(b"\x02\x07") == b"\x41\x12"


@pytest.mark.parametrize(
    ("model", "command", "relay", "for_s"),
    [
        (Model.WAVESHARE, "01 05 02 00 00 07", 0, 0.7),
        (Model.WAVESHARE, "01 05 02 07 00 01", 7, 0.1),
        (Model.LC, "01 10 00 03 00 02 04 00 04 00 14", 0, 2.0),
        (Model.LC, "01 10 00 26 00 02 04 00 04 00 05", 7, 0.5),
        (Model.R421A08, "01 06 00 01 06 03", 0, 3.0),
        (Model.R421A08, "01 06 00 08 05 00", 7, 1.0),
    ],
)
def test_a_pulse_closes_its_relay_for_its_time(
    model: Model, command: str, relay: int, for_s: float
) -> None:
    clock = TurnedClock()
    board = VirtualRelayBoard(model=model, clock=clock)
    clock.now = 50.0
    assert board.receive(sealed(command)) != b""
    assert board.openings == [Opening(at_s=50.0, relay=relay, for_s=for_s)]
    clock.now += for_s - 0.01
    assert [n for n, on in enumerate(board.relays) if on] == [relay]
    clock.now += 0.02
    assert not any(board.relays)


def test_a_relay_that_is_switched_on_stays_on_until_it_is_switched_off() -> None:
    clock = TurnedClock()
    board = VirtualRelayBoard(model=Model.R421A08, clock=clock)
    board.receive(sealed("01 06 00 02 01 00"))
    clock.now += 1e6
    assert board.receive(sealed("01 03 00 01 00 02")) == sealed("01 03 04 00 00 00 01")
    board.receive(sealed("01 06 00 02 02 00"))
    assert not any(board.relays)


@pytest.mark.parametrize(
    ("model", "command", "refusal"),
    [
        (Model.WAVESHARE, "01 07", 1),
        (Model.WAVESHARE, "01 06 00 01 06 01", 1),
        (Model.WAVESHARE, "01 10 00 03 00 02 04 00 04 00 14", 1),
        (Model.R421A08, "01 05 02 00 00 07", 1),
        (Model.WAVESHARE, "01 05 02 08 00 07", 2),
        (Model.WAVESHARE, "01 05 00 08 FF 00", 2),
        (Model.WAVESHARE, "01 02 00 00 00 09", 2),
        (Model.LC, "01 10 00 04 00 02 04 00 04 00 14", 2),
        (Model.LC, "01 10 00 2B 00 02 04 00 04 00 14", 2),
        (Model.R421A08, "01 06 00 00 06 01", 2),
        (Model.R421A08, "01 03 00 08 00 02", 2),
        (Model.WAVESHARE, "01 05 02 00 80 00", 3),
        (Model.WAVESHARE, "01 05 00 00 12 34", 3),
        (Model.WAVESHARE, "01 01 00 00 00 00", 3),
        (Model.LC, "01 0F 00 00 00 08 00", 3),
        (Model.LC, "01 10 00 03 00 02 04 00 02 00 14", 3),
        (Model.R421A08, "01 06 00 01 09 00", 3),
    ],
)
def test_what_it_does_not_do_is_refused_by_the_standards_codes(
    model: Model, command: str, refusal: int
) -> None:
    board = VirtualRelayBoard(model=model)
    function = wire(command)[1] | 0x80
    assert board.receive(sealed(command)) == sealed(f"01 {function:02X} {refusal:02X}")
    assert board.openings == []


def test_other_units_are_none_of_its_business_and_broadcasts_get_no_answer() -> None:
    board = VirtualRelayBoard()
    assert board.receive(sealed("02 05 02 00 00 07")) == b""
    assert board.openings == []
    assert board.receive(sealed("00 05 02 00 00 07")) == b""
    assert len(board.openings) == 1


@given(st.lists(st.integers(1, 3), min_size=1))
def test_a_request_may_come_in_any_portions(sizes: list[int]) -> None:
    board, request, answer = (
        VirtualRelayBoard(clock=TurnedClock()),
        sealed("01 05 02 00 00 07"),
        b"",
    )
    for n in range(len(request)):
        size = sizes[n % len(sizes)]
        answer += board.receive(request[:size])
        request = request[size:]
    assert answer == sealed("01 05 02 00 00 07")
    assert len(board.openings) == 1


def test_a_pause_ends_a_request_that_broke_off() -> None:
    clock = TurnedClock()
    board = VirtualRelayBoard(clock=clock)
    board.receive(sealed("01 05 02 00 00 07")[:5])
    clock.now += 1.0
    assert board.receive(sealed("01 05 02 01 00 07")) == sealed("01 05 02 01 00 07")
    assert [opening.relay for opening in board.openings] == [1]


@given(st.integers(0, 63))
def test_a_flipped_bit_never_moves_a_relay(bit: int) -> None:
    command = bytearray(sealed("01 05 02 00 00 07"))
    command[bit // 8] ^= 1 << bit % 8
    board = VirtualRelayBoard()
    board.receive(bytes(command))
    assert board.openings == []


@given(st.binary(max_size=60), st.sampled_from(Model))
def test_hostile_bytes_never_break_it(noise: bytes, model: Model) -> None:
    clock = TurnedClock()
    board = VirtualRelayBoard(model=model, clock=clock)
    board.receive(noise)
    board.receive(noise + checksum(noise))
    clock.now += 1.0
    assert board.receive(sealed("01 63"))[:2] == b"\x01\xe3"
