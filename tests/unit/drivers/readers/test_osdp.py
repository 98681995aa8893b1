"""OSDP without a line: what libosdp's events become, and what is refused before a line is opened.

Over a real port: tests/contract/test_osdp_readers.py.
"""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osdp import Event, EventNotification
from osdp.constants import CardFormat, StatusReportType

from drivers.api.codes import CodeReaderDriver
from drivers.errors import DeviceFault, DeviceNotFound, FrameError
from drivers.readers.bitcode import Damaged, Identifier, write_message
from drivers.readers.osdp import DRIVER, PUBLISHED_KEY, identifier, read_key
from drivers.readers.osdp_panel import (
    CardBits,
    Housing,
    Keys,
    Line,
    Nonsense,
    Panel,
    Wire,
    translate,
)
from drivers.readers.osdp_seat import Seat

UID = bytes.fromhex("04A1B2C3D4E5F6")


def card(**changes: object) -> dict[str, object]:
    told = {"event": Event.CardRead, "format": CardFormat.Unspecified, "data": UID, "length": 56}
    return told | changes


def test_card_data_is_bits_in_the_order_they_were_sent() -> None:
    assert translate(card(data=b"\xea\x0d\xc0\x80", length=26, format=CardFormat.Wiegand)) == (
        CardBits(bits="11101010000011011100000010", wiegand=True)
    )


def test_a_bare_identifier_and_one_with_parity() -> None:
    said = translate(card())
    assert isinstance(said, CardBits)
    assert identifier(said) == Identifier(code=UID, bits=56)
    bits = write_message(UID)
    assert identifier(CardBits(bits=bits, wiegand=True)) == Identifier(code=UID, bits=56)
    assert identifier(CardBits(bits=bits, wiegand=False)) == Identifier(code=UID, bits=56)


@pytest.mark.parametrize("bits", ["1" * 37, "0" * 26, "0101", "1" * 80 + "1"])
def test_other_lengths_and_wrong_parities_are_damaged(bits: str) -> None:
    with pytest.raises(Damaged):
        identifier(CardBits(bits=bits, wiegand=len(bits) == 4))


@pytest.mark.parametrize(
    "changes",
    [{"length": 0}, {"length": 57}, {"length": None}, {"data": "04"}, {"format": CardFormat.ASCII}],
)
def test_a_card_event_that_makes_no_sense_is_nonsense(changes: dict[str, object]) -> None:
    assert translate(card(**changes)) == Nonsense()


def test_keys_housing_and_line() -> None:
    assert translate({"event": Event.KeyPress, "data": b"19\x7f\x0d\x00\xff"}) == Keys(
        digits="19*#"
    )
    status = {"event": Event.Status, "type": StatusReportType.Local}
    assert translate(status | {"report": b"\x01\x00"}) == Housing(opened=True)
    assert translate(status | {"report": b""}) is None
    line = {"event": Event.Notification, "type": EventNotification.PeripheralDeviceStatus}
    assert translate(line | {"arg0": 0}) == Line(up=False)
    assert translate({"event": 99}) is None


values = st.none() | st.integers(-5, 300) | st.binary(max_size=70) | st.text(max_size=5)
events = st.dictionaries(
    st.sampled_from(["event", "type", "format", "length", "data", "report", "arg0"]), values
)


@given(events, st.integers(0, 6))
def test_hostile_events_are_said_or_nonsense(event: dict[str, object], kind: int) -> None:
    said = translate(event | {"event": kind})
    if isinstance(said, CardBits):
        with suppress(Damaged):
            assert len(identifier(said).code) in {3, 4, 5, 6, 7, 10}


# --- keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "5152", "zz" * 16, "51" * 17, PUBLISHED_KEY.hex()])
def test_a_key_file_that_holds_no_secret_of_its_own_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "reader.key"
    file.write_text(text)
    with pytest.raises(DeviceFault) as caught:
        read_key(str(file))
    assert caught.value.status == "key"
    assert not text or text not in str(caught.value)


