"""Wiegand: messages as makers print them, a converter's line that breaks, reads that grew old."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api.codes import CodeRead, CodeReaderDriver
from drivers.bytestream import LineSettings
from drivers.errors import DeviceError, DeviceFault, DeviceNotFound
from drivers.readers import wiegand
from drivers.readers.bitcode import Damaged, Identifier, Key, read_message, write_message
from drivers.readers.wiegand import DRIVER, LONGEST_LINE, Lines, WiegandReader, parse_hex

# Printed by makers: message, identifier. Civintec CN56 manual 6.4.2, 6.4.5, 6.4.9; STid ULTRYS 3Eb
# (its hexadecimal example); jessety/wiegand-encoder (facility 90, card 324).
PRINTED = [
    ("11101010000011011100000010", "D41B81"),
    ("1100010011101010000011011100000011", "89D41B81"),
    ("00000000100000000100010011101010000011011100000011", "010089D41B81"),
    ("00101101000000001010001000", "5A0144"),
]


@pytest.mark.parametrize(("message", "identifier"), PRINTED)
def test_the_printed_messages_are_read_and_written(message: str, identifier: str) -> None:
    code = bytes.fromhex(identifier)
    assert read_message(message) == Identifier(code=code, bits=len(code) * 8)
    assert write_message(code) == message


@pytest.mark.parametrize(("message", "identifier"), PRINTED)
def test_any_one_wrong_bit_is_found(message: str, identifier: str) -> None:
    for place, bit in enumerate(message):
        changed = message[:place] + str(1 - int(bit)) + message[place + 1 :]
        with pytest.raises(Damaged):
            read_message(changed)


def test_bare_messages_are_taken_as_they_are() -> None:
    assert read_message(f"{0x04A1B2C3D4E5F6:056b}") == Identifier(
        code=bytes.fromhex("04A1B2C3D4E5F6"), bits=56
    )
    assert read_message(f"{0x89D41B81:032b}") == Identifier(code=bytes.fromhex("89D41B81"), bits=32)


@pytest.mark.parametrize(
    ("message", "digit"), [("0101", "5"), ("1010", "*"), ("1011", "#"), ("11010010", "2")]
)
def test_keys_of_the_pad(message: str, digit: str) -> None:
    assert read_message(message) == Key(digit=digit)


@pytest.mark.parametrize("message", ["", "1100", "11010011", "1" * 27, "2" * 26, "1" * 59])
def test_what_is_no_message_is_damaged(message: str) -> None:
    with pytest.raises(Damaged):
        read_message(message)


@given(st.sampled_from([3, 4, 6, 7]).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_what_is_written_is_read_again(code: bytes) -> None:
    assert read_message(write_message(code)) == Identifier(code=code, bits=len(code) * 8)


@given(st.binary(max_size=200))
def test_hostile_bytes_on_the_line_are_reads_or_damaged_lines(data: bytes) -> None:
    for line in Lines().feed(data + b"\r"):
        assert line is None or len(line) <= LONGEST_LINE
        for parse in (read_message, parse_hex):
            try:
                said = parse(line or "")
            except Damaged:
                continue
            assert isinstance(said, (Identifier, Key))


# --- the driver over a line in memory ------------------------------------------------------------


class Converter:
    """A serial line in memory with a clock of its own: `script` says what arrives while waiting."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waiting = b""
        self.script: list[tuple[float, bytes]] = []
        self.gone = False
        self.opened = 0

    def read(self, size: int, timeout_s: float) -> bytes:
        if self.gone:
            raise DeviceNotFound("gone")
        if not self.waiting and timeout_s > 0:
            after_s, data = self.script.pop(0) if self.script else (timeout_s, b"")
            self.now += min(after_s, timeout_s)
            self.waiting += data
        taken, self.waiting = self.waiting[:size], self.waiting[size:]
        return taken

    def write(self, data: bytes) -> None:
        raise AssertionError(data)

    def rest(self, seconds: float) -> None:
        self.now += seconds

    def close(self) -> None:
        self.waiting = b""


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Converter:
    converter = Converter()

    def open_line(*_: object, **__: object) -> Converter:
        converter.opened += 1
        if converter.gone:
            raise DeviceNotFound("gone")
        return converter

    monkeypatch.setattr(wiegand, "open_serial", open_line)
    return converter


def reader(line: Converter, **changes: object) -> WiegandReader:
    settings = LineSettings(port="COM7", baud=9600)
    return WiegandReader(settings, read_message, ticks=lambda: line.now, rest=line.rest, **changes)  # type: ignore[arg-type]


