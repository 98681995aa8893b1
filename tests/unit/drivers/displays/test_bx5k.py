"""The lane display's driver: printed frames, texts that fit or do not, answers that make no sense.

Over a real port: tests/contract/test_gate_devices.py.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api.displays import DisplayDriver, Tone
from drivers.bytestream import LineSettings
from drivers.displays import bx5k
from drivers.displays.bx5k import DRIVER, LONGEST_TEXT, Bx5kDisplay, Face, areas, encode
from drivers.displays.bx5k_frame import (
    START,
    Answer,
    FrameInvalid,
    checksum,
    escape,
    frame,
    read_answer,
    unescape,
)
from drivers.errors import DeviceFault, DeviceNotFound, DeviceTimeout, FrameError
from simulators.display import VirtualDisplay

# Printed: the maker's ping, status and clear (deanled.cn, LuckyKoala/BX5KProtocol), its ACK.
COMMANDS = [
    ("A2 00 01 00 00", "01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A2 00 01 00 00 68 F8 5A"),
    ("A1 02 01 00 00", "01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A1 02 01 00 00 2D 40 5A"),
    ("A3 10 01 00 00", "01 00 00 80 00 00 00 00 00 00 FE 02 05 00 A3 10 01 00 00 51 F8 5A"),
]
ACK = "A5 A5 A5 A5 A5 A5 A5 A5 A5 00 80 FE FF 00 00 00 00 00 00 FE 02 05 00 A0 00 00 00 00 14 AC 5A"
FACE = Face(rows=2, columns=8, font=16)


@pytest.mark.parametrize(("data", "printed"), COMMANDS)
def test_a_command_is_framed_as_the_maker_prints_it(data: str, printed: str) -> None:
    assert frame(bytes.fromhex(data), screen=1) == START + bytes.fromhex(printed)


def test_the_printed_acknowledgement_is_read_also_after_noise() -> None:
    assert read_answer(bytes.fromhex(ACK)) == Answer(group=0xA0, command=0, error=0)
    assert read_answer(b"\x00\xff" + bytes.fromhex(ACK)) == Answer(group=0xA0, command=0, error=0)
    assert read_answer(bytes.fromhex(ACK)[:-1]) is None


def test_the_printed_text_command_has_this_checksum() -> None:
    printed = (
        "01 00 00 80 00 00 00 00 00 00 FE 02 32 00 A3 06 01 2D 00 00 01 29 00 00 00 00 00 00 18 00"
        "20 00 00 00 00 02 00 00 00 00 02 02 03 00 04 05 0E 00 00 00 30 31 32 33 34 35 51 52 53 54"
        "54 56 27 42"
    )
    assert checksum(bytes.fromhex(printed)) == b"\xa8\x7d"


@given(st.binary(max_size=60))
def test_what_is_escaped_can_be_read_again_and_holds_no_end(data: bytes) -> None:
    assert unescape(escape(data)) == data
    assert not set(escape(data)) & {0xA5, 0x5A}


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda data: b"\xa5" + data + b"\x5a"))
def test_hostile_answers_are_answers_or_invalid(data: bytes) -> None:
    try:
        answer = read_answer(data)
    except FrameInvalid:
        return
    assert answer is None or answer.group <= 0xFF


def test_any_changed_byte_of_an_answer_is_found() -> None:
    whole = bytes.fromhex(ACK)
    for place in range(9, len(whole) - 1):
        changed = whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :]
        try:
            assert read_answer(changed) is None
        except FrameInvalid:
            continue


# --- texts ---------------------------------------------------------------------------------------


def test_a_character_the_card_lacks_is_a_square_and_no_code_gets_through() -> None:
    assert encode("喆先生") == "□先生".encode("gb2312")
    assert encode("\\C1红") == "/C1红".encode("gb2312")
    assert encode("a\r\n\x00b") == b"a   b"


@given(st.text(max_size=300))
def test_any_text_is_shown_somehow_and_never_too_long(text: str) -> None:
    data = encode(text)
    assert len(data) <= LONGEST_TEXT
    data.decode("gb2312")
    assert b"\\" not in data


def test_a_line_that_fits_stands_and_a_longer_one_runs() -> None:
    display = VirtualDisplay()
    line = memory(display)
    line.show(["欢迎光临", "欢迎光临一"], tone=Tone.GOOD)
    assert [(each.text, each.colour, each.runs) for each in display.areas] == [
        ("欢迎光临", "green", False),
        ("欢迎光临一", "green", True),
    ]
    assert [each.top for each in display.areas] == [0, 16]


def test_more_lines_than_it_has_are_left_out() -> None:
    data = areas(["a", "b", "c"], FACE, tone=Tone.PLAIN, for_s=9)
    assert data[6] == 2


# --- the driver over a line in memory ------------------------------------------------------------


class Cable:
    """A line in memory; the clock moves when nothing comes."""

    def __init__(self, device: object, answer: bytes | None = None) -> None:
        self.device = device
        self.answer = answer
        self.now = 0.0
        self.sent: list[bytes] = []
        self.waiting = b""
        self.closed = 0

    def write(self, data: bytes) -> None:
        self.sent.append(data)
        told = self.answer
        self.waiting += self.device.receive(data) if told is None else told  # type: ignore[attr-defined]

    def read(self, size: int, timeout_s: float) -> bytes:
        taken, self.waiting = self.waiting[:size], self.waiting[size:]
        if not taken:
            self.now += timeout_s
        return taken

    def close(self) -> None:
        self.closed += 1
        self.waiting = b""


def memory(device: object, answer: bytes | None = None) -> Bx5kDisplay:
    cable = Cable(device, answer)
    display = Bx5kDisplay(LineSettings(port="COM5", baud=57600), FACE, ticks=lambda: cable.now)
    display._stream = cable
    return display


def sent(display: Bx5kDisplay) -> Cable:
    cable = display._stream
    assert isinstance(cable, Cable)
    return cable


def test_a_text_goes_away_by_itself_and_the_stored_programme_stands_there() -> None:
    now = 100.0
    device = VirtualDisplay(stored=("一卡",), clock=lambda: now)
    display = memory(device)
    display.show(["请稍候"], tone=Tone.BAD, for_s=10)
    assert (device.lines, device.colour) == (("请稍候",), "red")
    now = 109.9
    assert device.lines == ("请稍候",)
    now = 110.0
    assert device.lines == ("一卡",)
    display.rest(["刷卡入场"])
    now = 1e6
    assert device.lines == ("刷卡入场",)
    display.show(["a"], for_s=10**9)
    now += 256
    assert device.lines == ("一卡",)


def test_a_silent_display_is_a_timeout_and_nothing_is_sent_twice() -> None:
    device = VirtualDisplay()
    device.mute = True
    display = memory(device)
    cable = sent(display)
    with pytest.raises(DeviceTimeout):
        display.show(["a"])
    assert len(cable.sent) == 1
    assert cable.closed == 1, "a late answer must not be taken for the next one"


def test_a_display_that_refuses_says_why() -> None:
    device = VirtualDisplay()
    device.refuses = 0x0C
    with pytest.raises(DeviceFault, match="font") as caught:
        memory(device).show(["a"])
    assert caught.value.status == "0C"


@pytest.mark.parametrize(
    "answer", [bytes.fromhex(ACK)[:-3] + b"\x00\x00\x5a", b"\xa5\x5a", b"\xa5" * 2000]
)
def test_an_answer_that_makes_no_sense_is_a_frame_error(answer: bytes) -> None:
    with pytest.raises(FrameError):
        memory(None, answer).show(["a"])


@given(st.binary(max_size=60))
def test_hostile_answers_end_in_a_device_error_or_none(answer: bytes) -> None:
    try:
        memory(None, b"\xa5" + answer).show(["a"])
    except (DeviceTimeout, FrameError, DeviceFault):
        return


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": ""},
        {"rows": "5"},
        {"columns": "3"},
        {"font": "17"},
        {"screen": "0"},
        {"timeout_ms": "1"},
    ],
)
def test_wrong_settings_are_refused_before_anything_is_opened(wrong: dict[str, str]) -> None:
    assert isinstance(DRIVER, DisplayDriver)
    with pytest.raises((DeviceFault, DeviceNotFound)):
        DRIVER.open({"port": "COM9"} | wrong)


def test_the_line_is_opened_by_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    display = DRIVER.open({"port": "COM9", "rows": "4", "columns": "12"})
    assert (display.rows, display.columns) == (4, 12)
    cable = Cable(VirtualDisplay())
    monkeypatch.setattr(bx5k, "open_serial", lambda *_, **__: cable)
    display.show(["欢迎"])
    assert len(cable.sent) == 1
    display.close()
    display.close()
    assert cable.closed == 1
