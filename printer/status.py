"""What a printer says about itself, as values.

    DLE EOT n   10 04 n   one byte, b & 93h == 12h; asked and answered in real time
    GS r 1      1D 72 01  one byte, b & 90h == 00h; answered when everything before it is done
    ASB         1D 61 n   four bytes by themselves, the first b & 93h == 10h, the others as GS r
    GS ( H      fn 48     37 22 d1 d2 d3 d4 00 when printing up to there is complete

    DLE EOT   bit 2                 bit 3          bit 5            bit 6
    1         drawer pin 3 high     offline        waits for help   feed button
    2         cover open            feed button    paper end stop   error
    3         -                     cutter         unrecoverable    recovers by itself (head hot)
    4         bits 2, 3: paper near its end        bits 5, 6: paper at its end

Source: Epson ESC/POS command reference (DLE EOT, GS r, GS a, GS ( H), checked against the manuals
of clones; bit 2 of DLE EOT 3 differs between models and is not read. What a printer did not answer
is unknown and never taken for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum, unique
from typing import Final


@unique
class Question(IntEnum):
    """The n of DLE EOT n."""

    PRINTER = 1
    OFFLINE_CAUSE = 2
    ERROR_CAUSE = 3
    PAPER = 4


@unique
class Paper(StrEnum):
    """How much paper there is."""

    OK = "ok"
    NEAR_END = "near-end"
    OUT = "out"
    UNKNOWN = "unknown"


@unique
class Trouble(StrEnum):
    """Why a printer does not print; the order is that of what a person should see to first."""

    SILENT = "silent"  # no answer at all: switched off, unplugged, or cannot answer
    COVER_OPEN = "cover-open"
    PAPER_OUT = "paper-out"
    CUTTER = "cutter"
    BROKEN = "broken"  # unrecoverable
    HOT = "hot"  # the head cools down by itself
    OFFLINE = "offline"  # it does not say why


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterStatus:
    """One look at a printer. None and UNKNOWN mean that it did not say."""

    online: bool | None = None
    paper: Paper = Paper.UNKNOWN
    cover_open: bool | None = None
    faults: frozenset[Trouble] = field(default_factory=frozenset)

    @property
    def silent(self) -> bool:
        """It said nothing."""
        return self == SILENT

    @property
    def trouble(self) -> Trouble | None:
        """The first reason why it would not print now; None if none is known."""
        causes = {
            Trouble.SILENT: self.silent,
            Trouble.COVER_OPEN: bool(self.cover_open),
            Trouble.PAPER_OUT: self.paper is Paper.OUT,
            Trouble.OFFLINE: self.online is False,
        } | dict.fromkeys(self.faults, True)
        return next((trouble for trouble in Trouble if causes.get(trouble)), None)

    @property
    def ready(self) -> bool:
        """It said that it can print."""
        return self.online is True and self.trouble is None


SILENT: Final = PrinterStatus()


@dataclass(frozen=True, slots=True)
class RealTime:
    """An answer to DLE EOT; which question it answers, it does not say."""

    byte: int


@dataclass(frozen=True, slots=True)
class Sensor:
    """An answer to GS r 1."""

    byte: int

    @property
    def paper(self) -> Paper:
        """Paper as the sensors saw it when the job was done."""
        return _paper(self.byte)


@dataclass(frozen=True, slots=True)
class Automatic:
    """Four bytes sent without a question."""

    block: bytes

    @property
    def status(self) -> PrinterStatus:
        """The status they tell."""
        first, errors, paper = self.block[0], self.block[1], self.block[2]
        return PrinterStatus(
            online=not first & 0x08,
            cover_open=bool(first & 0x20),
            paper=_paper(paper),
            faults=_faults(errors),
        )


@dataclass(frozen=True, slots=True)
class ProcessId:
    """The job with this id is on paper."""

    job_id: bytes


Reply = RealTime | Sensor | Automatic | ProcessId

_FIXED_BITS: Final = 0x93
_REAL_TIME: Final = 0x12
_AUTOMATIC: Final = 0x10
_SENSOR_ZEROS: Final = 0x90
_BLOCK: Final = b"\x37\x22"
_BLOCK_LENGTH: Final = 7
_AUTOMATIC_LENGTH: Final = 4


def split_replies(data: bytes) -> tuple[list[Reply], bytes]:
    """Take `data` apart; the second value is the beginning of a reply that is not yet complete.

    Bytes that begin no reply (XON, XOFF, noise) are dropped; any input is accepted.
    """
    replies: list[Reply] = []
    while data:
        reply, length = _first_reply(data)
        if not length:
            break
        if reply is not None:
            replies.append(reply)
        data = data[length:]
    return replies, data


def _first_reply(data: bytes) -> tuple[Reply | None, int]:
    """The reply at the front (None for a stray byte) and its length, 0 while more must come."""
    first = data[0]
    if first & _FIXED_BITS == _REAL_TIME:
        return RealTime(first), 1
    if first & _SENSOR_ZEROS == 0:
        return Sensor(first), 1
    if first & _FIXED_BITS == _AUTOMATIC:
        return _block(data, _AUTOMATIC_LENGTH)
    if _BLOCK.startswith(data[: len(_BLOCK)]):
        return _block(data, _BLOCK_LENGTH)
    return None, 1


def _block(data: bytes, length: int) -> tuple[Reply | None, int]:
    """A reply of `length` bytes, as `_first_reply` gives it; its first byte is right."""
    block = data[:length]
    of_process = length == _BLOCK_LENGTH
    if any(byte & _SENSOR_ZEROS for byte in block[1:]) and not of_process:
        return None, 1
    if len(block) < length:
        return None, 0
    if not of_process:
        return Automatic(block), length
    return (ProcessId(block[2:-1]), length) if block[-1] == 0 else (None, 1)


def read_status(answers: Mapping[Question, int]) -> PrinterStatus:
    """The status that answers to DLE EOT tell; questions without an answer stay unknown."""
    printer = answers.get(Question.PRINTER)
    cause = answers.get(Question.OFFLINE_CAUSE)
    paper = Paper.UNKNOWN
    if Question.PAPER in answers:
        byte = answers[Question.PAPER]
        paper = Paper.OUT if byte & 0x60 else Paper.NEAR_END if byte & 0x0C else Paper.OK
    if cause is not None and cause & 0x20:
        paper = Paper.OUT
    return PrinterStatus(
        online=None if printer is None else not printer & 0x08,
        paper=paper,
        cover_open=None if cause is None else bool(cause & 0x04),
        faults=_faults(answers.get(Question.ERROR_CAUSE, 0)),
    )


def _paper(byte: int) -> Paper:
    """Bits 0, 1: near its end; bits 2, 3: at its end (GS r 1 and the third byte of ASB)."""
    return Paper.OUT if byte & 0x0C else Paper.NEAR_END if byte & 0x03 else Paper.OK


def _faults(byte: int) -> frozenset[Trouble]:
    """Bits 3, 5 and 6 of DLE EOT 3 and of the second byte of ASB."""
    bits = {Trouble.CUTTER: 0x08, Trouble.BROKEN: 0x20, Trouble.HOT: 0x40}
    return frozenset(trouble for trouble, bit in bits.items() if byte & bit)