CARD = PRINTED[1][0].encode() + b"\r\n"
UID = bytes.fromhex("89D41B81")


def test_a_card_that_comes_while_the_lane_waits_is_read_at_that_instant(line: Converter) -> None:
    line.script = [(1.5, CARD[:10]), (0.1, CARD[10:])]
    assert reader(line).poll(5.0) == CodeRead(code=UID, bits=32, read_at=101.6)


def test_a_card_that_waited_in_the_line_keeps_its_old_instant(line: Converter) -> None:
    lane = reader(line)
    assert lane.poll(0.0) is None
    line.now += 30.0
    line.waiting = CARD
    read = lane.poll(0.0)
    assert read is not None
    assert read.read_at == 100.0, "the last instant at which the line was seen empty"


def test_a_second_card_soon_after_the_first_is_not_taken_for_an_old_one(line: Converter) -> None:
    lane = reader(line)
    line.script = [(600.0, CARD)]
    assert lane.poll(1000.0) is not None
    line.now += 0.2
    line.waiting = CARD
    again = lane.poll(0.0)
    assert again is not None
    assert line.now - again.read_at == pytest.approx(0.2)


def test_several_cards_that_waited_come_one_after_the_other(line: Converter) -> None:
    lane = reader(line)
    assert lane.poll(0.0) is None
    line.waiting = CARD + PRINTED[0][0].encode() + b"\r"
    assert [read.bits for read in (lane.poll(0.0), lane.poll(0.0)) if read] == [32, 24]


def test_only_a_whole_uid_is_called_one(line: Converter) -> None:
    lane = reader(line)
    line.script = [(0.1, PRINTED[0][0].encode() + b"\r"), (0.1, CARD)]
    part, whole = lane.poll(1.0), lane.poll(1.0)
    assert part is not None
    assert whole is not None
    assert (part.uid, part.number) == (b"", 0xD41B81)
    assert whole.uid == UID


def test_a_reader_that_sends_the_last_byte_first_is_turned_round(line: Converter) -> None:
    line.script = [(0.1, CARD)]
    read = reader(line, backwards=True).poll(1.0)
    assert read is not None
    assert read.uid == UID[::-1]


def test_what_is_damaged_is_counted_and_is_no_read(line: Converter) -> None:
    lane = reader(line)
    line.script = [(0.1, b"0" + CARD[1:]), (0.1, b"\xff\xff\r"), (0.1, b"1" * 900 + b"\r")]
    assert lane.poll(1.0) is None
    assert lane.link().damaged == 3


@pytest.mark.parametrize(
    ("typed", "duress"),
    [("911", True), ("5911", True), ("9115", False), ("", False), ("119", False)],
)
def test_the_sign_of_duress_is_typed_just_before_the_card(
    line: Converter, typed: str, *, duress: bool
) -> None:
    lane = reader(line, duress="911")
    keys = b"".join(f"{int(digit):04b}\r".encode() for digit in typed)
    line.script = [(0.1, keys), (3.0, CARD), (3.0, CARD)]
    reads = [lane.poll(9.0), lane.poll(9.0)]
    assert [read.duress for read in reads if read] == [duress, False]


def test_digits_of_long_ago_are_no_sign(line: Converter) -> None:
    lane = reader(line, duress="11")
    line.script = [(0.1, b"0001\r0001\r"), (11.0, CARD)]
    read = lane.poll(60.0)
    assert read is not None
    assert not read.duress


def test_a_line_that_was_cut_is_found_again_and_counted(line: Converter) -> None:
    lane = reader(line)
    lane.poll(0.0)
    line.gone = True
    began = line.now
    for _ in range(60):
        with pytest.raises(DeviceError):
            lane.poll(0.5)
    assert line.now - began >= 15, "the driver itself rests between two tries"
    assert line.opened < 30
    line.gone = False
    line.now += 15.0
    assert lane.poll(0.0) is None
    assert (lane.link().up, lane.link().drops) == (True, 1)
    lane.close()
    lane.close()


@pytest.mark.parametrize(
    "wrong",
    [{"port": ""}, {"format": "ascii"}, {"order": "lsb"}, {"duress": "12a"}, {"baud": "1"}],
)
def test_wrong_settings_are_refused_before_anything_is_opened(wrong: dict[str, str]) -> None:
    assert isinstance(DRIVER, CodeReaderDriver)
    with pytest.raises((DeviceFault, DeviceNotFound)):
        DRIVER.open({"port": "COM9"} | wrong)