def test_no_key_file_is_no_clear_text(tmp_path: Path) -> None:
    for name in ("", str(tmp_path / "nowhere")):
        with pytest.raises(DeviceFault):
            DRIVER.open({"port": "COM9", "address": "1", "key_file": name})


def test_a_key_is_in_no_repr() -> None:
    key = bytes(range(0x51, 0x61))
    seat = Seat(address=1, key=key, name="reader", ticks=lambda: 0.0)
    assert key.hex() not in repr(seat)
    assert repr(key)[2:-1] not in repr(seat)


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": ""},
        {"address": "127"},
        {"address": ""},
        {"order": "lsb"},
        {"duress": "x"},
        {"baud": "1"},
    ],
)
def test_wrong_settings_are_refused_before_anything_is_opened(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    assert isinstance(DRIVER, CodeReaderDriver)
    file = tmp_path / "reader.key"
    file.write_text("51" * 16)
    with pytest.raises((DeviceFault, DeviceNotFound)):
        DRIVER.open({"port": "COM9", "address": "1", "key_file": str(file)} | wrong)
    with pytest.raises(DeviceFault, match="address"):
        DRIVER.open({"port": "COM9", "key_file": str(file)})


# --- the line itself -----------------------------------------------------------------------------


class Hostile:
    """A line that answers every packet with whatever it was given."""

    def __init__(self, wire: Wire, answers: list[bytes]) -> None:
        self.wire = wire
        self.answers = answers
        self.sent = 0

    def write(self, _data: bytes) -> None:
        self.sent += 1
        if self.answers:
            self.wire.arrived += self.answers.pop(0)

    def read(self, _size: int, _timeout_s: float) -> bytes:
        return b""

    def close(self) -> None:
        self.wire.arrived.clear()


def reply(body: bytes, control: int) -> bytes:
    """A frame of a reader at address 1 with a right checksum, whatever it says."""
    head = bytes([0x53, 0x81]) + (len(body) + 7).to_bytes(2, "little") + bytes([control])
    return head + body + crc_ccitt(head + body).to_bytes(2, "little")


def crc_ccitt(data: bytes) -> int:
    """CRC-16 of OSDP (polynomial 1021h, seed 1D0Fh)."""
    register = 0x1D0F
    for byte in data:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1 ^ (0x1021 if register & 0x8000 else 0)) & 0xFFFF
    return register


pd_id = b"\x45" + bytes(12)
frames = st.builds(reply, st.binary(min_size=1, max_size=60), st.integers(0, 0xFF))
answers = st.lists(st.binary(max_size=80) | frames | st.just(reply(pd_id, 4)), max_size=6)


@settings(max_examples=60)
@given(answers)
def test_hostile_bytes_on_the_line_are_never_a_card_or_a_key(told: list[bytes]) -> None:
    wire = Wire()
    panel = Panel([(1, bytes(range(0x51, 0x61)))], wire)
    line = Hostile(wire, list(told))
    wire.stream = line
    for _ in range(12):
        try:
            said = panel.refresh()
        except FrameError:
            break
        assert not any(isinstance(each, (CardBits, Keys, Housing)) for _, each in said)
        assert not panel.secure(0)
    assert line.sent >= 1


def test_a_reader_in_clear_is_asked_for_its_secure_channel_and_nothing_else() -> None:
    wire = Wire()
    panel = Panel([(1, bytes(range(0x51, 0x61)))], wire)
    # PDID, then capabilities with AES (9: 1, 0) and CRC (8: 1, 0), then a NAK to the challenge
    capable = b"\x46" + bytes([9, 1, 0, 8, 1, 0])
    line = Hostile(wire, [reply(pd_id, 4), reply(capable, 5), reply(b"\x41\x05", 6)])
    wire.stream = line
    for _ in range(40):
        panel.refresh()
    assert line.sent == 3, "after the refusal libosdp is silent, and never falls back"
    assert not panel.secure(0)
