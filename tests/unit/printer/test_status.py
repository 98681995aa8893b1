"""Status bytes, by the bit tables of Epson's command reference, and any bytes at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printer.status import (
    SILENT,
    Automatic,
    Paper,
    PrinterStatus,
    ProcessId,
    Question,
    RealTime,
    Sensor,
    Trouble,
    read_status,
    split_replies,
)

HEALTHY = dict.fromkeys(Question, 0x12)


def test_a_healthy_printer_is_ready() -> None:
    status = read_status(HEALTHY)
    assert status == PrinterStatus(online=True, paper=Paper.OK, cover_open=False)
    assert status.ready
    assert status.trouble is None


def test_the_drawers_contact_is_no_trouble() -> None:
    assert read_status(HEALTHY | {Question.PRINTER: 0x16}).ready


@pytest.mark.parametrize(
    ("question", "byte", "trouble"),
    [
        (Question.PRINTER, 0x1A, Trouble.OFFLINE),
        (Question.OFFLINE_CAUSE, 0x16, Trouble.COVER_OPEN),
        (Question.OFFLINE_CAUSE, 0x32, Trouble.PAPER_OUT),
        (Question.ERROR_CAUSE, 0x1A, Trouble.CUTTER),
        (Question.ERROR_CAUSE, 0x32, Trouble.BROKEN),
        (Question.ERROR_CAUSE, 0x52, Trouble.HOT),
        (Question.PAPER, 0x72, Trouble.PAPER_OUT),
        (Question.PAPER, 0x7E, Trouble.PAPER_OUT),
    ],
)
def test_each_bit_has_its_trouble(question: Question, byte: int, trouble: Trouble) -> None:
    status = read_status(HEALTHY | {question: byte})
    assert status.trouble is trouble
    assert not status.ready


def test_paper_near_its_end_still_prints() -> None:
    status = read_status(HEALTHY | {Question.PAPER: 0x1E})
    assert status.paper is Paper.NEAR_END
    assert status.ready


def test_the_cause_a_person_sees_first_comes_first() -> None:
    answers = {Question.PRINTER: 0x1A, Question.OFFLINE_CAUSE: 0x36, Question.PAPER: 0x7E}
    assert read_status(answers).trouble is Trouble.COVER_OPEN


def test_what_was_not_answered_is_unknown_and_not_ready() -> None:
    assert read_status({}) == SILENT
    assert SILENT.silent
    assert SILENT.trouble is Trouble.SILENT
    assert not SILENT.ready
    half = read_status({Question.PRINTER: 0x12})
    assert half.paper is Paper.UNKNOWN
    assert half.cover_open is None
    assert half.trouble is None


def test_replies_are_told_apart_by_their_fixed_bits() -> None:
    stream = bytes.fromhex("12 03 3800030f 3722 30303432 00 11 13 0c ff")
    replies, rest = split_replies(stream)
    assert replies == [
        RealTime(0x12),
        Sensor(0x03),
        Automatic(bytes.fromhex("3800030f")),
        ProcessId(b"0042"),
        Sensor(0x0C),
    ]
    assert rest == b""


def test_sensor_bits_tell_the_paper() -> None:
    assert [Sensor(byte).paper for byte in (0x00, 0x03, 0x0C, 0x0F)] == [
        Paper.OK,
        Paper.NEAR_END,
        Paper.OUT,
        Paper.OUT,
    ]


@pytest.mark.parametrize(
    ("block", "status"),
    [
        ("10000000", PrinterStatus(online=True, paper=Paper.OK, cover_open=False)),
        ("14000000", PrinterStatus(online=True, paper=Paper.OK, cover_open=False)),
        ("38000300", PrinterStatus(online=False, paper=Paper.NEAR_END, cover_open=True)),
        (
            "18080c00",
            PrinterStatus(
                online=False,
                paper=Paper.OUT,
                cover_open=False,
                faults=frozenset({Trouble.CUTTER}),
            ),
        ),
    ],
)
def test_automatic_status_tells_the_same(block: str, status: PrinterStatus) -> None:
    assert Automatic(bytes.fromhex(block)).status == status


@given(st.binary(max_size=64))
def test_any_bytes_are_replies_or_noise(data: bytes) -> None:
    replies, rest = split_replies(data)
    assert len(rest) < 7
    assert len(replies) <= len(data)


@given(st.binary(max_size=64), st.integers(0, 64))
def test_it_does_not_matter_how_the_bytes_arrive(data: bytes, at: int) -> None:
    first, rest = split_replies(data[:at])
    second, last = split_replies(rest + data[at:])
    assert (first + second, last) == split_replies(data)
