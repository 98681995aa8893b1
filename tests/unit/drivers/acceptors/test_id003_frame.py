"""The ID-003 codec against published messages, against a second CRC, and against noise."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivers.acceptors.id003_frame import LONGEST_DATA, SYNC, Decoder, Frame, crc16, encode
from drivers.errors import FrameError
from simulators.id003_wire import checksum

# ID03-001E rev. 05, hackwin, max7019, Portalum; CRC-checked.
PUBLISHED = {
    "status request, and idle": "FC 05 11 27 56",
    "stack-1": "FC 05 41 A2 04",
    "return": "FC 05 43 B0 27",
    "hold": "FC 05 44 0F 53",
    "reset": "FC 05 40 2B 15",
    "ack": "FC 05 50 AA 05",
    "inhibit": "FC 06 C3 01 8D C7",
    "enable all": "FC 07 C0 00 00 2D B5",
    "escrow 61": "FC 06 13 61 B0 FB",
    "vend valid": "FC 05 15 03 10",
    "stacked": "FC 05 16 98 22",
    "disabled": "FC 05 1A F4 E8",
}

frames = st.builds(
    Frame,
    st.integers(0, 0xFF),
    st.binary(max_size=LONGEST_DATA)
    | st.lists(st.sampled_from([SYNC, 0x05, 0x06, 0x15]), max_size=60).map(bytes),
)


@pytest.mark.parametrize("message", PUBLISHED.values(), ids=PUBLISHED.keys())
def test_a_published_message_is_read_and_written_byte_for_byte(message: str) -> None:
    wire = bytes.fromhex(message)
    [frame] = Decoder().feed(wire)
    assert (frame.code, frame.data) == (wire[2], wire[3:-2])
    assert encode(frame) == wire


def test_the_crc_is_kermits() -> None:
    assert crc16(b"123456789") == 0x2189, "the check value of the CRC catalogue"


@given(st.binary(max_size=300))
def test_it_is_also_what_another_hand_works_out_in_a_mirror(body: bytes) -> None:
    assert crc16(body).to_bytes(2, "little") == checksum(body)


@given(st.lists(frames, max_size=3), st.lists(st.integers(1, 7), min_size=1))
def test_frames_survive_the_line_in_any_portions(sent: list[Frame], sizes: list[int]) -> None:
    wire, decoder, found = b"".join(map(encode, sent)), Decoder(), []
    while wire:
        size = sizes[len(wire) % len(sizes)]
        found += decoder.feed(wire[:size])
        wire = wire[size:]
    assert found == sent
    assert decoder.damaged == 0


@given(st.binary(max_size=20).filter(lambda noise: SYNC not in noise), frames, frames)
def test_noise_between_frames_is_skipped(noise: bytes, first: Frame, second: Frame) -> None:
    decoder = Decoder()
    assert decoder.feed(noise + encode(first) + noise + encode(second)) == [first, second]


@given(st.binary(max_size=400))
def test_hostile_bytes_give_frames_or_nothing_and_leave_nothing_behind(noise: bytes) -> None:
    decoder = Decoder()
    for frame in [*decoder.feed(noise), *decoder.settle()]:
        assert len(frame.data) <= LONGEST_DATA
    assert decoder.feed(bytes.fromhex("FC 05 15 03 10")) == [Frame(0x15)]


@given(st.data())
def test_a_frame_behind_a_broken_one_is_found_when_the_line_falls_silent(
    data: st.DataObject,
) -> None:
    broken, whole = data.draw(frames), Frame(0x16)
    wire = encode(broken)
    kept = wire[: data.draw(st.integers(0, len(wire) - 1))]
    # What the next frame begins with can be just what the broken one lacks: then it is whole.
    assume(not (kept + encode(whole)).startswith(wire))
    decoder = Decoder()
    found = [*decoder.feed(kept + encode(whole)), *decoder.settle()]
    assert found[-1:] == [whole]
    assert broken not in found[:-1]


def test_a_frame_that_lacks_what_the_next_one_begins_with_is_whole() -> None:
    broken = Frame(0x07, bytes(3))
    lost = encode(broken)[-1:]
    assert lost == encode(Frame(0x16))[:1]
    decoder = Decoder()
    assert decoder.feed(encode(broken)[:-1] + encode(Frame(0x16))) == [broken]
    assert decoder.feed(encode(Frame(0x15))) == [Frame(0x15)], "the one that gave it is asked again"


@given(frames, st.data())
def test_a_flipped_bit_is_never_taken_for_the_frame(frame: Frame, data: st.DataObject) -> None:
    wire = bytearray(encode(frame))
    at = data.draw(st.integers(0, len(wire) - 1))
    wire[at] ^= 1 << data.draw(st.integers(0, 7))
    decoder = Decoder()
    assert frame not in [*decoder.feed(bytes(wire)), *decoder.settle()]


@pytest.mark.parametrize("frame", [Frame(0x100), Frame(-1), Frame(0x88, bytes(LONGEST_DATA + 1))])
def test_what_no_frame_can_hold_is_refused(frame: Frame) -> None:
    with pytest.raises(FrameError):
        encode(frame)
