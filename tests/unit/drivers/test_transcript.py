"""Recording and replaying, and that no key is ever written down."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import transcript
from drivers.apdu import command
from drivers.api.readers import Channel
from drivers.errors import CardRemoved, DeviceTimeout
from drivers.transcript import RecordingChannel, ReplayChannel, TranscriptMismatch, redact

KEY = bytes.fromhex("C1C2C3C4C5C6")


class Answering:
    """A card that answers from a list; an exception in it is raised."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.atr = b"\x3b\x00"
        self._answers = list(answers)
        self.closed = False

    def transmit(self, _apdu: bytes) -> bytes:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def reset(self) -> bytes:
        return self.transmit(b"")

    def close(self) -> None:
        self.closed = True


def test_the_example_of_the_module_runs() -> None:
    results = doctest.testmod(transcript)
    assert results.attempted > 0
    assert results.failed == 0


def test_what_was_recorded_is_replayed() -> None:
    lines: list[str] = []
    recording = RecordingChannel(
        Answering(b"\x90\x00", b"\x3b\x01", b"\x01\x90\x00", CardRemoved(), DeviceTimeout()),
        lines.append,
    )

    def talk(channel: Channel) -> list[bytes]:
        heard = [channel.atr, channel.transmit(b"\x01"), channel.reset(), channel.transmit(b"\x02")]
        with pytest.raises(CardRemoved):
            channel.transmit(b"\x03")
        with pytest.raises(DeviceTimeout):
            channel.reset()
        return [*heard, channel.atr]

    first = talk(recording)
    replay = ReplayChannel(lines)
    assert talk(replay)[:4] == first[:4]
    replay.finish()


def test_comments_and_blank_lines_are_passed_over() -> None:
    replay = ReplayChannel(["# a reader", "", "atr 3B00", "  > 00  ", "# and", "< 9000"])
    assert replay.transmit(b"\x00") == b"\x90\x00"


@pytest.mark.parametrize(
    "lines",
    [
        ["atr 3B00", "> 01", "< 9000"],
        ["atr 3B00", "> 0000", "< 9000"],
        ["atr 3B00"],
        ["atr 3B00", "> 00"],
        ["atr 3B00", "> 00", "atr 3B00"],
        ["atr 3B00", "> 00", "< 900"],
        ["atr 3B00", "> 00", "< XY"],
        ["atr 3B00", "atr 3B00"],
    ],
)
def test_changed_missing_or_odd_lines_fail(lines: list[str]) -> None:
    replay = ReplayChannel(lines)
    with pytest.raises(TranscriptMismatch):
        replay.transmit(b"\x00")


def test_a_line_left_over_fails() -> None:
    with pytest.raises(TranscriptMismatch, match="never sent"):
        ReplayChannel(["atr 3B00", "> 00", "< 9000"]).finish()


def test_a_transcript_begins_with_an_atr() -> None:
    with pytest.raises(TranscriptMismatch):
        ReplayChannel(["> 00", "< 9000"])


def test_closing_reaches_the_card() -> None:
    card = Answering()
    RecordingChannel(card, print).close()
    assert card.closed
    ReplayChannel(["atr 3B00"]).close()


@given(st.integers(0, 255), st.integers(0, 255))
def test_no_loaded_key_is_written_down(structure: int, slot: int) -> None:
    text = redact(command(0xFF, 0x82, structure, slot, KEY))
    assert KEY.hex().upper() not in text
    assert text.endswith("06" + "*" * 12)


@pytest.mark.parametrize("block", [3, 7, 63, 127, 143, 255])
def test_no_key_in_a_trailer_is_written_down(block: int) -> None:
    text = redact(command(0xFF, 0xD6, 0, block, KEY + bytes.fromhex("FF078069") + KEY))
    assert KEY.hex().upper() not in text
    assert text[10:] == "*" * 12 + "FF078069" + "*" * 12


@pytest.mark.parametrize("block", [0, 1, 2, 4, 128, 131, 254])
def test_a_data_block_is_written_down_whole(block: int) -> None:
    data = bytes(range(16))
    assert redact(command(0xFF, 0xD6, 0, block, data)).endswith(data.hex().upper())


@given(st.binary(max_size=40))
def test_any_bytes_are_redacted_to_their_length(apdu: bytes) -> None:
    assert len(redact(apdu)) == 2 * len(apdu)


def test_a_redacted_command_is_replayed_for_any_key() -> None:
    lines = ["atr 3B00", "> FF82000006************", "< 9000"]
    assert ReplayChannel(lines).transmit(command(0xFF, 0x82, 0, 0, KEY)) == b"\x90\x00"
    with pytest.raises(TranscriptMismatch) as mismatch:
        ReplayChannel(lines).transmit(command(0xFF, 0x82, 0, 1, KEY))
    assert KEY.hex().upper() not in str(mismatch.value)
