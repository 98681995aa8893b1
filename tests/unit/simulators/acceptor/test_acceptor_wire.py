"""The simulator's packets against the driver's codec: two hands, one manual, the same bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.acceptors.ssp_frame import Frame, crc16, encode
from simulators.acceptor_wire import PacketReader, checksum, packet

heads = st.integers(0, 0x7D) | st.integers(0x80, 0xFD)
payloads = st.binary(min_size=1, max_size=255) | st.lists(
    st.sampled_from([0x7F, 0x80]), min_size=1, max_size=255
).map(bytes)


@given(st.binary(max_size=300))
def test_both_work_out_the_same_crc(body: bytes) -> None:
    assert checksum(body) == crc16(body).to_bytes(2, "little")


@given(heads, payloads)
def test_both_write_the_same_packet(head: int, data: bytes) -> None:
    frame = Frame(address=head & 0x7F, sequence=head >> 7, data=data)
    assert packet(head, data) == encode(frame)


@given(st.lists(st.tuples(heads, payloads), max_size=3), st.integers(1, 9))
def test_packets_are_read_in_any_portions(sent: list[tuple[int, bytes]], size: int) -> None:
    wire = b"".join(packet(head, data) for head, data in sent)
    reader = PacketReader()
    found = [each for at in range(0, len(wire), size) for each in reader.read(wire[at : at + size])]
    assert found == sent


@pytest.mark.parametrize("length", range(1, 6))
def test_a_lone_start_byte_begins_a_new_packet(length: int) -> None:
    poll = bytes.fromhex("7F 80 01 07 12 02")
    assert PacketReader().read(poll[:length] + poll) == [(0x80, b"\x07")]
