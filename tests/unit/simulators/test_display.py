"""The virtual lane display against printed frames, and against anything at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.display import VirtualDisplay, crc, off_the_line, on_the_line

START = "A5 A5 A5 A5 A5 A5 A5 A5 "

# Areas as an application in the field sends them (no answer asked for), and the maker's example.
IN_THE_FIELD = [
    """
01 00 00 80 00 00 00 00 00 00 FE 02 35 00 A3 06 02 00 00 00 01 2C 00 00 00 00 0C 00 40 00
0C 00 01 0A 01 02 00 00 00 00 01 01 01 00 17 02 11 00 00 00 5C 46 4F 30 30 30 54 45 4D 50
45 52 3A 32 31 A1 E6 82 DA 5A
""",
    """
01 00 00 80 00 00 00 00 00 00 FE 02 33 00 A3 06 02 00 00 00 01 2A 00 00 00 00 18 00 40 00
0C 00 01 0A 01 02 00 00 00 00 01 01 01 00 17 02 0F 00 00 00 5C 46 4F 30 30 30 48 55 4D 3A
36 36 25 52 48 36 7A 5A
""",
]
MAKERS = """
01 00 00 80 00 00 00 00 00 00 FE 02 32 00 A3 06 01 2D 00 00 01 29 00 00 00 00 00 00 18 00
20 00 00 00 00 02 00 00 00 00 02 02 03 00 04 05 0E 00 00 00 30 31 32 33 34 35 51 52 53 54
54 56 27 42 A8 7D 5A
"""
PING = "01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A2 00 01 00 00 68 F8 5A"


@pytest.mark.parametrize("sent", [*IN_THE_FIELD, MAKERS, PING])
def test_the_printed_frames_have_a_right_checksum(sent: str) -> None:
    packet = bytes.fromhex(sent)[:-3]
    assert crc(packet).to_bytes(2, "little") == bytes.fromhex(sent)[-3:-1]
    assert off_the_line(bytes.fromhex(sent)[:-1]) == packet


def test_texts_of_the_field_stand_on_the_display() -> None:
    display = VirtualDisplay()
    assert display.receive(bytes.fromhex(START + IN_THE_FIELD[0])) == b"", "no answer was asked for"
    assert display.lines == ("TEMPER:21℃",)


def test_the_makers_text_is_shown_and_acknowledged() -> None:
    display = VirtualDisplay()
    answer = display.receive(bytes.fromhex(START + MAKERS))
    assert display.lines == ("012345QRSTTV'B",)
    assert display.areas[0].runs
    assert answer[22:27] == bytes.fromhex("A0 00 00 00 00")


def test_ping_is_answered_in_pieces_too_and_others_are_not() -> None:
    display = VirtualDisplay()
    whole = bytes.fromhex(START + PING)
    assert display.receive(whole[:11]) == b""
    assert display.receive(whole[11:]) != b""
    assert VirtualDisplay(screen=2).receive(whole) == b""
    damaged = whole.replace(b"\xa2", b"\xa3")
    assert display.receive(damaged) == b""


@given(st.binary(max_size=120), st.binary(max_size=60))
def test_anything_may_come_over_the_line(noise: bytes, data: bytes) -> None:
    display = VirtualDisplay()
    display.receive(noise)
    head = bytes.fromhex("01 00 00 80 00 00 00 00 00 00 FE 02") + len(data).to_bytes(2, "little")
    packet = head + data
    assert off_the_line(on_the_line(packet)[8:-1]) == packet
    display.receive(on_the_line(packet))
    assert isinstance(display.lines, tuple)
