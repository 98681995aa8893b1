"""The codec against packets printed in ITL's manual GA138 and by kssp, and against noise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.acceptors.ssp_frame import Decoder, Frame, crc16, encode
from drivers.errors import FrameError

MANUAL_PACKETS = {
    "SYNC": "7F 80 01 11 65 82",
    "RESET": "7F 80 01 01 06 02",
    "POLL": "7F 80 01 07 12 02",
    "OK": "7F 80 01 F0 23 80",
    "FAIL": "7F 80 01 F8 10 00",
    "CANNOT": "7F 80 01 F5 3D 80",
    "HOST PROTOCOL 6 asks 7": "7F 80 02 06 07 21 94",
    "HOST PROTOCOL 8": "7F 80 02 06 08 03 94",
    "HOST PROTOCOL 9": "7F 80 02 06 09 06 14",
    "ENABLE": "7F 80 01 0A 3F 82",
    "DISABLE": "7F 80 01 09 35 82",
    "INHIBITS 1 to 3": "7F 80 03 02 07 00 2B B6",
    "INHIBITS all": "7F 80 03 02 FF FF 25 A4",
    "REJECT": "7F 80 01 08 30 02",
    "HOLD": "7F 80 01 18 53 82",
    "LAST REJECT": "7F 80 01 17 71 82",
    "LAST REJECT by host": "7F 80 02 F0 08 0C 20",
    "COUNTERS": "7F 80 01 58 D0 03",
    "SERIAL NUMBER": "7F 80 01 0C 2B 82",
    "serial 1873452": "7F 80 05 F0 00 1C 96 2C D4 97",
    "SETUP REQUEST": "7F 80 01 05 1D 82",
    "setup GBP": (
        "7F 80 17 F0 00 30 31 30 30 47 42 50 00 00 01 03 05 0A 14 02 02 02 40 00 00 05 61 81"
    ),
    "five counters": (
        "7F 80 16 F0 05 11 00 00 00 28 00 00 00 23 00 00 00 0A 00 00 00 10 00 00 00 72 B7"
    ),
    "reset and disabled": "7F 80 03 F0 F1 E8 BF 8C",
    "reading": "7F 80 03 F0 EF 00 CF CA",
    "escrow channel 3": "7F 80 03 F0 EF 03 C5 CA",
    "credit channel 4": "7F 80 03 F0 EE 04 D7 CC",
    "credit 1 and stacked": "7F 80 04 F0 EE 01 EB B9 48",
    "stacking, credit 1": "7F 80 04 F0 CC EE 01 62 AA",
    "rejecting": "7F 80 02 F0 ED 51 A2",
    "rejected": "7F 80 02 F0 EC 54 22",
    "stacking": "7F 80 02 F0 CC 97 A2",
    "stacked": "7F 80 02 F0 EB 45 A2",
    "unsafe jam": "7F 80 02 F0 E9 4A 22",
    "disabled": "7F 80 02 F0 E8 4F A2",
    "stacker full": "7F 80 02 F0 E7 6D A2",
    "fraud channel 2": "7F 80 03 F0 E6 02 C0 7C",
    "cleared from front": "7F 80 03 F0 E1 00 CC 6E",
    "cleared to cashbox": "7F 80 03 F0 E2 02 C3 E4",
    "path open": "7F 80 02 F0 E0 7C 22",
    "channels off": "7F 80 02 F0 B5 82 23",
    "address 10h": "7F 90 01 58 93 82",
}

frames = st.builds(
    Frame,
    address=st.integers(0, 0x7D),
    sequence=st.integers(0, 1),
    data=st.binary(min_size=1, max_size=255)
    | st.lists(st.sampled_from([0x7F, 0x80, 0x00]), min_size=1, max_size=255).map(bytes),
)


@pytest.mark.parametrize("packet", MANUAL_PACKETS.values(), ids=MANUAL_PACKETS.keys())
def test_a_packet_of_the_manual_is_read_and_written_byte_for_byte(packet: str) -> None:
    wire = bytes.fromhex(packet)
    [frame] = Decoder().feed(wire)
    assert (frame.sequence, frame.address) == (1, wire[1] & 0x7F)
    assert frame.data == wire[3:-2]
    assert encode(frame) == wire


def test_the_crc_of_nothing_is_its_seed() -> None:
    assert crc16(b"") == 0xFFFF


@given(frames, st.lists(st.integers(1, 7), min_size=1))
def test_any_frame_survives_the_line_in_any_portions(frame: Frame, sizes: list[int]) -> None:
    wire, decoder, found = encode(frame), Decoder(), []
    assert b"\x7f" not in wire[1:].replace(b"\x7f\x7f", b"")
    while wire:
        size = sizes[len(wire) % len(sizes)]
        found += decoder.feed(wire[:size])
        wire = wire[size:]
    assert found == [frame]
    assert decoder.damaged == 0


@given(frames, frames, st.binary(max_size=20).filter(lambda noise: b"\x7f" not in noise))
def test_noise_between_frames_is_skipped(first: Frame, second: Frame, noise: bytes) -> None:
    decoder = Decoder()
    assert decoder.feed(noise + encode(first) + noise + encode(second)) == [first, second]


@given(st.binary(max_size=400))
def test_hostile_bytes_give_frames_or_nothing(noise: bytes) -> None:
    decoder = Decoder()
    assert all(1 <= len(frame.data) <= 255 for frame in decoder.feed(noise))


@given(frames, st.data())
def test_a_flipped_bit_is_never_taken_for_the_frame(frame: Frame, data: st.DataObject) -> None:
    wire = bytearray(encode(frame))
    at = data.draw(st.integers(1, len(wire) - 1))
    wire[at] ^= 1 << data.draw(st.integers(0, 7))
    assert frame not in Decoder().feed(bytes(wire))


@given(frames, frames, st.data())
def test_a_frame_that_breaks_off_does_not_hide_the_next_one(
    broken: Frame, whole: Frame, data: st.DataObject
) -> None:
    wire = encode(broken)
    kept = wire[: data.draw(st.integers(0, len(wire) - 1))]
    if (len(kept) - len(kept.rstrip(b"\x7f"))) % 2 and len(kept) > 1:
        kept = kept[:-1]  # cut inside a doubled 7F, the next 7F would be its second half
    decoder = Decoder()
    assert decoder.feed(kept + encode(whole)) == [whole]
    assert decoder.damaged == (len(kept) > 1)


def test_an_empty_packet_is_damage() -> None:
    decoder = Decoder()
    assert decoder.feed(b"\x7f\x80\x00" + crc16(b"\x80\x00").to_bytes(2, "little")) == []
    assert decoder.damaged == 1


@pytest.mark.parametrize(
    "frame",
    [
        Frame(address=0x7E, sequence=0, data=b"\x07"),
        Frame(address=0, sequence=2, data=b"\x07"),
        Frame(address=0, sequence=0, data=b""),
        Frame(address=0, sequence=0, data=bytes(256)),
    ],
)
def test_what_no_frame_can_hold_is_refused(frame: Frame) -> None:
    with pytest.raises(FrameError):
        encode(frame)
